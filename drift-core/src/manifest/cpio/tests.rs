//! Payloads byte by byte: what rpm writes, in both forms, and what nobody should.

use crate::bounds::Cancel;
use crate::model::{Digest, TreePath};

use super::{Content, read};

struct Written(Vec<u8>);

impl Written {
    fn member(mut self, name: &str, mode: u32, inode: u32, links: u32, content: &[u8]) -> Self {
        self.0.extend(b"070701");
        let length = name.len() + 1;
        for field in
            [inode, mode, 0, 0, links, 0, content.len() as u32, 0, 0, 0, 0, length as u32, 0]
        {
            self.0.extend(format!("{field:08x}").bytes());
        }
        self.0.extend([name.as_bytes(), b"\0"].concat());
        self.pad();
        self.content(content)
    }

    fn short(mut self, place: u32, content: &[u8]) -> Self {
        self.0.extend(format!("07070X{place:08x}").bytes());
        self.pad();
        self.content(content)
    }

    fn content(mut self, content: &[u8]) -> Self {
        self.0.extend(content);
        self.pad();
        self
    }

    fn pad(&mut self) {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    fn ended(self) -> Vec<u8> {
        self.member("TRAILER!!!", 0, 0, 1, b"").0
    }
}

fn check(bytes: &[u8], listed: &[(Vec<u8>, u64)]) -> Result<Vec<(String, Content)>, String> {
    let found = read(Box::new(bytes), listed, &Cancel::new())?;
    Ok(found.into_iter().map(|(path, content)| (path.to_string(), content)).collect())
}

fn file(content: &[u8]) -> Content {
    Content::File(Digest::sha256_of(content))
}

#[test]
fn both_forms_are_read_and_links_share_what_comes_last() {
    let bytes = Written(Vec::new())
        .member("./a", 0o100_644, 1, 2, b"")
        .member("./b", 0o100_644, 1, 2, b"shared")
        .member("./c", 0o120_777, 2, 1, b"target")
        .member("./d", 0o040_755, 3, 2, b"")
        .member("./e", 0o100_644, 4, 2, b"")
        .member("./f", 0o100_644, 4, 2, b"")
        .short(1, b"12345")
        .ended();
    let listed = [(b"/x".to_vec(), 3), (b"/y/z".to_vec(), 5)];
    let found = check(&bytes, &listed).unwrap();
    let expect = [
        ("/a", file(b"shared")),
        ("/b", file(b"shared")),
        ("/c", Content::Link(b"target".to_vec())),
        ("/d", Content::Nothing),
        ("/e", file(b"")),
        ("/f", file(b"")),
        ("/y/z", file(b"12345")),
    ];
    let expect: Vec<(String, Content)> =
        expect.into_iter().map(|(path, content)| (path.to_owned(), content)).collect();
    assert_eq!(found, expect);
    for length in 0..bytes.len() {
        assert!(check(bytes.get(..length).unwrap_or_default(), &listed).is_err(), "{length}");
    }
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        let _total = check(&damaged, &listed);
    }
}

#[test]
fn what_leads_elsewhere_or_stands_twice_is_refused() {
    let plain = |name: &str| Written(Vec::new()).member(name, 0o100_644, 1, 1, b"x");
    for name in ["../etc/passwd", "./a/../../b", ".", "/", ""] {
        assert!(check(&plain(name).ended(), &[]).is_err(), "{name}");
    }
    assert_eq!(check(&plain("/etc/x").ended(), &[]).unwrap().len(), 1);
    let refused = [
        plain("a").member("./a", 0o100_644, 2, 1, b"y").ended(),
        Written(Vec::new())
            .member("a", 0o100_644, 1, 2, b"")
            .member("a", 0o100_644, 1, 2, b"")
            .ended(),
        Written(Vec::new()).member("a", 0o040_755, 1, 1, b"x").ended(),
        Written(Vec::new()).member("a", 0o120_777, 1, 1, b"").ended(),
        Written(Vec::new()).short(0, b"x").ended(),
        [plain("a").ended(), b"070701".to_vec()].concat(),
        b"0707020000".to_vec(),
    ];
    for bytes in refused {
        assert!(check(&bytes, &[]).is_err(), "{bytes:?}");
    }
    let zeros = [plain("a").ended(), vec![0; 512]].concat();
    assert_eq!(check(&zeros, &[]).unwrap()[0].0, TreePath::parse(b"a").unwrap().to_string());
}

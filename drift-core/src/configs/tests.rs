//! What the parsers read, told by examples; a battery of damage over every line of the table. That they
//! read what the C library reads is shown by `tests/it/input/glibc.rs`.

use super::{Configs, FILES, GROUP, PASSWD, PRELOAD, Password, SHADOW};

/// One sample for each file, with everything odd that a line can have.
const SAMPLES: [(&str, &[u8]); 4] = [
    (PASSWD, b"root:x:0:0:root:/root:/bin/bash\n# no\n\n toor::00:+0::/\nbad:x:y:0:::\n+nis\n-u\nlast:*:7:7:a:b:c:d"),
    (GROUP, b"root:x:0:\nadm:x:4:syslog, ann,,\nbad:x::\nshort:x:9\n+\n"),
    (SHADOW, b"root:!:19000:0:99999:7:::\nann::19000:0:99999:7:::\nbob:$y$j9T$secret:19000:0:99999:7::19999:\nold:x:1:2:3\nbad:x\neve:a:z:::::\n"),
    (PRELOAD, b"/a.so:/b.so # comment /c.so\n\t/d.so\n#/e.so"),
];

fn read(path: &str, bytes: &[u8]) -> Configs {
    let mut configs = Configs::default();
    configs.read(path, bytes);
    configs
}

fn told(configs: &Configs) -> String {
    let users = configs.passwd.iter().flat_map(|passwd| &passwd.entries);
    let users = users.map(|user| format!("{}={}:{}", user.name, user.uid, user.gid));
    let groups = configs.group.iter().flat_map(|group| &group.entries);
    let groups = groups.map(|group| format!("{}={}:{:?}", group.name, group.gid, group.members));
    let shadows = configs.shadow.iter().flat_map(|shadow| &shadow.entries);
    let shadows = shadows.map(|shadow| format!("{}={:?}", shadow.name, shadow.password));
    let libraries = configs.preload.iter().flat_map(|preload| &preload.entries);
    let libraries = libraries.map(|library| format!("{}@{}", library.value, library.line));
    users.chain(groups).chain(shadows).chain(libraries).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_samples() {
    let expected = [
        "root=0:0 toor=0:0 last=7:7",
        "root=0:[] adm=4:[\"syslog\", \"ann\"] short=9:[]",
        "root=Locked ann=Empty bob=Set old=Set",
        "/a.so@1 /b.so@1 /d.so@2 #/e.so@3",
    ];
    for ((path, sample), expected) in SAMPLES.into_iter().zip(expected) {
        assert_eq!(told(&read(path, sample)), expected, "{path}");
    }
    let passwd = read(PASSWD, SAMPLES[0].1).passwd.unwrap();
    assert_eq!(passwd.included, [6]);
    let odd: Vec<u64> = passwd.malformed.iter().map(|malformed| malformed.line).collect();
    assert_eq!(odd, [4, 5, 6, 7, 8]);
    assert_eq!(passwd.entries[1].password, Some(Password::Empty));
    assert_eq!(passwd.entries[0].password, None);
    assert_eq!(passwd.entries[2].shell, "c:d");
}

/// As `elf/rtld.c` reads them: a comment behind a longer one is loaded.
#[test]
fn a_comment_behind_a_longer_one_is_none() {
    for (text, expected) in [
        ("#a\n#b\n/lib.so\n", "/lib.so@3"),
        ("#aaaaaaaa\n#b\n", "#b@2"),
        ("/x #c\n#d /y\n", "/x@1 d@2 /y@2"),
    ] {
        assert_eq!(told(&read(PRELOAD, text.as_bytes())), expected, "{text:?}");
    }
}

#[test]
fn pam_looks_into_shadow_for_more_than_an_x() {
    let passwd = b"a:x:1:1:::\nb:*NP*:1:1:::\nc:##c:1:1:::\nd:##c:1:1:::\ne:*:1:1:::\n";
    let users = read(PASSWD, passwd).passwd.unwrap().entries;
    let passwords: Vec<_> = users.iter().map(|user| user.password).collect();
    assert_eq!(passwords, [None, None, None, Some(Password::Set), Some(Password::Locked)]);
}

#[test]
fn nothing_of_a_hash_is_kept() {
    let shown = format!("{:?}", read(SHADOW, SAMPLES[2].1));
    assert!(shown.contains("bob") && !shown.contains("secret"), "{shown}");
}

#[test]
fn a_name_that_is_no_text_stays_apart_from_every_other() {
    let users = read(PASSWD, b"a\xff:x:0:0:::\na\xfe:x:0:0:::\n").passwd.unwrap().entries;
    assert_ne!(users[0].name, users[1].name);
    let users = read(PASSWD, b"a\xff:x:0:0:::\na\\xff:x:0:0:::\n").passwd.unwrap().entries;
    assert_ne!(users[0].name, users[1].name);
}

#[test]
fn a_nul_ends_a_line_and_is_told() {
    let passwd = read(PASSWD, b"root:x:0:0:\0:/root:/bin/sh\n").passwd.unwrap();
    assert_eq!(passwd.entries[0].home, "");
    assert!(passwd.malformed[0].reason.contains("NUL"));
}

#[test]
fn too_many_lines_are_not_the_whole() {
    let all = vec![b'\n'; 1 << 20];
    assert!(!read(PASSWD, &all).passwd.unwrap().whole);
    assert!(read(PASSWD, &all[2..]).passwd.unwrap().whole);
    let many = b"a ".repeat((1 << 20) + 1);
    assert!(!read(PRELOAD, &many).preload.unwrap().whole);
}

/// Cut anywhere and with any byte flipped, every file is read without a panic, and what comes before
/// the damage stays.
#[test]
fn damage_of_every_kind() {
    assert_eq!(SAMPLES.map(|(path, _)| path), FILES);
    for (path, sample) in SAMPLES {
        let whole = told(&read(path, sample));
        for at in 0..sample.len() {
            let cut = told(&read(path, &sample[..at]));
            let lines = sample[..at].iter().filter(|&&byte| byte == b'\n').count();
            let before = sample.split_inclusive(|&byte| byte == b'\n').take(lines).flatten();
            let before: Vec<u8> = before.copied().collect();
            assert!(cut.starts_with(&told(&read(path, &before))), "{path} {at}");
            for bit in 0..8 {
                let mut flipped = sample.to_vec();
                flipped[at] ^= 1 << bit;
                let _ = told(&read(path, &flipped));
            }
        }
        assert!(!whole.is_empty());
    }
}

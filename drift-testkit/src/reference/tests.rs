//! The oracle against coreutils, and each attribute changed once on a real tree.

use std::collections::BTreeSet;

use rustix::fs::IFlags;

use super::{Difference, compare, walk};
use crate::{Device, TempRoot, command, need};

fn tree() -> TempRoot {
    TempRoot::new()
        .directory("d", 0o755)
        .file("d/f", b"content", 0o644)
        .hard_link("d/f", "d-e")
        .symlink("d/f", "l")
        .fifo("p", 0o600)
        .socket("s", 0o600)
        .mtime("d", -1, 5)
}

#[test]
fn agrees_with_find_and_sha256sum() {
    let root = tree();
    let walked = walk(root.path());
    let format = "%P\\t%y\\t%#m\\t%U\\t%G\\t%n\\t%s\\t%l\\n";
    let path = root.path().as_os_str();
    let listed = command::run("find", [path, "-printf".as_ref(), format.as_ref()]).success();
    assert_eq!(listed.lines().count(), walked.len());
    for line in listed.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let &[path, kind, mode, uid, gid, nlink, size, target] = fields.as_slice() else {
            unreachable!("find prints eight fields: {line}")
        };
        let entry = &walked[path.as_bytes()];
        let check = |name: &str, expect: &str| {
            assert_eq!(
                entry.get(name).map(|value| String::from_utf8_lossy(value)).unwrap_or_default(),
                expect,
                "{path}: {name}"
            );
        };
        check("uid", uid);
        check("gid", gid);
        check("link_target", target);
        check("mode", &if kind == "l" { String::new() } else { format!("{mode:0>4}") });
        check("nlink", if kind == "d" { "" } else { nlink });
        check("size", if kind == "f" { size } else { "" });
    }
    let digest = command::run("sha256sum", [root.at("d/f")]).success();
    assert!(digest.as_bytes().starts_with(&walked[b"d/f".as_slice()]["digest"]));
    // In order of components `d/f` stands before `d-e`; as raw bytes it would not.
    assert_eq!(walked[b"d-e".as_slice()]["hardlinks"], b"/d/f");
    assert_eq!(walked[b"d".as_slice()]["mtime"], b"-1.000000005");
}

#[track_caller]
fn check(change: impl FnOnce(TempRoot) -> TempRoot, path: &str, expect: &[&'static str]) {
    let root = tree().file("g", b"g", 0o644);
    let before = walk(root.path());
    assert!(compare(&before, &before).is_empty());
    let root = change(root).mtime("d", -1, 5);
    let mut found = compare(&before, &walk(root.path()));
    found.remove(b"".as_slice());
    let expect = Difference::Changed(expect.iter().copied().collect::<BTreeSet<_>>());
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [(path.as_bytes().to_vec(), expect)]);
}

#[test]
fn each_attribute_is_seen() {
    check(|root| root.mode("g", 0o4644), "g", &["mode"]);
    check(|root| root.mtime("g", 1, 2), "g", &["mtime"]);
    check(|root| root.file("g", b"h", 0o644).mtime("g", 1, 2), "g", &["digest", "mtime"]);
    check(|root| root.xattr("g", "user.a", b""), "g", &["xattr"]);
    check(|root| root.remove("p").file("p", b"", 0o600), "p", &["type"]);
    check(
        |root| root.remove("l").symlink("d", "l").mtime("l", 1, 2),
        "l",
        &["link_target", "mtime"],
    );
}

#[test]
fn each_attribute_that_needs_root_is_seen() {
    let Some(()) = need::root() else { return };
    check(|root| root.owner("g", 1, 0), "g", &["uid"]);
    check(|root| root.owner("l", 0, 1), "l", &["gid"]);
    let Some(()) = need::kernel("mknod") else { return };
    let node = |minor| TempRoot::new().device("n", Device::Char(1, minor), 0o600).mtime("n", 1, 2);
    let (before, after) = (node(3), node(5));
    let found = compare(&walk(before.path()), &walk(after.path()));
    assert_eq!(found[b"n".as_slice()], Difference::Changed(BTreeSet::from(["rdev"])));
    let Some(()) = need::kernel("chattr") else { return };
    check(|root| root.flags("g", IFlags::IMMUTABLE), "g", &["flags"]);
}

#[test]
fn added_and_removed() {
    let (small, large) = (TempRoot::new(), TempRoot::new().directory("a/b", 0o700));
    let (small, large) = (walk(small.mtime("", 1, 2).path()), walk(large.mtime("", 1, 2).path()));
    let check = |found: Vec<_>, expect: Difference| {
        let paths = [b"a".to_vec(), b"a/b".to_vec()];
        assert_eq!(found, paths.map(|path| (path, expect.clone())));
    };
    check(compare(&small, &large).into_iter().collect(), Difference::Added);
    check(compare(&large, &small).into_iter().collect(), Difference::Removed);
}

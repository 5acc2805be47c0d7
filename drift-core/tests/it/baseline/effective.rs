//! The effective root: what it covers, what it leaves out, and its bytes by hand.

use std::sync::Arc;

use drift_core::baseline::{self, UnverifiedSnapshot};
use drift_core::model::{
    Digest, FileType, Found, Intake, Listing, Observed, Package, RuleId, Snapshot, Time, Xattrs,
};
use drift_core::rules::RuleSet;

use super::sample::{Plan, Random, bare, snapshot};

fn effective(snapshot: &Snapshot, rules: &str) -> Digest {
    let rules = RuleSet::parse(&[("test", rules)]).unwrap();
    baseline::effective_root(&mut snapshot.tree.cursor(), &rules, &snapshot.packages).unwrap()
}

#[test]
fn the_effective_root_is_the_same_from_tree_and_file() {
    let mut random = Random::new(8);
    let frozen = Plan::random(&mut random, 3000).freeze(&mut random.clone());
    let snapshot = snapshot(&mut random, frozen);
    let encoded = baseline::encode(&snapshot).unwrap();
    let stored = UnverifiedSnapshot::decode(Arc::from(encoded.bytes)).unwrap();
    let rules =
        RuleSet::parse(&[("test", "ignore /name1*\nread-only /name11*\ndynamic /name2*")]).unwrap();
    let from = |cursor: &mut dyn drift_core::model::Cursor| {
        baseline::effective_root(cursor, &rules, &snapshot.packages).unwrap()
    };
    assert_eq!(from(&mut snapshot.tree.cursor()), from(&mut stored.unverified_cursor()));
}

/// `/`, `/etc` with the time `mtime`, `/etc/conf` with `content`, `/log` with these names below.
fn host(mtime: i64, content: &[u8], mode: u16, logs: &[&str]) -> Snapshot {
    let plain = |name: &[u8], file_type| Found {
        xattrs: Observed::Is(Xattrs::default()),
        mtime: Time { seconds: 1, nanoseconds: 2 },
        ..Found::plain(name, file_type, RuleId(0))
    };
    let intake = Intake::default();
    let root = intake.root(plain(b"", FileType::Directory));
    let etc = Found {
        mtime: Time { seconds: mtime, nanoseconds: 0 },
        ..plain(b"etc", FileType::Directory)
    };
    let log = plain(b"log", FileType::Directory);
    let below = intake.listing(root, Listing::Complete, vec![log, etc]);
    let conf =
        Found { digest: Some(Digest::sha256_of(content)), mode, ..plain(b"conf", FileType::File) };
    let logs = logs.iter().map(|name| plain(name.as_bytes(), FileType::File)).collect();
    for ((_, id), children) in below.into_iter().zip([vec![conf], logs]) {
        intake.listing(id, Listing::Complete, children);
    }
    bare(intake.freeze())
}

#[test]
fn it_covers_what_the_rules_compare_and_no_more() {
    let rules = "dynamic /log\nread-only /log/kept";
    let one = effective(&host(1, b"x", 0o644, &["a"]), rules);
    // The time of a directory is not compared; below /log names come and go.
    assert_eq!(one, effective(&host(9, b"x", 0o644, &["b", "c"]), rules));
    let others = [
        effective(&host(1, b"y", 0o644, &["a"]), rules),
        effective(&host(1, b"x", 0o600, &["a"]), rules),
        effective(&host(1, b"x", 0o644, &["a", "kept"]), rules),
        effective(&host(1, b"x", 0o644, &["a"]), "dynamic /log"),
        effective(&host(1, b"x", 0o644, &["a"]), ""),
        effective(&host(1, b"x", 0o644, &["b"]), ""),
    ];
    for (at, other) in others.iter().enumerate() {
        assert_ne!(one, *other, "{at}");
        assert!(!others[at + 1..].contains(other), "{at}");
    }
}

/// The bytes are put together here from the document alone.
#[test]
fn its_bytes_by_hand() {
    let rules = "attributes=mode,uid *\ndynamic /log\nattributes=digest /log/kept";
    let mut snapshot = host(1, b"x", 0o644, &["a", "kept"]);
    let package = |name: &str| Package {
        manager: "m".to_owned(),
        name: name.to_owned(),
        architecture: String::new(),
        version: "1".to_owned(),
        status: "s".to_owned(),
        location: String::new(),
    };
    let located = Package { location: "l".to_owned(), ..package("r") };
    snapshot.packages = vec![located, package("q"), package("p")];
    let canonical = format!("read-only /\n{rules}\n");
    let digest = Digest::sha256_of(canonical.as_bytes());
    let parts: [&[u8]; 15] = [
        b"drift.effective/v1",
        digest.as_bytes(),
        // The root: a complete directory with nine attributes.
        b"\x02\x00\x00\x01\x00\x09",
        b"\x04type\x08\x09directory\x04mode\x04\x00\x03uid\x03\x00\x03gid\x03\x00",
        b"\x05xattr\x09\x00\x03acl\x02\x0bacl_default\x02\x07selinux\x02\x05flags\x00",
        b"\x02\x01\x03etc\x01\x00",
        b"\x02\x04mode\x04\x00\x03uid\x03\x00",
        b"\x02\x02\x04conf\x00\x00",
        // 0o644 is 420, which LEB128 writes as A4 03.
        b"\x02\x04mode\x04\xa4\x03\x03uid\x03\x00",
        // /log does not count itself and only places /log/kept, whose digest was not wanted.
        b"\x01\x01\x03log",
        b"\x02\x02\x04kept\x00\x00",
        b"\x01\x06digest\x00",
        b"\x03\x01m\x01p\x00\x011\x01s",
        b"\x03\x01m\x01q\x00\x011\x01s",
        b"\x04\x01m\x01r\x00\x011\x01s\x01l",
    ];
    assert_eq!(effective(&snapshot, rules), Digest::sha256_of(&parts.concat()));
}

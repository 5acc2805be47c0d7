//! Trees made to mislead: nothing that a record says makes an owner, hides an entry or costs much.

use drift_core::capture::Parts;
use drift_core::model::{FileType, TreePath};
use drift_core::packages::Known;
use drift_core::source::{MemoryKind, MemoryVolume};

use super::scene::{capture, changes, checked, memory, packages, problems};

fn debian(volume: &mut MemoryVolume, list: &str, md5sums: &str) {
    let status = "Package: base\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n\
                  Package: two\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n";
    volume.file(b"var/lib/dpkg/status", status.as_bytes());
    volume.file(b"var/lib/dpkg/info/base.list", list.as_bytes());
    volume.file(b"var/lib/dpkg/info/base.md5sums", md5sums.as_bytes());
    volume.file(b"var/lib/dpkg/info/two.list", list.as_bytes());
    volume.file(b"var/lib/dpkg/info/two.md5sums", b"");
}

/// SHA-256 of `evil` in the alphabet of a record.
fn record_of(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let digest = drift_core::model::Digest::sha256_of(bytes);
    let mut bits = String::new();
    digest.as_bytes().iter().for_each(|byte| write!(bits, "{byte:08b}").unwrap());
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let chunks = bits.as_bytes().chunks(6).map(|chunk| {
        let text = format!("{:0<6}", String::from_utf8_lossy(chunk));
        char::from(alphabet[usize::from_str_radix(&text, 2).unwrap()])
    });
    format!("sha256={}", chunks.collect::<String>())
}

#[test]
fn a_record_makes_nothing_owned_and_takes_nothing_over() {
    let mut volume = MemoryVolume::new();
    let list = "/.\n/usr\n/usr/bin\n/usr/bin/true\n/usr/lib\n/usr/lib/link\n/var\n/var/lib\n";
    // MD5 of `real`.
    debian(&mut volume, list, "0fe1cc53f2b1c1aa3a6b8e5f3e7f5b12  usr/bin/true\n");
    volume.file(b"usr/bin/true", b"evil").mode(0o755);
    volume.file(b"usr/bin/backdoor", b"evil").mode(0o4755);
    volume.directory(b"tmp/dir");
    volume.file(b"tmp/dir/file", b"evil");
    volume.symlink(b"usr/lib/link", b"elsewhere");
    volume.symlink(b"usr/lib/own", b"elsewhere");
    let digest = record_of(b"evil");
    for name in ["a", "b"] {
        let base = format!("usr/lib/python3/{name}-1.dist-info");
        let lines = [
            "../../bin/true",
            "../../bin/backdoor",
            "../../../tmp/dir",
            "../link/x",
            "../link",
            "../own",
            "../own/x",
            "../../../tmp/dir/file",
        ];
        let record: String = lines.iter().map(|line| format!("{line},{digest},4\n")).collect();
        volume.file(
            format!("{base}/METADATA").as_bytes(),
            format!("Name: {name}\nVersion: 1\n").as_bytes(),
        );
        volume.file(format!("{base}/RECORD").as_bytes(), record.as_bytes());
    }
    let source = memory(volume);
    let captured = capture(&source);
    let tree = &captured.snapshot.tree;
    let at = |path: &str| tree.find(&TreePath::parse(path.as_bytes()).unwrap()).unwrap();
    let name = |path: &str| {
        let owner = captured.ownership.owner(at(path))?;
        Some(captured.snapshot.packages[owner.index()].name.as_str())
    };
    assert_eq!(name("usr/bin/true"), Some("base"));
    assert_eq!(name("usr/bin/backdoor"), None);
    assert_eq!(name("usr/lib/link"), Some("base"), "a link of two packages stays theirs");
    assert_eq!(captured.ownership.known(at("usr/lib/link")), None::<Known>);
    assert_eq!(captured.ownership.claimant(at("tmp/dir")), None);
    assert_eq!(captured.ownership.claimant(at("usr/lib/own")), None);
    assert_eq!(captured.ownership.known(at("tmp/dir")), None);
    assert_eq!(tree.file_type(at("usr/lib/own")), FileType::Symlink);
    let all = changes(&checked(&source, None, Parts::ALL));
    for expected in [
        "vendor-record-differs /usr/bin/true",
        "unowned /usr/bin/backdoor",
        "unowned /usr/lib/own",
        "unowned /tmp",
    ] {
        assert!(all.iter().any(|line| line == expected), "{expected}: {all:#?}");
    }
}

#[test]
fn a_damaged_file_never_makes_the_database_of_the_system_incomplete() {
    let mut volume = MemoryVolume::new();
    debian(&mut volume, "/.\n/var\n/var/lib\n", "");
    volume.file(b"home/u/x.jar", b"no archive");
    volume.file(b"home/u/node_modules/x/package.json", b"{");
    volume.file(b"home/u/strange", b"x");
    let source = memory(volume);
    let captured = capture(&source);
    assert_eq!(
        captured.ownership.records().completeness(),
        drift_core::packages::Completeness::Complete
    );
    assert!(!captured.snapshot.packages_complete, "an archive may have held packages");
    assert_eq!(problems(&captured).len(), 2, "{:?}", problems(&captured));
    assert!(changes(&checked(&source, None, Parts::ALL)).contains(&"unowned /home".to_owned()));
}

#[test]
fn two_thousand_nested_directories_of_modules_are_bounded() {
    let mut volume = MemoryVolume::new();
    let mut at = volume.root_id();
    for _ in 0..2_000 {
        at = volume.put_in(at, b"node_modules", MemoryKind::Directory(Default::default()));
        at = volume.put_in(at, b"x", MemoryKind::Directory(Default::default()));
        volume.put_in(at, b"package.json", MemoryKind::file(br#"{"name":"x","version":"1.0.0"}"#));
    }
    let captured = capture(&memory(volume));
    let found = packages(&captured, "npm");
    assert!(found.len() > 250 && found.len() < 300, "{}", found.len());
    assert!(found.iter().all(|(_, place)| place.len() <= 4096));
    let problems = problems(&captured);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("/node_modules: 17"), "{problems:?}");
    assert!(!captured.snapshot.packages_complete);
}

#[test]
fn what_is_secret_is_never_read() {
    use drift_core::bounds::{Cancel, Pool, Silent};
    use drift_core::capture::{Options, RuleSource, Run};
    let mut volume = MemoryVolume::new();
    volume.file(b"root/node_modules/x/package.json", br#"{"name":"x","version":"1.0.0"}"#);
    volume.file(b"srv/node_modules/y/package.json", br#"{"name":"y","version":"1.0.0"}"#);
    let (pool, cancel) = (Pool::new(1).unwrap(), Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let options = Options {
        rules: RuleSource::Whole("read-only /\nsecret /root\n".to_owned()),
        parts: Parts::ALL,
        vendor_digests: false,
        configs: false,
        binaries: false,
    };
    let captured = drift_core::capture::capture(&memory(volume), &options, &run).unwrap();
    assert_eq!(packages(&captured, "npm").len(), 1);
}

#[test]
fn names_that_are_no_text_are_shown_and_kept_apart() {
    let mut volume = MemoryVolume::new();
    volume.file(b"a\xff/node_modules/x/package.json", br#"{"name":"x","version":"1.0.0"}"#);
    volume.file(b"a\xfe/node_modules/x/package.json", br#"{"name":"x","version":"1.0.0"}"#);
    let found = packages(&capture(&memory(volume)), "npm");
    assert_eq!(found.len(), 2);
    assert_ne!(found[0].1, found[1].1);
}

/// Whatever a name loses on its way into a report, it cannot pass for the name without it.
#[test]
fn names_with_control_characters_are_no_other_names() {
    let mut volume = MemoryVolume::new();
    let manifest = br#"{"name":"le\u0000ft","version":"1\u001b[0m"}"#;
    volume.file(b"node_modules/left/package.json", manifest);
    let captured = capture(&memory(volume));
    let found = packages(&captured, "npm");
    assert_eq!(found[0].0, "le\u{fffd}ft 1\u{fffd}[0m");
    let told = problems(&captured);
    assert!(told.iter().any(|one| one.contains("has control characters")), "{told:?}");
}

//! What each class lets through and what it does not, one table.

use drift_core::bounds::{Cancel, Pool, Silent};
use drift_core::capture::{self, Options, Parts, RuleSource, Run};
use drift_core::model::{SourceKind, TreePath};
use drift_core::source::{MemoryVolume, Walked};

use crate::detection::scene::{difference, memory, told};

fn place() -> MemoryVolume {
    let mut volume = MemoryVolume::new();
    volume.file(b"x/file", b"content").mode(0o640);
    volume.char_device(b"x/null", 1, 3);
    volume.symlink(b"x/link", b"null");
    volume
}

/// What each step does, and the lines that it gives under each class.
type Row = (&'static str, fn(&mut MemoryVolume), [&'static [&'static str]; 6]);

const CLASSES: [&str; 6] = ["read-only", "dynamic", "growing", "device", "ignore", "secret"];

const MODE: &[&str] = &["modified /x/file: mode"];
const RDEV: &[&str] = &["modified /x/null: rdev"];
const LINK: &[&str] = &["modified /x/link: link_target"];
const TYPE: &[&str] = &["modified /x/file: type"];
const NEW: &[&str] = &["added /x/new"];
const GONE: &[&str] = &["removed /x/file"];

const TABLE: &[Row] = &[
    (
        "content",
        |volume| {
            volume.file(b"x/file", b"CONTENT").mode(0o640);
        },
        [&["modified /x/file: digest"], &[], &["modified /x/file: digest"], &[], &[], &[]],
    ),
    (
        "less content",
        |volume| {
            volume.file(b"x/file", b"").mode(0o640);
        },
        [
            &["modified /x/file: digest,size"],
            &[],
            &["modified /x/file: digest,size"],
            &[],
            &[],
            &[],
        ],
    ),
    (
        "time",
        |volume| {
            volume.file(b"x/file", b"content").mode(0o640).mtime(1, 1);
        },
        [&["modified /x/file: mtime"], &[], &[], &[], &[], &[]],
    ),
    (
        "permissions",
        |volume| {
            volume.file(b"x/file", b"content").mode(0o666);
        },
        [MODE, MODE, MODE, MODE, &[], MODE],
    ),
    (
        "device number",
        |volume| {
            volume.char_device(b"x/null", 1, 5);
        },
        [RDEV, RDEV, RDEV, RDEV, &[], RDEV],
    ),
    (
        "link target",
        |volume| {
            volume.symlink(b"x/link", b"zero");
        },
        [LINK, &[], &[], LINK, &[], &[]],
    ),
    (
        "type",
        |volume| {
            volume.fifo(b"x/file");
        },
        [TYPE, TYPE, TYPE, TYPE, &[], TYPE],
    ),
    (
        "one more",
        |volume| {
            volume.file(b"x/new", b"new");
        },
        [NEW, NEW, NEW, NEW, &[], NEW],
    ),
    (
        "one less",
        |volume| {
            volume.remove(b"x/file");
        },
        [GONE, GONE, GONE, GONE, &[], GONE],
    ),
];

/// What came and went is told under `dynamic` too; the cause `declared-dynamic` makes it harmless.
#[test]
fn each_class_lets_through_what_it_says() {
    for (what, step, expected) in TABLE {
        for (class, expected) in CLASSES.iter().zip(expected) {
            let rules = format!("{class} /x");
            let mut changed = place();
            step(&mut changed);
            let comparison = difference(&memory(place(), &rules), &memory(changed, &rules));
            assert_eq!(told(&comparison), *expected, "{what} under {class}");
            assert_eq!((comparison.not_compared, comparison.grown.len()), (0, 0), "{what} {class}");
        }
    }
}

#[test]
fn attributes_are_added_and_dropped() {
    let check = |rule: &str, expected: &[&str]| {
        let mut changed = place();
        changed.file(b"x/file", b"CONTENT").mode(0o666).mtime(1, 1);
        let comparison = difference(&memory(place(), rule), &memory(changed, rule));
        assert_eq!(told(&comparison), expected, "{rule}");
    };
    check("read-only /x", &["modified /x/file: digest,mode,mtime"]);
    check("read-only /x -mtime -digest", &["modified /x/file: mode"]);
    check("dynamic /x +mtime", &["modified /x/file: mode,mtime"]);
    check("dynamic /x +digest -mode", &["modified /x/file: digest"]);
    check("attributes=uid,mtime /x", &["modified /x/file: mtime"]);
}

#[test]
fn every_name_that_a_rule_leaves_out_is_counted_with_the_rule() {
    let mut volume = place();
    for number in 0..5 {
        volume.file(format!("cache/{number}").as_bytes(), b"1");
    }
    volume.file(b"cache/keep", b"1");
    volume.file(b"x/a.tmp", b"1");
    volume.file(b"golden.drift", b"1");
    let rules = "ignore /cache/*\nread-only /cache/keep\nignore *.tmp";
    let (pool, cancel) = (Pool::new(1).unwrap(), Cancel::new());
    let own = [TreePath::parse(b"golden.drift").unwrap()];
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &own };
    let options = Options {
        rules: RuleSource::Layers {
            profiles: Vec::new(),
            texts: vec![("test".to_owned(), rules.to_owned())],
        },
        parts: Parts { entries: true, packages: false },
        vendor_digests: false,
        configs: false,
        binaries: false,
    };
    let source = Walked::new(volume, SourceKind::Memory, "memory:");
    let captured = capture::capture(&source, &options, &run).unwrap();
    let excluded: Vec<(String, u64)> = captured
        .snapshot
        .coverage
        .excluded
        .iter()
        .map(|exclusion| (exclusion.rule.clone(), exclusion.entries))
        .collect();
    let expected =
        [("ignore /cache/*", 5), ("ignore *.tmp", 1), ("drift's own artefacts: /golden.drift", 1)];
    assert_eq!(excluded, expected.map(|(rule, count)| (rule.to_owned(), count)));
}

#[test]
fn what_is_included_below_an_excluded_root_is_found() {
    let mut volume = place();
    volume.file(b"etc/keep", b"1");
    let captured = memory(volume, "ignore /\nread-only /etc/*");
    let tree = &captured.snapshot.tree;
    let paths: Vec<String> = tree.rows().map(|row| tree.path(row).to_string()).collect();
    assert_eq!(paths, ["/", "/etc", "/etc/keep"]);
    let counted = captured.snapshot.coverage.excluded.iter().map(|exclusion| exclusion.entries);
    assert_eq!(counted.sum::<u64>(), 4);
}

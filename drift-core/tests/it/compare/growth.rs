//! Class `growing`: what was written stays the beginning, whatever comes after it.

use drift_core::bounds::{Cancel, Pool, Silent, Timestamp};
use drift_core::capture::{Captured, Parts, RuleSource, Run};
use drift_core::check::{Occasion, Reference, Request, Target, View, check};
use drift_core::compare::{Context, compare};
use drift_core::judge::{FailOn, Status};
use drift_core::model::{
    Algorithm, Cursor, CursorError, Digest, Entry, FileType, Listing, Observed, Severity,
    SourceKind, Step, Time,
};
use drift_core::source::{MemoryVolume, Walked};

use crate::detection::scene::memory;

const RULES: &str = "growing /log";

fn log(bytes: &[u8], mode: u16) -> MemoryVolume {
    let mut volume = MemoryVolume::new();
    volume.file(b"log", bytes).mode(mode).mtime(bytes.len() as i64, 0);
    volume
}

/// Checks the whole verb, second look included: the differing attributes of `/log`, or nothing.
fn check_log(before: MemoryVolume, after: MemoryVolume, expected: &str) {
    let before: Captured = memory(before, RULES);
    let (pool, cancel) = (Pool::new(1).unwrap(), Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
    let occasion = Occasion { clock: &now, run_id: "test", binary_digest: None };
    let parts = Parts { entries: true, packages: false };
    let mut request = Request::new(parts, FailOn::At(Severity::Informational));
    request.rules = Some(RuleSource::Whole(before.rules.text()));
    let view = View::of_captured(&before);
    let source = Walked::new(after, SourceKind::Memory, "memory:");
    let reference = Reference::Other(Target::Stored(&view));
    let outcome = check(&Target::Live(&source), &reference, &request, &run, &occasion).unwrap();
    let told: Vec<String> = outcome
        .report
        .changes
        .iter()
        .map(|change| {
            let names = change.attributes.iter();
            let names: Vec<String> =
                names.map(|change| String::from_utf8_lossy(change.name.as_ref()).into()).collect();
            names.join(",")
        })
        .collect();
    let expected: Vec<&str> = if expected.is_empty() { Vec::new() } else { vec![expected] };
    assert_eq!(told, expected);
    let status = if expected.is_empty() { Status::Clean } else { Status::Findings };
    assert_eq!(outcome.verdict.status(), status);
}

#[test]
fn only_what_was_appended_may_differ() {
    let first = || log(b"one\ntwo\n", 0o640);
    check_log(first(), first(), "");
    check_log(first(), log(b"one\ntwo\nthree\n", 0o640), "");
    check_log(log(b"", 0o640), first(), "");
    // Shorter, emptied, rewritten before the end, rewritten at the same length.
    check_log(first(), log(b"one\n", 0o640), "digest,size");
    check_log(first(), log(b"", 0o640), "digest,size");
    check_log(first(), log(b"ONE\ntwo\nthree\n", 0o640), "digest,size");
    check_log(first(), log(b"one\nTWO\n", 0o640), "digest");
    // The last byte of what was there, beyond one buffer.
    let mut long = vec![b'x'; 700_000];
    let before = log(&long, 0o640);
    long.extend(b"more");
    check_log(before, log(&long, 0o640), "");
    let before = log(&long[..700_000], 0o640);
    long[699_999] = b'y';
    check_log(before, log(&long, 0o640), "digest,size");
}

#[test]
fn permissions_count_whether_it_grew_or_not() {
    let first = || log(b"one\n", 0o640);
    check_log(first(), log(b"one\n", 0o666), "mode");
    check_log(first(), log(b"one\ntwo\n", 0o666), "mode");
}

/// A tree of one directory and one file, without a volume: digests of any kind.
struct Two {
    entry: Option<Entry>,
    root: Option<Entry>,
}

impl Cursor for Two {
    fn next(&mut self) -> Result<Option<Step<'_>>, CursorError> {
        let (depth, name, entry) = match (self.root.take(), self.entry.take()) {
            (Some(root), entry) => {
                self.entry = entry;
                (0, &b""[..], root)
            }
            (None, Some(entry)) => (1, &b"log"[..], entry),
            (None, None) => return Ok(None),
        };
        let listing = Listing::Complete;
        Ok(Some(Step {
            depth,
            name,
            entry,
            listing,
            owner: None,
            rule: None,
            origin: None,
            row: None,
        }))
    }
}

fn two(size: u64, algorithm: Algorithm) -> Two {
    let plain = |file_type| Entry {
        mode: Observed::Is(0o640),
        uid: Observed::Is(0),
        gid: Observed::Is(0),
        mtime: Observed::Is(Time::default()),
        nlink: Observed::Is(1),
        hardlinks: Observed::NotApplicable,
        flags: Observed::NotApplicable,
        xattrs: Observed::NotApplicable,
        ..Entry::unobserved(file_type)
    };
    let digest = Observed::Is(Digest::from_bytes(algorithm, &[7; 32]).unwrap());
    let file = Entry { size: Observed::Is(size), digest, ..plain(FileType::File) };
    Two { entry: Some(file), root: Some(plain(FileType::Directory)) }
}

/// Digests of different algorithms say nothing of each other, so nothing is claimed.
#[test]
fn digests_of_two_kinds_are_not_compared() {
    let carries = memory(log(b"", 0o640), RULES).snapshot.carries;
    for rules in [RULES, ""] {
        let rules = drift_core::rules::RuleSet::parse(&[("test", rules)]).unwrap();
        for size in [5, 9] {
            let context = Context {
                rules: &rules,
                before: carries,
                before_parts: &[],
                after: carries,
                artifacts: &[],
                watch: &[],
                outside: &[],
                cancel: &Cancel::new(),
            };
            let (mut before, mut after) =
                (two(5, Algorithm::SparseSha256), two(size, Algorithm::Sha256));
            let comparison = compare(&mut before, &mut after, &context).unwrap();
            let said: Vec<String> = comparison
                .changes
                .iter()
                .map(|change| crate::detection::scene::names(change.attributes))
                .collect();
            let grew = size != 5 && rules.rules().len() == 1;
            assert_eq!(said, if grew { vec!["size"] } else { Vec::new() });
            assert_eq!((comparison.grown.len(), comparison.not_compared), (0, 1));
        }
    }
}

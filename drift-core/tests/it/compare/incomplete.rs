//! What lies where the listing failed is neither gone nor new, and the verdict is never clean.
#![expect(clippy::print_stderr, reason = "the number of faults is part of what the test shows")]

use drift_core::baseline::root_of;
use drift_core::bounds::{Cancel, Pool, Silent, Timestamp};
use drift_core::capture::{Captured, Parts, RuleSource, Run};
use drift_core::check::{Occasion, Outcome, Reference, Request, Target, View, check};
use drift_core::judge::{FailOn, Status};
use drift_core::model::{Severity, SourceKind};
use drift_core::source::{Errno, Faulty, MemoryVolume, Operation, Source, Volume, Walked};

use crate::detection::scene::{capture_with, difference, told};

fn furnished() -> MemoryVolume {
    let mut volume = MemoryVolume::new();
    for number in 0..8 {
        volume.file(format!("closed/{number}").as_bytes(), b"1");
        volume.file(format!("closed/in/{number}").as_bytes(), b"1");
    }
    volume.file(b"open/file", b"1").xattr(b"user.note", b"1");
    volume.symlink(b"open/link", b"file");
    volume
}

fn source<V: Volume>(volume: V) -> Walked<V> {
    Walked::new(volume, SourceKind::Memory, "memory:").with_lease_wait(0)
}

fn captured<V: Volume>(volume: V) -> Captured {
    capture_with(&source(volume), "", 1)
}

/// The whole verb, from one captured tree to a target that is captured now.
fn checked(before: &Captured, target: &dyn Source) -> Result<Outcome, drift_core::check::Error> {
    let (pool, cancel) = (Pool::new(1).unwrap(), Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
    let occasion = Occasion { clock: &now, run_id: "test", binary_digest: None };
    let mut request =
        Request::new(Parts { entries: true, packages: false }, FailOn::At(Severity::Informational));
    request.rules = Some(RuleSource::Whole(before.rules.text()));
    let view = View::of_captured(before);
    check(
        &Target::Live(target),
        &Reference::Other(Target::Stored(&view)),
        &request,
        &run,
        &occasion,
    )
}

/// Ways in which the names of `closed` are not all known.
const BLIND: [(Operation, Errno); 4] = [
    (Operation::OpenDirectory, Errno::ACCESS),
    (Operation::OpenDirectory, Errno::IO),
    (Operation::List, Errno::IO),
    (Operation::StatDirectory, Errno::IO),
];

#[test]
fn nothing_below_is_gone_or_new_whichever_side_was_blind() {
    let whole = captured(furnished());
    for (operation, errno) in BLIND {
        let blind = captured(Faulty::on(furnished(), operation, b"closed", errno));
        assert!(blind.snapshot.tree.len() < whole.snapshot.tree.len());
        let unseen = (whole.snapshot.tree.len() - blind.snapshot.tree.len()) as u64;
        for (before, after) in [(&whole, &blind), (&blind, &whole)] {
            let comparison = difference(before, after);
            assert_eq!(told(&comparison), [""; 0], "{operation:?} {errno:?}");
            assert!(comparison.not_compared >= unseen, "{operation:?}: {comparison:?}");
        }
        let target = source(Faulty::on(furnished(), operation, b"closed", errno));
        let outcome = checked(&whole, &target).unwrap();
        assert_eq!(outcome.verdict.status(), Status::Incomplete, "{operation:?} {errno:?}");
        // The other way round: the golden capture was blind, the target is whole.
        let outcome = checked(&blind, &source(furnished())).unwrap();
        assert_eq!(outcome.verdict.status(), Status::Incomplete, "{operation:?} {errno:?}");
    }
}

#[test]
fn both_sides_blind_are_not_clean() {
    for (operation, errno) in BLIND {
        let blind = || Faulty::on(furnished(), operation, b"closed", errno);
        let outcome = checked(&captured(blind()), &source(blind())).unwrap();
        assert_eq!(outcome.verdict.status(), Status::Incomplete, "{operation:?} {errno:?}");
        assert!(outcome.report.changes.is_empty());
    }
}

#[test]
fn what_was_seen_is_still_compared() {
    let mut changed = furnished();
    changed.file(b"open/file", b"2").xattr(b"user.note", b"1");
    changed.remove(b"open/link");
    changed.file(b"open/new", b"1");
    let blind = Faulty::on(changed, Operation::List, b"closed", Errno::IO);
    let whole = captured(furnished());
    let target = source(blind);
    let expected = ["modified /open/file: digest", "removed /open/link", "added /open/new"];
    assert_eq!(told(&difference(&whole, &capture_with(&target, "", 1))), expected);
    let outcome = checked(&whole, &target).unwrap();
    assert_eq!(outcome.verdict.status(), Status::Findings);
    assert!(!outcome.verdict.complete());
}

/// A directory that could not be entered and became a file: that is certain, what was in it not.
#[test]
fn a_type_that_changed_is_told_though_the_names_were_unknown() {
    let blind =
        captured(Faulty::on(furnished(), Operation::OpenDirectory, b"closed", Errno::ACCESS));
    let mut other = furnished();
    other.remove(b"closed").file(b"closed", b"1");
    let comparison = difference(&blind, &captured(other));
    assert_eq!(told(&comparison), ["modified /closed: type"]);
}

#[test]
fn one_object_that_cannot_be_examined_is_not_compared() {
    let whole = captured(furnished());
    for name in [&b"file"[..], b"link", b"closed"] {
        let blind = captured(Faulty::on(furnished(), Operation::Stat, name, Errno::IO));
        for (before, after) in [(&whole, &blind), (&blind, &whole)] {
            let comparison = difference(before, after);
            assert_eq!(told(&comparison), [""; 0], "{}", name.escape_ascii());
            assert!(comparison.not_compared > 0);
        }
    }
    for (operation, name) in [
        (Operation::Open, &b"file"[..]),
        (Operation::Read, b"file"),
        (Operation::Xattrs, b"file"),
        (Operation::ReadLink, b"link"),
    ] {
        let blind = captured(Faulty::on(furnished(), operation, name, Errno::IO));
        for (before, after) in [(&whole, &blind), (&blind, &whole)] {
            let comparison = difference(before, after);
            assert_eq!(told(&comparison), [""; 0], "{operation:?}");
            assert_eq!(comparison.not_compared, 1, "{operation:?}");
        }
    }
}

/// Every call fails once: nothing is ever called changed, and a verdict of clean means that the
/// capture is the whole one all the same.
#[test]
fn no_single_fault_makes_a_change_or_an_undeserved_clean() {
    let whole = captured(furnished());
    let root = root_of(&whole.snapshot).unwrap();
    let calls = {
        let target = source(Faulty::new(furnished(), |_| None));
        assert_eq!(checked(&whole, &target).unwrap().verdict.status(), Status::Clean);
        target.volume().calls()
    };
    let (mut incomplete, mut harmless) = (0, 0);
    for number in 0..calls {
        for errno in [Errno::IO, Errno::ACCESS, Errno::NOMEM] {
            let target = source(Faulty::at(furnished(), number, errno));
            let Ok(outcome) = checked(&whole, &target) else { continue };
            let changes = &outcome.report.changes;
            assert!(changes.is_empty(), "call {number}, {errno:?}: {changes:?}");
            match outcome.verdict.status() {
                Status::Incomplete => incomplete += 1,
                Status::Clean => {
                    let captured = outcome.captured.as_ref().unwrap();
                    assert_eq!(root_of(&captured.snapshot).unwrap(), root, "{number} {errno:?}");
                    harmless += 1;
                }
                other => unreachable!("{other:?}"),
            }
        }
    }
    eprintln!(
        "compare: {} single faults over {calls} calls: {incomplete} incomplete, \
         {harmless} without any effect, no change among them",
        calls * 3
    );
    assert!(incomplete > 50);
}

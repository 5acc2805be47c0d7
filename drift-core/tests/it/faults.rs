//! Every call of a small capture fails once, by every error that such a call can give.

use std::collections::BTreeSet;

use drift_core::model::{SourceKind, TreePath};
use drift_core::source::{Errno, Error, Faulty, MemoryVolume, Walked};

use crate::walk::{Seen, look};

const RULES: &str = "ignore /cache\nread-only /cache/keep";

const ERRNOS: [Errno; 12] = [
    Errno::ACCESS,
    Errno::PERM,
    Errno::IO,
    Errno::UCLEAN,
    Errno::NOENT,
    Errno::NOTDIR,
    Errno::LOOP,
    Errno::STALE,
    Errno::MFILE,
    Errno::NOMEM,
    Errno::OVERFLOW,
    Errno::OPNOTSUPP,
];

/// About forty objects of every type, with mounts and an excluded directory.
fn fixture() -> MemoryVolume {
    let mut volume = MemoryVolume::new();
    for number in 0..20 {
        let path = format!("d{}/e{}/f{number}", number % 2, number % 3);
        volume.file(path.as_bytes(), path.as_bytes()).xattr(b"user.n", b"1");
    }
    volume.file(b"two-reads", &vec![1; 300 << 10]);
    volume.sparse(b"hole", 3 << 30, &[(1 << 30, b"data")]);
    volume.symlink(b"d0/link", b"/x");
    volume.fifo(b"d0/fifo");
    volume.socket(b"d0/socket");
    volume.char_device(b"d0/char", 1, 3);
    volume.block_device(b"d0/block", 8, 0);
    volume.file(b"d1/untyped", b"1").untyped();
    volume.file(b"cache/drop/x", b"1");
    volume.file(b"cache/keep/y", b"1");
    volume.mount(b"home", "ext4");
    volume.file(b"home/f", b"1");
    volume.mount(b"proc", "proc");
    volume
}

fn run(volume: Faulty<MemoryVolume>, threads: usize) -> (Result<Seen, Error>, u64) {
    let source = Walked::new(volume, SourceKind::Memory, "memory:").with_lease_wait(0);
    let seen = look(&source, RULES, threads);
    (seen, source.volume().calls())
}

/// Whatever is not as without the fault is accounted for, and no step of anything twice.
fn check(expected: &Seen, seen: &Seen, what: &str) {
    let mut steps = BTreeSet::new();
    let mut accounted = BTreeSet::new();
    let surveyed = seen.problems.iter().map(|problem| (problem.path.to_string(), problem.stage));
    let read = seen.contents.iter().filter_map(|(path, answer)| {
        answer.as_ref().err().map(|unread| (path.clone(), unread.stage))
    });
    for (path, stage) in surveyed.chain(read) {
        assert!(steps.insert((path.clone(), stage)), "{what}: {path} twice");
        accounted.insert(path);
    }
    let is_accounted = |path: &str| {
        let parsed = TreePath::parse(path.as_bytes()).unwrap();
        accounted.iter().any(|at| parsed.starts_with(&TreePath::parse(at.as_bytes()).unwrap()))
            || seen.coverage.vanished > 0
    };
    for (path, entry) in &expected.entries {
        if seen.entries.get(path) != Some(entry) {
            assert!(is_accounted(path), "{what}: {path}: {:?}", seen.entries.get(path));
        }
    }
    for (path, content) in &expected.contents {
        if seen.contents.get(path) != Some(content) {
            assert!(is_accounted(path), "{what}: {path}: {:?}", seen.contents.get(path));
        }
    }
    assert!(seen.entries.keys().all(|path| expected.entries.contains_key(path)), "{what}");
}

#[test]
fn every_single_fault_is_accounted_for() {
    let (expected, calls) = run(Faulty::new(fixture(), |_| None), 1);
    let expected = expected.unwrap();
    assert_eq!(expected.problems, []);
    assert!(expected.entries.len() >= 40 && calls > 150, "{} {calls}", expected.entries.len());
    assert!(expected.contents.values().all(Result::is_ok));
    let mut cases = 0;
    let mut fatal = 0;
    for number in 0..calls {
        for errno in ERRNOS.into_iter().chain([Errno::AGAIN]) {
            let what = format!("call {number}, {errno:?}");
            cases += 1;
            match run(Faulty::at(fixture(), number, errno), 1).0 {
                Ok(seen) => {
                    check(&expected, &seen, &what);
                    let paths: BTreeSet<String> =
                        seen.problems.iter().map(|problem| problem.path.to_string()).collect();
                    assert_eq!(paths.len(), seen.problems.len(), "{what}");
                }
                // Only the root itself is worth a failure.
                Err(error) => {
                    fatal += 1;
                    assert!(matches!(error, Error::Open { .. }), "{what}: {error}");
                    assert!(number < 2, "{what}: {error}");
                }
            }
        }
    }
    assert!(cases > 2000 && fatal <= 2 * (ERRNOS.len() + 1), "{cases} {fatal}");
}

#[test]
fn every_fault_that_stays_is_accounted_for() {
    let (expected, calls) = run(Faulty::new(fixture(), |_| None), 1);
    let expected = expected.unwrap();
    for number in (2..calls).step_by(3) {
        for errno in [Errno::ACCESS, Errno::IO, Errno::NOENT, Errno::STALE, Errno::AGAIN] {
            for threads in [1, 3] {
                let what = format!("from call {number}, {errno:?}, {threads} threads");
                if let Ok(seen) = run(Faulty::from_number(fixture(), number, errno), threads).0 {
                    check(&expected, &seen, &what);
                }
            }
        }
    }
}

/// Lack of descriptors alone, for a while, costs nothing.
#[test]
fn a_short_lack_of_descriptors_changes_nothing() {
    let (expected, calls) = run(Faulty::new(fixture(), |_| None), 1);
    let expected = expected.unwrap();
    for start in (0..calls).step_by(10) {
        let volume = Faulty::new(fixture(), move |call| {
            use drift_core::source::{Fault, Operation};
            let opens = matches!(
                call.operation,
                Operation::Root | Operation::OpenDirectory | Operation::Open
            );
            (opens && (start..start + 4).contains(&call.number))
                .then_some(Fault::Error(Errno::NFILE))
        });
        let seen = run(volume, 1).0.unwrap();
        assert!(seen == expected, "from call {start}");
    }
}

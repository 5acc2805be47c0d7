//! What a program that embeds the library can rely on: no globals, small stacks, a quick stop.
#![expect(clippy::disallowed_methods, reason = "how quickly a run stops is measured by a clock")]
#![expect(clippy::print_stderr, reason = "the measured times are part of what the test shows")]

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use drift_core::baseline::{encode, root_of};
use drift_core::bounds::{Cancel, Event, Observer, Pool, Silent};
use drift_core::capture::{self, Captured, Error, Options, Parts, RuleSource, Run};
use drift_core::compare::{self, Context, compare};
use drift_core::model::SourceKind;
use drift_core::source::{self, Faulty, HostVolume, MemoryVolume, Operation, Resolution};
use drift_core::source::{Source, Walked};

use drift_testkit::TempRoot;

use crate::detection::scene::{capture_with, difference, told};

fn furnished(files: u32) -> MemoryVolume {
    let mut volume = MemoryVolume::new();
    for number in 0..files {
        let path = format!("d{}/e{}/f{number}", number % 50, number % 7);
        volume.file(path.as_bytes(), path.as_bytes());
    }
    volume.mount(b"proc", "proc");
    volume
}

fn memory(volume: MemoryVolume) -> Walked<MemoryVolume> {
    Walked::new(volume, SourceKind::Memory, "memory:")
}

fn captured_by(
    source: &dyn Source,
    threads: usize,
    cancel: &Cancel,
    observer: &dyn Observer,
) -> Result<Captured, Error> {
    let pool = Pool::new(threads).unwrap();
    let run = Run { pool: &pool, cancel, observer, artifacts: &[] };
    let options = Options {
        rules: RuleSource::Layers { profiles: Vec::new(), texts: Vec::new() },
        parts: Parts::ALL,
        vendor_digests: true,
        configs: false,
        binaries: false,
    };
    capture::capture(source, &options, &run)
}

/// The whole way: capture twice, store, compare.
fn whole_way(files: u32) -> [u8; 32] {
    let (before, after) = (
        capture_with(&memory(furnished(files)), "", 2),
        capture_with(&memory(furnished(files)), "", 1),
    );
    assert_eq!(told(&difference(&before, &after)), [""; 0]);
    let encoded = encode(&before.snapshot).unwrap();
    assert_eq!(encoded.root, root_of(&after.snapshot).unwrap());
    encoded.root.as_bytes().try_into().unwrap()
}

#[test]
fn several_runs_in_one_process_do_not_know_of_each_other() {
    let alone = [whole_way(500), whole_way(900)];
    let together: Vec<[u8; 32]> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..6)
            .map(|number| scope.spawn(move || whole_way(if number % 2 == 0 { 500 } else { 900 })))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for (number, root) in together.into_iter().enumerate() {
        assert_eq!(root, alone[number % 2], "run {number}");
    }
}

#[test]
fn cancelling_one_run_leaves_the_other_alone() {
    let (stopped, going) = (Cancel::new(), Cancel::new());
    stopped.cancel();
    let source = memory(furnished(500));
    assert!(matches!(
        captured_by(&source, 2, &stopped, &Silent),
        Err(Error::Source(source::Error::Cancelled(_)))
    ));
    assert!(captured_by(&source, 2, &going, &Silent).is_ok());
}

/// The caller's stack holds no tree and no buffer: 64 KiB are enough, also for a deep tree on one
/// thread, where no worker lends its stack.
#[test]
fn a_small_stack_is_enough() {
    let run = std::thread::Builder::new().stack_size(64 << 10).spawn(|| {
        let mut volume = furnished(2000);
        let mut deep = b"deep".to_vec();
        for _ in 0..900 {
            deep.extend_from_slice(b"/d");
        }
        volume.file(&deep, b"1");
        let captured = captured_by(&memory(volume), 1, &Cancel::new(), &Silent).unwrap();
        assert_eq!(told(&difference(&captured, &captured)), [""; 0]);
        root_of(&captured.snapshot).unwrap()
    });
    assert!(run.unwrap().join().is_ok());
}

/// The same of a directory of this machine.
#[test]
fn a_small_stack_is_enough_for_real_files() {
    let mut scratch = TempRoot::new();
    for number in 0..7 {
        scratch = scratch.directory(number.to_string(), 0o755);
    }
    for number in 0..300 {
        scratch = scratch.file(format!("{}/{number}", number % 7), [b'x'; 3000], 0o644);
    }
    let root = scratch.path().to_owned();
    let run = std::thread::Builder::new().stack_size(64 << 10).spawn(move || {
        let volume = HostVolume::open(&root, Resolution::Automatic).unwrap();
        let source = Walked::new(volume, SourceKind::Directory, "dir:");
        let captured = captured_by(&source, 1, &Cancel::new(), &Silent).unwrap();
        assert_eq!(captured.snapshot.coverage.files_hashed, 300);
    });
    assert!(run.unwrap().join().is_ok());
}

/// Sets the flag after so many calls of the volume, and says when.
fn stopped_after(calls: u64, threads: usize) -> Option<Duration> {
    let cancel = Cancel::new();
    let when = std::sync::Arc::new(Mutex::new(None));
    let (flag, set) = (cancel.clone(), when.clone());
    let volume = Faulty::new(furnished(20_000), move |call| {
        if call.number == calls {
            *set.lock().unwrap() = Some(Instant::now());
            flag.cancel();
        }
        None
    });
    let source = Walked::new(volume, SourceKind::Memory, "memory:");
    let result = captured_by(&source, threads, &cancel, &Silent);
    let when = (*when.lock().unwrap())?;
    assert!(
        matches!(result, Err(Error::Source(source::Error::Cancelled(_)))),
        "stopped after {calls} calls, but the run went on"
    );
    Some(when.elapsed())
}

#[test]
fn a_run_stops_within_a_second_wherever_it_is() {
    let mut slowest = Duration::ZERO;
    for threads in [1, 4] {
        for calls in [0, 100, 10_000, 41_000, 60_000, 90_000] {
            let took = stopped_after(calls, threads).expect("there are more calls than that");
            slowest = slowest.max(took);
        }
    }
    eprintln!("library: the slowest of 12 stops took {slowest:?}");
    assert!(slowest < Duration::from_secs(1));
}

/// The flag set in the middle of one large file.
#[test]
fn a_large_file_does_not_hold_up_a_stop() {
    let cancel = Cancel::new();
    let flag = cancel.clone();
    let reads = AtomicU64::new(0);
    let mut volume = MemoryVolume::new();
    volume.sparse(b"large", 900 << 20, &[(0, b"x")]);
    let volume = Faulty::new(volume, move |call| {
        if call.operation == Operation::Read && reads.fetch_add(1, Ordering::Relaxed) == 2 {
            flag.cancel();
        }
        None
    });
    let source = Walked::new(volume, SourceKind::Memory, "memory:");
    let began = Instant::now();
    let result = captured_by(&source, 1, &cancel, &Silent);
    assert!(matches!(result, Err(Error::Source(source::Error::Cancelled(_)))));
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_comparison_stops_too() {
    let captured = capture_with(&memory(furnished(5000)), "", 2);
    let cancel = Cancel::new();
    cancel.cancel();
    let context = Context {
        rules: &captured.rules,
        before: captured.snapshot.carries,
        before_parts: &[],
        after: captured.snapshot.carries,
        artifacts: &[],
        watch: &[],
        outside: &[],
        cancel: &cancel,
    };
    let tree = &captured.snapshot.tree;
    let result = compare(&mut tree.cursor(), &mut tree.cursor(), &context);
    assert!(matches!(result, Err(compare::Error::Cancelled(_))));
}

#[derive(Default)]
struct Heard {
    phases: Mutex<BTreeSet<&'static str>>,
    entries: AtomicU64,
    files: AtomicU64,
}

impl Observer for Heard {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Phase(name) => {
                self.phases.lock().unwrap().insert(name);
            }
            Event::Surveyed { entries } => {
                self.entries.fetch_max(entries, Ordering::Relaxed);
            }
            Event::Read { files, .. } => {
                self.files.fetch_max(files, Ordering::Relaxed);
            }
            _ => {}
        }
    }
}

#[test]
fn progress_is_told_and_never_more_than_there_is() {
    let heard = Heard::default();
    let captured = captured_by(&memory(furnished(20_000)), 4, &Cancel::new(), &heard).unwrap();
    let phases: Vec<&str> = heard.phases.into_inner().unwrap().into_iter().collect();
    assert_eq!(phases, ["read", "survey"]);
    let (entries, files) = (heard.entries.into_inner(), heard.files.into_inner());
    assert!((4096..=captured.snapshot.coverage.entries).contains(&entries), "{entries}");
    assert_eq!(files, captured.snapshot.coverage.files_hashed);
}

/// A panic of the embedding program's own observer reaches that program and nobody else.
#[test]
fn a_panic_of_the_observer_stays_with_its_run() {
    struct Panics;
    impl Observer for Panics {
        fn event(&self, _event: Event<'_>) {
            panic!("the observer's own");
        }
    }
    let run = std::thread::spawn(|| {
        captured_by(&memory(furnished(100)), 2, &Cancel::new(), &Panics).is_ok()
    });
    assert!(run.join().is_err());
    let _well = whole_way(100);
}

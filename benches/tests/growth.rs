//! Whether work grows with what it is given, and no faster: instructions counted by valgrind at three
//! sizes, each twice the one before. No time is looked at.
//!
//! What a run costs whatever its size stands in all three, so the differences are compared: twice as
//! much for twice as much. A quadratic part of the work shows as four times.

#![expect(clippy::disallowed_methods, reason = "each measurement is a process of its own")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a broken precondition ends the test"
)]

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use drift_testkit::need;

/// Cases of `grow` with the smallest of three sizes, at which the work is most of what is counted.
const CASES: [(&str, u64); 27] = [
    ("wide", 1_000),
    ("many", 1_000),
    ("deep", 500),
    ("names-of-one", 500),
    ("names-of-two", 500),
    ("compare", 1_000),
    ("changes", 500),
    ("text", 500),
    ("json", 500),
    ("ndjson", 500),
    ("paths", 500),
    ("sarif", 500),
    ("junit", 500),
    ("markdown", 500),
    ("github", 500),
    ("policies-of-changes", 250),
    ("load", 50),
    ("load-helped", 50),
    ("evaluate", 25),
    ("waivers-of-few", 250),
    ("waived", 250),
    ("previous", 500),
    ("moved", 500),
    ("moved-alike", 500),
    ("unowned", 500),
    ("packages", 100),
    ("rotated", 250),
];

/// The second difference may be so many times the first: twice, and a fifth for trees, sorting and
/// tables that have just grown.
const MOST: f64 = 2.4;

fn instructions(valgrind: &Path, case: &str, size: u64) -> u64 {
    let mut command = Command::new(valgrind);
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    command.arg(env!("CARGO_BIN_EXE_grow")).arg(case).arg(size.to_string());
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{case} {size}: {told}");
    let line = told.lines().find_map(|line| line.split_once("Collected :"));
    line.expect("valgrind tells what it counted").1.trim().parse().unwrap()
}

#[test]
fn nothing_grows_faster_than_what_it_is_given() {
    if need::full_tier().is_none() {
        return;
    }
    let Some(valgrind) = need::tool("valgrind") else { return };
    let next = AtomicUsize::new(0);
    let steep = Mutex::new(Vec::new());
    // Counts of instructions do not depend on what runs beside.
    let work = || {
        while let Some((case, size)) = CASES.get(next.fetch_add(1, Ordering::Relaxed)) {
            let sizes = [*size, 2 * size, 4 * size];
            let counted = sizes.map(|size| instructions(&valgrind, case, size));
            let [small, middle, large] = counted.map(|count| count as f64);
            let ratio = (large - middle) / (middle - small).max(1.0);
            println!("{case}: {counted:?} instructions from {size}, ratio {ratio:.2}");
            if ratio > MOST {
                steep.lock().unwrap().push(format!("{case}: {ratio:.2}"));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let steep = steep.into_inner().unwrap();
    assert!(steep.is_empty(), "these grow faster than what they are given: {steep:?}");
}

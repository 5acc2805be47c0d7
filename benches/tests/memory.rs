//! Memory and the size of a baseline as formulas over the number of entries. No time is asserted.
//!
//! The tree is computed, so everything that the counting allocator sees is drift's own.

#![expect(clippy::disallowed_methods, reason = "each measurement is a process of its own")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a broken precondition ends the test"
)]

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use drift_benches::write_layout;

/// What any run may take, whatever it looks at: buffers, a batch of answers, the compressor.
const FIXED_BYTES: u64 = 64 << 20;
/// What each entry may add: its row, name and digest, and its share of the baseline.
const ENTRY_BYTES: u64 = 150;
/// What each entry may take in the file; 32 of them are its digest.
const STORED_BYTES: u64 = 55;

/// What each entry of an image may add: beside the captured tree stands the merged one, with the names
/// and objects of all layers, until the run ends (docs/decisions/0010).
const LAYERED_ENTRY_BYTES: u64 = 300;

fn weigh(verb: &str, entries: &str, directory: &Path) -> HashMap<String, u64> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weigh"));
    let output = command.arg(verb).arg(entries).arg(directory).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{verb}: {}", String::from_utf8_lossy(&output.stderr));
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    pairs.map(|(what, bytes)| (what.to_owned(), bytes.parse().unwrap())).collect()
}

/// The entries of a tree, and the most that each verb held.
struct Weighed {
    entries: u64,
    peaks: [u64; 2],
}

const VERBS: [&str; 2] = ["capture", "check"];

fn check(asked: u64) -> Weighed {
    let directory = tempfile::tempdir().unwrap();
    let mut weighed = Weighed { entries: 0, peaks: [0; 2] };
    for (verb, slot) in VERBS.into_iter().zip(&mut weighed.peaks) {
        let seen = weigh(verb, &asked.to_string(), directory.path());
        let (entries, peak) = (seen["entries"], seen["peak"]);
        let (stored, resident) = (seen["file_bytes"], seen["resident"]);
        let limit = FIXED_BYTES + ENTRY_BYTES * entries;
        println!(
            "{verb}: {entries} entries, peak {peak} bytes ({:.1} an entry, {:.1} MiB; limit {:.1} \
             MiB), resident {:.1} MiB, baseline {stored} bytes ({:.1} an entry)",
            peak as f64 / entries as f64,
            peak as f64 / MEBIBYTE,
            limit as f64 / MEBIBYTE,
            resident as f64 / MEBIBYTE,
            stored as f64 / entries as f64,
        );
        assert!(entries >= asked, "the tree is smaller than asked for");
        assert!(peak <= limit, "{verb} of {entries} entries held {peak} bytes, limit {limit}");
        assert!(stored <= STORED_BYTES * entries, "{stored} bytes for {entries} entries");
        if verb == "check" {
            assert_eq!((seen["changes"], seen["exit_code"]), (0, 0), "nothing had changed");
        }
        (weighed.entries, *slot) = (entries, peak);
    }
    weighed
}

const MEBIBYTE: f64 = 1_048_576.0;

/// The fixed part of the formula would hide 67 bytes an entry at a million, so growth counts too.
#[test]
fn from_a_hundred_thousand_entries_to_a_million() {
    let (small, large) = (check(100_000), check(1_000_000));
    let more = large.entries - small.entries;
    for (verb, (small, large)) in VERBS.iter().zip(small.peaks.iter().zip(large.peaks)) {
        let grown = large.saturating_sub(*small);
        println!("{verb}: {:.1} bytes for each further entry", grown as f64 / more as f64);
        assert!(grown <= ENTRY_BYTES * more, "{verb} grew by {grown} bytes for {more} entries");
    }
}

/// Two hundred layers and a million entries; what they hold together does not count, only what they
/// leave.
#[test]
fn an_image_of_two_hundred_layers_and_a_million_entries() {
    let (layout, directory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_layout(layout.path(), 200, 1_000_000).unwrap();
    let target = format!("oci:{}", layout.path().display());
    for verb in VERBS {
        let seen = weigh(verb, &target, directory.path());
        let (entries, peak) = (seen["entries"], seen["peak"]);
        let limit = FIXED_BYTES + LAYERED_ENTRY_BYTES * entries;
        println!(
            "{verb} of an image: {entries} entries in 200 layers, peak {:.1} MiB ({:.1} bytes an \
             entry; limit {:.1} MiB)",
            peak as f64 / MEBIBYTE,
            peak as f64 / entries as f64,
            limit as f64 / MEBIBYTE,
        );
        assert!(entries >= 1_000_000, "{entries} entries are fewer than were written");
        assert!(peak <= limit, "{verb} held {peak} bytes, limit {limit}");
        if verb == "check" {
            assert_eq!((seen["changes"], seen["exit_code"]), (0, 0), "nothing had changed");
        }
    }
}

/// Where columns that grow by doubling would have the most to spare.
#[test]
fn just_above_a_power_of_two() {
    check(530_000);
}

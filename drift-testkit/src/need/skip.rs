//! The decision between a skip and a failure, and the record of skips.

#![expect(clippy::disallowed_methods, reason = "the only reader of the tests' environment")]
#![expect(clippy::panic, reason = "a missing requirement fails the test where it is required")]
#![expect(clippy::print_stderr, reason = "a skip must be seen by whoever runs one test by hand")]

use std::fs::OpenOptions;
use std::io::Write as _;
use std::panic::Location;

/// Returns a variable of the environment; `None` when it is unset or empty.
pub(super) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns whether everything is required that is not known to be impossible.
pub(super) fn is_required() -> bool {
    environment("DRIFT_TEST_REQUIRE").as_deref() == Some("all")
}

/// Something is missing that a machine could have: a skip, or a failure where it is required.
#[track_caller]
pub(super) fn missing<T>(reason: &str) -> Option<T> {
    if is_required() {
        panic!("{reason} (DRIFT_TEST_REQUIRE=all turns this skip into a failure)");
    }
    tolerated(reason)
}

/// Something is missing that this machine cannot have: a skip.
#[track_caller]
pub(super) fn tolerated<T>(reason: &str) -> Option<T> {
    let line = format!("{}\t{}\n", test_name(), reason.replace(['\n', '\t'], " "));
    eprint!("skipped: {line}");
    if let Some(path) = environment("DRIFT_TEST_SKIPS") {
        // One write in append mode: lines of parallel tests do not mix.
        let written = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .and_then(|mut file| file.write_all(line.as_bytes()));
        if let Err(error) = written {
            panic!("the skip cannot be recorded in {path}: {error}");
        }
    }
    None
}

/// The test's package, binary and name. libtest names a test's thread after it; with one thread, where it
/// does not, the place of the requirement stands for the name.
#[track_caller]
fn test_name() -> String {
    let binary = std::env::current_exe().ok();
    let stem = binary.as_deref().and_then(|path| path.file_stem()).unwrap_or_default();
    let stem = stem.to_string_lossy();
    // Cargo adds `-` and a hash to a test binary's name.
    let stem = stem.rsplit_once('-').map_or(&*stem, |(name, _)| name);
    // Several crates have a binary `it`; cargo says whose this one is.
    let package = environment("CARGO_PKG_NAME").unwrap_or_default();
    match std::thread::current().name() {
        Some(name) if name != "main" => format!("{package}/{stem}::{name}"),
        _ => {
            let place = Location::caller();
            format!("{package}/{stem}::{}:{}", place.file(), place.line())
        }
    }
}

//! A failing or killed writer leaves the old file or the new one, never something between.
//!
//! The system calls of a second copy of this test program are made to fail by strace.

#![expect(
    clippy::disallowed_methods,
    reason = "starts this program again under strace, and tells it so by the environment"
)]

use std::path::Path;
use std::process::Command;

use drift_core::artifact::{Error, Replace, read_bounded, write};

use super::tools::strace;

const CHILD: &str = "seal::faults::the_writing_child";
const PLACE: &str = "DRIFT_TEST_WRITE_TO";

/// Longer than one chunk of writing.
fn new_content() -> Vec<u8> {
    b"new".repeat(700_000)
}

/// Only for the other test here: alone it has nothing to write.
#[test]
fn the_writing_child() {
    let Some(path) = std::env::var_os(PLACE) else { return };
    match write(Path::new(&path), &new_content(), 0o640, Replace::Yes) {
        Ok(()) => {}
        Err(error @ Error::NotDurable { .. }) => panic!("not durable: {error}"),
        Err(error) => panic!("failed: {error}"),
    }
}

#[test]
fn every_failing_call_leaves_the_old_file_or_the_new_one() {
    let Some(strace) = strace() else { return };
    // What to break, whether the writer says so, and whether the new file is there.
    let errors = [
        ("fsync:error=EIO:when=1", false),
        ("fsync:error=ENOSPC:when=1", false),
        ("fsync:error=EIO:when=2", true),
        ("fchmod:error=EPERM", false),
        ("linkat:error=EIO", false),
        ("renameat:error=EIO", false),
        ("renameat:error=ENOSPC", false),
    ];
    for (fault, written) in errors {
        let (success, place) = under(&strace, fault);
        assert!(!success, "{fault}");
        check(place.path(), written, 0, fault);
    }
    // Killed when the call begins. Only between naming the draft and renaming it is one left.
    for (call, written, left) in [
        ("fchmod", false, 0),
        ("fsync:when=1", false, 0),
        ("linkat", false, 0),
        ("renameat", false, 1),
        ("fsync:when=2", true, 0),
    ] {
        let (name, when) = call.split_once(':').unwrap_or((call, "when=1"));
        let fault = format!("{name}:signal=SIGKILL:{when}");
        let (success, place) = under(&strace, &fault);
        assert!(!success, "{fault}");
        check(place.path(), written, left, &fault);
    }
    let (success, place) = under(&strace, "sethostname:error=EIO");
    assert!(success);
    check(place.path(), true, 0, "none");
}

fn under(strace: &Path, fault: &str) -> (bool, tempfile::TempDir) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("golden.drift");
    write(&path, b"old", 0o640, Replace::No).unwrap();
    let output = Command::new(strace)
        .args(["-f", "-qq", "-o", "/dev/null", "-e"])
        .arg(format!("inject={fault}"))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--test-threads", "1"])
        .env(PLACE, &path)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("running 1 test"), "{text}{:?}", output.stderr);
    (output.status.success(), place)
}

fn check(directory: &Path, written: bool, left: usize, fault: &str) {
    let content = read_bounded(&directory.join("golden.drift"), 1 << 22).unwrap();
    let expected = if written { new_content() } else { b"old".to_vec() };
    assert!(content == expected, "{fault}: {} bytes", content.len());
    let names = walkdir::WalkDir::new(directory).min_depth(1).into_iter().count();
    assert_eq!(names, 1 + left, "{fault}");
}

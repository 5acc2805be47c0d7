//! Reading in rounds: any number of threads and any kernel give the same, and every file is digested
//! from its own bytes, whatever it shares a round with. The oracles are coreutils.
#![expect(clippy::disallowed_methods, reason = "the tests make and look at their own directories")]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use drift_core::baseline::encode;
use drift_core::bounds::{Cancel, Kernel, Pool, Silent};
use drift_core::capture::{Options, Parts, RuleSource, Run, capture};
use drift_core::model::{Digest, SourceKind, Stage};
use drift_core::source::{
    Errno, Fault, Faulty, HostVolume, Operation, Resolution, UnreadKind, Walked,
};

use crate::walk::{Hung, directory, look, look_with};

/// Lengths around everything that is cut: blocks, the read beyond the end, pieces, rounds, the limit
/// from which files come first.
const LENGTHS: &[usize] = &[
    0,
    1,
    55,
    56,
    63,
    64,
    65,
    4095,
    4096,
    (8 << 10) - 1,
    8 << 10,
    (32 << 10) - 1,
    32 << 10,
    (32 << 10) + 1,
    (128 << 10) - 1,
    128 << 10,
    (128 << 10) + 1,
    (512 << 10) - 1,
    512 << 10,
    (512 << 10) + 1,
    (1 << 20) - 1,
    1 << 20,
    (3 << 20) + 7,
    // With an equal share of every round this one would be left alone for long.
    (6 << 20) + 1,
];

/// Bytes that are others for every seed.
fn noise(seed: usize, length: usize) -> Vec<u8> {
    let mut state = (seed as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Files of all lengths, several times, beside some hundred small ones, in two directories.
fn files() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (directory, mode) in [("guarded", 0o700), ("open", 0o777)] {
        let path = root.path().join(directory);
        std::fs::create_dir(&path).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        for (number, length) in LENGTHS.iter().enumerate() {
            let bytes = noise(number + mode as usize, *length);
            std::fs::write(path.join(format!("n{number}")), bytes).unwrap();
        }
        for number in 0..300 {
            let bytes = noise(number + 7 * mode as usize, number * 37 % 9000);
            std::fs::write(path.join(format!("small{number}")), bytes).unwrap();
        }
    }
    root
}

/// Digests by path, as a tool of coreutils prints them.
fn oracle(tool: &str, root: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for directory in ["guarded", "open"] {
        let names = std::fs::read_dir(root.join(directory)).unwrap();
        let paths: Vec<_> = names.map(|name| name.unwrap().path()).collect();
        let output = Command::new(tool).args(&paths).output().unwrap();
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let (digest, path) = line.split_once("  ").unwrap();
            let path = path.strip_prefix(root.to_str().unwrap()).unwrap();
            all.insert(path.to_owned(), digest.to_owned());
        }
    }
    all
}

#[test]
fn every_kernel_and_any_threads_digest_what_coreutils_digest() {
    let root = files();
    let (sha256, md5) = (oracle("sha256sum", root.path()), oracle("md5sum", root.path()));
    assert_eq!(sha256.len(), 2 * (LENGTHS.len() + 300));
    let heads: BTreeMap<String, Vec<u8>> = sha256
        .keys()
        .map(|path| {
            let bytes = std::fs::read(root.path().join(path.trim_start_matches('/'))).unwrap();
            (path.clone(), bytes.into_iter().take(17).collect())
        })
        .collect();
    let source = directory(root.path(), Resolution::Automatic);
    for kernel in Kernel::available() {
        for threads in [1, 2, 4, 8] {
            let pool = Pool::new(threads).unwrap().with_kernel(kernel);
            let seen = look_with(&source, "", &pool, &[], |_| ()).unwrap();
            assert_eq!(seen.contents.len(), sha256.len());
            for (path, answer) in &seen.contents {
                let content = answer.as_ref().unwrap();
                let hex = |bytes: &[u8]| drift_core::model::hex(bytes);
                let what = format!("{path} by {} on {threads}", kernel.name());
                assert_eq!(hex(content.digest.unwrap().as_bytes()), sha256[path], "{what}");
                assert_eq!(hex(content.vendor.unwrap().as_bytes()), md5[path], "{what}");
                let head = &heads[path];
                assert_eq!(content.prefix, head.get(..3).map(Digest::sha256_of), "{what}");
                let kept = Some(head).filter(|head| head.len() <= 16);
                assert_eq!(content.bytes.as_ref(), kept, "{what}");
            }
        }
    }
}

#[test]
fn the_file_of_a_snapshot_is_the_same_for_every_kernel_and_any_threads() {
    let root = files();
    let source = directory(root.path(), Resolution::Automatic);
    let mut first = None;
    for kernel in Kernel::available() {
        for threads in [1, 2, 4, 8] {
            let pool = Pool::new(threads).unwrap().with_kernel(kernel);
            let cancel = Cancel::new();
            let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
            let options = Options {
                rules: RuleSource::Whole("read-only /".to_owned()),
                parts: Parts::ALL,
                vendor_digests: false,
                configs: false,
                binaries: false,
            };
            let snapshot = capture(&source, &options, &run).unwrap().snapshot;
            assert_eq!(snapshot.coverage.files_hashed as usize, 2 * (LENGTHS.len() + 300));
            let encoded = encode(&snapshot).unwrap();
            let (root, bytes) = first.get_or_insert((encoded.root, encoded.bytes.clone()));
            assert_eq!(encoded.root, *root, "{} on {threads}", kernel.name());
            assert!(encoded.bytes == *bytes, "{} on {threads}", kernel.name());
        }
    }
}

/// A large file that changes after some of its rounds is read again from its beginning, three times.
#[test]
fn a_large_file_that_changes_in_a_later_round_is_read_again() {
    for (times, stable) in [(2, true), (1000, false)] {
        let root = files();
        let path = root.path().join("guarded/log");
        std::fs::write(&path, noise(1, 2 << 20)).unwrap();
        let grown = AtomicUsize::new(0);
        let (reads, log) = (AtomicUsize::new(0), path.clone());
        let volume = HostVolume::open(root.path(), Resolution::Automatic).unwrap();
        let volume = Faulty::new(volume, move |call| {
            let is_read = call.operation == Operation::Read && call.name == b"log";
            let is_later = is_read && reads.fetch_add(1, Ordering::Relaxed) % 7 == 5;
            if is_later && grown.fetch_add(1, Ordering::Relaxed) < times {
                use std::io::Write as _;
                let mut file = std::fs::OpenOptions::new().append(true).open(&log).unwrap();
                file.write_all(b"more").unwrap();
            }
            None
        });
        let source = Walked::new(volume, SourceKind::Directory, "dir:");
        let seen = look(&source, "", 2).unwrap();
        for (path, answer) in &seen.contents {
            assert!(answer.is_ok() || path == "/guarded/log", "{path}");
        }
        match &seen.contents["/guarded/log"] {
            Ok(content) => {
                let bytes = std::fs::read(&path).unwrap();
                let digest = content.digest.unwrap();
                assert!(stable && digest.as_bytes() == drift_lanes::sha256(&bytes));
            }
            Err(unread) => assert!(!stable && unread.kind == UnreadKind::Unstable, "{unread:?}"),
        }
    }
}

/// An error in the middle of one file is that file's alone, and reads that end early change nothing.
#[test]
fn errors_and_short_reads_touch_no_other_file_of_the_round() {
    let root = files();
    let expected = look(&directory(root.path(), Resolution::Automatic), "", 1).unwrap();
    let volume = HostVolume::open(root.path(), Resolution::Automatic).unwrap();
    let reads = AtomicUsize::new(0);
    let volume = Faulty::new(volume, move |call| {
        let number = reads.fetch_add(1, Ordering::Relaxed);
        match (call.operation, call.name) {
            (Operation::Read, b"n22") if number.is_multiple_of(3) => Some(Fault::Error(Errno::IO)),
            (Operation::Read, _) => Some(Fault::Short(1 + number % 70_000)),
            _ => None,
        }
    });
    let seen = look(&Walked::new(volume, SourceKind::Directory, "dir:"), "", 2).unwrap();
    for (path, answer) in &seen.contents {
        match answer {
            Err(unread) => {
                assert!(path.ends_with("/n22"), "{path}");
                assert_eq!((unread.kind, unread.stage), (UnreadKind::Unreadable, Stage::Read));
            }
            same => assert_eq!(same, &expected.contents[path], "{path}"),
        }
    }
    assert!(seen.contents.values().any(Result::is_err));
}

/// In a directory of root's a file is opened without another look at its name; what is mounted over
/// it after the survey is not touched all the same.
#[test]
fn a_server_mounted_over_a_file_after_the_survey_is_not_waited_for() {
    let Some(()) = drift_testkit::need::fuse() else { return };
    // A temporary directory is its maker's alone.
    let root = tempfile::tempdir().unwrap();
    for name in ["covered", "free"] {
        std::fs::write(root.path().join(name), name).unwrap();
    }
    let point = root.path().join("covered");
    let source = directory(root.path(), Resolution::Automatic);
    let (sender, receiver) = std::sync::mpsc::channel();
    let looking = std::thread::spawn(move || {
        let mut hung = None;
        let pool = Pool::new(2).unwrap();
        let seen = look_with(&source, "", &pool, &[], |_| hung = Hung::mount(&point));
        assert!(sender.send((seen, hung)).is_ok());
    });
    let seen = receiver.recv_timeout(std::time::Duration::from_secs(20));
    let (seen, hung) = seen.expect("the reading ends while the server hangs");
    assert!(hung.is_some(), "a FUSE file system can be mounted over a file");
    drop(hung);
    looking.join().unwrap();
    let seen = seen.unwrap();
    let unread = seen.contents["/covered"].as_ref().unwrap_err();
    assert_eq!((unread.kind, unread.stage), (UnreadKind::Unreadable, Stage::Mount));
    assert!(seen.contents["/free"].is_ok());
}

/// Runs the test below once more in a process that may open 24 files.
#[test]
fn a_worker_that_holds_files_goes_on_with_these_when_descriptors_are_short() {
    let this = std::env::current_exe().unwrap();
    let script = "ulimit -n 24 && exec \"$0\" --exact rounds::many_large_files --test-threads=1";
    let output = Command::new("sh").arg("-c").arg(script).arg(this).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn many_large_files() {
    let root = tempfile::tempdir().unwrap();
    for number in 0..60 {
        let directory = root.path().join(format!("d{}", number % 5));
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join(format!("f{number}")), noise(number, 1_200_000)).unwrap();
    }
    let seen = look(&directory(root.path(), Resolution::Automatic), "", 4).unwrap();
    assert_eq!(seen.contents.len(), 60);
    for (path, answer) in &seen.contents {
        let number = path.rsplit('f').next().unwrap().parse().unwrap();
        let digest = drift_lanes::sha256(&noise(number, 1_200_000));
        assert_eq!(answer.as_ref().unwrap().digest.unwrap().as_bytes(), digest, "{path}");
    }
}

//! Files that fs-verity sealed: the kernel's own digest is asked, and stands for a reading.
//!
//! On a volume in memory; `fixtures/mission/sealed.py` does the same to a kernel that has it.

use std::sync::{Arc, Mutex};

use drift_core::bounds::{Cancel, Pool, Silent, Timestamp};
use drift_core::cache::{Cache, Purpose, Setting};
use drift_core::capture::{Options, Parts, RuleSource, Run, capture_with};
use drift_core::model::{Coverage, SourceKind};
use drift_core::source::{Errno, Faulty, MemoryNode, MemoryVolume, Operation, Volume, Walked};

/// `EXT4_SUPER_MAGIC` of linux/magic.h.
const EXT4: u64 = 0xef53;
/// Long after the times of the volume's files.
const NOW: i64 = 1_700_000_000;

/// What a run saw of the one file, and the cache that it leaves.
struct Seen {
    digest: String,
    coverage: Coverage,
    stored: Vec<u8>,
    notes: Vec<String>,
}

impl Seen {
    /// How many files were read, taken from the cache, and proved.
    fn counts(&self) -> (u64, u64, u64) {
        let seen = &self.coverage;
        (seen.files_hashed, seen.files_from_cache, seen.proved_by_verity)
    }
}

/// A volume with one file, always with the same inode.
fn with(content: &[u8], furnish: impl FnOnce(&mut MemoryNode)) -> MemoryVolume {
    let mut volume = MemoryVolume::new();
    volume.lies_on(EXT4);
    furnish(volume.file(b"usr/bin/tool", content));
    volume
}

fn sealed(node: &mut MemoryNode) {
    node.sealed();
}

fn run(volume: impl Volume, stored: Option<&Seen>, number: u8) -> Seen {
    let pool = Pool::new(2).unwrap();
    let source = Walked::new(volume, SourceKind::Directory, "dir:/scene");
    let cancel = Cancel::new();
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let options = Options {
        rules: RuleSource::Whole("read-only /".to_owned()),
        parts: Parts::ALL,
        vendor_digests: false,
        configs: true,
        binaries: false,
    };
    let started = Timestamp::from_unix(NOW + i64::from(number) * 1000, 0);
    let setting = Setting {
        purpose: Purpose::Trust,
        target: (SourceKind::Directory, "dir:/scene"),
        machine: b"machine",
        revision: b"revision",
        key: [1; 32],
        random: [number; 32],
        // No file is drawn by chance: one in a million runs.
        within: 1_000_000,
        started,
    };
    let cache = Cache::begin(stored.map(|seen| seen.stored.clone()), &setting, &pool).unwrap();
    let captured = capture_with(&source, &options, Some(&cache), &run).unwrap();
    assert_eq!(captured.snapshot.problems, []);
    let mut stored = Vec::new();
    cache.write(started, &mut stored).unwrap();
    let tree = &captured.snapshot.tree;
    let digest = tree.rows().find_map(|row| tree.digest(row).seen().map(ToString::to_string));
    Seen {
        digest: digest.unwrap(),
        coverage: captured.snapshot.coverage.clone(),
        stored,
        notes: cache.notes(),
    }
}

/// What no stamp shows: other content, under the same inode, with the same size and times.
#[test]
fn another_sealed_content_with_the_same_stamp_is_found_at_once() {
    let first = run(with(b"good", sealed), None, 1);
    assert_eq!(first.counts(), (1, 0, 0));
    let again = run(with(b"good", sealed), Some(&first), 2);
    assert_eq!((again.counts(), &again.digest), ((0, 1, 1), &first.digest));
    let forged = run(with(b"evil", sealed), Some(&again), 3);
    assert_eq!(forged.counts(), (1, 0, 0));
    assert_ne!(forged.digest, first.digest);
    assert_eq!(forged.notes, [""; 0], "nothing lied: the seal is another");

    // Without a seal the stamp is all there is.
    let first = run(with(b"good", |_| ()), None, 1);
    let forged = run(with(b"evil", |_| ()), Some(&first), 2);
    assert_eq!((forged.counts(), &forged.digest), ((0, 1, 0), &first.digest));
    // And one that lost its seal is read.
    let first = run(with(b"good", sealed), None, 1);
    let bare = run(with(b"evil", |_| ()), Some(&first), 2);
    assert_eq!(bare.counts(), (1, 0, 0));
    assert_ne!(bare.digest, first.digest);
}

/// Times, owners and what a file may do are reasons to doubt a stamp, and none to doubt a seal.
#[test]
fn a_seal_stands_whatever_became_of_the_rest() {
    let first = run(with(b"good", sealed), None, 1);
    let others: [fn(&mut MemoryNode); 4] = [
        |node| {
            node.sealed().mtime(NOW + 1999, 5);
        },
        |node| {
            node.sealed().mode(0o4755);
        },
        |node| {
            node.sealed().mode(0o666);
        },
        |node| {
            node.sealed().owner(1000, 1000);
        },
    ];
    for other in others {
        let again = run(with(b"good", other), Some(&first), 2);
        assert_eq!((again.counts(), &again.digest), ((0, 1, 1), &first.digest));
        // What was taken by proof is proved the next time as well.
        assert_eq!(run(with(b"good", other), Some(&again), 3).counts(), (0, 1, 1));
    }
    // Changed a moment before the reading: nothing could change afterwards.
    let late = |node: &mut MemoryNode| {
        node.sealed().mtime(NOW + 999, 0);
    };
    let first = run(with(b"good", late), None, 1);
    assert_eq!(run(with(b"good", late), Some(&first), 2).counts(), (0, 1, 1));
}

/// What cannot be measured is read at every run, whatever its stamp says, and the report says so.
#[test]
fn a_seal_that_cannot_be_asked_is_no_proof() {
    let refused =
        |content| Faulty::on(with(content, sealed), Operation::Seal, b"tool", Errno::PERM);
    let first = run(with(b"good", sealed), None, 1);
    let read = run(refused(b"evil"), Some(&first), 2);
    assert_eq!(read.counts(), (1, 0, 0));
    assert_ne!(read.digest, first.digest);
    let again = run(refused(b"good"), Some(&read), 3);
    assert_eq!((again.counts(), &again.digest), ((1, 0, 0), &first.digest));
    for seen in [read, again] {
        assert!(
            seen.notes[0].starts_with("1 of the files that fs-verity seals"),
            "{:?}",
            seen.notes
        );
    }
}

/// Where a file has holes the disk says, and no seal: a digest that passes them over is read anew.
#[test]
fn a_file_that_is_almost_all_holes_is_never_proved() {
    let mut volume = MemoryVolume::new();
    volume.lies_on(EXT4);
    volume.sparse(b"disk", 2 << 30, &[(4096, b"some")]).sealed();
    let first = run(volume, None, 1);
    assert!(first.digest.starts_with("sparse-sha256:"), "{}", first.digest);
    let mut volume = MemoryVolume::new();
    volume.lies_on(EXT4);
    volume.sparse(b"disk", 2 << 30, &[(4096, b"some")]).sealed();
    let again = run(volume, Some(&first), 2);
    assert_eq!((again.counts(), again.notes), ((1, 0, 0), Vec::new()));
}

/// The calls for one file, in their order.
fn calls(
    content: &[u8],
    seen: Option<&Seen>,
    furnish: fn(&mut MemoryNode),
) -> (Seen, Vec<Operation>) {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&calls);
    let volume = Faulty::new(with(content, furnish), move |call| {
        if call.name == b"tool" && matches!(call.operation, Operation::Seal | Operation::Read) {
            noted.lock().unwrap().push(call.operation);
        }
        None
    });
    let seen = run(volume, seen, 2);
    let calls = std::mem::take(&mut *calls.lock().unwrap());
    (seen, calls)
}

/// Before the first byte, so that all of them are under it; and only of files that are sealed, where
/// something is known of them or will be.
#[test]
fn the_seal_is_asked_before_the_content_and_never_in_vain() {
    let large = vec![7; 3 << 20];
    let (first, asked) = calls(&large, None, sealed);
    assert_eq!(asked[0], Operation::Seal);
    assert!(asked.len() > 2 && asked[1..].iter().all(|call| *call == Operation::Read), "{asked:?}");
    assert_eq!(calls(&large, Some(&first), sealed).1, [Operation::Seal]);
    let (bare, asked) = calls(b"good", None, |_| ());
    assert_eq!(asked, [Operation::Read]);
    assert_eq!(calls(b"good", Some(&bare), |_| ()).1, []);
}

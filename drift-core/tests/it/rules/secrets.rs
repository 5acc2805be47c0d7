//! Class `secret`: neither digest, size nor time of a file stays anywhere in what is stored.

use drift_core::baseline::{self, UnverifiedSnapshot};
use drift_core::model::{Digest, Observed};
use drift_core::source::MemoryVolume;
use std::sync::Arc;

use crate::detection::scene::memory;

/// So odd that they stand nowhere by accident.
const SIZE: usize = 0x1_2345;
const SECONDS: i64 = 0x5_4321_9876;
const NANOSECONDS: u32 = 0x1a2b_3c4d;

fn volume() -> MemoryVolume {
    let mut volume = MemoryVolume::new();
    volume.file(b"etc/shadow", &vec![b's'; SIZE]).mode(0o640).mtime(SECONDS, NANOSECONDS);
    volume
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// The stored bytes, among which digests stand as they are, with the whole snapshot in words; and
/// the entry as it is read back.
fn stored(rules: &str) -> (Vec<u8>, drift_core::model::Entry) {
    let captured = memory(volume(), rules);
    let mut all = baseline::encode(&captured.snapshot).unwrap().bytes;
    let stored = UnverifiedSnapshot::decode(Arc::from(all.clone())).unwrap();
    let path = drift_core::model::TreePath::parse(b"etc/shadow").unwrap();
    let entry = stored.find_unverified(&path).unwrap().unwrap().entry;
    all.extend(format!("{:?}", captured.snapshot).into_bytes());
    (all, entry)
}

#[test]
fn nothing_of_a_secret_file_stays_but_that_it_is_there() {
    let digest = Digest::sha256_of(&vec![b's'; SIZE]);
    let traces: [Vec<u8>; 5] = [
        digest.as_bytes().to_vec(),
        digest.hex().into_bytes(),
        SIZE.to_string().into_bytes(),
        SECONDS.to_string().into_bytes(),
        NANOSECONDS.to_string().into_bytes(),
    ];
    let (bytes, entry) = stored("");
    // The search is able to find each of them where they are kept.
    assert!(
        traces.iter().all(|trace| *trace == digest.hex().into_bytes() || contains(&bytes, trace))
    );
    assert_eq!(entry.digest, Observed::Is(digest));

    for rules in ["secret /etc/shadow", "secret /etc/shadow +digest +size +mtime"] {
        let (bytes, entry) = stored(rules);
        for trace in &traces {
            assert!(!contains(&bytes, trace), "{rules}: {}", trace.escape_ascii());
        }
        let kept = (entry.digest, entry.size, entry.mtime);
        assert_eq!(
            kept,
            (Observed::NotApplicable, Observed::NotApplicable, Observed::NotApplicable)
        );
        assert_eq!(entry.mode, Observed::Is(0o640));
    }
}

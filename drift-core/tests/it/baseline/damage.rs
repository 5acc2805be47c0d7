//! Files that were cut, flipped, grown and spliced: no panic, no endless work, no false success.

use std::sync::Arc;

use drift_core::baseline::{self, Error, UnverifiedSnapshot};

use super::sample::{Plan, Random, snapshot, walk};

fn sample() -> Vec<u8> {
    let mut random = Random::new(77);
    let frozen = Plan::random(&mut random, 700).freeze(&mut random.clone());
    baseline::encode(&snapshot(&mut random, frozen)).unwrap().bytes
}

/// Reads everything; returns the root when nothing was refused.
fn read(file: Vec<u8>) -> Option<drift_core::model::Digest> {
    let stored = UnverifiedSnapshot::decode(Arc::from(file)).ok()?;
    walk(&mut stored.unverified_cursor()).ok()?;
    Some(stored.root())
}

#[test]
fn every_truncation_is_refused() {
    let file = sample();
    for length in 0..file.len() {
        let short: Arc<[u8]> = Arc::from(&file[..length]);
        assert!(UnverifiedSnapshot::decode(short).is_err(), "{length}");
    }
    let mut long = file;
    long.push(0);
    assert!(UnverifiedSnapshot::decode(Arc::from(long)).is_err());
}

#[test]
fn a_changed_file_has_another_root_or_is_refused() {
    let file = sample();
    let root = read(file.clone()).unwrap();
    let mut random = Random::new(9);
    let mut refused = 0;
    for _ in 0..6000 {
        let mut changed = file.clone();
        for _ in 0..=random.below(3) {
            let at = usize::try_from(random.below(changed.len() as u64)).unwrap();
            match random.below(4) {
                0 => changed[at] ^= 1 << random.below(8),
                1 => changed[at] = random.next().to_le_bytes()[0],
                2 => changed.insert(at, random.next().to_le_bytes()[0]),
                _ => drop(changed.remove(at)),
            }
        }
        match read(changed) {
            None => refused += 1,
            // The index aside, its block, and what zstd ignores are not part of the root.
            Some(other) => assert_eq!(other, root),
        }
    }
    assert!(refused > 5900, "{refused}");
}

#[test]
fn a_later_version_is_named() {
    let mut file = sample();
    file[8] = 7;
    assert_eq!(
        UnverifiedSnapshot::decode(Arc::from(file)).unwrap_err(),
        Error::Version { found: 7 }
    );
    assert_eq!(
        UnverifiedSnapshot::decode(Arc::from(&b"PK\x03\x04"[..])).unwrap_err(),
        Error::NotABaseline
    );
}

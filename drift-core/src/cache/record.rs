//! One record: what a file looked like when it was read, and its digest, in 92 bytes.
//!
//! Of a file that was sealed its seal stands where the times are of others: what it holds follows from
//! the seal, whatever became of its times.
//!
//! Numbers are little-endian. A record is compared and sorted as it stands in the file, so that a
//! million of them cost no allocation.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::model::{Algorithm, Digest, Time};
use crate::source::{Place, Seal, Stat};

/// Bytes of a record.
pub(super) const RECORD_BYTES: usize = 92;

/// A record as it is stored.
pub(super) type Record = [u8; RECORD_BYTES];

/// By what records are sorted and found: the file system's number and the inode.
pub(super) type Key = (u16, u64);

const PLACE: usize = 0;
const ALGORITHM: usize = 2;
const FLAGS: usize = 3;
const GENERATION: usize = 4;
const INODE: usize = 8;
const SIZE: usize = 16;
const SECONDS: [usize; 3] = [24, 32, 40];
const NANOSECONDS: [usize; 3] = [48, 52, 56];
const SEAL: usize = 24;
const DIGEST: usize = 60;

const HAS_BTIME: u8 = 1;
const SEALED: u8 = 2;

/// Makes the record of a file; `None` of a digest that no file is known by.
pub(super) fn record(
    place: Place,
    stat: &Stat,
    seal: Option<Seal>,
    digest: Digest,
    generation: u32,
) -> Option<Record> {
    if !matches!(digest.algorithm(), Algorithm::Sha256 | Algorithm::SparseSha256) {
        return None;
    }
    let mut record = [0; RECORD_BYTES];
    let mut put = |at: usize, bytes: &[u8]| {
        for (to, from) in record.iter_mut().skip(at).zip(bytes) {
            *to = *from;
        }
    };
    put(PLACE, &place.0.to_le_bytes());
    put(ALGORITHM, &[digest.algorithm() as u8]);
    put(FLAGS, &[flags(stat, seal)]);
    put(GENERATION, &generation.to_le_bytes());
    put(INODE, &stat.inode.to_le_bytes());
    put(SIZE, &stat.size.to_le_bytes());
    if let Some(Seal(seal)) = seal {
        put(SEAL, &seal);
    } else {
        for ((time, seconds), nanoseconds) in times(stat).into_iter().zip(SECONDS).zip(NANOSECONDS)
        {
            put(seconds, &time.seconds.to_le_bytes());
            put(nanoseconds, &time.nanoseconds.to_le_bytes());
        }
    }
    put(DIGEST, digest.as_bytes());
    Some(record)
}

/// Returns by what a record is found.
pub(super) fn key(record: &Record) -> Key {
    (u16::from_le_bytes(bytes(record, PLACE)), u64::from_le_bytes(bytes(record, INODE)))
}

/// Returns the run in which the file was last read.
pub(super) fn generation(record: &Record) -> u32 {
    u32::from_le_bytes(bytes(record, GENERATION))
}

/// Returns whether it is of a file that was sealed when it was read.
pub(super) fn is_sealed(record: &Record) -> bool {
    bytes(record, FLAGS) == [SEALED]
}

/// Returns the digest; `None` where the algorithm is none of files.
pub(super) fn digest(record: &Record) -> Option<Digest> {
    let [number] = bytes(record, ALGORITHM);
    let algorithm = Algorithm::from_number(number)
        .filter(|known| matches!(known, Algorithm::Sha256 | Algorithm::SparseSha256))?;
    Digest::from_bytes(algorithm, &bytes::<32>(record, DIGEST))
}

/// Returns whether a file looks exactly as it did, or has the very seal.
pub(super) fn looks_like(record: &Record, stat: &Stat, seal: Option<Seal>) -> bool {
    let [kept] = bytes(record, FLAGS);
    let times = times(stat);
    let is_same = |(time, (seconds, nanoseconds)): (&Time, (usize, usize))| {
        i64::from_le_bytes(bytes(record, seconds)) == time.seconds
            && u32::from_le_bytes(bytes(record, nanoseconds)) == time.nanoseconds
    };
    kept == flags(stat, seal)
        && u64::from_le_bytes(bytes(record, INODE)) == stat.inode
        && u64::from_le_bytes(bytes(record, SIZE)) == stat.size
        && match seal {
            Some(Seal(seal)) => bytes::<32>(record, SEAL) == seal,
            None => {
                !stat.verity && times.iter().zip(SECONDS.into_iter().zip(NANOSECONDS)).all(is_same)
            }
        }
}

fn flags(stat: &Stat, seal: Option<Seal>) -> u8 {
    if seal.is_some() {
        return SEALED;
    }
    if stat.btime.is_some() { HAS_BTIME } else { 0 }
}

fn times(stat: &Stat) -> [Time; 3] {
    [stat.mtime, stat.ctime, stat.btime.unwrap_or_default()]
}

fn bytes<const COUNT: usize>(record: &Record, at: usize) -> [u8; COUNT] {
    let here = record.get(at..).and_then(|rest| rest.first_chunk());
    here.copied().unwrap_or([0; COUNT])
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a panic is what a test is for")]
pub(super) mod tests {
    use super::{RECORD_BYTES, Record, digest, generation, is_sealed, key, looks_like, record};
    use crate::model::{Digest, FileType, Observed, Time};
    use crate::source::{Place, Seal, Stat};

    const KEPT: Option<Seal> = Some(Seal([5; 32]));

    /// A file of this inode, settled long ago.
    pub(crate) fn stat(inode: u64) -> Stat {
        let time = |nanoseconds| Time { seconds: 1_000, nanoseconds };
        Stat {
            file_type: FileType::File,
            mode: 0o644,
            uid: 0,
            gid: 0,
            size: 5,
            allocated: 512,
            mtime: time(1),
            ctime: time(2),
            btime: Some(time(3)),
            verity: false,
            rdev: None,
            nlink: 1,
            device: 9,
            inode,
            mount: 1,
            flags: Observed::NotApplicable,
        }
    }

    fn made(stat: &Stat, seal: Option<Seal>) -> Record {
        record(Place(3), stat, seal, Digest::sha256_of(b"x"), 77).unwrap()
    }

    #[test]
    fn what_was_put_in_comes_out() {
        for seal in [None, KEPT] {
            let made = made(&stat(40), seal);
            assert_eq!(key(&made), (3, 40));
            assert_eq!(generation(&made), 77);
            assert_eq!(digest(&made), Some(Digest::sha256_of(b"x")));
            assert_eq!(is_sealed(&made), seal.is_some());
        }
        assert!(record(Place(3), &stat(1), None, Digest::md5([0; 16]), 1).is_none());
    }

    /// Every field that is part of the stamp, moved by the least that it can be.
    #[test]
    fn a_stamp_that_differs_in_anything_is_another() {
        let first = stat(40);
        let made = made(&first, None);
        assert!(looks_like(&made, &first, None));
        // What neither content nor stamp depends on.
        assert!(looks_like(&made, &Stat { nlink: 2, mode: 0o600, uid: 5, ..first.clone() }, None));
        assert!(!looks_like(&made, &first, KEPT));
        let (moved, later) =
            (Time { seconds: 1_001, nanoseconds: 1 }, Time { seconds: 1_000, nanoseconds: 4 });
        let others = [
            Stat { inode: 41, ..first.clone() },
            Stat { size: 6, ..first.clone() },
            Stat { mtime: moved, ..first.clone() },
            Stat { mtime: later, ..first.clone() },
            Stat { ctime: moved, ..first.clone() },
            Stat { ctime: later, ..first.clone() },
            Stat { btime: Some(moved), ..first.clone() },
            Stat { btime: Some(later), ..first.clone() },
            Stat { btime: None, ..first.clone() },
            Stat { verity: true, ..first.clone() },
        ];
        for other in others {
            assert!(!looks_like(&made, &other, None), "{other:?}");
        }
    }

    /// Of a sealed file times say nothing, and the seal everything.
    #[test]
    fn a_seal_stands_in_place_of_the_times() {
        let first = Stat { verity: true, ..stat(40) };
        let made = made(&first, KEPT);
        let moved = Time { seconds: 1_001, nanoseconds: 1 };
        let touched = Stat { mtime: moved, ctime: moved, btime: None, ..first.clone() };
        assert!(looks_like(&made, &first, KEPT) && looks_like(&made, &touched, KEPT));
        let mut other = [5; 32];
        other[31] = 4;
        assert!(!looks_like(&made, &first, Some(Seal(other))));
        assert!(!looks_like(&made, &first, None), "one that could not be asked");
        assert!(!looks_like(&made, &Stat { size: 6, ..first.clone() }, KEPT));
        assert!(!looks_like(&made, &Stat { inode: 41, ..first }, KEPT));
    }

    /// No byte but those of the digest and its kind may change without another stamp or key.
    #[test]
    fn every_byte_of_a_record_means_something() {
        let first = stat(40);
        for seal in [None, KEPT] {
            let made = made(&first, seal);
            // A seal is four bytes shorter than the times.
            let unused = if seal.is_some() { 56..60 } else { 0..0 };
            for at in (0..RECORD_BYTES).filter(|at| !unused.contains(at)) {
                let mut other = made;
                other[at] ^= 1;
                let means = key(&other) != key(&made)
                    || generation(&other) != generation(&made)
                    || !looks_like(&other, &first, seal)
                    || digest(&other) != digest(&made);
                assert!(means, "{at}");
            }
        }
    }
}

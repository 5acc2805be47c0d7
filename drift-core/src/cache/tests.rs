//! The cache over several runs: what is believed, what is not, and what hostile bytes come to.

use std::collections::BTreeMap;

use super::mac::Mac;
use super::record::tests::stat;
use super::record::{RECORD_BYTES, Record};
use super::table::{BLOCK_RECORDS, CODE_BYTES, HEADER_BYTES, PLACE_BYTES};
use super::{Cache, Purpose, QUIET_SECONDS, Setting};
use crate::bounds::{Pool, Timestamp};
use crate::model::{Digest, SourceKind, Time};
use crate::source::{FileSystem, Known, Place, Seal, Stat};

const KEY: [u8; 32] = [9; 32];
/// Long after the times of [`stat`].
const NOW: i64 = 1_000_000;
const AT: (u64, u64) = (1, 9);
const EXT4: FileSystem =
    FileSystem { kind: 0xef53, id: 5, inode: 2, btime: None, is_read_only: false };

fn setting(now: i64) -> Setting<'static> {
    Setting {
        purpose: Purpose::Trust,
        target: (SourceKind::Directory, "dir:/srv"),
        machine: b"machine",
        revision: b"revision",
        key: KEY,
        random: [3; 32],
        within: 1000,
        started: Timestamp::from_unix(now, 0),
    }
}

fn begin(stored: Option<&[u8]>, setting: &Setting<'_>) -> Cache {
    let pool = Pool::new(2).unwrap();
    let cache = Cache::begin(stored.map(<[u8]>::to_vec), setting, &pool).unwrap();
    assert_eq!(cache.place(AT, &mut || Some(EXT4)), Some(Place(0)));
    cache
}

fn written(cache: &Cache, now: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    cache.write(Timestamp::from_unix(now, 0), &mut bytes).unwrap();
    bytes
}

fn digest_of(inode: u64) -> Digest {
    Digest::sha256_of(&inode.to_le_bytes())
}

/// A cache that knows the files with these inodes.
fn known(inodes: impl Iterator<Item = u64>) -> Vec<u8> {
    let cache = begin(None, &setting(NOW));
    // In no order, as workers tell it.
    let mut inodes: Vec<u64> = inodes.collect();
    inodes.sort_by_key(|inode| digest_of(*inode));
    for inode in inodes {
        cache.learn(&stat(inode), None, digest_of(inode));
    }
    written(&cache, NOW + 5)
}

/// Whether a file would be known, but for the sample.
fn is_known(cache: &Cache, stat: &Stat) -> bool {
    let before = cache.read_again();
    cache.digest(Place(0), stat).is_some() || cache.read_again() > before
}

#[test]
fn what_was_read_is_known_and_nothing_else() {
    let bytes = known((0..20_000).map(|at| at * 3));
    assert_eq!(bytes.len(), HEADER_BYTES + PLACE_BYTES + 20_000 * RECORD_BYTES + CODE_BYTES);
    let cache = begin(Some(&bytes), &setting(NOW + 9));
    assert!(cache.is_trusted(), "{:?}", cache.notes());
    let mut hits = 0;
    for inode in 0..60_010 {
        let expected = (inode < 60_000 && inode % 3 == 0).then(|| digest_of(inode));
        match cache.digest(Place(0), &stat(inode)) {
            None => {}
            found => {
                assert_eq!(found, expected, "{inode}");
                hits += 1;
            }
        }
        assert_eq!(cache.digest(Place(1), &stat(inode)), None);
    }
    assert_eq!(hits + cache.read_again(), 20_000);
    // One in a thousand, the run after.
    assert!((5..50).contains(&cache.read_again()), "{}", cache.read_again());
    const { assert!(2 * BLOCK_RECORDS < 20_000, "the code is over several blocks") };
}

/// A map of what is true beside the cache, through many runs of changes, losses and readings.
#[test]
fn through_many_runs_no_digest_is_ever_wrong() {
    let mut files: BTreeMap<u64, Stat> = BTreeMap::new();
    let (mut stored, mut seed): (Option<Vec<u8>>, u64) = (None, 7);
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        seed >> 33
    };
    let content = |stat: &Stat| Digest::sha256_of(&stat.ctime.seconds.to_le_bytes());
    let (mut taken, mut read) = (0, 0);
    for run in 0..60_i64 {
        let now = NOW + run * 1000;
        for _ in 0..20 {
            let inode = random() % 200;
            // Some of them too late to be quiet when the run begins.
            let ctime = Time { seconds: now - (random() % 300) as i64, nanoseconds: 0 };
            match random() % 3 {
                0 => drop(files.remove(&inode)),
                _ => drop(files.insert(inode, Stat { ctime, ..stat(inode) })),
            }
        }
        let asked = Setting { random: [run as u8; 32], within: 8, ..setting(now) };
        let cache = begin(stored.as_deref(), &asked);
        for stat in files.values() {
            match cache.digest(Place(0), stat) {
                Some(digest) => {
                    assert_eq!(digest, content(stat));
                    assert!(stat.ctime.seconds < now - QUIET_SECONDS);
                    taken += 1;
                }
                None => {
                    cache.learn(stat, None, content(stat));
                    read += 1;
                }
            }
        }
        assert_eq!(cache.notes(), [""; 0]);
        stored = Some(written(&cache, now + 10));
    }
    assert!(taken > 3_000 && read > 1_000, "{taken} {read}");
}

#[test]
fn a_file_that_was_not_quiet_is_read_again() {
    let (late, early) = (NOW - QUIET_SECONDS, NOW - QUIET_SECONDS - 1);
    let time = |seconds| Time { seconds, nanoseconds: 999_999_999 };
    let check = |stat: Stat, expected: bool| {
        let cache = begin(None, &setting(NOW));
        cache.learn(&stat, None, digest_of(1));
        let bytes = written(&cache, NOW);
        let next = begin(Some(&bytes), &setting(NOW + 1_000_000));
        assert_eq!(is_known(&next, &stat), expected, "{stat:?}");
    };
    check(Stat { ctime: time(early), ..stat(1) }, true);
    check(Stat { ctime: time(late), ..stat(1) }, false);
    check(Stat { ctime: time(NOW + 50), ..stat(1) }, false);
    check(Stat { mtime: time(late), ..stat(1) }, false);
    check(Stat { mtime: time(NOW + 1_000_000_000), ..stat(1) }, false);
    check(Stat { btime: Some(time(late)), ..stat(1) }, false);
    check(Stat { mtime: time(-5), ctime: time(early), btime: None, ..stat(1) }, true);
}

#[test]
fn a_cache_of_anything_else_is_refused() {
    let bytes = known(0..10);
    let now = setting(NOW + 9);
    let refused = |other: Setting<'_>, why: &str| {
        let cache = begin(Some(&bytes), &other);
        assert!(!cache.is_trusted() && !is_known(&cache, &stat(1)));
        assert_eq!(cache.notes().len(), 1);
        assert!(cache.notes()[0].contains(why), "{:?}", cache.notes());
    };
    assert!(is_known(&begin(Some(&bytes), &now), &stat(1)));
    refused(Setting { key: [8; 32], ..setting(NOW + 9) }, "another key");
    let foreign = "another host, another target or another version";
    refused(Setting { machine: b"other", ..setting(NOW + 9) }, foreign);
    refused(Setting { revision: b"other", ..setting(NOW + 9) }, foreign);
    refused(Setting { target: (SourceKind::Directory, "dir:/srv2"), ..setting(NOW + 9) }, foreign);
    refused(Setting { target: (SourceKind::Host, "dir:/srv"), ..setting(NOW + 9) }, foreign);
    // Parts that run into each other are other parts.
    let shifted =
        Setting { machine: b"machined", target: (SourceKind::Directory, "ir:/srv"), ..now };
    refused(shifted, foreign);
    refused(setting(NOW + 4), "set back");
    assert!(is_known(&begin(Some(&bytes), &setting(NOW + 5)), &stat(1)));
}

#[test]
fn another_file_system_at_the_same_place_is_known_nothing_of() {
    let bytes = known(0..10);
    let btime = Some(Time { seconds: 1, nanoseconds: 0 });
    for other in [
        FileSystem { id: 6, ..EXT4 },
        FileSystem { kind: 0x5846_5342, ..EXT4 },
        FileSystem { inode: 3, ..EXT4 },
        FileSystem { btime, ..EXT4 },
    ] {
        let pool = Pool::new(1).unwrap();
        let cache = Cache::begin(Some(bytes.clone()), &setting(NOW + 9), &pool).unwrap();
        let place = cache.place(AT, &mut || Some(other)).unwrap();
        assert_eq!(cache.digest(place, &stat(1)), None);
        // And what is learned there is kept apart.
        cache.learn(&stat(1), None, digest_of(77));
        let bytes = written(&cache, NOW + 10);
        assert!(!is_known(&begin(Some(&bytes), &setting(NOW + 11)), &stat(1)));
    }
}

#[test]
fn every_changed_bit_and_every_cut_is_refused() {
    let bytes = known(0..20);
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut other = bytes.clone();
            other[at] ^= 1 << bit;
            assert!(!begin(Some(&other), &setting(NOW + 9)).is_trusted(), "{at} {bit}");
        }
        assert!(!begin(Some(&bytes[..at]), &setting(NOW + 9)).is_trusted(), "{at}");
    }
    assert!(!begin(Some(&[bytes, vec![0]].concat()), &setting(NOW + 9)).is_trusted());
}

/// Makes the code over a file as the format describes it, as whoever has the key can.
fn sealed(body: &[u8], places: usize) -> Vec<u8> {
    let (start, records) = body.split_at(HEADER_BYTES + places * PLACE_BYTES);
    let mut mac = Mac::new(&KEY);
    mac.update(start);
    for block in records.chunks(BLOCK_RECORDS * RECORD_BYTES) {
        mac.update(&drift_lanes::sha256(block));
    }
    [body, &mac.finish()].concat()
}

/// Whoever has the key can say anything, and still not make the reader fail, nor have a file known
/// that looks otherwise than the record says.
#[test]
fn any_field_may_hold_anything() {
    let bytes = known(0..20);
    let body = &bytes[..bytes.len() - CODE_BYTES];
    assert_eq!(sealed(body, 1), bytes, "the format is as described");
    let numbers: [u64; 20] = [
        0,
        1,
        2,
        3,
        19,
        20,
        21,
        92,
        255,
        256,
        0xef53,
        0xffff,
        0x1_0000,
        0x7fff_ffff,
        0xffff_ffff,
        1 << 32,
        1 << 62,
        i64::MAX as u64,
        1 << 63,
        u64::MAX,
    ];
    let (mut taken, mut refused) = (0, 0);
    let records = HEADER_BYTES + PLACE_BYTES;
    let fields = (0..records + 2 * RECORD_BYTES).step_by(4);
    for (at, number) in fields.flat_map(|at| numbers.map(|number| (at, number))) {
        for width in [1, 2, 4, 8] {
            let mut other = body.to_vec();
            other[at..at + width].copy_from_slice(&number.to_le_bytes()[..width]);
            let cache = begin_any(&sealed(&other, 1), &setting(NOW + 9));
            if !cache.is_trusted() {
                refused += 1;
                continue;
            }
            taken += 1;
            let place = cache.place(AT, &mut || Some(EXT4)).unwrap();
            for inode in 2..20 {
                let found = cache.digest(place, &stat(inode));
                assert!(found.is_none_or(|found| found == digest_of(inode)), "{at} {number}");
            }
            let _not_refused = written(&cache, NOW + 10);
        }
    }
    assert!(taken > 1_000 && refused > 1_000, "{taken} {refused}");
}

fn begin_any(stored: &[u8], setting: &Setting<'_>) -> Cache {
    Cache::begin(Some(stored.to_vec()), setting, &Pool::new(1).unwrap()).unwrap()
}

#[test]
fn runs_that_can_be_counted_no_further_begin_anew() {
    let bytes = known(0..20);
    let with = |generation: u64| {
        let mut body = bytes[..bytes.len() - CODE_BYTES].to_vec();
        body[24..32].copy_from_slice(&generation.to_le_bytes());
        sealed(&body, 1)
    };
    let last = u64::from(u32::MAX);
    for (generation, expected) in [(1, true), (last - 1, true), (last, false), (u64::MAX, false)] {
        let cache = begin(Some(&with(generation)), &setting(NOW + 9));
        assert_eq!(cache.is_trusted(), expected, "{generation}");
        cache.learn(&stat(1), None, digest_of(1));
        let next = begin(Some(&written(&cache, NOW + 9)), &setting(NOW + 10));
        assert_eq!(next.is_trusted(), generation != last - 1, "{generation}");
    }
}

#[test]
fn a_stamp_that_lied_is_noticed_and_ends_all_trust() {
    let bytes = known(0..20);
    let cache = begin(Some(&bytes), &setting(NOW + 9));
    let taken: Vec<u64> =
        (0..20).filter(|at| cache.digest(Place(0), &stat(*at)).is_some()).collect();
    cache.learn(&stat(taken[0]), None, digest_of(taken[0]));
    // It really changed, and shows it.
    let time = Time { seconds: 2_000, nanoseconds: 0 };
    cache.learn(&Stat { ctime: time, ..stat(taken[1]) }, None, digest_of(500));
    assert!(!cache.is_doubted() && cache.notes().is_empty());
    cache.learn(&stat(taken[2]), None, digest_of(500));
    assert!(cache.is_doubted());
    assert!(cache.notes()[0].contains("stamps lied: 1 "), "{:?}", cache.notes());
    // Only what was read in this run is left.
    let next = begin(Some(&written(&cache, NOW + 9)), &setting(NOW + 10));
    let left: Vec<u64> = (0..20).filter(|at| is_known(&next, &stat(*at))).collect();
    assert_eq!(left, [taken[0], taken[2]]);
}

/// The kernel hands out what it did not check, or somebody made the record up.
#[test]
fn a_seal_that_lied_is_noticed_and_ends_all_trust() {
    let sealed = |inode| Stat { verity: true, ..stat(inode) };
    let seal = Some(Seal([7; 32]));
    let first = begin(None, &setting(NOW));
    for inode in 0..4 {
        first.learn(&sealed(inode), seal, digest_of(inode));
    }
    // Neither of these leaves a record: no seal, and a digest that says nothing of holes.
    first.learn(&sealed(4), None, digest_of(4));
    let holes = Digest::from_bytes(crate::model::Algorithm::SparseSha256, &[1; 32]).unwrap();
    first.learn(&sealed(5), None, holes);
    assert_eq!(first.notes().len(), 1, "{:?}", first.notes());
    assert!(first.notes()[0].starts_with("1 of the files that fs-verity seals were read"));
    let bytes = written(&first, NOW);

    let cache = begin(Some(&bytes), &setting(NOW + 9));
    let proved = |inode| Known::proved(&cache, Place(0), &sealed(inode), &mut || seal);
    assert_eq!((proved(0), proved(1)), (Some(digest_of(0)), Some(digest_of(1))));
    assert_eq!((proved(4), proved(5)), (None, None));
    assert!((0..6).all(|inode| !is_known(&cache, &sealed(inode))), "by a stamp");
    assert_eq!(cache.proofs(), 2);
    // Another seal may be of another content.
    cache.learn(&sealed(2), Some(Seal([8; 32])), digest_of(50));
    assert!(!cache.is_doubted());
    cache.learn(&sealed(3), seal, digest_of(50));
    assert!(cache.is_doubted());
    assert_eq!(cache.proofs(), 0);
    assert!(cache.notes()[0].starts_with("seals lied: 1 "), "{:?}", cache.notes());
}

/// A full run notices as well, takes nothing, and leaves what it read.
#[test]
fn a_full_run_takes_nothing() {
    let bytes = known(0..20);
    let full = Setting { purpose: Purpose::Refresh, ..setting(NOW + 9) };
    let cache = begin(Some(&bytes), &full);
    assert!(cache.is_believed() && !cache.is_trusted());
    assert!((0..20).all(|at| !is_known(&cache, &stat(at))));
    for inode in 0..5 {
        cache.learn(&stat(inode), None, digest_of(inode));
    }
    assert!(!cache.is_doubted());
    let next = begin(Some(&written(&cache, NOW + 9)), &setting(NOW + 10));
    assert_eq!((0..20).filter(|at| is_known(&next, &stat(*at))).count(), 5);
}

/// By several names several workers read one file; when they do not agree it changed meanwhile.
#[test]
fn a_file_with_several_names_is_one_record() {
    let cache = begin(None, &setting(NOW));
    for content in [1, 1, 1] {
        cache.learn(&stat(1), None, digest_of(content));
        cache.learn(&stat(2), None, digest_of(content));
    }
    cache.learn(&stat(2), None, digest_of(3));
    let bytes = written(&cache, NOW);
    assert_eq!(bytes.len(), HEADER_BYTES + PLACE_BYTES + size_of::<Record>() + CODE_BYTES);
    let next = begin(Some(&bytes), &setting(NOW + 1));
    assert!(is_known(&next, &stat(1)) && !is_known(&next, &stat(2)));
}

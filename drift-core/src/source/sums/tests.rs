//! Against one stream after the other, with helpers and without.

use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use sha2::Digest as _;

use super::{BATCH_BYTES, Feed, Idle, Part, Shared, lock};
use crate::model::{BlobDigest, hex};

/// Bytes that repeat nowhere near.
fn bytes(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 56) as u8
    };
    (0..count).map(|_| next()).collect()
}

fn blob_digest(algorithm: &str, data: &[u8]) -> BlobDigest {
    let value = match algorithm {
        "sha512" => hex(&sha2::Sha512::digest(data)),
        _ => hex(&sha2::Sha256::digest(data)),
    };
    BlobDigest::parse(&format!("{algorithm}:{value}")).expect("a digest")
}

/// Lengths at which something could go wrong: nothing, blocks, batches, and what is longer than all.
const LENGTHS: [usize; 12] =
    [0, 1, 63, 64, 65, 4_000, 0, 0, BATCH_BYTES - 1, BATCH_BYTES, BATCH_BYTES + 1, 9 * BATCH_BYTES];

/// Reads as a scan does: pieces of a stream, and files that are parts of them.
fn check(algorithm: &str, idle: Option<&Idle>) {
    let files: Vec<Vec<u8>> = LENGTHS
        .iter()
        .cycle()
        .take(60)
        .zip(1..)
        .map(|(length, seed)| bytes(seed, *length))
        .collect();
    let plain: Vec<u8> = files.concat();
    let stored = bytes(7, 100_001);
    let expected = [blob_digest(algorithm, &stored), blob_digest(algorithm, &plain)];
    let feed = Feed::new(Some(&expected[0]), Some(&expected[1]), idle);
    let mut found = Vec::new();
    {
        let _reading = idle.map(Idle::reading);
        let mut stored = feed.tee(Part::Stored, &*stored);
        let mut input = feed.tee(Part::Plain, &*plain);
        let mut buffer = vec![0; 50_000];
        for (number, file) in (0u32..).zip(&files) {
            let mut left = file.len();
            while left > 0 {
                let most = left.min(buffer.len());
                let count = input.read(&mut buffer[..most]).expect("reads");
                feed.file(&buffer[..count]);
                left -= count;
                let _ = stored.read(&mut [0; 999]).expect("reads");
            }
            feed.end(number);
            found.extend(feed.done());
        }
        while stored.read(&mut buffer).expect("reads") > 0 {}
        found.extend(feed.all_done());
    }
    let digests: Vec<(u32, [u8; 32])> =
        (0u32..).zip(&files).map(|(at, file)| (at, sha2::Sha256::digest(file).into())).collect();
    assert_eq!(found, digests);
    let sums = feed.finish();
    for (sum, (expected, bytes)) in
        [sums.stored, sums.plain].into_iter().zip(expected.iter().zip([&stored, &plain]))
    {
        let sum = sum.expect("was asked for");
        assert_eq!((sum.digest().as_str(), sum.bytes()), (expected.as_str(), bytes.len() as u64));
    }
}

#[test]
fn the_digests_are_those_of_one_stream_after_the_other() {
    for algorithm in ["sha256", "sha512"] {
        check(algorithm, None);
        check(algorithm, Some(&Idle::default()));
    }
}

/// Two readers, three helpers: more than there may be calls for.
#[test]
fn helpers_change_nothing() {
    for _ in 0..3 {
        let idle = Idle::default();
        let first = idle.reading();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| idle.help());
            }
            scope.spawn(|| check("sha256", Some(&idle)));
            scope.spawn(|| check("sha512", Some(&idle)));
            while lock(&idle.calls).waiting == 0 && lock(&idle.calls).readers == 1 {
                thread::yield_now();
            }
            drop(first);
        });
        assert_eq!(lock(&idle.calls).readers, 0);
    }
}

/// A helper that was called and takes nothing up: what may wait is bounded, and the reader does the
/// rest.
#[test]
fn a_helper_that_never_comes_holds_nobody_up() {
    let idle = Idle::default();
    lock(&idle.calls).waiting = 1;
    let most = AtomicUsize::new(0);
    let data = bytes(3, 40 * BATCH_BYTES);
    let feed = Feed::new(None, None, Some(&idle));
    for piece in data.chunks(100_000) {
        feed.file(piece);
        let shared: &Arc<Shared> = &feed.shared;
        most.fetch_max(lock(&shared.jobs).batches.len(), Ordering::Relaxed);
    }
    feed.end(5);
    assert_eq!(feed.all_done(), [(5, sha2::Sha256::digest(&data).into())]);
    assert_eq!(most.into_inner(), super::QUEUED);
    assert_eq!(lock(&idle.calls).calls.len(), 1, "it was called once");
}

//! Lanes only: as many bytes as the files hold through the digest, from memory, in pieces of the same
//! sizes.

use std::sync::atomic::{AtomicUsize, Ordering};

use drift_lanes::{Kernel, Lane, Sha256, update_many};

use super::{Directory, Total, on_threads};

/// Bytes of one piece, as a program would read them; all slots of a thread fit its second-level cache.
const PIECE_BYTES: usize = 1 << 16;
/// Pieces handed over together.
const SLOTS: usize = 8;
/// Files that fit one piece, handed over together.
const BATCH: usize = 64;

/// Digests as many files of these sizes, and returns how many there were and what they held.
///
/// # Errors
///
/// When a worker panics.
pub fn lanes(directories: &[Directory], threads: usize) -> std::io::Result<Total> {
    let all =
        directories.iter().flat_map(|directory| directory.files.iter().map(|(_, size)| *size));
    let mut sizes: Vec<u64> = all.collect();
    sizes.sort_by_key(|size| std::cmp::Reverse(*size));
    let (large, small) = sizes.split_at(sizes.partition_point(|size| *size > PIECE_BYTES as u64));
    let kernel = Kernel::detect();
    let (next_large, next_small) = (AtomicUsize::new(0), AtomicUsize::new(0));
    on_threads(threads, || {
        let memory: Vec<Vec<u8>> = (0..SLOTS).map(noise).collect();
        let mut total = of_large(kernel, large, &next_large, &memory);
        let batches: Vec<&[u64]> = small.chunks(BATCH).collect();
        while let Some(batch) = batches.get(next_small.fetch_add(1, Ordering::Relaxed)) {
            total = total.and(of_small(kernel, batch, &memory));
        }
        Ok(total)
    })
}

/// A file on its way: its digest, and what is left of it.
struct Slot {
    digest: Sha256,
    left: u64,
}

fn of_large(kernel: Kernel, sizes: &[u64], next: &AtomicUsize, memory: &[Vec<u8>]) -> Total {
    let mut total = Total::default();
    let mut slots: Vec<Slot> = Vec::with_capacity(SLOTS);
    loop {
        while slots.len() < SLOTS {
            let Some(size) = sizes.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            slots.push(Slot { digest: Sha256::new(), left: *size });
        }
        if slots.is_empty() {
            return total;
        }
        let mut lanes: Vec<Lane<'_, Sha256>> = Vec::with_capacity(SLOTS);
        for (slot, memory) in slots.iter_mut().zip(memory) {
            let data = piece(memory, slot.left);
            slot.left -= data.len() as u64;
            total.bytes += data.len() as u64;
            lanes.push(Lane { digest: &mut slot.digest, data, last: slot.left == 0 });
        }
        update_many(kernel, &mut lanes);
        for slot in slots.extract_if(.., |slot| slot.left == 0) {
            std::hint::black_box(slot.digest.finish());
            total.count += 1;
        }
    }
}

fn of_small(kernel: Kernel, sizes: &[u64], memory: &[Vec<u8>]) -> Total {
    let mut digests: Vec<Sha256> = sizes.iter().map(|_| Sha256::new()).collect();
    let places = memory.iter().cycle();
    let parts = digests.iter_mut().zip(sizes).zip(places);
    let mut lanes: Vec<Lane<'_, Sha256>> = parts
        .map(|((digest, size), memory)| Lane { digest, data: piece(memory, *size), last: true })
        .collect();
    update_many(kernel, &mut lanes);
    for digest in digests {
        std::hint::black_box(digest.finish());
    }
    Total { count: sizes.len() as u64, bytes: sizes.iter().sum() }
}

/// Returns as much of the memory as is left of a file, at most all.
fn piece(memory: &[u8], left: u64) -> &[u8] {
    memory.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(memory)
}

/// Bytes without a pattern (SplitMix64's steps).
fn noise(seed: usize) -> Vec<u8> {
    let step = |number: usize| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed;
    (0..PIECE_BYTES).map(|at| (step(at + 1) >> 56) as u8).collect()
}

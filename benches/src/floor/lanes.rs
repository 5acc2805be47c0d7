//! Lanes only: as many bytes as the files hold through the digest, from memory, in pieces of the same
//! sizes.

use std::sync::atomic::{AtomicUsize, Ordering};

use drift_lanes::{Kernel, Lane, Sha256, update_many};

use super::{Directory, Total, on_threads};

/// Bytes of one piece, as a program would read them; all pieces of a thread fit its second-level cache.
const PIECE_BYTES: usize = 1 << 16;
/// Large files that a thread has at hand at the least, where the kernel interleaves fewer.
const SLOTS: usize = 8;
/// Files that fit one piece, handed over together.
const BATCH: usize = 128;

/// Digests as many files of these sizes, and returns how many there were and what they held.
///
/// Large ones first, a piece of each at a time; where there are fewer of them than the kernel
/// interleaves, small ones fill the other lanes.
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
    // No thread may take what another would then wait for.
    let slots = kernel.lanes().max(SLOTS).min(large.len().div_ceil(threads));
    let (large, small) = (Queue::new(large.iter()), Queue::new(small.chunks(BATCH)));
    on_threads(threads, || Ok(work(kernel, slots, &large, &small)))
}

/// What threads take from, one after the other.
struct Queue<T> {
    items: Vec<T>,
    next: AtomicUsize,
}

impl<T: Copy> Queue<T> {
    fn new(items: impl Iterator<Item = T>) -> Self {
        Self { items: items.collect(), next: AtomicUsize::new(0) }
    }

    fn take(&self) -> Option<T> {
        self.items.get(self.next.fetch_add(1, Ordering::Relaxed)).copied()
    }
}

/// A file on its way: its digest, and what is left of it.
struct Slot {
    digest: Sha256,
    left: u64,
}

fn work(kernel: Kernel, wanted: usize, large: &Queue<&u64>, small: &Queue<&[u64]>) -> Total {
    let memory: Vec<Vec<u8>> = (0..kernel.lanes().max(SLOTS)).map(noise).collect();
    let mut total = Total::default();
    let mut slots: Vec<Slot> = Vec::new();
    loop {
        while slots.len() < wanted {
            let Some(size) = large.take() else { break };
            slots.push(Slot { digest: Sha256::new(), left: *size });
        }
        let idle = slots.len() < kernel.lanes() || slots.is_empty();
        let batch = idle.then(|| small.take()).flatten();
        slots.extend(
            batch.into_iter().flatten().map(|size| Slot { digest: Sha256::new(), left: *size }),
        );
        if slots.is_empty() {
            return total;
        }
        let mut lanes: Vec<Lane<'_, Sha256>> = Vec::with_capacity(slots.len());
        for (slot, memory) in slots.iter_mut().zip(memory.iter().cycle()) {
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

/// Returns as much of the memory as is left of a file, at most all.
fn piece(memory: &[u8], left: u64) -> &[u8] {
    memory.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(memory)
}

/// Bytes without a pattern (SplitMix64's steps).
fn noise(seed: usize) -> Vec<u8> {
    let step = |number: usize| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed;
    (0..PIECE_BYTES).map(|at| (step(at + 1) >> 56) as u8).collect()
}

//! Which of the known files are read again in this run, all the same.
//!
//! Each file that is not sealed is read again at one of the `within` runs after it was read last, every one of them
//! equally likely: of a file that was read `age` runs ago the chance is `1 / (within - age + 1)`. So
//! after `within` runs every file was read again, in the long run two files in `within + 1` are read in
//! a run, and nobody without the random numbers of the run knows which. Of sealed files the seal is
//! asked at every run instead.

#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

use drift_lanes::Sha256;

use super::record::{Record, generation, is_sealed};

/// One bit for each record.
#[derive(Debug, Default)]
pub(super) struct Sample(Vec<u64>);

impl Sample {
    /// Draws for the run with this number, from randomness that is used once.
    pub(super) fn draw(records: &[Record], now: u32, within: u32, random: &[u8; 32]) -> Self {
        let mut bits = vec![0_u64; records.len().div_ceil(64)];
        let (mut drawn, mut counter) = ([0; 32], 0_u64);
        for (at, record) in records.iter().enumerate() {
            if at % 8 == 0 {
                drawn = stretched(random, counter);
                counter = counter.wrapping_add(1);
            }
            let word = drawn.as_chunks::<4>().0.get(at % 8).copied().unwrap_or_default();
            let left = u64::from(runs_left(record, now, within));
            let is_drawn = u64::from(u32::from_le_bytes(word)).wrapping_mul(left) >> 32 == 0;
            if is_drawn
                && !is_sealed(record)
                && let Some(slot) = bits.get_mut(at / 64)
            {
                *slot |= 1 << (at % 64);
            }
        }
        Self(bits)
    }

    pub(super) fn holds(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|bits| bits >> (at % 64) & 1 == 1)
    }
}

/// How many runs are left in which the file must be read, this one included.
fn runs_left(record: &Record, now: u32, within: u32) -> u32 {
    // One that was read in a run to come was read when the numbers began anew.
    let age = now.checked_sub(generation(record)).unwrap_or(u32::MAX);
    within.saturating_sub(age).saturating_add(1)
}

fn stretched(random: &[u8; 32], counter: u64) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(random);
    digest.update(&counter.to_le_bytes());
    digest.finish()
}

#[cfg(test)]
mod tests {
    use super::super::record::{record, tests::stat};
    use super::{Record, Sample};
    use crate::model::Digest;
    use crate::source::{Place, Seal};

    fn records(count: u64, generation: u32) -> Vec<Record> {
        let made = |inode| record(Place(0), &stat(inode), None, Digest::sha256_of(b""), generation);
        (0..count).filter_map(made).collect()
    }

    fn drawn(records: &[Record], now: u32, within: u32) -> Vec<usize> {
        let sample = Sample::draw(records, now, within, &[now as u8; 32]);
        (0..records.len()).filter(|at| sample.holds(*at)).collect()
    }

    /// A thousand files through a hundred runs: none waits longer than it may, and each run after a
    /// reading is as likely as the next.
    #[test]
    fn every_file_is_read_again_within_so_many_runs_and_at_any_of_them() {
        const WITHIN: u32 = 16;
        let mut records = records(1000, 0);
        let mut waited = [0_u32; WITHIN as usize + 1];
        let mut last = vec![0_u32; records.len()];
        for now in 1..=100 {
            for at in drawn(&records, now, WITHIN) {
                let age = now - last[at];
                waited[age as usize] += 1;
                last[at] = now;
                let again = record(Place(0), &stat(at as u64), None, Digest::sha256_of(b""), now);
                records[at] = again.unwrap();
            }
        }
        assert!(last.iter().all(|read| 100 - read < WITHIN));
        let all: u32 = waited.iter().sum();
        assert!((11_000..12_500).contains(&all), "{all}: a hundred runs of 2 files in 17");
        let even = f64::from(all) / f64::from(WITHIN);
        for (age, times) in waited.iter().enumerate().skip(1) {
            let share = f64::from(*times) / even;
            assert!((0.8..1.2).contains(&share), "{age}: {share}");
        }
    }

    #[test]
    fn one_run_means_all_and_a_sealed_file_is_left_alone() {
        let mut records = records(200, 5);
        assert_eq!(drawn(&records, 6, 1).len(), 200);
        assert_eq!(drawn(&records, 600, 32).len(), 200);
        // Numbers that began anew, or were made up, are no reason to wait.
        assert_eq!(drawn(&records, 4, 32).len(), 200);
        let seal = Some(Seal([1; 32]));
        records[7] = record(Place(0), &stat(7), seal, Digest::sha256_of(b""), 5).unwrap();
        assert_eq!(drawn(&records, 6, 1).len(), 199);
    }

    #[test]
    fn other_randomness_draws_others() {
        let records = records(1000, 1);
        let of = |random| {
            let sample = Sample::draw(&records, 2, 16, &[random; 32]);
            (0..records.len()).filter(|at| sample.holds(*at)).collect::<Vec<_>>()
        };
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }
}

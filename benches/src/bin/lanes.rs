//! Cycles a byte of each kernel of digests, by the number of streams and the length of their pieces:
//! `lanes [sha256|md5] [KERNEL]`.
//!
//! The best of many short runs counts, so that what else runs on the machine disturbs little. Cycles
//! are estimated by a chain of dependent multiplications and exclusive ors, of 3 and 1 cycles each on
//! current x86-64 processors, timed between the runs: a processor's clock changes with its load.

#![expect(clippy::disallowed_methods, reason = "this program measures time")]

use std::hint::black_box;
use std::io::{self, Write as _};
use std::time::Instant;

use drift_lanes::{Kernel, Lane, Md5, Sha256, md5_update_many, update_many};

/// Runs of each case.
const RUNS: usize = 100;
/// Bytes that one run takes at least.
const RUN_BYTES: usize = 1 << 20;
/// Links of the chain that measures the clock, and cycles of one.
const LINKS: u32 = 20_000;
const LINK_CYCLES: f64 = 4.0;

/// Streams of one call, by the lengths of their only pieces.
struct Streams {
    name: String,
    lengths: Vec<usize>,
}

impl Streams {
    fn equal(count: usize, length: usize) -> Self {
        Self { name: format!("{count} of {length} bytes"), lengths: vec![length; count] }
    }

    /// Lengths as in a `/usr`: half of them below 4 KiB, none above `longest`, which stands for the
    /// bytes that a reader has at hand of one file.
    fn mixed(count: usize, longest: usize) -> Self {
        let steps = [70, 300, 600, 1_100, 1_900, 2_900, 4_700, 9_000, 21_000, 70_000];
        let lengths = steps.iter().map(|length| longest.min(*length)).cycle();
        Self {
            name: format!("{count} of 70 to {longest} bytes"),
            lengths: lengths.take(count).collect(),
        }
    }

    fn all() -> Vec<Self> {
        let lengths = [1 << 10, 16 << 10, 256 << 10];
        let equal = [1, 2, 3, 4, 8, 10, 12, 16]
            .into_iter()
            .flat_map(|count| lengths.map(|length| Self::equal(count, length)));
        let mixed = [8, 16, 32, 64, 256].map(|count| Self::mixed(count, 65_536));
        let small = [16, 64, 256].map(|count| Self::mixed(count, 4_096));
        equal.chain(mixed).chain(small).collect()
    }
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (digest, only) = (arguments.next(), arguments.next());
    let mut out = io::stdout().lock();
    writeln!(out, "| digest | kernel | streams | cycles a byte | GB/s |\n|---|---|---|---|---|")?;
    let kernels =
        Kernel::available().filter(|kernel| only.as_ref().is_none_or(|o| o == kernel.name()));
    for kernel in kernels {
        for streams in Streams::all() {
            if digest.as_deref() != Some("md5") {
                let cost = measure::<Sha256>(&streams, |lanes| update_many(kernel, lanes));
                writeln!(out, "| SHA-256 | {} | {} | {cost} |", kernel.name(), streams.name)?;
            }
            if digest.as_deref() != Some("sha256") {
                let cost = measure::<Md5>(&streams, |lanes| md5_update_many(kernel, lanes));
                writeln!(out, "| MD5 | {} | {} | {cost} |", kernel.name(), streams.name)?;
            }
        }
    }
    Ok(())
}

/// Returns the two last columns.
fn measure<D: Default + Clone>(streams: &Streams, take: impl Fn(&mut [Lane<'_, D>])) -> String {
    let data: Vec<Vec<u8>> = streams.lengths.iter().map(|length| vec![7; *length]).collect();
    let bytes: usize = streams.lengths.iter().sum();
    let calls = RUN_BYTES.div_ceil(bytes);
    let (mut best, mut cycle) = (f64::MAX, f64::MAX);
    for run in 0..RUNS {
        let mut digests = vec![D::default(); data.len()];
        let start = Instant::now();
        for _ in 0..calls {
            digests.fill(D::default());
            let mut lanes: Vec<Lane<'_, D>> = digests
                .iter_mut()
                .zip(&data)
                .map(|(digest, data)| Lane { digest, data, last: true })
                .collect();
            take(black_box(&mut lanes));
        }
        best = best.min(start.elapsed().as_secs_f64() / (calls * bytes) as f64);
        if run % 4 == 0 {
            cycle = cycle.min(one_cycle());
        }
    }
    format!("{:.2} | {:.2}", best / cycle, 1e-9 / best)
}

/// Returns the seconds of one cycle.
fn one_cycle() -> f64 {
    let (mut value, other) = (black_box(3u64), black_box(5u64));
    let start = Instant::now();
    for _ in 0..LINKS {
        value = value.wrapping_mul(value) ^ other;
    }
    let elapsed = start.elapsed().as_secs_f64();
    black_box(value);
    elapsed / f64::from(LINKS) / LINK_CYCLES
}

//! The least work that verifying an image can take: read each layer once, SHA-256 of the stored
//! bytes, decompress, SHA-256 of what comes out. `decode LAYOUT THREADS` prints both totals.
//!
//! It parses no archive and keeps nothing, so what a capture takes beyond it is drift's own.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads files and its arguments")]

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let layout = PathBuf::from(arguments.next().ok_or("usage: decode LAYOUT THREADS")?);
    let threads: usize = arguments.next().ok_or("usage: decode LAYOUT THREADS")?.parse()?;
    let layers = layers(&layout)?;
    let (next, stored, plain) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| -> std::io::Result<()> {
                    while let Some(path) = layers.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let (took, gave) = decode(path)?;
                        stored.fetch_add(took, Ordering::Relaxed);
                        plain.fetch_add(gave, Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(result) => result.map_err(Box::<dyn Error>::from),
            Err(_) => Err("a worker panicked".into()),
        })
    })?;
    use std::io::Write as _;
    writeln!(
        std::io::stdout(),
        "{} layers, {} bytes stored, {} bytes plain",
        layers.len(),
        stored.into_inner(),
        plain.into_inner()
    )?;
    Ok(())
}

/// The layers of the first manifest, largest first, as a scheduler would take them.
fn layers(layout: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let index = json(&layout.join("index.json"))?;
    let blob = |descriptor: &Value| -> Result<PathBuf, Box<dyn Error>> {
        let digest = descriptor["digest"].as_str().ok_or("a descriptor has no digest")?;
        let (algorithm, hex) = digest.split_once(':').ok_or("a digest has no algorithm")?;
        Ok(layout.join("blobs").join(algorithm).join(hex))
    };
    let manifest = json(&blob(&index["manifests"][0])?)?;
    let descriptors = manifest["layers"].as_array().ok_or("the manifest has no layers")?;
    let mut sized = Vec::new();
    for descriptor in descriptors {
        sized.push((descriptor["size"].as_u64().unwrap_or(0), blob(descriptor)?));
    }
    sized.sort_by(|a, b| b.cmp(a));
    Ok(sized.into_iter().map(|(_, path)| path).collect())
}

fn json(path: &Path) -> Result<Value, Box<dyn Error>> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

fn decode(path: &Path) -> std::io::Result<(u64, u64)> {
    let mut start = [0; 4];
    File::open(path)?.read_exact(&mut start)?;
    let mut stored = Digested::new(File::open(path)?);
    let buffered = BufReader::with_capacity(1 << 17, &mut stored);
    let mut plain = Digested::new(match start {
        [0x1f, 0x8b, ..] => {
            Box::new(flate2::bufread::MultiGzDecoder::new(buffered)) as Box<dyn Read>
        }
        [0x28, 0xb5, 0x2f, 0xfd] => Box::new(zstd::stream::read::Decoder::with_buffer(buffered)?),
        _ => Box::new(buffered),
    });
    let mut buffer = vec![0; 1 << 17];
    while plain.read(&mut buffer)? > 0 {}
    let gave = plain.finish();
    Ok((stored.finish(), gave))
}

/// Digests what passes.
struct Digested<R> {
    input: R,
    state: drift_lanes::Sha256,
    bytes: u64,
}

impl<R> Digested<R> {
    fn new(input: R) -> Self {
        Self { input, state: drift_lanes::Sha256::new(), bytes: 0 }
    }

    /// Ends the digest, which must not be optimised away, and returns the bytes that passed.
    fn finish(self) -> u64 {
        std::hint::black_box(self.state.finish());
        self.bytes
    }
}

impl<R: Read> Read for Digested<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.state.update(buffer.get(..count).unwrap_or_default());
        self.bytes += count as u64;
        Ok(count)
    }
}

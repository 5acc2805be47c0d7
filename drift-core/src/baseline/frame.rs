//! Blocks as they lie in the file: raw or one zstd frame (RFC 8878), read back under strict limits.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::io::Read as _;

use super::error::Error;
use super::limits::WINDOW_LOG;

/// Measured on the blocks of ENTR of a Debian /usr (132,811 entries, 3.77 MB raw, beside 3.58 MB of
/// digests): level 6 gives 911 kB at 76 MB/s, 9 gives 903 kB at 56 MB/s, 15 gives 845 kB at 7 MB/s,
/// 19 gives 839 kB at 2 MB/s.
const LEVEL: i32 = 9;

/// How a block is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Codec {
    /// As it is.
    Raw = 0,
    /// One zstd frame.
    Zstd = 1,
}

impl Codec {
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        [Self::Raw, Self::Zstd].into_iter().find(|codec| *codec as u8 == number)
    }
}

/// The one compressor of a run; a context is large and worth keeping, and so is the buffer, which
/// has room for a block that does not compress at all.
pub(crate) struct Compressor {
    context: zstd::bulk::Compressor<'static>,
    buffer: Vec<u8>,
}

impl Compressor {
    pub(crate) fn new() -> Result<Self, Error> {
        let context = zstd::bulk::Compressor::new(LEVEL).map_err(|error| failed(&error))?;
        Ok(Self { context, buffer: Vec::new() })
    }

    /// Returns the frame of a block, or `None` where it would not be smaller.
    pub(crate) fn compress(&mut self, raw: &[u8]) -> Result<Option<&[u8]>, Error> {
        self.buffer.clear();
        self.buffer.reserve(zstd::zstd_safe::compress_bound(raw.len()));
        let written = self.context.compress_to_buffer(raw, &mut self.buffer);
        written.map_err(|error| failed(&error))?;
        Ok((self.buffer.len() < raw.len()).then_some(&*self.buffer))
    }
}

fn failed(error: &std::io::Error) -> Error {
    Error::Compressor { reason: error.to_string() }
}

/// Restores a block of exactly `length` bytes; memory grows with what comes out, not with the claim.
pub(crate) fn restore(codec: Codec, stored: &[u8], length: u64) -> Result<Vec<u8>, Error> {
    let malformed = |reason| Error::Malformed { part: "a block", reason };
    if codec == Codec::Raw {
        return Ok(stored.to_vec());
    }
    let no_frame = |_| malformed("it is no zstd frame within the limits");
    let mut decoder =
        zstd::stream::read::Decoder::with_buffer(stored).map_err(no_frame)?.single_frame();
    decoder.window_log_max(WINDOW_LOG).map_err(no_frame)?;
    let mut raw = Vec::new();
    (&mut decoder).take(length.saturating_add(1)).read_to_end(&mut raw).map_err(no_frame)?;
    if raw.len() as u64 != length {
        return Err(malformed("it does not have the length that the index names"));
    }
    if !decoder.finish().is_empty() {
        return Err(malformed("bytes follow its zstd frame"));
    }
    Ok(raw)
}

#[cfg(test)]
mod tests {
    use super::{Codec, Compressor, restore};

    #[test]
    fn a_frame_restores_to_exactly_its_length() {
        let raw: Vec<u8> = (0..100_000u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let mut frame = Compressor::new().unwrap().compress(&raw).unwrap().unwrap().to_vec();
        let restored = restore(Codec::Zstd, &frame, raw.len() as u64);
        assert_eq!(restored.as_deref(), Ok(&raw[..]));
        assert!(restore(Codec::Zstd, &frame, raw.len() as u64 - 1).is_err());
        assert!(restore(Codec::Zstd, &frame, raw.len() as u64 + 1).is_err());
        frame.push(0);
        assert!(restore(Codec::Zstd, &frame, raw.len() as u64).is_err());
    }

    #[test]
    fn a_bomb_is_stopped_at_the_length_it_claims() {
        let zeros = vec![0; 64 << 20];
        let frame = Compressor::new().unwrap().compress(&zeros).unwrap().unwrap().to_vec();
        assert!(frame.len() < 10_000);
        assert!(restore(Codec::Zstd, &frame, 1 << 20).is_err());
    }
}

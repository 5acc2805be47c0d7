//! Compressed streams: which one it is by its bytes, never by the name, and how much may come out.
//!
//! Concatenated members, frames and streams are read as one, as gzip(1), zstd(1) and xz(1) do;
//! bytes after the last one are an error, not padding.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::cell::Cell;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

/// The most that may come out of one stream: 256 GiB, beyond any root file system in an archive.
const MAX_OUTPUT: u64 = 256 << 30;

/// Up to here the ratio is not looked at: a small archive of zeros is no attack.
const RATIO_FREE: u64 = 64 << 20;

/// The most bytes that one compressed byte may become once [`RATIO_FREE`] is passed. Real roots
/// stay below 10; DEFLATE cannot exceed 1032.
const MAX_RATIO: u64 = 1000;

/// The largest window of zstd, as a power of two: 128 MiB, what `zstd -d` itself accepts.
const ZSTD_WINDOW_LOG: u32 = 27;

/// The memory for xz in KiB: a dictionary of 128 MiB and the decoder beside it.
const XZ_MEMORY_KIB: u32 = (128 << 10) + 1024;

/// How a stream is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// Not at all.
    Plain,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// The .xz format, version 1.2.1.
    Xz,
}

/// Recognises a coding by the first bytes; an error names one that is not read.
pub(super) fn detect(first: &[u8]) -> Result<Coding, &'static str> {
    match first {
        [0x1f, 0x8b, ..] => Ok(Coding::Gzip),
        // The second is a skippable frame, with which pzstd begins.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Ok(Coding::Zstd),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Ok(Coding::Xz),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31 | 0x17, ..] => Err("bzip2"),
        [0x04, 0x22, 0x4d, 0x18, ..] => Err("lz4"),
        [b'L', b'Z', b'I', b'P', ..] => Err("lzip"),
        [0x1f, 0x9d, ..] => Err("compress (.Z)"),
        [0x5d, 0, 0, _, ..] => Err("lzma"),
        _ => Ok(Coding::Plain),
    }
}

/// Returns the decompressed bytes of `input`, within the limits above.
pub(super) fn decoded<'a>(coding: Coding, input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let taken = Rc::new(Cell::new(0));
    let counted = BufReader::with_capacity(1 << 17, Counted { input, taken: Rc::clone(&taken) });
    let output: Box<dyn Read + 'a> = match coding {
        Coding::Plain => return Ok(Box::new(counted)),
        Coding::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(counted)),
        Coding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(counted)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Box::new(decoder)
        }
        Coding::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(counted, true, XZ_MEMORY_KIB)),
    };
    Ok(Box::new(Bounded { output, taken, given: 0, state: State::Open }))
}

/// Counts the compressed bytes that were taken.
struct Counted<R> {
    input: R,
    taken: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.taken.set(self.taken.get().saturating_add(count as u64));
        Ok(count)
    }
}

/// Ends a stream that grows beyond the limits, and never asks a decoder again after its end or an
/// error: lzma-rust2 panics when it is.
struct Bounded<'a> {
    output: Box<dyn Read + 'a>,
    taken: Rc<Cell<u64>>,
    given: u64,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Ended,
    Failed,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.state {
            State::Open => {}
            State::Ended => return Ok(0),
            State::Failed => return Err(io::Error::other("the stream failed before")),
        }
        if buffer.is_empty() {
            return Ok(0);
        }
        let result = self.output.read(buffer).and_then(|count| {
            self.given = self.given.saturating_add(count as u64);
            within_limits(self.taken.get(), self.given).map(|()| count)
        });
        match &result {
            Ok(0) => self.state = State::Ended,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => self.state = State::Failed,
        }
        result
    }
}

fn within_limits(taken: u64, given: u64) -> io::Result<()> {
    if given > MAX_OUTPUT {
        return Err(io::Error::other("more than 256 GiB come out of the compressed data"));
    }
    if given > RATIO_FREE && given > taken.saturating_mul(MAX_RATIO) {
        return Err(io::Error::other(
            "more than 1000 bytes come out of each compressed byte; decompress the archive first \
             if it is to be trusted",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::{Coding, decoded, detect};

    #[test]
    fn a_bomb_ends_with_an_error_and_little_output() {
        // 512 MiB of zeros are 16 kB of zstd.
        let zeros = std::io::repeat(0).take(512 << 20);
        let bomb = zstd::stream::encode_all(zeros, 3).expect("compresses");
        assert_eq!(detect(&bomb), Ok(Coding::Zstd));
        let mut stream = decoded(Coding::Zstd, &*bomb).expect("opens");
        let mut buffer = vec![0; 1 << 16];
        let mut total = 0;
        let error = loop {
            match stream.read(&mut buffer) {
                Ok(0) => panic!("the bomb came out whole"),
                Ok(count) => total += count,
                Err(error) => break error,
            }
        };
        assert!(error.to_string().contains("1000 bytes"), "{error}");
        assert!(total <= 65 << 20, "{total}");
        assert!(stream.read(&mut buffer).is_err(), "an error stays");
    }

    #[test]
    fn a_window_of_256_mib_is_refused_without_allocating_it() {
        // Frame header: no single segment, window descriptor 18 << 3 = 2^28.
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 18 << 3, 0x01, 0x00, 0x00];
        let mut out = Vec::new();
        let read = decoded(Coding::Zstd, &frame[..]).expect("opens").read_to_end(&mut out);
        assert!(read.is_err_and(|error| error.to_string().contains("too much memory")));
        let allowed = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 0x01, 0x00, 0x00];
        assert!(decoded(Coding::Zstd, &allowed[..]).expect("opens").read_to_end(&mut out).is_ok());
    }
}

//! The digest of the beginning of what a file decompresses to: a log that was compressed when it was
//! rotated is known again by that.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::io::{self, Read};

use drift_lanes::Sha256;

use crate::model::Digest;

use super::compression::{decoded, detect};

/// Bytes that tell a coding.
const FIRST_BYTES: usize = 6;

/// Returns the SHA-256 of the first `length` bytes that come out of `input`, which is decompressed
/// when its first bytes say so; `None` when fewer come out, or when its coding is not read or
/// damaged. No more is read and decoded than that takes.
pub(super) fn prefix(mut input: impl Read, length: u64) -> io::Result<Option<Digest>> {
    let mut first = Vec::new();
    input.by_ref().take(FIRST_BYTES as u64).read_to_end(&mut first)?;
    let Ok(coding) = detect(&first) else { return Ok(None) };
    let Ok(mut output) = decoded(coding, first.chain(input)) else { return Ok(None) };
    let mut state = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut left = length;
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let room = buffer.get_mut(..most).unwrap_or_default();
        match output.read(room) {
            Ok(0) => return Ok(None),
            Ok(count) => {
                state.update(room.get(..count).unwrap_or_default());
                left = left.saturating_sub(count as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Damage proves nothing; that the file cannot be read is told by its own reading.
            Err(_) => return Ok(None),
        }
    }
    Ok(Some(Digest::sha256(state.finish())))
}

/// Returns what the bytes decompress to, or themselves where they are not compressed; a reason where
/// that cannot be done or is more than `limit`.
pub(crate) fn unpacked(bytes: &[u8], limit: u64) -> Result<Vec<u8>, &'static str> {
    let coding = detect(bytes).map_err(|_| "its compression is not read")?;
    let output = decoded(coding, bytes).map_err(|_| "it cannot be decompressed")?;
    let mut text = Vec::new();
    let read = output.take(limit.saturating_add(1)).read_to_end(&mut text);
    read.map_err(|_| "it cannot be decompressed")?;
    if text.len() as u64 > limit { Err("it is too large") } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::prefix;
    use crate::model::Digest;

    #[test]
    fn the_beginning_is_the_same_however_it_is_compressed() {
        let text = b"one line of a log\n".repeat(20_000);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&text).expect("compresses");
        let gzip = gzip.finish().expect("compresses");
        let zstd = zstd::stream::encode_all(&*text, 3).expect("compresses");
        for length in [0, 1, 65_536, text.len()] {
            let expect = Digest::sha256_of(text.get(..length).unwrap_or_default());
            for packed in [&text, &gzip, &zstd] {
                let found = prefix(&**packed, length as u64).expect("reads");
                assert_eq!(found, Some(expect), "{length}");
            }
        }
        for packed in [&text, &gzip, &zstd] {
            assert_eq!(prefix(&**packed, text.len() as u64 + 1).expect("reads"), None);
        }
        let (half, _) = gzip.split_at(gzip.len() / 2);
        assert_eq!(prefix(half, text.len() as u64).expect("reads"), None);
        assert_eq!(prefix(&b"BZh91AY&SY"[..], 1).expect("reads"), None);
    }
}

//! Files that are read each for itself, apart from the rounds: those that are almost nothing but
//! holes, and those of which the beginning is decompressed.

use std::io;

use crate::bounds::Cancel;
use crate::source::volume::{Errno, Stat, Volume};
use crate::source::{Content, Want, decoded};

use super::content::{Digests, Failed, is_unchanged};
use super::sparse::{BLOCK_BYTES, SparseSha256};

/// With so many bytes of holes a file has a sparse digest.
const SPARSE_HOLES_BYTES: u64 = 1 << 30;

/// Bytes of one read; a multiple of [`BLOCK_BYTES`].
const BUFFER_BYTES: usize = 256 << 10;

/// Returns whether a file of this look is read apart.
pub(super) fn is_apart(seen: &Stat, want: Want) -> bool {
    want.decoded || is_sparse(seen, want)
}

fn is_sparse(seen: &Stat, want: Want) -> bool {
    let holes = seen.size.saturating_sub(seen.allocated);
    holes >= SPARSE_HOLES_BYTES && (want.digest || want.vendor.is_some())
}

/// Reads an open file that looked like `seen` before and is read apart.
pub(super) fn read<V: Volume>(
    volume: &V,
    file: &mut V::File,
    seen: &Stat,
    want: Want,
    cancel: &Cancel,
) -> Result<Content, Failed> {
    let content = match want.decoded {
        true => unpacked(volume, file, seen, want, cancel)?,
        false => sparse(volume, file, seen, cancel)?,
    };
    let after = volume.stat_file(file)?;
    if is_unchanged(seen, &after) { Ok(content) } else { Err(Failed::Changed) }
}

/// Reads the ranges that are no holes, widened to whole blocks. Neither the vendor's digest nor a prefix is
/// computed: both would have to pass through the holes.
fn sparse<V: Volume>(
    volume: &V,
    file: &mut V::File,
    seen: &Stat,
    cancel: &Cancel,
) -> Result<Content, Failed> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut digest = SparseSha256::new(seen.size);
    let mut at = 0;
    while let Some((from, to)) = volume.next_data(file, at)?.filter(|_| at < seen.size) {
        cancel.check()?;
        let start = from.checked_div(BLOCK_BYTES).unwrap_or(0).saturating_mul(BLOCK_BYTES).max(at);
        let end = to.checked_next_multiple_of(BLOCK_BYTES).unwrap_or(seen.size).min(seen.size);
        if end <= start {
            // Data beyond the size that was seen, or a range that goes backwards.
            return Err(Failed::Changed);
        }
        volume.seek(file, start)?;
        at = start;
        while at < end {
            cancel.check()?;
            let count = fill(volume, file, end.saturating_sub(at), &mut buffer)?;
            digest.update(at, buffer.get(..count).unwrap_or_default());
            at = at.saturating_add(count as u64);
        }
    }
    let nothing = Digests::new(seen, Want::default()).finish(seen);
    Ok(Content { digest: Some(digest.finish()), ..nothing })
}

/// Reads the beginning of what the file decompresses to.
fn unpacked<V: Volume>(
    volume: &V,
    file: &mut V::File,
    seen: &Stat,
    want: Want,
    cancel: &Cancel,
) -> Result<Content, Failed> {
    let mut input = Input { volume, file, left: seen.size, cancel, failed: None };
    let prefix = want.prefix.map(|length| decoded::prefix(&mut input, length));
    if let Some(failed) = input.failed {
        return Err(failed);
    }
    let prefix = prefix.and_then(Result::ok).flatten();
    Ok(Content { prefix, ..Digests::new(seen, Want::default()).finish(seen) })
}

/// A file as a stream that ends where the file did when it was opened.
struct Input<'i, V: Volume> {
    volume: &'i V,
    file: &'i mut V::File,
    left: u64,
    cancel: &'i Cancel,
    /// What ended the stream; the decoder's own error says less.
    failed: Option<Failed>,
}

impl<V: Volume> io::Read for Input<'_, V> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let room = buffer.get_mut(..most).unwrap_or_default();
        if room.is_empty() {
            return Ok(0);
        }
        let read = match self.cancel.check() {
            Ok(()) => self.volume.read(self.file, room).map_err(Failed::from),
            Err(cancelled) => Err(cancelled.into()),
        };
        match read {
            Ok(count) => {
                self.left = self.left.saturating_sub(count as u64);
                Ok(count)
            }
            Err(failed) => {
                self.failed = Some(failed);
                Err(io::Error::other("the file cannot be read on"))
            }
        }
    }
}

/// Fills the buffer as far as `left` goes, so that it ends between two blocks.
fn fill<V: Volume>(
    volume: &V,
    file: &mut V::File,
    left: u64,
    buffer: &mut [u8],
) -> Result<usize, Failed> {
    let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(BUFFER_BYTES);
    let mut filled = 0;
    while filled < wanted {
        let room = buffer.get_mut(filled..wanted).ok_or(Errno::INVAL)?;
        match volume.read(file, room)? {
            0 => return Err(Failed::Changed),
            count => filled = filled.saturating_add(count),
        }
    }
    Ok(filled)
}

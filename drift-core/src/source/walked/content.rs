//! Reading one file once, for everything that is wanted of it, and noticing that it changed.

use std::io;

use drift_lanes::Sha256;

use crate::bounds::{Cancel, Cancelled};
use crate::model::Digest;
use crate::source::vendor::Vendor;
use crate::source::volume::{Errno, Stat, Volume};
use crate::source::{Content, Want, decoded};

use super::sparse::{BLOCK_BYTES, SparseSha256};

/// Bytes of one read: large enough that the calls cost nothing beside the hashing.
pub(super) const BUFFER_BYTES: usize = 256 << 10;

/// With so many bytes of holes a file has a sparse digest.
const SPARSE_HOLES_BYTES: u64 = 1 << 30;

/// Why one reading gave nothing.
pub(super) enum Failed {
    /// The file was not the same before and after.
    Changed,
    /// The kernel's error.
    Errno(Errno),
    /// The run was stopped.
    Cancelled(Cancelled),
}

impl From<Errno> for Failed {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

impl From<Cancelled> for Failed {
    fn from(cancelled: Cancelled) -> Self {
        Self::Cancelled(cancelled)
    }
}

/// Reads an open file that looked like `seen` before.
pub(super) fn read<V: Volume>(
    volume: &V,
    file: &mut V::File,
    seen: &Stat,
    want: Want,
    buffer: &mut [u8],
    cancel: &Cancel,
) -> Result<Content, Failed> {
    let holes = seen.size.saturating_sub(seen.allocated);
    let content = if want.decoded {
        unpacked(volume, file, seen, want, cancel)?
    } else if holes >= SPARSE_HOLES_BYTES && (want.digest || want.vendor.is_some()) {
        sparse(volume, file, seen, buffer, cancel)?
    } else {
        plain(volume, file, seen, want, buffer, cancel)?
    };
    let after = volume.stat_file(file)?;
    let same = (after.size, after.mtime, after.ctime, after.inode)
        == (seen.size, seen.mtime, seen.ctime, seen.inode);
    if same { Ok(content) } else { Err(Failed::Changed) }
}

fn plain<V: Volume>(
    volume: &V,
    file: &mut V::File,
    seen: &Stat,
    want: Want,
    buffer: &mut [u8],
    cancel: &Cancel,
) -> Result<Content, Failed> {
    let mut taken = Taken::new(seen, want);
    // One byte more than there should be: a file that goes on has grown.
    let end = if taken.whole { seen.size.saturating_add(1) } else { taken.prefix_end };
    let mut at = 0;
    while at < end {
        cancel.check()?;
        let most = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
        let room = buffer.get_mut(..most.min(BUFFER_BYTES)).ok_or(Errno::INVAL)?;
        let count = volume.read(file, room)?;
        if count == 0 {
            break;
        }
        taken.update(at, room.get(..count).unwrap_or_default());
        at = at.saturating_add(count as u64);
    }
    let expected = if taken.whole { seen.size } else { taken.prefix_end };
    if at == expected { Ok(taken.finish(seen)) } else { Err(Failed::Changed) }
}

/// Everything computed on the way through a file.
struct Taken {
    whole: bool,
    prefix_end: u64,
    digest: Option<Sha256>,
    vendor: Option<Vendor>,
    prefix: Option<Sha256>,
    bytes: Option<Vec<u8>>,
}

impl Taken {
    fn new(seen: &Stat, want: Want) -> Self {
        let prefix = want.prefix.filter(|length| *length <= seen.size);
        let bytes = want.bytes.filter(|limit| seen.size <= *limit);
        Self {
            whole: want.digest || want.vendor.is_some() || bytes.is_some(),
            prefix_end: prefix.unwrap_or(0),
            digest: want.digest.then(Sha256::new),
            vendor: Vendor::wanted(want.vendor),
            prefix: prefix.map(|_| Sha256::new()),
            bytes: bytes.map(|_| Vec::new()),
        }
    }

    fn update(&mut self, at: u64, data: &[u8]) {
        if let Some(digest) = &mut self.digest {
            digest.update(data);
        }
        if let Some(vendor) = &mut self.vendor {
            vendor.update(data);
        }
        if let Some(prefix) = &mut self.prefix {
            let left = usize::try_from(self.prefix_end.saturating_sub(at)).unwrap_or(usize::MAX);
            prefix.update(data.get(..left.min(data.len())).unwrap_or_default());
        }
        if let Some(bytes) = &mut self.bytes {
            bytes.extend_from_slice(data);
        }
    }

    fn finish(self, seen: &Stat) -> Content {
        Content {
            size: seen.size,
            mtime: seen.mtime,
            mode: seen.mode,
            uid: seen.uid,
            gid: seen.gid,
            digest: self.digest.map(|digest| Digest::sha256(digest.finish())),
            vendor: self.vendor.map(Vendor::finish),
            prefix: self.prefix.map(|prefix| Digest::sha256(prefix.finish())),
            bytes: self.bytes,
        }
    }
}

/// Reads the ranges that are no holes, widened to whole blocks. Neither the vendor's digest nor a prefix is
/// computed: both would have to pass through the holes.
fn sparse<V: Volume>(
    volume: &V,
    file: &mut V::File,
    seen: &Stat,
    buffer: &mut [u8],
    cancel: &Cancel,
) -> Result<Content, Failed> {
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
            let count = fill(volume, file, end.saturating_sub(at), buffer)?;
            digest.update(at, buffer.get(..count).unwrap_or_default());
            at = at.saturating_add(count as u64);
        }
    }
    Ok(Content {
        size: seen.size,
        mtime: seen.mtime,
        mode: seen.mode,
        uid: seen.uid,
        gid: seen.gid,
        digest: Some(digest.finish()),
        vendor: None,
        prefix: None,
        bytes: None,
    })
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
    Ok(Content { prefix, ..Taken::new(seen, Want::default()).finish(seen) })
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

//! What is wanted of one file, from one reading of it piece by piece, and noticing that it changed.

use drift_lanes::{Kernel, Lane, Md5, Sha256, md5_update_many, update_many};

use crate::bounds::Cancelled;
use crate::model::Digest;
use crate::source::vendor::Vendor;
use crate::source::volume::{Errno, Stat, Volume};
use crate::source::{Content, Seal, Want};

/// Why one reading gave nothing.
#[derive(Debug)]
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

/// Returns whether a file looks the same after reading as before.
pub(super) fn is_unchanged(seen: &Stat, after: &Stat) -> bool {
    (after.size, after.mtime, after.ctime, after.inode)
        == (seen.size, seen.mtime, seen.ctime, seen.inode)
}

/// A file on its way.
pub(super) struct Underway<F> {
    pub(super) seen: Stat,
    /// By what the kernel held the content while it was read.
    pub(super) seal: Option<Seal>,
    pub(super) digests: Digests,
    /// Open until all that is wanted was read.
    file: Option<F>,
    /// Bytes read so far.
    at: u64,
}

impl<F> Underway<F> {
    /// Takes an open file that looked like `seen` before, and its seal.
    pub(super) fn new(file: F, (seen, seal): (Stat, Option<Seal>), want: Want) -> Self {
        Self { digests: Digests::new(&seen, want), seen, seal, file: Some(file), at: 0 }
    }

    /// Whether all that is wanted was read, and the file is closed.
    pub(super) fn has_ended(&self) -> bool {
        self.file.is_none()
    }

    /// Bytes that are still to be read.
    pub(super) fn left(&self) -> u64 {
        let expected = if self.digests.whole { self.seen.size } else { self.digests.prefix_end };
        expected.saturating_sub(self.at)
    }

    /// Reads on, until `room` is full or the file ends; returns how many bytes came. At the end the
    /// file must look as it did before, and is closed.
    pub(super) fn read<V: Volume<File = F>>(
        &mut self,
        volume: &V,
        room: &mut [u8],
    ) -> Result<usize, Failed> {
        let Some(file) = &mut self.file else { return Ok(0) };
        // Of a whole file one byte more: a file that goes on has grown.
        let (expected, end) = match self.digests.whole {
            true => (self.seen.size, self.seen.size.saturating_add(1)),
            false => (self.digests.prefix_end, self.digests.prefix_end),
        };
        let mut filled = 0;
        let mut at = self.at;
        let mut ended = end == 0;
        while !ended && filled < room.len() {
            let left = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
            let rest = room.get_mut(filled..).unwrap_or_default();
            let most = left.min(rest.len());
            let count = volume.read(file, rest.get_mut(..most).unwrap_or_default())?;
            filled = filled.saturating_add(count);
            at = at.saturating_add(count as u64);
            // A read that ends short exactly where the file should needs no other to prove it: what
            // it looks like afterwards does.
            ended = count == 0 || at >= end || (at == expected && count < most);
        }
        self.at = at;
        if ended {
            if at != expected {
                return Err(Failed::Changed);
            }
            let after = volume.stat_file(file)?;
            if !is_unchanged(&self.seen, &after) {
                return Err(Failed::Changed);
            }
            self.file = None;
        }
        Ok(filled)
    }
}

/// Everything that is computed of a file's bytes on the way through it.
pub(super) struct Digests {
    /// Whether all of the file is read, or its prefix alone.
    whole: bool,
    prefix_end: u64,
    prefix_left: u64,
    digest: Option<Sha256>,
    vendor: Option<Vendor>,
    prefix: Option<Sha256>,
    bytes: Option<Vec<u8>>,
}

/// The pieces of one round, by the algorithm that takes them.
#[derive(Default)]
pub(super) struct Lanes<'l> {
    sha256: Vec<Lane<'l, Sha256>>,
    md5: Vec<Lane<'l, Md5>>,
}

impl Lanes<'_> {
    /// Takes all pieces.
    pub(super) fn update(mut self, kernel: Kernel) {
        update_many(kernel, &mut self.sha256);
        md5_update_many(kernel, &mut self.md5);
    }
}

impl Digests {
    pub(super) fn new(seen: &Stat, want: Want) -> Self {
        let prefix = want.prefix.filter(|length| *length <= seen.size);
        let bytes = want.bytes.filter(|limit| seen.size <= *limit && !want.ranges);
        Self {
            whole: want.digest || want.vendor.is_some() || bytes.is_some(),
            prefix_end: prefix.unwrap_or(0),
            prefix_left: prefix.unwrap_or(0),
            digest: want.digest.then(Sha256::new),
            vendor: Vendor::wanted(want.vendor),
            prefix: prefix.map(|_| Sha256::new()),
            // Its length is the file's, and at most what was asked for.
            bytes: bytes.map(|_| Vec::with_capacity(usize::try_from(seen.size).unwrap_or(0))),
        }
    }

    /// Lays the next piece into the lanes; with `last` it is the last one.
    pub(super) fn lay<'l>(&'l mut self, data: &'l [u8], last: bool, lanes: &mut Lanes<'l>) {
        if let Some(digest) = &mut self.digest {
            lanes.sha256.push(Lane { digest, data, last });
        }
        match &mut self.vendor {
            Some(Vendor::Md5(digest)) => lanes.md5.push(Lane { digest, data, last }),
            Some(Vendor::Sha1(digest)) => digest.update(data),
            None => {}
        }
        if let Some(digest) = self.prefix.as_mut().filter(|_| self.prefix_left > 0) {
            let left = usize::try_from(self.prefix_left).unwrap_or(usize::MAX).min(data.len());
            self.prefix_left = self.prefix_left.saturating_sub(left as u64);
            let last = self.prefix_left == 0;
            lanes.sha256.push(Lane { digest, data: data.get(..left).unwrap_or_default(), last });
        }
        if let Some(bytes) = &mut self.bytes {
            bytes.extend_from_slice(data);
        }
    }

    pub(super) fn finish(self, seen: &Stat) -> Content {
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

/// Reads the bytes of an open file that looked like `seen`, if there are at most `limit`.
pub(super) fn bytes<V: Volume>(
    volume: &V,
    file: V::File,
    seen: &Stat,
    limit: u64,
) -> Result<Option<Vec<u8>>, Failed> {
    let want = Want { bytes: Some(limit), ..Want::default() };
    let mut underway = Underway::new(file, (seen.clone(), None), want);
    let mut buffer = vec![0; 64 << 10];
    while !underway.has_ended() {
        let count = underway.read(volume, &mut buffer)?;
        let mut lanes = Lanes::default();
        let piece = buffer.get(..count).unwrap_or_default();
        underway.digests.lay(piece, false, &mut lanes);
    }
    Ok(underway.digests.finish(seen).bytes)
}

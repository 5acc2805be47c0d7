//! Reading a file of this machine so that the page cache is left as it was found.
//!
//! A read with RWF_NOWAIT (preadv2(2)) brings what is in the cache and refuses (EAGAIN) where a disk
//! would have to be waited for, so the kernel itself says what was cached, and for a cached file that
//! costs nothing: the call stands in the place of read(2). Once something came from a disk the kernel
//! reads ahead, and its answers tell no more what was there before. From there on one byte far ahead
//! of that is asked for, at each multiple of [`SEGMENT_BYTES`], and decides for what follows it.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::io::IoSliceMut;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::fd::{AsFd as _, BorrowedFd, OwnedFd};
use rustix::fs::{Advice, SeekFrom};
use rustix::io::ReadWriteFlags;

use crate::source::manners::{Disk, PageCache};
use crate::source::volume::{Errno, Stat};

use super::retry;

/// What is decided on at once after the first read from a disk. The kernel reads ahead two windows, of 128
/// KiB unless somebody set more (`read_ahead_kb`); where it is 8 MiB, as on some virtual machines, this
/// still lies beyond them.
const SEGMENT_BYTES: u64 = 32 << 20;

/// At the current offset, as read(2) does.
const HERE: u64 = u64::MAX;

/// How the files of one volume are read.
#[derive(Debug)]
pub(super) struct Residences {
    page_cache: PageCache,
    /// Held by whoever reads from a rotating disk: one reader, so that its head does not jump.
    arm: Option<Mutex<()>>,
    /// A device whose file system knows no RWF_NOWAIT, so that nobody need ask it again.
    mute: AtomicU64,
}

/// An open regular file of this machine.
#[derive(Debug)]
pub struct HostFile {
    fd: OwnedFd,
    device: u64,
    size: u64,
    page_cache: PageCache,
    at: u64,
    cold: Option<Cold>,
}

/// A stretch of a file that was not in the cache.
#[derive(Debug, Clone, Copy)]
struct Cold {
    from: u64,
    /// Where it ends, unless the file does before: a multiple of [`SEGMENT_BYTES`].
    until: u64,
    /// Whether what follows was in the cache.
    is_warm_beyond: bool,
}

impl Residences {
    pub(super) fn new(page_cache: PageCache, disk: Disk) -> Self {
        let arm = (disk == Disk::Rotating).then(Mutex::default);
        Self { page_cache, arm, mute: AtomicU64::new(u64::MAX) }
    }

    /// Takes an open file that looked like `seen`.
    pub(super) fn file(&self, fd: OwnedFd, seen: &Stat) -> HostFile {
        let (device, size) = (seen.device, seen.size);
        HostFile { fd, device, size, page_cache: self.page_cache, at: 0, cold: None }
    }

    /// Reads the next bytes, from the cache if they are there.
    pub(super) fn read(&self, file: &mut HostFile, buffer: &mut [u8]) -> Result<usize, Errno> {
        if self.page_cache == PageCache::Keep && self.arm.is_none() {
            return retry(|| rustix::io::read(&file.fd, &mut *buffer));
        }
        if file.cold.is_none() && self.mute.load(Ordering::Relaxed) != file.device {
            match file.read_cached(buffer) {
                Ok(count) => {
                    // What is missing is on its way from the disk already, and may be here before the
                    // next question.
                    if count < buffer.len() && file.at < file.size {
                        file.begin_cold(file.at);
                    }
                    return Ok(count);
                }
                Err(Errno::AGAIN) => file.begin_cold(file.at),
                // Whatever else is wrong, the plain call says it as well.
                Err(_) => self.mute.store(file.device, Ordering::Relaxed),
            }
        }
        let count = {
            let arm = self.arm.as_ref();
            let _alone = arm.map(|arm| arm.lock().unwrap_or_else(PoisonError::into_inner));
            retry(|| rustix::io::read(&file.fd, &mut *buffer))?
        };
        file.advance(count);
        file.pass_segment();
        Ok(count)
    }
}

impl HostFile {
    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Goes on at an offset; what follows is another stretch.
    pub(super) fn seek(&mut self, offset: u64) -> Result<(), Errno> {
        self.drop_cold();
        retry(|| rustix::fs::seek(&self.fd, SeekFrom::Start(offset)))?;
        self.at = offset;
        Ok(())
    }

    fn advance(&mut self, count: usize) {
        self.at = self.at.saturating_add(count as u64);
    }

    fn read_cached(&mut self, buffer: &mut [u8]) -> Result<usize, Errno> {
        let count = no_wait(&self.fd, buffer, HERE)?;
        self.advance(count);
        Ok(count)
    }

    fn begin_cold(&mut self, from: u64) {
        let segments = self.at.checked_div(SEGMENT_BYTES).unwrap_or(0).saturating_add(1);
        let until = segments.saturating_mul(SEGMENT_BYTES);
        let is_warm_beyond = until < self.size && no_wait(&self.fd, &mut [0], until).is_ok();
        self.cold = Some(Cold { from, until, is_warm_beyond });
    }

    /// Drops a segment that is read to its end, so that a large file never fills the cache.
    fn pass_segment(&mut self) {
        let Some(cold) = self.cold.filter(|cold| self.at >= cold.until) else { return };
        self.drop_cold();
        if !cold.is_warm_beyond {
            // The read that passed the end may have gone on beyond it.
            self.begin_cold(cold.until);
        }
    }

    /// Lets the kernel forget the cold stretch. It keeps what somebody has mapped or written to.
    fn drop_cold(&mut self) {
        let Some(cold) = self.cold.take().filter(|_| self.page_cache == PageCache::AsFound) else {
            return;
        };
        let length = NonZeroU64::new(cold.until.saturating_sub(cold.from));
        // Nothing that is read depends on it.
        let _best_effort = rustix::fs::fadvise(&self.fd, cold.from, length, Advice::DontNeed);
    }
}

impl Drop for HostFile {
    fn drop(&mut self) {
        self.drop_cold();
    }
}

fn no_wait(fd: &OwnedFd, buffer: &mut [u8], offset: u64) -> Result<usize, Errno> {
    let mut buffers = [IoSliceMut::new(buffer)];
    retry(|| rustix::io::preadv2(fd, &mut buffers, offset, ReadWriteFlags::NOWAIT))
}

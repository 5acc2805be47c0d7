//! A regular file of which ranges are read, any number of times, from any thread.
//!
//! Every reading has an offset of its own. The file must still be the one that was opened, with the
//! same times, before and after whatever is concluded from it: see [`StoredFile::unchanged`].

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::io::{self, Read};
use std::ops::Deref;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags};
use rustix::fs::{FileType, MemfdFlags, Mode, OFlags, Timespec};
use rustix::io::Errno;

use crate::bounds::Cancel;

use super::errno::errno_name;
use super::layers::Blob;
use super::rate::Rate;

/// The most bytes of a stream, or of what is decompressed before it can be read by ranges, that are
/// kept in memory: images beyond that are saved to a file first.
pub(super) const MAX_HELD_BYTES: u64 = 8 << 30;

/// How long a reader of a stream waits before it looks whether the run was stopped; a run ends within a
/// second of its signal.
const MAX_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// An open regular file.
#[derive(Debug)]
pub(super) struct StoredFile {
    fd: OwnedFd,
    state: State,
    /// The limit to the rate at which it is read; none of what is held in memory.
    rate: Option<Arc<Rate>>,
}

/// What changes when somebody writes to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    inode: u64,
    size: i64,
    mtime: (i64, i64),
    ctime: (i64, i64),
}

/// Part of a file.
#[derive(Debug, Clone)]
pub(super) struct Range {
    file: Arc<StoredFile>,
    offset: u64,
    length: u64,
}

impl StoredFile {
    /// Opens a file by its path, links followed: the operator named it.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        // Without O_NONBLOCK a pipe in the place of the file would hold the run for ever.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        rustix::fs::open(path, flags, Mode::empty()).map_err(named).and_then(Self::new)
    }

    /// Takes an open file.
    pub(super) fn new(fd: OwnedFd) -> Result<Self, String> {
        let stat = rustix::fs::fstat(&fd).map_err(named)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err("it is no regular file; give the stream on standard input, as -".to_owned());
        }
        Ok(Self { state: State::of(&stat), fd, rate: None })
    }

    /// Reads it no faster than `rate` allows.
    pub(super) fn at_rate(self, rate: Option<Arc<Rate>>) -> Self {
        Self { rate, ..self }
    }

    /// Takes standard input: a file as it is, a stream copied into memory to its end.
    pub(super) fn of_input(
        input: &OwnedFd,
        cancel: &Cancel,
        rate: Option<Arc<Rate>>,
    ) -> Result<Self, String> {
        let stat = rustix::fs::fstat(input).map_err(named)?;
        let at_start = || rustix::fs::tell(input) == Ok(0);
        if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && at_start() {
            let file = input.try_clone().map_err(|error| error.to_string()).and_then(Self::new)?;
            return Ok(file.at_rate(rate));
        }
        Self::held(Descriptor(input, rate), cancel)
    }

    /// Copies a stream into memory, up to [`MAX_HELD_BYTES`].
    pub(super) fn held(mut input: impl Read, cancel: &Cancel) -> Result<Self, String> {
        let fd = rustix::fs::memfd_create("drift", MemfdFlags::CLOEXEC).map_err(named)?;
        let mut buffer = vec![0; 1 << 17];
        let mut total = 0u64;
        loop {
            cancel.check().map_err(|cancelled| cancelled.to_string())?;
            let count = match input.read(&mut buffer) {
                Ok(0) => return Self::new(fd),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(format!("the stream is damaged or breaks off: {error}")),
            };
            total = total.saturating_add(count as u64);
            if total > MAX_HELD_BYTES {
                return Err("it is more than 8 GiB, which are not kept in memory; decompress it \
                            into a file first and name that"
                    .to_owned());
            }
            write_all(&fd, buffer.get(..count).unwrap_or_default())?;
        }
    }

    /// Opens the same file a second time.
    pub(super) fn again(&self) -> Result<Self, String> {
        let fd = self.fd.try_clone().map_err(|error| error.to_string())?;
        Ok(Self { fd, state: self.state, rate: self.rate.clone() })
    }

    /// Returns the length.
    pub(super) fn size(&self) -> u64 {
        u64::try_from(self.state.size).unwrap_or_default()
    }

    /// Reads from an offset to the end of the file.
    pub(super) fn from(&self, offset: u64) -> Positioned<&Self> {
        Positioned { file: self, offset, left: u64::MAX }
    }

    /// Reads the whole file, which the reading keeps open.
    pub(super) fn into_reading(self) -> Positioned<Arc<Self>> {
        Positioned { file: Arc::new(self), offset: 0, left: u64::MAX }
    }

    /// Returns what changes when somebody writes to the file.
    pub(super) fn state(&self) -> State {
        self.state
    }

    /// Fails, with the reason, when somebody wrote to the file since it was opened.
    pub(super) fn unchanged(&self) -> Result<(), String> {
        match rustix::fs::fstat(&self.fd) {
            Ok(stat) if State::of(&stat) == self.state => Ok(()),
            _ => Err("the file was changed while it was read; try again".to_owned()),
        }
    }
}

impl Range {
    /// Returns the whole of a file.
    pub(super) fn whole(file: StoredFile) -> Self {
        let length = file.size();
        Self { file: Arc::new(file), offset: 0, length }
    }

    /// Returns a part of a file.
    pub(super) fn new(file: &Arc<StoredFile>, offset: u64, length: u64) -> Self {
        Self { file: Arc::clone(file), offset, length }
    }

    /// Returns what changes when somebody writes to the file it is part of.
    pub(super) fn state(&self) -> State {
        self.file.state()
    }

    /// Returns how many bytes it has.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Reads all of it, if that is at most `limit` bytes.
    pub(super) fn bytes(&self, limit: u64) -> Result<Vec<u8>, String> {
        if self.length > limit {
            return Err(format!("it has {} bytes, and at most {limit} are read", self.length));
        }
        self.unchanged()?;
        let mut bytes = Vec::new();
        let mut reading = Blob::open(self).map_err(|error| error.to_string())?;
        reading.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        self.unchanged()?;
        Ok(bytes)
    }
}

impl Blob for Range {
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(Positioned { file: &*self.file, offset: self.offset, left: self.length }))
    }

    fn unchanged(&self) -> Result<(), String> {
        self.file.unchanged()
    }
}

/// Reads a file from an offset of its own, so that readings do not disturb one another.
pub(super) struct Positioned<F> {
    file: F,
    offset: u64,
    left: u64,
}

impl<F> Positioned<F> {
    /// Leaves out so many bytes.
    pub(super) fn skip(&mut self, count: u64) {
        self.offset = self.offset.saturating_add(count);
        self.left = self.left.saturating_sub(count);
    }
}

impl<F: Deref<Target = StoredFile>> Read for Positioned<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let want = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let piece = buffer.get_mut(..want).unwrap_or_default();
        let count = rustix::io::pread(&self.file.fd, piece, self.offset)?;
        self.skip(count as u64);
        if let Some(rate) = &self.file.rate {
            rate.pay(count);
        }
        Ok(count)
    }
}

/// Reads an open descriptor from where it stands. A stream on which nothing comes is given up for
/// the moment after [`MAX_WAIT`] as if interrupted, so that whoever reads can look at the time and at
/// signals: a writer that stalls must not hold the run.
struct Descriptor<F>(F, Option<Arc<Rate>>);

impl<F: AsFd> Read for Descriptor<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut waiting = [PollFd::new(&self.0, PollFlags::IN)];
        if rustix::event::poll(&mut waiting, Some(&MAX_WAIT))? == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = rustix::io::read(&self.0, buffer)?;
        if let Some(rate) = &self.1 {
            rate.pay(count);
        }
        Ok(count)
    }
}

fn write_all(fd: &OwnedFd, mut bytes: &[u8]) -> Result<(), String> {
    while !bytes.is_empty() {
        let count = match rustix::io::write(fd, bytes) {
            Err(Errno::INTR) => 0,
            other => other.map_err(named)?,
        };
        bytes = bytes.get(count..).unwrap_or_default();
    }
    Ok(())
}

fn named(errno: Errno) -> String {
    match errno {
        Errno::NOENT => "there is no such file or directory (ENOENT)".to_owned(),
        errno => format!("{} ({errno})", errno_name(errno)),
    }
}

impl State {
    #[expect(
        clippy::useless_conversion,
        reason = "the types of these fields differ by architecture"
    )]
    fn of(stat: &rustix::fs::Stat) -> Self {
        let nanoseconds = |value| i64::try_from(value).unwrap_or(i64::MAX);
        Self {
            inode: stat.st_ino.into(),
            size: stat.st_size,
            mtime: (stat.st_mtime.into(), nanoseconds(stat.st_mtime_nsec)),
            ctime: (stat.st_ctime.into(), nanoseconds(stat.st_ctime_nsec)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::fd::OwnedFd;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::{Cancel, StoredFile};

    /// Only a run that would never end is cut off here; nothing is asked of its speed.
    const FOR_EVER: Duration = Duration::from_secs(20);

    #[test]
    fn a_writer_that_stalls_does_not_hold_a_run_that_was_stopped() {
        let (input, mut output) = std::io::pipe().expect("a pipe");
        output.write_all(b"the beginning of an archive").expect("writes");
        let cancel = Cancel::new();
        let (told, result) = mpsc::channel();
        let (stop, input) = (cancel.clone(), OwnedFd::from(input));
        std::thread::spawn(move || {
            told.send(StoredFile::of_input(&input, &cancel, None).map(drop))
        });
        // Once it has taken everything, the reader waits for more.
        while rustix::io::ioctl_fionread(&output).expect("counts") > 0 {
            std::thread::yield_now();
        }
        (0..10_000).for_each(|_| std::thread::yield_now());
        stop.cancel();
        let result = result.recv_timeout(FOR_EVER).expect("the reader comes back");
        assert!(result.is_err_and(|reason| reason.contains("cancelled")));
        drop(output);
    }
}

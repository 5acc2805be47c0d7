//! The archive as one open file: every pass reads the same object from its start.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::source::Error;
use crate::source::compression::{self, Coding};
use crate::source::errno::errno_name;

use super::header::{BLOCK, Header, is_zero};
use super::reader::{Fault, Reader};

/// An open archive.
pub(super) struct Archive {
    file: OwnedFd,
    state: State,
    coding: Coding,
    locator: String,
}

/// What changes when somebody writes to the file; equal before and after each pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    inode: u64,
    size: i64,
    mtime: (i64, i64),
    ctime: (i64, i64),
}

impl Archive {
    /// Opens an archive and recognises its coding and format, by bytes alone.
    pub(super) fn open(path: &Path, locator: &str) -> Result<Self, Error> {
        let fail = |reason: String| Error::Open { locator: locator.to_owned(), reason };
        let named = |errno: Errno| fail(format!("{} ({errno})", errno_name(errno)));
        // Without O_NONBLOCK a pipe in the place of the archive would hold the run for ever.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let file = rustix::fs::open(path, flags, Mode::empty()).map_err(named)?;
        let stat = rustix::fs::fstat(&file).map_err(named)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(fail("it is no regular file; save the stream to a file first".to_owned()));
        }
        let mut archive = Self {
            file,
            state: State::of(&stat),
            coding: Coding::Plain,
            locator: locator.to_owned(),
        };
        archive.coding = archive.recognise()?;
        Ok(archive)
    }

    /// Runs one pass over the members.
    pub(super) fn pass<T>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        self.unchanged()?;
        let mut reader = Reader::new(self.stream(self.coding)?);
        let result = work(&mut reader);
        self.unchanged()?;
        result.map_err(|fault| match fault {
            Fault::Malformed(reason) => self.malformed(reason),
            Fault::Cancelled => Error::Cancelled(crate::bounds::Cancelled),
        })
    }

    fn stream(&self, coding: Coding) -> Result<Box<dyn Read + '_>, Error> {
        compression::decoded(coding, Positioned { file: &self.file, offset: 0 })
            .map_err(|error| self.malformed(error.to_string()))
    }

    fn recognise(&self) -> Result<Coding, Error> {
        let first = self.first(Coding::Plain)?;
        let coding = self.readable(compression::detect(&first))?;
        let inner = if coding == Coding::Plain { first } else { self.first(coding)? };
        if inner.is_empty() {
            return Err(self.unrecognised("it is empty, not even the end mark of an archive"));
        }
        let block = inner.first_chunk::<BLOCK>();
        if block.is_some_and(|block| is_zero(block) || Header::new(block).is_some()) {
            return Ok(coding);
        }
        if coding != Coding::Plain && self.readable(compression::detect(&inner))? != Coding::Plain {
            let reason = "it is compressed more than once; decompress it until one layer is left";
            return Err(self.unrecognised(reason));
        }
        Err(self.unrecognised("it does not start with the header of a tar archive"))
    }

    fn readable(&self, detected: Result<Coding, &'static str>) -> Result<Coding, Error> {
        detected.map_err(|name| {
            self.unrecognised(&format!(
                "{name} is not read; decompress it, or use gzip, zstd or xz"
            ))
        })
    }

    /// Reads the first block or what there is of it.
    fn first(&self, coding: Coding) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let mut start = self.stream(coding)?.take(BLOCK as u64);
        match start.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(self.malformed(format!("its first bytes cannot be read: {error}"))),
        }
    }

    fn unchanged(&self) -> Result<(), Error> {
        let now = rustix::fs::fstat(&self.file).map(|stat| State::of(&stat));
        if now == Ok(self.state) {
            return Ok(());
        }
        Err(self.malformed("the file was changed while it was read; try again".to_owned()))
    }

    pub(super) fn malformed(&self, reason: String) -> Error {
        Error::Malformed { locator: self.locator.clone(), reason }
    }

    fn unrecognised(&self, reason: &str) -> Error {
        Error::Unrecognised { locator: self.locator.clone(), reason: reason.to_owned() }
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

/// Reads a file from an offset of its own, so that passes do not disturb one another.
struct Positioned<'f> {
    file: &'f OwnedFd,
    offset: u64,
}

impl Read for Positioned<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = rustix::io::pread(self.file, buffer, self.offset)?;
        self.offset = self.offset.saturating_add(count as u64);
        Ok(count)
    }
}

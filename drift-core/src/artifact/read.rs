//! Reads an operator's file once, whole, bounded.
//!
//! The checks are made on the open file, never on the name, so nothing can be swapped between; a
//! FIFO without a writer does not hang the open (`O_NONBLOCK`).

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, Stat};

use super::Error;
use crate::model::Digest;

/// A file that should be its owner's alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Private {
    /// What it holds.
    pub bytes: Vec<u8>,
    /// The permission bits, when group or others have any: a private key there is not private.
    pub exposed: Option<u32>,
}

/// Reads the regular file at `path`, which may be a symbolic link to one, if it has at most
/// `limit` bytes.
pub fn read_bounded(path: &Path, limit: usize) -> Result<Vec<u8>, Error> {
    let (file, stat) = open_regular(path)?;
    read_to_end(path, file, &stat, limit)
}

/// Returns the SHA-256 of a file of at most `limit` bytes, and holds a piece of it at a time.
pub fn digest_of(path: &Path, limit: u64) -> Result<Digest, Error> {
    let (file, _) = open_regular(path)?;
    let failed = |source| Error::System { doing: "read", path: path.to_owned(), source };
    let (mut digest, mut left, mut file) = (drift_lanes::Sha256::new(), limit, file);
    let mut buffer = vec![0; DIGEST_BYTES];
    loop {
        let count = file.read(&mut buffer).map_err(failed)?;
        if count == 0 {
            return Ok(Digest::sha256(digest.finish()));
        }
        left = left
            .checked_sub(count as u64)
            .ok_or_else(|| failed(io::ErrorKind::FileTooLarge.into()))?;
        digest.update(buffer.get(..count).unwrap_or_default());
    }
}

/// Bytes of one read: they stay in the cache of a core.
const DIGEST_BYTES: usize = 128 << 10;

/// Reads the first `length` bytes, or all of a shorter file: enough to tell what kind it is.
pub fn read_start(path: &Path, length: usize) -> Result<Vec<u8>, Error> {
    let (file, _) = open_regular(path)?;
    let mut bytes = Vec::new();
    file.take(u64::try_from(length).unwrap_or(u64::MAX))
        .read_to_end(&mut bytes)
        .map_err(|source| Error::System { doing: "read", path: path.to_owned(), source })?;
    Ok(bytes)
}

/// Reads like [`read_bounded`] and says who else could.
pub fn read_private(path: &Path, limit: usize) -> Result<Private, Error> {
    let (file, stat) = open_regular(path)?;
    let exposed = exposed(&stat);
    Ok(Private { bytes: read_to_end(path, file, &stat, limit)?, exposed })
}

/// Returns the permission bits of the file when group or others have any.
pub fn private(path: &Path) -> Result<Option<u32>, Error> {
    open_regular(path).map(|(_, stat)| exposed(&stat))
}

fn exposed(stat: &Stat) -> Option<u32> {
    let mode = stat.st_mode & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

fn open_regular(path: &Path) -> Result<(File, Stat), Error> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let descriptor = rustix::fs::open(path, flags, Mode::empty())
        .map_err(|errno| Error::system("open", path, errno))?;
    let stat =
        rustix::fs::fstat(&descriptor).map_err(|errno| Error::system("stat", path, errno))?;
    let kind = FileType::from_raw_mode(stat.st_mode);
    if kind != FileType::RegularFile {
        return Err(Error::NotRegular { path: path.to_owned(), found: name_of(kind) });
    }
    Ok((File::from(descriptor), stat))
}

fn read_to_end(path: &Path, file: File, stat: &Stat, limit: usize) -> Result<Vec<u8>, Error> {
    let too_large = || Error::TooLarge { path: path.to_owned(), limit };
    if usize::try_from(stat.st_size).is_ok_and(|size| size > limit) {
        return Err(too_large());
    }
    // One byte more than allowed tells a file that grew from one that fits.
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    file.take(bound).read_to_end(&mut bytes).map_err(|source| Error::System {
        doing: "read",
        path: path.to_owned(),
        source,
    })?;
    if bytes.len() > limit { Err(too_large()) } else { Ok(bytes) }
}

pub(super) fn name_of(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "a regular file",
        FileType::Directory => "a directory",
        FileType::Symlink => "a symbolic link",
        FileType::Fifo => "a FIFO",
        FileType::Socket => "a socket",
        FileType::CharacterDevice => "a character device",
        FileType::BlockDevice => "a block device",
        _ => "of an unknown type",
    }
}

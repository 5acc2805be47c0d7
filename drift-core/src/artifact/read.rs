//! Reads an operator's file once, whole, bounded.
//!
//! The checks are made on the open file, never on the name, so nothing can be swapped between; a
//! FIFO without a writer does not hang the open (`O_NONBLOCK`).

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use drift_lanes::Sha256;
use rustix::fs::{FileType, Mode, OFlags, Stat};

use super::Error;
use crate::bounds::make_room;
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

/// Reads the first `length` bytes, or all of a shorter file: enough to tell what kind it is.
pub fn read_start(path: &Path, length: usize) -> Result<Vec<u8>, Error> {
    let (file, _) = open_regular(path)?;
    let mut bytes = Vec::new();
    file.take(u64::try_from(length).unwrap_or(u64::MAX))
        .read_to_end(&mut bytes)
        .map_err(|source| Error::System { doing: "read", path: path.to_owned(), source })?;
    Ok(bytes)
}

/// Returns the SHA-256 of the regular file at `path`, if it has at most `limit` bytes, holding no more
/// than a piece of it.
pub fn digest_bounded(path: &Path, limit: usize) -> Result<Digest, Error> {
    let (file, _) = open_regular(path)?;
    let mut digest = Sha256::new();
    pieces(path, file, limit, |piece| digest.update(piece))?;
    Ok(Digest::sha256(digest.finish()))
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
    if usize::try_from(stat.st_size).is_ok_and(|size| size > limit) {
        return Err(Error::TooLarge { path: path.to_owned(), limit });
    }
    let mut bytes = Vec::new();
    pieces(path, file, limit, |piece| {
        make_room(&mut bytes, piece.len());
        bytes.extend_from_slice(piece);
    })?;
    Ok(bytes)
}

/// Bytes that are read at once.
const PIECE_BYTES: usize = 1 << 16;

/// Hands over a file piece by piece; what has more than `limit` bytes is an error by then.
fn pieces(
    path: &Path,
    mut file: File,
    limit: usize,
    mut each: impl FnMut(&[u8]),
) -> Result<(), Error> {
    let mut buffer = vec![0; PIECE_BYTES];
    let mut left = limit;
    loop {
        let count = match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(source) => {
                return Err(Error::System { doing: "read", path: path.to_owned(), source });
            }
        };
        left = left
            .checked_sub(count)
            .ok_or_else(|| Error::TooLarge { path: path.to_owned(), limit })?;
        each(buffer.get(..count).unwrap_or_default());
    }
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

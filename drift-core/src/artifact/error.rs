//! Why an operator's file is not read or written.

use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::bounds::Cancelled;
use crate::bounds::escape::escaped;
use crate::seal::{LineageError, TrustError};

/// One operator's file that could not be read or written; the file there before is untouched
/// unless the variant says otherwise.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The kernel refused.
    #[error("cannot {doing} {}", shown(path))]
    System {
        /// What was tried, such as `open`.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// A directory, FIFO, socket or device.
    #[error("{} is {found}, not a regular file; name a regular file", shown(path))]
    NotRegular {
        /// Which file.
        path: PathBuf,
        /// What it is.
        found: &'static str,
    },
    /// The file is longer than such a file can be.
    #[error("{} is longer than {limit} bytes, the most that is read of such a file", shown(path))]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// The most that is read.
        limit: usize,
    },
    /// The name has no last component that could be a file.
    #[error("{} names no file; give a file name", shown(path))]
    NoName {
        /// What was given.
        path: PathBuf,
    },
    /// The file is a key: written over, nobody has it again.
    #[error(
        "{} is a key or certificate, which is not written over; choose another name",
        shown(path)
    )]
    Key {
        /// Which file.
        path: PathBuf,
    },
    /// The file is there and must not be replaced.
    #[error("{} already exists; remove it or choose another name", shown(path))]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// The file has its new content, but that may not survive a power failure.
    #[error("{} was written, but its directory could not be synchronised", shown(path))]
    NotDurable {
        /// Which file.
        path: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// The text is not UTF-8.
    #[error("{} is not UTF-8 text", shown(path))]
    NotText {
        /// Which file.
        path: PathBuf,
    },
    /// The run was stopped before the file had its name.
    #[error("{} was not written", shown(path))]
    Cancelled {
        /// Which file.
        path: PathBuf,
        /// That it was.
        source: Cancelled,
    },
    /// More bundles than anyone makes.
    #[error(
        "more than {limit} seals stand beside {}; remove those that are not yours",
        shown(path)
    )]
    TooManyBundles {
        /// The sealed file.
        path: PathBuf,
        /// The most that are read.
        limit: usize,
    },
    /// More files than anyone keeps in such a directory.
    #[error(
        "more than {limit} files are in {}; keep baselines in a directory of their own",
        shown(path)
    )]
    TooManyFiles {
        /// The directory.
        path: PathBuf,
        /// The most that are looked at.
        limit: usize,
    },
    /// A trust file or a key in it is refused.
    #[error("{} cannot be used as trust", shown(path))]
    Trust {
        /// The file.
        path: PathBuf,
        /// Why.
        source: TrustError,
    },
    /// The memory of earlier baselines is refused.
    #[error(
        "{} cannot be used; restore it from a backup, or move it away to begin anew, which forgets \
         the sequences seen so far",
        shown(path)
    )]
    Lineages {
        /// The file.
        path: PathBuf,
        /// Why.
        source: LineageError,
    },
    /// Somebody else may change what decides about the result.
    #[error(
        "{} is not taken: others than root and the user of this run may change {} (owner {owner}, \
         mode {mode:04o}); {fix} {}",
        shown(path),
        shown(at),
        shown(at)
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// The file, or the directory or link on the way to it, that others may change.
        at: PathBuf,
        /// Its owner's number.
        owner: u32,
        /// Its permission bits.
        mode: u32,
        /// The command that repairs it.
        fix: &'static str,
    },
    /// The path does not say what stands above it.
    #[error("{} is relative; give an absolute path", shown(path))]
    Relative {
        /// What was given.
        path: PathBuf,
    },
    /// Something stands in a directory where it means nothing, or cannot be taken.
    #[error("{} does not belong there: {why}", shown(path))]
    Unwanted {
        /// What it is.
        path: PathBuf,
        /// Why, and what would.
        why: String,
    },
    /// More than a directory of its kind holds.
    #[error(
        "{} holds more than {limit} {what}, the most that is read of such a directory",
        shown(path)
    )]
    Overfull {
        /// The directory.
        path: PathBuf,
        /// What there is too much of.
        what: &'static str,
        /// The most that is read.
        limit: usize,
    },
    /// Another run keeps the memory locked.
    #[error("{} is in use by another run; try again when that has ended", shown(path))]
    Busy {
        /// The directory.
        path: PathBuf,
    },
}

impl Error {
    pub(super) fn system(doing: &'static str, path: &Path, errno: Errno) -> Self {
        Self::System { doing, path: path.to_owned(), source: errno.into() }
    }
}

fn shown(path: &Path) -> String {
    escaped(path.as_os_str().as_encoded_bytes()).to_string()
}

//! Reads a small directory of the operator's, whole: every file or none.
//!
//! Links are followed as long as they stay inside, as those in a mounted ConfigMap do; a name that leads
//! out is refused (openat2(2), `RESOLVE_BENEATH`). Each file and directory on the way is held to the
//! same as any file that decides what is found: [`check_owned`].

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::read::name_of;
use super::{Error, check_owned};

/// How much of a directory is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeLimits {
    /// Files and directories together.
    pub names: usize,
    /// Bytes of all files together.
    pub bytes: usize,
    /// Directories below one another, the first one included.
    pub depth: usize,
}

/// One file of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// Its name below the directory, with `/` between.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Says why a name does not belong in the directory; the second is whether it is a directory.
pub type Unwanted<'u> = &'u dyn Fn(&str, bool) -> Option<String>;

/// Reads every file below `path`, which must be absolute; sorted by name. Names that begin with a dot
/// are left out.
///
/// # Errors
///
/// Whatever is neither a file nor a directory, leads out, or does not belong there; whatever others
/// than root and `user` may change; more than the limits allow.
pub fn read_tree(
    path: &Path,
    user: u32,
    limits: TreeLimits,
    unwanted: Unwanted<'_>,
) -> Result<Vec<TreeFile>, Error> {
    check_owned(path, user)?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let top = rustix::fs::open(path, flags, Mode::empty())
        .map_err(|errno| Error::system("open the directory", path, errno))?;
    let mut walk = Walk { path, user, limits, unwanted, top, names: 0, bytes: 0 };
    let mut files = Vec::new();
    let mut pending = vec![(String::new(), 1_usize)];
    while let Some((directory, depth)) = pending.pop() {
        for name in walk.names(&directory)? {
            let name = if directory.is_empty() { name } else { format!("{directory}/{name}") };
            match walk.open(&name)? {
                Opened::Directory if depth < limits.depth => {
                    pending.push((name, depth.saturating_add(1)));
                }
                Opened::Directory => return Err(walk.overfull("directories deep", limits.depth)),
                Opened::File(file) => files.push(walk.read(name, file)?),
            }
        }
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

enum Opened {
    Directory,
    File(File),
}

struct Walk<'w> {
    path: &'w Path,
    user: u32,
    limits: TreeLimits,
    unwanted: Unwanted<'w>,
    top: OwnedFd,
    names: usize,
    bytes: usize,
}

impl Walk<'_> {
    /// Lists a directory.
    fn names(&mut self, directory: &str) -> Result<Vec<String>, Error> {
        let at = self.at(directory);
        let failed = |errno| Error::system("list", &at, errno);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let below = if directory.is_empty() { "." } else { directory };
        let listed = self.beneath(below, flags).map_err(failed)?;
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::new(listed).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let bytes = entry.file_name().to_bytes();
            if bytes.starts_with(b".") {
                continue;
            }
            let name = std::str::from_utf8(bytes).map_err(|_| Error::Unwanted {
                path: at.join(String::from_utf8_lossy(bytes).as_ref()),
                why: "its name is not UTF-8".to_owned(),
            })?;
            self.names = self.names.saturating_add(1);
            if self.names > self.limits.names {
                return Err(self.overfull("files", self.limits.names));
            }
            names.push(name.to_owned());
        }
        Ok(names)
    }

    /// Opens what has this name below the directory.
    fn open(&self, name: &str) -> Result<Opened, Error> {
        let at = self.at(name);
        check_owned(&at, self.user)?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = self.beneath(name, flags).map_err(|errno| match errno {
            Errno::XDEV => Error::Unwanted {
                path: at.clone(),
                why: "it is a link that leads out of the directory".to_owned(),
            },
            errno => Error::system("open", &at, errno),
        })?;
        let status =
            rustix::fs::fstat(&opened).map_err(|errno| Error::system("stat", &at, errno))?;
        let kind = FileType::from_raw_mode(status.st_mode);
        if !matches!(kind, FileType::Directory | FileType::RegularFile) {
            return Err(Error::NotRegular { path: at, found: name_of(kind) });
        }
        if let Some(why) = (self.unwanted)(name, kind == FileType::Directory) {
            return Err(Error::Unwanted { path: at, why });
        }
        Ok(match kind {
            FileType::Directory => Opened::Directory,
            _ => Opened::File(File::from(opened)),
        })
    }

    fn read(&mut self, name: String, file: File) -> Result<TreeFile, Error> {
        let left = self.limits.bytes.saturating_sub(self.bytes);
        // One byte more than allowed tells a file that is too large from one that fits.
        let bound = u64::try_from(left).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Vec::new();
        file.take(bound).read_to_end(&mut bytes).map_err(|source| Error::System {
            doing: "read",
            path: self.at(&name),
            source,
        })?;
        if bytes.len() > left {
            return Err(self.overfull("bytes", self.limits.bytes));
        }
        self.bytes = self.bytes.saturating_add(bytes.len());
        Ok(TreeFile { name, bytes })
    }

    fn beneath(&self, name: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        rustix::fs::openat2(&self.top, name, flags, Mode::empty(), resolve)
    }

    fn at(&self, name: &str) -> PathBuf {
        if name.is_empty() { self.path.to_owned() } else { self.path.join(name) }
    }

    fn overfull(&self, what: &'static str, limit: usize) -> Error {
        Error::Overfull { path: self.path.to_owned(), what, limit }
    }
}

#[cfg(test)]
mod tests;

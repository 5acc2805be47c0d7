//! Whether a file that decides what is found is the operator's own: nobody else may change it, nor
//! any directory or link on the way to it.
//!
//! A directory with the sticky bit may be writable by all, because in it nobody can replace what is
//! another's (unlink(2)); whose each name is, is looked at for every name. Permissions in a POSIX ACL
//! show in the group bits, so an ACL that lets others write is refused too. Once the whole way
//! belongs to root and the operator, the name leads to the same file when it is opened later.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::Error;

/// As many links as Linux follows in one path (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// Fails unless root and `user` alone can change the file at `path`, or what the name leads to.
///
/// # Errors
///
/// [`Error::Exposed`] names the one object that others may change. The path must be absolute: a
/// relative one would not say what stands above it.
pub fn check_owned(path: &Path, user: u32) -> Result<(), Error> {
    if !path.is_absolute() {
        return Err(Error::Relative { path: path.to_owned() });
    }
    let mut way = Way { file: path, user, at: PathBuf::from("/"), here: top(path)?, links: 0 };
    let status = rustix::fs::fstat(&way.here).map_err(|errno| way.failed(errno))?;
    way.judge(Path::new("/"), &status)?;
    let mut waiting = names(path);
    while let Some(name) = waiting.pop() {
        waiting.extend(way.step(&name, waiting.is_empty())?);
    }
    Ok(())
}

/// A walk from the top to the file.
struct Way<'w> {
    file: &'w Path,
    user: u32,
    at: PathBuf,
    here: OwnedFd,
    links: usize,
}

impl Way<'_> {
    /// Goes on to one name; returns the names that a link puts in its place, the first one last.
    fn step(&mut self, name: &OsStr, last: bool) -> Result<Vec<OsString>, Error> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let at = if name == ".." { parent(&self.at) } else { self.at.join(name) };
        let failed = |errno| Error::system("look at", &at, errno);
        let next = rustix::fs::openat(&self.here, name, flags, Mode::empty()).map_err(failed)?;
        let status = rustix::fs::fstat(&next).map_err(failed)?;
        self.judge(&at, &status)?;
        match FileType::from_raw_mode(status.st_mode) {
            FileType::Symlink => {
                self.links = self.links.saturating_add(1);
                if self.links > MAX_LINKS {
                    return Err(failed(Errno::LOOP));
                }
                let target =
                    rustix::fs::readlinkat(&self.here, name, Vec::new()).map_err(failed)?;
                let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
                if target.is_absolute() {
                    (self.here, self.at) = (top(self.file)?, PathBuf::from("/"));
                }
                return Ok(names(&target));
            }
            FileType::Directory => (self.here, self.at) = (next, at),
            _ if last => {}
            _ => return Err(failed(Errno::NOTDIR)),
        }
        Ok(Vec::new())
    }

    fn judge(&self, at: &Path, status: &Stat) -> Result<(), Error> {
        let mode = status.st_mode & 0o7777;
        let kind = FileType::from_raw_mode(status.st_mode);
        let foreign = status.st_uid != 0 && status.st_uid != self.user;
        let writable = match kind {
            // The permissions of a link mean nothing.
            FileType::Symlink => false,
            FileType::Directory => mode & 0o022 != 0 && mode & 0o1000 == 0,
            _ => mode & 0o022 != 0,
        };
        if !foreign && !writable {
            return Ok(());
        }
        let fix = match (foreign, kind) {
            (true, FileType::Symlink) => "chown -h root",
            (true, _) => "chown root",
            (false, _) => "chmod go-w",
        };
        Err(Error::Exposed {
            path: self.file.to_owned(),
            at: at.to_owned(),
            owner: status.st_uid,
            mode,
            fix,
        })
    }

    fn failed(&self, errno: Errno) -> Error {
        Error::system("look at", self.file, errno)
    }
}

fn top(file: &Path) -> Result<OwnedFd, Error> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(CWD, "/", flags, Mode::empty())
        .map_err(|errno| Error::system("look at", file, errno))
}

/// Returns the names of a path, the first one last.
fn names(path: &Path) -> Vec<OsString> {
    let steps = path.components().rev();
    steps
        .filter(|step| matches!(step, Component::Normal(_) | Component::ParentDir))
        .map(|step| step.as_os_str().to_owned())
        .collect()
}

fn parent(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("/")).to_owned()
}

#[cfg(test)]
mod tests;

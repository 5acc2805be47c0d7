//! Writes a file whole or not at all.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::Error;
use super::read::name_of;
use crate::bounds::Cancel;
use crate::model::hex;

/// Between two looks at the cancellation flag; about a millisecond of writing.
const CHUNK_BYTES: usize = 1 << 20;

/// What to do about a file of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replace {
    /// Replaces a regular file, in one step.
    Yes,
    /// Leaves it and fails.
    No,
}

/// How files of keys and certificates begin (RFC 7468).
const KEY: &[u8; 10] = b"-----BEGIN";

/// Writes `bytes` to `path` with exactly the permission bits `mode`.
///
/// # Errors
///
/// On every error but [`Error::NotDurable`], what was at `path` before is untouched and no other
/// file is left behind. A symbolic link, FIFO or device at `path` is refused: those are for a
/// program's standard output, not for files that must be whole.
pub fn write(path: &Path, bytes: &[u8], mode: u32, replace: Replace) -> Result<(), Error> {
    write_unless(path, bytes, mode, replace, &Cancel::new())
}

/// Writes like [`write()`] unless `cancel` is set before the file has its name.
pub fn write_unless(
    path: &Path,
    bytes: &[u8],
    mode: u32,
    replace: Replace,
    cancel: &Cancel,
) -> Result<(), Error> {
    write_by(&|writing| writing.open_draft(), path, bytes, mode, replace, cancel)
}

/// Writes what `fill` hands over piece by piece, so that it never stands in memory whole; otherwise as
/// [`write_unless`]. The inner error is that of `fill`: then nothing is written.
pub fn write_stream<E>(
    path: &Path,
    mode: u32,
    replace: Replace,
    cancel: &Cancel,
    fill: impl FnOnce(&mut dyn io::Write) -> Result<(), E>,
) -> Result<Result<(), E>, Error> {
    let writing = Writing::begin(path, replace)?;
    let draft = writing.open_draft()?;
    let discarded = |error| {
        writing.discard(&draft);
        error
    };
    let stream = Stream { writing: &writing, draft: &draft, cancel, failed: None };
    let mut out = io::BufWriter::with_capacity(CHUNK_BYTES, stream);
    let filled = fill(&mut out);
    let flushed = out.flush();
    let (stream, _) = out.into_parts();
    if let Some(error) = stream.failed {
        return Err(discarded(error));
    }
    if let Err(error) = flushed {
        let path = path.to_owned();
        return Err(discarded(Error::System { doing: "write", path, source: error }));
    }
    if let Err(error) = filled {
        writing.discard(&draft);
        return Ok(Err(error));
    }
    writing
        .settle(&draft, mode, cancel)
        .and_then(|()| writing.publish(&draft))
        .map_err(discarded)?;
    writing.synchronise()?;
    Ok(Ok(()))
}

/// A draft as a stream; the first failure is kept, because `io::Error` could not carry it.
struct Stream<'s, 'w> {
    writing: &'s Writing<'w>,
    draft: &'s Draft,
    cancel: &'s Cancel,
    failed: Option<Error>,
}

impl io::Write for Stream<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.writing.append(self.draft, bytes, self.cancel) {
            Ok(()) => Ok(bytes.len()),
            Err(error) => {
                self.failed.get_or_insert(error);
                Err(io::Error::other("the file cannot be written"))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes through the draft that `open` makes.
pub(super) fn write_by(
    open: &dyn Fn(&Writing<'_>) -> Result<Draft, Error>,
    path: &Path,
    bytes: &[u8],
    mode: u32,
    replace: Replace,
    cancel: &Cancel,
) -> Result<(), Error> {
    let writing = Writing::begin(path, replace)?;
    let draft = open(&writing)?;
    writing
        .fill(&draft, bytes, mode, cancel)
        .and_then(|()| writing.publish(&draft))
        .inspect_err(|_| writing.discard(&draft))?;
    writing.synchronise()
}

/// A file on its way to `path`.
pub(super) struct Writing<'a> {
    pub(super) path: &'a Path,
    directory: OwnedFd,
    name: &'a OsStr,
    replace: Replace,
}

/// What is written before it has its name.
pub(super) struct Draft {
    file: OwnedFd,
    /// `None` while the file has no name at all (`O_TMPFILE`).
    name: Option<String>,
}

impl<'a> Writing<'a> {
    fn begin(path: &'a Path, replace: Replace) -> Result<Self, Error> {
        let no_name = || Error::NoName { path: path.to_owned() };
        let name = path.file_name().ok_or_else(no_name)?;
        // `file_name` looks over a `/` or `/.` at the end, which say that a directory is meant.
        if !path.as_os_str().as_encoded_bytes().ends_with(name.as_encoded_bytes()) {
            return Err(no_name());
        }
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open(&parent, flags, Mode::empty())
            .map_err(|errno| Error::system("open the directory", &parent, errno))?;
        let writing = Self { path, directory, name, replace };
        writing.check_existing()?;
        Ok(writing)
    }

    fn failed(&self, doing: &'static str, errno: Errno) -> Error {
        match errno {
            Errno::EXIST => Error::Exists { path: self.path.to_owned() },
            _ => Error::system(doing, self.path, errno),
        }
    }

    fn check_existing(&self) -> Result<(), Error> {
        match rustix::fs::statat(&self.directory, self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(self.failed("stat", errno)),
            Ok(stat) => match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile if self.replace == Replace::Yes => self.check_no_key(),
                FileType::RegularFile => Err(Error::Exists { path: self.path.to_owned() }),
                kind => Err(Error::NotRegular { path: self.path.to_owned(), found: name_of(kind) }),
            },
        }
    }

    /// A slip of the hand must not cost the only key: no artefact of ours begins like one.
    fn check_no_key(&self) -> Result<(), Error> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mut beginning = [0; KEY.len()];
        // What cannot be read is no key that this program signs with.
        let read = rustix::fs::openat(&self.directory, self.name, flags, Mode::empty())
            .and_then(|file| rustix::io::read(file, &mut beginning));
        match read {
            Ok(_) if &beginning == KEY => Err(Error::Key { path: self.path.to_owned() }),
            _ => Ok(()),
        }
    }

    pub(super) fn open_draft(&self) -> Result<Draft, Error> {
        let owner = Mode::RUSR | Mode::WUSR;
        let nameless = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        if let Ok(file) = rustix::fs::openat(&self.directory, ".", nameless, owner) {
            return Ok(Draft { file, name: None });
        }
        // The file system, or an old kernel, has no nameless files; any other trouble shows there.
        self.open_named_draft()
    }

    pub(super) fn open_named_draft(&self) -> Result<Draft, Error> {
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::WRONLY | OFlags::CLOEXEC;
        let owner = Mode::RUSR | Mode::WUSR;
        let name = self.draft_name()?;
        let file = rustix::fs::openat(&self.directory, &name, flags, owner)
            .map_err(|errno| self.failed("create a file beside", errno))?;
        Ok(Draft { file, name: Some(name) })
    }

    /// Random, so that two writers never share a draft; short, so that any name can be written.
    fn draft_name(&self) -> Result<String, Error> {
        let mut random = [0u8; 8];
        getrandom::fill(&mut random).map_err(|_| self.failed("name a file beside", Errno::IO))?;
        Ok(format!(".drift-{}.tmp", hex(&random)))
    }

    fn fill(&self, draft: &Draft, bytes: &[u8], mode: u32, cancel: &Cancel) -> Result<(), Error> {
        self.append(draft, bytes, cancel)?;
        self.settle(draft, mode, cancel)
    }

    fn append(&self, draft: &Draft, bytes: &[u8], cancel: &Cancel) -> Result<(), Error> {
        for chunk in bytes.chunks(CHUNK_BYTES) {
            self.check(cancel)?;
            let mut rest = chunk;
            while !rest.is_empty() {
                match rustix::io::write(&draft.file, rest) {
                    Ok(0) => return Err(self.failed("write", Errno::NOSPC)),
                    Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                    Err(Errno::INTR) => self.check(cancel)?,
                    Err(errno) => return Err(self.failed("write", errno)),
                }
            }
        }
        Ok(())
    }

    /// Gives the draft its mode, and its content to the disk.
    fn settle(&self, draft: &Draft, mode: u32, cancel: &Cancel) -> Result<(), Error> {
        rustix::fs::fchmod(&draft.file, Mode::from_raw_mode(mode & 0o777))
            .map_err(|errno| self.failed("set the mode of", errno))?;
        rustix::fs::fsync(&draft.file).map_err(|errno| self.failed("synchronise", errno))?;
        self.check(cancel)
    }

    /// Makes the name survive a power failure.
    fn synchronise(&self) -> Result<(), Error> {
        rustix::fs::fsync(&self.directory)
            .map_err(|errno| Error::NotDurable { path: self.path.to_owned(), source: errno.into() })
    }

    fn check(&self, cancel: &Cancel) -> Result<(), Error> {
        cancel.check().map_err(|source| Error::Cancelled { path: self.path.to_owned(), source })
    }

    /// Gives the draft its name. A nameless file cannot replace another, so then it is first
    /// named like a draft: a run that is killed just there leaves `.drift-….tmp` behind.
    fn publish(&self, draft: &Draft) -> Result<(), Error> {
        let Some(name) = &draft.name else {
            let taken = match link(draft, &self.directory, self.name) {
                Ok(()) => return Ok(()),
                Err(errno) => errno,
            };
            if taken != Errno::EXIST || self.replace == Replace::No {
                return Err(self.failed("name", taken));
            }
            let name = self.draft_name()?;
            link(draft, &self.directory, OsStr::new(&name))
                .map_err(|errno| self.failed("name", errno))?;
            return self.rename(&name).inspect_err(|_| self.unlink(&name));
        };
        self.rename(name)
    }

    fn rename(&self, draft: &str) -> Result<(), Error> {
        let directory = &self.directory;
        let renamed = match self.replace {
            Replace::Yes => rustix::fs::renameat(directory, draft, directory, self.name),
            Replace::No => {
                let flags = RenameFlags::NOREPLACE;
                match rustix::fs::renameat_with(directory, draft, directory, self.name, flags) {
                    // Not every file system can; a hard link never replaces either.
                    Err(Errno::INVAL | Errno::NOSYS) => {
                        let none = AtFlags::empty();
                        rustix::fs::linkat(directory, draft, directory, self.name, none)
                            .inspect(|()| self.unlink(draft))
                    }
                    result => result,
                }
            }
        };
        renamed.map_err(|errno| self.failed("rename", errno))
    }

    fn discard(&self, draft: &Draft) {
        if let Some(name) = &draft.name {
            self.unlink(name);
        }
    }

    /// Removes a draft; when even that fails, the first error is the one to report.
    fn unlink(&self, name: &str) {
        let _ = rustix::fs::unlinkat(&self.directory, name, AtFlags::empty());
    }
}

/// Names a nameless file. `AT_EMPTY_PATH` would need a privilege, `/proc` does not.
fn link(draft: &Draft, directory: &OwnedFd, name: &OsStr) -> Result<(), Errno> {
    let own = format!("/proc/self/fd/{}", draft.file.as_fd().as_raw_fd());
    match rustix::fs::linkat(CWD, own, directory, name, AtFlags::SYMLINK_FOLLOW) {
        Err(Errno::NOENT) => {
            rustix::fs::linkat(&draft.file, "", directory, name, AtFlags::EMPTY_PATH)
        }
        result => result,
    }
}

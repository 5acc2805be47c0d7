//! Opening directories and regular files so that no link is followed and nothing else is opened.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::atomic::Ordering;

use rustix::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, ResolveFlags};

use crate::model::FileType;
use crate::source::volume::{Errno, Stat};

use super::{HostDirectory, HostVolume, retry, stat};

/// Bytes of a path in one call; the kernel takes 4096 with the final NUL (`PATH_MAX`).
const CHUNK_BYTES: usize = 4000;

/// openat2 may answer EAGAIN when something is renamed while it resolves (openat2(2)).
const TRIES: usize = 8;

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC)
    .union(OFlags::NONBLOCK);

const FILE: OFlags =
    OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

const HANDLE: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

const CONFINED: ResolveFlags =
    ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS).union(ResolveFlags::NO_MAGICLINKS);

/// Opens the table of the mounts that `/proc/PID/root` leads to; `None` for any other path, whose
/// mounts are those of this process. The open table stays that of the same process when its number
/// is given to another.
pub(super) fn mount_table_of(root: &Path) -> Option<Result<OwnedFd, Errno>> {
    let rest = root.as_os_str().as_bytes().strip_prefix(b"/proc/")?;
    let mut names = rest.split(|&byte| byte == b'/').filter(|name| !name.is_empty());
    let process = names.next().filter(|name| name.iter().all(u8::is_ascii_digit))?;
    if names.next() != Some(b"root") {
        return None;
    }
    let table = [b"/proc/", process, b"/mountinfo"].concat();
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    Some(retry(|| rustix::fs::open(&*table, flags, Mode::empty())))
}

/// Returns whether the kernel has openat2 and no filter refuses it.
pub(super) fn has_openat2(root: &OwnedFd) -> bool {
    let opened = rustix::fs::openat2(root, ".", HANDLE, Mode::empty(), CONFINED);
    !matches!(opened, Err(Errno::NOSYS | Errno::PERM | Errno::INVAL | Errno::TOOBIG))
}

/// Opens a directory by a path of any length.
pub(super) fn directory(
    volume: &HostVolume,
    parent: BorrowedFd<'_>,
    path: &[u8],
) -> Result<OwnedFd, Errno> {
    let limit = if volume.opens_name_by_name() { 0 } else { CHUNK_BYTES };
    let mut opened: Option<OwnedFd> = None;
    for chunk in chunks(path, limit) {
        let at = opened.as_ref().map_or(parent, |fd| fd.as_fd());
        opened = Some(match confined(volume, at, chunk) {
            // The chunk may hold many names; openat takes them one at a time.
            Err(Errno::NOSYS) => {
                volume.name_by_name.store(true, Ordering::Relaxed);
                return directory(volume, at, rest_from(path, chunk));
            }
            other => other?,
        });
    }
    opened.ok_or(Errno::NOENT)
}

/// The part of `path` that begins where `chunk`, a piece of it, begins.
fn rest_from<'p>(path: &'p [u8], chunk: &[u8]) -> &'p [u8] {
    let at = (chunk.as_ptr() as usize).saturating_sub(path.as_ptr() as usize);
    path.get(at..).unwrap_or_default()
}

fn confined(volume: &HostVolume, at: BorrowedFd<'_>, path: &[u8]) -> Result<OwnedFd, Errno> {
    if volume.opens_name_by_name() {
        return one_directory(at, path);
    }
    // Without O_NOFOLLOW, which would hide a link at the end behind ENOTDIR; CONFINED refuses it.
    unnoticed(DIRECTORY.difference(OFlags::NOFOLLOW), |flags| {
        let mut tries = 0;
        loop {
            match rustix::fs::openat2(at, path, flags, Mode::empty(), CONFINED) {
                Err(Errno::AGAIN) if tries < TRIES => tries += 1,
                other => return other,
            }
        }
    })
}

/// Opens one directory by one name, with the error that openat2 would give for a link.
pub(super) fn one_directory(at: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    let opened = unnoticed(DIRECTORY, |flags| rustix::fs::openat(at, name, flags, Mode::empty()));
    match opened {
        Err(Errno::NOTDIR)
            if stat::of_name(at, name).is_ok_and(|stat| stat.file_type == FileType::Symlink) =>
        {
            Err(Errno::LOOP)
        }
        other => other,
    }
}

/// Cuts a path between names into pieces of at most `limit` bytes; a longer name stands alone.
fn chunks(path: &[u8], limit: usize) -> impl Iterator<Item = &[u8]> {
    let mut rest = path;
    std::iter::from_fn(move || {
        while let Some(tail) = rest.strip_prefix(b"/") {
            rest = tail;
        }
        if rest.is_empty() {
            return None;
        }
        let mut cut = rest.len();
        if rest.len() > limit {
            let slash = |part: &[u8]| part.iter().rposition(|&byte| byte == b'/');
            cut = rest
                .get(..limit)
                .and_then(slash)
                .or_else(|| rest.iter().position(|&byte| byte == b'/'))
                .unwrap_or(rest.len());
        }
        let (chunk, tail) = rest.split_at(cut);
        rest = tail;
        Some(chunk)
    })
}

/// Opens without touching the time of last access, where the caller may ask for that: only the
/// owner and the privileged may (`O_NOATIME`, open(2)).
fn unnoticed(
    flags: OFlags,
    mut open: impl FnMut(OFlags) -> Result<OwnedFd, Errno>,
) -> Result<OwnedFd, Errno> {
    match retry(|| open(flags | OFlags::NOATIME)) {
        Err(Errno::PERM) => retry(|| open(flags)),
        other => other,
    }
}

/// Opens a regular file, and only if it is the one that was seen.
///
/// Where nobody but root can swap the name, one checked open will do; anywhere else the object is
/// pinned first (`O_PATH` opens nothing) and opened through its descriptor once it is known.
pub(super) fn file(
    volume: &HostVolume,
    directory: &HostDirectory,
    name: &[u8],
    expected: &Stat,
) -> Result<OwnedFd, Errno> {
    if expected.file_type != FileType::File {
        return Err(Errno::STALE);
    }
    let fd = if is_guarded(directory) || !volume.descriptors {
        let flags = FILE | OFlags::NOFOLLOW;
        unnoticed(flags, |flags| rustix::fs::openat(&directory.fd, name, flags, Mode::empty()))
            .map_err(|errno| if errno == Errno::LOOP { Errno::STALE } else { errno })?
    } else {
        let handle = retry(|| rustix::fs::openat(&directory.fd, name, HANDLE, Mode::empty()))?;
        confirm(handle.as_fd(), expected)?;
        let path = format!("/proc/self/fd/{}", handle.as_raw_fd());
        unnoticed(FILE, |flags| rustix::fs::open(&*path, flags, Mode::empty()))?
    };
    confirm(fd.as_fd(), expected)?;
    Ok(fd)
}

/// Opens a name of a guarded directory without having looked at it again. Nothing is followed, and
/// nothing that is mounted there meanwhile is touched.
pub(super) fn guarded_file(directory: &HostDirectory, name: &[u8]) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::NO_SYMLINKS.union(ResolveFlags::NO_XDEV);
    unnoticed(FILE | OFlags::NOFOLLOW, |flags| {
        rustix::fs::openat2(&directory.fd, name, flags, Mode::empty(), resolve)
    })
}

/// Returns whether nobody but root can put something else under a name of this directory.
pub(super) fn is_guarded(directory: &HostDirectory) -> bool {
    *directory
        .guarded
        .get_or_init(|| stat::of_descriptor(directory.fd.as_fd()).is_ok_and(|stat| guards(&stat)))
}

/// Returns whether a directory with this look is root's alone.
pub(super) fn guards(directory: &Stat) -> bool {
    directory.uid == 0 && directory.mode & 0o022 == 0
}

fn confirm(fd: BorrowedFd<'_>, expected: &Stat) -> Result<(), Errno> {
    let found = retry(|| rustix::fs::fstat(fd))?;
    let same = FileType::from_mode(found.st_mode) == FileType::File
        && found.st_ino == expected.inode
        && found.st_dev == expected.device;
    if same { Ok(()) } else { Err(Errno::STALE) }
}

/// Without `/proc` attributes can be read only of what may be opened: files and directories.
pub(super) fn for_xattrs(
    volume: &HostVolume,
    directory: &HostDirectory,
    name: &[u8],
) -> Result<OwnedFd, Errno> {
    let stat = stat::of_name(directory.fd.as_fd(), name)?;
    match stat.file_type {
        FileType::File => file(volume, directory, name, &stat),
        FileType::Directory => one_directory(directory.fd.as_fd(), name),
        _ => Err(Errno::NOSYS),
    }
}

#[cfg(test)]
mod tests {
    use super::{CHUNK_BYTES, chunks};

    #[test]
    fn chunks_keep_every_name_whole_and_stay_short() {
        let name = "x".repeat(255);
        let path = vec![name.as_str(); 100].join("/");
        for limit in [0, 1, 255, 256, 511, 512, CHUNK_BYTES] {
            let cut: Vec<&[u8]> = chunks(path.as_bytes(), limit).collect();
            assert_eq!(cut.join(&b'/'), path.as_bytes(), "{limit}");
            assert!(cut.iter().all(|chunk| chunk.len() <= limit.max(255)), "{limit}");
        }
        assert_eq!(chunks(b"", 10).count(), 0);
        assert_eq!(chunks(b"a", 0).collect::<Vec<_>>(), [b"a"]);
    }
}

//! A directory of real objects, built step by step and gone with its value.
//!
//! Modes are set after creation, so the umask of whoever runs the tests does not matter. Owners,
//! device nodes, trusted attributes and inode flags need root: ask `need::root` first.

#![expect(clippy::disallowed_methods, reason = "tests build real trees")]
#![expect(clippy::panic, reason = "a tree that cannot be built is a failed test")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, IFlags, Mode, OFlags, Timespec, Timestamps, XattrFlags};

/// A device number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// A character device: major and minor number.
    Char(u32, u32),
    /// A block device: major and minor number.
    Block(u32, u32),
}

/// A temporary directory under construction; every path given to it is relative to its root.
///
/// ```
/// let root = drift_testkit::TempRoot::new()
///     .directory("etc", 0o755)
///     .file("etc/hosts", b"127.0.0.1 localhost\n", 0o644)
///     .symlink("hosts", "etc/names");
/// assert!(root.path().join("etc/names").exists());
/// ```
#[derive(Debug)]
pub struct TempRoot {
    directory: tempfile::TempDir,
    flagged: Vec<PathBuf>,
}

impl Default for TempRoot {
    fn default() -> Self {
        Self::new()
    }
}

impl TempRoot {
    /// Makes an empty root with mode 0755.
    #[must_use]
    pub fn new() -> Self {
        let directory = done(tempfile::tempdir(), "the root", Path::new("."));
        Self { directory, flagged: Vec::new() }.mode("", 0o755)
    }

    /// Returns where it is on this machine.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Returns where an object of it is on this machine.
    #[must_use]
    pub fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        assert!(path.is_relative(), "{} must be relative to the root", path.display());
        if path.as_os_str().is_empty() { self.path().to_owned() } else { self.path().join(path) }
    }

    /// Makes a directory; its parents too, with mode 0755.
    #[must_use]
    pub fn directory(self, path: impl AsRef<Path>, mode: u32) -> Self {
        let at = self.at(&path);
        let mut missing: Vec<&Path> = at.ancestors().take_while(|at| !at.exists()).collect();
        while let Some(next) = missing.pop() {
            done(fs::create_dir(next), "directory", next);
            done(fs::set_permissions(next, fs::Permissions::from_mode(0o755)), "mode", next);
        }
        self.mode(path, mode)
    }

    /// Makes a file, or gives one new content.
    #[must_use]
    pub fn file(self, path: impl AsRef<Path>, content: impl AsRef<[u8]>, mode: u32) -> Self {
        let at = self.at(&path);
        done(fs::write(&at, content), "file", &at);
        self.mode(path, mode)
    }

    /// Makes a file of `length` bytes that is one hole.
    #[must_use]
    pub fn sparse_file(self, path: impl AsRef<Path>, length: u64, mode: u32) -> Self {
        let at = self.at(&path);
        let file = done(fs::File::create(&at), "file", &at);
        done(file.set_len(length), "length", &at);
        self.mode(path, mode)
    }

    /// Makes a symbolic link at `path` that says `target`.
    #[must_use]
    pub fn symlink(self, target: impl AsRef<OsStr>, path: impl AsRef<Path>) -> Self {
        let at = self.at(path);
        done(symlink(target.as_ref(), &at), "symbolic link", &at);
        self
    }

    /// Gives the object at `existing` a second name.
    #[must_use]
    pub fn hard_link(self, existing: impl AsRef<Path>, path: impl AsRef<Path>) -> Self {
        let at = self.at(path);
        done(fs::hard_link(self.at(existing), &at), "hard link", &at);
        self
    }

    /// Makes a named pipe.
    #[must_use]
    pub fn fifo(self, path: impl AsRef<Path>, mode: u32) -> Self {
        self.node(path.as_ref(), FileType::Fifo, 0).mode(path, mode)
    }

    /// Makes a socket that nobody listens on.
    #[must_use]
    pub fn socket(self, path: impl AsRef<Path>, mode: u32) -> Self {
        self.node(path.as_ref(), FileType::Socket, 0).mode(path, mode)
    }

    /// Makes a device node.
    #[must_use]
    pub fn device(self, path: impl AsRef<Path>, device: Device, mode: u32) -> Self {
        let (file_type, major, minor) = match device {
            Device::Char(major, minor) => (FileType::CharacterDevice, major, minor),
            Device::Block(major, minor) => (FileType::BlockDevice, major, minor),
        };
        self.node(path.as_ref(), file_type, rustix::fs::makedev(major, minor)).mode(path, mode)
    }

    /// Sets permission bits, setuid, setgid and sticky included.
    #[must_use]
    pub fn mode(self, path: impl AsRef<Path>, mode: u32) -> Self {
        let at = self.at(path);
        done(fs::set_permissions(&at, fs::Permissions::from_mode(mode)), "mode", &at);
        self
    }

    /// Sets owner and group, of a link itself; setuid and setgid must be set after it.
    #[must_use]
    pub fn owner(self, path: impl AsRef<Path>, uid: u32, gid: u32) -> Self {
        let at = self.at(path);
        done(lchown(&at, Some(uid), Some(gid)), "owner", &at);
        self
    }

    /// Sets the time of last change, of a link itself. Set a directory's last: each new name in it
    /// changes it.
    #[must_use]
    pub fn mtime(self, path: impl AsRef<Path>, seconds: i64, nanoseconds: u32) -> Self {
        let at = self.at(path);
        let time = Timespec { tv_sec: seconds, tv_nsec: nanoseconds.into() };
        let times = Timestamps { last_access: time, last_modification: time };
        let set = rustix::fs::utimensat(CWD, &at, &times, AtFlags::SYMLINK_NOFOLLOW);
        done(set, "time", &at);
        self
    }

    /// Sets one extended attribute, of a link itself.
    #[must_use]
    pub fn xattr(self, path: impl AsRef<Path>, name: &str, value: &[u8]) -> Self {
        let at = self.at(path);
        done(rustix::fs::lsetxattr(&at, name, value, XattrFlags::empty()), "attribute", &at);
        self
    }

    /// Sets inode flags such as `IMMUTABLE` and `APPEND`; they are cleared when the root goes.
    #[must_use]
    pub fn flags(mut self, path: impl AsRef<Path>, flags: IFlags) -> Self {
        let at = self.at(path);
        done(set_flags(&at, flags), "flags", &at);
        self.flagged.push(at);
        self
    }

    /// Removes a file, or a directory with all that is in it.
    #[must_use]
    pub fn remove(self, path: impl AsRef<Path>) -> Self {
        let at = self.at(path);
        let is_directory = done(fs::symlink_metadata(&at), "object", &at).is_dir();
        let gone = if is_directory { fs::remove_dir_all(&at) } else { fs::remove_file(&at) };
        done(gone, "removal", &at);
        self
    }

    fn node(self, path: &Path, file_type: FileType, device: u64) -> Self {
        let at = self.at(path);
        let mode = Mode::from_raw_mode(0o600);
        done(rustix::fs::mknodat(CWD, &at, file_type, mode, device), "node", &at);
        self
    }
}

impl Drop for TempRoot {
    fn drop(&mut self) {
        for path in &self.flagged {
            // The directory may be gone already, and a drop must not fail.
            let _gone = set_flags(path, IFlags::empty());
        }
    }
}

/// Replaces the flags immutable and append, and keeps those that belong to the file system.
fn set_flags(path: &Path, wanted: IFlags) -> rustix::io::Result<()> {
    let oflags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, oflags, Mode::empty())?;
    let kept = rustix::fs::ioctl_getflags(&file)? - (IFlags::IMMUTABLE | IFlags::APPEND);
    rustix::fs::ioctl_setflags(&file, kept | wanted)
}

#[track_caller]
fn done<T, E: std::fmt::Display>(result: Result<T, E>, what: &str, at: &Path) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{what} {}: {error}", at.display()),
    }
}

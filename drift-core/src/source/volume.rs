//! The lower seam: single objects of a file system, by directory handle and name.

use crate::model::{Device, FileType, Flags, Observed, Time, Xattrs};

use super::known::{FileSystem, Seal};
use super::mounts::MountPoint;

/// The kernel's error numbers; volumes that are no kernel use the one that fits.
pub use rustix::io::Errno;

/// What a volume knows of one object (statx(2)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// What it is.
    pub file_type: FileType,
    /// Permission bits.
    pub mode: u16,
    /// Numeric owner.
    pub uid: u32,
    /// Numeric group.
    pub gid: u32,
    /// Length in bytes.
    pub size: u64,
    /// Allocated bytes; fewer than `size` where there are holes.
    pub allocated: u64,
    /// Time of the last change of content.
    pub mtime: Time,
    /// Time of the last change of the object; never recorded, only to notice a change.
    pub ctime: Time,
    /// Time of the object's making, where the file system keeps it; never recorded, only to notice
    /// that another object has taken the same inode.
    pub btime: Option<Time>,
    /// Whether the kernel checks its content against a sealed digest, and refuses to write to it
    /// (fs-verity; `STATX_ATTR_VERITY`).
    pub verity: bool,
    /// Device number of a device node.
    pub rdev: Option<Device>,
    /// Number of names.
    pub nlink: u32,
    /// Device that holds it.
    pub device: u64,
    /// Its inode there.
    pub inode: u64,
    /// The mount it was seen through (`stx_mnt_id`); 0 where the volume has no mounts.
    pub mount: u64,
    /// Immutable and append-only, where the file system reports them.
    pub flags: Observed<Flags>,
}

/// A name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// The name.
    pub name: Box<[u8]>,
    /// The type, where the file system tells it without asking the object.
    pub file_type: Option<FileType>,
    /// Its inode, where the listing tells it, else 0; that of a mount point is another. Good for an
    /// order and nothing else.
    pub inode: u64,
}

/// A file system that can be walked. Decorators such as [`Throttled`](super::Throttled) and
/// [`Faulty`](super::Faulty) wrap any volume.
///
/// No method may follow a symbolic link, and `open` may open nothing but a regular file.
pub trait Volume: Sync {
    /// An open directory.
    type Directory: Send + Sync;
    /// An open regular file.
    type File: Send;

    /// Opens the root.
    fn root(&self) -> Result<Self::Directory, Errno>;

    /// Opens a directory by a relative path of one or more names; no name may be a link.
    fn open_directory(
        &self,
        parent: &Self::Directory,
        path: &[u8],
    ) -> Result<Self::Directory, Errno>;

    /// Examines the directory itself.
    fn stat_directory(&self, directory: &Self::Directory) -> Result<Stat, Errno>;

    /// Hands over each name but `.` and `..`; an error may come after some of them.
    fn list(
        &self,
        directory: &Self::Directory,
        each: &mut dyn FnMut(DirectoryEntry),
    ) -> Result<(), Errno>;

    /// Examines an object without following it.
    fn stat(&self, directory: &Self::Directory, name: &[u8]) -> Result<Stat, Errno>;

    /// Reads where a symbolic link points.
    fn read_link(&self, directory: &Self::Directory, name: &[u8]) -> Result<Box<[u8]>, Errno>;

    /// Reads all extended attributes of a named object, or of the directory itself for `None`;
    /// `NotApplicable` where the file system has none.
    fn xattrs(
        &self,
        directory: &Self::Directory,
        name: Option<&[u8]>,
    ) -> Result<Observed<Xattrs>, Errno>;

    /// Ends what [`xattrs`](Self::xattrs) keeps in use on this thread.
    fn leave(&self) {}

    /// Opens a regular file without waiting; `expected` is what the survey saw. `ESTALE` says that
    /// something else stands there now, `EWOULDBLOCK` that another program holds a lease on it.
    fn open(
        &self,
        directory: &Self::Directory,
        name: &[u8],
        expected: &Stat,
    ) -> Result<Self::File, Errno>;

    /// Whether [`open_guarded`](Self::open_guarded) may be tried in this directory: nobody but root
    /// can put something else under one of its names.
    fn is_guarded(&self, _directory: &Self::Directory) -> bool {
        false
    }

    /// Opens what the survey saw to be a regular file and examines it, without another look at the
    /// name before. `ESTALE` says that it is no regular file, `EXDEV` that a mount begins here,
    /// `ENOSYS` that this cannot be done in one step; anything else as [`open`](Self::open).
    fn open_guarded(
        &self,
        _directory: &Self::Directory,
        _name: &[u8],
    ) -> Result<(Self::File, Stat), Errno> {
        Err(Errno::NOSYS)
    }

    /// Examines an open file.
    fn stat_file(&self, file: &Self::File) -> Result<Stat, Errno>;

    /// Asks what the kernel checks the content of an open file against; `None` where nothing is sealed,
    /// or that cannot be told, and then the file is read.
    fn seal(&self, _file: &Self::File) -> Option<Seal> {
        None
    }

    /// Reads the next bytes; 0 at the end.
    fn read(&self, file: &mut Self::File, buffer: &mut [u8]) -> Result<usize, Errno>;

    /// Returns the next range of data, start and end, at or after `offset`; `None` when only a hole
    /// follows. Volumes without holes answer `Some((offset, size))`.
    fn next_data(&self, file: &Self::File, offset: u64) -> Result<Option<(u64, u64)>, Errno>;

    /// Moves to an offset, after [`next_data`](Self::next_data).
    fn seek(&self, file: &mut Self::File, offset: u64) -> Result<(), Errno>;

    /// Says what an error means, where it is the volume's own and the kernel's words would mislead.
    fn meaning(&self, _errno: Errno) -> Option<&'static str> {
        None
    }

    /// Whether objects of one directory are best looked at in the order of their inodes, as on a disk
    /// that rotates; any order gives the same.
    fn prefers_inodes(&self) -> bool {
        false
    }

    /// Says which file system a directory lies on; `None` where that cannot be told, and then no file
    /// of it is known from an earlier run.
    fn file_system(&self, _directory: &Self::Directory) -> Option<FileSystem> {
        None
    }

    /// Reads the table of mounted file systems; a volume without mounts has an empty one.
    fn mounts(&self) -> Result<Vec<MountPoint>, Errno> {
        Ok(Vec::new())
    }
}

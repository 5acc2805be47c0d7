//! The volume of the running kernel: a directory of this machine, seen through descriptors alone.
//!
//! After the root is open no path of the machine is used again but `/proc/self/fd/N`, so nothing
//! that is renamed or linked meanwhile leads outside. Nothing that is not a regular file is opened
//! for reading: opening a FIFO, a device or an automount point has effects.

mod disk;
mod here;
mod open;
mod privilege;
mod residence;
mod seal;
mod stat;
mod xattr;

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fd::{AsFd as _, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, RawDir, SeekFrom};

use crate::model::{FileType, Observed, Xattrs};

use super::known::{FileSystem, Seal};
use super::manners::{Disk, Manners};
use super::mounts::{MountPoint, parse_mountinfo};
use super::volume::{DirectoryEntry, Errno, Stat, Volume};

/// Buffer of one getdents64(2): about a thousand names a call.
const LIST_BUFFER_BYTES: usize = 32 << 10;

thread_local! {
    /// Kept by each thread: an allocator that gets so much back tidies up after every directory, and a
    /// stack may be small.
    static LIST_BUFFER: Cell<Vec<MaybeUninit<u8>>> = const { Cell::new(Vec::new()) };
}

/// The table of this process's mounts.
const OWN_MOUNTS: &str = "/proc/self/mountinfo";

/// A mount table larger than this (some 100,000 mounts) is not read.
const MAX_MOUNT_TABLE_BYTES: usize = 16 << 20;

use here::Visit;
pub(super) use privilege::sees_trusted_attributes;
pub use residence::HostFile;
use residence::Residences;

/// How paths of several names are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resolution {
    /// One openat2(2) for many names where the kernel has it, else name by name.
    #[default]
    Automatic,
    /// Always name by name, as on kernels before 5.6 and under filters that refuse openat2.
    NameByName,
}

/// A directory of this machine as a volume.
#[derive(Debug)]
pub struct HostVolume {
    root: OwnedFd,
    /// Set once openat2 turns out to be missing or refused; the results are the same.
    name_by_name: AtomicBool,
    /// Whether `/proc/self/fd` is the kernel's own.
    descriptors: bool,
    /// The table of the mounts of another process, where the root is that process's.
    table: Option<OwnedFd>,
    manners: Manners,
    residences: Residences,
    disk: Disk,
}

/// An open directory of this machine.
#[derive(Debug)]
pub struct HostDirectory {
    fd: OwnedFd,
    visit: Visit,
    /// Whether only root can put something else under one of its names; looked up at first need.
    guarded: OnceLock<bool>,
}

impl HostVolume {
    /// Opens a directory as the root. Links on the way to it are followed: the operator named it.
    pub fn open(path: &Path, resolution: Resolution) -> Result<Self, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = retry(|| rustix::fs::open(path, flags, Mode::empty()))?;
        let name_by_name = resolution == Resolution::NameByName || !open::has_openat2(&root);
        let name_by_name = AtomicBool::new(name_by_name);
        let table = open::mount_table_of(path).transpose()?;
        let disk = disk::beneath(&root);
        let manners = Manners::default();
        let residences = Residences::new(manners.page_cache, disk);
        let descriptors = xattr::has_descriptor_paths();
        Ok(Self { root, name_by_name, descriptors, table, manners, residences, disk })
    }

    /// Reads as `manners` say.
    #[must_use]
    pub fn with_manners(mut self, manners: Manners) -> Self {
        self.disk = manners.disk.unwrap_or(self.disk);
        self.residences = Residences::new(manners.page_cache, self.disk);
        self.manners = manners;
        self
    }

    /// Returns how it reads.
    pub(super) fn manners(&self) -> &Manners {
        &self.manners
    }

    /// Opens a regular file as [`Volume::open`] does, and returns its descriptor at the start.
    pub(super) fn descriptor(
        &self,
        directory: &HostDirectory,
        name: &[u8],
        expected: &Stat,
    ) -> Result<OwnedFd, Errno> {
        open::file(self, directory, name, expected)
    }

    /// Returns whether paths are opened name by name.
    #[must_use]
    pub fn opens_name_by_name(&self) -> bool {
        self.name_by_name.load(Ordering::Relaxed)
    }
}

impl HostDirectory {
    fn new(fd: OwnedFd) -> Self {
        Self { fd, visit: Visit::new(), guarded: OnceLock::new() }
    }
}

impl Volume for HostVolume {
    type Directory = HostDirectory;
    type File = HostFile;

    fn root(&self) -> Result<HostDirectory, Errno> {
        open::one_directory(self.root.as_fd(), b".").map(HostDirectory::new)
    }

    fn open_directory(&self, parent: &HostDirectory, path: &[u8]) -> Result<HostDirectory, Errno> {
        open::directory(self, parent.fd.as_fd(), path).map(HostDirectory::new)
    }

    fn stat_directory(&self, directory: &HostDirectory) -> Result<Stat, Errno> {
        let stat = stat::of_descriptor(directory.fd.as_fd())?;
        directory.guarded.get_or_init(|| open::guards(&stat));
        Ok(stat)
    }

    fn list(
        &self,
        directory: &HostDirectory,
        each: &mut dyn FnMut(DirectoryEntry),
    ) -> Result<(), Errno> {
        let mut buffer = LIST_BUFFER.take();
        buffer.resize(LIST_BUFFER_BYTES, MaybeUninit::uninit());
        let done = list_into(directory.fd.as_fd(), &mut buffer, each);
        LIST_BUFFER.set(buffer);
        done
    }

    fn stat(&self, directory: &HostDirectory, name: &[u8]) -> Result<Stat, Errno> {
        stat::of_name(directory.fd.as_fd(), name)
    }

    fn read_link(&self, directory: &HostDirectory, name: &[u8]) -> Result<Box<[u8]>, Errno> {
        let target = retry(|| rustix::fs::readlinkat(&directory.fd, name, Vec::new()))?;
        Ok(target.into_bytes().into())
    }

    fn xattrs(
        &self,
        directory: &HostDirectory,
        name: Option<&[u8]>,
    ) -> Result<Observed<Xattrs>, Errno> {
        match name {
            None => xattr::of_descriptor(directory.fd.as_fd()),
            Some(name) if here::go(directory.visit, directory.fd.as_fd()) => xattr::of_here(name),
            Some(name) if self.descriptors => xattr::of_name(directory.fd.as_fd(), name),
            Some(name) => open::for_xattrs(self, directory, name)
                .and_then(|fd| xattr::of_descriptor(fd.as_fd())),
        }
    }

    fn open(
        &self,
        directory: &HostDirectory,
        name: &[u8],
        expected: &Stat,
    ) -> Result<HostFile, Errno> {
        let fd = open::file(self, directory, name, expected)?;
        Ok(self.residences.file(fd, expected))
    }

    fn is_guarded(&self, directory: &HostDirectory) -> bool {
        !self.opens_name_by_name() && open::is_guarded(directory)
    }

    fn open_guarded(
        &self,
        directory: &HostDirectory,
        name: &[u8],
    ) -> Result<(HostFile, Stat), Errno> {
        let fd = open::guarded_file(directory, name)?;
        let seen = stat::of_descriptor(fd.as_fd())?;
        match seen.file_type {
            FileType::File => Ok((self.residences.file(fd, &seen), seen)),
            _ => Err(Errno::STALE),
        }
    }

    fn stat_file(&self, file: &HostFile) -> Result<Stat, Errno> {
        stat::of_descriptor(file.as_fd())
    }

    fn seal(&self, file: &HostFile) -> Option<Seal> {
        seal::of(file.as_fd())
    }

    fn read(&self, file: &mut HostFile, buffer: &mut [u8]) -> Result<usize, Errno> {
        let count = self.residences.read(file, buffer)?;
        if let Some(rate) = &self.manners.rate {
            rate.pay(count);
        }
        Ok(count)
    }

    fn next_data(&self, file: &HostFile, offset: u64) -> Result<Option<(u64, u64)>, Errno> {
        match retry(|| rustix::fs::seek(file.as_fd(), SeekFrom::Data(offset))) {
            Ok(start) => {
                let end = retry(|| rustix::fs::seek(file.as_fd(), SeekFrom::Hole(start)))?;
                Ok(Some((start, end)))
            }
            Err(Errno::NXIO) => Ok(None),
            Err(Errno::INVAL) => {
                let size = self.stat_file(file)?.size;
                Ok((offset < size).then_some((offset, size)))
            }
            Err(other) => Err(other),
        }
    }

    fn seek(&self, file: &mut HostFile, offset: u64) -> Result<(), Errno> {
        file.seek(offset)
    }

    fn leave(&self) {
        here::leave();
    }

    fn prefers_inodes(&self) -> bool {
        self.disk == Disk::Rotating
    }

    fn file_system(&self, directory: &HostDirectory) -> Option<FileSystem> {
        let kind = retry(|| rustix::fs::fstatfs(&directory.fd)).ok()?.f_type;
        let found = retry(|| rustix::fs::fstatvfs(&directory.fd)).ok()?;
        let is_read_only = found.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY);
        let stat = stat::of_descriptor(directory.fd.as_fd()).ok()?;
        let kind = u64::try_from(kind).ok()?;
        let (id, inode, btime) = (found.f_fsid, stat.inode, stat.btime);
        Some(FileSystem { kind, id, inode, btime, is_read_only })
    }

    fn mounts(&self) -> Result<Vec<MountPoint>, Errno> {
        if let Some(table) = &self.table {
            return read_mounts(table.as_fd());
        }
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let table = retry(|| rustix::fs::open(OWN_MOUNTS, flags, Mode::empty()))?;
        read_mounts(table.as_fd())
    }
}

/// Reads a table from its beginning, without moving where others read it.
fn read_mounts(table: BorrowedFd<'_>) -> Result<Vec<MountPoint>, Errno> {
    let mut text = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = retry(|| rustix::io::pread(table, &mut *buffer, text.len() as u64))?;
        if count == 0 {
            return Ok(parse_mountinfo(&text));
        }
        text.extend_from_slice(buffer.get(..count).unwrap_or_default());
        if text.len() > MAX_MOUNT_TABLE_BYTES {
            return Err(Errno::FBIG);
        }
    }
}

/// Repeats a call that a signal interrupted.
fn retry<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            other => return other,
        }
    }
}

/// Hands over every name of a directory but `.` and `..`.
fn list_into(
    directory: BorrowedFd<'_>,
    buffer: &mut [MaybeUninit<u8>],
    each: &mut dyn FnMut(DirectoryEntry),
) -> Result<(), Errno> {
    retry(|| rustix::fs::seek(directory, SeekFrom::Start(0)))?;
    let mut names = RawDir::new(directory, buffer);
    while let Some(entry) = names.next() {
        let entry = match entry {
            Err(Errno::INTR) => continue,
            other => other?,
        };
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            let (file_type, inode) = (listed(entry.file_type()), entry.ino());
            each(DirectoryEntry { name: name.into(), file_type, inode });
        }
    }
    Ok(())
}

/// `DT_UNKNOWN` and what no one knows yet are `None`: the object itself is asked.
fn listed(file_type: rustix::fs::FileType) -> Option<FileType> {
    Some(FileType::from_mode(file_type.as_raw_mode())).filter(|known| *known != FileType::Unknown)
}

#[cfg(test)]
mod tests;

//! A volume that fails on purpose, at points that a test chooses and can enumerate.
//!
//! Every call of the volume has a number, counted over all threads; a plan sees the number, the
//! operation and the name, and says what happens instead. A plan may also act, such as swap an
//! object on the disk between the examination and the opening of it.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::{Observed, Xattrs};

use super::known::{FileSystem, Seal};
use super::mounts::MountPoint;
use super::volume::{DirectoryEntry, Errno, Stat, Volume};

/// The operations of a [`Volume`] that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// [`Volume::root`].
    Root,
    /// [`Volume::open_directory`].
    OpenDirectory,
    /// [`Volume::stat_directory`].
    StatDirectory,
    /// [`Volume::list`]; the fault comes after half of the names.
    List,
    /// [`Volume::stat`].
    Stat,
    /// [`Volume::read_link`].
    ReadLink,
    /// [`Volume::xattrs`].
    Xattrs,
    /// [`Volume::open`] and [`Volume::open_guarded`].
    Open,
    /// [`Volume::stat_file`].
    StatFile,
    /// [`Volume::seal`], which then tells nothing.
    Seal,
    /// [`Volume::read`].
    Read,
    /// [`Volume::next_data`].
    NextData,
    /// [`Volume::seek`].
    Seek,
    /// [`Volume::mounts`].
    Mounts,
}

/// One call, as a plan sees it.
#[derive(Debug, Clone, Copy)]
pub struct Call<'c> {
    /// Its number among all calls, from 0.
    pub number: u64,
    /// What is called.
    pub operation: Operation,
    /// The last name that led to the object; empty for the root.
    pub name: &'c [u8],
}

/// What happens instead of what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call fails.
    Error(Errno),
    /// A read returns at most so many bytes, at least one; other calls go on as usual.
    Short(usize),
}

/// A plan: what happens instead of a call, or `None`.
type Plan = Box<dyn Fn(Call<'_>) -> Option<Fault> + Sync + Send>;

/// Another volume, with faults.
pub struct Faulty<V> {
    volume: V,
    calls: AtomicU64,
    plan: Plan,
}

impl<V> std::fmt::Debug for Faulty<V> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Faulty").field("calls", &self.calls).finish_non_exhaustive()
    }
}

/// A directory or file with the name that led to it.
#[derive(Debug)]
pub struct Named<T> {
    inner: T,
    name: Box<[u8]>,
}

impl<V: Volume> Faulty<V> {
    /// Wraps a volume with a plan.
    pub fn new(
        volume: V,
        plan: impl Fn(Call<'_>) -> Option<Fault> + Sync + Send + 'static,
    ) -> Self {
        Self { volume, calls: AtomicU64::new(0), plan: Box::new(plan) }
    }

    /// Lets the one call with this number fail.
    pub fn at(volume: V, number: u64, errno: Errno) -> Self {
        Self::new(volume, move |call| (call.number == number).then_some(Fault::Error(errno)))
    }

    /// Lets every call from this number on fail.
    pub fn from_number(volume: V, number: u64, errno: Errno) -> Self {
        Self::new(volume, move |call| (call.number >= number).then_some(Fault::Error(errno)))
    }

    /// Lets one operation fail on every object of this name.
    pub fn on(volume: V, operation: Operation, name: &[u8], errno: Errno) -> Self {
        let name: Box<[u8]> = name.into();
        Self::new(volume, move |call| {
            (call.operation == operation && *call.name == *name).then_some(Fault::Error(errno))
        })
    }

    /// Returns how many calls there were.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    fn fault(&self, operation: Operation, name: &[u8]) -> Option<Fault> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        (self.plan)(Call { number, operation, name })
    }

    fn check(&self, operation: Operation, name: &[u8]) -> Result<(), Errno> {
        match self.fault(operation, name) {
            Some(Fault::Error(errno)) => Err(errno),
            Some(Fault::Short(_)) | None => Ok(()),
        }
    }
}

fn last(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
}

impl<V: Volume> Volume for Faulty<V> {
    type Directory = Named<V::Directory>;
    type File = Named<V::File>;

    fn root(&self) -> Result<Self::Directory, Errno> {
        self.check(Operation::Root, b"")?;
        Ok(Named { inner: self.volume.root()?, name: Box::default() })
    }

    fn open_directory(
        &self,
        parent: &Self::Directory,
        path: &[u8],
    ) -> Result<Self::Directory, Errno> {
        self.check(Operation::OpenDirectory, last(path))?;
        let inner = self.volume.open_directory(&parent.inner, path)?;
        Ok(Named { inner, name: last(path).into() })
    }

    fn stat_directory(&self, directory: &Self::Directory) -> Result<Stat, Errno> {
        self.check(Operation::StatDirectory, &directory.name)?;
        self.volume.stat_directory(&directory.inner)
    }

    fn list(
        &self,
        directory: &Self::Directory,
        each: &mut dyn FnMut(DirectoryEntry),
    ) -> Result<(), Errno> {
        let fault = self.check(Operation::List, &directory.name);
        let mut names = Vec::new();
        let listed = self.volume.list(&directory.inner, &mut |entry| names.push(entry));
        let kept = if fault.is_err() { names.len() / 2 } else { names.len() };
        names.into_iter().take(kept).for_each(each);
        fault.and(listed)
    }

    fn stat(&self, directory: &Self::Directory, name: &[u8]) -> Result<Stat, Errno> {
        self.check(Operation::Stat, name)?;
        self.volume.stat(&directory.inner, name)
    }

    fn read_link(&self, directory: &Self::Directory, name: &[u8]) -> Result<Box<[u8]>, Errno> {
        self.check(Operation::ReadLink, name)?;
        self.volume.read_link(&directory.inner, name)
    }

    fn xattrs(
        &self,
        directory: &Self::Directory,
        name: Option<&[u8]>,
    ) -> Result<Observed<Xattrs>, Errno> {
        self.check(Operation::Xattrs, name.unwrap_or(&directory.name))?;
        self.volume.xattrs(&directory.inner, name)
    }

    fn leave(&self) {
        self.volume.leave();
    }

    fn open(
        &self,
        directory: &Self::Directory,
        name: &[u8],
        seen: &Stat,
    ) -> Result<Self::File, Errno> {
        self.check(Operation::Open, name)?;
        Ok(Named { inner: self.volume.open(&directory.inner, name, seen)?, name: name.into() })
    }

    fn is_guarded(&self, directory: &Self::Directory) -> bool {
        self.volume.is_guarded(&directory.inner)
    }

    fn open_guarded(
        &self,
        directory: &Self::Directory,
        name: &[u8],
    ) -> Result<(Self::File, Stat), Errno> {
        self.check(Operation::Open, name)?;
        let (inner, seen) = self.volume.open_guarded(&directory.inner, name)?;
        Ok((Named { inner, name: name.into() }, seen))
    }

    fn stat_file(&self, file: &Self::File) -> Result<Stat, Errno> {
        self.check(Operation::StatFile, &file.name)?;
        self.volume.stat_file(&file.inner)
    }

    fn seal(&self, file: &Self::File) -> Option<Seal> {
        self.check(Operation::Seal, &file.name).ok()?;
        self.volume.seal(&file.inner)
    }

    fn read(&self, file: &mut Self::File, buffer: &mut [u8]) -> Result<usize, Errno> {
        match self.fault(Operation::Read, &file.name) {
            Some(Fault::Error(errno)) => Err(errno),
            Some(Fault::Short(count)) => {
                let count = count.clamp(1, buffer.len().max(1));
                self.volume.read(&mut file.inner, buffer.get_mut(..count).unwrap_or_default())
            }
            None => self.volume.read(&mut file.inner, buffer),
        }
    }

    fn next_data(&self, file: &Self::File, offset: u64) -> Result<Option<(u64, u64)>, Errno> {
        self.check(Operation::NextData, &file.name)?;
        self.volume.next_data(&file.inner, offset)
    }

    fn seek(&self, file: &mut Self::File, offset: u64) -> Result<(), Errno> {
        self.check(Operation::Seek, &file.name)?;
        self.volume.seek(&mut file.inner, offset)
    }

    fn meaning(&self, errno: Errno) -> Option<&'static str> {
        self.volume.meaning(errno)
    }

    fn prefers_inodes(&self) -> bool {
        self.volume.prefers_inodes()
    }

    fn file_system(&self, directory: &Self::Directory) -> Option<FileSystem> {
        self.volume.file_system(&directory.inner)
    }

    fn mounts(&self) -> Result<Vec<MountPoint>, Errno> {
        self.check(Operation::Mounts, b"")?;
        self.volume.mounts()
    }
}

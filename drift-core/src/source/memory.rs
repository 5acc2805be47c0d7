//! A volume in memory: a file system as a value, for tests and for programs that embed drift.
//!
//! Names are any bytes; owners, devices and attributes need no privilege. Ways to the nodes are by
//! path ([`MemoryVolume::file`] and its like) or, for very deep or very large trees, by
//! [`MemoryId`], which costs nothing per level.

mod node;

use std::collections::BTreeMap;

use crate::model::{Device, FileType, Observed, Time, Xattrs};

use super::known::{FileSystem, Seal};
use super::mounts::MountPoint;
use super::volume::{DirectoryEntry, Errno, Stat, Volume};

pub use node::{MemoryKind, MemoryNode};

/// The number that every device of the volume has; mounts have others.
const DEVICE: u64 = 1;

/// One object of a [`MemoryVolume`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryId(usize);

/// A file system in memory.
///
/// ```
/// use drift_core::source::MemoryVolume;
/// let mut volume = MemoryVolume::new();
/// volume.file(b"usr/bin/sudo", b"#!").mode(0o4755).xattr(b"user.note", b"x");
/// volume.symlink(b"bin", b"usr/bin");
/// ```
#[derive(Debug)]
pub struct MemoryVolume {
    nodes: Vec<MemoryNode>,
    mounts: Vec<MountPoint>,
    order: u64,
    kind: Option<u64>,
}

/// An open regular file of a [`MemoryVolume`].
#[derive(Debug)]
pub struct MemoryFile {
    id: MemoryId,
    offset: u64,
}

impl Default for MemoryVolume {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryVolume {
    /// Returns a volume with nothing but a root.
    #[must_use]
    pub fn new() -> Self {
        let root = MemoryNode::new(MemoryKind::Directory(BTreeMap::new()), 1);
        Self { nodes: vec![root], mounts: Vec::new(), order: 0, kind: None }
    }

    /// Returns the root.
    #[must_use]
    pub fn root_id(&self) -> MemoryId {
        MemoryId(0)
    }

    /// Lists directories in another order for every `seed`; 0 is the order of names.
    pub fn permute(&mut self, seed: u64) -> &mut Self {
        self.order = seed;
        self
    }

    /// Makes it a file system of this type (`f_type` of statfs(2)); of one without a type no file is known
    /// from an earlier run.
    pub fn lies_on(&mut self, kind: u64) -> &mut Self {
        self.kind = Some(kind);
        self
    }

    /// Puts a regular file at a path; missing directories on the way are made. What stands there
    /// already is replaced, here and in the other methods.
    pub fn file(&mut self, path: &[u8], bytes: &[u8]) -> &mut MemoryNode {
        self.put(path, MemoryKind::file(bytes))
    }

    /// Puts a file with holes; `data` are the ranges that are none, sorted by offset.
    pub fn sparse(&mut self, path: &[u8], size: u64, data: &[(u64, &[u8])]) -> &mut MemoryNode {
        let data = data.iter().map(|(offset, bytes)| (*offset, (*bytes).into())).collect();
        self.put(path, MemoryKind::File { size, data })
    }

    /// Puts an empty directory.
    pub fn directory(&mut self, path: &[u8]) -> &mut MemoryNode {
        self.put(path, MemoryKind::Directory(BTreeMap::new()))
    }

    /// Puts a symbolic link.
    pub fn symlink(&mut self, path: &[u8], target: &[u8]) -> &mut MemoryNode {
        self.put(path, MemoryKind::Symlink(target.into()))
    }

    /// Puts a named pipe.
    pub fn fifo(&mut self, path: &[u8]) -> &mut MemoryNode {
        self.put(path, MemoryKind::Fifo)
    }

    /// Puts a local socket.
    pub fn socket(&mut self, path: &[u8]) -> &mut MemoryNode {
        self.put(path, MemoryKind::Socket)
    }

    /// Puts a character device.
    pub fn char_device(&mut self, path: &[u8], major: u32, minor: u32) -> &mut MemoryNode {
        self.put(path, MemoryKind::Char(Device { major, minor }))
    }

    /// Puts a block device.
    pub fn block_device(&mut self, path: &[u8], major: u32, minor: u32) -> &mut MemoryNode {
        self.put(path, MemoryKind::Block(Device { major, minor }))
    }

    /// Gives an object one more name. Nothing happens when `existing` is not there.
    pub fn hard_link(&mut self, existing: &[u8], name: &[u8]) -> &mut Self {
        if let Some(id) = self.find(existing) {
            let (parent, last) = self.parent_of(name);
            if let Some(node) = self.nodes.get_mut(id.0) {
                node.links = node.links.saturating_add(1);
            }
            self.attach(parent, last, id);
        }
        self
    }

    /// Takes a name away. What it named stays as long as another name leads to it.
    pub fn remove(&mut self, path: &[u8]) -> &mut Self {
        if let Some(id) = self.find(path) {
            let (parent, last) = self.parent_of(path);
            if let Some(children) = self.children_mut(parent) {
                children.remove(last);
            }
            if let Some(node) = self.nodes.get_mut(id.0) {
                node.links = node.links.saturating_sub(1);
            }
        }
        self
    }

    /// Mounts an empty file system of this type; what is put below afterwards belongs to it.
    pub fn mount(&mut self, path: &[u8], file_system: &str) -> &mut MemoryNode {
        let number = self.mounts.len().saturating_add(2) as u64;
        let mut point = vec![b'/'];
        point.extend_from_slice(path);
        self.mounts.push(MountPoint {
            id: number,
            device: (0, u32::try_from(number).unwrap_or(u32::MAX)),
            point,
            file_system: file_system.to_owned(),
            is_inert: false,
        });
        self.directory(path).on_mount(number)
    }

    /// Puts an object under a name in a directory and returns it.
    pub fn put_in(&mut self, parent: MemoryId, name: &[u8], kind: MemoryKind) -> MemoryId {
        let mount = self.nodes.get(parent.0).map_or(1, |parent| parent.mount);
        let id = MemoryId(self.nodes.len());
        self.nodes.push(MemoryNode::new(kind, mount));
        self.attach(parent, name, id);
        id
    }

    /// Returns an object, to change its attributes.
    pub fn node(&mut self, id: MemoryId) -> Option<&mut MemoryNode> {
        self.nodes.get_mut(id.0)
    }

    /// Finds the object at a path, following no link.
    #[must_use]
    pub fn find(&self, path: &[u8]) -> Option<MemoryId> {
        names(path).try_fold(MemoryId(0), |at, name| self.child(at, name).ok())
    }

    fn put(&mut self, path: &[u8], kind: MemoryKind) -> &mut MemoryNode {
        let (parent, name) = self.parent_of(path);
        let id = if name.is_empty() { MemoryId(0) } else { self.put_in(parent, name, kind) };
        #[expect(clippy::indexing_slicing, reason = "the node was pushed just now, or is the root")]
        &mut self.nodes[id.0]
    }

    /// Finds or makes the directory of a path's last name.
    fn parent_of<'p>(&mut self, path: &'p [u8]) -> (MemoryId, &'p [u8]) {
        let mut at = MemoryId(0);
        let mut names = names(path).peekable();
        while let Some(name) = names.next() {
            if names.peek().is_none() {
                return (at, name);
            }
            at = match self.child(at, name) {
                Ok(id) if self.children(id).is_some() => id,
                _ => self.put_in(at, name, MemoryKind::Directory(BTreeMap::new())),
            };
        }
        (at, b"")
    }

    fn attach(&mut self, parent: MemoryId, name: &[u8], id: MemoryId) {
        if let Some(children) = self.children_mut(parent) {
            children.insert(name.into(), id);
        }
    }

    fn children(&self, id: MemoryId) -> Option<&BTreeMap<Box<[u8]>, MemoryId>> {
        match self.nodes.get(id.0).map(|node| &node.kind) {
            Some(MemoryKind::Directory(children)) => Some(children),
            _ => None,
        }
    }

    fn children_mut(&mut self, id: MemoryId) -> Option<&mut BTreeMap<Box<[u8]>, MemoryId>> {
        match self.nodes.get_mut(id.0).map(|node| &mut node.kind) {
            Some(MemoryKind::Directory(children)) => Some(children),
            _ => None,
        }
    }

    fn child(&self, directory: MemoryId, name: &[u8]) -> Result<MemoryId, Errno> {
        let children = self.children(directory).ok_or(Errno::NOTDIR)?;
        children.get(name).copied().ok_or(Errno::NOENT)
    }

    fn examine(&self, id: MemoryId) -> Result<Stat, Errno> {
        let node = self.nodes.get(id.0).ok_or(Errno::NOENT)?;
        Ok(node.stat(id.0 as u64, if node.mount == 1 { DEVICE } else { node.mount }))
    }
}

fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|name| !name.is_empty())
}

impl Volume for MemoryVolume {
    type Directory = MemoryId;
    type File = MemoryFile;

    fn root(&self) -> Result<MemoryId, Errno> {
        Ok(MemoryId(0))
    }

    fn open_directory(&self, parent: &MemoryId, path: &[u8]) -> Result<MemoryId, Errno> {
        let mut at = *parent;
        for name in names(path) {
            at = self.child(at, name)?;
            if self.children(at).is_none() {
                let link = self.examine(at)?.file_type == FileType::Symlink;
                return Err(if link { Errno::LOOP } else { Errno::NOTDIR });
            }
        }
        Ok(at)
    }

    fn stat_directory(&self, directory: &MemoryId) -> Result<Stat, Errno> {
        self.examine(*directory)
    }

    fn list(
        &self,
        directory: &MemoryId,
        each: &mut dyn FnMut(DirectoryEntry),
    ) -> Result<(), Errno> {
        let children = self.children(*directory).ok_or(Errno::NOTDIR)?;
        let mut names: Vec<(&[u8], MemoryId)> =
            children.iter().map(|(name, id)| (&**name, *id)).collect();
        if self.order != 0 {
            names.sort_by_key(|(name, _)| scatter(self.order, name));
        }
        for (name, id) in names {
            let file_type = self.nodes.get(id.0).and_then(MemoryNode::listed_type);
            each(DirectoryEntry { name: name.into(), file_type, inode: id.0 as u64 });
        }
        Ok(())
    }

    fn stat(&self, directory: &MemoryId, name: &[u8]) -> Result<Stat, Errno> {
        self.examine(self.child(*directory, name)?)
    }

    fn read_link(&self, directory: &MemoryId, name: &[u8]) -> Result<Box<[u8]>, Errno> {
        let id = self.child(*directory, name)?;
        match self.nodes.get(id.0).map(|node| &node.kind) {
            Some(MemoryKind::Symlink(target)) => Ok(target.clone()),
            _ => Err(Errno::INVAL),
        }
    }

    fn xattrs(&self, directory: &MemoryId, name: Option<&[u8]>) -> Result<Observed<Xattrs>, Errno> {
        let id = name.map_or(Ok(*directory), |name| self.child(*directory, name))?;
        Ok(self.nodes.get(id.0).ok_or(Errno::NOENT)?.attributes())
    }

    fn open(&self, directory: &MemoryId, name: &[u8], seen: &Stat) -> Result<MemoryFile, Errno> {
        let id = self.child(*directory, name)?;
        let stat = self.examine(id)?;
        if stat.file_type != FileType::File || stat.inode != seen.inode {
            return Err(Errno::STALE);
        }
        Ok(MemoryFile { id, offset: 0 })
    }

    fn stat_file(&self, file: &MemoryFile) -> Result<Stat, Errno> {
        self.examine(file.id)
    }

    fn seal(&self, file: &MemoryFile) -> Option<Seal> {
        self.nodes.get(file.id.0)?.seal()
    }

    fn read(&self, file: &mut MemoryFile, buffer: &mut [u8]) -> Result<usize, Errno> {
        let node = self.nodes.get(file.id.0).ok_or(Errno::BADF)?;
        let count = node.read_at(file.offset, buffer);
        file.offset = file.offset.saturating_add(count as u64);
        Ok(count)
    }

    fn next_data(&self, file: &MemoryFile, offset: u64) -> Result<Option<(u64, u64)>, Errno> {
        Ok(self.nodes.get(file.id.0).ok_or(Errno::BADF)?.next_data(offset))
    }

    fn seek(&self, file: &mut MemoryFile, offset: u64) -> Result<(), Errno> {
        file.offset = offset;
        Ok(())
    }

    fn file_system(&self, directory: &MemoryId) -> Option<FileSystem> {
        let (kind, inode) = (self.kind?, self.examine(*directory).ok()?.inode);
        Some(FileSystem { kind, id: 0, inode, btime: None, is_read_only: false })
    }

    fn mounts(&self) -> Result<Vec<MountPoint>, Errno> {
        Ok(self.mounts.clone())
    }
}

/// FNV-1a with a seed: an order that has nothing to do with that of names.
fn scatter(seed: u64, name: &[u8]) -> u64 {
    name.iter().fold(seed ^ 0xcbf2_9ce4_8422_2325, |state, &byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3).rotate_left(17)
    })
}

/// 2020-09-13T12:26:40Z, the time of everything that was given none.
const EPOCH: Time = Time { seconds: 1_600_000_000, nanoseconds: 0 };

#[cfg(test)]
mod tests;

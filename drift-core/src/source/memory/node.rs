//! One object of a volume in memory.

use std::collections::BTreeMap;

use crate::model::{Device, FileType, Flags, Observed, Time, Xattr, Xattrs};
use crate::source::known::Seal;
use crate::source::volume::Stat;

use super::{EPOCH, MemoryId};

/// What an object is, with what only that type has.
#[derive(Debug, Clone)]
pub enum MemoryKind {
    /// A regular file: its size, and the ranges that are no holes, by offset.
    File {
        /// Length in bytes.
        size: u64,
        /// Offset and bytes of each range, sorted, none overlapping.
        data: Vec<(u64, Box<[u8]>)>,
    },
    /// A directory.
    Directory(BTreeMap<Box<[u8]>, MemoryId>),
    /// A symbolic link with its target.
    Symlink(Box<[u8]>),
    /// A named pipe.
    Fifo,
    /// A local socket.
    Socket,
    /// A character device.
    Char(Device),
    /// A block device.
    Block(Device),
}

impl MemoryKind {
    /// Returns a file without holes.
    #[must_use]
    pub fn file(bytes: &[u8]) -> Self {
        let data = if bytes.is_empty() { Vec::new() } else { vec![(0, bytes.into())] };
        Self::File { size: bytes.len() as u64, data }
    }

    fn file_type(&self) -> FileType {
        match self {
            Self::File { .. } => FileType::File,
            Self::Directory(_) => FileType::Directory,
            Self::Symlink(_) => FileType::Symlink,
            Self::Fifo => FileType::Fifo,
            Self::Socket => FileType::Socket,
            Self::Char(_) => FileType::Char,
            Self::Block(_) => FileType::Block,
        }
    }
}

/// One object with its attributes; the methods that set them can be chained.
#[derive(Debug)]
pub struct MemoryNode {
    pub(super) kind: MemoryKind,
    pub(super) mount: u64,
    pub(super) links: u32,
    mode: u16,
    uid: u32,
    gid: u32,
    mtime: Time,
    flags: Flags,
    xattrs: Vec<Xattr>,
    untyped: bool,
    sealed: bool,
}

impl MemoryNode {
    pub(super) fn new(kind: MemoryKind, mount: u64) -> Self {
        let mode = match kind {
            MemoryKind::Directory(_) => 0o755,
            MemoryKind::Symlink(_) => 0o777,
            _ => 0o644,
        };
        Self {
            kind,
            mount,
            links: 1,
            mode,
            uid: 0,
            gid: 0,
            mtime: EPOCH,
            flags: Flags::default(),
            xattrs: Vec::new(),
            untyped: false,
            sealed: false,
        }
    }

    /// Sets the permission bits.
    pub fn mode(&mut self, mode: u16) -> &mut Self {
        self.mode = mode & 0o7777;
        self
    }

    /// Sets owner and group.
    pub fn owner(&mut self, uid: u32, gid: u32) -> &mut Self {
        (self.uid, self.gid) = (uid, gid);
        self
    }

    /// Sets the time of last change.
    pub fn mtime(&mut self, seconds: i64, nanoseconds: u32) -> &mut Self {
        self.mtime = Time { seconds, nanoseconds };
        self
    }

    /// Sets the inode flags.
    pub fn flags(&mut self, flags: Flags) -> &mut Self {
        self.flags = flags;
        self
    }

    /// Sets one extended attribute.
    pub fn xattr(&mut self, name: &[u8], value: &[u8]) -> &mut Self {
        self.xattrs.push((name.into(), value.into()));
        self
    }

    /// Puts the object on another mount, as `mount --bind` of a single object does.
    pub fn on_mount(&mut self, mount: u64) -> &mut Self {
        self.mount = mount;
        self
    }

    /// Lists the object without its type, as some file systems do (`DT_UNKNOWN`).
    pub fn untyped(&mut self) -> &mut Self {
        self.untyped = true;
        self
    }

    /// Seals the content, as fs-verity does.
    pub fn sealed(&mut self) -> &mut Self {
        self.sealed = true;
        self
    }

    /// Something over the content that no two contents share.
    pub(super) fn seal(&self) -> Option<Seal> {
        let MemoryKind::File { size, data } = &self.kind else { return None };
        let mut digest = drift_lanes::Sha256::new();
        digest.update(&size.to_le_bytes());
        for (start, bytes) in data {
            digest.update(&start.to_le_bytes());
            digest.update(&(bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        }
        self.sealed.then(|| Seal(digest.finish()))
    }

    pub(super) fn listed_type(&self) -> Option<FileType> {
        (!self.untyped).then(|| self.kind.file_type())
    }

    pub(super) fn attributes(&self) -> Observed<Xattrs> {
        Observed::Is(Xattrs::new(self.xattrs.clone()))
    }

    pub(super) fn stat(&self, inode: u64, device: u64) -> Stat {
        let (size, allocated) = match &self.kind {
            MemoryKind::File { size, data } => {
                (*size, data.iter().map(|(_, bytes)| bytes.len() as u64).sum())
            }
            MemoryKind::Symlink(target) => (target.len() as u64, 0),
            _ => (0, 0),
        };
        Stat {
            file_type: self.kind.file_type(),
            mode: self.mode,
            uid: self.uid,
            gid: self.gid,
            size,
            allocated,
            mtime: self.mtime,
            ctime: self.mtime,
            btime: None,
            verity: self.sealed,
            rdev: match self.kind {
                MemoryKind::Char(device) | MemoryKind::Block(device) => Some(device),
                _ => None,
            },
            nlink: self.links,
            device,
            // 0 is no inode.
            inode: inode.saturating_add(2),
            mount: self.mount,
            flags: Observed::Is(self.flags),
        }
    }

    pub(super) fn read_at(&self, offset: u64, buffer: &mut [u8]) -> usize {
        let MemoryKind::File { size, data } = &self.kind else { return 0 };
        let left = usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let count = left.min(buffer.len());
        let end = offset.saturating_add(count as u64);
        let out = buffer.get_mut(..count).unwrap_or_default();
        out.fill(0);
        for (start, bytes) in data {
            let stop = start.saturating_add(bytes.len() as u64);
            let (from, to) = (offset.max(*start), end.min(stop));
            if from >= to {
                continue;
            }
            let at = |point: u64, base: u64| usize::try_from(point.saturating_sub(base));
            if let (Ok(out_from), Ok(out_to), Ok(in_from), Ok(in_to)) =
                (at(from, offset), at(to, offset), at(from, *start), at(to, *start))
                && let (Some(target), Some(source)) =
                    (out.get_mut(out_from..out_to), bytes.get(in_from..in_to))
            {
                target.copy_from_slice(source);
            }
        }
        count
    }

    pub(super) fn next_data(&self, offset: u64) -> Option<(u64, u64)> {
        let MemoryKind::File { data, .. } = &self.kind else { return None };
        data.iter().find_map(|(start, bytes)| {
            let end = start.saturating_add(bytes.len() as u64);
            (end > offset).then_some(((*start).max(offset), end))
        })
    }
}

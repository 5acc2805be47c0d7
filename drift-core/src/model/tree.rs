//! The entries of one capture: fixed-size rows, names in one arena, shared metadata kept once.
//!
//! The children of a directory stand together and sorted; rows of different directories stand in
//! the order in which they were surveyed, which depends on threads. So a [`RowId`] is stable within
//! a capture but means nothing outside it, and only [`TreeCursor`] gives the order of reports.

mod cursor;
mod entries;
mod intake;
mod per_host;

use std::collections::BTreeMap;
use std::ops::Range;

use super::cursor::{Listing, RuleId};
use super::digest::{Algorithm, Digest};
use super::entry::{Device, Observed, Time};
use super::image::LayerId;
use super::kind::FileType;
use super::metadata::Metadata;
use super::package::PackageId;
use super::path::TreePath;
use super::per_host::PerHost;

pub use cursor::TreeCursor;
pub use intake::{Found, Frozen, Intake};

/// The position of an entry in a captured tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub u32);

/// The position of a directory among the directories of a captured tree; 0 is the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DirId(pub u32);

impl RowId {
    fn index(self) -> usize {
        self.0 as usize
    }
}

impl DirId {
    fn index(self) -> usize {
        self.0 as usize
    }
}

/// 40 bytes an entry. `payload` is the directory, content, link or device number, by type.
#[derive(Debug, Clone, Copy)]
struct Row {
    size: u64,
    seconds: i64,
    name_at: u32,
    metadata: u32,
    directory: DirId,
    payload: u32,
    nanoseconds: u32,
    name_length: u16,
    file_type: FileType,
    state: State,
}

/// What is known of an entry apart from its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum State {
    Observed,
    /// Only the name is known.
    Unobserved,
    /// Size and time are not kept.
    Redacted,
    /// It was there at the survey and gone when its content was to be read.
    Gone,
}

#[derive(Debug)]
struct Directory {
    row: RowId,
    children: Range<u32>,
    listing: Listing,
    device: u64,
    inode: u64,
}

/// What is known of a file's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Content {
    NotWanted = 0,
    Sha256 = 1,
    SparseSha256 = 2,
    Unobserved = 255,
}

/// The entries of one capture.
#[derive(Debug)]
pub struct Tree {
    rows: Vec<Row>,
    names: Vec<u8>,
    metadata: Vec<Metadata>,
    directories: Vec<Directory>,
    digests: Vec<[u8; 32]>,
    contents: Vec<Content>,
    links: Vec<Observed<Box<[u8]>>>,
    devices: Vec<Device>,
    /// Rows with several names, by row: number of names, first path of the group.
    shared: Vec<(RowId, u32, u32)>,
    leaders: Vec<TreePath>,
    /// `PackageId + 1` by row, 0 for none; empty until ownership is known.
    owners: Vec<u32>,
    /// Of the few entries that differ by host by right, what hosts share.
    per_host: BTreeMap<RowId, PerHost>,
    /// How often anything was set after the survey, so that what was made of it can be known stale.
    edits: u64,
}

impl Tree {
    /// Returns the number of entries, the root included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns whether nothing was captured, not even the root.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns a number that grows with every change of an entry.
    #[must_use]
    pub fn edits(&self) -> u64 {
        self.edits
    }

    /// Walks the tree in order.
    #[must_use]
    pub fn cursor(&self) -> TreeCursor<'_> {
        TreeCursor::new(self)
    }

    /// Returns the last name of the entry's path.
    #[must_use]
    pub fn name(&self, row: RowId) -> &[u8] {
        let Some(row) = self.rows.get(row.index()) else { return &[] };
        let start = row.name_at as usize;
        self.names.get(start..start + usize::from(row.name_length)).unwrap_or_default()
    }

    /// Builds the entry's path.
    #[must_use]
    pub fn path(&self, row: RowId) -> TreePath {
        let mut names = Vec::new();
        let mut at = row;
        while at.0 != 0 {
            names.push(self.name(at));
            let Some(directory) = self.directory_of(at) else { break };
            at = self.directory_row(directory);
        }
        names.reverse();
        TreePath::from_joined(names.join(&b'/'))
    }

    /// Returns the directory that holds the entry; the root holds itself.
    #[must_use]
    pub fn directory_of(&self, row: RowId) -> Option<DirId> {
        self.rows.get(row.index()).map(|row| row.directory)
    }

    /// Returns the entry that the directory is.
    #[must_use]
    pub fn directory_row(&self, directory: DirId) -> RowId {
        self.directories.get(directory.index()).map_or(RowId(0), |directory| directory.row)
    }

    /// Returns device and inode of the directory as surveyed, to know it again.
    #[must_use]
    pub fn directory_identity(&self, directory: DirId) -> (u64, u64) {
        self.directories
            .get(directory.index())
            .map_or((0, 0), |directory| (directory.device, directory.inode))
    }

    /// Returns the type of the entry.
    #[must_use]
    pub fn file_type(&self, row: RowId) -> FileType {
        self.rows.get(row.index()).map_or(FileType::Unknown, |row| row.file_type)
    }

    /// Returns the size of a file in bytes; 0 of anything else.
    #[must_use]
    pub fn size(&self, row: RowId) -> u64 {
        self.rows.get(row.index()).map_or(0, |row| row.size)
    }

    /// Returns the rule under which the entry was surveyed.
    #[must_use]
    pub fn rule(&self, row: RowId) -> RuleId {
        self.metadata_of(row).map_or(RuleId(0), |metadata| metadata.rule)
    }

    /// Returns the layer of an image that an entry came with.
    #[must_use]
    pub fn origin(&self, row: RowId) -> Option<LayerId> {
        self.metadata_of(row)?.origin
    }

    /// Returns the child of `directory` with this name.
    #[must_use]
    pub fn child(&self, directory: DirId, name: &[u8]) -> Option<RowId> {
        let range = self.directories.get(directory.index())?.children.clone();
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.name(RowId(middle)).cmp(name) {
                std::cmp::Ordering::Equal => {
                    return Some(RowId(middle)).filter(|row| !self.is_gone(*row));
                }
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// Returns the directory that the entry is.
    #[must_use]
    pub fn as_directory(&self, row: RowId) -> Option<DirId> {
        let row = self.rows.get(row.index())?;
        (row.file_type == FileType::Directory).then_some(DirId(row.payload))
    }

    /// Returns how much of the directory's names is known.
    #[must_use]
    pub fn listing(&self, directory: DirId) -> Listing {
        self.directories
            .get(directory.index())
            .map_or(Listing::NotEntered, |directory| directory.listing)
    }

    /// Finds the entry at exactly this path, following no link.
    #[must_use]
    pub fn find(&self, path: &TreePath) -> Option<RowId> {
        let mut at = RowId(0);
        for name in path.components() {
            at = self.child(self.as_directory(at)?, name)?;
        }
        Some(at)
    }

    /// Finds what a path leads to inside the root, following links of directories on the way and,
    /// when `last` says so, of the last name; at most 40 links, as the kernel (`path_resolution(7)`).
    #[must_use]
    pub fn resolve(&self, path: &[u8], last: FollowLast) -> Option<RowId> {
        self.resolve_from(DirId(0), path, last)
    }

    /// Finds what a path relative to `directory` leads to; otherwise as [`Self::resolve`].
    #[must_use]
    pub fn resolve_from(&self, directory: DirId, path: &[u8], last: FollowLast) -> Option<RowId> {
        let mut todo: Vec<Vec<u8>> = split(path).rev().map(<[u8]>::to_vec).collect();
        let mut at = directory;
        let mut links = 0;
        while let Some(name) = todo.pop() {
            if name == b"." {
                continue;
            }
            if name == b".." {
                at = self.directory_of(self.directory_row(at))?;
                continue;
            }
            let row = self.child(at, &name)?;
            let follow = !todo.is_empty() || last == FollowLast::Yes;
            match self.file_type(row) {
                FileType::Symlink if follow => {
                    links += 1;
                    let target = self.link_target(row).filter(|_| links <= MAX_LINKS)?;
                    if target.starts_with(b"/") {
                        at = DirId(0);
                    }
                    todo.extend(split(target).rev().map(<[u8]>::to_vec));
                }
                FileType::Directory if !todo.is_empty() => at = self.as_directory(row)?,
                _ if todo.is_empty() => return Some(row),
                _ => return None,
            }
        }
        Some(self.directory_row(at))
    }

    /// Returns where a symbolic link points.
    #[must_use]
    pub fn link_target(&self, row: RowId) -> Option<&[u8]> {
        let row = self.rows.get(row.index()).filter(|row| row.file_type == FileType::Symlink)?;
        self.links.get(row.payload as usize)?.seen().map(|target| &**target)
    }

    /// Returns the package that owns the entry.
    #[must_use]
    pub fn owner(&self, row: RowId) -> Option<PackageId> {
        self.owners.get(row.index()).and_then(|owner| owner.checked_sub(1)).map(PackageId)
    }

    /// Records which package owns the entry.
    pub fn set_owner(&mut self, row: RowId, package: PackageId) {
        self.edits = self.edits.saturating_add(1);
        if self.owners.is_empty() {
            self.owners = vec![0; self.rows.len()];
        }
        if let Some(owner) = self.owners.get_mut(row.index()) {
            *owner = package.0.saturating_add(1);
        }
    }

    /// Returns every row in the order of rows, which is not the order of paths.
    pub fn rows(&self) -> impl Iterator<Item = RowId> + use<> {
        (0..u32::try_from(self.rows.len()).unwrap_or(u32::MAX)).map(RowId)
    }

    /// Returns the digest of a file's content.
    #[must_use]
    pub fn digest(&self, row: RowId) -> Observed<Digest> {
        let Some(row) = self.rows.get(row.index()).filter(|row| row.file_type == FileType::File)
        else {
            return Observed::NotApplicable;
        };
        let content =
            self.contents.get(row.payload as usize).copied().unwrap_or(Content::Unobserved);
        let bytes = self.digests.get(row.payload as usize).copied().unwrap_or_default();
        match content {
            Content::NotWanted => Observed::NotApplicable,
            Content::Unobserved => Observed::Unobserved,
            Content::Sha256 => Observed::Is(Digest::sha256(bytes)),
            Content::SparseSha256 => Digest::from_bytes(Algorithm::SparseSha256, &bytes)
                .map_or(Observed::Unobserved, Observed::Is),
        }
    }

    /// Records the digest of a file's content, or that it could not be read.
    pub fn set_digest(&mut self, row: RowId, digest: Option<Digest>) {
        self.edits = self.edits.saturating_add(1);
        let Some(row) = self.rows.get(row.index()).filter(|row| row.file_type == FileType::File)
        else {
            return;
        };
        let at = row.payload as usize;
        let content = match digest.map(|digest| digest.algorithm()) {
            Some(Algorithm::Sha256) => Content::Sha256,
            Some(Algorithm::SparseSha256) => Content::SparseSha256,
            Some(Algorithm::Md5 | Algorithm::Sha1) | None => Content::Unobserved,
        };
        if let Some(slot) = self.contents.get_mut(at) {
            *slot = content;
        }
        if let (Some(slot), Some(digest)) = (self.digests.get_mut(at), digest)
            && let Ok(bytes) = <[u8; 32]>::try_from(digest.as_bytes())
        {
            *slot = bytes;
        }
    }

    /// Forgets an entry that was gone when its content was to be read.
    pub fn forget(&mut self, row: RowId) {
        self.edits = self.edits.saturating_add(1);
        if let Some(row) = self.rows.get_mut(row.index()) {
            row.state = State::Gone;
        }
    }

    /// Drops size and time of a file whose rule keeps neither.
    pub fn redact(&mut self, row: RowId) {
        self.edits = self.edits.saturating_add(1);
        if let Some(row) = self.rows.get_mut(row.index()) {
            (row.size, row.seconds, row.nanoseconds) = (0, 0, 0);
            row.state = State::Redacted;
        }
    }

    /// Returns the children of a directory by name.
    pub fn children(&self, directory: DirId) -> impl Iterator<Item = RowId> + use<'_> {
        let range =
            self.directories.get(directory.index()).map(|directory| directory.children.clone());
        range.unwrap_or_default().map(RowId).filter(|row| !self.is_gone(*row))
    }

    fn is_gone(&self, row: RowId) -> bool {
        self.rows.get(row.index()).is_none_or(|row| row.state == State::Gone)
    }

    /// Replaces permissions, owner and group by those of the object that was read, which may have
    /// taken the place of the surveyed one.
    pub fn set_owner_and_mode(&mut self, row: RowId, (mode, uid, gid): (u16, u32, u32)) {
        self.edits = self.edits.saturating_add(1);
        let Some(known) = self.metadata_of(row) else { return };
        let read = Metadata {
            mode: Observed::Is(mode),
            uid: Observed::Is(uid),
            gid: Observed::Is(gid),
            ..known.clone()
        };
        if read == *known {
            return;
        }
        // Rare, so a linear search costs less than keeping the map of the survey.
        let at = self.metadata.iter().position(|metadata| *metadata == read);
        let at = at.unwrap_or_else(|| {
            self.metadata.push(read);
            self.metadata.len().saturating_sub(1)
        });
        if let (Some(row), Ok(at)) = (self.rows.get_mut(row.index()), u32::try_from(at)) {
            row.metadata = at;
        }
    }

    /// Returns whether a file that was read has the size, time, permissions and owner that were
    /// surveyed.
    #[must_use]
    pub fn is_as_surveyed(
        &self,
        row: RowId,
        size: u64,
        mtime: Time,
        (mode, uid, gid): (u16, u32, u32),
    ) -> bool {
        let (Some(row), Some(known)) = (self.rows.get(row.index()), self.metadata_of(row)) else {
            return false;
        };
        let owner = (Observed::Is(mode), Observed::Is(uid), Observed::Is(gid));
        let surveyed = (row.size, row.seconds, row.nanoseconds, known.mode, known.uid, known.gid);
        surveyed == (size, mtime.seconds, mtime.nanoseconds, owner.0, owner.1, owner.2)
    }

    /// Replaces size and time of a file by those of the descriptor that was read.
    pub fn set_read_state(&mut self, row: RowId, size: u64, mtime: Time) {
        self.edits = self.edits.saturating_add(1);
        if let Some(row) = self.rows.get_mut(row.index()) {
            row.size = size;
            row.seconds = mtime.seconds;
            row.nanoseconds = mtime.nanoseconds;
        }
    }

    fn metadata_of(&self, row: RowId) -> Option<&Metadata> {
        self.rows.get(row.index()).and_then(|row| self.metadata.get(row.metadata as usize))
    }
}

/// Links that one resolution may follow, as in the kernel (`path_resolution(7)`).
const MAX_LINKS: u32 = 40;

/// Whether resolution follows a link that is the last name of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowLast {
    /// As `stat(2)`.
    Yes,
    /// As `lstat(2)`.
    No,
}

fn split(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|name| !name.is_empty())
}

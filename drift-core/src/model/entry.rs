//! One file-system object with everything that is known of it.

use std::sync::Arc;

use super::digest::Digest;
use super::kind::FileType;
use super::path::TreePath;
use super::per_host::PerHost;

/// A value that may be missing for a stated reason.
///
/// There is no `Option` here on purpose: "has none" and "could not be seen" must never be mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Observed<T> {
    /// The value was seen.
    Is(T),
    /// Objects of this type have no such value, or this kind of target cannot carry it.
    NotApplicable,
    /// It exists but could not be seen; the snapshot's problems say why.
    Unobserved,
}

impl<T> Observed<T> {
    /// Returns the value where it was seen.
    pub fn seen(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::NotApplicable | Self::Unobserved => None,
        }
    }

    /// Applies `change` to a seen value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Self::Is(value) => Observed::Is(change(value)),
            Self::NotApplicable => Observed::NotApplicable,
            Self::Unobserved => Observed::Unobserved,
        }
    }

    /// Borrows the value.
    pub fn as_ref(&self) -> Observed<&T> {
        match self {
            Self::Is(value) => Observed::Is(value),
            Self::NotApplicable => Observed::NotApplicable,
            Self::Unobserved => Observed::Unobserved,
        }
    }
}

/// A point in time as a file system stores it; seconds may lie before 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Nanoseconds after that second, below 10⁹.
    pub nanoseconds: u32,
}

/// A device number, split as `makedev(3)` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Device {
    /// The driver.
    pub major: u32,
    /// The instance.
    pub minor: u32,
}

/// The inode flags that protect a file (`ioctl_iflags(2)`), as statx reports them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Flags {
    /// `FS_IMMUTABLE_FL`, `chattr +i`.
    pub immutable: bool,
    /// `FS_APPEND_FL`, `chattr +a`.
    pub append: bool,
}

/// The extended attributes of an object, sorted by name, names with their namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Xattrs(Arc<[Xattr]>);

/// The name of an extended attribute with its namespace, and its value.
pub type Xattr = (Box<[u8]>, Box<[u8]>);

impl Xattrs {
    /// Takes the attributes in any order; of a repeated name the last value counts.
    #[must_use]
    pub fn new(mut pairs: Vec<Xattr>) -> Self {
        if pairs.is_empty() {
            return Self::default();
        }
        pairs.reverse();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs.dedup_by(|later, kept| later.0 == kept.0);
        Self(pairs.into())
    }

    /// Returns the pairs of name and value, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Returns the value of the attribute `name`.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        let at = self.0.binary_search_by(|(candidate, _)| (**candidate).cmp(name)).ok()?;
        self.0.get(at).map(|(_, value)| &**value)
    }

    /// Returns how many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One file-system object with its attributes, apart from its path.
///
/// Raw values as the file system stores them; `model::attribute` derives what is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What the object is.
    pub file_type: FileType,
    /// Permission bits, `st_mode & 07777`.
    pub mode: Observed<u16>,
    /// Numeric owner.
    pub uid: Observed<u32>,
    /// Numeric group.
    pub gid: Observed<u32>,
    /// Length in bytes, of regular files.
    pub size: Observed<u64>,
    /// Time of the last change of content.
    pub mtime: Observed<Time>,
    /// Digest of the content, of regular files.
    pub digest: Observed<Digest>,
    /// Where a symbolic link points, as bytes.
    pub link_target: Observed<Box<[u8]>>,
    /// Which device a device node stands for.
    pub rdev: Observed<Device>,
    /// Number of names, of everything but directories (whose count differs by file system).
    pub nlink: Observed<u32>,
    /// The first path, in the order of paths, of the group of names that share one inode; the same
    /// value in every member, also when the other names lie outside the scope.
    pub hardlinks: Observed<TreePath>,
    /// Immutable and append-only.
    pub flags: Observed<Flags>,
    /// Every extended attribute, raw, those that are decoded elsewhere included.
    pub xattrs: Observed<Xattrs>,
    /// What hosts share of it, where it was captured under a rule of class `expected-per-host`.
    pub per_host: Observed<PerHost>,
}

/// An [`Entry`] that is looked at where it lies: copying one would count references, and many
/// threads that count the same ones wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is that of an entry")]
pub struct EntryRef<'e> {
    pub file_type: FileType,
    pub mode: Observed<u16>,
    pub uid: Observed<u32>,
    pub gid: Observed<u32>,
    pub size: Observed<u64>,
    pub mtime: Observed<Time>,
    pub digest: Observed<Digest>,
    pub link_target: Observed<&'e [u8]>,
    pub rdev: Observed<Device>,
    pub nlink: Observed<u32>,
    pub hardlinks: Observed<&'e TreePath>,
    pub flags: Observed<Flags>,
    pub xattrs: Observed<&'e Xattrs>,
    pub per_host: Observed<PerHost>,
}

impl EntryRef<'_> {
    /// Copies the entry.
    #[must_use]
    pub fn to_entry(&self) -> Entry {
        Entry {
            file_type: self.file_type,
            mode: self.mode,
            uid: self.uid,
            gid: self.gid,
            size: self.size,
            mtime: self.mtime,
            digest: self.digest,
            link_target: self.link_target.map(Into::into),
            rdev: self.rdev,
            nlink: self.nlink,
            hardlinks: self.hardlinks.map(Clone::clone),
            flags: self.flags,
            xattrs: self.xattrs.map(Clone::clone),
            per_host: self.per_host,
        }
    }
}

impl Entry {
    /// Looks at the entry where it lies.
    #[must_use]
    pub fn as_ref(&self) -> EntryRef<'_> {
        EntryRef {
            file_type: self.file_type,
            mode: self.mode,
            uid: self.uid,
            gid: self.gid,
            size: self.size,
            mtime: self.mtime,
            digest: self.digest,
            link_target: self.link_target.as_ref().map(|target| &**target),
            rdev: self.rdev,
            nlink: self.nlink,
            hardlinks: self.hardlinks.as_ref(),
            flags: self.flags,
            xattrs: self.xattrs.as_ref(),
            per_host: self.per_host,
        }
    }

    /// Returns an entry of which only the type is known.
    #[must_use]
    pub fn unobserved(file_type: FileType) -> Self {
        Self {
            file_type,
            mode: Observed::Unobserved,
            uid: Observed::Unobserved,
            gid: Observed::Unobserved,
            size: Observed::Unobserved,
            mtime: Observed::Unobserved,
            digest: Observed::Unobserved,
            link_target: Observed::Unobserved,
            rdev: Observed::Unobserved,
            nlink: Observed::Unobserved,
            hardlinks: Observed::Unobserved,
            flags: Observed::Unobserved,
            xattrs: Observed::Unobserved,
            per_host: Observed::NotApplicable,
        }
    }

    /// Returns whether the entry gives power: setuid, setgid (of a file), file capabilities, or a
    /// device node; number 0:0 is that of no device, and opening it fails (mknod(2), whiteouts).
    #[must_use]
    pub fn is_privileged(&self) -> bool {
        let bits = self.mode.seen().copied().unwrap_or(0);
        let capable =
            self.xattrs.seen().is_some_and(|xattrs| xattrs.get(b"security.capability").is_some());
        match self.file_type {
            FileType::File => bits & 0o6000 != 0 || capable,
            FileType::Char | FileType::Block => {
                self.rdev != Observed::Is(Device { major: 0, minor: 0 })
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Device, Entry, FileType, Observed};

    #[test]
    fn a_device_node_without_a_driver_gives_no_power() {
        let node = |file_type, major, minor| {
            let mut entry = Entry::unobserved(file_type);
            entry.rdev = Observed::Is(Device { major, minor });
            entry.is_privileged()
        };
        for file_type in [FileType::Char, FileType::Block] {
            assert!(!node(file_type, 0, 0));
            assert!(node(file_type, 1, 1) && node(file_type, 0, 1) && node(file_type, 1, 0));
            // A number that was not seen may be any.
            assert!(Entry::unobserved(file_type).is_privileged());
        }
    }
}

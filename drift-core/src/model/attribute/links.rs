//! Symbolic links' targets, and the names that share an inode.

use super::{Attribute, EVERYWHERE, Value};
use crate::model::entry::Observed;
use crate::model::kind::{FileType, FileTypes};

/// Directories have no count of their own: it differs by file system (btrfs and overlay say 1).
const COUNTED: FileTypes = FileTypes::ALL.except(&[FileType::Directory]);

pub(super) const LINK_TARGET: Attribute = Attribute {
    name: "link_target",
    meaning: "where a symbolic link points, as written (symlink(7))",
    types: FileTypes::of(&[FileType::Symlink]),
    compared: FileTypes::of(&[FileType::Symlink]),
    guarded: false,
    sources: EVERYWHERE,
    xattrs: &[],
    get: |entry| entry.link_target.as_ref().map(|target| Value::Text((&**target).into())),
};

pub(super) const NLINK: Attribute = Attribute {
    name: "nlink",
    meaning: "number of names of the object, those outside the scope included",
    types: COUNTED,
    compared: COUNTED,
    guarded: false,
    sources: EVERYWHERE,
    xattrs: &[],
    get: |entry| entry.nlink.map(|nlink| Value::Number(nlink.into())),
};

pub(super) const HARDLINKS: Attribute = Attribute {
    name: "hardlinks",
    meaning: "first path of the group of names that share one inode; none for an object with one name",
    types: COUNTED,
    compared: COUNTED,
    guarded: false,
    sources: EVERYWHERE,
    xattrs: &[],
    get: |entry| match &entry.hardlinks {
        Observed::Is(first) => {
            let mut path = vec![b'/'];
            path.extend_from_slice(first.as_bytes());
            Observed::Is(Value::Text(path.into()))
        }
        Observed::NotApplicable => Observed::Is(Value::None),
        Observed::Unobserved => Observed::Unobserved,
    },
};

//! Attributes of a path as its package shipped it: rpm, apk and pacman record them, dpkg does not.

use crate::model::{AttributeSet, FileType};

/// A text that records share, such as the name of an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextId(pub(super) u32);

/// Who owns a path, as the package says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A number.
    Id(u32),
    /// A name, to be looked up in the accounts of the same system.
    Name(TextId),
}

/// What a package recorded of a path beside its content; `None` where it does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shipped {
    /// What it is.
    pub file_type: Option<FileType>,
    /// Permission bits with setuid, setgid and sticky, at most 07777.
    pub mode: Option<u16>,
    /// The owner.
    pub user: Option<Owner>,
    /// The group.
    pub group: Option<Owner>,
    /// Bytes of a regular file.
    pub size: Option<u64>,
    /// Time of last change, in seconds since 1970.
    pub mtime: Option<i64>,
    /// Target of a symbolic link.
    pub link_target: Option<TextId>,
    /// Major and minor number of a device.
    pub rdev: Option<(u32, u32)>,
    /// Capabilities in the text form of cap_to_text(3); the empty text for none.
    pub capability: Option<TextId>,
    /// What the package itself says is not to be verified (`%verify(not ...)` of rpm).
    pub unverified: AttributeSet,
}

//! A path as its package shipped it. Digests are of every manager, attributes of rpm, apk and pacman.

use crate::model::{Algorithm, AttributeSet, Digest, FileType};

/// What a package database recorded of a path when it installed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VendorRecord {
    /// Digest of the content as shipped; none of directories, links, and files shipped without.
    pub digest: Option<Digest>,
    /// Set when the path is a configuration file that the administrator may edit.
    pub conffile: Option<Conffile>,
    /// The attributes as shipped, from managers that record them.
    pub shipped: Option<Shipped>,
}

impl VendorRecord {
    /// Returns the digest that the content as shipped has.
    #[must_use]
    pub fn expected_digest(&self) -> Option<Digest> {
        match &self.conffile {
            Some(conffile) => conffile.digest,
            None => self.digest,
        }
    }

    /// Returns whether the digest may be that of a link's target: apk does not say of what it is, and
    /// gives links the mode 777.
    #[must_use]
    pub fn may_be_link(&self) -> bool {
        let undecided = |shipped: &Shipped| shipped.file_type.is_none();
        let shipped = self.shipped.filter(undecided);
        shipped.is_some_and(|shipped| shipped.mode == Some(0o777)) && self.digest.is_some()
    }

    /// Returns whether a link that leads to `target` is what was shipped, by a record that
    /// [`may_be_link`](Self::may_be_link).
    #[must_use]
    pub fn is_link_to(&self, target: &[u8]) -> bool {
        let Some(expected) = self.digest.filter(|_| self.may_be_link()) else { return false };
        match expected.algorithm() {
            Algorithm::Sha1 => expected == Digest::sha1_of(target),
            Algorithm::Sha256 => expected == Digest::sha256_of(target),
            Algorithm::Md5 | Algorithm::SparseSha256 => false,
        }
    }
}

/// A configuration file as the package manager last installed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conffile {
    /// Digest of the content as shipped; none while the file is new and not yet installed.
    pub digest: Option<Digest>,
    /// The package's newer version no longer ships it.
    pub obsolete: bool,
    /// The package asks for its removal at the next upgrade.
    pub remove_on_upgrade: bool,
}

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

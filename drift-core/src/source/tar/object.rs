//! What a member of an archive holds, in few bytes: an image can have millions of them.

use crate::model::{Device, Digest, FileType, LayerId, Time};

use super::member::Member;

/// The number of no extended attributes at all in the table of them.
pub(in crate::source) const NO_XATTRS: u32 = 0;

/// Extended attributes that wait for the accounts of the archive.
pub(in crate::source) const XATTRS_PENDING: u32 = u32::MAX - 1;

/// Extended attributes that are not known.
pub(in crate::source) const XATTRS_UNKNOWN: u32 = u32::MAX;

/// What one member holds.
#[derive(Debug)]
pub(in crate::source) struct Object {
    pub(in crate::source) size: u64,
    pub(in crate::source) mtime: Time,
    pub(in crate::source) body: Body,
    /// The number of the member in its archive, from 0.
    pub(in crate::source) member: u32,
    /// Place in the table of extended attributes, or one of the constants above.
    pub(in crate::source) xattrs: u32,
    pub(in crate::source) uid: u32,
    pub(in crate::source) gid: u32,
    pub(in crate::source) mode: u16,
    /// The layer whose archive holds the member; 0 of an archive that is no layer.
    pub(in crate::source) layer: LayerId,
    /// The layer that gave it its attributes: a lower one where this one only repeats them.
    pub(in crate::source) origin: LayerId,
    /// `Unknown` where the member cannot be read with certainty.
    pub(in crate::source) file_type: FileType,
}

/// What differs by type.
#[derive(Debug)]
pub(in crate::source) enum Body {
    Nothing,
    /// SHA-256 of a file that was read.
    Content([u8; 32]),
    /// Why the content of a file was not read; whoever asks for it is told.
    Unread(Box<str>),
    Link(Box<[u8]>),
    Device(Device),
}

impl Object {
    pub(super) fn of(member: &Member, number: u32, layer: LayerId, file_type: FileType) -> Self {
        let body = match (file_type, member.device) {
            (FileType::Symlink, _) => Body::Link(member.link.as_slice().into()),
            (_, Some(device)) => Body::Device(device),
            _ => Body::Nothing,
        };
        Self {
            size: if file_type == FileType::File { member.size } else { 0 },
            mtime: member.mtime,
            body,
            xattrs: NO_XATTRS,
            uid: member.uid,
            gid: member.gid,
            mode: member.mode,
            file_type,
            ..Self::unknown(number, layer)
        }
    }

    pub(super) fn unknown(number: u32, layer: LayerId) -> Self {
        Self {
            size: 0,
            mtime: Time::default(),
            body: Body::Nothing,
            member: number,
            xattrs: XATTRS_UNKNOWN,
            uid: 0,
            gid: 0,
            mode: 0,
            layer,
            origin: layer,
            file_type: FileType::Unknown,
        }
    }

    /// Returns the digest of a file whose content was read.
    pub(in crate::source) fn digest(&self) -> Option<Digest> {
        match &self.body {
            Body::Content(digest) => Some(Digest::sha256(*digest)),
            _ => None,
        }
    }

    /// Returns where a symbolic link points.
    pub(in crate::source) fn link(&self) -> Option<&[u8]> {
        match &self.body {
            Body::Link(target) if self.file_type == FileType::Symlink => Some(target),
            _ => None,
        }
    }
}

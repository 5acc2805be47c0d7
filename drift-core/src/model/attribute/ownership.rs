//! Permission bits, owner and group.

use super::{Attribute, EVERYWHERE, Value};
use crate::model::kind::{FileType, FileTypes};

/// The mode of a symbolic link is fixed by the kernel and says nothing.
const HAS_MODE: FileTypes = FileTypes::ALL.except(&[FileType::Symlink]);

pub(super) const MODE: Attribute = Attribute {
    name: "mode",
    meaning: "permission bits with setuid, setgid and sticky, four octal digits (inode(7))",
    types: HAS_MODE,
    compared: HAS_MODE,
    guarded: true,
    sources: EVERYWHERE,
    xattrs: &[],
    get: |entry| entry.mode.map(Value::Mode),
};

pub(super) const UID: Attribute = Attribute {
    name: "uid",
    meaning: "numeric owner",
    types: FileTypes::ALL,
    compared: FileTypes::ALL,
    guarded: true,
    sources: EVERYWHERE,
    xattrs: &[],
    get: |entry| entry.uid.map(|uid| Value::Number(uid.into())),
};

pub(super) const GID: Attribute = Attribute {
    name: "gid",
    meaning: "numeric group",
    types: FileTypes::ALL,
    compared: FileTypes::ALL,
    guarded: true,
    sources: EVERYWHERE,
    xattrs: &[],
    get: |entry| entry.gid.map(|gid| Value::Number(gid.into())),
};

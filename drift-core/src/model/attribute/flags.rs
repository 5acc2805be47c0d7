//! The inode flags immutable and append-only; statx reports them without another call.

use super::{Attribute, Value};
use crate::model::kind::{FileType, FileTypes};
use crate::model::snapshot::SourceKind;

/// The kernel sets them on files and directories alone (`ioctl_iflags(2)`).
const FLAGGED: FileTypes = FileTypes::of(&[FileType::File, FileType::Directory]);

pub(super) const FLAGS: Attribute = Attribute {
    name: "flags",
    meaning: "inode flags: immutable, append (ioctl_iflags(2)); none when neither is set",
    types: FLAGGED,
    compared: FLAGGED,
    guarded: true,
    sources: &[SourceKind::Host, SourceKind::Directory, SourceKind::Memory, SourceKind::Overlay],
    xattrs: &[],
    get: |entry| {
        entry.flags.map(|flags| match (flags.immutable, flags.append) {
            (false, false) => Value::None,
            (true, false) => Value::Text(b"immutable".into()),
            (false, true) => Value::Text(b"append".into()),
            (true, true) => Value::Text(b"immutable,append".into()),
        })
    },
};

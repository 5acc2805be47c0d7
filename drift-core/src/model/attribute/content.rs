//! Type, content digest and size.

use super::{Attribute, EVERYWHERE, Value};
use crate::model::entry::Observed;
use crate::model::kind::{FileType, FileTypes};
use crate::model::snapshot::SourceKind;

/// A change of type is reported alone: nothing else of two different objects compares.
pub(super) const TYPE: Attribute = Attribute {
    name: "type",
    meaning: "file, directory, symlink, fifo, socket, char or block (inode(7))",
    types: FileTypes::ALL,
    compared: FileTypes::ALL,
    guarded: true,
    sources: &SourceKind::ALL,
    xattrs: &[],
    get: |entry| match entry.file_type {
        FileType::Unknown => Observed::Unobserved,
        known => Observed::Is(Value::Text(known.name().as_bytes().into())),
    },
};

pub(super) const DIGEST: Attribute = Attribute {
    name: "digest",
    meaning: "digest of the content with its algorithm: sha256, or sparse-sha256 of very sparse files",
    types: FileTypes::FILE,
    compared: FileTypes::FILE,
    guarded: false,
    sources: &SourceKind::ALL,
    xattrs: &[],
    get: |entry| entry.digest.map(Value::Digest),
};

pub(super) const SIZE: Attribute = Attribute {
    name: "size",
    meaning: "length of the content in bytes",
    types: FileTypes::FILE,
    compared: FileTypes::FILE,
    guarded: false,
    sources: EVERYWHERE,
    xattrs: &[],
    get: |entry| entry.size.map(Value::Number),
};

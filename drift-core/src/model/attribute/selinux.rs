//! The SELinux label.

use super::{Attribute, EVERYWHERE, Value, decoded};
use crate::model::kind::FileTypes;

/// Stored with a closing NUL by the kernel and without by some tools; both mean the same.
pub(super) const SELINUX: Attribute = Attribute {
    name: "selinux",
    meaning: "SELinux context, from security.selinux",
    types: FileTypes::ALL,
    compared: FileTypes::ALL,
    guarded: true,
    sources: EVERYWHERE,
    xattrs: &[b"security.selinux"],
    get: |entry| {
        decoded(entry, b"security.selinux", |label| {
            Value::Text(label.strip_suffix(b"\0").unwrap_or(label).into())
        })
    },
};

//! Every extended attribute that no other line of the table decodes.

use super::{Attribute, EVERYWHERE, Value, is_decoded};
use crate::model::kind::FileTypes;

/// Reported one by one as `xattr:NAME`, values in base64.
pub(super) const XATTR: Attribute = Attribute {
    name: "xattr",
    meaning: "extended attributes by name with namespace, values in base64 (xattr(7))",
    types: FileTypes::ALL,
    compared: FileTypes::ALL,
    guarded: true,
    sources: EVERYWHERE,
    xattrs: &[],
    get: |entry| {
        entry.xattrs.as_ref().map(|xattrs| {
            Value::Named(xattrs.iter().filter(|(name, _)| !is_decoded(name)).collect())
        })
    },
};

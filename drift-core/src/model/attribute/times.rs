//! The time of modification. Access and change times are noise and are not recorded at all.

use super::{Attribute, EVERYWHERE, Value};
use crate::model::kind::FileTypes;

/// Compared by default of files alone: a directory's time changes with every name in it.
pub(super) const MTIME: Attribute = Attribute {
    name: "mtime",
    meaning: "time of the last change of content, UTC; whole seconds in a tar archive without PAX records",
    types: FileTypes::ALL,
    compared: FileTypes::FILE,
    guarded: false,
    sources: EVERYWHERE,
    xattrs: &[],
    get: |entry| entry.mtime.map(Value::Time),
};

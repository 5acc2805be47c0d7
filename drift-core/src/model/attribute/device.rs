//! The device that a device node stands for. The node itself is never opened.

use super::{Attribute, EVERYWHERE, Value};
use crate::model::kind::{FileType, FileTypes};

const NODES: FileTypes = FileTypes::of(&[FileType::Char, FileType::Block]);

pub(super) const RDEV: Attribute = Attribute {
    name: "rdev",
    meaning: "major and minor number of a device node, MAJOR:MINOR (makedev(3))",
    types: NODES,
    compared: NODES,
    guarded: true,
    sources: EVERYWHERE,
    xattrs: &[],
    get: |entry| entry.rdev.map(Value::Device),
};

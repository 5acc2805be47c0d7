//! The classes of paths, after Tripwire and AIDE: one table.

use crate::model::{AttributeSet, FileType, attribute};

/// What makes the value of an entry, and changes with it.
const VALUE: [&str; 4] = ["digest", "size", "mtime", "link_target"];

/// What may change at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Nothing may change.
    ReadOnly,
    /// Content may change, entries may come and go; owner, permissions and labels may not change.
    Dynamic,
    /// As dynamic, but what was in a file stays its beginning: logs.
    Growing,
    /// Device nodes: number, owner and permissions, no times.
    Device,
    /// Not looked at; every name is counted.
    Ignore,
    /// As read-only, but neither digest, size nor time is kept: private keys, shadow hashes.
    Secret,
    /// As read-only, but a value that has the rule's form may differ from host to host.
    ExpectedPerHost,
}

impl Class {
    /// Every class with its word in rules.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::ReadOnly, "read-only"),
        (Self::Dynamic, "dynamic"),
        (Self::Growing, "growing"),
        (Self::Device, "device"),
        (Self::Ignore, "ignore"),
        (Self::Secret, "secret"),
        (Self::ExpectedPerHost, "expected-per-host"),
    ];

    /// Returns the word in rules.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(class, _)| *class == self).map_or("", |(_, name)| name)
    }

    /// Returns the class of this word.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(class, _)| *class)
    }

    /// Returns the attributes that the class compares of entries of this type.
    #[must_use]
    pub fn attributes(self, file_type: FileType) -> AttributeSet {
        match self {
            Self::ReadOnly => attribute::compared(file_type),
            Self::Dynamic | Self::Growing | Self::Secret => attribute::guarded(file_type),
            // The form says of these what is compared.
            Self::ExpectedPerHost => {
                VALUE.iter().fold(attribute::compared(file_type), |set, name| {
                    set.without(AttributeSet::named(name))
                })
            }
            Self::Device => attribute::guarded(file_type).with(AttributeSet::named("link_target")),
            Self::Ignore => AttributeSet::EMPTY,
        }
    }

    /// Returns whether entries may come and go under this class.
    #[must_use]
    pub fn may_come_and_go(self) -> bool {
        matches!(self, Self::Dynamic | Self::Growing)
    }

    /// Returns whether the content of files is read to keep its digest.
    #[must_use]
    pub fn reads_content(self) -> bool {
        !matches!(self, Self::Dynamic | Self::Ignore | Self::Secret)
    }
}

//! What could have been seen and was not: data, never silence.

use super::path::TreePath;

/// The step at which an object could not be observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Stage {
    /// Opening it.
    Open = 0,
    /// Reading its content.
    Read = 1,
    /// Reading its metadata.
    Stat = 2,
    /// Reading the names in it.
    List = 3,
    /// Reading where it points.
    Readlink = 4,
    /// Reading its extended attributes.
    Xattr = 5,
    /// Entering the file system mounted on it.
    Mount = 6,
    /// Making sense of its bytes.
    Parse = 7,
    /// Evaluating a policy on it.
    Policy = 8,
}

impl Stage {
    /// Every stage, in the order of its number.
    pub const ALL: [Self; 9] = [
        Self::Open,
        Self::Read,
        Self::Stat,
        Self::List,
        Self::Readlink,
        Self::Xattr,
        Self::Mount,
        Self::Parse,
        Self::Policy,
    ];

    /// Returns the word that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Read => "read",
            Self::Stat => "stat",
            Self::List => "list",
            Self::Readlink => "readlink",
            Self::Xattr => "xattr",
            Self::Mount => "mount",
            Self::Parse => "parse",
            Self::Policy => "policy",
        }
    }
}

/// One object in scope that could not be observed, or not wholly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The object.
    pub path: TreePath,
    /// What was tried.
    pub stage: Stage,
    /// Why it failed, in words for a person; never raw bytes of the target.
    pub reason: String,
    /// The kernel's error, such as `EIO`, where there was one.
    pub errno: Option<&'static str>,
}

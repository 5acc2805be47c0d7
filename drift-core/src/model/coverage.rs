//! What a run saw, and what it did not.

use super::path::TreePath;

/// A file system that is mounted inside a target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mount {
    /// Where it is mounted.
    pub path: TreePath,
    /// Its type as the kernel names it, such as `ext4`.
    pub file_system: String,
    /// Whether neither setuid bits nor device nodes have an effect there (`nosuid` and `nodev`,
    /// mount(8)). It is known of the running system alone, and not stored.
    pub is_inert: bool,
}

/// How many entries a rule kept out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// The rule's text, or what else kept them out.
    pub rule: String,
    /// How many names were counted; what lies below a directory that was not entered is unknown.
    pub entries: u64,
}

/// How many files below a directory were taken from the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// A directory of the root, or the root for the files in it.
    pub path: TreePath,
    /// How many.
    pub files: u64,
}

/// Counts of a capture. Nothing is skipped without standing here or among the problems.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Entries captured, the root included.
    pub entries: u64,
    /// Files whose content was read to the end.
    pub files_hashed: u64,
    /// Bytes of those files.
    pub bytes_hashed: u64,
    /// Files whose digest an earlier run made, because they look as they did then or are sealed as they
    /// were; not stored.
    pub files_from_cache: u64,
    /// Files of which the digest that fs-verity checks them against was measured, and is that of an
    /// earlier reading, whether or not they were read for another reason; not stored.
    pub proved_by_verity: u64,
    /// Files that look as they did and were read again all the same; not stored.
    pub rehash_sample: u64,
    /// Where the files from the cache lie; not stored.
    pub trusted: Vec<Trusted>,
    /// Files or directories that could not be opened or read.
    pub unreadable: u64,
    /// Files that changed during each of three readings.
    pub unstable: u64,
    /// Names that were listed and gone a moment later.
    pub vanished: u64,
    /// Mounted file systems that were entered.
    pub mounts_entered: Vec<Mount>,
    /// Mounted file systems that were not entered.
    pub mounts_not_entered: Vec<Mount>,
    /// What rules excluded.
    pub excluded: Vec<Exclusion>,
}

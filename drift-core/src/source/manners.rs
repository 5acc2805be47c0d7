//! How reading leaves room for whatever else a machine does.

use std::sync::Arc;

use super::rate::Rate;

/// What a reading of files of this machine keeps to. The answers are the same under any.
#[derive(Debug, Clone, Default)]
pub struct Manners {
    /// The limit to the rate of reading content; none unless given.
    pub rate: Option<Arc<Rate>>,
    /// What becomes of what reading brings into the page cache.
    pub page_cache: PageCache,
    /// What kind of disk it is; unless given, what the kernel says of the root's.
    pub disk: Option<Disk>,
}

/// What kind of disk a file system lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Disk {
    /// Any that serves many readers at once.
    #[default]
    Solid,
    /// One whose head moves: read by one reader, in the order of inodes.
    Rotating,
}

/// What becomes of what reading brings into the page cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PageCache {
    /// What was not there before is dropped again, so that what others need stays in.
    #[default]
    AsFound,
    /// All of it stays, as after any reading.
    Keep,
}

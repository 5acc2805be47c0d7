//! Progress: what a run tells the program that embeds it. The library itself prints nothing.

use crate::model::TreePath;

/// Something that a run tells while it goes on.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A phase began.
    Phase(&'static str),
    /// So many entries have been listed.
    Surveyed {
        /// Entries so far.
        entries: u64,
    },
    /// So much content has been read.
    Read {
        /// Files so far.
        files: u64,
        /// Bytes so far.
        bytes: u64,
    },
    /// A file is held by another program; the run waits for it together with all others.
    Waiting {
        /// The file.
        path: &'a TreePath,
    },
}

/// Receives events, from any thread; it must return quickly.
pub trait Observer: Sync {
    /// Takes one event.
    fn event(&self, event: Event<'_>);
}

/// Ignores every event.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _event: Event<'_>) {}
}

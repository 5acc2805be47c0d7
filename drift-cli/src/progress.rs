//! How far a run came, for the report of one that its deadline ended.

use std::sync::atomic::{AtomicU64, Ordering};

use drift_core::bounds::{Event, Observer};
use drift_core::report::document::Coverage;

use crate::own_digest::OwnDigest;

/// Counts what a run tells.
#[derive(Debug)]
pub(crate) struct Progress<'p> {
    program: &'p OwnDigest,
    entries: AtomicU64,
    files: AtomicU64,
    bytes: AtomicU64,
}

impl Observer for Progress<'_> {
    fn event(&self, event: Event<'_>) {
        match event {
            // The survey keeps every processor busy; what follows it has parts for one alone.
            Event::Phase("read") => self.program.begin(),
            Event::Surveyed { entries } => {
                let _before = self.entries.fetch_max(entries, Ordering::Relaxed);
            }
            Event::Read { files, bytes } => {
                let _before = self.files.fetch_max(files, Ordering::Relaxed);
                let _before = self.bytes.fetch_max(bytes, Ordering::Relaxed);
            }
            _ => {}
        }
    }
}

impl<'p> Progress<'p> {
    /// Counts from nothing; the program's own digest is begun once the target was surveyed.
    pub(crate) fn new(program: &'p OwnDigest) -> Self {
        let (entries, files, bytes) = Default::default();
        Self { program, entries, files, bytes }
    }

    /// Says it in words.
    pub(crate) fn told(&self) -> String {
        format!(
            "the deadline passed after {} entries were listed and {} files read; nothing was \
             compared",
            self.entries.load(Ordering::Relaxed),
            self.files.load(Ordering::Relaxed)
        )
    }

    /// Puts the numbers into a report that has none.
    pub(crate) fn count(&self, coverage: &mut Coverage) {
        coverage.entries = self.entries.load(Ordering::Relaxed);
        coverage.files_hashed = self.files.load(Ordering::Relaxed);
        coverage.bytes_hashed = self.bytes.load(Ordering::Relaxed);
    }
}

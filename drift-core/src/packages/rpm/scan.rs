//! What the three backends have in common: headers go in, packages and faults come out.

use super::package;
use crate::packages::{Completeness, Reading};

/// One reading of one file of headers.
#[derive(Debug)]
pub(super) struct Scan<'s, 'r, 'f> {
    pub(super) reading: &'s mut Reading<'r, 'f>,
    /// The file, for problems.
    pub(super) path: &'s [u8],
}

impl Scan<'_, '_, '_> {
    /// Takes the header of one package by its number in the database; `false` means stop.
    pub(super) fn header(&mut self, number: u32, blob: &[u8]) -> bool {
        if !self.reading.item(self.path, Completeness::Incomplete) {
            return false;
        }
        package::read(self, number, blob);
        true
    }

    /// Spends one item for a page or another part of the file; `false` means stop.
    pub(super) fn step(&mut self) -> bool {
        self.reading.item(self.path, Completeness::Incomplete)
    }

    /// Keeps a fault that may have cost packages.
    pub(super) fn lost(&mut self, what: impl Into<String>) {
        self.reading.note(self.path, what.into(), Completeness::Incomplete);
    }

    /// Keeps a fault that cost files or records of a package that is known.
    pub(super) fn fault(&mut self, what: impl Into<String>) {
        self.reading.note(self.path, what.into(), Completeness::RecordsIncomplete);
    }
}

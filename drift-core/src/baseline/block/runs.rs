//! Runs of equal numbers, entry by entry: owners, and the layers of an image. 0 stands for none.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::baseline::error::Error;
use crate::baseline::wire::{Input, put};

/// Runs being written.
#[derive(Debug, Default)]
pub(super) struct RunWriter {
    out: Vec<u8>,
    /// The number of the last entries, and of how many.
    run: (u64, u64),
}

impl RunWriter {
    /// Appends the number of one entry.
    pub(super) fn push(&mut self, number: u64) {
        if self.run.1 > 0 && self.run.0 != number {
            self.end();
        }
        self.run = (number, self.run.1.saturating_add(1));
    }

    fn end(&mut self) {
        put(&mut self.out, self.run.0);
        put(&mut self.out, self.run.1);
        self.run = (0, 0);
    }

    /// Returns the runs; there is at least one entry.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.end();
        self.out
    }
}

/// Runs being read.
#[derive(Debug)]
pub(super) struct RunReader {
    part: &'static str,
    raw: Vec<u8>,
    read: usize,
    run: (u64, u64),
    /// The largest number there may be, and what a larger one breaks.
    greatest: (u64, &'static str),
}

impl RunReader {
    pub(super) fn new(part: &'static str, raw: Vec<u8>, greatest: (u64, &'static str)) -> Self {
        Self { part, raw, read: 0, run: (0, 0), greatest }
    }

    /// Reads the number of the next entry, less one; `None` for none.
    pub(super) fn next(&mut self) -> Result<Option<u32>, Error> {
        if self.run.1 == 0 {
            let mut input = Input::new(self.part, self.raw.get(self.read..).unwrap_or_default());
            self.run = (input.number()?, input.number()?);
            self.read = self.raw.len().saturating_sub(input.len());
            if self.run.0 > self.greatest.0 {
                return Err(input.malformed(self.greatest.1));
            }
        }
        let empty = Error::Malformed { part: self.part, reason: "a run is empty" };
        self.run.1 = self.run.1.checked_sub(1).ok_or(empty)?;
        Ok(self.run.0.checked_sub(1).and_then(|at| u32::try_from(at).ok()))
    }

    /// Returns whether every number has been read.
    pub(super) fn is_spent(&self) -> bool {
        self.run.1 == 0 && self.read == self.raw.len()
    }
}

//! Writing what the next run may believe: what was taken, and what was read in this one.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::io;
use std::iter::Peekable;

use crate::bounds::Timestamp;

use super::mac::Mac;
use super::record::{Record, digest, key};
use super::table::{BLOCK_RECORDS, Header, MAX_RECORDS, Table};
use super::{Cache, Purpose};

impl Cache {
    /// Writes the cache for the next run, when this one has come to its end.
    pub fn write(&self, written: Timestamp, out: &mut dyn io::Write) -> io::Result<()> {
        let learned = settled(std::mem::take(&mut *self.lock(&self.learned)));
        let records = || self.merged(&learned).take(MAX_RECORDS);
        let header = Header {
            generation: self.generation.into(),
            written: written.seconds().max(self.started),
            binding: self.binding,
            places: self.lock(&self.places).known().to_vec(),
            records: records().count() as u64,
        };
        let header = header.bytes();
        let mut mac = Mac::new(&self.key);
        mac.update(&header);
        out.write_all(&header)?;
        let mut block = drift_lanes::Sha256::new();
        let mut in_block = 0_usize;
        for record in records() {
            out.write_all(record)?;
            block.update(record);
            in_block = in_block.saturating_add(1);
            if in_block == BLOCK_RECORDS {
                mac.update(&std::mem::take(&mut block).finish());
                in_block = 0;
            }
        }
        if in_block > 0 {
            mac.update(&block.finish());
        }
        out.write_all(&mac.finish())
    }

    /// Returns the records in order: those that were read, and those that were taken.
    fn merged<'m>(&'m self, learned: &'m [Record]) -> impl Iterator<Item = &'m Record> {
        let keeps = self.purpose == Purpose::Trust && !self.is_doubted();
        let stored = self.stored.as_ref().filter(|_| keeps).map(Table::records).unwrap_or_default();
        let kept = stored.iter().enumerate().filter(|(at, _)| self.is_taken(*at));
        Merged {
            learned: learned.iter().peekable(),
            kept: kept.map(|(_, record)| record).peekable(),
        }
    }
}

/// Two sorted sequences as one; of two with the same key the one that was read.
struct Merged<'m, K: Iterator<Item = &'m Record>> {
    learned: Peekable<std::slice::Iter<'m, Record>>,
    kept: Peekable<K>,
}

impl<'m, K: Iterator<Item = &'m Record>> Iterator for Merged<'m, K> {
    type Item = &'m Record;

    fn next(&mut self) -> Option<&'m Record> {
        let (learned, kept) =
            (self.learned.peek().map(|at| key(at)), self.kept.peek().map(|at| key(at)));
        match (learned, kept) {
            (Some(learned), Some(kept)) if kept < learned => self.kept.next(),
            (Some(learned), Some(kept)) => {
                if learned == kept {
                    self.kept.next();
                }
                self.learned.next()
            }
            (Some(_), None) => self.learned.next(),
            (None, _) => self.kept.next(),
        }
    }
}

/// Sorts what was read, each file once. One that several readings gave different records of, by its
/// several names, was changed meanwhile, and is left out.
fn settled(mut learned: Vec<Record>) -> Vec<Record> {
    learned.sort_unstable();
    learned.dedup();
    learned.sort_unstable_by_key(key);
    let mut settled = Vec::with_capacity(learned.len());
    for group in learned.chunk_by(|one, next| key(one) == key(next)) {
        if let [record] = group
            && digest(record).is_some()
        {
            settled.push(*record);
        }
    }
    settled
}

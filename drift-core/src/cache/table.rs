//! The stored form: a header, the file systems, sorted records, and one code over everything.
//!
//! ```text
//! magic      8   "DRIFTCA1"
//! record     u32 bytes of a record, 92
//! places     u32 file systems, 40 bytes each
//! records    u64
//! generation u64 runs that wrote it, this one included
//! written    i64 seconds since 1970, by the clock of the run that wrote it
//! binding    32  digest of host, target and version
//! places, records
//! code       32  HMAC-SHA-256 over header, places and the SHA-256 of every 8192 records
//! ```
//!
//! All numbers are little-endian. The bytes are read only after the code over them held; even then the
//! reader is total, and what it does not understand is no cache.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::bounds::{Cancelled, Pool};
use crate::model::Time;
use crate::source::FileSystem;

use super::mac::{Mac, is_equal};
use super::record::{Key, RECORD_BYTES, Record, key};

pub(super) const MAGIC: &[u8; 8] = b"DRIFTCA1";
pub(super) const HEADER_BYTES: usize = 72;
pub(super) const PLACE_BYTES: usize = 40;
pub(super) const CODE_BYTES: usize = 32;

/// Records that are digested together; the code is then made of the digests, so that all threads
/// can work at it.
pub(super) const BLOCK_RECORDS: usize = 8192;

/// Records between two keys that are looked at first: 6 kB, read only where the file must lie.
const FENCE_RECORDS: usize = 64;

/// As many as fit into the largest file, with room for header, places and code.
pub(super) const MAX_RECORDS: usize = (super::MAX_BYTES - (1 << 20)) / RECORD_BYTES;

/// No btime; nanoseconds end below.
const NO_BTIME: u32 = u32::MAX;

/// Why stored bytes are no cache of this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("it is of another format")]
    Format,
    #[error("it is damaged, or was written with another key")]
    Code,
    #[error("it is of another host, another target or another version of drift")]
    Foreign,
    #[error("its records are out of order")]
    Order,
}

/// What stands before the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) generation: u64,
    pub(super) written: i64,
    pub(super) binding: [u8; 32],
    pub(super) places: Vec<FileSystem>,
    pub(super) records: u64,
}

impl Header {
    /// Returns the stored form of header and places.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let count = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        let mut bytes = MAGIC.to_vec();
        bytes.extend((RECORD_BYTES as u32).to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(self.records.to_le_bytes());
        bytes.extend(self.generation.to_le_bytes());
        bytes.extend(self.written.to_le_bytes());
        bytes.extend(self.binding);
        for place in &self.places {
            let btime = place.btime.unwrap_or(Time { seconds: 0, nanoseconds: NO_BTIME });
            bytes.extend(place.kind.to_le_bytes());
            bytes.extend(place.id.to_le_bytes());
            bytes.extend(place.inode.to_le_bytes());
            bytes.extend(btime.seconds.to_le_bytes());
            bytes.extend(btime.nanoseconds.to_le_bytes());
            bytes.extend([0; 4]);
        }
        bytes
    }
}

/// A stored cache, as it was read.
#[derive(Debug)]
pub(super) struct Table {
    bytes: Vec<u8>,
    /// Where the records begin and end.
    range: (usize, usize),
    fences: Vec<Key>,
    pub(super) header: Header,
}

impl Table {
    /// Takes bytes that anybody may have written.
    pub(super) fn read(
        bytes: Vec<u8>,
        secret: &[u8; 32],
        binding: &[u8; 32],
        pool: &Pool,
    ) -> Result<Result<Self, Refused>, Cancelled> {
        let Some((header, range)) = layout(&bytes) else { return Ok(Err(Refused::Format)) };
        let mut table = Self { bytes, range, fences: Vec::new(), header };
        if !table.code_holds(secret, pool)? {
            return Ok(Err(Refused::Code));
        }
        if table.header.binding != *binding {
            return Ok(Err(Refused::Foreign));
        }
        let records = table.records();
        let is_sorted = records.is_sorted_by(|one, next| key(one) < key(next));
        let places = table.header.places.len();
        let fits = records.last().is_none_or(|last| usize::from(key(last).0) < places);
        if !is_sorted || !fits {
            return Ok(Err(Refused::Order));
        }
        let fences = records.iter().step_by(FENCE_RECORDS).map(key).collect();
        table.fences = fences;
        Ok(Ok(table))
    }

    /// Returns all records, in the order of their keys.
    pub(super) fn records(&self) -> &[Record] {
        let bytes = self.bytes.get(self.range.0..self.range.1).unwrap_or_default();
        bytes.as_chunks().0
    }

    /// Returns the number of a record, and it.
    pub(super) fn find(&self, wanted: Key) -> Option<(usize, &Record)> {
        let after = self.fences.partition_point(|fence| *fence <= wanted);
        let start = after.checked_sub(1)?.saturating_mul(FENCE_RECORDS);
        let rest = self.records().get(start..)?;
        let near = rest.get(..FENCE_RECORDS.min(rest.len()))?;
        let at = near.binary_search_by_key(&wanted, key).ok()?;
        Some((start.saturating_add(at), near.get(at)?))
    }

    fn code_holds(&self, secret: &[u8; 32], pool: &Pool) -> Result<bool, Cancelled> {
        let blocks: Vec<&[Record]> = self.records().chunks(BLOCK_RECORDS).collect();
        let digests = pool.map(&blocks, |block| Ok(drift_lanes::sha256(block.as_flattened())))?;
        let mut mac = Mac::new(secret);
        mac.update(self.bytes.get(..self.range.0).unwrap_or_default());
        for digest in &digests {
            mac.update(digest);
        }
        let stored = self.bytes.get(self.range.1..).and_then(|rest| rest.first_chunk());
        Ok(stored.is_some_and(|stored| is_equal(stored, &mac.finish())))
    }
}

/// Returns what stands before the records, and where they begin and end, if the lengths fit.
fn layout(bytes: &[u8]) -> Option<(Header, (usize, usize))> {
    let mut at = Reader(bytes);
    if at.take::<8>()? != *MAGIC || u32::from_le_bytes(at.take()?) as usize != RECORD_BYTES {
        return None;
    }
    let places = u32::from_le_bytes(at.take()?) as usize;
    let records = u64::from_le_bytes(at.take()?);
    let start = places.checked_mul(PLACE_BYTES)?.checked_add(HEADER_BYTES)?;
    let end = usize::try_from(records).ok()?.checked_mul(RECORD_BYTES)?.checked_add(start)?;
    if end.checked_add(CODE_BYTES)? != bytes.len() {
        return None;
    }
    let (generation, written) = (u64::from_le_bytes(at.take()?), i64::from_le_bytes(at.take()?));
    let binding = at.take()?;
    let places = (0..places).map(|_| at.place()).collect::<Option<_>>()?;
    Some((Header { generation, written, binding, places, records }, (start, end)))
}

/// Takes numbers off the front.
struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn take<const COUNT: usize>(&mut self) -> Option<[u8; COUNT]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn place(&mut self) -> Option<FileSystem> {
        let kind = u64::from_le_bytes(self.take()?);
        let id = u64::from_le_bytes(self.take()?);
        let inode = u64::from_le_bytes(self.take()?);
        let seconds = i64::from_le_bytes(self.take()?);
        let nanoseconds = u32::from_le_bytes(self.take()?);
        self.take::<4>()?;
        let btime = (nanoseconds != NO_BTIME).then_some(Time { seconds, nanoseconds });
        Some(FileSystem { kind, id, inode, btime, is_read_only: false })
    }
}

//! Files with holes: the four ways in which GNU tar writes where their data belongs.
//!
//! Old GNU (type `S`), and PAX 0.0, 0.1 and 1.0 (tar(5), GNU tar manual, "Storing Sparse Files").
//! A map must be in order, without overlap, within the file, and name exactly what is stored.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::header::number;
use super::records::{Records, decimal};

/// Holes of so many bytes or more are not read through: SHA-256 cannot skip zeros.
const MAX_HOLES: u64 = 1 << 30;

/// The most data segments of one file.
pub(super) const MAX_SEGMENTS: usize = 1 << 20;

/// Where the stored bytes of a file belong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::source) struct Map {
    /// Offset and length of each run of data, in order.
    pub(super) segments: Vec<(u64, u64)>,
    /// Size of the file with its holes.
    pub(super) size: u64,
}

impl Map {
    /// Returns what is wrong with the map of a file of which `stored` bytes are in the archive.
    pub(super) fn fault(&self, stored: u64) -> Option<&'static str> {
        let mut end = 0u64;
        let mut data = 0u64;
        for &(offset, length) in &self.segments {
            let next = offset.checked_add(length);
            match next.filter(|next| offset >= end && *next <= self.size) {
                Some(next) => end = next,
                None => return Some("its map of data overlaps itself or leaves the file"),
            }
            data = data.saturating_add(length);
        }
        if data != stored {
            return Some("its map of data does not cover what is stored");
        }
        if end != self.size {
            return Some("its map of data ends before the file, which readers fill up differently");
        }
        (self.size.saturating_sub(data) >= MAX_HOLES)
            .then_some("its holes are 1 GiB or more, and files with such holes are not read")
    }

    /// Returns the bytes in holes.
    pub(super) fn holes(&self) -> u64 {
        let data = self.segments.iter().fold(0u64, |sum, (_, length)| sum.saturating_add(*length));
        self.size.saturating_sub(data)
    }
}

/// Reads places of 24 bytes, offset and length; an empty one ends them. `None` for a bad number.
pub(super) fn places(bytes: &[u8], segments: &mut Vec<(u64, u64)>) -> Option<()> {
    for place in bytes.chunks_exact(24) {
        let (offset, length) = place.split_at_checked(12)?;
        if length.first() == Some(&0) {
            return Some(());
        }
        segments.push((unsigned(offset)?, unsigned(length)?));
    }
    Some(())
}

fn unsigned(field: &[u8]) -> Option<u64> {
    number(field).and_then(|value| u64::try_from(value).ok())
}

/// How PAX records say that a file has holes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pax {
    /// They do not.
    Dense,
    /// The map stands in the records: formats 0.0 and 0.1.
    Mapped(Map),
    /// The map stands before the data: format 1.0; the size of the file.
    InData(u64),
    /// They contradict themselves, or speak of another format.
    Unknown,
}

/// Returns whether every reader takes the records for those of a file with holes: Go's archive/tar
/// goes by the version, and without one by the map.
pub(super) fn is_named(records: &Records) -> bool {
    let version = (records.get(b"GNU.sparse.major"), records.get(b"GNU.sparse.minor"));
    match version {
        (Some(b"1"), Some(b"0")) | (Some(b"0"), Some(b"0" | b"1")) => true,
        (None, None) => {
            records.get(b"GNU.sparse.map").is_some() || records.get(b"GNU.sparse.offset").is_some()
        }
        _ => false,
    }
}

/// Reads what the records say of holes.
pub(super) fn pax(records: &Records) -> Pax {
    if records.get(b"SCHILY.realsize").is_some() || records.get(b"SUN.holesdata").is_some() {
        return Pax::Unknown;
    }
    if !records.iter().any(|(key, _)| key.starts_with(b"GNU.sparse.")) {
        return Pax::Dense;
    }
    let size = |key: &[u8]| records.get(key).and_then(decimal);
    match (records.get(b"GNU.sparse.major"), records.get(b"GNU.sparse.minor")) {
        (Some(b"1"), Some(b"0")) => size(b"GNU.sparse.realsize").map_or(Pax::Unknown, Pax::InData),
        (None, None) | (Some(b"0"), Some(b"0" | b"1")) => {
            let twice = records.get(b"GNU.sparse.offset").is_some();
            if twice && records.get(b"GNU.sparse.map").is_some() {
                return Pax::Unknown;
            }
            let segments = match records.get(b"GNU.sparse.map") {
                Some(map) => pairs(map.split(|&byte| byte == b',')),
                None => pairs(
                    records
                        .iter()
                        .filter(|(key, _)| {
                            matches!(*key, b"GNU.sparse.offset" | b"GNU.sparse.numbytes")
                        })
                        .map(|(_, value)| value),
                ),
            };
            match (segments, size(b"GNU.sparse.size")) {
                (Some(segments), Some(size)) => Pax::Mapped(Map { segments, size }),
                _ => Pax::Unknown,
            }
        }
        _ => Pax::Unknown,
    }
}

fn pairs<'a>(values: impl Iterator<Item = &'a [u8]>) -> Option<Vec<(u64, u64)>> {
    let numbers: Vec<u64> = values.map(decimal).collect::<Option<_>>()?;
    let (pairs, rest) = numbers.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[offset, length]| (*offset, *length)).collect())
}

#[cfg(test)]
mod tests {
    use super::Map;

    #[test]
    fn a_map_is_in_order_within_the_file_and_whole() {
        let fault = |segments: &[(u64, u64)], size, stored| {
            Map { segments: segments.to_vec(), size }.fault(stored).is_some()
        };
        assert!(!fault(&[(0, 4), (8, 4), (16, 0)], 16, 8));
        assert!(!fault(&[(100, 0)], 100, 0));
        assert!(fault(&[(0, 4)], 16, 4), "GNU tar cuts the last hole off, others keep it");
        assert!(fault(&[], 100, 0));
        assert!(fault(&[(0, 4), (3, 4)], 16, 8), "overlap");
        assert!(fault(&[(8, 4), (0, 4)], 16, 8), "order");
        assert!(fault(&[(8, 9)], 16, 9), "beyond");
        assert!(fault(&[(u64::MAX, 2)], 16, 2), "overflow");
        assert!(fault(&[(0, 4)], 16, 8), "not all that is stored");
        assert!(fault(&[(1 << 30, 0)], 1 << 30, 0), "too many zeros");
    }
}

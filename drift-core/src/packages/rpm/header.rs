//! One package's header as rpm stores it: an index of typed entries, then their data.
//!
//! Source: `lib/header.c` and docs/manual/format_header.md of rpm. All numbers are big-endian. The
//! first entry covers those that came with the package (the immutable region, which the package's
//! own digests and signatures are over); what rpm added at the installation follows it.

use super::bytes::{Order, slice};
use crate::model::{Algorithm, Digest};

const INDEX_ENTRY: usize = 16;

/// What digests of a header begin with (`rpm_header_magic`).
const MAGIC: [u8; 8] = [0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0];

/// `RPMTAG_HEADERIMMUTABLE`.
const REGION: u32 = 63;

const SHA1_HEADER: u32 = 269;
const SHA256_HEADER: u32 = 273;

const STRING: u32 = 6;
const STRING_ARRAY: u32 = 8;
const I18N_STRING: u32 = 9;

/// Why a header, or a value of it, cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Error {
    #[error("the header is shorter than its index and data")]
    Length,
    #[error("the header's index has an entry of an unknown type, or outside the data")]
    Entry,
    #[error("tag {0} stands twice in the header")]
    Twice(u32),
    #[error("tag {0} of the header has another type than rpm writes")]
    Type(u32),
    #[error("tag {0} of the header reaches outside the data")]
    Outside(u32),
}

/// A header whose index was checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header<'b> {
    index: &'b [u8],
    data: &'b [u8],
    /// Entries of the immutable region, and bytes of its data; 0 where there is none.
    region: (usize, usize),
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    kind: u32,
    offset: usize,
    count: usize,
}

impl<'b> Header<'b> {
    /// Reads the index; the header must fill `blob`.
    pub(super) fn parse(blob: &'b [u8]) -> Result<Self, Error> {
        let (entries, data) = Self::lengths(blob).ok_or(Error::Length)?;
        let end = entries.checked_mul(INDEX_ENTRY).and_then(|length| length.checked_add(8));
        let end = end.ok_or(Error::Length)?;
        let index = blob.get(8..end).ok_or(Error::Length)?;
        let rest = blob.get(end..).ok_or(Error::Length)?;
        if rest.len() != data || entries == 0 {
            return Err(Error::Length);
        }
        let mut header = Self { index, data: rest, region: (0, 0) };
        for raw in index.chunks_exact(INDEX_ENTRY) {
            let (_, entry) = decode(raw).ok_or(Error::Entry)?;
            header.bytes_of(entry).ok_or(Error::Entry)?;
        }
        header.region = header.region().unwrap_or((0, 0));
        Ok(header)
    }

    fn lengths(blob: &[u8]) -> Option<(usize, usize)> {
        let number = |at| usize::try_from(Order::Big.u32(blob, at)?).ok();
        Some((number(0)?, number(4)?))
    }

    /// Returns how many entries and bytes the trailer says that the immutable region has.
    fn region(&self) -> Option<(usize, usize)> {
        let (tag, entry) = decode(self.index.get(..INDEX_ENTRY)?)?;
        if tag != REGION || entry.kind != 7 || entry.count != INDEX_ENTRY {
            return None;
        }
        let trailer = slice(self.data, entry.offset, INDEX_ENTRY)?;
        let back = Order::Big.u32(trailer, 8)?.wrapping_neg();
        let entries = usize::try_from(back).ok()? / INDEX_ENTRY;
        let inside = entries.checked_mul(INDEX_ENTRY)? <= self.index.len() && entries > 0;
        (Order::Big.u32(trailer, 0)? == REGION && inside)
            .then_some((entries, entry.offset.checked_add(INDEX_ENTRY)?))
    }

    /// Returns whether the header has the digest that it says it has; `None` when it says none.
    pub(super) fn is_intact(&self) -> Option<bool> {
        let (entries, bytes) = self.region;
        let index = self.index.get(..entries.checked_mul(INDEX_ENTRY)?)?;
        let data = self.data.get(..bytes)?;
        let digest = |tag, algorithm| {
            let text = self.text(tag).ok().flatten()?;
            Some(Digest::from_hex(algorithm, text))
        };
        if entries == 0 {
            return None;
        }
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
        let covered = || [&MAGIC[..], &count(entries), &count(bytes), index, data].concat();
        match digest(SHA256_HEADER, Algorithm::Sha256) {
            Some(said) => Some(said == Some(Digest::sha256_of(&covered()))),
            None => {
                let said = digest(SHA1_HEADER, Algorithm::Sha1)?;
                Some(said == Some(sha1_of(&covered())))
            }
        }
    }

    /// Returns the first text of a tag: of a text in several languages, the untranslated one.
    pub(super) fn text(&self, tag: u32) -> Result<Option<&'b [u8]>, Error> {
        let Some(mut strings) = self.strings(tag)? else { return Ok(None) };
        strings.next().transpose()
    }

    /// Returns the texts of a tag.
    pub(super) fn strings(&self, tag: u32) -> Result<Option<Strings<'b>>, Error> {
        let Some(entry) = self.find(tag)? else { return Ok(None) };
        if !matches!(entry.kind, STRING | STRING_ARRAY | I18N_STRING) {
            return Err(Error::Type(tag));
        }
        let bytes = self.data.get(entry.offset..).ok_or(Error::Outside(tag))?;
        Ok(Some(Strings { tag, bytes, left: entry.count }))
    }

    /// Returns the numbers of a tag.
    pub(super) fn numbers(&self, tag: u32) -> Result<Option<Numbers<'b>>, Error> {
        let Some(entry) = self.find(tag)? else { return Ok(None) };
        let width = match width(entry.kind) {
            Some(width) if entry.kind <= 5 => width,
            _ => return Err(Error::Type(tag)),
        };
        let bytes = self.bytes_of(entry).ok_or(Error::Outside(tag))?;
        Ok(Some(Numbers { bytes, width }))
    }

    /// Finds a tag; what rpm added to the region comes before what was in it.
    fn find(&self, tag: u32) -> Result<Option<Entry>, Error> {
        let mut found: Option<(bool, Entry)> = None;
        for (at, raw) in self.index.chunks_exact(INDEX_ENTRY).enumerate() {
            let Some((number, entry)) = decode(raw) else { continue };
            if number != tag {
                continue;
            }
            let added = at >= self.region.0;
            if found.is_some_and(|(before, _)| before == added) {
                return Err(Error::Twice(tag));
            }
            found = Some((added, entry));
        }
        Ok(found.map(|(_, entry)| entry))
    }

    /// Returns the bytes of an entry; of texts all that follows, for their ends are not known.
    fn bytes_of(&self, entry: Entry) -> Option<&'b [u8]> {
        let rest = self.data.get(entry.offset..)?;
        match width(entry.kind) {
            Some(width) => rest.get(..entry.count.checked_mul(width)?),
            // Each has a NUL byte at least.
            None => (entry.count <= rest.len()).then_some(rest),
        }
    }
}

fn sha1_of(bytes: &[u8]) -> Digest {
    let mut sha1 = drift_lanes::Sha1::new();
    sha1.update(bytes);
    Digest::sha1(sha1.finish())
}

/// Takes an entry of the index apart; `None` for a type that there is not.
fn decode(raw: &[u8]) -> Option<(u32, Entry)> {
    let number = |at| Order::Big.u32(raw, at);
    let (kind, offset) = (number(4)?, usize::try_from(number(8)?).ok()?);
    let count = usize::try_from(number(12)?).ok()?;
    (kind <= I18N_STRING).then_some((number(0)?, Entry { kind, offset, count }))
}

/// Returns the bytes of one value of a type; `None` for texts.
fn width(kind: u32) -> Option<usize> {
    match kind {
        0 => Some(0),
        1 | 2 | 7 => Some(1),
        3 => Some(2),
        4 => Some(4),
        5 => Some(8),
        _ => None,
    }
}

/// The texts of one tag, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Strings<'b> {
    tag: u32,
    bytes: &'b [u8],
    left: usize,
}

impl Strings<'_> {
    /// Returns how many follow.
    pub(super) fn len(&self) -> usize {
        self.left
    }
}

impl<'b> Iterator for Strings<'b> {
    type Item = Result<&'b [u8], Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let Some(end) = self.bytes.iter().position(|&byte| byte == 0) else {
            self.left = 0;
            return Some(Err(Error::Outside(self.tag)));
        };
        let (text, rest) = self.bytes.split_at_checked(end)?;
        self.bytes = rest.get(1..).unwrap_or_default();
        Some(Ok(text))
    }
}

/// The numbers of one tag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers<'b> {
    bytes: &'b [u8],
    width: usize,
}

impl Numbers<'_> {
    /// Returns how many there are.
    pub(super) fn len(&self) -> usize {
        self.bytes.len().checked_div(self.width).unwrap_or(0)
    }

    /// Returns the number at a position.
    pub(super) fn get(&self, at: usize) -> Option<u64> {
        let raw = slice(self.bytes, at.checked_mul(self.width)?, self.width)?;
        Some(raw.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }
}

//! The central directory of a zip archive (APPNOTE.TXT 6.3, sections 4.3.7 to 4.3.16, 4.5.3), and
//! single members of it. Bytes before the archive, as of programs that carry one, are allowed.

use std::io::Read as _;

/// Signatures, as they lie in the file.
const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const LOCATOR_64: &[u8] = b"PK\x06\x07";
const CENTRAL: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";

/// Bytes of the end record without its comment, and the longest comment.
const END_BYTES: usize = 22;
const MAX_COMMENT: usize = 65_535;
/// Bytes of a central and a local header without names.
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;

/// Members that are looked at; the largest known archive has 100,000.
const MAX_MEMBERS: usize = 1_000_000;

/// An archive in memory.
#[derive(Debug)]
pub(super) struct Archive<'b> {
    bytes: &'b [u8],
    directory: &'b [u8],
    /// Bytes before the archive.
    shift: u64,
}

/// One file of an archive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<'b> {
    pub(super) name: &'b [u8],
    /// Its length as the directory has it; nothing is allocated by it.
    pub(super) size: u64,
    method: u64,
    packed: u64,
    offset: u64,
    encrypted: bool,
}

impl<'b> Archive<'b> {
    /// Finds the central directory.
    pub(super) fn open(bytes: &'b [u8]) -> Result<Self, &'static str> {
        let last = bytes.len().checked_sub(END_BYTES).ok_or("it is too short")?;
        let first = last.saturating_sub(MAX_COMMENT);
        let searched = bytes.get(first..last.saturating_add(END.len())).unwrap_or_default();
        let is_end = |window: &[u8]| window == END;
        // A comment may hold the mark: the right one is that whose comment ends the file.
        let fits = |at: usize| {
            let at = first.saturating_add(at);
            let comment = usize::try_from(number(bytes, at.saturating_add(20), 2)?).ok()?;
            Some(at.saturating_add(END_BYTES).saturating_add(comment) == bytes.len())
        };
        let marks = || searched.windows(END.len()).enumerate().rev().filter(|(_, one)| is_end(one));
        let whole = marks().find(|(at, _)| fits(*at) == Some(true));
        let found = whole.or_else(|| marks().next()).map(|(at, _)| at);
        let at = first.saturating_add(found.ok_or("it has no end record")?);
        let end = bytes.get(at..).unwrap_or_default();
        let (mut size, mut offset) =
            (number(end, 12, 4).unwrap_or(0), number(end, 16, 4).unwrap_or(0));
        let mut below = at as u64;
        let wide = at.checked_sub(20).and_then(|at| bytes.get(at..));
        if let Some(locator) = wide.filter(|locator| locator.starts_with(LOCATOR_64)) {
            // The record itself stands before its locator, whatever the locator says.
            let record_at = at.checked_sub(76).ok_or("its end record is damaged")?;
            let record = bytes.get(record_at..).filter(|record| record.starts_with(END_64));
            let record = record.or_else(|| {
                let place = usize::try_from(number(locator, 8, 8)?).ok()?;
                bytes.get(place..).filter(|record| record.starts_with(END_64))
            });
            let record = record.ok_or("its end record is damaged")?;
            below = (bytes.len() as u64).saturating_sub(record.len() as u64);
            size = number(record, 40, 8).ok_or("its end record is damaged")?;
            offset = number(record, 48, 8).ok_or("its end record is damaged")?;
        }
        let start = below.checked_sub(size).ok_or("its directory is longer than the file")?;
        let shift = start.checked_sub(offset).ok_or("its directory lies outside the file")?;
        let directory = super::super::elf::slice(bytes, start, size);
        Ok(Self { bytes, directory: directory.ok_or("its directory is damaged")?, shift })
    }

    /// Returns every file of the directory, and why it ends early where it does.
    pub(super) fn members(
        &self,
    ) -> impl Iterator<Item = Result<Member<'b>, &'static str>> + use<'b> {
        let (mut rest, mut count) = (self.directory, 0usize);
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            count = count.saturating_add(1);
            let read = member(rest).ok_or("a header of its directory is damaged");
            let read = read.and_then(|read| {
                if count > MAX_MEMBERS { Err("it has more than a million files") } else { Ok(read) }
            });
            rest = read.as_ref().map_or(&[], |(_, rest)| *rest);
            Some(read.map(|(member, _)| member))
        })
    }

    /// Returns the bytes of a file, at most so many.
    pub(super) fn content(&self, member: &Member<'b>, limit: u64) -> Result<Vec<u8>, String> {
        let packed = self.packed(member).ok_or("its data lie outside the archive")?;
        if member.encrypted {
            return Err("it is encrypted".to_owned());
        }
        let mut content = Vec::new();
        let most = limit.saturating_add(1);
        let read = match member.method {
            0 => packed.take(most).read_to_end(&mut content),
            8 => flate2::read::DeflateDecoder::new(packed).take(most).read_to_end(&mut content),
            other => return Err(format!("it is compressed by method {other}")),
        };
        read.map_err(|error| error.to_string())?;
        if content.len() as u64 > limit {
            return Err(format!("it is longer than {limit} bytes"));
        }
        if content.len() as u64 != member.size {
            return Err("it has not the length that the directory says".to_owned());
        }
        Ok(content)
    }

    fn packed(&self, member: &Member<'b>) -> Option<&'b [u8]> {
        let at = usize::try_from(member.offset.checked_add(self.shift)?).ok()?;
        let local = self.bytes.get(at..)?;
        if !local.starts_with(LOCAL) {
            return None;
        }
        let names = number(local, 26, 2)?.checked_add(number(local, 28, 2)?)?;
        super::super::elf::slice(local, names.checked_add(LOCAL_BYTES as u64)?, member.packed)
    }
}

fn member(rest: &[u8]) -> Option<(Member<'_>, &[u8])> {
    if !rest.starts_with(CENTRAL) {
        return None;
    }
    let length = |at: usize| Some(usize::try_from(number(rest, at, 2)?).unwrap_or(0));
    let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
    let (_, after) = rest.split_at_checked(CENTRAL_BYTES)?;
    let (name, after) = after.split_at_checked(name)?;
    let (extra, after) = after.split_at_checked(extra)?;
    let (_, after) = after.split_at_checked(comment)?;
    let mut values = [number(rest, 24, 4)?, number(rest, 20, 4)?, number(rest, 42, 4)?];
    widen(&mut values, extra);
    let [size, packed, offset] = values;
    let encrypted = number(rest, 8, 2)? & 1 == 1;
    Some((Member { name, size, method: number(rest, 10, 2)?, packed, offset, encrypted }, after))
}

/// Takes the values that have no room in a header from its extra field 1.
fn widen(values: &mut [u64; 3], extra: &[u8]) {
    let mut rest = extra;
    while let (Some(tag), Some(length)) = (number(rest, 0, 2), number(rest, 2, 2)) {
        let end = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(4);
        if tag == 1 {
            let mut at = 4usize;
            for value in values.iter_mut().filter(|value| **value == u64::from(u32::MAX)) {
                let Some(wide) = number(rest.get(..end).unwrap_or_default(), at, 8) else { return };
                (*value, at) = (wide, at.saturating_add(8));
            }
            return;
        }
        rest = rest.get(end..).unwrap_or_default();
    }
}

/// A number, the lowest byte first.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

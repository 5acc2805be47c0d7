//! The central directory of a zip archive (APPNOTE.TXT 6.3, sections 4.3.7 to 4.3.16, 4.5.3), and
//! single members of it. Bytes before the archive, as of programs that carry one, are allowed.

use std::io::Read as _;

use crate::bounds::Ranges;

/// Signatures, as they lie in the file.
const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const LOCATOR_64: &[u8] = b"PK\x06\x07";
const CENTRAL: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";

/// Bytes of the end record without its comment, and the longest comment.
const END_BYTES: usize = 22;
const MAX_COMMENT: usize = 65_535;
/// Bytes of the wide end record, of its locator, and of both: they may stand before the end record.
const RECORD_64_BYTES: usize = 56;
const LOCATOR_BYTES: usize = 20;
const BEFORE_END: usize = RECORD_64_BYTES + LOCATOR_BYTES;
/// Bytes of a central and a local header without names.
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;

/// Members that are looked at; the largest known archive has 100,000.
const MAX_MEMBERS: usize = 1_000_000;

/// Bytes of the central directory; that of the largest known archive has some 15 MB.
const MAX_DIRECTORY: u64 = 32 << 20;

/// The central directory of an archive.
#[derive(Debug)]
pub(super) struct Archive {
    directory: Vec<u8>,
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

impl Archive {
    /// Finds the central directory.
    pub(super) fn open(file: &mut dyn Ranges) -> Result<Self, &'static str> {
        let size = file.size();
        let last = size.checked_sub(END_BYTES as u64).ok_or("it is too short")?;
        // The record of the end with all that may stand behind it, and what may stand before it.
        let first = last.saturating_sub((MAX_COMMENT + BEFORE_END) as u64);
        let length = size.saturating_sub(first);
        let tail = file.range(first, length).ok_or("its end cannot be read")?;
        let at = end_record(&tail).ok_or("it has no end record")?;
        let end = tail.get(at..).unwrap_or_default();
        let (mut length, mut offset) =
            (number(end, 12, 4).unwrap_or(0), number(end, 16, 4).unwrap_or(0));
        let mut below = first.saturating_add(at as u64);
        let wide = at.checked_sub(LOCATOR_BYTES).and_then(|at| tail.get(at..));
        if let Some(locator) = wide.filter(|locator| locator.starts_with(LOCATOR_64)) {
            let (place, record) =
                wide_record(file, below, locator).ok_or("its end record is damaged")?;
            below = place;
            length = number(&record, 40, 8).ok_or("its end record is damaged")?;
            offset = number(&record, 48, 8).ok_or("its end record is damaged")?;
        }
        let start = below.checked_sub(length).ok_or("its directory is longer than the file")?;
        let shift = start.checked_sub(offset).ok_or("its directory lies outside the file")?;
        if length > MAX_DIRECTORY {
            return Err("its directory is longer than 32 MiB");
        }
        let directory = file.range(start, length).ok_or("its directory is damaged")?;
        Ok(Self { directory, shift })
    }

    /// Returns every file of the directory, and why it ends early where it does.
    pub(super) fn members(&self) -> impl Iterator<Item = Result<Member<'_>, &'static str>> {
        let (mut rest, mut count) = (self.directory.as_slice(), 0usize);
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
    pub(super) fn content(
        &self,
        file: &mut dyn Ranges,
        member: &Member<'_>,
        limit: u64,
    ) -> Result<Vec<u8>, String> {
        let start = self.data(file, member).ok_or("its data lie outside the archive")?;
        if member.encrypted {
            return Err("it is encrypted".to_owned());
        }
        let long = || format!("it is longer than {limit} bytes");
        // Compressed, what cannot be made shorter is longer by five bytes for every 64 KiB.
        if member.packed > limit.saturating_add(limit / 8192).saturating_add(64) {
            return Err(long());
        }
        let packed = file.range(start, member.packed).ok_or("its data lie outside the archive")?;
        let packed = packed.as_slice();
        let mut content = Vec::new();
        // Of what is longer than it says no more is decompressed than shows that.
        let most = limit.min(member.size).saturating_add(1);
        let read = match member.method {
            0 => packed.take(most).read_to_end(&mut content),
            8 => flate2::read::DeflateDecoder::new(packed).take(most).read_to_end(&mut content),
            other => return Err(format!("it is compressed by method {other}")),
        };
        read.map_err(|error| error.to_string())?;
        if member.size > limit {
            return Err(long());
        }
        if content.len() as u64 != member.size {
            return Err("it has not the length that the directory says".to_owned());
        }
        Ok(content)
    }

    /// Returns where the data of a file begin.
    fn data(&self, file: &mut dyn Ranges, member: &Member<'_>) -> Option<u64> {
        let at = member.offset.checked_add(self.shift)?;
        let local = file.range(at, LOCAL_BYTES as u64).filter(|local| local.starts_with(LOCAL))?;
        let names = number(&local, 26, 2)?.checked_add(number(&local, 28, 2)?)?;
        at.checked_add(LOCAL_BYTES as u64)?.checked_add(names)
    }
}

/// Returns where in the end of a file its end record begins.
fn end_record(tail: &[u8]) -> Option<usize> {
    let searched = tail.get(..tail.len().checked_sub(END_BYTES)?.checked_add(END.len())?)?;
    // A comment may hold the mark: the right one is that whose comment ends the file.
    let fits = |at: usize| {
        let comment = usize::try_from(number(tail, at.saturating_add(20), 2)?).ok()?;
        Some(at.saturating_add(END_BYTES).saturating_add(comment) == tail.len())
    };
    let near = tail.len().saturating_sub(END_BYTES.saturating_add(MAX_COMMENT));
    let marks = || {
        let windows = searched.windows(END.len()).enumerate().rev();
        windows.take_while(|(at, _)| *at >= near).filter(|(_, one)| *one == END).map(|(at, _)| at)
    };
    marks().find(|at| fits(*at) == Some(true)).or_else(|| marks().next())
}

/// Returns the wide end record with its place; it stands before its locator, whatever that says.
fn wide_record(file: &mut dyn Ranges, end: u64, locator: &[u8]) -> Option<(u64, Vec<u8>)> {
    let before = end.checked_sub((LOCATOR_BYTES + RECORD_64_BYTES) as u64)?;
    [Some(before), number(locator, 8, 8)].into_iter().flatten().find_map(|place| {
        let record = file.range(place, RECORD_64_BYTES as u64)?;
        record.starts_with(END_64).then_some((place, record))
    })
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

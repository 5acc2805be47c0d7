//! The members of an archive, one after the other, from a stream that is read once.
//!
//! Where two readers of tar could disagree about where the next member starts, the archive is
//! refused: whoever made it decides what each of them sees. Whatever concerns one member alone is
//! an anomaly of that member.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::io::{self, Read};

use super::header::{BLOCK, Block, Header, is_zero};
use super::member::{self, Extension, Member};
use super::records::{Records, STRUCTURAL, decimal};
use super::sparse::{MAX_SEGMENTS, Map, places};

/// The most bytes of one extended header or long name. The kernel's own limits are 64 KiB for the
/// attributes of one object and 4 KiB for a path.
const MAX_EXTENSION: u64 = 1 << 20;

/// The most zeros that the holes of all files together may cost.
const MAX_HOLES_TOTAL: u64 = 16 << 30;

/// Why an archive cannot be read on.
#[derive(Debug)]
pub(in crate::source) enum Fault {
    /// It contradicts itself or breaks off; where, and how.
    Malformed(String),
    /// The run was stopped.
    Cancelled,
}

/// Returns the fault at an offset of the uncompressed archive.
fn malformed(offset: u64, what: &str) -> Fault {
    Fault::Malformed(format!("{what}, at offset {offset} of the uncompressed archive"))
}

/// How the archive ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) enum End {
    /// With the two zero blocks that POSIX asks for, and nothing but zeros behind them.
    Marked,
    /// Without them: what came last may be cut off.
    Unmarked,
    /// Something other than zeros follows a zero block, from this offset on.
    Followed(u64),
}

/// Reads members from a stream.
pub(in crate::source) struct Reader<'a> {
    input: Box<dyn Read + 'a>,
    /// Bytes taken of the uncompressed archive.
    offset: u64,
    /// Stored bytes of the current member that are still to come, and the padding after them.
    data: u64,
    padding: u64,
    globals: Records,
    holes: u64,
    buffer: Vec<u8>,
}

/// What a call for the next member gives.
pub(in crate::source) enum Next {
    /// A member; its content comes next.
    Member(Member),
    /// There is none.
    End(End),
}

impl<'a> Reader<'a> {
    pub(in crate::source) fn new(input: Box<dyn Read + 'a>) -> Self {
        Self {
            input,
            offset: 0,
            data: 0,
            padding: 0,
            globals: Records::default(),
            holes: 0,
            buffer: vec![0; 1 << 16],
        }
    }

    /// Returns the next member, past whatever is left of the one before.
    pub(in crate::source) fn next(&mut self) -> Result<Next, Fault> {
        let mut extension = Extension::default();
        loop {
            self.skip_member()?;
            let start = self.offset;
            let Some(block) = self.block()? else {
                return self.ended(start, &extension, End::Unmarked);
            };
            if is_zero(&block) {
                let end = self.finish()?;
                return self.ended(start, &extension, end);
            }
            let header = Header::new(&block)
                .ok_or_else(|| malformed(start, "the checksum of a header is wrong"))?;
            let stored = header.size().ok_or_else(|| {
                malformed(start, "the size in a header is no number, or is negative")
            })?;
            match header.flag() {
                b'x' | b'X' => self.extended(start, stored, &mut extension)?,
                b'g' => self.global(start, stored)?,
                b'L' => {
                    let name = self.long(start, stored)?;
                    once(start, extension.name.replace(name))?;
                }
                b'K' => {
                    let link = self.long(start, stored)?;
                    once(start, extension.link.replace(link))?;
                }
                // A volume label stands for no object.
                b'V' => self.enter(stored),
                _ => return self.member(start, &header, stored, extension).map(Next::Member),
            }
        }
    }

    /// Hands the content of the current member, holes as zeros, to `each` in pieces.
    pub(in crate::source) fn content(
        &mut self,
        map: Option<&Map>,
        each: &mut dyn FnMut(&[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let Some(map) = map else { return self.stored(u64::MAX, each) };
        let mut at = 0u64;
        for &(offset, length) in &map.segments {
            zeros(offset.saturating_sub(at), each)?;
            self.stored(length, each)?;
            at = offset.saturating_add(length);
        }
        zeros(map.size.saturating_sub(at), each)
    }

    /// Hands over up to `limit` of the stored bytes.
    fn stored(
        &mut self,
        limit: u64,
        each: &mut dyn FnMut(&[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut left = self.data.min(limit);
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut result = Ok(());
        while left > 0 && result.is_ok() {
            let want = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let piece = buffer.get_mut(..want).unwrap_or_default();
            result = self.exactly(piece).and_then(|()| each(piece));
            left = left.saturating_sub(want as u64);
            self.data = self.data.saturating_sub(want as u64);
        }
        self.buffer = buffer;
        result
    }

    fn member(
        &mut self,
        start: u64,
        header: &Header<'_>,
        stored: u64,
        extension: Extension,
    ) -> Result<Member, Fault> {
        let records = extension.records.unwrap_or_default();
        let records = self.globals.followed_by(records);
        let stored = agreed_size(start, stored, &records)?;
        let own = Extension { records: Some(records), ..extension };
        let old_sparse = match header.flag() {
            b'S' => Some(self.old_map(start, header)?),
            _ => None,
        };
        self.enter(stored);
        let mut member = member::read(start, header, stored, own, old_sparse)
            .map_err(|what| malformed(start, what))?;
        if let member::Layout::MapInData(size) = member.layout {
            let map = self.map_in_data(start, size)?;
            member.set_map(map, self.data);
        }
        if let member::Layout::Sparse(map) = &member.layout {
            self.holes = self.holes.saturating_add(map.holes());
            if self.holes > MAX_HOLES_TOTAL {
                member.layout = member::Layout::Unread(
                    "the holes of all files together are more than 16 GiB".to_owned(),
                );
            }
        }
        Ok(member)
    }

    /// Reads the rest of the map of an old GNU sparse file: blocks of 21 places.
    fn old_map(&mut self, start: u64, header: &Header<'_>) -> Result<Map, Fault> {
        let bad = || malformed(start, "the map of a sparse file holds no numbers");
        let mut segments = Vec::new();
        places(header.sparse_places(), &mut segments).ok_or_else(bad)?;
        let mut continues = header.sparse_continues();
        while continues {
            let block = self.block()?.ok_or_else(|| malformed(start, CUT))?;
            places(block.get(..504).unwrap_or_default(), &mut segments).ok_or_else(bad)?;
            continues = block.get(504) != Some(&0);
            if segments.len() > MAX_SEGMENTS {
                return Err(malformed(start, "the map of a sparse file is too long"));
            }
        }
        Ok(Map { segments, size: header.sparse_size().ok_or_else(bad)? })
    }

    /// Reads the map of PAX sparse format 1.0: decimal lines in whole blocks before the data.
    /// `None` when it is no such map.
    fn map_in_data(&mut self, start: u64, size: u64) -> Result<Option<Map>, Fault> {
        let mut numbers: Vec<u64> = Vec::new();
        let mut line = Vec::new();
        loop {
            if self.data < BLOCK as u64 {
                return Ok(None);
            }
            let block = self.block()?.ok_or_else(|| malformed(start, CUT))?;
            self.data = self.data.saturating_sub(BLOCK as u64);
            for &byte in &block {
                if byte != b'\n' {
                    line.push(byte);
                    continue;
                }
                let Some(number) = decimal(&line) else { return Ok(None) };
                numbers.push(number);
                line.clear();
                let Some((count, rest)) = numbers.split_first() else { continue };
                if *count > MAX_SEGMENTS as u64 {
                    return Ok(None);
                }
                if rest.len() as u64 == count.saturating_mul(2) {
                    let (pairs, _) = rest.as_chunks::<2>();
                    let segments = pairs.iter().map(|[at, length]| (*at, *length)).collect();
                    return Ok(Some(Map { segments, size }));
                }
            }
            if line.len() > 20 {
                return Ok(None);
            }
        }
    }

    fn extended(
        &mut self,
        start: u64,
        stored: u64,
        extension: &mut Extension,
    ) -> Result<(), Fault> {
        let bytes = self.extension(start, stored)?;
        let records = Records::parse(&bytes).map_err(|what| malformed(start, what))?;
        once(start, extension.records.replace(records))
    }

    /// Takes records that hold for all members from here on, unless they would rename or resize
    /// each of them.
    fn global(&mut self, start: u64, stored: u64) -> Result<(), Fault> {
        let bytes = self.extension(start, stored)?;
        let records = Records::parse(&bytes).map_err(|what| malformed(start, what))?;
        let structural = records
            .iter()
            .any(|(key, _)| STRUCTURAL.contains(&key) || key.starts_with(b"GNU.sparse."));
        if structural {
            let what = "a global header sets the size, name or map of every entry";
            return Err(malformed(start, what));
        }
        // To POSIX the records of the first header still hold, to GNU tar they do not.
        let dropped = |(key, _): (&[u8], &[u8])| key != b"comment" && records.get(key).is_none();
        if self.globals.iter().any(dropped) {
            let what = "a second global header leaves out what the first one set, and readers \
                        disagree whether that still holds";
            return Err(malformed(start, what));
        }
        self.globals = self.globals.followed_by(records);
        Ok(())
    }

    /// Reads a GNU long name.
    fn long(&mut self, start: u64, stored: u64) -> Result<Vec<u8>, Fault> {
        let mut name = self.extension(start, stored)?;
        if name.last() == Some(&0) {
            name.pop();
        }
        Ok(name)
    }

    fn extension(&mut self, start: u64, stored: u64) -> Result<Vec<u8>, Fault> {
        if stored > MAX_EXTENSION {
            let what =
                format!("an extended header claims {stored} bytes, and at most 1 MiB is read");
            return Err(malformed(start, &what));
        }
        self.enter(stored);
        let mut bytes = Vec::new();
        self.stored(u64::MAX, &mut |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(bytes)
    }

    /// Returns whether records that hold for all entries say anything.
    pub(super) fn has_globals(&self) -> bool {
        self.globals.iter().any(|(key, _)| key != b"comment")
    }

    /// Returns how many bytes of the uncompressed archive were taken.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Counts what is left of the current member as taken, and returns how many bytes the input has
    /// to leave out for that.
    pub(super) fn leap(&mut self) -> u64 {
        let left = self.data.saturating_add(std::mem::take(&mut self.padding));
        self.data = 0;
        self.offset = self.offset.saturating_add(left);
        left
    }

    fn enter(&mut self, stored: u64) {
        self.data = stored;
        let over = stored & 511;
        self.padding = if over == 0 { 0 } else { 512u64.saturating_sub(over) };
    }

    fn skip_member(&mut self) -> Result<(), Fault> {
        self.stored(u64::MAX, &mut |_| Ok(()))?;
        let mut padding = [0; BLOCK];
        let length = usize::try_from(std::mem::take(&mut self.padding)).unwrap_or(BLOCK);
        // Where the archive ends in the padding, nothing of the member is missing: it has no end mark,
        // as what `umoci insert` 0.4 writes, and that is what is told.
        let _taken = self.fill(padding.get_mut(..length).unwrap_or_default())?;
        Ok(())
    }

    /// Reads what follows the first zero block, to the end of the stream: only there does a
    /// compressed stream prove whole.
    fn finish(&mut self) -> Result<End, Fault> {
        let start = self.offset;
        let mut followed = None;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let at = self.offset;
            let count = self.fill(&mut buffer)?;
            let piece = buffer.get(..count).unwrap_or_default();
            if let (None, Some(place)) = (followed, piece.iter().position(|&byte| byte != 0)) {
                followed = Some(at.saturating_add(place as u64));
            }
            if count < buffer.len() {
                break;
            }
        }
        let enough = self.offset.saturating_sub(start) >= BLOCK as u64;
        Ok(match followed {
            Some(offset) => End::Followed(offset),
            None if enough => End::Marked,
            None => End::Unmarked,
        })
    }

    fn ended(&self, start: u64, extension: &Extension, end: End) -> Result<Next, Fault> {
        if extension.is_empty() {
            return Ok(Next::End(end));
        }
        Err(malformed(start, "an extended header is followed by no entry"))
    }

    /// Reads a block; `None` when the stream ends exactly here.
    fn block(&mut self) -> Result<Option<Block>, Fault> {
        let start = self.offset;
        let mut block = [0; BLOCK];
        match self.fill(&mut block)? {
            BLOCK => Ok(Some(block)),
            0 => Ok(None),
            _ => Err(malformed(start, CUT)),
        }
    }

    fn exactly(&mut self, buffer: &mut [u8]) -> Result<(), Fault> {
        let count = self.fill(buffer)?;
        if count < buffer.len() { Err(malformed(self.offset, CUT)) } else { Ok(()) }
    }

    /// Fills the buffer as far as the stream goes.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.input.read(rest) {
                Ok(0) => break,
                Ok(count) => {
                    filled = filled.saturating_add(count);
                    self.offset = self.offset.saturating_add(count as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let what = format!("the data is damaged or breaks off: {error}");
                    return Err(malformed(self.offset, &what));
                }
            }
        }
        Ok(filled)
    }
}

const CUT: &str = "the archive breaks off";

fn once<T>(start: u64, before: Option<T>) -> Result<(), Fault> {
    match before {
        None => Ok(()),
        Some(_) => Err(malformed(start, "an entry has two extended headers of one kind")),
    }
}

/// Returns how many bytes are stored; header and records must agree, or readers part ways here
/// (CVE-2025-62518, CVE-2026-33055). Only a size that no octal field holds may stand in the
/// records alone.
fn agreed_size(start: u64, header: u64, records: &Records) -> Result<u64, Fault> {
    let Some(value) = records.get(b"size") else { return Ok(header) };
    let size =
        decimal(value).ok_or_else(|| malformed(start, "the size in a record is no number"))?;
    if size == header || size > 0o77_777_777_777 {
        return Ok(size);
    }
    let what = format!(
        "the header says that {header} bytes follow and its extended header says {size}, so that \
         readers disagree about what comes next"
    );
    Err(malformed(start, &what))
}

fn zeros(mut count: u64, each: &mut dyn FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
    const ZEROS: [u8; 1 << 14] = [0; 1 << 14];
    while count > 0 {
        let want = usize::try_from(count).unwrap_or(usize::MAX).min(ZEROS.len());
        each(ZEROS.get(..want).unwrap_or_default())?;
        count = count.saturating_sub(want as u64);
    }
    Ok(())
}

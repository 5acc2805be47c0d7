//! As much of ELF as finding a section takes (elf(5)): of both classes and both byte orders, over
//! bytes that may lie about every offset and count. Of a program little more is read than is asked for.

use crate::bounds::Ranges;

/// Sections or segments that are looked at; linkers make a few dozen.
const MAX_HEADERS: usize = 4096;

/// Bytes of one header that are understood, and of the names of sections.
const MAX_HEADER_BYTES: u64 = 256;
const MAX_NAMES_BYTES: u64 = 1 << 20;

/// A program.
pub(super) struct Elf<'f> {
    file: &'f mut dyn Ranges,
    /// What stands at the beginning of the file.
    header: Vec<u8>,
    wide: bool,
    little: bool,
}

/// Where something lies in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub(super) start: u64,
    pub(super) length: u64,
}

/// A part of the file that is put into memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    pub(super) address: u64,
    pub(super) extent: Extent,
    pub(super) writable: bool,
}

/// `PT_LOAD` and `PF_W`, `SHT_NOBITS`.
const LOAD: u64 = 1;
const WRITABLE: u64 = 2;
const NO_BITS: u64 = 8;

impl<'f> Elf<'f> {
    /// Returns the program; `None` of anything else.
    pub(super) fn new(file: &'f mut dyn Ranges) -> Option<Self> {
        let (class, order) = match file.range(0, 6)?.as_slice() {
            [0x7f, b'E', b'L', b'F', class, order] => (*class, *order),
            _ => return None,
        };
        let known = matches!(class, 1 | 2) && matches!(order, 1 | 2);
        let wide = class == 2;
        let header = known.then(|| file.range(0, if wide { 0x40 } else { 0x34 }))??;
        Some(Self { file, header, wide, little: order == 1 })
    }

    /// Returns where the first section of that name lies that has bytes in the file.
    pub(super) fn section(&mut self, name: &[u8]) -> Option<Extent> {
        let (table, size, count, names) = match self.wide {
            true => (self.word(0x28, 8)?, self.word(0x3a, 2)?, 0x3c, 0x3e),
            false => (self.word(0x20, 4)?, self.word(0x2e, 2)?, 0x30, 0x32),
        };
        let (count, names) = (self.word(count, 2)?, self.word(names, 2)?);
        let headers = self.headers(table, size, count)?;
        let (_, names) = self.section_in(headers.get(usize::try_from(names).ok()?)?)?;
        let names = self.read(Extent { length: names.length.min(MAX_NAMES_BYTES), ..names })?;
        headers.iter().filter_map(|header| self.section_in(header)).find_map(|(offset, extent)| {
            let own = names.get(usize::try_from(offset).ok()?..)?.split(|&byte| byte == 0).next();
            let is_there = extent.start.checked_add(extent.length)? <= self.file.size();
            (own == Some(name) && is_there).then_some(extent)
        })
    }

    /// Returns what is put into memory.
    pub(super) fn segments(&mut self) -> Vec<Segment> {
        let (table, size, count) = match self.wide {
            true => (self.word(0x20, 8), 0x36, 0x38),
            false => (self.word(0x1c, 4), 0x2a, 0x2c),
        };
        let all = table.zip(self.word(size, 2)).zip(self.word(count, 2));
        let all = all.and_then(|((table, size), count)| self.headers(table, size, count));
        let all = all.unwrap_or_default();
        all.iter().filter_map(|header| self.segment(header)).collect()
    }

    /// Reads what lies there.
    pub(super) fn read(&mut self, extent: Extent) -> Option<Vec<u8>> {
        self.file.range(extent.start, extent.length)
    }

    /// Reads a number of the byte order of the program.
    pub(super) fn number(&self, bytes: &[u8]) -> u64 {
        let shift = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        match self.little {
            true => bytes.iter().rev().fold(0, shift),
            false => bytes.iter().fold(0, shift),
        }
    }

    /// Reads a table of headers, of which the file may end before all that it claims.
    fn headers(&mut self, table: u64, size: u64, count: u64) -> Option<Vec<Vec<u8>>> {
        if size == 0 || size > MAX_HEADER_BYTES {
            return None;
        }
        let there = self.file.size().checked_sub(table)?.checked_div(size)?;
        let count = count.min(MAX_HEADERS as u64).min(there);
        let bytes = self.file.range(table, count.checked_mul(size)?)?;
        Some(bytes.chunks(usize::try_from(size).ok()?).map(<[u8]>::to_vec).collect())
    }

    /// Name as an offset, and content.
    fn section_in(&self, header: &[u8]) -> Option<(u64, Extent)> {
        let (start, length) = match self.wide {
            true => (self.field(header, 0x18, 8)?, self.field(header, 0x20, 8)?),
            false => (self.field(header, 0x10, 4)?, self.field(header, 0x14, 4)?),
        };
        let has_bytes = self.field(header, 4, 4)? != NO_BITS;
        let extent =
            if has_bytes { Extent { start, length } } else { Extent { start: 0, length: 0 } };
        Some((self.field(header, 0, 4)?, extent))
    }

    fn segment(&self, header: &[u8]) -> Option<Segment> {
        if self.field(header, 0, 4)? != LOAD {
            return None;
        }
        let number = |at, length| self.field(header, at, length);
        let (flags, start, address, length) = match self.wide {
            true => (4, number(8, 8)?, number(0x10, 8)?, number(0x20, 8)?),
            false => (0x18, number(4, 4)?, number(8, 4)?, number(0x10, 4)?),
        };
        let writable = number(flags, 4)? & WRITABLE != 0;
        let is_there = start.checked_add(length)? <= self.file.size();
        is_there.then_some(Segment { address, extent: Extent { start, length }, writable })
    }

    /// A field of the file's own header.
    fn word(&self, at: u64, length: u64) -> Option<u64> {
        self.field(&self.header, at, length)
    }

    fn field(&self, header: &[u8], at: u64, length: u64) -> Option<u64> {
        let end = usize::try_from(at.checked_add(length)?).ok()?;
        header.get(usize::try_from(at).ok()?..end).map(|bytes| self.number(bytes))
    }
}

impl Extent {
    /// Returns so many bytes from there on; `None` where there are fewer.
    pub(super) fn part(self, start: u64, length: u64) -> Option<Self> {
        let fits = start.checked_add(length)? <= self.length;
        fits.then(|| Some(Self { start: self.start.checked_add(start)?, length }))?
    }

    /// Returns all from there on.
    pub(super) fn from(self, start: u64) -> Option<Self> {
        self.part(start, self.length.checked_sub(start)?)
    }
}

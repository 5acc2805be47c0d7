//! As much of ELF as finding a section takes (elf(5)): of both classes and both byte orders, over
//! bytes that may lie about every offset and count.

/// Sections or segments that are looked at; linkers make a few dozen.
const MAX_HEADERS: usize = 4096;

/// A program in memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elf<'b> {
    bytes: &'b [u8],
    wide: bool,
    little: bool,
}

/// A part of the file that is put into memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment<'b> {
    pub(super) address: u64,
    pub(super) bytes: &'b [u8],
    pub(super) writable: bool,
}

/// `PT_LOAD` and `PF_W`, `SHT_NOBITS`.
const LOAD: u64 = 1;
const WRITABLE: u64 = 2;
const NO_BITS: u64 = 8;

impl<'b> Elf<'b> {
    /// Returns the program; `None` of anything else.
    pub(super) fn new(bytes: &'b [u8]) -> Option<Self> {
        let (class, order) = match bytes.get(..6)? {
            [0x7f, b'E', b'L', b'F', class, order] => (*class, *order),
            _ => return None,
        };
        let known = matches!(class, 1 | 2) && matches!(order, 1 | 2);
        known.then_some(Self { bytes, wide: class == 2, little: order == 1 })
    }

    /// Returns the first section of that name that has bytes in the file.
    pub(super) fn section(&self, name: &[u8]) -> Option<&'b [u8]> {
        let (table, size, count) = match self.wide {
            true => (self.word(0x28, 8)?, self.word(0x3a, 2)?, self.word(0x3c, 2)?),
            false => (self.word(0x20, 4)?, self.word(0x2e, 2)?, self.word(0x30, 2)?),
        };
        let names = self.word(if self.wide { 0x3e } else { 0x32 }, 2)?;
        let (_, names) = self.section_at(table, size, names)?;
        for at in 0..count.min(MAX_HEADERS as u64) {
            let Some((offset, content)) = self.section_at(table, size, at) else { continue };
            let own = usize::try_from(offset).ok().and_then(|offset| names.get(offset..));
            let own = own.and_then(|own| own.split(|&byte| byte == 0).next());
            if own == Some(name) {
                return Some(content);
            }
        }
        None
    }

    /// Returns what is put into memory.
    pub(super) fn segments(&self) -> Vec<Segment<'b>> {
        let table = match self.wide {
            true => (self.word(0x20, 8), self.word(0x36, 2), self.word(0x38, 2)),
            false => (self.word(0x1c, 4), self.word(0x2a, 2), self.word(0x2c, 2)),
        };
        let (Some(table), Some(size), Some(count)) = table else { return Vec::new() };
        let all = (0..count.min(MAX_HEADERS as u64)).filter_map(|at| self.segment(table, size, at));
        all.collect()
    }

    /// Reads a number of the byte order of the program.
    pub(super) fn number(&self, bytes: &[u8]) -> u64 {
        let shift = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        match self.little {
            true => bytes.iter().rev().fold(0, shift),
            false => bytes.iter().fold(0, shift),
        }
    }

    /// Name as an offset, and content.
    fn section_at(&self, table: u64, size: u64, at: u64) -> Option<(u64, &'b [u8])> {
        let base = table.checked_add(size.checked_mul(at)?)?;
        let (start, length) = match self.wide {
            true => (self.field(base, 0x18, 8)?, self.field(base, 0x20, 8)?),
            false => (self.field(base, 0x10, 4)?, self.field(base, 0x14, 4)?),
        };
        let has_bytes = self.field(base, 4, 4)? != NO_BITS;
        let content = if has_bytes { slice(self.bytes, start, length)? } else { &[] };
        Some((self.field(base, 0, 4)?, content))
    }

    fn segment(&self, table: u64, size: u64, at: u64) -> Option<Segment<'b>> {
        let base = table.checked_add(size.checked_mul(at)?)?;
        if self.field(base, 0, 4)? != LOAD {
            return None;
        }
        let (flags, start, address, length) = match self.wide {
            true => {
                (4, self.field(base, 8, 8)?, self.field(base, 0x10, 8)?, self.field(base, 0x20, 8)?)
            }
            false => {
                (0x18, self.field(base, 4, 4)?, self.field(base, 8, 4)?, self.field(base, 0x10, 4)?)
            }
        };
        let writable = self.field(base, flags, 4)? & WRITABLE != 0;
        Some(Segment { address, bytes: slice(self.bytes, start, length)?, writable })
    }

    fn field(&self, base: u64, offset: u64, length: u64) -> Option<u64> {
        self.word(base.checked_add(offset)?, length)
    }

    fn word(&self, at: u64, length: u64) -> Option<u64> {
        slice(self.bytes, at, length).map(|bytes| self.number(bytes))
    }
}

/// Returns so many bytes from there on; `None` where there are fewer.
pub(super) fn slice(bytes: &[u8], start: u64, length: u64) -> Option<&[u8]> {
    let end = usize::try_from(start.checked_add(length)?).ok()?;
    bytes.get(usize::try_from(start).ok()?..end)
}

//! The name that a shared library gives itself: `DT_SONAME` of elf(5).

/// What a file is to ldconfig(8).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Library<'b> {
    /// No shared library.
    No,
    /// A library of this name, or of none.
    Named(Option<&'b [u8]>),
}

const PT_LOAD: u64 = 1;
const PT_DYNAMIC: u64 = 2;
const DT_STRTAB: u64 = 5;
const DT_SONAME: u64 = 14;
const ET_DYN: u64 = 3;
/// Longer than any name of a file.
const MAX_NAME: usize = 256;

/// Reads what the file calls itself.
pub(super) fn library(bytes: &[u8]) -> Library<'_> {
    match Elf::read(bytes) {
        Some(elf) => match elf.dynamic() {
            Some(dynamic) => Library::Named(elf.soname(&dynamic)),
            None => Library::No,
        },
        None => Library::No,
    }
}

struct Elf<'b> {
    bytes: &'b [u8],
    wide: bool,
    little: bool,
    /// Type, offset, address, size.
    segments: Vec<[u64; 4]>,
}

impl<'b> Elf<'b> {
    fn read(bytes: &'b [u8]) -> Option<Self> {
        if !bytes.starts_with(b"\x7fELF") {
            return None;
        }
        let (wide, little) = (*bytes.get(4)? == 2, *bytes.get(5)? == 1);
        let mut elf = Self { bytes, wide, little, segments: Vec::new() };
        if elf.number(16, 2)? != ET_DYN {
            return None;
        }
        let (table, size, count) = match wide {
            true => (elf.number(32, 8)?, elf.number(54, 2)?, elf.number(56, 2)?),
            false => (elf.number(28, 4)?, elf.number(42, 2)?, elf.number(44, 2)?),
        };
        for at in 0..count {
            let at = table.checked_add(at.checked_mul(size)?)?;
            let field = |narrow: u64, broad: u64| match wide {
                true => elf.number(at.checked_add(broad)?, 8),
                false => elf.number(at.checked_add(narrow)?, 4),
            };
            let segment = [elf.number(at, 4)?, field(4, 8)?, field(8, 16)?, field(16, 32)?];
            elf.segments.push(segment);
        }
        Some(elf)
    }

    /// Tags and values of the dynamic section.
    fn dynamic(&self) -> Option<Vec<(u64, u64)>> {
        let [_, offset, _, size] = *self.segments.iter().find(|one| one[0] == PT_DYNAMIC)?;
        let width = if self.wide { 8 } else { 4 };
        let mut all = Vec::new();
        let mut at = offset;
        let end = offset.checked_add(size)?;
        while at < end {
            let tag = self.number(at, width)?;
            let value = self.number(at.checked_add(width)?, width)?;
            if tag == 0 {
                break;
            }
            all.push((tag, value));
            at = at.checked_add(width)?.checked_add(width)?;
        }
        Some(all)
    }

    fn soname(&self, dynamic: &[(u64, u64)]) -> Option<&'b [u8]> {
        let value =
            |wanted| dynamic.iter().find(|(tag, _)| *tag == wanted).map(|(_, value)| *value);
        let address = value(DT_STRTAB)?.checked_add(value(DT_SONAME)?)?;
        let inside = |segment: &&[u64; 4]| {
            let [kind, _, start, size] = **segment;
            kind == PT_LOAD && address >= start && address.wrapping_sub(start) < size
        };
        let [_, offset, start, _] = *self.segments.iter().find(inside)?;
        let at = usize::try_from(address.checked_sub(start)?.checked_add(offset)?).ok()?;
        let rest = self.bytes.get(at..)?;
        let rest = rest.get(..rest.len().min(MAX_NAME))?;
        rest.get(..rest.iter().position(|&byte| byte == 0)?)
    }

    fn number(&self, at: u64, width: u64) -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let raw = self.bytes.get(at..at.checked_add(usize::try_from(width).ok()?)?)?;
        let fold = |value: u64, byte: &u8| (value << 8) | u64::from(*byte);
        Some(match self.little {
            true => raw.iter().rev().fold(0, fold),
            false => raw.iter().fold(0, fold),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Library, library};

    /// A shared library with nothing but its name, as elf(5) lays it out.
    fn named() -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(16, 0);
        bytes.extend([3, 0, 62, 0, 1, 0, 0, 0]);
        bytes.extend([[0; 8], 64_u64.to_le_bytes(), [0; 8]].concat());
        bytes.extend([0, 0, 0, 0, 64, 0, 56, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
        let segment = |kind: u32, offset: u64, address: u64, size: u64| {
            let numbers = [offset, address, address, size, size, 8];
            let flags = [kind.to_le_bytes(), 4_u32.to_le_bytes()].concat();
            [flags, numbers.iter().flat_map(|number| number.to_le_bytes()).collect()].concat()
        };
        bytes.extend(segment(1, 0, 0x1000, 240));
        bytes.extend(segment(2, 176, 0x10b0, 48));
        let dynamic = [5_u64, 0x10e0, 14, 1, 0, 0];
        bytes.extend(dynamic.iter().flat_map(|number| number.to_le_bytes()));
        bytes.extend(b"\0libown.so.1\0");
        bytes
    }

    #[test]
    fn the_name_is_read_and_no_bytes_are_too_hostile() {
        let bytes = named();
        assert_eq!(library(&bytes), Library::Named(Some(b"libown.so.1")));
        assert_eq!(library(b"/* GNU ld script */"), Library::No);
        for at in 0..bytes.len() {
            assert_ne!(library(&bytes[..at]), Library::Named(Some(b"libown.so.1")), "cut at {at}");
            for bit in 0..8 {
                let mut bent = bytes.clone();
                bent[at] ^= 1 << bit;
                let _ = library(&bent);
                bent[at] = 0xff;
                let _ = library(&bent);
            }
        }
    }
}

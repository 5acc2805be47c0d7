//! One block of 512 bytes: the header of an archive member (POSIX.1-1988 ustar, GNU tar(5), v7).
//!
//! Strict where readers disagree: a number with anything but blanks behind it is no number, and a
//! block with a wrong checksum is no header.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

/// The unit of an archive.
pub(super) const BLOCK: usize = 512;

/// A block of an archive.
pub(super) type Block = [u8; BLOCK];

/// Which of the formats a header is in; they differ in what stands after the link name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    V7,
    Ustar,
    Gnu,
}

/// A header whose checksum is right.
#[derive(Debug)]
pub(super) struct Header<'b> {
    block: &'b Block,
    dialect: Dialect,
}

impl<'b> Header<'b> {
    /// Takes a block; `None` when its checksum is wrong.
    pub(super) fn new(block: &'b Block) -> Option<Self> {
        let claimed = octal(block.get(148..156)?)?;
        if claimed != i64::from(checksum(block)) {
            return None;
        }
        let dialect = match block.get(257..265)? {
            b"ustar  \0" => Dialect::Gnu,
            magic if magic.starts_with(b"ustar\0") => Dialect::Ustar,
            _ => Dialect::V7,
        };
        Some(Self { block, dialect })
    }

    fn field(&self, start: usize, end: usize) -> &'b [u8] {
        self.block.get(start..end).unwrap_or_default()
    }

    /// Returns the type flag.
    pub(super) fn flag(&self) -> u8 {
        self.block.get(156).copied().unwrap_or(0)
    }

    /// Returns the name with its prefix.
    pub(super) fn name(&self) -> Vec<u8> {
        let name = text(self.field(0, 100));
        let prefix = match self.dialect {
            Dialect::Ustar => text(self.field(345, 500)),
            Dialect::V7 | Dialect::Gnu => &[],
        };
        if prefix.is_empty() { name.to_vec() } else { [prefix, name].join(&b'/') }
    }

    /// Returns why readers take different prefixes, where they do.
    pub(super) fn prefix_fault(&self) -> Option<&'static str> {
        let is_number = |start, end| {
            let field = self.field(start, end);
            field.first() == Some(&0) || number(field).is_some()
        };
        match self.dialect {
            // Go's archive/tar knows star's form, whose prefix is shorter.
            Dialect::Ustar
                if self.field(508, 512) == b"tar\0" && !self.field(345, 476).contains(&0) =>
            {
                Some("star's prefix of its name runs into what follows, and readers disagree on it")
            }
            // Where GNU tar has times, Go's archive/tar sees a prefix if they are no numbers.
            Dialect::Gnu if !(is_number(345, 357) && is_number(357, 369)) => Some(
                "the times of a GNU header are no numbers, and some readers take a prefix there",
            ),
            _ => None,
        }
    }

    /// Returns the link target.
    pub(super) fn link(&self) -> Vec<u8> {
        text(self.field(157, 257)).to_vec()
    }

    pub(super) fn mode(&self) -> Option<i64> {
        number(self.field(100, 108))
    }

    pub(super) fn uid(&self) -> Option<i64> {
        number(self.field(108, 116))
    }

    pub(super) fn gid(&self) -> Option<i64> {
        number(self.field(116, 124))
    }

    /// Returns the number of bytes stored after the header; `None` for no number or a negative one.
    pub(super) fn size(&self) -> Option<u64> {
        number(self.field(124, 136)).and_then(|size| u64::try_from(size).ok())
    }

    pub(super) fn mtime(&self) -> Option<i64> {
        number(self.field(136, 148))
    }

    /// Returns major and minor device number; v7 headers have none.
    pub(super) fn device(&self) -> Option<(i64, i64)> {
        match self.dialect {
            Dialect::V7 => None,
            Dialect::Ustar | Dialect::Gnu => {
                Some((number(self.field(329, 337))?, number(self.field(337, 345))?))
            }
        }
    }

    /// Returns the four places for data segments of an old GNU sparse header.
    pub(super) fn sparse_places(&self) -> &'b [u8] {
        self.field(386, 482)
    }

    /// Returns whether an old GNU sparse header goes on in the next block.
    pub(super) fn sparse_continues(&self) -> bool {
        self.field(482, 483) != [0]
    }

    /// Returns the size of an old GNU sparse file with its holes.
    pub(super) fn sparse_size(&self) -> Option<u64> {
        number(self.field(483, 495)).and_then(|size| u64::try_from(size).ok())
    }
}

/// Returns whether the block is all zeros, as the end mark is.
pub(super) fn is_zero(block: &[u8]) -> bool {
    block.iter().all(|&byte| byte == 0)
}

/// The sum of all bytes with those of the checksum itself as blanks.
fn checksum(block: &Block) -> u32 {
    block.iter().enumerate().fold(0u32, |sum, (at, &byte)| {
        let byte = if (148..156).contains(&at) { b' ' } else { byte };
        sum.saturating_add(u32::from(byte))
    })
}

/// The bytes before the first NUL.
pub(super) fn text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// Reads a number: octal digits, or GNU's base 256 where the first bit is set.
pub(super) fn number(field: &[u8]) -> Option<i64> {
    match field.split_first() {
        Some((&first, rest)) if first & 0x80 != 0 => {
            let start = if first & 0x40 == 0 { 0 } else { -1i128 };
            // 6 + 11 × 8 bits fit.
            let start = (start << 6) | i128::from(first & 0x3f);
            let value = rest.iter().fold(start, |value, &byte| (value << 8) | i128::from(byte));
            i64::try_from(value).ok()
        }
        _ => octal(field),
    }
}

/// Reads octal digits after blanks and before blanks or NULs; nothing at all is 0, as GNU tar
/// leaves fields that do not apply.
fn octal(field: &[u8]) -> Option<i64> {
    let start = field.iter().position(|&byte| byte != b' ').unwrap_or(field.len());
    let field = field.get(start..).unwrap_or_default();
    let end = field.iter().position(|byte| !matches!(byte, b'0'..=b'7')).unwrap_or(field.len());
    let (digits, rest) = field.split_at_checked(end)?;
    if rest.iter().any(|&byte| byte != 0 && byte != b' ') {
        return None;
    }
    digits.iter().try_fold(0i64, |value, digit| {
        value.checked_mul(8)?.checked_add(i64::from(digit.saturating_sub(b'0')))
    })
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_as_the_manuals_write_them() {
        let cases: &[(&[u8], Option<i64>)] = &[
            (b"0000644\0", Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"\0\0\0\0\0\0\0\0", Some(0)),
            (b"77777777777\0", Some(0o77_777_777_777)),
            (b"\x80\0\0\0\0\0\0\x02\0\0\0\0", Some(8 << 30)),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", Some(-1)),
            (b"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", None),
            (b"0000648\0", None),
            (b"-000001\0", None),
            (b"12 34  \0", None),
        ];
        for (field, expected) in cases {
            assert_eq!(number(field), *expected, "{field:?}");
        }
    }
}

//! Numbers, strings and tagged fields, written and read; every reading is bounded by its input.
//!
//! Numbers are LEB128 (DWARF 5 section 7.6) in the shortest form, so that equal values have equal
//! bytes.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::model::TreePath;

use super::error::Error;

/// Appends a number.
pub(crate) fn put(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Appends a length and the bytes.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends a field: tag, length, bytes. An empty field is left out.
pub(crate) fn put_field(out: &mut Vec<u8>, tag: u64, bytes: &[u8]) {
    if !bytes.is_empty() {
        put(out, tag);
        put_bytes(out, bytes);
    }
}

/// Maps small magnitudes of either sign to small numbers: 0, -1, 1, -2, …
pub(crate) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

/// Undoes [`zigzag`].
pub(crate) fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ (value & 1).cast_signed().wrapping_neg()
}

/// Bytes still to be read, with the name that errors give them.
#[derive(Debug, Clone)]
pub(crate) struct Input<'a> {
    part: &'static str,
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub(crate) fn new(part: &'static str, bytes: &'a [u8]) -> Self {
        Self { part, rest: bytes }
    }

    /// Returns the error of this part.
    pub(crate) fn malformed(&self, reason: &'static str) -> Error {
        Error::Malformed { part: self.part, reason }
    }

    /// Returns how many bytes are left.
    pub(crate) fn len(&self) -> usize {
        self.rest.len()
    }

    /// Reads one byte.
    pub(crate) fn byte(&mut self) -> Result<u8, Error> {
        let (first, rest) = self.rest.split_first().ok_or(self.malformed("it ends too early"))?;
        self.rest = rest;
        Ok(*first)
    }

    /// Reads a number; a longer form than needed is an error.
    pub(crate) fn number(&mut self) -> Result<u64, Error> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(self.malformed("a number has more than 64 bits"));
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                if byte == 0 && shift > 0 {
                    return Err(self.malformed("a number is longer than needed"));
                }
                return Ok(value);
            }
        }
        Err(self.malformed("a number has more than 64 bits"))
    }

    /// Reads a number that fits the type wanted.
    pub(crate) fn small<T: TryFrom<u64>>(&mut self) -> Result<T, Error> {
        T::try_from(self.number()?).map_err(|_| self.malformed("a number is out of range"))
    }

    /// Reads this many bytes.
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) =
            self.rest.split_at_checked(length).ok_or(self.malformed("it ends too early"))?;
        self.rest = rest;
        Ok(taken)
    }

    /// Reads a length and the bytes.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Error> {
        let length = self.small()?;
        self.take(length)
    }

    /// Reads a length and UTF-8.
    pub(crate) fn text(&mut self) -> Result<&'a str, Error> {
        let bytes = self.bytes()?;
        std::str::from_utf8(bytes).map_err(|_| self.malformed("a text is not UTF-8"))
    }

    /// Reads a length and a path, which must be written in the one form that paths have.
    pub(crate) fn path(&mut self) -> Result<TreePath, Error> {
        let bytes = self.bytes()?;
        TreePath::parse(bytes)
            .ok()
            .filter(|path| path.as_bytes() == bytes)
            .ok_or(self.malformed("a path is not in its simplest form"))
    }

    /// Reads the next field, `None` at the end; tags must ascend.
    pub(crate) fn field(&mut self, last: &mut u64) -> Result<Option<(u64, &'a [u8])>, Error> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let tag = self.number()?;
        if tag <= *last {
            return Err(self.malformed("its fields are not in ascending order"));
        }
        *last = tag;
        Ok(Some((tag, self.bytes()?)))
    }

    /// Ends the reading; anything left is an error.
    pub(crate) fn finish(self) -> Result<(), Error> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(self.malformed("bytes are left over"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Input, put, unzigzag, zigzag};

    #[test]
    fn numbers_have_one_form() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut bytes = Vec::new();
            put(&mut bytes, value);
            let mut input = Input::new("test", &bytes);
            assert_eq!(input.number(), Ok(value));
            assert_eq!(input.len(), 0);
        }
        // 300 is the example of the LEB128 literature: 0xAC 0x02.
        let mut bytes = Vec::new();
        put(&mut bytes, 300);
        assert_eq!(bytes, [0xac, 0x02]);
        for bad in [&[0x80, 0x00][..], &[0xff; 10], &[0x80], &[0xac, 0x82, 0x00], b""] {
            assert!(Input::new("test", bad).number().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn zigzag_of_both_signs() {
        assert_eq!([0, -1, 1, -2].map(zigzag), [0, 1, 2, 3]);
        for value in [i64::MIN, -7, 0, 9, i64::MAX] {
            assert_eq!(unzigzag(zigzag(value)), value);
        }
    }
}

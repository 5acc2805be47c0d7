//! A file of which a parser asks for single ranges, because it needs little of much.

/// Bytes that are read where they are asked for.
pub trait Ranges {
    /// Returns how many bytes there are.
    fn size(&self) -> u64;

    /// Returns so many bytes from there on; `None` where there are fewer, or where they cannot be
    /// read, which whoever holds the file tells. Callers bound `length`.
    fn range(&mut self, start: u64, length: u64) -> Option<Vec<u8>>;
}

impl Ranges for &[u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn range(&mut self, start: u64, length: u64) -> Option<Vec<u8>> {
        let end = usize::try_from(start.checked_add(length)?).ok()?;
        self.get(usize::try_from(start).ok()?..end).map(<[u8]>::to_vec)
    }
}

//! An open file of which a parser asks for ranges.

use crate::bounds::Ranges;
use crate::source::volume::{Errno, Stat, Volume};

/// A file with the size that it had when it was opened.
pub(super) struct Window<'w, V: Volume> {
    volume: &'w V,
    file: &'w mut V::File,
    size: u64,
    /// Why a range could not be read, the first time.
    failed: Option<Errno>,
}

impl<'w, V: Volume> Window<'w, V> {
    pub(super) fn new(volume: &'w V, file: &'w mut V::File, seen: &Stat) -> Self {
        Self { volume, file, size: seen.size, failed: None }
    }

    /// Tells whether all ranges were read that the file has.
    pub(super) fn finish(self) -> Result<(), Errno> {
        self.failed.map_or(Ok(()), Err)
    }

    fn fill(&mut self, start: u64, room: &mut [u8]) -> Result<bool, Errno> {
        self.volume.seek(self.file, start)?;
        let mut filled = 0;
        while filled < room.len() {
            match self.volume.read(self.file, room.get_mut(filled..).unwrap_or_default())? {
                // Shorter than it was: the examination afterwards finds that it changed.
                0 => return Ok(false),
                count => filled = filled.saturating_add(count),
            }
        }
        Ok(true)
    }
}

impl<V: Volume> Ranges for Window<'_, V> {
    fn size(&self) -> u64 {
        self.size
    }

    fn range(&mut self, start: u64, length: u64) -> Option<Vec<u8>> {
        if start.checked_add(length)? > self.size {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        match self.fill(start, &mut bytes) {
            Ok(true) => Some(bytes),
            Ok(false) => None,
            Err(errno) => {
                self.failed.get_or_insert(errno);
                None
            }
        }
    }
}

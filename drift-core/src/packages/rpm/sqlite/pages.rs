//! The pages of a database as a reader of it sees them: the log's where it has a newer one.

use super::wal::Log;
use crate::packages::rpm::bytes::{Order, slice};

const MAGIC: &[u8] = b"SQLite format 3\0";
const HEADER: usize = 100;

/// A page of the smallest size holds this many bytes besides what is reserved (§1.3.4).
const LEAST_USABLE: usize = 480;

#[derive(Debug)]
pub(super) struct Pages<'d> {
    file: &'d [u8],
    log: Log<'d>,
    size: usize,
    /// Bytes of each page that are not reserved for extensions.
    usable: usize,
    count: u32,
}

impl<'d> Pages<'d> {
    /// Reads the headers; beside the pages there may be a fault that costs nothing that can be
    /// told here.
    pub(super) fn new(file: &'d [u8], log: &'d [u8]) -> Result<(Self, Option<String>), String> {
        let (log, fault) = Log::new(log);
        // The first page may be newer in the log, but its size never changes there.
        if file.is_empty() {
            return Err("it is empty".to_owned());
        }
        if file.get(..MAGIC.len()) != Some(MAGIC) {
            return Err("it does not begin as a database of SQLite does".to_owned());
        }
        let size = Order::Big.u16(file, 16).map(usize::from).unwrap_or(0);
        let size = if size == 1 { 65536 } else { size };
        if !size.is_power_of_two() || size < 512 {
            return Err(format!("its pages would be of {size} bytes, which no database has"));
        }
        if log.page_size().is_some_and(|other| other != size) {
            return Err("its write-ahead log has pages of another size".to_owned());
        }
        let mut pages = Self { file, log, size, usable: size, count: 0 };
        let first = pages.page(1).ok_or("its first page is cut off")?;
        let number = |at| Order::Big.u32(first, at).unwrap_or(0);
        let reserved = first.get(20).copied().map(usize::from).unwrap_or(0);
        let usable = size.checked_sub(reserved).filter(|&usable| usable >= LEAST_USABLE);
        let usable = usable.ok_or("its pages would be reserved for extensions as a whole")?;
        if first.get(21..24) != Some(&[64, 32, 32]) || number(56) != 1 {
            return Err("its header is not as rpm makes one: fractions or encoding".to_owned());
        }
        let whole = u32::try_from(file.len() / size).unwrap_or(u32::MAX);
        // The size in the header counts only if whoever changed the file last kept it (§1.3.7).
        let kept = number(24) == number(92) && number(28) > 0;
        let count = match pages.log.count() {
            Some(count) => count,
            None if kept => number(28),
            None => whole,
        };
        let cut = pages.log.count().is_none() && (count > whole || file.len() % size != 0);
        let cut = cut.then(|| "the file is shorter than its header says; it is cut off".to_owned());
        pages = Self { usable, count, ..pages };
        Ok((pages, fault.or(cut)))
    }

    /// Returns a page by its number, from 1.
    pub(super) fn page(&self, number: u32) -> Option<&'d [u8]> {
        if number == 0 || (self.count > 0 && number > self.count) {
            return None;
        }
        if let Some(page) = self.log.page(number) {
            return Some(page);
        }
        let before = usize::try_from(number).ok()?.checked_sub(1)?;
        slice(self.file, before.checked_mul(self.size)?, self.size)
    }

    pub(super) fn usable(&self) -> usize {
        self.usable
    }

    /// Returns where the B-tree of a page begins in it.
    pub(super) fn start(number: u32) -> usize {
        if number == 1 { HEADER } else { 0 }
    }
}

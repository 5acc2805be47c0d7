//! `Packages` of Berkeley DB: a hash, the backend of RHEL 8 and older.
//!
//! Source: `dbinc/db_page.h` and `hash/` of Berkeley DB 5.3. Each bucket is a chain of pages of
//! keys with data; what is longer than a part of a page lies in a chain of its own. The data of a
//! page end where its items begin, so an item that was cut off a page is noticed, as is a page of
//! the file that no bucket leads to. The file is in the byte order of the machine that made it.

use std::collections::BTreeSet;

use super::bytes::{Order, position, slice};
use super::scan::Scan;

const MAGIC: u32 = 0x0006_1561;

/// Versions of the hash since Berkeley DB 4.2; older ones number their pages otherwise.
const VERSIONS: std::ops::RangeInclusive<u32> = 8..=10;

const HEADER: usize = 26;

/// Types of pages.
const INVALID: u8 = 0;
const HASH_UNSORTED: u8 = 2;
const OVERFLOW: u8 = 7;
const HASH_META: u8 = 8;
const HASH: u8 = 13;

/// Types of items.
const KEY_DATA: u8 = 1;
const OFF_PAGE: u8 = 3;

/// Where in the meta page the first page of each power of two of buckets stands.
const SPARES: usize = 96;

pub(super) fn read(scan: &mut Scan<'_, '_, '_>, file: &[u8]) {
    match Hash::new(file) {
        Ok(mut hash) => hash.all(scan),
        Err(what) => scan.lost(what),
    }
}

struct Hash<'d> {
    file: &'d [u8],
    order: Order,
    size: usize,
    last: u32,
    /// The highest bucket.
    buckets: u32,
    visited: BTreeSet<u32>,
}

/// A page whose header was read.
#[derive(Clone, Copy)]
struct Page<'d> {
    bytes: &'d [u8],
    number: u32,
    previous: u32,
    next: u32,
    entries: usize,
    /// Where the items begin; of a page of a chain, how many bytes it holds.
    offset: usize,
    kind: u8,
}

/// Why a header could not be had.
type Fault = &'static str;

impl<'d> Hash<'d> {
    fn new(file: &'d [u8]) -> Result<Self, Fault> {
        let orders = [Order::Little, Order::Big].into_iter();
        let mut orders = orders.filter(|order| order.u32(file, 12) == Some(MAGIC));
        let order = orders.next().ok_or("it does not begin as a hash of Berkeley DB does")?;
        let number = |at| order.u32(file, at).unwrap_or(0);
        if !VERSIONS.contains(&number(16)) || file.get(25) != Some(&HASH_META) {
            return Err("it is a hash of Berkeley DB of a version that rpm does not write");
        }
        if file.get(24) != Some(&0) || file.get(26) != Some(&0) || number(36) != 0 {
            return Err("it is encrypted, has sums or is in parts, as rpm never makes it");
        }
        let size = usize::try_from(number(20)).unwrap_or(0);
        if !size.is_power_of_two() || !(512..=65536).contains(&size) {
            return Err("its pages would be of a size that no database has");
        }
        // `DB_HASH_SUBDB`; items that are duplicates are found where they stand.
        if number(48) & 2 != 0 {
            return Err("it holds other databases, as rpm never makes it");
        }
        let (last, buckets) = (number(32), number(72));
        let visited = BTreeSet::new();
        Ok(Self { file, order, size, last, buckets, visited })
    }

    fn all(&mut self, scan: &mut Scan<'_, '_, '_>) {
        let whole = self.file.len() / self.size;
        let said = usize::try_from(self.last).unwrap_or(usize::MAX).saturating_add(1);
        if said != whole || self.file.len() % self.size != 0 {
            scan.lost(format!("it has {whole} whole pages and says {said}; it is cut off"));
        }
        if usize::try_from(self.buckets).map_or(true, |buckets| buckets >= whole) {
            return scan.lost("it says to have more buckets than pages");
        }
        for bucket in 0..=self.buckets {
            if !self.bucket(scan, bucket) {
                return;
            }
        }
        self.forgotten(scan, u32::try_from(whole).unwrap_or(u32::MAX));
    }

    /// Reads the pages of one bucket; `false` means stop.
    fn bucket(&mut self, scan: &mut Scan<'_, '_, '_>, bucket: u32) -> bool {
        let (mut previous, mut number) = (0, self.first_page(bucket));
        loop {
            if !scan.step() {
                return false;
            }
            let page = self.page(number).filter(|page| page.kind != INVALID || page.entries > 0);
            let Some(page) = page else {
                // Buckets are allocated many at a time, and their pages written when needed.
                if previous != 0 || self.page(number).is_none() {
                    scan.lost(format!("page {number} of bucket {bucket} is not there"));
                }
                return true;
            };
            if !self.visited.insert(number) {
                scan.lost(format!("page {number} is used twice"));
                return true;
            }
            let ours = matches!(page.kind, HASH | HASH_UNSORTED) && page.number == number;
            if page.previous != previous || !ours {
                scan.lost(format!("page {number} does not belong to bucket {bucket}"));
                return true;
            }
            if !self.items(scan, page) {
                return false;
            }
            if page.next == 0 {
                return true;
            }
            (previous, number) = (number, page.next);
        }
    }

    /// Returns the first page of a bucket: those of each power of two follow one another.
    fn first_page(&self, bucket: u32) -> u32 {
        // The logarithm of the number of buckets up to and with this one, rounded up.
        let count = bucket.checked_add(1).and_then(u32::checked_next_power_of_two);
        let power = count.map_or(31, u32::ilog2);
        let spare = position(power, 4).and_then(|at| SPARES.checked_add(at));
        let spare = spare.and_then(|at| self.order.u32(self.file, at)).unwrap_or(0);
        spare.wrapping_add(bucket)
    }

    fn page(&self, number: u32) -> Option<Page<'d>> {
        let bytes = slice(self.file, position(number, self.size)?, self.size)?;
        let number_at = |at| self.order.u32(bytes, at);
        Some(Page {
            bytes,
            number: number_at(8)?,
            previous: number_at(12)?,
            next: number_at(16)?,
            entries: self.order.u16(bytes, 20)?.into(),
            offset: self.order.u16(bytes, 22)?.into(),
            kind: *bytes.get(25)?,
        })
    }

    /// Reads the pairs of a page; `false` means stop.
    fn items(&mut self, scan: &mut Scan<'_, '_, '_>, page: Page<'d>) -> bool {
        let number = page.number;
        let starts: Option<Vec<usize>> = (0..page.entries).map(|at| self.start(page, at)).collect();
        let starts = starts.filter(|starts| {
            starts.len() % 2 == 0
                && starts.is_sorted_by(|a, b| a > b)
                && starts.first().is_none_or(|&first| first < self.size)
                && starts.last().copied().unwrap_or(self.size) == page.offset
        });
        let Some(starts) = starts else {
            scan.lost(format!("page {number}: its items are not in order, or some are missing"));
            return true;
        };
        let mut end = self.size;
        for pair in starts.chunks_exact(2) {
            let &[key, data] = pair else { continue };
            let (key_item, data_item) = (page.bytes.get(key..end), page.bytes.get(data..key));
            end = data;
            let Some(instance) = self.instance(key_item.unwrap_or_default()) else {
                scan.lost(format!("page {number}: a key that is no number of a header"));
                continue;
            };
            // The number 0 holds which number was given last.
            if instance == 0 {
                continue;
            }
            match self.data(data_item.unwrap_or_default()) {
                Ok(header) => {
                    if !scan.header(instance, &header) {
                        return false;
                    }
                }
                Err(what) => scan.lost(format!("header {instance}: {what}")),
            }
        }
        true
    }

    fn start(&self, page: Page<'_>, at: usize) -> Option<usize> {
        let position = at.checked_mul(2)?.checked_add(HEADER)?;
        let start = usize::from(self.order.u16(page.bytes, position)?);
        // No item begins among the positions of items.
        let table = page.entries.checked_mul(2)?.checked_add(HEADER)?;
        (start >= table).then_some(start)
    }

    fn instance(&self, item: &[u8]) -> Option<u32> {
        match item {
            [KEY_DATA, number @ ..] if number.len() == 4 => self.order.u32(number, 0),
            _ => None,
        }
    }

    /// Returns the data of an item, which may lie in a chain of pages.
    fn data(&mut self, item: &'d [u8]) -> Result<std::borrow::Cow<'d, [u8]>, Fault> {
        match item.split_first() {
            Some((&KEY_DATA, data)) => Ok(data.into()),
            Some((&OFF_PAGE, rest)) if rest.len() == 11 => {
                let number = |at| self.order.u32(item, at).unwrap_or(0);
                let length = usize::try_from(number(8)).unwrap_or(usize::MAX);
                self.chain(number(4), length).map(Into::into)
            }
            _ => Err("its data are duplicates or malformed"),
        }
    }

    /// Follows a chain of pages.
    fn chain(&mut self, first: u32, length: usize) -> Result<Vec<u8>, Fault> {
        let (mut data, mut number) = (Vec::new(), first);
        while number != 0 {
            let page = self.page(number).ok_or("a page of its data is not in the file")?;
            let ours = page.kind == OVERFLOW && page.number == number;
            if !ours || !self.visited.insert(number) {
                return Err("a page of its data is another's, or used twice");
            }
            let part = slice(page.bytes, HEADER, page.offset);
            data.extend(part.ok_or("a page of its data holds more than a page")?);
            number = page.next;
        }
        match data.len() == length {
            true => Ok(data),
            false => Err("its data are longer or shorter than it says"),
        }
    }

    /// Looks for pages with items that no bucket leads to.
    fn forgotten(&self, scan: &mut Scan<'_, '_, '_>, count: u32) {
        for number in 1..count {
            if self.visited.contains(&number) {
                continue;
            }
            let Some(page) = self.page(number) else { continue };
            let used = page.kind != INVALID && (page.entries > 0 || page.kind == OVERFLOW);
            if used || (page.kind == INVALID && page.entries > 0) {
                scan.lost(format!("page {number} has items and belongs to no bucket"));
            }
        }
    }
}

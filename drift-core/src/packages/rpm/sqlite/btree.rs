//! Rows of one table in the order of their numbers: sqlite.org/fileformat2.html §1.6.
//!
//! Every page is entered once, so a hostile tree cannot go in circles, and no row can be made to
//! cost more than its bytes. Whatever is wrong with a page costs that page and what is below it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::pages::Pages;
use super::record::varint;
use crate::packages::rpm::bytes::{Order, slice};

const LEAF: u8 = 13;
const INTERIOR: u8 = 5;

/// What is wrong with a page.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) page: u32,
    pub(super) what: &'static str,
}

/// A page that is being gone through.
#[derive(Debug, Clone, Copy)]
struct Place<'d> {
    number: u32,
    page: &'d [u8],
    leaf: bool,
    /// The cells, and which comes next; an interior page has one more child than cells.
    cells: usize,
    next: usize,
}

#[derive(Debug)]
pub(super) struct Rows<'p, 'd> {
    pages: &'p Pages<'d>,
    visited: BTreeSet<u32>,
    stack: Vec<Place<'d>>,
    pending: Option<Result<u32, Fault>>,
    last: Option<i64>,
}

/// A row: its number and its content.
type Row<'d> = (i64, Cow<'d, [u8]>);

impl<'p, 'd> Rows<'p, 'd> {
    pub(super) fn new(pages: &'p Pages<'d>, root: u32) -> Self {
        let (visited, pending) = (BTreeSet::new(), Some(Ok(root)));
        Self { pages, visited, stack: Vec::new(), pending, last: None }
    }

    /// Returns the next row or fault; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Result<Row<'d>, Fault>> {
        loop {
            if let Some(pending) = self.pending.take() {
                match pending.and_then(|number| self.enter(number)) {
                    Ok(place) => self.stack.push(place),
                    Err(fault) => return Some(Err(fault)),
                }
            }
            let place = self.stack.last_mut()?;
            let at = place.next;
            place.next = at.saturating_add(1);
            let place = *place;
            if at > place.cells || (place.leaf && at == place.cells) {
                self.stack.pop();
            } else if place.leaf {
                return Some(self.row(place, at));
            } else {
                self.pending = Some(child(place, at));
            }
        }
    }

    fn enter(&mut self, number: u32) -> Result<Place<'d>, Fault> {
        let fault = |what| Fault { page: number, what };
        let Some(page) = self.pages.page(number) else {
            return Err(fault("it is not in the file; the database is damaged or cut off"));
        };
        if !self.visited.insert(number) {
            return Err(fault("it is used twice"));
        }
        let start = Pages::start(number);
        let kind = page.get(start).copied();
        let cells = Order::Big.u16(page, start.saturating_add(3));
        let (Some(LEAF | INTERIOR), Some(cells)) = (kind, cells) else {
            return Err(fault("it is no page of a table"));
        };
        Ok(Place { number, page, leaf: kind == Some(LEAF), cells: cells.into(), next: 0 })
    }

    fn row(&mut self, place: Place<'d>, at: usize) -> Result<Row<'d>, Fault> {
        let fault = |what| Fault { page: place.number, what };
        let malformed = || fault("a row reaches outside the page");
        let cell = cell(place, at).ok_or_else(malformed)?;
        let (length, next) = varint(place.page, cell).ok_or_else(malformed)?;
        let (number, next) = varint(place.page, next).ok_or_else(malformed)?;
        let number = number.cast_signed();
        if self.last.is_some_and(|last| last >= number) {
            return Err(fault("its rows are not in order"));
        }
        self.last = Some(number);
        let length = usize::try_from(length).map_err(|_| malformed())?;
        let local = self.local(length);
        let start = slice(place.page, next, local).ok_or_else(malformed)?;
        if local == length {
            return Ok((number, Cow::Borrowed(start)));
        }
        let link = next.checked_add(local).and_then(|at| Order::Big.u32(place.page, at));
        self.overflow(link.ok_or_else(malformed)?, start, length)
            .map(|payload| (number, Cow::Owned(payload)))
    }

    /// Returns how much of a row stands on the page itself.
    fn local(&self, length: usize) -> usize {
        let usable = self.pages.usable();
        let most = usable.saturating_sub(35);
        if length <= most {
            return length;
        }
        let least = (usable.saturating_sub(12).saturating_mul(32) / 255).saturating_sub(23);
        let each = usable.saturating_sub(4).max(1);
        let some = least.saturating_add(length.saturating_sub(least) % each);
        if some <= most { some } else { least }
    }

    /// Follows the chain of pages that hold the rest of a row.
    fn overflow(&mut self, first: u32, start: &[u8], length: usize) -> Result<Vec<u8>, Fault> {
        let mut payload = start.to_vec();
        let mut number = first;
        while payload.len() < length {
            let fault = |what| Err(Fault { page: number, what });
            let Some(page) = self.pages.page(number) else {
                return fault("the rest of a row is not in the file");
            };
            if !self.visited.insert(number) {
                return fault("the rest of a row is used twice");
            }
            let rest = length.saturating_sub(payload.len());
            let each = self.pages.usable().saturating_sub(4);
            payload.extend(slice(page, 4, rest.min(each)).unwrap_or_default());
            number = Order::Big.u32(page, 0).unwrap_or(0);
        }
        match number {
            0 => Ok(payload),
            page => Err(Fault { page, what: "the rest of a row is longer than the row" }),
        }
    }
}

/// Returns where a cell begins in its page.
fn cell(place: Place<'_>, at: usize) -> Option<usize> {
    let header: usize = if place.leaf { 8 } else { 12 };
    let start = Pages::start(place.number).checked_add(header)?;
    let pointer = start.checked_add(at.checked_mul(2)?)?;
    Order::Big.u16(place.page, pointer).map(usize::from)
}

/// Returns the page below an interior page; the last stands in its header.
fn child(place: Place<'_>, at: usize) -> Result<u32, Fault> {
    let position = match at == place.cells {
        true => Pages::start(place.number).checked_add(8),
        false => cell(place, at),
    };
    let number = position.and_then(|at| Order::Big.u32(place.page, at));
    number.ok_or(Fault { page: place.number, what: "a page below it is not named" })
}

//! The write-ahead log: pages that were committed and are not yet in the database file.
//!
//! Source: sqlite.org/fileformat2.html §4. A frame counts when its salts are the header's, the sum
//! over everything so far is right, and a commit follows. After a checkpoint the log is written
//! anew from its start, so frames of older salts may follow and mean nothing. Half a transaction
//! means nothing either, but rpm was interrupted then, and that is told.

use std::collections::BTreeMap;

use crate::packages::rpm::bytes::{Order, slice};

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
const MAGIC: u32 = 0x377f_0682;
const VERSION: u32 = 3_007_000;

/// The pages of all commits.
#[derive(Debug, Default)]
pub(super) struct Log<'d> {
    log: &'d [u8],
    size: usize,
    /// By number of the page, where its newest content begins.
    newest: BTreeMap<u32, usize>,
    /// Pages of the database after the last commit; none without a commit.
    count: Option<u32>,
}

/// The running sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sum {
    order: Order,
    sum: (u32, u32),
}

/// What a frame is.
enum Frame {
    /// Written by the last user of this log: a page, and the size of the database at a commit.
    Valid { page: u32, commit: u32, sum: Sum },
    /// Left of an earlier use of the log.
    Stale,
    /// Anything else.
    Broken(&'static str),
}

impl<'d> Log<'d> {
    /// Reads the log; what is wrong with it comes beside.
    pub(super) fn new(log: &'d [u8]) -> (Self, Option<String>) {
        if log.is_empty() {
            return (Self::default(), None);
        }
        let Some((size, sum)) = header(log) else {
            let what = "its write-ahead log has no valid header; what it holds is not read";
            return (Self::default(), Some(what.to_owned()));
        };
        let mut read = Self { log, size, ..Self::default() };
        let fault = read.frames(sum);
        (read, fault.map(|what| format!("its write-ahead log {what}")))
    }

    pub(super) fn page_size(&self) -> Option<usize> {
        (self.size > 0).then_some(self.size)
    }

    pub(super) fn count(&self) -> Option<u32> {
        self.count
    }

    pub(super) fn page(&self, number: u32) -> Option<&'d [u8]> {
        slice(self.log, *self.newest.get(&number)?, self.size)
    }

    /// Takes the frames of all commits.
    fn frames(&mut self, mut sum: Sum) -> Option<&'static str> {
        let mut pending: Vec<(u32, usize)> = Vec::new();
        let mut at = HEADER;
        let length = self.size.saturating_add(FRAME_HEADER);
        let fault = loop {
            if at >= self.log.len() {
                break None;
            }
            match self.frame(at, sum) {
                Frame::Stale => break None,
                Frame::Broken(what) => break Some(what),
                Frame::Valid { page, commit, sum: next } => {
                    sum = next;
                    pending.push((page, at.saturating_add(FRAME_HEADER)));
                    if commit > 0 {
                        self.newest.extend(pending.drain(..));
                        self.count = Some(commit);
                    }
                }
            }
            at = at.saturating_add(length);
        };
        let half = (!pending.is_empty()).then_some("ends in the middle of a transaction");
        // SQLite writes the header together with a first frame.
        let bare = (at == HEADER).then_some("has no frame after its header");
        fault.or(half).or(bare)
    }

    fn frame(&self, at: usize, sum: Sum) -> Frame {
        let number = |offset| Order::Big.u32(self.log, at.saturating_add(offset));
        let salts = slice(self.log, at.saturating_add(8), 8);
        let known = slice(self.log, 16, 8);
        let (Some(page), Some(commit), Some(salts)) = (number(0), number(4), salts) else {
            return Frame::Broken("ends within a frame");
        };
        if known != Some(salts) {
            // Each new use of a log changes both, so one of two alone is damage.
            let same = |at| slice(salts, at, 4) == known.and_then(|known| slice(known, at, 4));
            return match same(0) || same(4) {
                true => Frame::Broken("has a frame with a wrong salt"),
                false => Frame::Stale,
            };
        }
        let content = slice(self.log, at.saturating_add(FRAME_HEADER), self.size);
        let (Some(head), Some(content)) = (slice(self.log, at, 8), content) else {
            return Frame::Broken("ends within a frame");
        };
        let sum = sum.over(head).over(content);
        let said = number(16).zip(number(20));
        if said != Some(sum.sum) || page == 0 {
            return Frame::Broken("has a frame with a wrong sum");
        }
        Frame::Valid { page, commit, sum }
    }
}

/// Checks the header; returns the size of pages and the sum so far.
fn header(log: &[u8]) -> Option<(usize, Sum)> {
    let number = |at| Order::Big.u32(log, at);
    let magic = number(0)?;
    let order = if magic & 1 == 1 { Order::Big } else { Order::Little };
    let size = usize::try_from(number(8)?).ok()?;
    let sum = Sum { order, sum: (0, 0) }.over(log.get(..24)?);
    let valid = magic & !1 == MAGIC
        && number(4)? == VERSION
        && size.is_power_of_two()
        && (512..=65536).contains(&size)
        && (number(24)?, number(28)?) == sum.sum;
    valid.then_some((size, sum))
}

impl Sum {
    fn over(self, bytes: &[u8]) -> Self {
        let (mut first, mut second) = self.sum;
        for pair in bytes.chunks_exact(8) {
            let word = |at| self.order.u32(pair, at).unwrap_or(0);
            first = first.wrapping_add(word(0)).wrapping_add(second);
            second = second.wrapping_add(word(4)).wrapping_add(first);
        }
        Self { sum: (first, second), ..self }
    }
}

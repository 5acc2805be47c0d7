//! The blocks of a captured tree: where they are cut, and what the index says of each.
//!
//! Cutting is a walk and goes one entry after the other; columns and digests of a block need nothing
//! but its rows, so that is done by all workers, each as soon as it has the rows of one block.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::bounds::{Cancel, Pool};
use crate::model::{Entry, Listing, RowId, Tree, TreeCursor};

use super::block::{BlockWriter, RawBlock, RowRef, xattrs_weight};
use super::cut::{Parent, starts_block};
use super::encode::{check_name, check_weight};
use super::error::Error;
use super::limits::{MAX_KEY_BYTES, expanded};

/// What the index says of the blocks of a captured tree; the root needs no more of its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryBlocks {
    pub(super) blocks: Vec<EntryBlock>,
    /// What [`Tree::edits`] said then.
    edits: u64,
}

/// What the index says of one block of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EntryBlock {
    pub(super) key: Box<[u8]>,
    pub(super) count: u64,
    /// Length and SHA-256 of the raw bytes of entries, digests and owners.
    pub(super) parts: [(u64, [u8; 32]); 3],
}

impl EntryBlocks {
    /// Returns whether the tree is still what it was when they were made.
    #[must_use]
    pub fn are_of(&self, tree: &Tree) -> bool {
        self.edits == tree.edits()
    }
}

/// Makes the blocks of a tree and asks `each` of every one; the answers stand in the order of blocks.
pub(super) fn blocks_of<T: Send>(
    tree: &Tree,
    (pool, cancel): (&Pool, &Cancel),
    each: impl Fn(&EntryBlock) -> T + Sync,
    beside: impl Fn() + Sync,
) -> Result<(EntryBlocks, Vec<T>), Error> {
    let mut divider = Divider::new(tree);
    let edits = tree.edits();
    let work = |(key, rows): (Box<[u8]>, Vec<(u32, RowId)>)| {
        cancel.check()?;
        let block = digested(tree, &rows, key)?;
        let answer = each(&block);
        Ok((block, answer))
    };
    let done = spread(pool, || divider.next(), work, beside)?;
    let (blocks, answers) = done.into_iter().unzip();
    Ok((EntryBlocks { blocks, edits }, answers))
}

/// Lets all workers take pieces of work, one after the other, until there are no more; one of them does
/// what is `beside` first. The results stand in the order of the pieces.
pub(super) fn spread<J: Send, T: Send>(
    pool: &Pool,
    next: impl FnMut() -> Result<Option<J>, Error> + Send,
    work: impl Fn(J) -> Result<T, Error> + Sync,
    beside: impl Fn() + Sync,
) -> Result<Vec<T>, Error> {
    let queue = Mutex::new((0usize, next));
    let done = Mutex::new(Vec::new());
    let is_beside = AtomicBool::new(true);
    pool.on_each(|_| {
        if is_beside.swap(false, Ordering::Relaxed) {
            beside();
        }
        loop {
            let mut taken = queue.lock().unwrap_or_else(PoisonError::into_inner);
            let (count, next) = &mut *taken;
            let Some(piece) = next()? else { return Ok::<(), Error>(()) };
            let place = *count;
            *count = place.saturating_add(1);
            drop(taken);
            let result = work(piece)?;
            done.lock().unwrap_or_else(PoisonError::into_inner).push((place, result));
        }
    })?;
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(place, _)| *place);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

/// Writes the columns of a block and digests them.
fn digested(tree: &Tree, rows: &[(u32, RowId)], key: Box<[u8]>) -> Result<EntryBlock, Error> {
    let mut block = BlockWriter::new(&key);
    for &(depth, row) in rows {
        let name = tree.name(row);
        check_name(depth, name)?;
        let unobserved;
        let entry = match tree.entry_ref(row) {
            Some(entry) => entry,
            None => {
                unobserved = Entry::unobserved(tree.file_type(row));
                unobserved.as_ref()
            }
        };
        let directory = tree.as_directory(row);
        let listing = directory.map_or(Listing::Complete, |directory| tree.listing(directory));
        let owner = tree.owner(row);
        block.push(&RowRef { depth, name, entry, listing, owner, origin: None });
    }
    let none = RawBlock::default();
    let raw = block.finish().unwrap_or(none);
    let part = |bytes: &[u8]| (bytes.len() as u64, drift_lanes::sha256(bytes));
    let parts = [part(&raw.entries), part(&raw.digests), part(&raw.owners)];
    Ok(EntryBlock { key, count: raw.count, parts })
}

/// Walks a tree and cuts it.
struct Divider<'t> {
    tree: &'t Tree,
    cursor: TreeCursor<'t>,
    /// The directories above the row that was met last, each with its hash as a parent.
    above: Vec<(RowId, Parent)>,
    /// The first row of the next block, already met.
    first: Option<(u32, RowId, u64)>,
}

impl<'t> Divider<'t> {
    fn new(tree: &'t Tree) -> Self {
        let mut cursor = tree.cursor();
        let above = Vec::new();
        let first = cursor.next_row().map(|(depth, row)| (depth, row, weight(tree, row)));
        Self { tree, cursor, above, first }
    }

    /// Returns key, depths and rows of the next block.
    #[expect(clippy::type_complexity, reason = "two values that are taken apart at once")]
    fn next(&mut self) -> Result<Option<(Box<[u8]>, Vec<(u32, RowId)>)>, Error> {
        let Some((depth, row, mut total)) = self.first.take() else { return Ok(None) };
        check_weight(total)?;
        let key = self.key(depth, row);
        self.enter(depth, row);
        let mut rows = vec![(depth, row)];
        while let Some((depth, row)) = self.cursor.next_row() {
            let weight = weight(self.tree, row);
            let parent = || {
                let above = (depth as usize).checked_sub(1).and_then(|at| self.above.get(at));
                above.map_or(Parent::default(), |(_, parent)| *parent)
            };
            let name = self.tree.name(row);
            if starts_block(rows.len() as u64, (total, weight), parent, name) {
                self.first = Some((depth, row, weight));
                break;
            }
            check_weight(weight)?;
            total = total.saturating_add(weight);
            self.enter(depth, row);
            rows.push((depth, row));
        }
        Ok(Some((key, rows)))
    }

    /// Goes down to a row; only directories have anything below them.
    fn enter(&mut self, depth: u32, row: RowId) {
        self.above.truncate(depth as usize);
        if self.tree.as_directory(row).is_some() {
            self.above.push((row, Parent::new(self.tree.name(row))));
        }
    }

    /// Returns the path of a row, or its first bytes.
    fn key(&self, depth: u32, row: RowId) -> Box<[u8]> {
        let mut key = Vec::new();
        let above = self.above.get(1..depth as usize).unwrap_or_default();
        let names = above.iter().map(|(row, _)| *row).chain(std::iter::once(row));
        for row in names {
            if key.len() > MAX_KEY_BYTES {
                break;
            }
            if !key.is_empty() {
                key.push(b'/');
            }
            key.extend_from_slice(self.tree.name(row));
        }
        key.truncate(MAX_KEY_BYTES);
        key.into()
    }
}

fn weight(tree: &Tree, row: RowId) -> u64 {
    let variable = tree.variable(row);
    expanded([
        tree.name(row).len(),
        variable.link_target.map_or(0, <[u8]>::len),
        variable.leader.map_or(0, |leader| leader.as_bytes().len()),
        variable.xattrs.map_or(0, xattrs_weight),
    ])
}

//! The walk over a captured tree in the order of reports; a stack, no recursion.

use std::ops::Range;

use crate::model::cursor::{Cursor, CursorError, Listing, Passage, Step};

use super::{RowId, Tree};

/// Walks a captured tree in order.
#[derive(Debug)]
pub struct TreeCursor<'t> {
    tree: &'t Tree,
    /// Rows still to come in each directory on the way down; the first holds the root alone.
    open: Vec<Range<u32>>,
}

impl<'t> TreeCursor<'t> {
    pub(super) fn new(tree: &'t Tree) -> Self {
        let root = 0..u32::from(!tree.is_empty());
        Self { tree, open: vec![root] }
    }

    /// Returns the next row with its depth; cheaper than a whole step.
    pub fn next_row(&mut self) -> Option<(u32, RowId)> {
        while let Some(range) = self.open.last_mut() {
            let Some(row) = range.next().map(RowId) else {
                self.open.pop();
                continue;
            };
            if self.tree.is_gone(row) {
                continue;
            }
            let depth = u32::try_from(self.open.len()).unwrap_or(u32::MAX).saturating_sub(1);
            if let Some(directory) = self.tree.as_directory(row) {
                let children = self
                    .tree
                    .directories
                    .get(directory.index())
                    .map(|directory| directory.children.clone());
                self.open.push(children.unwrap_or_default());
            }
            return Some((depth, row));
        }
        None
    }
}

impl Cursor for TreeCursor<'_> {
    fn next(&mut self) -> Result<Option<Step<'_>>, CursorError> {
        let Some((depth, row)) = self.next_row() else { return Ok(None) };
        Ok(Some(Step {
            depth,
            name: self.tree.name(row),
            entry: self.tree.entry(row),
            listing: self
                .tree
                .as_directory(row)
                .map_or(Listing::Complete, |directory| self.tree.listing(directory)),
            owner: self.tree.owner(row),
            rule: Some(self.tree.rule(row)),
            origin: self.tree.origin(row),
            row: Some(row),
        }))
    }

    fn pass(&mut self, over: &Passage) -> Result<(), CursorError> {
        for _ in 0..over.count {
            self.next_row();
        }
        Ok(())
    }
}

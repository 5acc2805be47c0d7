//! What is computed of all entries of the newer side, once: the blocks that it has in common with a
//! baseline, which need no comparing, and what its two roots are made of.
//!
//! All of it reads the tree as it was captured. A second look may still change an entry; then the
//! roots are computed again.

use std::sync::{Mutex, PoisonError};

use crate::baseline::{self, Alike, EntryBlocks, Newer, StoredBlocks, likeness, root_with};
use crate::capture::Run;
use crate::model::{CursorError, Digest, TreePath};
use crate::rules::RuleSet;

use super::Error;
use super::view::View;

/// What is known of the roots of the newer side.
#[derive(Debug, Default)]
pub(super) struct Roots {
    /// The blocks of a captured tree, and what [`Tree::edits`](crate::model::Tree::edits) said then.
    blocks: Option<EntryBlocks>,
    effective: Option<Result<Digest, CursorError>>,
}

/// Finds what both sides have alike, and what roots are made of on the way; `avoid` are paths that the
/// comparison itself must meet.
pub(super) fn look(
    (before, after): (Option<StoredBlocks<'_>>, &View<'_>),
    rules: &RuleSet,
    avoid: &[TreePath],
    run: &Run<'_>,
) -> Result<(Vec<Alike>, Roots), baseline::Error> {
    let newer = match (after.captured(), after.blocks()) {
        (Some(captured), _) => Newer::Captured(&captured.snapshot.tree),
        (None, Some(blocks)) => Newer::Stored(blocks),
        (None, None) => return Ok((Vec::new(), Roots::default())),
    };
    let effective = Mutex::new(None);
    let found = likeness(before, newer, avoid, (run.pool, run.cancel), || {
        let root = after.effective_root(rules);
        *effective.lock().unwrap_or_else(PoisonError::into_inner) = Some(root);
    })?;
    let effective = effective.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((found.alike, Roots { blocks: found.blocks, effective }))
}

impl Roots {
    /// Returns root and effective root of the newer side.
    pub(super) fn of(
        self,
        after: &View<'_>,
        rules: &RuleSet,
        run: &Run<'_>,
    ) -> Result<(Digest, Digest), Error> {
        let Some(captured) = after.captured() else {
            let effective = self.effective.unwrap_or_else(|| after.effective_root(rules))?;
            return Ok((after.root()?, effective));
        };
        let tree = &captured.snapshot.tree;
        let is_known = self.blocks.as_ref().is_some_and(|blocks| blocks.are_of(tree));
        let known = if is_known { self } else { look((None, after), rules, &[], run)?.1 };
        let root = match &known.blocks {
            Some(blocks) => root_with(&captured.snapshot, blocks)?,
            None => after.root()?,
        };
        let effective = known.effective.unwrap_or_else(|| after.effective_root(rules))?;
        Ok((root, effective))
    }
}

//! The part of a tree that a bill speaks of: its files, and the directories on the way to them.
//!
//! A bill lists what somebody found worth listing. What it leaves out was never claimed to be absent,
//! so it is passed over on the other side and is neither a change nor a gap.

use std::collections::BTreeMap;

use crate::model::{Cursor, CursorError, DirId, Entry, FileType, Step, Tree, TreePath};

/// Walks only what `tree` has as well.
pub struct Selected<'s, C> {
    cursor: C,
    tree: &'s Tree,
    /// The directories of `tree` on the way to the current entry; the root first.
    directories: Vec<DirId>,
    name: Vec<u8>,
}

impl<C> std::fmt::Debug for Selected<'_, C> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Selected").finish_non_exhaustive()
    }
}

impl<'s, C: Cursor> Selected<'s, C> {
    /// Walks `cursor` as far as `tree` has it.
    pub fn new(cursor: C, tree: &'s Tree) -> Self {
        Self { cursor, tree, directories: Vec::new(), name: Vec::new() }
    }
}

impl<C: Cursor> Cursor for Selected<'_, C> {
    fn next(&mut self) -> Result<Option<Step<'_>>, CursorError> {
        loop {
            let Some(step) = self.cursor.next()? else { return Ok(None) };
            if !enter(self.tree, &mut self.directories, &step) {
                continue;
            }
            self.name.clear();
            self.name.extend_from_slice(step.name);
            let Step { depth, entry, listing, owner, rule, origin, row, .. } = step;
            return Ok(Some(Step {
                depth,
                name: &self.name,
                entry,
                listing,
                owner,
                rule,
                origin,
                row,
            }));
        }
    }
}

/// Returns whether the tree has the entry, and keeps the way to it.
fn enter(tree: &Tree, directories: &mut Vec<DirId>, step: &Step<'_>) -> bool {
    let depth = step.depth as usize;
    if depth == 0 {
        *directories = vec![DirId(0)];
        return true;
    }
    // Below what the tree has not, or has as a file, nothing is selected.
    if directories.len() < depth {
        return false;
    }
    directories.truncate(depth);
    let parent = directories.last().copied();
    let Some(row) = parent.and_then(|parent| tree.child(parent, step.name)) else { return false };
    directories.extend(tree.as_directory(row));
    true
}

/// Finds the links of `other` at the places of the directories of `tree`, and where they lead.
pub(super) fn links_at(
    tree: &Tree,
    other: &mut dyn Cursor,
) -> Result<BTreeMap<TreePath, Box<[u8]>>, CursorError> {
    let mut links = BTreeMap::new();
    let mut selected = Selected::new(other, tree);
    let mut names: Vec<Box<[u8]>> = Vec::new();
    while let Some(step) = selected.next()? {
        names.truncate((step.depth as usize).saturating_sub(1));
        if step.depth > 0 {
            names.push(step.name.into());
        }
        let path = || TreePath::from_joined(names.join(&b'/'));
        if let Some(target) = target(&step.entry)
            && tree.find(&path()).is_some_and(|row| tree.file_type(row) == FileType::Directory)
        {
            links.insert(path(), target.into());
        }
    }
    Ok(links)
}

fn target(entry: &Entry) -> Option<&[u8]> {
    let target = entry.link_target.seen()?;
    (entry.file_type == FileType::Symlink && !target.is_empty()).then_some(target)
}

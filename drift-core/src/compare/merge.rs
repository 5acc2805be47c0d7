//! A three-way merge of rows: an older tree with some of its changes to a newer one, walked as one.
//!
//! Whole rows are taken, from one side or the other; no attribute is mixed and none is made up. A row
//! whose directory would not be there is refused, so that what comes out is a tree again. Neither tree
//! is held: only the decisions are.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;

use crate::model::{
    Cursor, CursorError, Entry, FileType, LayerId, Listing, PackageId, Step, TreePath,
};

use super::change::EntryChange;
use super::side::{Current, Side};

/// What becomes of the rows at the paths of accepted changes; anything else stays as it was.
#[derive(Debug, Default)]
pub struct Decisions(HashMap<TreePath, Decision>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// The newer row.
    Newer,
    /// No row.
    Gone,
}

impl Decisions {
    /// Takes a change over.
    pub fn accept(&mut self, change: &EntryChange) {
        if let Some(from) = &change.moved_from {
            self.0.insert(from.clone(), Decision::Gone);
        }
        let decision = if change.after.is_some() { Decision::Newer } else { Decision::Gone };
        self.0.insert(change.path.clone(), decision);
    }

    /// Returns whether the newer row is taken at a path.
    #[must_use]
    pub fn takes(&self, path: &TreePath) -> bool {
        self.0.get(path) == Some(&Decision::Newer)
    }

    /// Returns whether nothing is left at a path.
    #[must_use]
    pub fn drops(&self, path: &TreePath) -> bool {
        self.0.get(path) == Some(&Decision::Gone)
    }
}

/// What numbers of either side mean in the merged tree.
#[derive(Debug, Clone, Copy)]
pub struct Numbering<'n> {
    /// The number that each package of the older side has.
    pub older_owners: &'n [Option<PackageId>],
    /// The number that each package of the newer side has.
    pub newer_owners: &'n [Option<PackageId>],
    /// Whose layers the merged tree has; origins of the other side mean nothing there.
    pub layers: Layers,
}

/// Whose layers a merged tree has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layers {
    /// Those of the older image.
    Older,
    /// Those of the newer image.
    Newer,
}

/// Rows that would lie in no directory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Orphan {
    /// A new entry without the new directory that it lies in.
    #[error("{path} is accepted, and {directory}, in which it lies, is not; accept that as well")]
    Newer {
        /// The entry.
        path: TreePath,
        /// The nearest thing above it.
        directory: TreePath,
    },
    /// An entry that stays in a directory that does not.
    #[error(
        "{directory} would no longer be a directory, and {path} in it is not accepted; accept all \
         that lies below it as well, or neither"
    )]
    Older {
        /// The entry.
        path: TreePath,
        /// What is above it.
        directory: TreePath,
    },
    /// The newer tree does not have what was to be taken from it.
    #[error("{path} is to be taken from the newer tree, which does not have it")]
    Missing {
        /// The path.
        path: TreePath,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Older,
    Newer,
}

/// Walks the merged tree.
pub struct Merged<'m, C> {
    older: Side<C>,
    newer: Side<C>,
    decisions: &'m Decisions,
    numbering: Numbering<'m>,
    /// For each level on the way down, whether the merged tree has a directory there.
    directories: Vec<bool>,
    /// Whether each side stands at the last path, and is to go on.
    consumed: (bool, bool),
    orphan: Option<Orphan>,
}

impl<C> fmt::Debug for Merged<'_, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Merged").field("orphan", &self.orphan).finish_non_exhaustive()
    }
}

impl<'m, C: Cursor> Merged<'m, C> {
    /// Merges what is decided of `newer` into `older`.
    pub fn new(older: C, newer: C, decisions: &'m Decisions, numbering: Numbering<'m>) -> Self {
        Self {
            older: Side::before_first(older),
            newer: Side::before_first(newer),
            decisions,
            numbering,
            directories: Vec::new(),
            consumed: (true, true),
            orphan: None,
        }
    }

    /// Returns why the walk failed, where it did for a row without a directory.
    #[must_use]
    pub fn orphan(&self) -> Option<&Orphan> {
        self.orphan.as_ref()
    }

    /// Goes to the next path that either side has; returns the side whose row stands there, or none
    /// where there is no row, and nothing at the end.
    fn advance(&mut self) -> Result<Option<Option<Which>>, CursorError> {
        let (older, newer) = std::mem::take(&mut self.consumed);
        if older {
            self.older.advance()?;
        }
        if newer {
            self.newer.advance()?;
        }
        if self.older.current.is_none() && self.newer.current.is_none() {
            return Ok(None);
        }
        self.consumed = match self.older.order(&self.newer) {
            Ordering::Less => (true, false),
            Ordering::Greater => (false, true),
            Ordering::Equal => (true, true),
        };
        let path = if self.consumed.0 { self.older.path() } else { self.newer.path() };
        let which = match (self.decisions.0.get(&path), self.consumed) {
            (Some(Decision::Newer), (_, true)) => Some(Which::Newer),
            (Some(Decision::Newer), (_, false)) => {
                return Err(self.refuse(Orphan::Missing { path }));
            }
            (Some(Decision::Gone), _) | (None, (false, _)) => None,
            (None, (true, _)) => Some(Which::Older),
        };
        self.enter(which, &path)?;
        Ok(Some(which))
    }

    /// Notes what stands at this level now; fails where it would stand in no directory.
    fn enter(&mut self, which: Option<Which>, path: &TreePath) -> Result<(), CursorError> {
        let side = if self.consumed.0 { &self.older } else { &self.newer };
        let depth = side.current.as_ref().map_or(0, |current| current.depth as usize);
        self.directories.truncate(depth);
        let inside = depth == 0 || self.directories.last() == Some(&true);
        if let (Some(which), false) = (which, inside) {
            // The topmost of what is missing: that is what has to be accepted.
            let missing = self.directories.iter().position(|directory| !directory);
            let names = path.components().take(missing.unwrap_or(0));
            let directory = names.fold(TreePath::root(), |above, name| above.join(name));
            let path = path.clone();
            return Err(self.refuse(match which {
                Which::Newer => Orphan::Newer { path, directory },
                Which::Older => Orphan::Older { path, directory },
            }));
        }
        let directory = which.and_then(|which| self.current(which)).is_some_and(is_directory);
        self.directories.push(directory);
        Ok(())
    }

    fn refuse(&mut self, orphan: Orphan) -> CursorError {
        let reason = orphan.to_string();
        self.orphan = Some(orphan);
        CursorError { reason }
    }

    fn current(&self, which: Which) -> Option<&Current> {
        match which {
            Which::Older => self.older.current.as_ref(),
            Which::Newer => self.newer.current.as_ref(),
        }
    }

    /// A directory that was there keeps what is known of its names: its rows are those of the older
    /// tree and what was accepted.
    fn listing(&self, which: Which) -> Listing {
        let Some(taken) = self.current(which).filter(|taken| is_directory(taken)) else {
            return Listing::Complete;
        };
        let older = self.older.current.as_ref().filter(|_| self.consumed.0);
        older.filter(|older| is_directory(older)).map_or(taken.listing, |older| older.listing)
    }

    /// What was not accepted has no layer of the newer image, unless nothing of it differs.
    fn origin(&self, which: Which) -> Option<LayerId> {
        match (self.numbering.layers, which) {
            (Layers::Older, Which::Newer) => None,
            (Layers::Older, Which::Older) => self.older.current.as_ref()?.origin,
            (Layers::Newer, Which::Newer) => self.newer.current.as_ref()?.origin,
            (Layers::Newer, Which::Older) => {
                let (older, newer) = (self.older.current.as_ref()?, self.newer.current.as_ref()?);
                newer.origin.filter(|_| self.consumed.1 && older.entry == newer.entry)
            }
        }
    }
}

fn is_directory(current: &Current) -> bool {
    current.entry.file_type == FileType::Directory
}

impl<C: Cursor> Cursor for Merged<'_, C> {
    fn next(&mut self) -> Result<Option<Step<'_>>, CursorError> {
        if let Some(orphan) = &self.orphan {
            return Err(CursorError { reason: orphan.to_string() });
        }
        let which = loop {
            match self.advance()? {
                None => return Ok(None),
                Some(None) => {}
                Some(Some(which)) => break which,
            }
        };
        let listing = self.listing(which);
        let origin = self.origin(which);
        let (side, owners) = match which {
            Which::Older => (&mut self.older, self.numbering.older_owners),
            Which::Newer => (&mut self.newer, self.numbering.newer_owners),
        };
        let Some(current) = side.current.as_mut() else { return Ok(None) };
        let nothing = Entry::unobserved(current.entry.file_type);
        let entry = std::mem::replace(&mut current.entry, nothing);
        let owner = current.owner.and_then(|owner| owners.get(owner.index()).copied()).flatten();
        let depth = current.depth;
        let name = side.position().map_or(&[][..], |(_, name)| name);
        Ok(Some(Step { depth, name, entry, listing, owner, rule: None, origin, row: None }))
    }
}

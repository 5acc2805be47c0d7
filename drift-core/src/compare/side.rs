//! One of the two trees of a comparison, with the path of its current entry.

use std::cmp::Ordering;

use crate::model::{
    Cursor, CursorError, Entry, LayerId, Listing, PackageId, Passage, RowId, RuleId, TreePath,
};

use super::change::State;

pub(super) struct Side<C> {
    cursor: C,
    path: Vec<u8>,
    /// Where the name at each depth ends in `path`; depth 1 first.
    ends: Vec<usize>,
    /// How many entries it may go on before it is told what comes next.
    ahead: u64,
    pub(super) current: Option<Current>,
}

pub(super) struct Current {
    pub(super) depth: u32,
    pub(super) entry: Entry,
    pub(super) listing: Listing,
    pub(super) owner: Option<PackageId>,
    pub(super) rule: Option<RuleId>,
    pub(super) origin: Option<LayerId>,
    pub(super) row: Option<RowId>,
}

impl Current {
    pub(super) fn state(&self) -> State {
        State { entry: self.entry.clone(), owner: self.owner, origin: self.origin, row: self.row }
    }
}

impl<C: Cursor> Side<C> {
    pub(super) fn new(cursor: C) -> Result<Self, CursorError> {
        let mut side = Self::before_first(cursor);
        side.advance()?;
        Ok(side)
    }

    /// Returns a side that stands before its first entry.
    pub(super) fn before_first(cursor: C) -> Self {
        Self { cursor, path: Vec::new(), ends: Vec::new(), ahead: u64::MAX, current: None }
    }

    pub(super) fn advance(&mut self) -> Result<(), CursorError> {
        self.current = None;
        let Some(left) = self.ahead.checked_sub(1) else { return Ok(()) };
        self.ahead = left;
        let Some(step) = self.cursor.next()? else { return Ok(()) };
        Self::enter(&mut self.path, &mut self.ends, step.depth, step.name)?;
        self.current = Some(Current {
            depth: step.depth,
            entry: step.entry,
            listing: step.listing,
            owner: step.owner,
            rule: step.rule,
            origin: step.origin,
            row: step.row,
        });
        Ok(())
    }

    /// Lets it go on for so many entries.
    pub(super) fn go_on(&mut self, entries: u64) {
        self.ahead = entries;
    }

    /// Passes over entries that the other side has too; the next advance goes on behind them.
    pub(super) fn pass(&mut self, over: &Passage) -> Result<(), CursorError> {
        self.current = None;
        self.cursor.pass(over)?;
        Self::enter(&mut self.path, &mut self.ends, over.depth, &over.name)?;
        self.ends.truncate(over.keeps as usize);
        self.path.truncate(self.ends.last().copied().unwrap_or(0));
        for (level, name) in (over.keeps.saturating_add(1)..).zip(&over.names) {
            Self::enter(&mut self.path, &mut self.ends, level, name)?;
        }
        Ok(())
    }

    /// Steps to the path of an entry.
    fn enter(
        path: &mut Vec<u8>,
        ends: &mut Vec<usize>,
        depth: u32,
        name: &[u8],
    ) -> Result<(), CursorError> {
        // A path is at most as long as its names, so the depth of a valid walk grows by one at a
        // time; a stored tree that says otherwise is refused.
        let parents = (depth as usize).saturating_sub(1);
        if parents > ends.len() {
            return Err(CursorError {
                reason: "an entry lies in a directory that is not there".to_owned(),
            });
        }
        ends.truncate(parents);
        path.truncate(ends.last().copied().unwrap_or(0));
        if depth > 0 {
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(name);
            ends.push(path.len());
        }
        Ok(())
    }

    /// Returns depth and name of the current entry.
    pub(super) fn position(&self) -> Option<(u32, &[u8])> {
        let current = self.current.as_ref()?;
        let start = match self.ends.len().checked_sub(2).and_then(|at| self.ends.get(at)) {
            Some(end) => end.saturating_add(1),
            None => 0,
        };
        Some((current.depth, self.path.get(start..).unwrap_or_default()))
    }

    /// Compares where two sides stand: the deeper one comes first, then the lesser name.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        match (self.position(), other.position()) {
            (None, None) => Ordering::Equal,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((depth, name)), Some((other_depth, other_name))) => {
                other_depth.cmp(&depth).then_with(|| name.cmp(other_name))
            }
        }
    }

    pub(super) fn path_bytes(&self) -> &[u8] {
        &self.path
    }

    /// Returns the path of the directory of this depth above the current entry.
    pub(super) fn path_above(&self, depth: usize) -> &[u8] {
        let end = depth.checked_sub(1).and_then(|at| self.ends.get(at)).copied().unwrap_or(0);
        self.path.get(..end).unwrap_or_default()
    }

    pub(super) fn path(&self) -> TreePath {
        TreePath::from_joined(self.path.clone())
    }
}

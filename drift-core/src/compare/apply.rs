//! Replaying changes: `apply(compare(a, b), a) == b`, which is what "nothing is lost" means.

use std::collections::BTreeMap;

use crate::model::{Cursor, CursorError, Entry, TreePath};

use super::change::EntryChange;
use super::side::Side;

/// A tree as a plain map.
pub type Entries = BTreeMap<TreePath, Entry>;

/// Replays changes on the older tree and so makes the newer one, as far as the rules compare it.
#[must_use]
pub fn apply(changes: &[EntryChange], mut entries: Entries) -> Entries {
    for change in changes {
        if change.after.is_none() || change.moved_from.is_some() {
            entries.remove(change.moved_from.as_ref().unwrap_or(&change.path));
        }
    }
    for change in changes {
        if let Some(after) = &change.after {
            entries.insert(change.path.clone(), after.entry.clone());
        }
    }
    entries
}

/// Reads a whole tree into a map. For tests and small trees: memory grows with full paths.
pub fn entries(cursor: &mut dyn Cursor) -> Result<Entries, CursorError> {
    let mut entries = Entries::new();
    each_entry(cursor, &mut |path, entry| -> Result<(), CursorError> {
        entries.insert(path.clone(), entry.clone());
        Ok(())
    })?;
    Ok(entries)
}

/// Hands over every entry of a tree with its path, in order.
pub fn each_entry<E: From<CursorError>>(
    cursor: &mut dyn Cursor,
    each: &mut dyn FnMut(&TreePath, &Entry) -> Result<(), E>,
) -> Result<(), E> {
    let mut side = Side::new(cursor)?;
    while let Some(current) = &side.current {
        each(&side.path(), &current.entry)?;
        side.advance()?;
    }
    Ok(())
}

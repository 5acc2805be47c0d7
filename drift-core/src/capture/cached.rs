//! Which files' digests came from the cache, until they are read after all.

use std::collections::BTreeMap;

use crate::model::{Coverage, DirId, Observed, RowId, Tree, Trusted};
use crate::source::{self, Plan, Source, Want};

use super::read::{Ledger, read_rows};

const ROOT: DirId = DirId(0);

/// Directories that the counts are told for; the others are told together, by the root.
const MAX_DIRECTORIES: usize = 32;

/// Rows of which nobody has read the content in this run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cached(Vec<u64>);

impl Cached {
    /// Takes every row that the survey gave a digest.
    pub(super) fn of(tree: &Tree) -> Self {
        let mut cached = Self(vec![0; tree.len().div_ceil(64)]);
        for row in tree.rows().filter(|row| matches!(tree.digest(*row), Observed::Is(_))) {
            if let Some(bits) = cached.0.get_mut((row.0 / 64) as usize) {
                *bits |= 1 << (row.0 % 64);
            }
        }
        cached
    }

    pub(super) fn contains(&self, row: RowId) -> bool {
        self.0.get((row.0 / 64) as usize).is_some_and(|bits| bits >> (row.0 % 64) & 1 == 1)
    }

    /// Takes out a row that is read; returns whether it was there.
    pub(super) fn remove(&mut self, row: RowId) -> bool {
        let was_there = self.contains(row);
        if let Some(bits) = self.0.get_mut((row.0 / 64) as usize) {
            *bits &= !(1 << (row.0 % 64));
        }
        was_there
    }

    /// Whoever reads a file whole for another reason digests it too: the bytes that are looked at are
    /// those of the digest, and a stamp that lies shows.
    pub(super) fn or_whole(&self, row: RowId, want: Want) -> Want {
        let whole = want.vendor.is_some() || want.bytes.is_some();
        Want { digest: want.digest || (whole && self.contains(row)), ..want }
    }

    /// Says in the coverage how many there are, and below which directories of the root.
    pub(super) fn count(&self, tree: &Tree, coverage: &mut Coverage) {
        let mut by_directory: BTreeMap<DirId, u64> = BTreeMap::new();
        for row in tree.rows().filter(|row| self.contains(*row)) {
            let files = by_directory.entry(tree.directory_of(row).unwrap_or(ROOT)).or_default();
            *files = files.saturating_add(1);
            coverage.files_from_cache = coverage.files_from_cache.saturating_add(1);
        }
        let mut tops = BTreeMap::new();
        let mut by_top: BTreeMap<RowId, u64> = BTreeMap::new();
        for (directory, more) in by_directory {
            let top = top_of(tree, directory, &mut tops);
            let is_told = by_top.len() < MAX_DIRECTORIES || by_top.contains_key(&top);
            let files = by_top.entry(if is_told { top } else { RowId(0) }).or_default();
            *files = files.saturating_add(more);
        }
        let of = |(row, files): (RowId, u64)| Trusted { path: tree.path(row), files };
        coverage.trusted = by_top.into_iter().map(of).collect();
        coverage.trusted.sort_by(|one, next| one.path.cmp(&next.path));
    }
}

/// Reads every file after all whose digest came from the cache: one stamp lied, so none proves
/// anything.
pub(super) fn read_all(
    source: &dyn Source,
    plan: &Plan<'_>,
    ledger: &mut Ledger<'_>,
) -> Result<(), source::Error> {
    let doubted = ledger.unread.clone();
    for row in ledger.tree.rows().filter(|row| doubted.contains(*row)) {
        ledger.tree.set_digest(row, None);
    }
    let want = |_: &Tree, row| Want { digest: doubted.contains(row), ..Want::default() };
    read_rows(source, plan, (&want, &|_, _, _| None), ledger).map(drop)
}

/// Returns the directory of the root that a directory is or lies below; the root for itself. Every
/// directory on the way is looked at once.
fn top_of(tree: &Tree, directory: DirId, tops: &mut BTreeMap<DirId, RowId>) -> RowId {
    let mut way = Vec::new();
    let mut at = directory;
    let top = loop {
        if at == ROOT {
            break RowId(0);
        }
        if let Some(top) = tops.get(&at) {
            break *top;
        }
        way.push(at);
        let row = tree.directory_row(at);
        match tree.directory_of(row) {
            Some(parent) if parent != ROOT => at = parent,
            _ => break row,
        }
    };
    tops.extend(way.into_iter().map(|directory| (directory, top)));
    top
}

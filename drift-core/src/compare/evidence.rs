//! What the explanation of a change may rest on, beyond the two states of the entry.

use std::collections::BTreeMap;

use crate::generated::Derivation;
use crate::manifest::Manifests;
use crate::model::{Algorithm, Cause, Digest, Package, PackageId, RowId, Tree, TreePath};
use crate::packages::{Accounts, AsShipped, Missing, Ownership, VendorRecord, as_shipped};
use crate::rules::RuleSet;

use super::change::{EntryChange, State};
use super::packages::PackageChange;

/// What a comparison knows beyond the two trees.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'e> {
    /// The rules in force.
    pub rules: &'e RuleSet,
    /// Whether the older side is a sealed baseline.
    pub sealed: bool,
    /// Changes of packages.
    pub packages: &'e PackageEvents<'e>,
    /// The packages of the newer side, by which its owners count.
    pub after: &'e [Package],
    /// What a target that was captured now can tell; none of a stored snapshot.
    pub live: Option<&'e Live<'e>>,
    /// Mount points of the newer side that hide a path of the older one.
    pub covering: &'e [TreePath],
}

/// What a target that was captured now can tell of its entries.
#[derive(Debug, Clone, Copy)]
pub struct Live<'e> {
    /// The newer side.
    pub tree: &'e Tree,
    /// Its packages.
    pub packages: &'e [Package],
    /// What belongs to whom there.
    pub ownership: &'e Ownership,
    /// Owned paths that are not there.
    pub missing: &'e BTreeMap<TreePath, &'e Missing>,
    /// Digests of changed files by the algorithm of their package's record.
    pub vendor: &'e BTreeMap<RowId, Digest>,
    /// Its accounts.
    pub accounts: &'e Accounts,
    /// How changed products of programs were judged, by path.
    pub generated: &'e BTreeMap<TreePath, Derivation>,
    /// What packages contain, by more than the target's word.
    pub manifests: &'e Manifests,
}

impl Live<'_> {
    /// Returns what the database of the target recorded at the place of a change.
    #[must_use]
    pub fn record(&self, change: &EntryChange) -> Option<VendorRecord> {
        match change.after.as_ref() {
            Some(after) => self.ownership.record(after.row?),
            None => self.missing.get(&change.path).map(|missing| missing.record),
        }
    }

    /// Compares an entry with its record.
    #[must_use]
    pub fn as_shipped(&self, state: &State, record: &VendorRecord) -> AsShipped {
        let own = state.entry.digest.seen().copied();
        let vendor = state.row.and_then(|row| self.vendor.get(&row)).copied();
        let content = |algorithm: Algorithm| {
            own.into_iter().chain(vendor).find(|digest| digest.algorithm() == algorithm)
        };
        as_shipped(&state.entry, record, self.ownership.records(), self.accounts, content)
    }
}

/// Changes of packages, and which of them each package has.
#[derive(Debug, Default)]
pub struct PackageEvents<'p> {
    list: &'p [PackageChange],
    before: BTreeMap<PackageId, usize>,
    after: BTreeMap<PackageId, usize>,
}

impl<'p> PackageEvents<'p> {
    /// Sorts them by package.
    #[must_use]
    pub fn new(list: &'p [PackageChange]) -> Self {
        let numbered =
            || (0..).zip(list).filter(|(_, event)| event.cause != Cause::ModifiedInPlace);
        let by = |side: fn(&PackageChange) -> Option<PackageId>| {
            numbered().filter_map(|(at, event)| Some((side(event)?, at))).collect()
        };
        Self { list, before: by(|event| event.before), after: by(|event| event.after) }
    }

    /// Returns all of them.
    #[must_use]
    pub fn list(&self) -> &'p [PackageChange] {
        self.list
    }

    /// Returns the one at a place of the list.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&'p PackageChange> {
        self.list.get(at)
    }

    /// Returns what happened to a package of the newer side.
    #[must_use]
    pub fn of_after(&self, package: Option<PackageId>) -> Option<usize> {
        self.after.get(&package?).copied()
    }

    /// Returns what happened to a package of the older side.
    #[must_use]
    pub fn of_before(&self, package: Option<PackageId>) -> Option<usize> {
        self.before.get(&package?).copied()
    }
}

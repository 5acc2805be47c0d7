//! Comparing the lists of installed packages.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::model::{Cause, Package, PackageId};
use crate::packages::compare_versions;

use super::change::Kind;

/// A package that came, went or has another version or state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackageChange {
    /// Among the older packages.
    pub before: Option<PackageId>,
    /// Among the newer packages.
    pub after: Option<PackageId>,
    /// `installed`, `removed`, `upgraded`, `downgraded`, or `modified-in-place` where only its
    /// state changed.
    pub cause: Cause,
}

impl PackageChange {
    /// Returns what happened.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match (self.before, self.after) {
            (None, _) => Kind::Added,
            (_, None) => Kind::Removed,
            _ => Kind::Modified,
        }
    }
}

/// A list of packages and whether it is whole.
#[derive(Debug, Clone, Copy)]
pub struct Packages<'p> {
    /// The packages, sorted.
    pub list: &'p [Package],
    /// Whether every package is among them.
    pub complete: bool,
}

/// Compares two sorted lists; an incomplete list proves neither a removal nor an installation.
#[must_use]
pub fn compare_packages(before: Packages<'_>, after: Packages<'_>) -> Vec<PackageChange> {
    let mut changes = Vec::new();
    let (mut old, mut new) = (numbered(before.list).peekable(), numbered(after.list).peekable());
    loop {
        let key = match (old.peek(), new.peek()) {
            (None, None) => return changes,
            (Some((_, one)), None) | (None, Some((_, one))) => key(one),
            (Some((_, old)), Some((_, new))) => key(old).min(key(new)),
        };
        for (gone, came) in paired(of_key(&mut old, key), of_key(&mut new, key)) {
            let cause = match (gone, came) {
                (Some(_), None) if after.complete => Cause::Removed,
                (None, Some(_)) if before.complete => Cause::Installed,
                (Some((_, old)), Some((_, new))) => cause_of_versions(old, new),
                _ => continue,
            };
            changes.push(PackageChange {
                before: gone.map(|(id, _)| id),
                after: came.map(|(id, _)| id),
                cause,
            });
        }
    }
}

type Numbered<'p> = (PackageId, &'p Package);

/// Takes the packages of one key, of which some managers keep several versions: gems, kernels.
fn of_key<'p>(
    list: &mut std::iter::Peekable<impl Iterator<Item = Numbered<'p>>>,
    wanted: Key<'_>,
) -> Vec<Numbered<'p>> {
    std::iter::from_fn(|| list.next_if(|(_, package)| key(package) == wanted)).collect()
}

/// Pairs what is left of both sides once what they share is gone: a version that came beside others
/// was installed, and none of those was upgraded to it. Both sides are sorted.
fn paired<'p>(
    old: Vec<Numbered<'p>>,
    new: Vec<Numbered<'p>>,
) -> Vec<(Option<Numbered<'p>>, Option<Numbered<'p>>)> {
    let (mut gone, mut came) = (Vec::new(), Vec::new());
    let (mut old, mut new) = (old.into_iter().peekable(), new.into_iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((_, old)), Some((_, new))) => old.cmp(new),
        };
        let (left, right) = (
            if order == Ordering::Greater { None } else { old.next() },
            if order == Ordering::Less { None } else { new.next() },
        );
        if order != Ordering::Equal {
            gone.extend(left);
            came.extend(right);
        }
    }
    let longest = gone.len().max(came.len());
    (0..longest).map(|at| (gone.get(at).copied(), came.get(at).copied())).collect()
}

/// Returns what became of a package that is on both sides and not the same.
pub(super) fn cause_of_versions(old: &Package, new: &Package) -> Cause {
    match compare_versions(&new.manager, &old.version, &new.version) {
        Ordering::Less => Cause::Upgraded,
        Ordering::Greater => Cause::Downgraded,
        Ordering::Equal => Cause::ModifiedInPlace,
    }
}

/// Lays lists of packages over each other: a later package takes the place of those of its manager,
/// name, architecture and location, and the complete list of a whole root that of all earlier ones.
/// Returns the packages, sorted, with the number that each package of each list has among them.
#[must_use]
pub fn compose_packages(
    lists: &[(Packages<'_>, bool)],
) -> (Vec<Package>, Vec<Vec<Option<PackageId>>>) {
    let mut kept: BTreeMap<Key<'_>, (usize, Vec<&Package>)> = BTreeMap::new();
    for (at, (packages, whole)) in lists.iter().enumerate() {
        if *whole && packages.complete && !packages.list.is_empty() {
            kept.clear();
        }
        for package in packages.list {
            let (from, versions) = kept.entry(key(package)).or_insert_with(|| (at, Vec::new()));
            if *from != at {
                (*from, *versions) = (at, Vec::new());
            }
            versions.push(package);
        }
    }
    let mut all: Vec<Package> =
        kept.values().flat_map(|(_, versions)| versions.iter().copied().cloned()).collect();
    all.sort_unstable();
    let place = |package: &Package| {
        // The very one, or what took its place.
        let found = all.binary_search(package).ok().or_else(|| {
            let first = all.partition_point(|one| key(one) < key(package));
            all.get(first).filter(|one| key(one) == key(package)).map(|_| first)
        });
        found.and_then(|at| u32::try_from(at).ok()).map(PackageId)
    };
    let places = |(packages, _): &(Packages<'_>, bool)| packages.list.iter().map(place).collect();
    let places = lists.iter().map(places).collect();
    (all, places)
}

fn numbered(list: &[Package]) -> impl Iterator<Item = (PackageId, &Package)> {
    (0..).map(PackageId).zip(list)
}

/// What makes two packages of two sides the same: manager, name, architecture, location.
type Key<'p> = (&'p str, &'p str, &'p str, &'p str);

/// Returns the key of a package; lists are sorted by it first.
fn key(package: &Package) -> Key<'_> {
    let Package { manager, name, architecture, location, version: _, status: _ } = package;
    (manager, name, architecture, location)
}

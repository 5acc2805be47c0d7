//! Comparing a list of packages with a bill of materials, which says less of each.
//!
//! A bill has no states and no places; some leave out architectures, and some list a package once
//! that is there in several places. So packages are compared by manager and name, and what one side
//! does not say differs from nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Cause, Package, PackageId};
use crate::packages::compare_versions;

use super::packages::{PackageChange, Packages, cause_of_versions};

/// Packages of one name that are looked at for a partner one by one; there are never so many.
const MAX_SEARCHED: usize = 1000;

/// The packages of one name, older and newer, in the order of versions.
type Named<'p> = [Vec<(PackageId, &'p Package)>; 2];

/// Compares two lists of which at least one is a bill's; an incomplete list proves neither a removal
/// nor an installation.
#[must_use]
pub fn compare_listed_packages(before: Packages<'_>, after: Packages<'_>) -> Vec<PackageChange> {
    let mut changes = Vec::new();
    for mut named in grouped(before, after).into_values() {
        take_equal(&mut named);
        let [older, newer] = named;
        let mut newer: Vec<Option<(PackageId, &Package)>> = newer.into_iter().map(Some).collect();
        for (id, old) in older {
            let fits = |slot: &&mut Option<(PackageId, &Package)>| {
                slot.is_some_and(|(_, new)| either(&old.architecture, &new.architecture))
            };
            let partner = newer.iter_mut().take(MAX_SEARCHED).find(fits).and_then(Option::take);
            let cause = match partner {
                Some((_, new)) => cause_of_versions(old, new),
                None if after.complete => Cause::Removed,
                None => continue,
            };
            let after = partner.map(|(id, _)| id);
            changes.push(PackageChange { before: Some(id), after, cause });
        }
        if before.complete {
            let came = newer.into_iter().flatten().map(|(id, _)| id);
            changes.extend(came.map(|id| PackageChange {
                before: None,
                after: Some(id),
                cause: Cause::Installed,
            }));
        }
    }
    changes
}

fn grouped<'p>(
    before: Packages<'p>,
    after: Packages<'p>,
) -> BTreeMap<(&'p str, String), Named<'p>> {
    let mut groups: BTreeMap<(&str, String), Named<'_>> = BTreeMap::new();
    for (side, packages) in [before, after].into_iter().enumerate() {
        for (id, package) in (0..).map(PackageId).zip(packages.list) {
            let named = groups.entry((&package.manager, name_of(package))).or_default();
            if let Some(list) = named.get_mut(side) {
                list.push((id, package));
            }
        }
    }
    for list in groups.values_mut().flatten() {
        let mut known = BTreeSet::new();
        list.retain(|(_, package)| known.insert((&package.architecture, &package.version)));
        list.sort_by(|(_, a), (_, b)| compare_versions(&a.manager, &a.version, &b.version));
    }
    groups
}

/// Takes out what both sides have, first what is equal word by word, then what one side leaves open.
fn take_equal(named: &mut Named<'_>) {
    let said = |(_, package): &(PackageId, &Package)| {
        (package.architecture.clone(), package.version.clone())
    };
    let [older, newer] = &mut *named;
    let old: BTreeSet<_> = older.iter().map(said).collect();
    let both: BTreeSet<_> = newer.iter().map(said).filter(|said| old.contains(said)).collect();
    older.retain(|package| !both.contains(&said(package)));
    newer.retain(|package| !both.contains(&said(package)));
    let mut at = 0;
    while let Some((_, package)) = older.get(at).filter(|_| at < MAX_SEARCHED) {
        let fits = |(_, other): &(PackageId, &Package)| {
            either(&package.architecture, &other.architecture)
                && either(&package.version, &other.version)
        };
        match newer.iter().take(MAX_SEARCHED).position(fits) {
            Some(partner) => {
                newer.remove(partner);
                older.remove(at);
            }
            None => at = at.saturating_add(1),
        }
    }
}

/// Whether two words agree, or one side says none.
fn either(one: &str, other: &str) -> bool {
    one == other || one.is_empty() || other.is_empty()
}

/// Returns the name as package URLs write it: those of Python's index are one in several spellings.
fn name_of(package: &Package) -> String {
    match package.manager.as_str() {
        "pypi" => package.name.to_lowercase().replace(['_', '.'], "-"),
        "npm" | "apk" | "pacman" => package.name.to_lowercase(),
        _ => package.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::compare_listed_packages;
    use crate::compare::Packages;
    use crate::model::Package;

    fn list(lines: &[&str]) -> Vec<Package> {
        let package = |line: &&str| {
            let mut words = line.split(' ').map(str::to_owned);
            let mut word = || words.next().unwrap_or_default();
            let (manager, name, version) = (word(), word(), word());
            let (architecture, status, location) = (word(), word(), word());
            Package { manager, name, architecture, version, status, location }
        };
        let mut list: Vec<Package> = lines.iter().map(package).collect();
        list.sort();
        list
    }

    fn check(before: &[&str], after: &[&str], complete: (bool, bool), expect: &[&str]) {
        let (before, after) = (list(before), list(after));
        let found = compare_listed_packages(
            Packages { list: &before, complete: complete.0 },
            Packages { list: &after, complete: complete.1 },
        );
        let told = found.iter().map(|change| {
            let version = |list: &[Package], id: Option<crate::model::PackageId>| {
                id.map_or("-".to_owned(), |id| list[id.index()].version.clone())
            };
            let (old, new) = (version(&before, change.before), version(&after, change.after));
            format!("{} {old} {new}", change.cause.name())
        });
        assert_eq!(told.collect::<Vec<_>>(), expect);
    }

    #[test]
    fn what_one_side_does_not_say_differs_from_nothing() {
        let all = (true, true);
        check(&["dpkg a 1 amd64"], &["dpkg a 1 amd64 installed"], all, &[]);
        check(&["dpkg a 1"], &["dpkg a 1 amd64 installed"], all, &[]);
        check(&["dpkg a "], &["dpkg a 1 amd64"], all, &[]);
        check(&["pypi typing-extensions 4"], &["pypi Typing_Extensions 4  x lib"], all, &[]);
        check(&["npm a 1"], &["npm a 1   one", "npm a 1   two"], all, &[]);
    }

    #[test]
    fn versions_come_go_and_change() {
        let all = (true, true);
        check(&["dpkg a 1.9 amd64"], &["dpkg a 1.10 amd64"], all, &["upgraded 1.9 1.10"]);
        check(&["dpkg a 1.10"], &["dpkg a 1.9 amd64"], all, &["downgraded 1.10 1.9"]);
        check(&["dpkg a 1"], &["dpkg b 1"], all, &["removed 1 -", "installed - 1"]);
        check(&["dpkg a 1"], &["dpkg b 1"], (false, true), &["removed 1 -"]);
        check(&["dpkg a 1"], &["dpkg b 1"], (true, false), &["installed - 1"]);
        let both = ["dpkg a 1 amd64", "dpkg a 2 i386"];
        check(&both, &["dpkg a 1 amd64", "dpkg a 3 i386"], all, &["upgraded 2 3"]);
        check(&both, &["dpkg a 1 amd64"], all, &["removed 2 -"]);
        check(&["npm a 1", "npm a 2"], &["npm a 2", "npm a 3"], all, &["upgraded 1 3"]);
        check(&["dpkg a 1 amd64"], &["dpkg a 1 i386"], all, &["removed 1 -", "installed - 1"]);
    }

    #[test]
    fn thousands_of_versions_of_one_name_end() {
        let of = |from: u32| -> Vec<Package> {
            let one = |version: u32| Package {
                manager: "dpkg".to_owned(),
                name: "a".to_owned(),
                version: version.to_string(),
                ..Package::default()
            };
            let mut list: Vec<Package> = (from..from + 20_000).map(one).collect();
            list.sort();
            list
        };
        let (before, after) = (of(0), of(50_000));
        let (before, after) = (&before, &after);
        let found = compare_listed_packages(
            Packages { list: before, complete: true },
            Packages { list: after, complete: true },
        );
        let old: std::collections::BTreeSet<_> =
            found.iter().filter_map(|change| change.before).collect();
        assert_eq!(old.len(), 20_000, "no package is lost");
    }
}

//! The new baseline: rows, packages and everything around them.

use std::collections::BTreeSet;

use crate::baseline::{Encoded, encode_entries};
use crate::check::View;
use crate::compare::{Decisions, EntryChange, Layers, Merged, Numbering, PackageChange};
use crate::model::{
    Coverage, Cursor, FileType, Identity, Intake, Observed, Package, PackageId, Problem, Snapshot,
    TreePath,
};

use super::AcceptError;
use super::candidates::{Behind, Found, Offered};

/// The files that say which system it is (os-release(5)).
const SYSTEM: [&[u8]; 2] = [b"etc/os-release", b"usr/lib/os-release"];

/// What was selected.
#[derive(Debug)]
pub(super) struct Selection<'s> {
    /// Changes of entries.
    pub(super) entries: Vec<&'s EntryChange>,
    packages: Vec<&'s PackageChange>,
    /// Whether what the image says of itself was.
    image: bool,
}

impl<'s> Selection<'s> {
    pub(super) fn new(offered: &Offered, chosen: &BTreeSet<usize>, found: &Found<'s>) -> Self {
        let mut selection = Self { entries: Vec::new(), packages: Vec::new(), image: false };
        for candidate in chosen.iter().filter_map(|at| offered.all.get(*at)) {
            match candidate.behind {
                Behind::Entry(at) => selection.entries.extend(found.comparison.changes.get(at)),
                Behind::Package(at) => selection.packages.extend(found.packages.get(at)),
                Behind::Image => selection.image = true,
                Behind::Nothing => {}
            }
        }
        selection
    }

    fn has(&self, path: &[u8]) -> bool {
        self.entries.iter().any(|change| change.path.as_bytes() == path)
    }
}

/// Makes the file.
pub(super) fn merge(
    selection: &Selection<'_>,
    (before, after): (&View<'_>, &View<'_>),
) -> Result<Encoded, AcceptError> {
    let mut decisions = Decisions::default();
    selection.entries.iter().for_each(|change| decisions.accept(change));
    let packages = packages(selection, before.packages, after.packages);
    let owners = [owners(before.packages, &packages), owners(after.packages, &packages)];
    let [older_owners, newer_owners] = &owners;
    let layers = if selection.image { Layers::Newer } else { Layers::Older };
    let numbering = Numbering { older_owners, newer_owners, layers };
    let walk = || Merged::new(before.cursor(), after.cursor(), &decisions, numbering);
    let (entries, per_host) = measure(&mut walk())?;
    let image = if selection.image { after.image } else { before.image };
    let snapshot = Snapshot {
        kind: before.kind,
        locator: before.locator.clone(),
        identity: identity(selection, before, after),
        carries: before.carries,
        rules: before.rules.clone(),
        image: image.cloned(),
        tree: Intake::default().freeze().tree,
        packages,
        packages_complete: before.packages_complete,
        coverage: Coverage { entries, ..before.coverage.clone() },
        problems: problems(selection, &decisions, (before.problems, after.problems)),
    };
    Ok(encode_entries(&snapshot, &mut walk(), per_host)?)
}

/// Counts the entries, and returns whether any differs by host by right; fails where a row would lie
/// in no directory.
fn measure<C: Cursor>(merged: &mut Merged<'_, C>) -> Result<(u64, bool), AcceptError> {
    let (mut entries, mut per_host) = (0u64, false);
    loop {
        match merged.next() {
            Ok(Some(step)) => {
                entries = entries.saturating_add(1);
                per_host |= matches!(step.entry.per_host, Observed::Is(_));
            }
            Ok(None) => return Ok((entries, per_host)),
            Err(error) => {
                return Err(match merged.orphan() {
                    Some(orphan) => orphan.clone().into(),
                    None => AcceptError::Check(error.into()),
                });
            }
        }
    }
}

fn packages(selection: &Selection<'_>, before: &[Package], after: &[Package]) -> Vec<Package> {
    let gone: BTreeSet<PackageId> =
        selection.packages.iter().filter_map(|change| change.before).collect();
    let kept = (0..).map(PackageId).zip(before).filter(|(id, _)| !gone.contains(id));
    let came = selection.packages.iter().filter_map(|change| after.get(change.after?.index()));
    let mut all: Vec<Package> = kept.map(|(_, package)| package).chain(came).cloned().collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The number that each package of a side has among all: its own, or that of the one which has its
/// name, because its change was not accepted.
fn owners(side: &[Package], all: &[Package]) -> Vec<Option<PackageId>> {
    let key = |package: &Package| {
        let Package { manager, name, architecture, version: _, status: _, location } = package;
        (manager.clone(), name.clone(), architecture.clone(), location.clone())
    };
    let place = |package: &Package| {
        let found = all.binary_search(package).ok();
        let other = || all.iter().position(|one| key(one) == key(package));
        found.or_else(other).and_then(|at| u32::try_from(at).ok()).map(PackageId)
    };
    side.iter().map(place).collect()
}

/// Which system it is follows the file that says so; whose host it was stays.
fn identity(selection: &Selection<'_>, before: &View<'_>, after: &View<'_>) -> Identity {
    match SYSTEM.iter().any(|path| selection.has(path)) {
        true => Identity {
            os: after.identity.os.clone(),
            version: after.identity.version.clone(),
            ..before.identity.clone()
        },
        false => before.identity.clone(),
    }
}

/// What was not seen of the golden state goes with the rows that it was about; what was not seen of
/// new rows comes with them.
fn problems(
    selection: &Selection<'_>,
    decisions: &Decisions,
    (before, after): (&[Problem], &[Problem]),
) -> Vec<Problem> {
    let goes = |path: &TreePath| {
        let mut above = std::iter::successors(Some(path.clone()), TreePath::parent);
        above.any(|path| decisions.drops(&path))
    };
    let directory = |change: &EntryChange| {
        change.before.as_ref().is_some_and(|state| state.entry.file_type == FileType::Directory)
    };
    // Of a directory that stays one, what is known of its names stays too.
    let fresh: BTreeSet<&TreePath> = selection
        .entries
        .iter()
        .filter(|change| change.after.is_some() && !directory(change))
        .map(|change| &change.path)
        .collect();
    let kept = before.iter().filter(|one| !goes(&one.path) && !fresh.contains(&one.path));
    let came = after.iter().filter(|one| fresh.contains(&one.path));
    let mut all: Vec<Problem> = kept.chain(came).cloned().collect();
    all.sort();
    all.dedup();
    all
}

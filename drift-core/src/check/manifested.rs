//! The manifests of a check, and whether all of a package is what they say, not only what changed: a
//! database that names a new version over the old one's files makes no upgrade that is called verified.

use std::collections::BTreeMap;

use crate::capture::Captured;
use crate::compare::{EntryChange, PackageChange};
use crate::manifest::{self, Judgement, Manifest, Manifests, PackedFile, Weighed, decides};
use crate::model::{AttributeSet, Cause, FileType, FollowLast, Package, PackageId};
use crate::seal::SealInfo;

/// A manifest whose seal held, with what its seal says.
#[derive(Debug, Clone)]
pub struct SealedManifest {
    /// Its content.
    pub manifest: Manifest,
    /// What its seal says.
    pub seal: SealInfo,
    /// The file, as the operator named it.
    pub file: String,
}

/// Reads what manifests say of these packages.
pub(super) fn manifests_of<'p>(
    manifests: &[SealedManifest],
    packages: impl IntoIterator<Item = &'p Package>,
) -> Result<Manifests, manifest::Error> {
    let all: Vec<&Manifest> = manifests.iter().map(|used| &used.manifest).collect();
    Manifests::of(&all, packages)
}

/// Returns the packages of an unchanged version of which something differs from the baseline and is as
/// the package ships it: they were installed once more. Without a manifest that is what a careful
/// intruder leaves behind, so nothing less says it.
pub(super) fn reinstalled(
    changes: &[EntryChange],
    (before, after): (&[Package], &[Package]),
    manifests: &Manifests,
) -> Vec<PackageChange> {
    let mut found: BTreeMap<PackageId, PackageId> = BTreeMap::new();
    let content = AttributeSet::of(|attribute| {
        ["digest", "link_target", "type", "mode", "uid", "gid", "capability"]
            .contains(&attribute.name)
    });
    for change in changes {
        let (Some(old), Some(new)) = (&change.before, &change.after) else { continue };
        let (Some(old_id), Some(new_id)) = (old.owner, new.owner) else { continue };
        let (Some(was), Some(is)) = (before.get(old_id.index()), after.get(new_id.index())) else {
            continue;
        };
        let made_right = was == is
            && !change.attributes.and(content).is_empty()
            && manifests.judge(is, &change.path, &new.entry) == Judgement::Equal;
        if made_right {
            found.insert(new_id, old_id);
        }
    }
    let event = |(new, old)| PackageChange {
        before: Some(old),
        after: Some(new),
        cause: Cause::Reinstalled,
    };
    found.into_iter().map(event).collect()
}

/// Steps that matching `path-exclude` may take for one package.
const FILTER_STEPS: u64 = 20_000_000;

/// Returns for each change of a package whether a manifest holds the one that came, and the target
/// has everything that it ships.
pub(super) fn verified(
    changes: &[PackageChange],
    captured: &Captured,
    manifests: &Manifests,
) -> Vec<bool> {
    let packages = &captured.snapshot.packages;
    let stands = |change: &PackageChange| {
        let package = change.after.and_then(|after| packages.get(after.index()));
        change.cause != Cause::ModifiedInPlace
            && package.is_some_and(|package| stands(package, captured, manifests))
    };
    changes.iter().map(stands).collect()
}

fn stands(package: &Package, captured: &Captured, manifests: &Manifests) -> bool {
    let mut steps = FILTER_STEPS;
    let mut there = |file: &PackedFile| {
        file.conffile || is_there(file, package, captured, manifests, &mut steps)
    };
    manifests.hold(package) && manifests.files(package).iter().all(&mut there)
}

fn is_there(
    file: &PackedFile,
    package: &Package,
    captured: &Captured,
    manifests: &Manifests,
    steps: &mut u64,
) -> bool {
    let tree = &captured.snapshot.tree;
    let Some(row) = tree.resolve(file.path.as_bytes(), FollowLast::No) else {
        let directory = file.file_type == FileType::Directory;
        let rule = captured.rules.evaluate(&file.path, directory);
        // What a rule keeps out of sight nobody asked about; what was filtered was never installed.
        return file.optional
            || captured.rules.rule(rule).excludes()
            || captured.ownership.records().is_filtered(&file.path, steps);
    };
    let entry = tree.entry(row);
    if file.file_type == FileType::Unknown {
        return true;
    }
    if file.file_type == FileType::Directory {
        return matches!(entry.file_type, FileType::Directory | FileType::Symlink);
    }
    // Owners and modes may be imposed (dpkg-statoverride(8)); where they changed, that is a change of
    // its own.
    let imposed = ["mode", "uid", "gid", "capability"].iter();
    let imposed =
        imposed.fold(AttributeSet::EMPTY, |set, name| set.with(AttributeSet::named(name)));
    match manifests.weigh(package, &file.path, &entry) {
        Weighed::Shipped { compared, differing } => {
            differing.without(imposed).is_empty() && decides(compared, &entry)
        }
        Weighed::NotHeld | Weighed::NotShipped | Weighed::Unsaid => false,
    }
}

//! The manifests of a check, and whether all of a package is what they say, not only what changed: a
//! database that names a new version over the old one's files makes no upgrade that is called verified.

use crate::capture::Captured;
use crate::compare::PackageChange;
use crate::manifest::{self, Manifest, Manifests, PackedFile, Weighed, decides};
use crate::model::{AttributeSet, Cause, FileType, FollowLast, Package};
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

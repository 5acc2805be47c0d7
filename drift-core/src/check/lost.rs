//! What packages ship and a target lacks, where its own database does not say that it should be there:
//! whoever removes a file and its line in the database is found by a manifest.

use std::collections::BTreeSet;

use crate::capture::{Captured, Run};
use crate::manifest::{Manifests, PackedFile};
use crate::model::{FileType, FollowLast, Package, PackageId, TreePath};
use crate::packages::{Missing, VendorRecord};

use super::Error;

/// Steps that all matching of `path-exclude` may take together.
const FILTER_STEPS: u64 = 200_000_000;

/// Returns what is missing by manifests alone, with the packages that ship it.
pub(super) fn lost(
    captured: &Captured,
    manifests: &Manifests,
    run: &Run<'_>,
) -> Result<Vec<Missing>, Error> {
    if manifests.is_empty() {
        return Ok(Vec::new());
    }
    let known = captured.ownership.missing().iter().map(|missing| &missing.path);
    let mut known: BTreeSet<TreePath> = known.cloned().collect();
    let records = captured.ownership.records();
    // Another name for a file that packages agreed on is told by its own entry.
    known.extend(records.diversions().iter().map(|diversion| records.path(diversion.from)));
    let mut lost = Vec::new();
    let mut steps = FILTER_STEPS;
    for (at, package) in (0..).zip(&captured.snapshot.packages) {
        run.cancel.check().map_err(crate::compare::Error::from)?;
        for file in absent(package, captured, manifests) {
            if known.insert(file.path.clone()) {
                lost.push(Missing {
                    path: file.path.clone(),
                    package: PackageId(at),
                    record: VendorRecord::default(),
                    filtered: records.is_filtered(&file.path, &mut steps),
                });
            }
        }
    }
    Ok(lost)
}

fn absent<'m>(
    package: &Package,
    captured: &Captured,
    manifests: &'m Manifests,
) -> impl Iterator<Item = &'m PackedFile> {
    let tree = &captured.snapshot.tree;
    manifests.files(package).iter().filter(move |file| {
        !file.optional
            && !file.conffile
            && file.file_type != FileType::Directory
            && tree.resolve(file.path.as_bytes(), FollowLast::No).is_none()
    })
}

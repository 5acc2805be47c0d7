//! What manifests say of an entry that a package of the newer side owns, or owned.

use crate::manifest::{Weighed, decides, is_same_place};
use crate::model::{AttributeSet, Package, TreePath};

use super::change::{EntryChange, Kind, State};
use super::evidence::Live;

/// What a manifest says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manifested {
    /// None holds the package, or it says nothing of what decides.
    Unknown,
    /// The package does not ship the path.
    NotShipped,
    /// In these attributes it is not as shipped.
    Differs(AttributeSet),
    /// These are as shipped, or follow from installing it; `placed` where no diversion or link of the
    /// target decided which path of the package it is.
    Equal { attributes: AttributeSet, placed: bool },
}

/// Compares an entry with what `package` ships where its database lists it.
pub(super) fn manifested(
    change: &EntryChange,
    state: &State,
    package: &Package,
    (live, sealed): (&Live<'_>, bool),
) -> Manifested {
    if !live.manifests.hold(package) {
        return Manifested::Unknown;
    }
    let listed = state.row.and_then(|row| live.ownership.listed_path(row));
    let listed = listed.unwrap_or_else(|| change.path.clone());
    match live.manifests.weigh(package, &listed, &state.entry) {
        Weighed::NotHeld | Weighed::Unsaid => Manifested::Unknown,
        Weighed::NotShipped => Manifested::NotShipped,
        Weighed::Shipped { compared, differing } => {
            // What the seal has otherwise than the package and still is so, somebody sealed.
            let new = match (change.kind(), sealed) {
                (Kind::Modified, true) => differing.and(change.attributes),
                _ => differing,
            };
            if !new.is_empty() {
                return Manifested::Differs(new);
            }
            if !decides(compared, &state.entry) {
                return Manifested::Unknown;
            }
            let follows = ["size", "mtime", "nlink", "hardlinks", "flags"];
            let follows = AttributeSet::of(|attribute| follows.contains(&attribute.name));
            let placed = is_same_place(&listed, &change.path);
            Manifested::Equal { attributes: compared.with(follows), placed }
        }
    }
}

/// Whether the package ships a path that is gone; `None` where no manifest says.
pub(super) fn ships(package: &Package, path: &TreePath, live: &Live<'_>) -> Option<bool> {
    live.manifests.hold(package).then(|| live.manifests.ships(package, path))
}

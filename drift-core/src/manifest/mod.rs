//! Manifests: signed catalogues of what packages contain, made from the packages themselves.
//!
//! With one, an upgrade is verified by more than the target's own package database.

use crate::model::{AttributeSet, Entry, Package, TreePath};

/// What a manifest says of an entry that a package claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// No manifest holds this very package.
    Unknown,
    /// The package does not ship such a path.
    NotShipped,
    /// It is as the package ships it.
    Equal,
    /// It differs from what the package ships, in these attributes.
    Differs(AttributeSet),
}

/// The manifests of a run.
#[derive(Debug, Default)]
pub struct Manifests {}

impl Manifests {
    /// Judges an entry at the path where its package ships it.
    #[must_use]
    pub fn judge(&self, _package: &Package, _path: &TreePath, _entry: &Entry) -> Judgement {
        Judgement::Unknown
    }
}

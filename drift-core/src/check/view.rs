//! One side of a comparison, wherever it is stored.

use crate::baseline::{self, Baseline, UnverifiedSnapshot, root_of};
use crate::capture::Captured;
use crate::model::{
    Carries, Coverage, Cursor, Digest, Identity, Image, Package, Problem, SourceKind,
};

/// One side of a comparison: a capture, a baseline, or a stored snapshot.
#[derive(Debug)]
pub struct View<'v> {
    /// What kind of target it was.
    pub kind: SourceKind,
    /// Where it was, as the operator named it.
    pub locator: String,
    /// Which system it says it is.
    pub identity: Identity,
    /// Digest of the image's manifest, or of its configuration where it has no manifest.
    pub image_digest: Option<String>,
    /// What it can carry.
    pub carries: Carries,
    /// The canonical text of its rules.
    pub rules: String,
    /// Names of the profiles in force, where that is known.
    pub profiles: Vec<String>,
    /// Its packages, sorted.
    pub packages: &'v [Package],
    /// Whether they are all of them.
    pub packages_complete: bool,
    /// What was seen and what was not.
    pub coverage: &'v Coverage,
    /// What could have been seen and was not.
    pub problems: &'v [Problem],
    /// Stored attributes that this version does not know.
    pub attributes_not_compared: Vec<String>,
    tree: Tree<'v>,
}

#[derive(Debug)]
enum Tree<'v> {
    Captured(&'v Captured),
    Sealed(&'v Baseline),
    Unverified(&'v UnverifiedSnapshot),
}

impl<'v> View<'v> {
    /// Views what was just captured.
    #[must_use]
    pub fn of_captured(captured: &'v Captured) -> Self {
        let snapshot = &captured.snapshot;
        Self {
            kind: snapshot.kind,
            locator: snapshot.locator.clone(),
            identity: snapshot.identity.clone(),
            image_digest: snapshot.image.as_ref().and_then(Image::digest).map(ToString::to_string),
            carries: snapshot.carries,
            rules: snapshot.rules.clone(),
            profiles: captured.profiles.clone(),
            packages: &snapshot.packages,
            packages_complete: snapshot.packages_complete,
            coverage: &snapshot.coverage,
            problems: &snapshot.problems,
            attributes_not_compared: Vec::new(),
            tree: Tree::Captured(captured),
        }
    }

    /// Views a verified baseline.
    #[must_use]
    pub fn of_baseline(baseline: &'v Baseline) -> Self {
        Self {
            kind: baseline.kind(),
            locator: baseline.locator().to_owned(),
            identity: baseline.identity().clone(),
            image_digest: None,
            carries: baseline.carries(),
            rules: baseline.rules().to_owned(),
            profiles: Vec::new(),
            packages: baseline.packages(),
            packages_complete: baseline.packages_complete(),
            coverage: baseline.coverage(),
            problems: baseline.problems(),
            attributes_not_compared: baseline.attributes_not_compared().to_vec(),
            tree: Tree::Sealed(baseline),
        }
    }

    /// Views a snapshot that nobody's seal protects; for `diff` and `inspect` with `--unverified`.
    #[must_use]
    pub fn of_unverified(snapshot: &'v UnverifiedSnapshot) -> Self {
        Self {
            kind: snapshot.kind(),
            locator: snapshot.locator().to_owned(),
            identity: snapshot.identity().clone(),
            image_digest: None,
            carries: snapshot.carries(),
            rules: snapshot.rules().to_owned(),
            profiles: Vec::new(),
            packages: snapshot.packages(),
            packages_complete: snapshot.packages_complete(),
            coverage: snapshot.coverage(),
            problems: snapshot.problems(),
            attributes_not_compared: snapshot.attributes_not_compared().to_vec(),
            tree: Tree::Unverified(snapshot),
        }
    }

    /// Returns the digest over everything captured.
    pub fn root(&self) -> Result<Digest, baseline::Error> {
        match &self.tree {
            Tree::Captured(captured) => root_of(&captured.snapshot),
            Tree::Sealed(baseline) => Ok(baseline.root()),
            Tree::Unverified(snapshot) => Ok(snapshot.root()),
        }
    }

    /// Walks its entries.
    #[must_use]
    pub fn cursor(&self) -> Box<dyn Cursor + '_> {
        match &self.tree {
            Tree::Captured(captured) => Box::new(captured.snapshot.tree.cursor()),
            Tree::Sealed(baseline) => Box::new(baseline.cursor()),
            Tree::Unverified(snapshot) => Box::new(snapshot.unverified_cursor()),
        }
    }

    /// Returns whether a seal protects it.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        matches!(self.tree, Tree::Sealed(_))
    }
}

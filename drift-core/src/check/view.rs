//! One side of a comparison, wherever it is stored.

use crate::baseline::{
    self, Baseline, StoredBlocks, UnverifiedSnapshot, effective_root, effective_root_captured,
    root_of,
};
use crate::capture::Captured;
use crate::model::{
    Carries, Coverage, Cursor, CursorError, Digest, Identity, Image, LayerId, Package, Problem,
    Snapshot, SourceKind,
};
use crate::rules::RuleSet;
use crate::sbom::{Bill, SealedBill};

use super::composition::Composition;
use super::origins::Origins;

/// One side of a comparison: a capture, a baseline or several, or a stored snapshot.
#[derive(Debug)]
pub struct View<'v> {
    /// What kind of target it was.
    pub kind: SourceKind,
    /// Where it was, as the operator named it.
    pub locator: String,
    /// Which system it says it is.
    pub identity: Identity,
    /// What the image says of itself, where it is one.
    pub image: Option<&'v Image>,
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
    Composed(&'v Composition<'v>),
    Bill(&'v Bill),
    SealedBill(&'v Bill),
}

impl<'v> View<'v> {
    /// Views what was just captured.
    #[must_use]
    pub fn of_captured(captured: &'v Captured) -> Self {
        let profiles = captured.profiles.clone();
        Self { profiles, ..Self::of_snapshot(&captured.snapshot, Tree::Captured(captured)) }
    }

    /// Views a verified baseline.
    #[must_use]
    pub fn of_baseline(baseline: &'v Baseline) -> Self {
        Self {
            kind: baseline.kind(),
            locator: baseline.locator().to_owned(),
            identity: baseline.identity().clone(),
            image: baseline.image(),
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
            image: snapshot.image(),
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

    /// Views a bill of materials that nobody's seal protects.
    #[must_use]
    pub fn of_bill(bill: &'v Bill) -> Self {
        Self::of_snapshot(bill.snapshot(), Tree::Bill(bill))
    }

    /// Views a verified bill of materials.
    #[must_use]
    pub fn of_sealed_bill(sealed: &'v SealedBill) -> Self {
        Self::of_snapshot(sealed.bill().snapshot(), Tree::SealedBill(sealed.bill()))
    }

    fn of_snapshot(snapshot: &'v Snapshot, tree: Tree<'v>) -> Self {
        Self {
            kind: snapshot.kind,
            locator: snapshot.locator.clone(),
            identity: snapshot.identity.clone(),
            image: snapshot.image.as_ref(),
            carries: snapshot.carries,
            rules: snapshot.rules.clone(),
            profiles: Vec::new(),
            packages: &snapshot.packages,
            packages_complete: snapshot.packages_complete,
            coverage: &snapshot.coverage,
            problems: &snapshot.problems,
            attributes_not_compared: Vec::new(),
            tree,
        }
    }

    /// Returns the bill of materials that it is, where it is one.
    #[must_use]
    pub fn bill(&self) -> Option<&'v Bill> {
        match self.tree {
            Tree::Bill(bill) | Tree::SealedBill(bill) => Some(bill),
            _ => None,
        }
    }

    /// Returns what each part of a composition carries.
    pub(super) fn carried_by_parts(&self) -> &[(LayerId, Carries)] {
        match &self.tree {
            Tree::Composed(composition) => &composition.carried,
            _ => &[],
        }
    }

    /// Views several verified baselines as one.
    pub(super) fn of_composition(composition: &'v Composition<'v>) -> Self {
        let last = composition.last().map(|last| last.baseline);
        Self {
            kind: last.map_or(SourceKind::Directory, Baseline::kind),
            locator: last.map_or("", Baseline::locator).to_owned(),
            identity: composition.identity.clone(),
            image: last.and_then(Baseline::image),
            carries: composition.carries,
            rules: last.map_or("", Baseline::rules).to_owned(),
            profiles: Vec::new(),
            packages: &composition.packages,
            packages_complete: composition.packages_complete,
            coverage: &composition.coverage,
            problems: &composition.problems,
            attributes_not_compared: composition
                .parts
                .iter()
                .flat_map(|part| part.baseline.attributes_not_compared())
                .cloned()
                .collect(),
            tree: Tree::Composed(composition),
        }
    }

    /// Returns the live capture, where it is one.
    pub(super) fn captured(&self) -> Option<&'v Captured> {
        match self.tree {
            Tree::Captured(captured) => Some(captured),
            _ => None,
        }
    }

    /// Returns the digest over everything captured; of several baselines, over their roots.
    pub fn root(&self) -> Result<Digest, baseline::Error> {
        match &self.tree {
            Tree::Captured(captured) => root_of(&captured.snapshot),
            Tree::Sealed(baseline) => Ok(baseline.root()),
            Tree::Unverified(snapshot) => Ok(snapshot.root()),
            Tree::Composed(composition) => Ok(composition.root()),
            Tree::Bill(bill) | Tree::SealedBill(bill) => bill.root(),
        }
    }

    /// Returns its blocks, where it is stored as one baseline.
    pub(super) fn blocks(&self) -> Option<StoredBlocks<'_>> {
        match &self.tree {
            Tree::Sealed(baseline) => Some(baseline.blocks()),
            Tree::Unverified(snapshot) => Some(snapshot.blocks()),
            _ => None,
        }
    }

    /// Returns the digest over what the rules compare of it.
    pub(super) fn effective_root(&self, rules: &RuleSet) -> Result<Digest, CursorError> {
        match self.captured() {
            // Under these rules it was captured, so each entry has its own already.
            Some(captured) if captured.rules.digest() == rules.digest() => {
                effective_root_captured(&mut *self.cursor(), rules, self.packages)
            }
            _ => effective_root(&mut *self.cursor(), rules, self.packages),
        }
    }

    /// Walks its entries.
    #[must_use]
    pub fn cursor(&self) -> Box<dyn Cursor + '_> {
        match &self.tree {
            Tree::Captured(captured) => Box::new(captured.snapshot.tree.cursor()),
            Tree::Sealed(baseline) => Box::new(baseline.cursor()),
            Tree::Unverified(snapshot) => Box::new(snapshot.unverified_cursor()),
            Tree::Composed(composition) => Box::new(composition.cursor()),
            Tree::Bill(bill) | Tree::SealedBill(bill) => Box::new(bill.snapshot().tree.cursor()),
        }
    }

    /// Returns whether a seal protects it.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        matches!(self.tree, Tree::Sealed(_) | Tree::Composed(_) | Tree::SealedBill(_))
    }

    /// Returns what the origins of its entries stand for.
    pub(super) fn origins(&self) -> Origins<'_> {
        match (&self.tree, self.image) {
            (Tree::Composed(composition), _) => Origins::Composed(composition),
            (_, Some(image)) => Origins::Image(image),
            (_, None) => Origins::None,
        }
    }

    /// Returns the baselines that it is composed of, where it is.
    pub(super) fn composition(&self) -> Option<&'v Composition<'v>> {
        match self.tree {
            Tree::Composed(composition) => Some(composition),
            _ => None,
        }
    }
}

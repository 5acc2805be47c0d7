//! Several sealed baselines as one reference: base, runtime, application.
//!
//! The reference is their union, in which later ones win, entry by entry ([`Composite`]). What a later
//! one alters of an earlier one is found by [`alterations`](super::alterations).

use drift_lanes::Sha256;

use crate::baseline::BaselineCursor;
use crate::compare::{Component, Composite, MAX_COMPONENTS, Packages, compose_packages};
use crate::model::{Carries, Coverage, Digest, Identity, LayerId, Package, PackageId, Problem};
use crate::report::document::BaselineOf;
use crate::rules::RuleSet;
use crate::seal::Predicate;

use super::{Error, Sealed};

/// What the root of a composition begins with.
const DOMAIN: &[u8] = b"drift.composition/v1";

/// Several sealed baselines, laid over each other.
#[derive(Debug)]
pub(super) struct Composition<'c> {
    pub(super) parts: &'c [Sealed<'c>],
    /// The rules that each was captured under.
    rules: Vec<RuleSet>,
    pub(super) packages: Vec<Package>,
    pub(super) packages_complete: bool,
    owners: Vec<Vec<Option<PackageId>>>,
    /// Where the origins of each begin.
    first_origins: Vec<u16>,
    pub(super) coverage: Coverage,
    pub(super) problems: Vec<Problem>,
    /// What all of them carry.
    pub(super) carries: Carries,
    /// What each of them carries, by the first origin of each.
    pub(super) carried: Vec<(LayerId, Carries)>,
    pub(super) identity: Identity,
}

impl Sealed<'_> {
    /// Names it.
    pub(super) fn name(&self) -> BaselineOf {
        let identity = match &self.seal.statement.predicate {
            Predicate::Snapshot(predicate) => predicate.identity.clone(),
            _ => String::new(),
        };
        BaselineOf { identity, file: self.file.to_owned() }
    }

    /// Returns whether it is a whole root, which also says what is not there. A part of one, such as
    /// the files of an application, has no os-release.
    pub(super) fn is_whole(&self) -> bool {
        self.baseline.identity().os.is_some()
    }
}

impl<'c> Composition<'c> {
    /// Lays baselines over each other, the earlier ones below.
    pub(super) fn new(parts: &'c [Sealed<'c>]) -> Result<Self, Error> {
        let (Some(first), true) = (parts.first(), parts.len() <= MAX_COMPONENTS) else {
            return Err(Error::Composition { count: parts.len() });
        };
        let rules = parts.iter().map(|part| RuleSet::from_text(part.baseline.rules()));
        let lists: Vec<(Packages<'_>, bool)> = parts
            .iter()
            .map(|part| {
                let (list, complete) =
                    (part.baseline.packages(), part.baseline.packages_complete());
                (Packages { list, complete }, part.is_whole())
            })
            .collect();
        let (packages, owners) = compose_packages(&lists);
        let carried = parts.iter().map(|part| part.baseline.carries());
        let both = |a: Carries, b: Carries| Carries {
            attributes: a.attributes.and(b.attributes),
            mtime: a.mtime.min(b.mtime),
        };
        let whole = parts.iter().rev().find(|part| part.is_whole());
        let first_origins =
            first_origins(parts).ok_or(Error::Composition { count: parts.len() })?;
        let each = parts.iter().map(|part| part.baseline.carries());
        Ok(Self {
            carried: first_origins.iter().copied().map(LayerId).zip(each).collect(),
            rules: rules.collect::<Result<_, _>>()?,
            packages,
            packages_complete: lists
                .iter()
                .all(|(packages, _)| packages.complete || packages.list.is_empty()),
            owners,
            first_origins,
            coverage: coverage(parts),
            problems: parts.iter().flat_map(|part| part.baseline.problems()).cloned().collect(),
            carries: carried.fold(first.baseline.carries(), both),
            identity: whole.unwrap_or(first).baseline.identity().clone(),
            parts,
        })
    }

    /// Walks the union.
    pub(super) fn cursor(&self) -> Composite<'_, BaselineCursor<'_>> {
        let beside = self.rules.iter().zip(&self.owners).zip(&self.first_origins);
        let mut components = Vec::with_capacity(self.parts.len());
        for (part, ((rules, owners), first_origin)) in self.parts.iter().zip(beside) {
            components.push(Component {
                cursor: part.baseline.cursor(),
                whole: part.is_whole().then_some(rules),
                owners,
                first_origin: *first_origin,
            });
        }
        Composite::new(components)
    }

    /// Returns the baseline that an origin of the union stands for, and its layer.
    pub(super) fn origin(&self, origin: LayerId) -> Option<(&Sealed<'c>, Option<LayerId>)> {
        let after = self.first_origins.partition_point(|first| *first <= origin.0);
        let at = after.checked_sub(1)?;
        let within = origin.0.checked_sub(*self.first_origins.get(at)?)?;
        Some((self.parts.get(at)?, within.checked_sub(1).map(LayerId)))
    }

    /// Returns the rules that each was captured under.
    pub(super) fn rules(&self) -> &[RuleSet] {
        &self.rules
    }

    /// Returns the rules of the baseline that an origin of the union stands for.
    pub(super) fn rules_of(&self, origin: LayerId) -> Option<&RuleSet> {
        let after = self.first_origins.partition_point(|first| *first <= origin.0);
        self.rules.get(after.checked_sub(1)?)
    }

    /// Returns the last.
    pub(super) fn last(&self) -> Option<&Sealed<'c>> {
        self.parts.last()
    }

    /// Returns the digest over the roots of all, in order: what the union is made of.
    pub(super) fn root(&self) -> Digest {
        let mut state = Sha256::new();
        state.update(DOMAIN);
        for part in self.parts {
            state.update(part.baseline.root().as_bytes());
        }
        Digest::sha256(state.finish())
    }
}

/// Each begins behind the layers of those before it; `None` when there are too many to number.
fn first_origins(parts: &[Sealed<'_>]) -> Option<Vec<u16>> {
    let mut next = 0u16;
    let mut origins = Vec::with_capacity(parts.len());
    for part in parts {
        origins.push(next);
        let layers = part.baseline.image().map_or(0, |image| image.layers.len());
        next = next.checked_add(u16::try_from(layers.checked_add(1)?).ok()?)?;
    }
    Some(origins)
}

/// The mount points of all; counts belong to one capture each and are left at 0.
fn coverage(parts: &[Sealed<'_>]) -> Coverage {
    let mut coverage = Coverage::default();
    for part in parts {
        let seen = part.baseline.coverage();
        coverage.mounts_entered.extend(seen.mounts_entered.iter().cloned());
        coverage.mounts_not_entered.extend(seen.mounts_not_entered.iter().cloned());
    }
    coverage
}

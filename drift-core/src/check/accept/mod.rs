//! `drift accept`: a new baseline from a golden one and some of what a kept snapshot changed.
//!
//! A three-way merge of rows: what was selected is as the snapshot has it, everything else as the
//! golden baseline has it. Selectors and reports only choose; every value comes from the snapshot. A
//! change is named by an id that binds what it was and what it is, so that nobody accepts what
//! came after the look.

mod candidates;
mod error;
mod merge;
mod select;
mod soundness;

use crate::baseline::Encoded;
use crate::bounds::Wildcard;
use crate::capture::{Parts, Run};
use crate::judge::FailOn;
use crate::model::{Digest, Severity};
use crate::report::{Previous, Report};
use crate::rules::RuleSet;
use crate::seal::{AcceptedChanges, Predicate, SnapshotPredicate};

use super::differences::{join, package_changes};
use super::{Occasion, Reference, Request, Sealed, Target, View};

pub use error::AcceptError;

/// What is accepted; several selectors add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// Everything that differs, but for what rules call normal and nothing else needs.
    All,
    /// Entries at matching paths; of a moved one either path.
    Path(Wildcard),
    /// What happened to a package, by `NAME` or `NAME:ARCHITECTURE`, with the entries that fold into it.
    Package(String),
    /// One change by its id, or by so much of its beginning that no other begins so.
    Change(String),
}

impl std::fmt::Display for Selector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => formatter.write_str("all"),
            Self::Path(pattern) => write!(formatter, "path {}", pattern.as_str()),
            Self::Package(name) => write!(formatter, "package {name}"),
            Self::Change(id) => write!(formatter, "change {id}"),
        }
    }
}

/// What is to be accepted of what.
#[derive(Debug, Clone, Copy)]
pub struct Acceptance<'a> {
    /// The baseline that is to be followed by another.
    pub golden: Sealed<'a>,
    /// Where the new values come from.
    pub snapshot: &'a View<'a>,
    /// What is accepted.
    pub selectors: &'a [Selector],
    /// A report on the golden baseline: nothing is accepted that it does not list, and what folds
    /// into which package is what it says.
    pub report: Option<&'a Previous>,
}

/// A new baseline, not yet sealed, and what is new in it.
#[derive(Debug)]
pub struct Accepted {
    /// The file.
    pub encoded: Encoded,
    /// The report of golden baseline and snapshot, of which only what was accepted is left.
    pub report: Report,
    /// What the seal says of it.
    pub record: AcceptedChanges,
    /// Changes that were not accepted and that no rule calls normal.
    pub left: u64,
    /// Entries that could not be compared, and stay as the golden baseline has them.
    pub not_compared: u64,
    /// Sentences for the reader.
    pub notes: Vec<String>,
}

/// Makes the baseline that follows the golden one.
///
/// # Errors
///
/// Nothing is made of a selection that is empty, that names what is not there, or that would leave no
/// sound tree.
pub fn accept(
    acceptance: &Acceptance<'_>,
    run: &Run<'_>,
    occasion: &Occasion<'_>,
) -> Result<Accepted, AcceptError> {
    let Acceptance { golden, snapshot, selectors, report } = *acceptance;
    let predicate = sealed_for(&golden)?;
    if selectors.is_empty() {
        return Err(AcceptError::NothingSelected);
    }
    let before = View::of_baseline(golden.baseline);
    if let Some(report) = report {
        candidates::is_about(report, &golden)?;
    }
    let request = Request::new(Parts::ALL, FailOn::At(Severity::Informational));
    let (target, reference) = (Target::Stored(snapshot), Reference::Sealed(golden));
    let mut outcome = super::check(&target, &reference, &request, run, occasion)?;
    let rules = RuleSet::from_text(&before.rules).map_err(super::Error::from)?;
    let comparison = join(&before, snapshot, &rules, run).map_err(super::Error::from)?.comparison;
    let packages = package_changes(&before, snapshot);
    let found = candidates::Found { comparison: &comparison, packages: &packages };
    let changes = std::mem::take(&mut outcome.report.changes);
    let offered = candidates::offered(changes, &found, (&before, snapshot), &rules, report);
    let chosen = select::select(&offered, selectors, report)?;
    let selection = merge::Selection::new(&offered, &chosen, &found);
    soundness::check(&selection, (&before, snapshot), &rules)?;
    let encoded = merge::merge(&selection, (&before, snapshot))?;
    let record = AcceptedChanges {
        golden: golden.seal.statement.subject_digest,
        golden_sequence: predicate.sequence,
        snapshot_root: snapshot.root().map_err(super::Error::from)?,
        changes: chosen.len() as u64,
        ids_digest: digest_of(chosen.iter().map(|at| offered.id(*at))),
        selectors: selectors.iter().map(ToString::to_string).collect(),
        report: report.map(|report| report.digest),
    };
    let notes = select::unvouched(&offered, &chosen, selectors, report);
    let left = offered.findings().filter(|at| !chosen.contains(at)).count() as u64;
    let not_compared = outcome.report.coverage.not_compared;
    outcome.report.changes = offered.into_chosen(&chosen);
    Ok(Accepted { encoded, report: outcome.report, record, left, not_compared, notes })
}

fn sealed_for<'s>(golden: &Sealed<'s>) -> Result<&'s SnapshotPredicate, AcceptError> {
    match &golden.seal.statement.predicate {
        Predicate::Snapshot(predicate) => Ok(predicate),
        _ => Err(AcceptError::NoSnapshot { file: golden.file.to_owned() }),
    }
}

/// The digest of ids: SHA-256 over the sorted ids, each on a line, as `sort | sha256sum` has it.
fn digest_of<'i>(ids: impl Iterator<Item = &'i str>) -> Digest {
    let mut ids: Vec<&str> = ids.collect();
    ids.sort_unstable();
    let lines: String = ids.iter().flat_map(|id| [id, "\n"]).collect();
    Digest::sha256_of(lines.as_bytes())
}

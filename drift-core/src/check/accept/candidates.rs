//! What can be accepted: every change of golden baseline and snapshot, with the two states behind it.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::describe::{self, Names};
use crate::check::{Sealed, View};
use crate::compare::{Comparison, EntryChange, PackageChange};
use crate::model::{Cause, Severity, TreePath};
use crate::report::document::Change;
use crate::report::{Previous, exact};
use crate::rules::RuleSet;

use super::AcceptError;

/// What two trees and two lists of packages differ in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'f> {
    pub(super) comparison: &'f Comparison,
    pub(super) packages: &'f [PackageChange],
}

/// What stands behind a described change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behind {
    /// The change of an entry, by its place.
    Entry(usize),
    /// The change of a package, by its place.
    Package(usize),
    /// Something that an image says of itself.
    Image,
    /// Nothing that could be taken over, such as a mount.
    Nothing,
}

#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) change: Change,
    pub(super) behind: Behind,
    /// The exact path with its leading slash, of an entry.
    pub(super) path: Option<Vec<u8>>,
    pub(super) moved_from: Option<Vec<u8>>,
    /// The id of the package's change that carries it.
    pub(super) folded_into: Option<String>,
    /// Whether the report lists it, where there is one.
    pub(super) listed: bool,
}

impl Candidate {
    /// Whether a rule calls it normal.
    pub(super) fn is_by_rule(&self) -> bool {
        matches!(self.change.cause, Cause::DeclaredDynamic | Cause::ExpectedPerHost)
    }
}

/// Every candidate, in the order of reports.
#[derive(Debug)]
pub(super) struct Offered {
    pub(super) all: Vec<Candidate>,
    by_id: BTreeMap<String, usize>,
}

impl Offered {
    pub(super) fn id(&self, at: usize) -> &str {
        self.all.get(at).map_or("", |candidate| &candidate.change.id)
    }

    pub(super) fn find(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Returns the changes whose ids begin so.
    pub(super) fn beginning(&self, prefix: &str) -> Vec<usize> {
        let from = self.by_id.range(prefix.to_owned()..);
        from.take_while(|(id, _)| id.starts_with(prefix)).map(|(_, at)| *at).collect()
    }

    /// Returns those that no rule calls normal.
    pub(super) fn findings(&self) -> impl Iterator<Item = usize> {
        let loud = |(_, candidate): &(usize, &Candidate)| !candidate.is_by_rule();
        self.all.iter().enumerate().filter(loud).map(|(at, _)| at)
    }

    /// Returns the described changes of a choice; what folds into a package has its cause, and no
    /// weight of its own.
    pub(super) fn into_chosen(self, chosen: &BTreeSet<usize>) -> Vec<Change> {
        let Self { all, by_id } = self;
        let causes: Vec<Cause> = all.iter().map(|candidate| candidate.change.cause).collect();
        let cause_of = |id: &String| by_id.get(id).and_then(|at| causes.get(*at)).copied();
        let numbered = all.into_iter().enumerate();
        let kept = numbered.filter(|(at, _)| chosen.contains(at));
        kept.map(|(_, candidate)| {
            let Candidate { change, folded_into, .. } = candidate;
            match folded_into.as_ref().and_then(cause_of) {
                Some(cause) => Change { folded_into, cause, severity: Severity::None, ..change },
                None => change,
            }
        })
        .collect()
    }
}

/// Finds what stands behind each change.
pub(super) fn offered(
    changes: Vec<Change>,
    found: &Found<'_>,
    (before, after): (&View<'_>, &View<'_>),
    rules: &RuleSet,
    report: Option<&Previous>,
) -> Offered {
    let names = Names {
        before: before.packages,
        after: after.packages,
        rules,
        origins: (before.origins(), after.origins()),
        upgrades_expected: false,
        removals: None,
    };
    let package = |change: &PackageChange| describe::package_change(change, &names, true).id;
    let packages: BTreeMap<String, usize> =
        found.packages.iter().enumerate().map(|(at, change)| (package(change), at)).collect();
    let listed: Option<BTreeMap<&str, Option<&String>>> = report.map(|report| {
        let changes = report.report.changes.iter();
        changes.map(|change| (change.id.as_str(), change.folded_into.as_ref())).collect()
    });
    let all: Vec<Candidate> = changes
        .into_iter()
        .filter(|change| change.altered_by.is_none())
        .map(|change| {
            let path = |text: &str, base64: &Option<String>| -> Vec<u8> {
                exact(text, base64.as_deref()).into_owned()
            };
            let own = (change.subject == "entry").then(|| path(&change.path, &change.path_b64));
            let from = change.moved_from.as_ref();
            let behind = match change.subject {
                "entry" => own.as_ref().and_then(|path| entry_at(found.comparison, path)),
                "package" => packages.get(&change.id).copied().map(Behind::Package),
                _ if change.fact.is_some() => Some(Behind::Image),
                _ => None,
            };
            let told = listed.as_ref().map(|listed| listed.get(change.id.as_str()).copied());
            Candidate {
                behind: behind.unwrap_or(Behind::Nothing),
                path: own,
                moved_from: from.map(|from| path(from, &change.moved_from_b64)),
                folded_into: match told {
                    Some(told) => told.flatten().cloned(),
                    None => change.folded_into.clone(),
                },
                listed: told.is_none_or(|told| told.is_some()),
                change,
            }
        })
        .collect();
    let ids = all.iter().enumerate();
    let by_id = ids.map(|(at, candidate)| (candidate.change.id.clone(), at)).collect();
    Offered { all, by_id }
}

fn entry_at(comparison: &Comparison, path: &[u8]) -> Option<Behind> {
    let path = TreePath::parse(path).ok()?;
    let place = |change: &EntryChange| change.path.cmp(&path);
    comparison.changes.binary_search_by(place).ok().map(Behind::Entry)
}

/// Fails unless the report compares with this very baseline.
pub(super) fn is_about(report: &Previous, golden: &Sealed<'_>) -> Result<(), AcceptError> {
    let root = golden.baseline.root().to_string();
    match report.report.baseline.root_digest.as_deref() == Some(root.as_str()) {
        true => Ok(()),
        false => Err(AcceptError::OtherReport {
            report: report.file.clone(),
            golden: golden.file.to_owned(),
        }),
    }
}

//! Findings in one shape, for the formats that other programs read: each change that is one, and
//! each denial of a policy.
//!
//! What is said here is the document's word alone: how loud, waived by whom, known from the previous
//! report or not, and whether it counts for the verdict as `scope` defines it. Changes of severity
//! none are no findings; formats count them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::document::{Change, Evidence, Policy, Waiver};
use super::{Report, exact, text};
use crate::bounds::escape::escaped;
use crate::judge::FailOn;
use crate::model::Severity;
use crate::policy::Status;

/// The findings of a report.
pub(super) struct Findings<'r> {
    report: &'r Report,
    fail_on: FailOn,
    new: BTreeSet<&'r str>,
    incomparable: BTreeSet<&'r str>,
    again: BTreeSet<&'r str>,
    /// By id, of which a file may have thousands and every finding names one.
    waivers: BTreeMap<&'r str, &'r Waiver>,
}

/// A waiver as a finding names it: its id, and what else is known of it.
#[derive(Clone, Copy)]
pub(super) struct Accepted<'r> {
    id: &'r str,
    waiver: Option<&'r Waiver>,
}

/// One finding.
pub(super) struct Finding<'r> {
    /// The `id` of the change or of the evidence.
    pub(super) id: &'r str,
    pub(super) what: What<'r>,
    pub(super) severity: Severity,
    /// The waiver that accepts it.
    pub(super) waiver: Option<Accepted<'r>>,
    pub(super) since: Since,
    /// Whether the verdict rests on it: loud enough, not waived, and new where only that counts.
    pub(super) counts: bool,
}

/// What a finding is.
#[derive(Clone, Copy)]
pub(super) enum What<'r> {
    Change(&'r Change),
    /// A policy, its place among those of the report, and what it denies.
    Denial(&'r Policy, usize, &'r Evidence),
}

/// What the previous report says of a finding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    /// There is none, or it cannot be compared.
    Unknown,
    New,
    Unchanged,
}

/// Where a finding is.
pub(super) enum Place<'r> {
    /// The exact bytes of a path of the target, and the line where it is known.
    Entry(Cow<'r, [u8]>, Option<u64>),
    /// `MANAGER/NAME:ARCHITECTURE`, or a name as a policy gave it.
    Package(String),
    /// `COLLECTOR/KEY`.
    Fact(String),
    /// The id of a policy that names no object.
    Policy(&'r str),
}

impl<'r> Findings<'r> {
    pub(super) fn of(report: &'r Report) -> Self {
        let since = report.since_previous.as_ref();
        let incomparable = since.map_or(&[][..], |since| &since.incomparable);
        Self {
            report,
            fail_on: threshold(&report.scope.fail_on),
            new: since.into_iter().flat_map(|s| &s.new).map(|name| name.id.as_str()).collect(),
            incomparable: incomparable
                .iter()
                .filter(|part| part.now > 0)
                .map(|part| part.what.as_str())
                .collect(),
            again: since.into_iter().flat_map(|s| &s.again).map(|name| name.id.as_str()).collect(),
            waivers: report.waivers.iter().map(|waiver| (waiver.id.as_str(), waiver)).collect(),
        }
    }

    /// Returns the changes that are findings, in the order of the document.
    pub(super) fn changes(&self) -> impl Iterator<Item = Finding<'r>> {
        let changes = self.report.changes.iter().filter(|c| c.severity > Severity::None);
        changes.map(|change| {
            let waiver = change.waived_by.as_deref();
            self.finding(&change.id, What::Change(change), change.severity, waiver, "changes")
        })
    }

    /// Returns what a policy denies; `at` is its place among those of the report.
    pub(super) fn denials(
        &self,
        at: usize,
        policy: &'r Policy,
    ) -> impl Iterator<Item = Finding<'r>> {
        policy.evidence.iter().map(move |evidence| {
            let waiver = evidence.waived_by.as_deref().or(policy.waived_by.as_deref());
            let what = What::Denial(policy, at, evidence);
            let found = self.finding(&evidence.id, what, policy.severity, waiver, &policy.id);
            Finding { counts: found.counts && policy.status == Status::Fail.name(), ..found }
        })
    }

    /// Returns whether the verdict rests on denials that are only counted.
    pub(super) fn counts_omitted(&self, policy: &Policy) -> bool {
        policy.evidence_omitted > 0
            && policy.waived_by.is_none()
            && policy.status == Status::Fail.name()
            && self.fail_on.fails(policy.severity)
    }

    /// Returns every finding, denials first.
    pub(super) fn all(&self) -> impl Iterator<Item = Finding<'r>> {
        let policies = self.report.policies.iter().enumerate();
        policies.flat_map(|(at, policy)| self.denials(at, policy)).chain(self.changes())
    }

    fn finding(
        &self,
        id: &'r str,
        what: What<'r>,
        severity: Severity,
        waiver: Option<&'r str>,
        part: &str,
    ) -> Finding<'r> {
        let since = match &self.report.since_previous {
            Some(_) if self.new.contains(id) => Since::New,
            Some(_) if !self.incomparable.contains(part) => Since::Unchanged,
            _ => Since::Unknown,
        };
        let known =
            self.report.scope.fail_on_new && since == Since::Unchanged && !self.again.contains(id);
        let counts = waiver.is_none() && !known && self.fail_on.fails(severity);
        let waiver = waiver.map(|id| Accepted { id, waiver: self.waivers.get(id).copied() });
        Finding { id, what, severity, waiver, since, counts }
    }
}

/// Hands findings over in the order of their class, which is one of few, and within it in their own. They
/// are gone through once for each class that there is: a million of them, sorted, would be as large as
/// the document.
pub(super) fn by_class<'r, I: Iterator<Item = Finding<'r>>, K: Ord>(
    findings: impl Fn() -> I,
    class: impl Fn(&Finding<'r>) -> K,
    mut each: impl FnMut(&K, Option<&Finding<'r>>) -> io::Result<()>,
) -> io::Result<()> {
    let classes: BTreeSet<K> = findings().map(|finding| class(&finding)).collect();
    for wanted in &classes {
        for finding in findings().filter(|finding| class(finding) == *wanted) {
            each(wanted, Some(&finding))?;
        }
        each(wanted, None)?;
    }
    Ok(())
}

impl<'r> Finding<'r> {
    /// Returns the id of the policy, or `drift/CAUSE`.
    pub(super) fn rule(&self) -> Cow<'r, str> {
        match self.what {
            What::Change(change) => Cow::Owned(format!("drift/{}", change.cause)),
            What::Denial(policy, ..) => Cow::Borrowed(&policy.id),
        }
    }

    pub(super) fn place(&self) -> Place<'r> {
        match self.what {
            What::Change(change) => place_of_change(change),
            What::Denial(policy, _, evidence) => match (&evidence.path, &evidence.package) {
                (Some(path), _) if path.starts_with('/') => {
                    Place::Entry(Cow::Borrowed(path.as_bytes()), evidence.line)
                }
                (None, Some(package)) => Place::Package(package.clone()),
                _ => Place::Policy(&policy.id),
            },
        }
    }

    /// Returns what is wrong with the object, escaped, on one line.
    pub(super) fn sentence(&self) -> String {
        match self.what {
            What::Change(change) => text::sentence(change),
            What::Denial(policy, _, evidence) => told(policy, evidence),
        }
    }
}

impl Place<'_> {
    /// Returns the place as a person reads it, escaped.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Entry(path, _) => escaped(path).to_string(),
            Self::Package(name) => format!("package {}", escaped(name.as_bytes())),
            Self::Fact(key) => escaped(key.as_bytes()).to_string(),
            Self::Policy(id) => escaped(id.as_bytes()).to_string(),
        }
    }
}

impl<'r> Accepted<'r> {
    /// Finds a waiver by its id.
    pub(super) fn by(report: &'r Report, id: &'r str) -> Self {
        Self { id, waiver: report.waivers.iter().find(|waiver| waiver.id == id) }
    }

    /// Names a waiver.
    pub(super) fn of(waiver: &'r Waiver) -> Self {
        Self { id: &waiver.id, waiver: Some(waiver) }
    }
}

/// Returns a waiver, escaped, with who answers for it and until when.
pub(super) fn waived(accepted: Accepted<'_>) -> String {
    let escaped = |text: &str| escaped(text.as_bytes()).to_string();
    match accepted.waiver {
        None => escaped(accepted.id),
        Some(waiver) => format!(
            "{} of {} until {}: {}",
            escaped(&waiver.id),
            escaped(&waiver.owner),
            escaped(&waiver.expires),
            escaped(&waiver.reason)
        ),
    }
}

fn place_of_change(change: &Change) -> Place<'_> {
    match (change.subject, &change.package, &change.fact) {
        ("package", Some(package), _) => {
            Place::Package(format!("{}/{}:{}", package.manager, package.name, package.architecture))
        }
        ("package", None, _) => Place::Package(change.path.clone()),
        (_, _, Some(fact)) => Place::Fact(format!("{}/{}", fact.collector, fact.key)),
        _ => {
            let line = change.setting.as_ref().and_then(|setting| setting.get("line"));
            let line = line.and_then(serde_json::Value::as_u64);
            Place::Entry(exact(&change.path, change.path_b64.as_deref()), line)
        }
    }
}

fn told(policy: &Policy, evidence: &Evidence) -> String {
    // A path that is no place of the target is a word of the author's.
    let elsewhere = evidence.path.as_ref().filter(|path| !path.starts_with('/'));
    let parts: Vec<String> = [
        ("", evidence.message.as_ref()),
        ("observed ", evidence.observed.as_ref()),
        ("expected ", evidence.expected.as_ref()),
        ("package ", evidence.package.as_ref()),
        ("at ", elsewhere),
    ]
    .into_iter()
    .filter_map(|(before, value)| Some(format!("{before}{}", escaped(value?.as_bytes()))))
    .collect();
    match parts.is_empty() {
        true => escaped(policy.title.as_bytes()).to_string(),
        false => parts.join("; "),
    }
}

/// A word that is no threshold makes every finding count: nothing is hidden by a report from elsewhere.
fn threshold(word: &str) -> FailOn {
    let named = Severity::ALL.into_iter().find(|severity| severity.name() == word);
    match word {
        "never" => FailOn::Never,
        _ => FailOn::At(named.unwrap_or(Severity::Informational)),
    }
}

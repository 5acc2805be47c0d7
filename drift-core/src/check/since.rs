//! Scan to scan: which findings are new, fixed, unchanged, and of which that cannot be said.
//!
//! A finding that stands in both reports under one id is the same difference, whatever else changed:
//! it is unchanged. That one is missing proves something only where the other run would have found
//! it, so every other answer needs a reason to be given, and `incomparable` needs none.
//! docs/decisions/0024-since-the-previous-report.md.

mod changes;
mod ground;
mod policies;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::judge::{FailOn, Stopped};
use crate::model::Severity;
use crate::policy::Status;
use crate::report::document;
use crate::report::document::{FindingName, Incomparable};
use crate::rules::RuleSet;

use super::assess::Assessed;
use super::{Found, Job, View};
use ground::Ground;

/// What differs from the previous report, and what of it counts.
#[derive(Debug, Default)]
pub(super) struct Since {
    /// As the report says it.
    pub(super) said: document::SincePrevious,
    /// Changes that count: new, incomparable, or counting again.
    changes: BTreeSet<String>,
    /// Policies of which any denial counts.
    policies: BTreeSet<String>,
    /// Both of `Incomparable`, by what and why.
    incomparable: BTreeMap<(String, String), (u64, u64)>,
}

/// This run, as far as it bears on what can be compared.
pub(super) struct Now<'n> {
    pub(super) reference: &'n document::Reference,
    pub(super) after: &'n View<'n>,
    pub(super) rules: &'n RuleSet,
    pub(super) not_observable: &'n [String],
}

/// Compares with the previous report, where one was given. A policy that passes and failed then is
/// `fixed` from here on.
pub(super) fn compare(
    job: &Job<'_>,
    found: &Found,
    assessed: &mut Assessed,
    now: &Now<'_>,
) -> Option<Since> {
    let previous = job.request.previous.as_deref()?;
    let ground = Ground::new(&previous.report, job.request, found, now);
    let mut since = Since {
        said: document::SincePrevious {
            file: previous.file.clone(),
            digest: previous.digest.to_string(),
            verified: previous.verified,
            run_id: previous.report.run_id.clone(),
            finished: previous.report.finished.clone(),
            ..document::SincePrevious::default()
        },
        ..Since::default()
    };
    changes::compare(&mut since, &previous.report, &found.changes, &ground);
    let fixed = policies::compare(&mut since, &previous.report, job.request, assessed, &ground);
    for policy in assessed.policies.iter_mut().filter(|policy| fixed.contains(&policy.id)) {
        policy.status = Status::Fixed.name();
        policy.reason = Some("it failed in the previous report".to_owned());
    }
    since.finish();
    if job.request.fail_on_new {
        since.said.not_counted = since.known(job.request.fail_on, found, assessed);
    }
    Some(since)
}

/// Takes back that anything is fixed, in the report of a run that may have been cut short.
pub(super) fn stopped(report: &mut document::Report, why: Stopped) {
    let Some(said) = &mut report.since_previous else { return };
    let mut gone: BTreeMap<String, u64> = BTreeMap::new();
    for finding in said.fixed.drain(..) {
        let what = finding.policy.unwrap_or_else(|| changes::CHANGES.to_owned());
        let slot = gone.entry(what).or_default();
        *slot = slot.saturating_add(1);
    }
    let reason = format!("this run was stopped ({})", why.name());
    let told = gone.into_iter().map(|(what, before)| Incomparable {
        what,
        reason: reason.clone(),
        now: 0,
        before,
    });
    said.incomparable.extend(told);
    for policy in report.policies.iter_mut().filter(|one| one.status == Status::Fixed.name()) {
        (policy.status, policy.reason) = (Status::Pass.name(), None);
    }
    let counts = &mut report.summary.policies;
    if let Some(fixed) = counts.remove(Status::Fixed.name()) {
        let passed = counts.entry(Status::Pass.name()).or_default();
        *passed = passed.saturating_add(fixed);
    }
}

impl Since {
    /// Returns whether a change counts where only what is new does.
    pub(super) fn counts_change(&self, change: &document::Change) -> bool {
        self.changes.contains(&change.id)
    }

    /// Returns whether a policy counts where only what is new does.
    pub(super) fn counts_policy(&self, policy: &document::Policy) -> bool {
        self.policies.contains(&policy.id)
    }

    /// Takes down that findings cannot be compared.
    fn incomparable(&mut self, what: &str, reason: &str, now: u64, before: u64) {
        let slot = self.incomparable.entry((what.to_owned(), reason.to_owned())).or_default();
        *slot = (slot.0.saturating_add(now), slot.1.saturating_add(before));
    }

    fn finish(&mut self) {
        for list in [&mut self.said.new, &mut self.said.fixed, &mut self.said.again] {
            list.sort_by(|one, other| (other.severity, one).cmp(&(one.severity, other)));
        }
        let entries = std::mem::take(&mut self.incomparable).into_iter();
        self.said.incomparable = entries
            .map(|((what, reason), (now, before))| Incomparable { what, reason, now, before })
            .collect();
    }

    fn known(&self, fail_on: FailOn, found: &Found, assessed: &Assessed) -> u64 {
        let changes = found.changes.iter().filter(|change| {
            change.waived_by.is_none()
                && fail_on.fails(change.severity)
                && !self.counts_change(change)
        });
        let policies = assessed.policies.iter().filter(|policy| {
            policy.waived_by.is_none()
                && policy.status == Status::Fail.name()
                && fail_on.fails(policy.severity)
                && !self.counts_policy(policy)
        });
        (changes.count() as u64).saturating_add(policies.count() as u64)
    }
}

/// Whether a finding that stands in both reports counts again. `waived` and `severity` are those of
/// the previous report and of this one.
fn counts_again(waived: (bool, bool), severity: (Severity, Severity)) -> bool {
    !waived.1 && (waived.0 || severity.1 > severity.0)
}

fn of_change(
    id: &str,
    (path, path_b64): (&str, Option<&String>),
    severity: Severity,
) -> FindingName {
    FindingName {
        kind: "change",
        policy: None,
        path: Some(path.to_owned()),
        path_b64: path_b64.cloned(),
        id: id.to_owned(),
        severity,
    }
}

fn of_denial(policy: &str, id: &str, path: Option<&String>, severity: Severity) -> FindingName {
    FindingName {
        kind: "policy",
        policy: Some(policy.to_owned()),
        path: path.cloned(),
        path_b64: None,
        id: id.to_owned(),
        severity,
    }
}

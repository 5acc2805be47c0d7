//! What counts for the verdict: neither accepted nor, where only the new counts, known before.

use std::collections::BTreeSet;

use crate::model::Severity;
use crate::policy::Status;
use crate::report::document::{self, SincePrevious};

use crate::check::assess::Assessed;
use crate::check::{Found, Job};

/// What `incomparable` calls the changes.
const CHANGES: &str = "changes";

/// Returns the severities of what counts.
pub(in crate::check) fn counting(
    job: &Job<'_>,
    found: &Found,
    assessed: &Assessed,
    since: Option<&SincePrevious>,
) -> Vec<Severity> {
    let since = since.filter(|_| job.request.fail_on_new);
    counted(&found.changes, &assessed.policies, since)
}

/// The same; of `since` only what is new counts.
pub(super) fn counted(
    changes: &[document::Change],
    policies: &[document::Policy],
    since: Option<&SincePrevious>,
) -> Vec<Severity> {
    let since = since.map(Since::new);
    let new_change = |change: &&document::Change| {
        since.as_ref().is_none_or(|since| since.has_change(&change.id))
    };
    let new_policy =
        |policy: &&document::Policy| since.as_ref().is_none_or(|since| since.has_denial(policy));
    let changes = changes.iter().filter(|change| change.waived_by.is_none());
    let failed = policies
        .iter()
        .filter(|policy| policy.status == Status::Fail.name() && policy.waived_by.is_none());
    let changes = changes.filter(new_change).map(|change| change.severity);
    changes.chain(failed.filter(new_policy).map(|policy| policy.severity)).collect()
}

/// What the previous report did not have, and what cannot be told of it: that counts too, or a change
/// of the baseline would hide everything.
struct Since<'s> {
    new: BTreeSet<(&'s str, Option<&'s str>, &'s str)>,
    incomparable: BTreeSet<&'s str>,
}

impl<'s> Since<'s> {
    fn new(since: &'s SincePrevious) -> Self {
        let name =
            |name: &'s document::FindingName| (name.kind, name.policy.as_deref(), name.id.as_str());
        Self {
            new: since.new.iter().map(name).collect(),
            incomparable: since.incomparable.iter().map(|part| part.what.as_str()).collect(),
        }
    }

    fn has_change(&self, id: &str) -> bool {
        self.incomparable.contains(CHANGES) || self.new.contains(&("change", None, id))
    }

    /// Whether a denial that nobody accepts is new; of what is only counted nobody knows.
    fn has_denial(&self, policy: &document::Policy) -> bool {
        let id = policy.id.as_str();
        let mut standing = policy.evidence.iter().filter(|evidence| evidence.waived_by.is_none());
        policy.evidence_omitted > 0
            || self.incomparable.contains(id)
            || standing.any(|evidence| self.new.contains(&("policy", Some(id), &*evidence.id)))
    }
}

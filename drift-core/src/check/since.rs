//! Scan to scan: which findings are new, fixed, unchanged, and of which that cannot be said.

use crate::report::document;
use crate::rules::RuleSet;

use super::assess::Assessed;
use super::{Found, Job};

/// Compares with the previous report, where one was given.
pub(super) fn compare(
    job: &Job<'_>,
    _found: &Found,
    _assessed: &Assessed,
    _reference: &document::Reference,
    _rules: &RuleSet,
) -> Option<document::SincePrevious> {
    let _previous = job.request.previous.as_ref()?;
    None
}

//! From an answer, and from what could not be observed, to one status with a reason.
//!
//! The order of precedence is the promise: what was denied is never hidden by what was not seen, and
//! what was not seen is never a pass nor "not applicable".

use crate::model::{Digest, Severity};

use super::evaluate::{Answer, Denial};
use super::input::{Input, Lack};
use super::set::{Policy, Selection};
use super::status::Status;

/// Reasons that are told one by one; the rest is a number.
const REASONS: usize = 3;

/// One denial as evidence of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// SHA-256 over policy, path, observed, expected, message and package; never the line, which
    /// moves when something else in the file changes, and never host or time.
    pub id: Digest,
    /// What was denied.
    pub denial: Denial,
}

/// How one policy ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The status.
    pub status: Status,
    /// Why; always there but for `pass`.
    pub reason: Option<String>,
    /// What it denies, sorted.
    pub evidence: Vec<Evidence>,
    /// Denials beyond the limit of output, of which only the number is known.
    pub omitted: u64,
}

/// Concludes. `answer` is `None` when the policy was not asked.
#[must_use]
pub fn conclude(policy: &Policy, answer: Option<&Answer>, input: &Input) -> Evaluation {
    let ended = |status, reason: String| Evaluation {
        status,
        reason: Some(reason),
        evidence: Vec::new(),
        omitted: 0,
    };
    if let Selection::NotSelected(why) = &policy.selection {
        return ended(Status::NotSelected, why.clone());
    }
    let (deny, omitted, not_applicable, not_checked) = match answer {
        None => return ended(Status::Unknown, "it was not asked".to_owned()),
        Some(Answer::Failed(why)) => return ended(Status::Error, why.clone()),
        Some(Answer::Exceeded(why)) => return ended(Status::Unknown, why.clone()),
        Some(Answer::Said { deny, omitted, not_applicable, not_checked }) => {
            (deny, *omitted, not_applicable, not_checked)
        }
    };
    if !deny.is_empty() {
        let informs = policy.severity <= Severity::Informational;
        let total = (deny.len() as u64).saturating_add(omitted);
        let found = if total == 1 { "1 denial".to_owned() } else { format!("{total} denials") };
        let evidence = deny.iter().map(|denial| evidence(policy, denial)).collect();
        let status = if informs { Status::Informational } else { Status::Fail };
        return Evaluation { status, reason: Some(found), evidence, omitted };
    }
    let lacks = input.lacks(policy);
    let (problems, absent): (Vec<&Lack>, Vec<&Lack>) =
        lacks.into_iter().partition(|lack| matches!(lack, Lack::Problem(_)));
    if !problems.is_empty() {
        return ended(Status::NotChecked, told(problems.iter().map(|lack| lack.reason())));
    }
    if !not_applicable.is_empty() {
        return ended(Status::NotApplicable, told(not_applicable.iter().map(String::as_str)));
    }
    if !absent.is_empty() || !not_checked.is_empty() {
        let absent = absent.iter().map(|lack| lack.reason());
        let reasons: Vec<&str> = absent.chain(not_checked.iter().map(String::as_str)).collect();
        return ended(Status::NotChecked, told(reasons.into_iter()));
    }
    Evaluation { status: Status::Pass, reason: None, evidence: Vec::new(), omitted: 0 }
}

fn told<'r>(reasons: impl ExactSizeIterator<Item = &'r str>) -> String {
    let more = reasons.len().saturating_sub(REASONS);
    let mut text = reasons.take(REASONS).collect::<Vec<_>>().join("; ");
    if more > 0 {
        text.push_str(&format!("; and {more} more"));
    }
    text
}

fn evidence(policy: &Policy, denial: &Denial) -> Evidence {
    let Denial { path, line: _, observed, expected, message, package } = denial;
    // The form of JSON keeps a value that is not there apart from an empty one.
    let named = (policy.id.as_str(), path, observed, expected, message, package);
    let text = serde_json::to_vec(&named).unwrap_or_default();
    Evidence { id: Digest::sha256_of(&text), denial: denial.clone() }
}

//! The counts of a report: of changes and policies, the score, and what they recommend.

use std::collections::BTreeMap;

use crate::judge::{FailOn, Status as Conclusion, Verdict};
use crate::model::{Cause, Severity};
use crate::policy::Status;
use crate::report::document::{Change, ChangeCounts, Policy, Score, Summary};

/// How the score is computed; docs/report.md says it in full.
const METHOD: &str = "sum of weights of passed over passed and failed policies; low 1, medium 3, high 6, critical 10";

/// Counts. `problems` is the number of things that were not seen.
pub(in crate::check) fn summary(
    changes: &[Change],
    policies: &[Policy],
    verdict: &Verdict,
    fail_on: FailOn,
    problems: usize,
) -> Summary {
    let mut counts = ChangeCounts { total: changes.len() as u64, ..ChangeCounts::default() };
    for change in changes {
        if change.folded_into.is_some() {
            counts.folded = counts.folded.saturating_add(1);
        }
        count(&mut counts.by_cause, change.cause.name());
        count(&mut counts.by_severity, change.severity.name());
    }
    let mut by_status = BTreeMap::new();
    for policy in policies {
        count(&mut by_status, policy.status);
    }
    Summary {
        changes: counts,
        policies: by_status,
        waived: waived(changes, policies),
        score: score(policies),
        recommendation: recommendation(changes, policies, verdict, fail_on, problems),
    }
}

fn count(counts: &mut BTreeMap<&'static str, u64>, name: &'static str) {
    let slot = counts.entry(name).or_default();
    *slot = slot.saturating_add(1);
}

fn waived(changes: &[Change], policies: &[Policy]) -> u64 {
    let changes = changes.iter().filter(|change| change.waived_by.is_some()).count();
    let of_policy = |policy: &Policy| match policy.waived_by {
        Some(_) => policy.evidence.len(),
        None => policy.evidence.iter().filter(|denial| denial.waived_by.is_some()).count(),
    };
    let denials: usize = policies.iter().map(of_policy).sum();
    (changes as u64).saturating_add(denials as u64)
}

const fn weight(severity: Severity) -> u64 {
    match severity {
        Severity::None | Severity::Informational => 0,
        Severity::Low => 1,
        Severity::Medium => 3,
        Severity::High => 6,
        Severity::Critical => 10,
    }
}

fn score(policies: &[Policy]) -> Score {
    let (mut passed, mut failed) = (0_u64, 0_u64);
    let mut score = Score { method: METHOD, ..Score::default() };
    for policy in policies {
        let slot = match Status::parse(policy.status) {
            Some(Status::Pass | Status::Fixed) => &mut passed,
            Some(Status::Fail) if policy.waived_by.is_some() => &mut score.waived,
            Some(Status::Fail) => &mut failed,
            Some(Status::NotApplicable | Status::NotSelected | Status::Informational) => continue,
            Some(Status::NotChecked | Status::Error | Status::Unknown) | None => {
                &mut score.not_checked
            }
        };
        *slot = slot.saturating_add(weight(policy.severity));
    }
    let ran = passed.saturating_add(failed);
    #[expect(clippy::cast_precision_loss, reason = "weights of some hundred policies are exact")]
    let share = || passed as f64 / ran as f64;
    score.value = (ran > 0).then(share);
    score
}

fn recommendation(
    changes: &[Change],
    policies: &[Policy],
    verdict: &Verdict,
    fail_on: FailOn,
    problems: usize,
) -> &'static str {
    let open = || changes.iter().filter(|change| change.waived_by.is_none());
    // What a baseline altered is no fault of the target, and replacing it would not help.
    let replace = |change: &Change| {
        change.altered_by.is_none() && matches!(change.cause, Cause::ModifiedInPlace | Cause::Moved)
    };
    let failed =
        |policy: &Policy| policy.status == Status::Fail.name() && policy.waived_by.is_none();
    if open().filter(|change| fail_on.fails(change.severity)).any(replace) {
        "replace"
    } else if open().any(|change| change.severity > Severity::Informational)
        || policies.iter().any(failed)
        || problems > 0
        || verdict.status() != Conclusion::Clean
    {
        "review"
    } else {
        "none"
    }
}

#[cfg(test)]
mod tests {
    use super::score;
    use crate::model::Severity;
    use crate::policy::Status;
    use crate::report::document::Policy;

    fn policy(status: Status, severity: Severity, waived: bool) -> Policy {
        Policy {
            id: String::new(),
            title: String::new(),
            status: status.name(),
            severity,
            tailored: None,
            reason: None,
            references: std::collections::BTreeMap::new(),
            origin: String::new(),
            revision: String::new(),
            evidence: Vec::new(),
            evidence_omitted: 0,
            rationale: String::new(),
            remediation: String::new(),
            waived_by: waived.then(|| "W1".to_owned()),
        }
    }

    /// The numbers are worked out by hand from the table in docs/report.md.
    #[test]
    fn the_score_is_what_its_method_says() {
        use Severity::{Critical, High, Informational, Low, Medium};
        use Status::{Error, Fail, Fixed, NotApplicable, NotChecked, NotSelected, Pass, Unknown};
        let check = |policies: &[(Status, Severity, bool)], value, waived, not_checked| {
            let policies: Vec<Policy> =
                policies.iter().map(|&(status, of, is)| policy(status, of, is)).collect();
            let score = score(&policies);
            assert_eq!(
                (score.value, score.waived, score.not_checked),
                (value, waived, not_checked)
            );
        };
        check(&[], None, 0, 0);
        check(&[(Pass, Critical, false), (Fail, High, false)], Some(10.0 / 16.0), 0, 0);
        check(&[(Fixed, Medium, false), (Fail, Low, false)], Some(0.75), 0, 0);
        check(&[(Pass, Medium, false), (Fail, Critical, true)], Some(1.0), 10, 0);
        check(&[(Fail, Critical, true)], None, 10, 0);
        let unseen = [(NotChecked, High, false), (Error, Low, false), (Unknown, Medium, false)];
        check(&unseen, None, 0, 10);
        let silent = [(NotApplicable, High, false), (NotSelected, High, false)];
        check(&silent, None, 0, 0);
        check(&[(Pass, Informational, false)], None, 0, 0);
    }

    #[test]
    fn statuses_do_not_depend_on_the_order() {
        let mut policies: Vec<Policy> = Status::ALL
            .into_iter()
            .flat_map(|status| Severity::ALL.map(|severity| policy(status, severity, false)))
            .collect();
        let forward = score(&policies);
        policies.reverse();
        assert_eq!(score(&policies).value, forward.value);
        // Passed and fixed twice over failed once more: each severity once.
        assert_eq!(forward.value, Some(40.0 / 60.0));
    }
}

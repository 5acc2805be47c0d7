//! What results refer to: every policy of the report, and every cause that a finding has (§3.49).

use serde_json::{Map, Value, json};

use super::message::message;
use crate::bounds::escape::escaped;
use crate::model::{Cause, Severity};
use crate::report::document::Policy;
use crate::report::findings::{Finding, What};
use crate::report::markdown::prose;
use crate::report::{Report, text};

/// The rules of a report; policies first, in its order.
pub(super) struct Rules<'r> {
    policies: &'r [Policy],
    causes: Vec<Cause>,
}

impl<'r> Rules<'r> {
    pub(super) fn of(report: &'r Report) -> Self {
        let found = |cause: &Cause| {
            report.changes.iter().any(|c| c.cause == *cause && c.severity > Severity::None)
        };
        let causes = Cause::ALL.into_iter().filter(found).collect();
        Self { policies: &report.policies, causes }
    }

    /// Returns the place of a finding's rule.
    pub(super) fn index(&self, finding: &Finding<'_>) -> usize {
        match finding.what {
            What::Denial(_, at, _) => at,
            What::Change(change) => {
                let at = self.causes.iter().position(|cause| *cause == change.cause);
                self.policies.len().saturating_add(at.unwrap_or_default())
            }
        }
    }

    /// Returns each as a reportingDescriptor.
    pub(super) fn described(&self) -> Vec<Value> {
        let policies = self.policies.iter().map(of_policy);
        policies.chain(self.causes.iter().map(|cause| of_cause(*cause))).collect()
    }
}

/// Returns how loud a result is, of the three that SARIF has.
pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Informational | Severity::None => "note",
    }
}

/// The score by which GitHub calls an alert critical (over 9), high (from 7), medium (from 4) or low.
fn score(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("3.0"),
        Severity::Informational | Severity::None => None,
    }
}

fn of_policy(policy: &Policy) -> Value {
    let or_title = |text: &str| message(if text.is_empty() { &policy.title } else { text });
    let help = format!(
        "{}\n\n{}\n\n{}\n",
        prose(&policy.title),
        prose(&policy.rationale),
        prose(&policy.remediation)
    );
    let mut text = or_title(&policy.remediation);
    if let Some(members) = text.as_object_mut() {
        members.insert("markdown".to_owned(), Value::from(help));
    }
    let mut tags = vec!["security".to_owned(), "policy".to_owned()];
    for (catalogue, ids) in &policy.references {
        tags.extend(
            ids.iter().map(|id| escaped(format!("{catalogue}/{id}").as_bytes()).to_string()),
        );
    }
    tags.dedup();
    let mut properties = Map::new();
    properties.insert("tags".to_owned(), Value::from(tags));
    properties.insert("status".to_owned(), Value::from(policy.status));
    properties.insert("severity".to_owned(), Value::from(policy.severity.name()));
    properties.insert("origin".to_owned(), Value::from(policy.origin.as_str()));
    properties.insert("references".to_owned(), json!(policy.references));
    if let Some(reason) = &policy.reason {
        properties.insert("reason".to_owned(), Value::from(reason.as_str()));
    }
    if let Some(waiver) = &policy.waived_by {
        properties.insert("waivedBy".to_owned(), Value::from(waiver.as_str()));
    }
    if let Some(score) = score(policy.severity) {
        properties.insert("security-severity".to_owned(), Value::from(score));
    }
    json!({
        "id": escaped(policy.id.as_bytes()).to_string(),
        "name": name(&policy.id),
        "shortDescription": message(&policy.title),
        "fullDescription": or_title(&policy.rationale),
        "help": text,
        "defaultConfiguration": { "level": level(policy.severity) },
        "properties": properties,
    })
}

/// How loud a change is differs by change, so there is no score here: GitHub would let it win.
fn of_cause(cause: Cause) -> Value {
    let id = format!("drift/{cause}");
    json!({
        "name": name(&id),
        "id": id,
        "shortDescription": message(text::heading(cause)),
        "fullDescription": message(meaning(cause)),
        "help": message(advice(cause)),
        "defaultConfiguration": { "level": "error" },
        "properties": { "tags": ["security", "drift"] },
    })
}

/// Returns an id in the form that SARIF2012 of Microsoft's validator wants: `HostSecondUid0`.
fn name(id: &str) -> String {
    let words = id.split(|c: char| !c.is_ascii_alphanumeric());
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| format!("{}{}", first.to_ascii_uppercase(), letters.as_str()))
    };
    words.filter_map(capital).collect()
}

/// What a cause says; docs/report.md has the same for people.
fn meaning(cause: Cause) -> &'static str {
    match cause {
        Cause::ModifiedInPlace => {
            "Something of the baseline was changed or deleted, and nothing else explains it."
        }
        Cause::Moved => "The same object as in the baseline, elsewhere.",
        Cause::VendorRecordDiffers => "The file differs from the package database's own record.",
        Cause::CoveredByMount => "A mount hides a path of the baseline.",
        Cause::Unowned => "Something was added, and no package claims it.",
        Cause::ConffileEdited => "A package's configuration file was edited by hand.",
        Cause::Generated => "The product of a trigger or script differs.",
        Cause::Upgraded => "A package has a higher version than in the baseline.",
        Cause::Downgraded => "A package has a lower version than in the baseline.",
        Cause::Reinstalled => "A package of the same version has other content.",
        Cause::Installed => "A package was added.",
        Cause::Removed => "A package is gone.",
        Cause::RuntimeDiffers => "The file says one thing, the running system another.",
        Cause::DeclaredDynamic => "A rule says that it changes.",
        Cause::ExpectedPerHost => "A rule says that it differs by host.",
    }
}

fn advice(cause: Cause) -> &'static str {
    match cause {
        Cause::ModifiedInPlace | Cause::Moved | Cause::VendorRecordDiffers => {
            "Keep the evidence, then replace this system from its golden image; do not repair it by \
             hand."
        }
        _ => {
            "Find out who did it. If it is meant, make it part of the golden image and seal again."
        }
    }
}

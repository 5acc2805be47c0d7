//! One finding as a result object (§3.27).

use serde_json::{Map, Value, json};

use super::location::location;
use super::message::{plain, ready};
use super::rules::{Rules, level};
use crate::model::Severity;
use crate::report::Report;
use crate::report::document::Change;
use crate::report::findings::{Accepted, Finding, Place, Since, What, waived};

/// Returns a finding as a result.
pub(super) fn result(report: &Report, rules: &Rules<'_>, finding: &Finding<'_>) -> Value {
    let place = finding.place();
    // §3.27.9 and §3.27.10: only what is a failure has a level.
    let (kind, level) = match finding.severity {
        Severity::None | Severity::Informational => ("informational", "none"),
        severity => ("fail", level(severity)),
    };
    let mut result = Map::new();
    let mut put = |name: &str, value: Value| result.insert(name.to_owned(), value);
    put("ruleId", Value::from(shown(&finding.rule())));
    put("ruleIndex", Value::from(rules.index(finding)));
    put("kind", Value::from(kind));
    put("level", Value::from(level));
    put("message", ready(&format!("{}: {}", place.shown(), finding.sentence())));
    put("locations", json!([location(&place)]));
    // GitHub knows results again by the second name alone.
    put(
        "partialFingerprints",
        json!({ "driftFinding/v1": finding.id, "primaryLocationLineHash": finding.id }),
    );
    match finding.since {
        Since::Unknown => None,
        Since::New => put("baselineState", Value::from("new")),
        Since::Unchanged => put("baselineState", Value::from("unchanged")),
    };
    match finding.waiver {
        Some(waiver) => put("suppressions", json!([suppression(waiver)])),
        // An empty list says that somebody looked (§3.27.23).
        None if !report.waivers.is_empty() => put("suppressions", json!([])),
        None => None,
    };
    put("properties", properties(finding));
    Value::Object(result)
}

/// Returns a result for each policy that denied more than it may say.
pub(super) fn omitted(report: &Report) -> impl Iterator<Item = Value> {
    let policies = report.policies.iter().enumerate();
    policies.filter(|(_, policy)| policy.evidence_omitted > 0).map(|(at, policy)| {
        let told =
            format!("and {} more denials, beyond the limit of output", policy.evidence_omitted);
        let accepted = policy.waived_by.as_ref().map(|id| suppression(Accepted::by(report, id)));
        json!({
            "ruleId": shown(&policy.id),
            "ruleIndex": at,
            "kind": "fail",
            "suppressions": accepted.into_iter().collect::<Vec<Value>>(),
            "level": level(policy.severity),
            "message": ready(&told),
            "locations": [location(&Place::Policy(&policy.id))],
            "properties": { "omitted": policy.evidence_omitted },
        })
    })
}

fn suppression(waiver: Accepted<'_>) -> Value {
    json!({
        "kind": "external",
        "status": "accepted",
        "justification": plain(&format!("waiver {}", waived(waiver))),
    })
}

fn properties(finding: &Finding<'_>) -> Value {
    let mut properties = match finding.what {
        What::Change(change) => of_change(change),
        What::Denial(policy, _, evidence) => json!({
            "title": policy.title,
            "path": evidence.path,
            "observed": evidence.observed,
            "expected": evidence.expected,
            "package": evidence.package,
        }),
    };
    if let Some(members) = properties.as_object_mut() {
        members.insert("severity".to_owned(), Value::from(finding.severity.name()));
        members.insert("countsForVerdict".to_owned(), Value::from(finding.counts));
        members.retain(|_, value| !value.is_null());
    }
    properties
}

fn of_change(change: &Change) -> Value {
    json!({
        "path": change.path,
        "path_b64": change.path_b64,
        "kind": change.kind,
        "type": change.file_type,
        "causeVerified": change.cause_verified,
        "package": change.package,
        "layer": change.layer,
        "entries": change.entries,
        "baselineOf": change.baseline_of,
        "alteredBy": change.altered_by,
        "rule": change.rule,
    })
}

/// Names of rules are shown as they are, too.
fn shown(id: &str) -> String {
    crate::bounds::escape::escaped(id.as_bytes()).to_string()
}

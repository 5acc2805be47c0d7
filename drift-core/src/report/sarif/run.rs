//! What stands around the results: the program, how the run ended, what it could not see.

use serde_json::{Map, Value, json};

use super::location::location;
use super::message::{message, ready};
use super::rules::Rules;
use crate::bounds::escape::escaped;
use crate::policy::Status;
use crate::report::document::{Policy, Problem};
use crate::report::findings::Place;
use crate::report::{Report, exact, text};

/// Returns the program and the rules (§3.18).
pub(super) fn tool(report: &Report, rules: &Rules<'_>) -> Value {
    json!({ "driver": {
        "name": report.tool.name,
        "version": report.tool.version,
        "semanticVersion": report.tool.version,
        "rules": rules.described(),
        "notifications": NOTIFICATIONS.map(|(id, what, help)| json!({
            "id": id,
            "shortDescription": message(what),
            "fullDescription": message(what),
            "help": message(help),
        })),
    }})
}

/// What notifications are about; GitHub wants help for each.
const NOTIFICATIONS: [(&str, &str, &str); 3] = [
    ("problem", "Something in scope was not seen.", "Make it readable and check again."),
    ("policy", "A policy did not decide.", "Do what its reason says; it is no pass."),
    ("note", "What this run does not prove, or what to do next.", "Read it once."),
];

/// Returns what tells series of runs apart (§3.17): by what is checked, and within that each run.
pub(super) fn automation(report: &Report) -> Value {
    let identity = report.baseline.identity.as_ref().or(report.target.identity.hostname.as_ref());
    let identity = identity.unwrap_or(&report.target.locator).replace('/', "-");
    let series = escaped(identity.as_bytes());
    json!({ "id": format!("drift/{series}/{}", escaped(report.run_id.as_bytes())) })
}

/// Returns how the run ended (§3.20).
pub(super) fn invocation(report: &Report) -> Value {
    let problems = report.problems.iter().map(problem);
    let undecided = report.policies.iter().enumerate().filter_map(|(at, p)| undecided(at, p));
    let notes =
        report.notes.iter().map(|note| Value::Object(notification("note", "note", message(note))));
    json!({
        "executionSuccessful": report.verdict.complete,
        "exitCode": report.verdict.exit_code,
        "exitCodeDescription": text::conclusion(report),
        "startTimeUtc": report.started,
        "endTimeUtc": report.finished,
        "toolExecutionNotifications": problems.chain(undecided).chain(notes).collect::<Vec<_>>(),
    })
}

/// Returns what of the document stands nowhere else in the log.
pub(super) fn properties(report: &Report) -> Value {
    let since = report.since_previous.as_ref();
    json!({
        "schema": report.schema,
        "runId": report.run_id,
        "verdict": report.verdict,
        "scope": report.scope,
        "tool": report.tool,
        "target": {
            "kind": report.target.kind,
            "locator": report.target.locator,
            "identity": report.target.identity,
            "root_digest": report.target.root_digest,
            "effective_root": report.target.effective_root,
        },
        "baseline": report.baseline,
        "coverage": report.coverage,
        "summary": report.summary,
        "waivers": report.waivers,
        "waiverOrigin": report.waiver_origin,
        "policyOrigins": report.policy_origins,
        "tailoring": report.tailoring,
        "sincePrevious": since.map(|since| json!({
            "file": since.file,
            "runId": since.run_id,
            "finished": since.finished,
            "new": since.new.len(),
            "unchanged": since.unchanged,
            "fixed": since.fixed,
            "incomparable": since.incomparable,
        })),
    })
}

fn problem(problem: &Problem) -> Value {
    let place = Place::Entry(exact(&problem.path, problem.path_b64.as_deref()), None);
    let errno = problem.errno.map(|errno| format!(" ({errno})")).unwrap_or_default();
    let told = format!(
        "{}: {}: {}{errno}",
        place.shown(),
        problem.stage,
        escaped(problem.reason.as_bytes())
    );
    let mut notification = notification("problem", "error", ready(&told));
    notification.insert("locations".to_owned(), json!([location(&place)]));
    Value::Object(notification)
}

/// Returns why a policy neither passed nor failed.
fn undecided(at: usize, policy: &Policy) -> Option<Value> {
    let level = match Status::parse(policy.status) {
        None | Some(Status::Error | Status::Unknown) => "error",
        Some(Status::NotChecked) => "warning",
        Some(Status::NotApplicable | Status::NotSelected) => "note",
        Some(Status::Pass | Status::Fail | Status::Informational | Status::Fixed) => return None,
    };
    let reason = policy.reason.as_deref().unwrap_or("no reason was given");
    let told = format!("{}: {}: {reason}", policy.id, policy.status);
    let mut notification = notification("policy", level, message(&told));
    let rule = json!({ "id": escaped(policy.id.as_bytes()).to_string(), "index": at });
    notification.insert("associatedRule".to_owned(), rule);
    Some(Value::Object(notification))
}

fn notification(id: &str, level: &str, message: Value) -> Map<String, Value> {
    Map::from_iter([
        ("descriptor".to_owned(), json!({ "id": id })),
        ("level".to_owned(), Value::from(level)),
        ("message".to_owned(), message),
    ])
}

//! A root, and a directory of policies beside it.

#![expect(clippy::disallowed_methods, reason = "tests build real directories")]

use drift_testkit::command::Run;

use crate::stage::{Report, Stage};

/// A policy of the pack `site` with this body behind `deny contains`.
pub(super) fn policy(name: &str, deny: &str) -> String {
    format!(
        "# METADATA\n# title: T\n# custom:\n#   id: site/{name}\n#   severity: high\n\
         #   rationale: R\n#   remediation: M\npackage drift.site.{name}\n\ndeny contains {deny}\n"
    )
}

/// Denies always.
pub(super) const DENIES: &str = "{\"observed\": input.schema} if {\n\tinput.schema\n}";

/// Denies never.
pub(super) const PASSES: &str = "{\"message\": \"m\"} if {\n\tinput.schema == \"other\"\n}";

/// Returns a stage with the directory `p` that holds these policies.
pub(super) fn with(policies: &[(&str, &str)]) -> Stage {
    let stage = Stage::new();
    directory(&stage, "p");
    for (name, deny) in policies {
        file(&stage, &format!("p/{name}.rego"), &policy(name, deny));
    }
    stage
}

/// Makes a directory that others cannot change, whatever the umask says.
pub(super) fn directory(stage: &Stage, name: &str) {
    std::fs::create_dir(stage.at(name)).expect("a directory");
    stage.mode(name, 0o755);
}

/// Writes a file that others cannot change.
pub(super) fn file(stage: &Stage, name: &str, text: &str) {
    stage.write(name, text);
    stage.mode(name, 0o644);
}

/// Checks the root with policies alone.
#[track_caller]
pub(super) fn run(stage: &Stage, more: &[&str]) -> Run {
    let (root, state) = (format!("dir:{}", stage.path("root")), stage.path("state"));
    let common = ["check", &root, "--no-config", "--state", &state, "--only", "policies"];
    stage.drift([&common[..], &["--format", "json"], more].concat())
}

/// Returns the report of such a check.
#[track_caller]
pub(super) fn check(stage: &Stage, more: &[&str]) -> Report {
    Report::of(&run(stage, more))
}

/// Returns the status of a policy, and its reason.
#[track_caller]
pub(super) fn ended(report: &Report, id: &str) -> (String, String) {
    let found = report.all("/policies").find(|policy| policy["id"] == id);
    let found = found.unwrap_or_else(|| panic!("no {id}: {:#}", report.document["policies"]));
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    (text("status"), text("reason"))
}

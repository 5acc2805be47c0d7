//! Tailoring at the command line: which policies run, and what is told of those that do not.

use crate::stage::{Report, Stage};

const NOW: &str = "2026-11-21T12:00:00Z";

/// A policy that denies every change at a path of its parameter.
fn policy(name: &str, severity: &str) -> String {
    format!(
        "# METADATA\n# title: Nothing changes\n# custom:\n#   id: site/{name}\n\
         #   severity: {severity}\n#   rationale: R\n#   remediation: R\n#   parameters:\n\
         #     watched: {{description: D, default: [/usr/bin/tool]}}\n\
         package drift.site.{name}\n\ndeny contains {{\"path\": change.path}} if {{\n\
         \tsome change in input.changes\n\tchange.path in data.params.watched\n}}\n"
    )
}

fn stage() -> Stage {
    let stage = Stage::new();
    stage.capture("root", &["--now", "2026-11-01T00:00:00Z"]);
    stage.write("root/usr/bin/tool", "#!/bin/sh\nexit 1\n");
    let made = "mkdir -p $s/policies/profiles; chmod 755 $s $s/policies $s/policies/profiles";
    let _made = stage.script(crate::stage::Space::Shared, made).expect(0);
    stage.write("policies/one.rego", policy("one", "high"));
    stage.write("policies/two.rego", policy("two", "low"));
    stage.write(
        "policies/profiles/web.toml",
        "name = \"web\"\ntitle = \"Web\"\n[[deselect]]\npolicy = \"site/one\"\nreason = \"no tool\"\n",
    );
    stage
}

fn checked(stage: &Stage, more: &[&str]) -> Report {
    let policies = stage.path("policies");
    let all = ["--only", "policies", "--policy", &policies, "--now", NOW];
    stage.report(&[&all, more].concat())
}

#[test]
fn what_is_left_out_is_told_with_its_reason() {
    let stage = stage();
    let whole = checked(&stage, &[]);
    assert_eq!(whole.code, Some(1), "{}", whole.document);
    assert_eq!(whole.text("/policies/0/status"), "fail");
    assert!(whole.document["tailoring"].is_null());
    let web = checked(&stage, &["--tailor", "web"]);
    assert_eq!(web.code, Some(0), "{}", web.document);
    assert_eq!(web.text("/policies/0/status"), "notselected");
    let reason = web.text("/policies/0/reason");
    assert!(reason.starts_with("no tool (deselected by "), "{reason}");
    assert!(reason.ends_with("/policies/profiles/web.toml:4)"), "{reason}");
    assert_eq!(web.text("/policies/1/status"), "fail");
    assert_eq!(web.text("/tailoring/profiles/0/title"), "Web");
    assert_ne!(web.text("/tool/policies_digest"), whole.text("/tool/policies_digest"));
    assert!(!web.document["notes"].to_string().contains("Tailoring selects none"));
}

#[test]
fn severities_and_parameters_reach_the_verdict() {
    let stage = stage();
    stage.write(
        "site.toml",
        "name = \"site\"\nextends = [\"web\", \"strict\"]\n[parameters]\nwatched = []\n",
    );
    let file = stage.path("site.toml");
    let quiet = checked(&stage, &["--tailor", &file]);
    assert_eq!(quiet.code, Some(0), "{}", quiet.document);
    assert_eq!(quiet.text("/policies/1/status"), "pass");
    assert_eq!(quiet.text("/policies/1/severity"), "medium");
    assert_eq!(quiet.text("/policies/1/tailored/severity"), "low");
    assert_eq!(quiet.text("/policies/1/tailored/by"), "builtin:strict:7");
    // What is typed outweighs every profile.
    let loud =
        checked(&stage, &["--tailor", &file, "--param", "watched=/etc/passwd,/usr/bin/tool"]);
    assert_eq!(loud.code, Some(1), "{}", loud.document);
    assert_eq!(loud.text("/policies/1/status"), "fail");
    assert_eq!(loud.text("/tailoring/parameters/0/by"), "--param");
    assert_eq!(loud.document["tailoring"]["parameters"][0]["value"][1], "/usr/bin/tool");
}

#[test]
fn a_run_without_a_policy_says_so() {
    let stage = stage();
    stage.write(
        "none.toml",
        "name = \"none\"\ndeselect = [{ policy = \"*\", reason = \"a test\" }]\n",
    );
    let (policies, none) = (stage.path("policies"), stage.path("none.toml"));
    let told = stage.report(&["--policy", &policies, "--tailor", &none]);
    let notes = told.document["notes"].to_string();
    assert!(notes.contains("Tailoring selects none of the 2 policies"), "{notes}");
    // Where nothing else is judged, nothing would be.
    let alone = ["--policy", &policies, "--tailor", &none, "--only", "policies"];
    let alone = stage.check(&alone).expect(2);
    assert!(alone.error_text().contains("judges nothing"), "{}", alone.error_text());
    // A line that lost its policies is no check of policies.
    let lost = stage.check(&["--only", "policies"]).expect(2);
    assert!(lost.error_text().contains("none is named"), "{}", lost.error_text());
}

#[test]
fn what_names_nothing_is_a_usage_error_with_the_nearest_name() {
    let stage = stage();
    let policies = stage.path("policies");
    let refused = |more: &[&str], told: &str| {
        let run = stage.check(&[&["--policy", &policies], more].concat()).expect(2);
        assert!(run.error_text().contains(told), "{}", run.error_text());
    };
    stage.write("bad.toml", "name = \"bad\"\nselect = [\"site/onne\"]\n");
    refused(&["--tailor", &stage.path("bad.toml")], "bad.toml:2: no policy is named \"site/onne\"");
    refused(&["--tailor", &stage.path("bad.toml")], "the nearest is site/one");
    refused(&["--tailor", "wbe"], "there is no profile \"wbe\"; the nearest is web");
    refused(&["--tailor", &stage.path("gone.toml")], "gone.toml: No such file");
    refused(&["--param", "wathced=1"], "the nearest is watched");
    refused(&["--param", "watched=[1]"], "holds a number");
    refused(&["--param", "watched"], "write NAME=VALUE");
    stage.write("open.toml", "name = \"open\"\n");
    stage.mode("open.toml", 0o666);
    refused(&["--tailor", &stage.path("open.toml")], "may change");
    // A line that lost its --policy.
    let run = stage.check(&["--tailor", "web"]).expect(2);
    assert!(run.error_text().contains("speak of policies, and none runs"), "{}", run.error_text());
}

#[test]
fn the_configuration_names_them_too() {
    let stage = stage();
    stage.write("web.toml", "name = \"mine\"\nselect = [\"site/two\"]\n");
    stage.write(
        "waivers.toml",
        "[[waiver]]\nid = \"W\"\nowner = \"o\"\nreason = \"r\"\nexpires = 2027-06-30\n\
         match = { path = \"/usr/**\" }\n",
    );
    stage.write(
        "drift.toml",
        "policy = [\"policies\"]\ntailor = \"web.toml\"\nparam = \"watched=/usr/bin/tool\"\n\
         waivers = \"waivers.toml\"\n",
    );
    let report = stage.report(&["--config", &stage.path("drift.toml"), "--now", NOW]);
    assert_eq!(report.code, Some(0), "{}", report.document);
    assert_eq!(report.text("/policies/0/status"), "notselected");
    assert_eq!(report.text("/policies/1/waived_by"), "W");
    assert_eq!(report.document["summary"]["waived"], 2);
}

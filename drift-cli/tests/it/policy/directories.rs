//! What may stand in a directory of policies, and who may have put it there.

use std::os::unix::fs::{chown, symlink};

use drift_testkit::need;

use super::stage::{DENIES, PASSES, check, directory, ended, file, policy, run, with};
use crate::stage::Stage;

/// Fails unless a check with `p` ends with 2 and says this.
#[track_caller]
fn refused(stage: &Stage, words: &[&str]) {
    let run = run(stage, &["--policy", &stage.path("p")]).expect(2);
    let told = run.error_text();
    assert!(words.iter().all(|word| told.contains(word)), "{words:?}: {told}");
    assert!(run.stdout.is_empty(), "nothing is reported: {}", run.text());
}

#[test]
fn a_directory_and_a_file_are_taken() {
    let stage = with(&[("one", DENIES), ("two", PASSES)]);
    directory(&stage, "p/lib");
    file(&stage, "p/README.md", "# Ours\n");
    file(&stage, "p/.hidden", "no policy");
    let report = check(&stage, &["--policy", &stage.path("p")]).expect(1);
    assert_eq!(ended(&report, "site/one"), ("fail".to_owned(), "1 denial".to_owned()));
    assert_eq!(ended(&report, "site/two").0, "pass");
    let origins: Vec<_> = report.all("/policy_origins").collect();
    assert_eq!(origins.len(), 1, "{origins:?}");
    assert_eq!((&origins[0]["kind"], &origins[0]["signed"]), (&"directory".into(), &false.into()));
    assert_eq!(report.document["scope"]["only"], serde_json::json!(["policies"]));
    let one = check(&stage, &["--policy", &stage.path("p/two.rego")]);
    assert_eq!((one.all("/policies").count(), ended(&one, "site/two").0), (1, "pass".to_owned()));
    // What is left out decides nothing, and what is there does.
    let before = origins[0]["digest"].clone();
    stage.write("p/README.md", "# Others\n");
    let same = check(&stage, &["--policy", &stage.path("p")]).expect(1);
    assert_eq!(same.document["policy_origins"][0]["digest"], before);
    stage.write("p/two.rego", policy("two", DENIES));
    let other = check(&stage, &["--policy", &stage.path("p")]).expect(1);
    assert_ne!(other.document["policy_origins"][0]["digest"], before);
}

#[test]
fn anything_else_is_refused_by_name() {
    for (name, word) in [
        ("data.json", "parameter"),
        ("data.yaml", "parameter"),
        ("x.txt", "nothing else"),
        ("x.rego~", "letters"),
        ("profile.toml", "nothing else"),
    ] {
        let stage = with(&[("one", PASSES)]);
        file(&stage, &format!("p/{name}"), "");
        refused(&stage, &[&format!("p/{name}"), word]);
    }
    let stage = with(&[("one", PASSES)]);
    directory(&stage, "p/host");
    refused(&stage, &["p/host", "lib and profiles alone"]);
    let stage = with(&[]);
    refused(&stage, &["there is no policy in", "drift policy new"]);
    let stage = with(&[("one", PASSES)]);
    stage.write("p/two.rego", b"\xff");
    stage.mode("p/two.rego", 0o644);
    refused(&stage, &["two.rego is not UTF-8"]);
    let stage = with(&[("one", PASSES)]);
    file(&stage, "elsewhere.rego", &policy("two", PASSES));
    symlink("../elsewhere.rego", stage.at("p/two.rego")).expect("a link");
    refused(&stage, &["two.rego", "leads out"]);
}

#[test]
fn what_others_may_change_is_refused() {
    for (name, mode) in [("p", 0o775), ("p/one.rego", 0o664), ("p/one.rego", 0o646)] {
        let stage = with(&[("one", PASSES)]);
        stage.mode(name, mode);
        refused(&stage, &["others than root and the user of this run may change", "chmod go-w"]);
    }
    let stage = with(&[("one", PASSES)]);
    stage.mode("p/one.rego", 0o666);
    let one = run(&stage, &["--policy", &stage.path("p/one.rego")]).expect(2);
    assert!(one.error_text().contains("chmod go-w"), "{}", one.error_text());
}

#[test]
fn what_is_anothers_is_refused() {
    let Some(()) = need::root() else { return };
    for name in ["p", "p/one.rego"] {
        let stage = with(&[("one", PASSES)]);
        chown(stage.at(name), Some(12345), None).expect("another owner");
        refused(&stage, &["owner 12345", "chown root"]);
    }
}

#[test]
fn names_that_lead_nowhere_are_told() {
    let stage = with(&[("one", PASSES)]);
    for (name, words) in [
        ("builtin:hots", vec!["there is no pack builtin:hots", "nearest is builtin:host"]),
        ("host", vec!["no directory, no sealed bundle", "did you mean builtin:host?"]),
        ("/nonexistent.rego", vec!["cannot look at /nonexistent.rego"]),
        ("/dev/null", vec!["no directory, no sealed bundle"]),
    ] {
        let told = run(&stage, &["--policy", name]).expect(2).error_text();
        assert!(words.iter().all(|word| told.contains(word)), "{name}: {told}");
    }
}

#[test]
fn what_is_wrong_with_a_policy_is_told_whole() {
    let stage = with(&[("one", "{"), ("two", PASSES)]);
    file(&stage, "p/three.rego", "package drift.site.three\n");
    refused(&stage, &["one.rego", "[syntax", "three.rego", "METADATA"]);
}

#[test]
fn the_configuration_names_policies_relative_to_itself() {
    let stage = with(&[("one", DENIES)]);
    let (root, state) = (format!("dir:{}", stage.path("root")), stage.path("state"));
    file(&stage, "drift.toml", "policy = [\"p\", \"builtin:host\"]\n");
    let config = stage.path("drift.toml");
    let all = ["check", &root, "--config", &config, "--state", &state, "--format", "json"];
    let report = crate::stage::Report::of(&stage.drift(all));
    assert_eq!(ended(&report, "site/one").0, "fail");
    assert!(report.all("/policies").any(|policy| policy["origin"] == "builtin:host"));
    file(&stage, "drift.toml", "policy = \"builtin:hots\"\n");
    let told = stage.drift(all).expect(2).error_text();
    assert!(told.contains("known name"), "{told}");
}

//! The verbs of authors.

use drift_testkit::{command, need};
use serde_json::Value;

use super::stage::{DENIES, PASSES, ended, file, policy, with};
use crate::stage::{Report, Stage};

/// Passes once, fails once on its second line, is wrong once, and is not written once.
const TESTS: &str = "package drift.site.one_test\n\nimport data.drift.site.one\n\n\
    test_denies if {\n\tcount(one.deny) == 1 with input as {\"schema\": \"x\"}\n}\n\n\
    test_fails if {\n\tcount(one.deny) == 1 with input as {\"schema\": \"x\"}\n\
    \tcount(one.deny) == 3 with input as {\"schema\": \"x\"}\n\t1 == 1\n}\n\n\
    test_errs if {\n\tto_number(\"x\") == 1\n}\n\n\
    todo_test_later if {\n\ttrue\n}\n";

fn tested() -> Stage {
    let stage = with(&[("one", DENIES), ("two", PASSES)]);
    file(&stage, "p/one_test.rego", TESTS);
    stage
}

#[test]
fn tests_end_as_they_should() {
    let stage = tested();
    let p = stage.path("p");
    let run = stage.drift(["policy", "test", &p, "--coverage"]).expect(1);
    let told = run.text();
    for words in [
        "fail    drift.site.one_test.test_fails\n        one_test.rego:11: not true: \
         count(one.deny) == 3",
        "error   drift.site.one_test.test_errs\n        one_test.rego:15: ",
        "skipped drift.site.one_test.todo_test_later (one_test.rego:19)",
        "100.0%  one.rego",
        "0.0%  two.rego: no test reached it",
        "4 tests: 1 pass, 1 fail, 1 error, 1 skipped",
    ] {
        assert!(told.contains(words), "{words:?}\n{told}");
    }
    assert!(run.error_text().contains("no test is about site/two"), "{}", run.error_text());
    let one = stage.drift(["policy", "test", &p, "--run", "one_test.test_denies"]).expect(0);
    assert_eq!(one.text(), "1 test: 1 pass\n");
    let all = ["policy", "test", &p, "--run", "test_denies", "--threshold", "100"];
    let _below = stage.drift(all).expect(1);
    let json = stage.drift(["policy", "test", &p, "--format", "json"]).expect(1);
    let json: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(json["tests"][1]["failed_line"], 11, "{json:#}");
    assert_eq!(json["untested"], serde_json::json!(["site/two"]));
    assert_eq!(json["coverage"]["one.rego"]["percent"], 100.0);
}

#[test]
fn junit_is_read_by_others() {
    let Some(python) = need::python_module("junitparser") else { return };
    let stage = tested();
    let run = stage.drift(["policy", "test", &stage.path("p"), "--format", "junit"]).expect(1);
    stage.write("junit.xml", &run.stdout);
    let script = "import sys, junitparser as j\n\
        xml = j.JUnitXml.fromfile(sys.argv[1])\n\
        cases = [case for suite in xml for case in suite]\n\
        kinds = [type(r).__name__ for case in cases for r in case.result]\n\
        xml.update_statistics()\n\
        print(len(cases), sorted(kinds), xml.failures, xml.errors, xml.skipped)\n";
    let said = command::run(&python, ["-c", script, &stage.path("junit.xml")]).success();
    assert_eq!(said, "4 ['Error', 'Failure', 'Skipped'] 1 1 1\n");
}

#[test]
fn a_test_that_does_not_end_is_no_pass() {
    let stage = with(&[("one", DENIES)]);
    let test = "package drift.site.one_test\n\n\
        test_memory if {\n\tcount(numbers.range(1, 200000000)) > 1\n}\n\n\
        test_fine if {\n\ttrue\n}\n";
    file(&stage, "p/one_test.rego", test);
    let told = stage.drift(["policy", "test", &stage.path("p")]).expect(1).text();
    assert!(told.contains("drift.site.one_test.test_memory"), "{told}");
    assert!(told.contains("1 pass"), "{told}");
}

#[test]
fn what_is_right_is_said_to_be() {
    let stage = tested();
    let told = stage.drift(["policy", "check", &stage.path("p")]).expect(0).text();
    assert_eq!(told, "2 policies, 4 tests: nothing wrong\n");
    file(&stage, "p/one_test.rego", "package drift.site.one_test\n\ntest_it if {\n");
    let told = stage.drift(["policy", "check", &stage.path("p")]).expect(2).error_text();
    assert!(told.contains("one_test.rego"), "{told}");
    file(&stage, "p/one_test.rego", "package drift.site.one\n\ntest_it if {\n\ttrue\n}\n");
    let told = stage.drift(["policy", "check", &stage.path("p")]).expect(2).error_text();
    assert!(told.contains("one_test"), "{told}");
}

#[test]
fn what_new_writes_is_right_as_it_is() {
    let stage = Stage::new();
    let out = stage.path("new");
    for id in ["site/no_suid", "my-pack/a-b"] {
        let _written = stage.drift(["policy", "new", id, "--out", &out]).expect(0);
    }
    assert_eq!(
        stage.names("new"),
        ["a_b.rego", "a_b_test.rego", "no_suid.rego", "no_suid_test.rego"]
    );
    let told = stage.drift(["policy", "check", &out]).expect(0).text();
    assert_eq!(told, "2 policies, 6 tests: nothing wrong\n");
    let told = stage.drift(["policy", "test", &out, "--threshold", "100"]).expect(0).text();
    assert_eq!(told, "6 tests: 6 pass\n");
    let again = stage.drift(["policy", "new", "site/no_suid", "--out", &out]).expect(2);
    assert!(again.error_text().contains("already exists"), "{}", again.error_text());
    let wrong = stage.drift(["policy", "new", "nothing", "--out", &out]).expect(2);
    assert!(wrong.error_text().contains("PACK/NAME"), "{}", wrong.error_text());
}

#[test]
fn the_catalogue_shows_every_policy() {
    let stage = with(&[("one", DENIES)]);
    file(&stage, "p/two.rego", &policy("two", PASSES).replace("title: T", "title: <b>|x|</b>"));
    let p = stage.path("p");
    let text = stage.drift(["policy", "list", &p]).expect(0).text();
    assert!(text.contains("site/one  high") && text.ends_with("2 policies\n"), "{text}");
    let json = stage.drift(["policy", "list", &p, "--format", "json"]).expect(0);
    let json: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(json["policies"][1]["title"], "<b>|x|</b>");
    let markdown = stage.drift(["policy", "list", &p, "--format", "markdown"]).expect(0).text();
    assert!(markdown.contains("&lt;b&gt;\\|x\\|&lt;/b&gt;"), "{markdown}");
    let all = stage.drift(["policy", "list"]).expect(0).text();
    assert!(all.contains("host/second_uid_0"), "{all}");
}

/// The input that is printed is the one that policies see.
#[test]
fn the_input_is_what_policies_see() {
    let stage = with(&[("one", DENIES)]);
    let (root, state) = (format!("dir:{}", stage.path("root")), stage.path("state"));
    let common = ["--no-config", "--policy", &stage.path("p"), "--state", &state];
    let common = [&common[..], &["--now", "2026-11-21T12:00:00Z"]].concat();
    let print = || stage.drift([&["policy", "input", &root], &common[..]].concat()).expect(0);
    let first = print();
    let input: Value = serde_json::from_slice(&first.stdout).expect("JSON");
    assert_eq!(input["schema"], "drift.input/v1");
    assert_eq!(first.stdout, print().stdout, "the same target gives the same input");
    let report = stage.drift([&["check", &root, "--format", "json"], &common[..]].concat());
    let report = Report::of(&report);
    assert_eq!(ended(&report, "site/one").0, "fail");
    assert_eq!(report.document["policies"][0]["evidence"][0]["observed"], input["schema"]);
    let nowhere = stage.path("nowhere");
    let _usage =
        stage.drift(["policy", "input", &format!("dir:{nowhere}"), "--no-config"]).expect(2);
}

#[test]
fn policies_alone_are_judged_alone() {
    let stage = with(&[("one", PASSES)]);
    stage.capture("root", &[]);
    stage.write("root/etc/hosts", "changed\n");
    let p = stage.path("p");
    let both = stage.report(&["--policy", &p]).expect(1);
    assert_eq!(
        both.document["scope"]["only"],
        serde_json::json!(["entries", "packages", "policies"])
    );
    let alone = stage.report(&["--policy", &p, "--only", "policies"]).expect(0);
    assert_eq!(alone.all("/changes").count(), 0);
    assert_eq!(alone.document["scope"]["only"], serde_json::json!(["policies"]));
    // What changed is still what policies see.
    let sees = "{\"path\": change.path} if {\n\tsome change in input.changes\n}";
    file(&stage, "p/one.rego", &policy("one", sees));
    let seen = stage.report(&["--policy", &p, "--only", "policies"]).expect(1);
    assert_eq!(seen.document["policies"][0]["evidence"][0]["path"], "/etc/hosts");
    let root = format!("dir:{}", stage.path("root"));
    let told = stage.drift(["diff", &root, &root, "--only", "policies"]).expect(2).error_text();
    assert!(told.contains("drift check alone"), "{told}");
}

//! Policies that were written to hang, to use up the machine, or to read as a pass: each is refused
//! when it is loaded, or bounded when it is asked.
//!
//! `fixtures/policies/hostile/` holds them, one a file (or a directory, where a second file matters).
//! The first line of each says what has to become of it: `refused`, with the code where one matters,
//! or the statuses that it may end in.

#![expect(clippy::disallowed_methods, reason = "the fixtures are read as they lie there")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use drift_testkit::command;
use serde_json::Value;

use crate::stage::{DRIFT, Stage};

/// The limits of an evaluation are 10 s of time for a policy; a start and an end come on top, on a
/// machine that has other things to do.
const LIMIT: Duration = Duration::from_secs(90);

/// Fewer than this, and the suite was cut.
const CASES: usize = 46;

/// One hostile policy.
#[derive(Debug)]
struct Case {
    name: String,
    path: PathBuf,
    expected: String,
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/policies/hostile")
}

fn expectation(file: &Path) -> String {
    let bytes = fs::read(file).expect("the fixture can be read");
    let text = String::from_utf8_lossy(&bytes);
    let first = text.lines().next().unwrap_or_default();
    let expected = first.strip_prefix("# expect: ");
    expected.unwrap_or_else(|| panic!("{} says what is expected", file.display())).to_owned()
}

fn cases(stage: &Stage) -> Vec<Case> {
    let mut cases: Vec<Case> = fs::read_dir(directory())
        .expect("the fixtures are there")
        .map(|entry| {
            let path = entry.expect("a fixture").path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let file = if path.is_dir() { path.join(format!("{name}.rego")) } else { path.clone() };
            Case { expected: expectation(&file), name, path }
        })
        .collect();
    // Too large to lie about.
    let nested = format!("x := {}1{}\n", "[".repeat(100_000), "]".repeat(100_000));
    stage.write("deep_nesting.rego", format!("package drift.hostile.deep_nesting\n\n{nested}"));
    cases.push(Case {
        name: "deep_nesting".to_owned(),
        path: stage.at("deep_nesting.rego"),
        expected: "refused".to_owned(),
    });
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    cases
}

/// What became of one: `refused` and the words, or the status.
fn outcome(stage: &Stage, case: &Case) -> (String, String) {
    let target = format!("dir:{}", stage.path("root"));
    let policy = case.path.to_string_lossy().into_owned();
    let arguments = ["check", &target, "--policy", &policy, "--format", "json", "--fail-on", "low"];
    let run = command::run_within(LIMIT, DRIFT, arguments);
    let error = run.error_text();
    if run.code == Some(2) {
        return ("refused".to_owned(), error);
    }
    let report: Value = serde_json::from_slice(&run.stdout)
        .unwrap_or_else(|_| panic!("{}: a report ({:?}): {error}", case.name, run.code));
    let id = format!("hostile/{}", case.name);
    let ended =
        report["policies"].as_array().expect("policies").iter().find(|one| one["id"] == *id);
    let ended = ended.unwrap_or_else(|| panic!("{}: it is not in the report", case.name));
    let status = ended["status"].as_str().unwrap_or_default().to_owned();
    if status != "pass" {
        assert_ne!(run.code, Some(0), "{}: {status} and exit code 0", case.name);
    }
    (status, ended["reason"].as_str().unwrap_or_default().to_owned())
}

/// None of them reads as a pass, and none takes the run with it.
#[test]
fn each_is_refused_or_bounded() {
    let stage = Stage::new();
    let cases = cases(&stage);
    assert!(cases.len() > CASES, "{} cases", cases.len());
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in &cases {
        let (found, words) = outcome(&stage, case);
        let (expected, code) = case.expected.split_once(' ').unwrap_or((&case.expected, ""));
        if !expected.split('|').any(|one| one == found) || !words.contains(code) {
            wrong.push(format!("{}: wanted {}, {found}: {words}", case.name, case.expected));
        }
        // Whoever reads the refusal finds the place.
        if found == "refused" && !words.contains(".rego") && !words.contains("data.json") {
            wrong.push(format!("{}: the refusal names no file: {words}", case.name));
        }
        *counts.entry(found).or_default() += 1;
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    println!("{} hostile policies: {counts:?}", cases.len());
}

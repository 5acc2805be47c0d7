//! A run ends when its time is over, with what is known by then, and never as clean.

use drift_testkit::{command, need};
use serde_json::Value;

use crate::stage::{DRIFT, LIMIT, Stage, hostile};

/// How long after its deadline a run may end.
const GRACE_MILLISECONDS: u128 = 1_000;

/// Runs while files are held by leases, which alone would take 45 seconds; returns exit code and
/// standard output.
fn late(stage: &Stage, arguments: &[String]) -> Option<(i32, String)> {
    let python = need::tool("python3")?;
    let mut all = vec![hostile("late.py"), stage.path("root/etc"), DRIFT.to_owned()];
    all.extend(arguments.iter().cloned());
    let said = command::run_within(LIMIT, &python, &all).success();
    let (first, rest) = said.split_once('\n').expect("a first line");
    let numbers: Vec<u128> = first.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [code, took] = numbers[..] else { panic!("{first}") };
    println!("{} ended with {code} after {took} ms", arguments[0]);
    assert!(took >= 1_000, "{took} ms: it ended before its deadline");
    assert!(took <= 1_000 + GRACE_MILLISECONDS, "{took} ms");
    Some((i32::try_from(code).expect("an exit code"), rest.to_owned()))
}

#[test]
fn a_check_reports_what_it_knows_by_then() {
    let stage = Stage::sealed();
    let mut arguments = stage.check_arguments("root");
    let formats = ["json", "text", "ndjson", "paths"];
    arguments.extend(["--deadline", "1s", "--format", "json"].map(str::to_owned));
    for format in formats {
        arguments.extend(["--output".to_owned(), format!("{format}={}", stage.path(format))]);
    }
    let Some((code, said)) = late(&stage, &arguments) else { return };
    assert_eq!(code, 3, "{said}");
    let document: Value = serde_json::from_str(&said).expect("a document");
    let verdict = &document["verdict"];
    assert_eq!(verdict["status"], "incomplete");
    assert_eq!(verdict["reason"], "deadline");
    assert_eq!(verdict["complete"], false);
    assert_eq!(document["baseline"]["identity"], "web", "the seal was verified by then");
    assert_eq!(document["baseline"]["verified"], true);
    assert!(document["coverage"]["entries"].as_u64().is_some_and(|seen| seen >= 4), "{document}");
    assert_eq!(document["problems"].as_array().map(Vec::len), Some(1));
    super::valid(&stage.path("json"));
    let text = String::from_utf8_lossy(&stage.read("text")).into_owned();
    assert!(text.starts_with("INCOMPLETE") && text.contains("deadline"), "{text}");
    for line in String::from_utf8_lossy(&stage.read("ndjson")).lines() {
        let _record: Value = serde_json::from_str(line).expect("a record");
    }
    assert!(!stage.names("state").contains(&"last-success.json".to_owned()));
    let last: Value = serde_json::from_slice(&stage.read("state/last-run.json")).expect("a stamp");
    assert_eq!(last["reason"], "deadline");
    // With the leases gone the same line is clean in time.
    let _clean = stage.check(&["--deadline", "1h"]).expect(0);
}

#[test]
fn a_capture_leaves_nothing() {
    let stage = Stage::sealed();
    let (names, golden) = (stage.names(""), stage.read("golden.drift"));
    let mut arguments = stage.capture_arguments("root");
    arguments.extend(["--deadline", "1s"].map(str::to_owned));
    let Some((code, said)) = late(&stage, &arguments) else { return };
    assert_eq!((code, said.as_str()), (3, ""));
    assert_eq!(stage.names(""), names);
    assert_eq!(stage.read("golden.drift"), golden);
}

#[test]
fn a_deadline_is_a_span() {
    let stage = Stage::sealed();
    for wrong in ["0s", "5", "s", "-1m", "+1m", "1w", "", "99999999999999999999d"] {
        let run = stage.check(&[&format!("--deadline={wrong}")]).expect(2);
        assert!(run.error_text().contains("deadline"), "{wrong}: {}", run.error_text());
    }
}

//! Policies that use up what there is: each ends alone, and nothing outlives the run.

use drift_testkit::{command, need};

use super::stage::{DENIES, PASSES, check, ended, run, with};
use crate::stage::{DRIFT, LIMIT, hostile};

/// One call that nothing interrupts, for more memory than there is.
const MEMORY: &str = "{\"message\": \"m\"} if {\n\tcount(numbers.range(1, 200000000)) == 1\n}";

/// Many small steps.
const TIME: &str = "{\"message\": \"m\"} if {\n\tsome a in numbers.range(1, 2000)\n\t\
    some b in numbers.range(1, 2000)\n\tsome c in numbers.range(1, 2000)\n\t(a + b) + c == 0\n}";

#[test]
fn one_that_needs_too_much_ends_alone() {
    let stage = with(&[("a", DENIES), ("b", MEMORY), ("c", PASSES), ("d", TIME), ("e", DENIES)]);
    let report = check(&stage, &["--policy", &stage.path("p"), "--policy", "builtin:host"]);
    let (status, reason) = ended(&report, "site/b");
    assert_eq!(status, "unknown", "{reason}");
    assert!(reason.contains("memory") || reason.contains("limit"), "{reason}");
    let (status, reason) = ended(&report, "site/d");
    assert_eq!((status.as_str(), reason.contains("10s")), ("unknown", true), "{reason}");
    for (id, status) in [("site/a", "fail"), ("site/c", "pass"), ("site/e", "fail")] {
        assert_eq!(ended(&report, id).0, status, "{id}");
    }
    assert!(report.all("/policies").any(|policy| policy["origin"] == "builtin:host"));
    assert_eq!(report.document["verdict"]["complete"], false);
}

/// Ended for its time, a run never reads as clean.
#[test]
fn a_policy_that_did_not_answer_makes_the_run_incomplete() {
    let stage = with(&[("b", MEMORY)]);
    stage.capture("root", &[]);
    let report = stage.report(&["--policy", &stage.path("p")]).expect(3);
    assert_eq!(report.reason(), "policy-error");
}

#[test]
fn a_signal_ends_the_process_too() {
    let Some(python) = need::tool("python3") else { return };
    let stage = with(&[("d", TIME)]);
    let (root, p) = (format!("dir:{}", stage.path("root")), stage.path("p"));
    let check = [DRIFT, "check", &root, "--no-config", "--policy", &p];
    for (signal, code) in [("TERM", 143), ("INT", 130), ("KILL", -9)] {
        let script = hostile("worker.py");
        let all = [&[script.as_str(), signal], &check[..]].concat();
        let said = command::run_within(LIMIT, &python, all).success();
        let expected = format!(
            "{code} gone files=0 core=0 fsize=0 memory=limited environment=0 directory=/\n"
        );
        assert_eq!(said, expected, "SIG{signal}");
    }
}

#[test]
fn the_hidden_verb_serves_drift_alone() {
    let stage = with(&[]);
    for work in ["evaluate", "test"] {
        let told = stage.drift(["policy-worker", work]).expect(2).error_text();
        assert!(told.contains("for drift itself"), "{told}");
    }
    let help = stage.drift(["--help"]).expect(0).text();
    assert!(!help.contains("policy-worker") && help.contains("policy"), "{help}");
}

/// Whatever is asked, the report of built-in policies does not change with who runs beside them.
#[test]
fn built_in_policies_answer_alike_beside_others() {
    let stage = with(&[("a", MEMORY)]);
    let alone = run(&stage, &["--policy", "builtin:host"]);
    let alone: serde_json::Value = serde_json::from_slice(&alone.stdout).expect("a report");
    let beside = check(&stage, &["--policy", "builtin:host", "--policy", &stage.path("p")]);
    let of_host = |document: &serde_json::Value| -> Vec<serde_json::Value> {
        let policies = document["policies"].as_array().cloned().unwrap_or_default();
        policies.into_iter().filter(|policy| policy["origin"] == "builtin:host").collect()
    };
    assert!(!of_host(&alone).is_empty());
    assert_eq!(of_host(&alone), of_host(&beside.document));
}

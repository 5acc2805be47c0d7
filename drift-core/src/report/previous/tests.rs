//! What is read back, and what is refused.

use serde_json::{Value, json};

use super::{Previous, PreviousError};
use crate::model::{Digest, Severity};
use crate::policy::Status;

/// What version 0.1.0 wrote before there were policies, as far as it is read.
fn old() -> Value {
    json!({
        "schema": "drift.report/v1",
        "tool": {"name": "drift", "version": "0.1.0", "rules_digest": "sha256:00"},
        "run_id": "00", "started": "2026-01-01T00:00:00Z", "finished": "2026-01-01T00:00:01Z",
        "scope": {"only": ["entries", "packages"], "fail_on": "medium", "previous": null},
        "target": {"kind": "host", "locator": "host:/", "identity": {"hostname": null},
            "root_digest": "sha256:11", "effective_root": "sha256:22"},
        "baseline": {"kind": "sealed", "root_digest": "sha256:33", "effective_root": null},
        "verdict": {"status": "findings", "exit_code": 1, "complete": true, "reason": null},
        "coverage": {"not_observable": ["facts"]},
        "problems": [{"path": "/a", "stage": "open", "reason": "x", "errno": null}],
        "changes": [
            {"id": "aa", "subject": "entry", "path": "/\u{fffd}", "path_b64": "L/8=",
                "folded_into": null, "severity": "high", "waived_by": null},
            {"id": "bb", "subject": "entry", "path": "/b", "folded_into": "cc",
                "severity": "none", "waived_by": null},
        ],
        "policies": [], "waivers": [],
    })
}

fn read(document: &Value) -> Result<Previous, PreviousError> {
    Previous::read("old.json", document.to_string().as_bytes(), false)
}

#[test]
fn a_report_without_policies_is_read() {
    let previous = read(&old()).unwrap();
    assert_eq!(previous.digest, Digest::sha256_of(old().to_string().as_bytes()));
    let findings: Vec<_> = previous.report.findings().collect();
    let [only] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!((only.exact_path().as_slice(), only.severity), (&b"/\xff"[..], Severity::High));
    let mut without = old();
    without.as_object_mut().unwrap().remove("policies");
    assert!(read(&without).is_ok());
}

#[test]
fn policies_are_read_with_their_evidence() {
    let mut document = old();
    let policies = json!([{
        "id": "host/a", "status": "fail", "severity": "critical", "revision": "sha256:aa",
        "evidence": [{"id": "ee", "path": null, "package": "x", "waived_by": "W1"}],
        "evidence_omitted": 4, "waived_by": null, "something": {"new": true},
    }]);
    document.as_object_mut().unwrap().insert("policies".to_owned(), policies);
    let policy = read(&document).unwrap().report.policies.remove(0);
    assert_eq!((policy.ended(), policy.evidence_omitted), (Status::Fail, 4));
    let denial = policy.evidence.first().unwrap();
    assert_eq!(denial.waived_by.as_deref(), Some("W1"));
}

/// Nothing that decides may be missing, doubled or a word that nobody knows.
#[test]
fn nothing_is_guessed() {
    let kind = |error: PreviousError| match error {
        PreviousError::Malformed(_) => "malformed",
        PreviousError::OtherSchema { .. } => "schema",
        PreviousError::UnknownWord { .. } => "word",
    };
    for (pointer, value, expect) in [
        ("/schema", json!("drift.report/v2"), "schema"),
        ("/schema", json!(null), "malformed"),
        ("/changes", json!(null), "malformed"),
        ("/changes/0/id", json!(7), "malformed"),
        ("/changes/0/severity", json!("loud"), "malformed"),
        ("/problems", json!({}), "malformed"),
        ("/verdict/status", json!("fine"), "word"),
        ("/scope/only", json!("entries"), "malformed"),
        ("/policies", json!([{"id": "a/b", "status": "good", "severity": "low"}]), "word"),
        ("/policies", json!([{"id": "a/b", "status": "pass"}]), "malformed"),
    ] {
        let mut document = old();
        *document.pointer_mut(pointer).unwrap() = value;
        assert_eq!(read(&document).map_err(kind).err(), Some(expect), "{pointer}");
    }
    for name in ["verdict", "changes", "problems", "coverage", "baseline", "scope", "tool"] {
        let mut document = old();
        document.as_object_mut().unwrap().remove(name);
        assert_eq!(read(&document).map_err(kind).err(), Some("malformed"), "{name}");
    }
    let text = old().to_string();
    let twice = text.replacen('{', "{\"problems\": [],", 1);
    for bytes in [
        twice.as_bytes(),
        b"",
        b"[]",
        b"{\"record\":\"start\",\"schema\":\"drift.report/v1\"}",
        text.trim_end_matches('}').as_bytes(),
        "[".repeat(100_000).as_bytes(),
        b"\xff",
    ] {
        let read = Previous::read("x", bytes, false);
        assert!(matches!(read, Err(PreviousError::Malformed(_))));
    }
}

//! The published schema: it and the document name the same members and the same words.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Stdio;

use drift_core::model::{Cause, FileType, Severity, Stage};
use serde_json::Value;

use super::{HOSTILE, clean, hostile, incomplete, plain, untrusted, written, zero_configuration};

const SCHEMA: &str = include_str!("../../../../docs/schema/drift.report.v1.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).expect("the schema is JSON")
}

/// Follows `$ref`, alone or as the other choice than null.
fn resolved<'s>(root: &'s Value, mut schema: &'s Value) -> &'s Value {
    loop {
        let reference = schema.get("$ref").or_else(|| schema.pointer("/oneOf/1/$ref"));
        let Some(pointer) = reference.and_then(Value::as_str) else { return schema };
        schema = root.pointer(pointer.trim_start_matches('#')).expect("references lead somewhere");
    }
}

/// Collects the members that a schema allows; every object must be closed or a map of counts.
fn declared(root: &Value, schema: &Value, at: &str, into: &mut BTreeSet<String>) {
    let described = schema.get("description").is_some();
    let schema = resolved(root, schema);
    assert!(described || schema.get("description").is_some() || at.ends_with("[]"), "{at}");
    if let Some(items) = schema.get("items") {
        declared(root, items, &format!("{at}[]"), into);
    }
    let Some(members) = schema.get("properties").and_then(Value::as_object) else { return };
    assert_eq!(schema["additionalProperties"], false, "{at}");
    for (name, member) in members {
        let path = format!("{at}.{name}");
        declared(root, member, &path, into);
        into.insert(path);
    }
}

/// Collects the members that a document has; maps of counts and references are leaves.
fn present(value: &Value, at: &str, into: &mut BTreeSet<String>) {
    const MAPS: [&str; 11] = [
        ".summary.changes.by_cause",
        ".summary.changes.by_severity",
        ".summary.policies",
        ".policies[].references",
        ".target.image.annotations",
        ".target.image.config.environment_values",
        ".target.image.config.labels",
        ".baseline.provenance",
        ".baseline.image.annotations",
        ".baseline.image.config.environment_values",
        ".baseline.image.config.labels",
    ];
    if let Some(items) = value.as_array() {
        items.iter().for_each(|item| present(item, &format!("{at}[]"), into));
    }
    let Some(members) = value.as_object().filter(|_| !MAPS.contains(&at)) else { return };
    for (name, member) in members {
        let path = format!("{at}.{name}");
        present(member, &path, into);
        into.insert(path);
    }
}

#[test]
fn schema_and_document_name_the_same_members() {
    let root = schema();
    let (mut allowed, mut emitted) = (BTreeSet::new(), BTreeSet::new());
    declared(&root, &root, "", &mut allowed);
    let full = serde_json::to_value(hostile(b"\xff")).expect("a report is JSON");
    present(&full, "", &mut emitted);
    assert_eq!(allowed, emitted);
    assert!(allowed.len() > 130, "{}", allowed.len());
}

#[test]
fn schema_and_model_name_the_same_words() {
    let root = schema();
    let words = |pointer: &str| -> BTreeSet<String> {
        let list = root.pointer(pointer).and_then(Value::as_array).expect("an enum stands there");
        list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let set = |names: &mut dyn Iterator<Item = &'static str>| -> BTreeSet<String> {
        names.map(str::to_owned).collect()
    };
    assert_eq!(words("/$defs/cause/enum"), set(&mut Cause::ALL.iter().map(|c| c.name())));
    assert_eq!(words("/$defs/severity/enum"), set(&mut Severity::ALL.iter().map(|s| s.name())));
    assert_eq!(
        words("/$defs/problem/properties/stage/enum"),
        set(&mut Stage::ALL.iter().map(|s| s.name()))
    );
    assert_eq!(
        words("/$defs/change/properties/type/enum"),
        set(&mut FileType::ALL.iter().map(|t| t.name()))
    );
}

/// The oracle is the `jsonschema` package of PyPI, which must also refuse what is wrong.
#[test]
fn an_independent_validator_accepts_every_document() {
    const PROGRAM: &str = "
import json, sys
from jsonschema import Draft202012Validator
schema = json.loads(sys.stdin.readline())
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
for line in sys.stdin:
    errors = list(validator.iter_errors(json.loads(line)))
    print('valid' if not errors else errors[0].json_path + ': ' + errors[0].message[:200])
";
    let mut reports = vec![plain(), clean(), incomplete(), untrusted(), zero_configuration()];
    reports.extend(HOSTILE.iter().map(|bytes| hostile(bytes)));
    let mut documents: Vec<Value> = reports
        .iter()
        .map(|report| written("json", report, super::PLAIN))
        .map(|text| serde_json::from_str(&text).expect("the format is JSON"))
        .collect();
    let good = documents.len();
    let wrong = broken(&documents[0]);
    let expected_wrong = wrong.len();
    documents.extend(wrong);
    let input: Vec<String> = std::iter::once(schema().to_string())
        .chain(documents.iter().map(ToString::to_string))
        .collect();
    let Some(output) = python(PROGRAM, &input.join("\n")) else { return };
    let answers: Vec<&str> = output.lines().collect();
    assert_eq!(answers.len(), good + expected_wrong);
    for answer in &answers[..good] {
        assert_eq!(*answer, "valid");
    }
    for (answer, document) in answers[good..].iter().zip(&documents[good..]) {
        assert_ne!(*answer, "valid", "{document}");
    }
}

/// Documents with one thing wrong each: every object with a member too many, words of no list.
fn broken(document: &Value) -> Vec<Value> {
    let mut documents = Vec::new();
    for pointer in [
        "",
        "/tool",
        "/scope",
        "/target",
        "/target/identity",
        "/baseline",
        "/target/image",
        "/target/image/config",
        "/target/image/layers/0",
        "/target/image/history/0",
        "/target/image/secrets/0",
        "/baseline",
        "/baseline/composed_of/0",
        "/baseline/signers/0",
        "/manifests/0",
        "/verdict",
        "/coverage",
        "/coverage/mounts_not_entered/0",
        "/coverage/excluded/0",
        "/problems/0",
        "/changes/0",
        "/changes/0/attributes/0",
        "/changes/0/package",
        "/policies/0",
        "/policies/0/evidence/0",
        "/policy_origins/0",
        "/tailoring",
        "/tailoring/profiles/0",
        "/tailoring/parameters/0",
        "/policies/0/tailored",
        "/waiver_origin",
        "/waivers/0",
        "/waivers/0/match",
        "/summary",
        "/summary/changes",
        "/summary/score",
    ] {
        let mut wrong = document.clone();
        let object = wrong.pointer_mut(pointer).and_then(Value::as_object_mut);
        object.expect("the sample has it").insert("extra".to_owned(), Value::Null);
        documents.push(wrong);
    }
    for pointer in [
        "/schema",
        "/started",
        "/target/kind",
        "/baseline/kind",
        "/verdict/status",
        "/verdict/exit_code",
        "/problems/0/stage",
        "/problems/0/errno",
        "/changes/0/subject",
        "/changes/0/kind",
        "/changes/0/type",
        "/changes/0/cause",
        "/changes/0/severity",
        "/policies/0/status",
        "/policy_origins/0/kind",
        "/policies/0/tailored/severity",
        "/policies/0/evidence/0/id",
        "/waivers/0/match/cause",
        "/waivers/0/match/change",
        "/waivers/0/expires",
        "/waivers/0/state",
        "/summary/recommendation",
        "/scope/fail_on",
    ] {
        let mut wrong = document.clone();
        *wrong.pointer_mut(pointer).expect("the sample has it") = Value::from("no such word");
        documents.push(wrong);
    }
    let mut wrong = document.clone();
    wrong["summary"]["changes"]["by_cause"]["no-such-cause"] = Value::from(1);
    documents.push(wrong);
    documents
}

/// Runs a Python program; `None` when this machine cannot and need not.
#[expect(clippy::disallowed_methods, reason = "the oracle is another program")]
fn python(program: &str, input: &str) -> Option<String> {
    let python = drift_testkit::need::python_module("jsonschema")?;
    let mut command = std::process::Command::new(python);
    command.args(["-c", program]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("it ran a moment ago");
    let mut stdin = child.stdin.take().expect("because it is piped");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("it can be waited for");
    writer.join().expect("it does not panic").expect("the program reads everything");
    assert!(output.status.success(), "the validator failed");
    Some(String::from_utf8(output.stdout).expect("it prints UTF-8"))
}

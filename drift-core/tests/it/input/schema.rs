//! The published schema: every input validates against it, and what it shares with the report has the
//! report's shape.

use std::collections::BTreeSet;

use drift_core::capture::Parts;
use drift_core::check::{Reference, Target};
use drift_core::policy::INPUT_SCHEMA_TEXT;
use drift_core::source::{Errno, Faulty, Operation, Selection};
use serde_json::Value;

use super::{Asked, checked, memory, set, system};

const REPORT: &str = include_str!("../../../../docs/schema/drift.report.v1.json");

const VALIDATOR: &str = "
import json, sys
from jsonschema import Draft202012Validator
schema = json.loads(sys.stdin.readline())
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
for line in sys.stdin:
    errors = list(validator.iter_errors(json.loads(line)))
    print('valid' if not errors else errors[0].json_path + ': ' + errors[0].message[:300])
";

fn schema() -> Value {
    serde_json::from_str(INPUT_SCHEMA_TEXT).expect("the schema is JSON")
}

/// Inputs of many kinds: whole, damaged, without entries, without a baseline, with odd names.
pub(super) fn inputs() -> Vec<Value> {
    let asked = Asked {
        rules: super::DENIES_NOTHING,
        paths: "[/etc/passwd, /none, /srv/strange, '/usr/**', '/none/*', /tmp/odd, '/srv/net/*']",
        section: "",
    };
    let odd = || {
        let mut volume = system();
        volume.file(b"tmp/\xff\n", b"1").mode(0o4777).mtime(-62_200_000_000, 1);
        volume.symlink(b"tmp/odd", b"\xfe");
        volume.file(b"etc/group", b"root:x:0:\nroot:x:0:\nbad\n+\n");
        volume.file(b"home/ann/.ssh/authorized_keys", b"1");
        volume.mount(b"srv/net", "nfs4");
        volume
    };
    let before = memory(system());
    let mut outcomes = Vec::new();
    let mut add = |target: &dyn drift_core::source::Source, rules: &str, parts| {
        let reference = Reference::Other(Target::Live(&before));
        outcomes.push(checked(&Target::Live(target), &reference, set(&[asked]), rules, parts));
    };
    let entries = Parts { entries: true, packages: false };
    add(&memory(system()), "read-only /", Parts::ALL);
    add(&memory(odd()), "read-only /", Parts::ALL);
    add(&memory(odd()), "secret /\nignore /home", entries);
    add(&memory(system()), "read-only /", Parts { entries: false, packages: true });
    for (operation, name) in [
        (Operation::OpenDirectory, &b"etc"[..]),
        (Operation::Stat, b"sudo"),
        (Operation::Open, b"passwd"),
        (Operation::Xattrs, b"sudo"),
        (Operation::List, b"srv"),
        (Operation::Read, b"shadow"),
        (Operation::ReadLink, b"bin"),
    ] {
        let target = memory(Faulty::on(system(), operation, name, Errno::IO));
        add(&target, "read-only /", Parts::ALL);
    }
    let target = memory(odd());
    let outcome = checked(
        &Target::Live(&target),
        &Reference::PackageDatabase,
        set(&[asked]),
        "read-only /",
        Parts::ALL,
    );
    outcomes.push(outcome);
    let root = drift_testkit::TempRoot::new();
    crate::image::layout::write(root.path(), &crate::image::layout::good());
    let locator = format!("oci:{}", root.path().display());
    let image = drift_core::source::open(&locator, &Selection::default()).unwrap();
    let reference = Reference::Other(Target::Live(&before));
    let asked = set(&[asked]);
    outcomes.push(checked(&Target::Live(&*image), &reference, asked, "read-only /", Parts::ALL));
    let value = |outcome: drift_core::check::Outcome| {
        serde_json::to_value(&outcome.input.unwrap().value).unwrap()
    };
    outcomes.into_iter().map(value).collect()
}

#[test]
fn an_independent_validator_accepts_every_input() {
    let mut documents = inputs();
    let good = documents.len();
    let whole = documents[1].clone();
    for pointer in [
        "",
        "/target",
        "/baseline",
        "/coverage",
        "/accounts",
        "/accounts/users/ann",
        "/accounts/groups/root",
        "/accounts/duplicates/0",
        "/accounts/malformed/0",
        "/settings",
        "/settings/ld_so_preload/libraries/0",
        "/lists",
        "/lists/setuid/0",
        "/files/~1etc~1passwd",
        "/files/~1usr~1**",
        "/changes/0",
    ] {
        let mut wrong = whole.clone();
        let object = wrong.pointer_mut(pointer).and_then(Value::as_object_mut);
        object.unwrap_or_else(|| panic!("{pointer}")).insert("extra".to_owned(), Value::Null);
        documents.push(wrong);
        let mut wrong = whole.clone();
        let object = wrong.pointer_mut(pointer).and_then(Value::as_object_mut).unwrap();
        let optional = |name: &String| name.ends_with("_b64");
        let first = object.keys().find(|name| !optional(name)).cloned().unwrap();
        object.remove(&first);
        documents.push(wrong);
    }
    let lines: Vec<String> = std::iter::once(schema().to_string())
        .chain(documents.iter().map(Value::to_string))
        .collect();
    let Some(python) = drift_testkit::need::python_module("jsonschema") else { return };
    let output = super::python(&python, VALIDATOR, &lines);
    let answers: Vec<&str> = output.lines().collect();
    assert_eq!(answers.len(), documents.len());
    for (at, answer) in answers[..good].iter().enumerate() {
        assert_eq!(*answer, "valid", "input {at}");
    }
    for answer in &answers[good..] {
        assert_ne!(*answer, "valid");
    }
}

/// Every member that the schema has is one that some input shows, so that it promises nothing else.
#[test]
fn the_inputs_show_every_member_of_a_file_and_an_account() {
    let root = schema();
    let documents = inputs();
    for (definition, pointer) in [
        ("file", "/lists/setuid"),
        ("user", "/accounts/users"),
        ("group", "/accounts/groups"),
        ("lists", "/lists"),
        ("accounts", "/accounts"),
    ] {
        let declared = root.pointer(&format!("/$defs/{definition}/properties")).unwrap();
        let declared: BTreeSet<&String> = declared.as_object().unwrap().keys().collect();
        let mut shown = BTreeSet::new();
        for value in documents.iter().filter_map(|document| document.pointer(pointer)) {
            let own = ["lists", "accounts"].contains(&definition).then_some(value);
            let items = value.as_array().into_iter().flatten();
            let members = value.as_object().into_iter().flat_map(|object| object.values());
            for object in own.into_iter().chain(items).chain(members).filter_map(Value::as_object) {
                if own.is_none() || Some(object) == value.as_object() {
                    shown.extend(object.keys());
                }
            }
        }
        assert_eq!(declared, shown, "{definition}");
    }
}

/// What both documents define, they define alike, but for words of description.
#[test]
fn what_the_report_has_too_has_its_shape() {
    let (input, report) = (schema(), serde_json::from_str::<Value>(REPORT).unwrap());
    let mut same = 0;
    let definitions = input["$defs"].as_object().unwrap();
    for (name, definition) in definitions {
        let Some(other) = report["$defs"].get(name).filter(|_| name != "target") else { continue };
        let members = |definition: &Value| definition["properties"].as_object().cloned();
        if let (Some(own), Some(others)) = (members(definition), members(other)) {
            for (member, other) in others {
                assert_eq!(own.get(&member).map(shape), Some(shape(&other)), "{name}.{member}");
            }
        } else {
            assert_eq!(shape(definition), shape(other), "{name}");
        }
        same += 1;
    }
    assert!(same > 20, "{same}");
}

fn shape(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, value)| {
                // A member of this name is an object; a description is a text.
                name.as_str() != "description" || !value.is_string()
            });
            kept.map(|(name, value)| (name.clone(), shape(value))).collect()
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(shape).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        other => other.clone(),
    }
}

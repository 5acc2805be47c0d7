//! drift.toml, the state directory and the deadline: what an installed and scheduled drift obeys.

mod choice;
mod deadline;
mod files;
mod first;
mod owners;
mod precedence;
mod state;

use drift_testkit::{command, need};

use crate::stage::LIMIT;

/// Fails unless another program finds the report in a file valid by the published schema.
fn valid(file: &str) {
    let Some(python) = need::python_module("jsonschema") else { return };
    let program = "import json, sys, jsonschema
jsonschema.Draft202012Validator(json.load(open(sys.argv[1]))).validate(json.load(open(sys.argv[2])))";
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/schema/drift.report.v1.json");
    let _valid = command::run_within(LIMIT, &python, ["-c", program, schema, file]).expect(0);
}

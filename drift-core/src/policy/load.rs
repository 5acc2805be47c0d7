//! From files to a set: parse, lint, and refuse all of it when one thing is wrong.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Severity;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::engine::{Engine, Value, to_value};
use super::metadata::{Block, Metadata, block};
use super::packs::LIBRARY;
use super::parts;
use super::set::{Parameter, Policy, PolicyFile, PolicyId, PolicySet, Selection, SourceSet};
use super::tailoring::Tailoring;

/// The rules that a policy answers with.
const ANSWERS: [&str; 3] = ["deny", "not_applicable", "not_checked"];

/// Loads every policy of these origins. Tests (`*_test.rego`) are kept, and not evaluated.
pub fn load(sources: Vec<SourceSet>) -> Result<PolicySet, Diagnostics> {
    let mut set = PolicySet {
        origins: Vec::new(),
        policies: Vec::new(),
        parameters: BTreeMap::new(),
        tailoring: Tailoring::default(),
        files: Vec::new(),
        engines: Vec::new(),
    };
    let mut wrong = Vec::new();
    for source in sources {
        let mut engine = Engine::new();
        for (name, text) in LIBRARY {
            add(&mut engine, name, text, &mut wrong);
        }
        for file in source.files.iter().filter(|file| is_module(&file.name)) {
            add(&mut engine, &file.name, &file.text, &mut wrong);
            if is_policy(&file.name) {
                match policy(file, set.origins.len()) {
                    Ok(policy) => set.policies.push(policy),
                    Err(diagnostic) => wrong.push(*diagnostic),
                }
            }
        }
        set.origins.push(source.origin);
        set.files.push(source.files);
        set.engines.push(engine);
    }
    if !wrong.is_empty() {
        return Err(Diagnostics(wrong));
    }
    set.policies.sort_by(|one, other| one.id.cmp(&other.id));
    for policy in &set.policies {
        for parameter in &policy.parameters {
            set.parameters.insert(parameter.name.clone(), parameter.default.clone());
        }
    }
    parts::add(&mut set);
    Ok(set)
}

fn is_test(name: &str) -> bool {
    name.ends_with("_test.rego")
}

/// Whether it is evaluated: no test, and no profile.
fn is_module(name: &str) -> bool {
    name.ends_with(".rego") && !is_test(name)
}

fn is_policy(name: &str) -> bool {
    name.ends_with(".rego") && !is_test(name) && !name.starts_with("lib/")
}

fn add(engine: &mut Engine, name: &str, text: &str, wrong: &mut Vec<Diagnostic>) {
    if let Err(message) = engine.add(name, text) {
        wrong.push(Diagnostic::of_file(name, "syntax", message));
    }
}

fn policy(file: &PolicyFile, origin: usize) -> Result<Policy, Box<Diagnostic>> {
    let refuse = |message: String| Box::new(Diagnostic::of_file(&file.name, "metadata", message));
    let Block { line, yaml } =
        block(&file.text).ok_or_else(|| refuse("no # METADATA above package".to_owned()))?;
    let metadata: Metadata =
        serde_saphyr::from_str(&yaml).map_err(|error| refuse(error.to_string()))?;
    let custom = metadata.custom;
    let id = PolicyId::parse(&custom.id).map_err(|error| refuse(error.to_string()))?;
    let severity = Severity::ALL
        .into_iter()
        .find(|severity| severity.name() == custom.severity)
        .ok_or_else(|| refuse(format!("no severity {:?}", custom.severity)))?;
    let parameters = custom.parameters.into_iter().map(|(name, parameter)| {
        let default = to_value(&parameter.default).unwrap_or(Value::NULL);
        Parameter { name, description: parameter.description, default }
    });
    let answers = ANSWERS.iter().filter(|rule| file.text.contains(&format!("\n{rule} ")));
    Ok(Policy {
        package: id.package(),
        id,
        title: metadata.title,
        severity,
        rationale: custom.rationale,
        remediation: custom.remediation,
        references: custom.references,
        paths: custom.paths,
        parameters: parameters.collect(),
        sections: BTreeSet::new(),
        rules: answers.map(|rule| (*rule).to_owned()).collect(),
        file: file.name.clone(),
        line,
        origin,
        selection: Selection::Selected,
    })
}

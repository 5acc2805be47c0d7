//! References to rules, functions, packages and parameters: each must exist, and be one that this
//! file may use.

use std::collections::{BTreeMap, BTreeSet};

use super::super::syntax::{RuleKind, Span, TermId, TermKind};
use super::builtins::{self, ALLOWED};
use super::link::{Linked, Parsed, PartName, Role, Target};
use super::names::{Meaning, unbound};
use super::nearest::meant;
use super::{Check, codes};

/// Checks every reference and every call; returns which parameters each policy reads, by file.
pub(super) fn references(
    check: &mut Check<'_, '_>,
    linked: &Linked<'_, '_>,
) -> Vec<BTreeMap<String, Span>> {
    let mut read = Vec::new();
    for (place, file) in linked.files.iter().enumerate() {
        let mut parameters = BTreeMap::new();
        for reference in linked.references.get(place).into_iter().flatten() {
            let span = file.module.span(reference.term);
            match &reference.target {
                Target::Unknown { message, known } => {
                    let refused = file.refuse(span, codes::REFERENCE, message.clone());
                    let last = message.rsplit('"').nth(1).unwrap_or_default();
                    check.push(refused.help(meant(last, known.iter().map(String::as_str))));
                }
                Target::Computed => {
                    let message = "a package and its rules must be named by literals";
                    check.push(file.refuse(span, codes::KEY, message));
                }
                Target::Rule { rule, .. } => foreign(check, linked, file, span, *rule),
                Target::Parameter(parts) if file.role != Role::Test => {
                    match parts.first().map(|part| &part.name) {
                        None => {
                            let message = "data.params as a whole is no value: name the parameter";
                            check.push(file.refuse(span, codes::WHOLE, message));
                        }
                        Some(PartName::Computed(key)) => {
                            let message = "a parameter must be named by a literal";
                            let span = file.module.span(*key);
                            check.push(file.refuse(span, codes::KEY, message));
                        }
                        Some(PartName::Literal(_)) if file.role == Role::Library => {
                            let message = "a helper has no parameters of its own";
                            let refused = file.refuse(span, codes::PARAMETER, message);
                            check.push(refused.help("take the value as an argument"));
                        }
                        Some(PartName::Literal(name)) => {
                            parameters.entry(name.to_string()).or_insert(span);
                        }
                    }
                }
                Target::Parameter(_) | Target::Input(_) | Target::Builtin(_) | Target::Local => {}
            }
        }
        hidden(check, linked, place, file);
        imports(check, linked, file);
        calls(check, linked, place, file);
        for term in
            linked.names.get(place).map(|names| unbound(&file.module, names)).into_iter().flatten()
        {
            let message = "nothing binds this variable, so that it is never anything";
            check.push(file.refuse(file.module.span(term), codes::COMPILE, message));
        }
        read.push(parameters);
    }
    read
}

/// A policy stands alone: what another one looks at, and whether it is left out, is not its business.
fn foreign(
    check: &mut Check<'_, '_>,
    linked: &Linked<'_, '_>,
    file: &Parsed<'_>,
    span: Span,
    rule: usize,
) {
    let Some(named) = linked.rules.get(rule) else { return };
    let own = file.module.package_name();
    let may = named.package == own || named.package.starts_with("drift.lib.");
    let is_test = named.package.ends_with("_test");
    if file.role != Role::Test && (!may || is_test && named.package != own) {
        let message = format!("{}.{} belongs to another policy", named.package, named.name);
        let refused = file.refuse(span, codes::REFERENCE, message);
        check.push(refused.help("put what both need into a package below drift.lib"));
    }
}

/// The names of what a policy is given.
const GIVEN: [&str; 2] = ["input", "data"];

/// A variable that is named like what is given hides it: members of it would be nobody's.
fn hidden(check: &mut Check<'_, '_>, linked: &Linked<'_, '_>, place: usize, file: &Parsed<'_>) {
    let Some(names) = linked.names.get(place) else { return };
    for (at, term) in file.module.terms.iter().enumerate() {
        if let TermKind::Variable(name) = &term.kind
            && GIVEN.contains(&&**name)
            && matches!(names.meaning(TermId(at)), Some(Meaning::Local(_)))
        {
            let message = format!("a variable named {name} hides the {name} of the run");
            check.push(file.refuse(term.span, codes::HEAD, message).help("give it another name"));
        }
    }
}

fn imports(check: &mut Check<'_, '_>, linked: &Linked<'_, '_>, file: &Parsed<'_>) {
    let mut seen = BTreeSet::new();
    for import in &file.module.imports {
        if !seen.insert(&import.alias) {
            let message = format!("{:?} is imported twice", import.alias);
            check.push(file.refuse(import.span, codes::HEAD, message));
        }
        let is_given = GIVEN.contains(&&*import.alias);
        if is_given && !matches!(import.path.as_slice(), [only] if *only == import.alias) {
            let message = format!("an import as {0} hides the {0} of the run", import.alias);
            let refused = file.refuse(import.span, codes::HEAD, message);
            check.push(refused.help("import it under another name"));
        }
        let Some((root, names)) = import.path.split_first() else { continue };
        let joined = names.join(".");
        let is_language = matches!(&**root, "rego" | "future");
        if &**root == "input" && names.is_empty() && &*import.alias == "input" || is_language {
            continue;
        }
        if &**root == "data" {
            let is_parameter = names.first().is_some_and(|name| &**name == "params");
            let split = joined.rsplit_once('.');
            let is_rule =
                split.is_some_and(|(package, rule)| linked.number(package, rule).is_some());
            if !is_parameter && !is_rule && !linked.packages.contains_key(&joined) {
                let message = format!("there is no package and no rule {joined:?}");
                let refused = file.refuse(import.span, codes::REFERENCE, message);
                let known = linked.packages.keys().map(String::as_str);
                check.push(refused.help(meant(&joined, known)));
            }
        } else if names.is_empty() {
            let message = "the input as a whole cannot have another name";
            check.push(file.refuse(import.span, codes::WHOLE, message));
        }
    }
}

fn calls(check: &mut Check<'_, '_>, linked: &Linked<'_, '_>, place: usize, file: &Parsed<'_>) {
    let Some(names) = linked.names.get(place) else { return };
    for at in 0..file.module.terms.len() {
        let Some(TermKind::Call { function, arguments }) = file.module.kind(TermId(at)) else {
            continue;
        };
        let span = file.module.span(*function);
        match linked.target(file, names, *function) {
            Target::Builtin(name) => builtin(check, file, span, &name, arguments.len()),
            Target::Rule { rule, .. } => {
                let Some(named) = linked.rules.get(rule) else { continue };
                let takes = named.places.first().and_then(|(file, place)| {
                    let module = linked.files.get(*file).map(|file| &file.module)?;
                    module.rules.get(*place).map(|rule| rule.arguments.len())
                });
                let takes = takes.unwrap_or_default();
                if named.kind != RuleKind::Function {
                    let message = format!("{} is no function", named.name);
                    check.push(file.refuse(span, codes::REFERENCE, message));
                } else if arguments.len() != takes && arguments.len() != takes.saturating_add(1) {
                    let message = format!("{} takes {takes} arguments", named.name);
                    check.push(file.refuse(span, codes::REFERENCE, message));
                }
            }
            Target::Unknown { .. } | Target::Computed => {}
            Target::Input(_) | Target::Parameter(_) | Target::Local => {
                check.push(file.refuse(span, codes::REFERENCE, "this is no function"));
            }
        }
    }
}

fn builtin(check: &mut Check<'_, '_>, file: &Parsed<'_>, span: Span, name: &str, given: usize) {
    if builtins::result(name).is_none() {
        let refused = match builtins::refusal(name) {
            Some(why) => {
                file.refuse(span, codes::BUILTIN, format!("a policy cannot call {name}: {why}"))
            }
            None => {
                let message = format!("there is no function {name:?} that a policy may call");
                let known = ALLOWED.iter().map(|(known, _)| *known);
                file.refuse(span, codes::BUILTIN, message).help(meant(name, known))
            }
        };
        return check.push(refused);
    }
    let takes = (check.arity)(name).unwrap_or(given);
    // One more is the form that binds the result: f(x, result).
    if given != takes && given != takes.saturating_add(1) {
        let message = format!("{name} takes {takes} arguments, not {given}");
        check.push(file.refuse(span, codes::BUILTIN, message));
    }
}

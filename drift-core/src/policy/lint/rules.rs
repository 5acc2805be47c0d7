//! The rules of a file: its package, their names, and what a policy answers with.

use std::collections::BTreeSet;

use super::super::diagnostic::Diagnostic;
use super::super::syntax::{Rule, RuleKind, Span, TermKind};
use super::link::{Linked, Parsed, Role};
use super::nearest::meant;
use super::recursion::Graph;
use super::{ANSWERS, Check, builtins, codes};

/// The members that a denial may have.
pub(in crate::policy) const MEMBERS: [&str; 6] =
    ["path", "line", "observed", "expected", "message", "package"];

/// Checks packages, heads and answers.
pub(super) fn rules(check: &mut Check<'_, '_>, linked: &Linked<'_, '_>, graph: &Graph) {
    for file in linked.files {
        package(check, linked, file);
        for rule in &file.module.rules {
            head(check, file, rule);
        }
        if file.role == Role::Policy {
            answers(check, file);
            unused(check, linked, graph, file);
        }
    }
    for (package, files) in &linked.packages {
        let mut files = files.iter().filter_map(|file| linked.files.get(*file));
        let Some(first) = files.next() else { continue };
        for other in files {
            let message = format!("{package} is the package of {} too", first.name);
            check.push(other.refuse(other.module.package_span, codes::PACKAGE, message));
        }
    }
}

fn package(check: &mut Check<'_, '_>, _linked: &Linked<'_, '_>, file: &Parsed<'_>) {
    let parts: Vec<&str> = file.module.package.iter().map(|part| &**part).collect();
    let is_plain = |part: &&str| {
        part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
            && part.starts_with(|first: char| first.is_ascii_lowercase())
    };
    let is_test = parts.last().is_some_and(|last| last.ends_with("_test"));
    let shape = match (parts.as_slice(), file.role) {
        (parts, _) if !parts.iter().all(is_plain) => Err("names of a-z, 0-9 and _"),
        (["drift", "lib", _, ..], Role::Library) if !is_test => Ok(()),
        (_, Role::Library) => Err("a helper stands in package drift.lib.NAME"),
        (["drift", "lib", ..], Role::Policy) => Err("a policy does not stand in drift.lib"),
        (["drift", _, _], Role::Policy) if !is_test => Ok(()),
        (_, Role::Policy) => Err("a policy stands in package drift.PACK.NAME"),
        (["drift", _, ..], Role::Test) if is_test => Ok(()),
        (_, Role::Test) => Err("tests stand in the package of the policy with _test at its end"),
    };
    if let Err(help) = shape {
        let message = format!("{} is no package for this file", file.module.package_name());
        let refused = file.refuse(file.module.package_span, codes::PACKAGE, message);
        check.push(refused.help(help));
    }
}

fn head(check: &mut Check<'_, '_>, file: &Parsed<'_>, rule: &Rule) {
    if rule.is_deep {
        let message = "a rule is named by a plain name, not by a path";
        check.push(file.refuse(rule.span, codes::HEAD, message));
    }
    if builtins::result(&rule.name).is_some() || builtins::refusal(&rule.name).is_some() {
        let message = format!("{} is the name of a function of the language", rule.name);
        check.push(file.refuse(rule.span, codes::HEAD, message));
    }
    if file.module.imports.iter().any(|import| import.alias == rule.name) {
        let message = format!("{} is the name of an import too", rule.name);
        check.push(file.refuse(rule.span, codes::HEAD, message));
    }
}

fn answers(check: &mut Check<'_, '_>, file: &Parsed<'_>) {
    for rule in file.module.rules.iter().filter(|rule| ANSWERS.contains(&&*rule.name)) {
        if rule.kind != RuleKind::Set || rule.key.is_none() {
            let message = format!("{} is no set of what was found", rule.name);
            let refused = file.refuse(rule.span, codes::DENY, message);
            check.push(refused.help(format!("write \"{} contains … if …\"", rule.name)));
            continue;
        }
        let Some(key) = rule.key else { continue };
        let kind = file.module.kind(key);
        if &*rule.name == "deny" {
            denial(check, file, kind, file.module.span(key));
        } else if is_certainly_no_text(kind) {
            let message = format!("{} is a set of sentences", rule.name);
            check.push(file.refuse(file.module.span(key), codes::DENIAL, message));
        }
    }
    if !file.module.rules.iter().any(|rule| &*rule.name == "deny") {
        let message = "a policy without a rule named deny denies nothing";
        let names = file.module.rules.iter().map(|rule| &*rule.name);
        let near = super::nearest::nearest("deny", names);
        let refused = file.refuse(file.module.package_span, codes::DENY, message);
        check.push(match near {
            Some(near) => refused.help(format!("is {near:?} meant to be it?")),
            None => refused.help("deny contains {\"path\": …, \"observed\": …} if …"),
        });
    }
}

fn denial(check: &mut Check<'_, '_>, file: &Parsed<'_>, kind: Option<&TermKind>, span: Span) {
    let refuse = |span, message: String| -> Diagnostic {
        let help = format!("a denial is an object of {}", MEMBERS.join(", "));
        file.refuse(span, codes::DENIAL, message).help(help)
    };
    match kind {
        Some(TermKind::Object(members)) => {
            if members.is_empty() {
                check.push(refuse(span, "an empty denial says nothing".to_owned()));
            }
            for (key, value) in members {
                let at = file.module.span(*key);
                match file.module.text(*key) {
                    Some(name) if MEMBERS.contains(&&**name) => {}
                    Some(name) => {
                        let message = format!("a denial has no {name:?}");
                        check.push(refuse(at, message).help(meant(name, MEMBERS)));
                    }
                    None => check.push(refuse(at, "a member must be a literal".to_owned())),
                }
                if file.module.kind(*value).is_some_and(has_parts) {
                    let message = "a value in a denial is a text, a number or a boolean".to_owned();
                    check.push(refuse(file.module.span(*value), message));
                }
            }
        }
        Some(kind) if has_parts(kind) || is_certainly_no_object(kind) => {
            check.push(refuse(span, "a denial is an object".to_owned()));
        }
        _ => {}
    }
}

fn has_parts(kind: &TermKind) -> bool {
    matches!(
        kind,
        TermKind::Array(_)
            | TermKind::Set(_)
            | TermKind::Object(_)
            | TermKind::Collected(_)
            | TermKind::Mapped(_)
    )
}

fn is_certainly_no_object(kind: &TermKind) -> bool {
    matches!(kind, TermKind::Text(_) | TermKind::Number | TermKind::Boolean | TermKind::Null)
}

fn is_certainly_no_text(kind: Option<&TermKind>) -> bool {
    kind.is_some_and(|kind| {
        has_parts(kind) || matches!(kind, TermKind::Number | TermKind::Boolean | TermKind::Null)
    })
}

/// A misspelt answer is a rule that nothing asks.
fn unused(check: &mut Check<'_, '_>, linked: &Linked<'_, '_>, graph: &Graph, file: &Parsed<'_>) {
    let package = file.module.package_name();
    let asked = ANSWERS.iter().filter_map(|answer| linked.number(&package, answer));
    let reached = graph.reached(asked);
    let mut told = BTreeSet::new();
    for rule in &file.module.rules {
        let number = linked.number(&package, &rule.name);
        if number.is_some_and(|number| reached.contains(&number)) || !told.insert(&rule.name) {
            continue;
        }
        let message = format!("nothing asks the rule {:?}", rule.name);
        let refused = file.refuse(rule.span, codes::UNUSED, message);
        check.push(match super::nearest::nearest(&rule.name, ANSWERS) {
            Some(near) => refused.help(format!("did you mean {near:?}?")),
            None => refused.help("a policy answers with deny, not_applicable and not_checked"),
        });
    }
}

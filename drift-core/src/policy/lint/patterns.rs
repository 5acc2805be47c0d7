//! Patterns of objects: a misspelt member in one matches nothing, and what matches nothing passes.

use super::super::syntax::{Module, StatementKind, TermId, TermKind};
use super::link::{Linked, Parsed, Role};
use super::{Check, codes};

/// Refuses objects wherever a value would be matched against them.
pub(super) fn patterns(check: &mut Check<'_, '_>, linked: &Linked<'_, '_>) {
    for file in linked.files.iter().filter(|file| file.role != Role::Test) {
        for pattern in matched(&file.module) {
            refuse(check, file, pattern);
        }
    }
}

/// Returns all terms that values are matched against.
fn matched(module: &Module) -> Vec<TermId> {
    let mut found: Vec<TermId> = Vec::new();
    for term in &module.terms {
        match &term.kind {
            TermKind::Assigned { declares: true, left, .. } => found.push(*left),
            TermKind::Assigned { left, right, .. } => found.extend([left, right]),
            TermKind::Member { key, .. } => found.push(*key),
            _ => {}
        }
    }
    for statement in module.queries.iter().flat_map(|(query, _)| &query.statements) {
        if let StatementKind::Some { key, value, .. } = &statement.kind {
            found.extend(key.iter().chain([value]));
        }
    }
    found.extend(module.rules.iter().flat_map(|rule| &rule.arguments));
    found
}

fn refuse(check: &mut Check<'_, '_>, file: &Parsed<'_>, pattern: TermId) {
    let mut work = vec![pattern];
    while let Some(term) = work.pop() {
        match file.module.kind(term) {
            Some(TermKind::Array(items)) => work.extend(items),
            Some(TermKind::Object(_)) => {
                let message = "no object is taken apart by a pattern: whether it has the members \
                               is not checked";
                let refused = file.refuse(file.module.span(term), codes::KEY, message);
                check.push(
                    refused.help("bind a variable and write variable.member; compare with =="),
                );
            }
            _ => {}
        }
    }
}

//! Parts of accounts that may be missing by themselves: which rules read them.
//!
//! [`parts`](super::super::parts) goes by the words of a text; this goes by what the terms hold, so that
//! an escape, a computed key, an iteration or a helper hides nothing. Both only add: a section too many
//! costs a pass, a section too few would be one that nobody earned.

use std::collections::{BTreeMap, BTreeSet};

use super::super::parts::PARTS;
use super::super::syntax::{Module, StatementKind, TermId, TermKind};
use super::Looks;
use super::link::{Linked, Parsed, PartName, Role, Target};
use super::shapes::Shapes;

/// Adds the parts that each rule reads to what it looks at.
pub(super) fn parts(
    linked: &Linked<'_, '_>,
    shapes: &Shapes<'_>,
    looks: &mut BTreeMap<usize, Looks>,
) {
    for (place, file) in linked.files.iter().enumerate() {
        if file.role == Role::Test {
            continue;
        }
        let mut reading = Reading { linked, shapes, place, file, looks };
        reading.named();
        reading.computed();
        reading.iterated();
        reading.compared();
    }
}

struct Reading<'r, 'l> {
    linked: &'r Linked<'l, 'l>,
    shapes: &'r Shapes<'r>,
    place: usize,
    file: &'r Parsed<'l>,
    looks: &'r mut BTreeMap<usize, Looks>,
}

impl Reading<'_, '_> {
    /// What a literal names, wherever it stands, and what an import names.
    fn named(&mut self) {
        let module = &self.file.module;
        for (at, term) in module.terms.iter().enumerate() {
            if let TermKind::Text(text) = &term.kind {
                self.add(TermId(at), |members| members.contains(&&**text));
            }
        }
        let linked = self.linked;
        for reference in linked.references.get(self.place).into_iter().flatten() {
            let Target::Input(path) = &reference.target else { continue };
            for part in path {
                if let PartName::Literal(name) = &part.name {
                    self.add(reference.term, |members| members.contains(&&**name));
                }
            }
        }
    }

    /// Members that an expression names, and functions that are given accounts.
    fn computed(&mut self) {
        let module = &self.file.module;
        for (at, term) in module.terms.iter().enumerate() {
            let is_read = match &term.kind {
                TermKind::Member { base, key } => {
                    module.text(*key).is_none()
                        && self.shapes.is_account(&self.shapes.of(self.place, *base))
                }
                TermKind::Call { function, arguments } => self.is_read_by(*function, arguments),
                _ => false,
            };
            if is_read {
                self.add(TermId(at), |_| true);
            }
        }
    }

    fn is_read_by(&self, function: TermId, arguments: &[TermId]) -> bool {
        let Some(names) = self.linked.names.get(self.place) else { return false };
        // Rules of policies are looked into by themselves.
        let Target::Builtin(name) = self.linked.target(self.file, names, function) else {
            return false;
        };
        let is_literal = arguments.get(1).is_some_and(|key| self.file.module.text(*key).is_some());
        let is_blind = match &*name {
            "count" | "object.keys" => true,
            "object.get" => is_literal,
            other => other.starts_with("is_"),
        };
        !is_blind && arguments.iter().any(|argument| self.reaches(*argument))
    }

    /// `some … in` and `every` over the members of an account.
    fn iterated(&mut self) {
        let module = &self.file.module;
        for statement in module.queries.iter().flat_map(|(query, _)| &query.statements) {
            let (StatementKind::Some { collection: over, .. }
            | StatementKind::Every { domain: over, .. }) = &statement.kind
            else {
                continue;
            };
            if self.shapes.is_account(&self.shapes.of(self.place, *over)) {
                self.add(*over, |_| true);
            }
        }
    }

    /// Operands of comparisons and of `in`: they are those terms that belong to nothing else.
    fn compared(&mut self) {
        let module = &self.file.module;
        let claimed = claimed(module);
        for term in (0..module.terms.len()).map(TermId) {
            if !claimed.contains(&term) && self.reaches(term) {
                self.add(term, |_| true);
            }
        }
    }

    fn reaches(&self, term: TermId) -> bool {
        self.shapes.reaches_account(&self.shapes.of(self.place, term))
    }

    fn add(&mut self, term: TermId, is_meant: impl Fn(&[&str]) -> bool) {
        for (section, members) in PARTS {
            if is_meant(members) {
                let owner = self.linked.owner(&self.file.module, term);
                self.looks.entry(owner).or_default().sections.insert(section.to_owned());
            }
        }
    }
}

/// The terms that a whole, a statement or a head has taken, each in a way that is known.
fn claimed(module: &Module) -> BTreeSet<TermId> {
    let mut claimed = BTreeSet::new();
    for term in &module.terms {
        match &term.kind {
            TermKind::Array(items) | TermKind::Set(items) => claimed.extend(items),
            TermKind::Object(members) => {
                claimed.extend(members.iter().flat_map(|(key, value)| [key, value]));
            }
            TermKind::Collected(part) | TermKind::Mapped(part) => drop(claimed.insert(*part)),
            TermKind::Call { function, arguments } => {
                claimed.insert(*function);
                claimed.extend(arguments);
            }
            TermKind::Member { base, key } => claimed.extend([base, key]),
            TermKind::Merged(one, other) => claimed.extend([one, other]),
            TermKind::Assigned { left, right, .. } => claimed.extend([left, right]),
            _ => {}
        }
    }
    for statement in module.queries.iter().flat_map(|(query, _)| &query.statements) {
        match &statement.kind {
            StatementKind::Some { key, value, collection } => {
                claimed.extend(key.iter().chain([value, collection]));
            }
            StatementKind::Holds(term) => drop(claimed.insert(*term)),
            StatementKind::Every { domain, .. } => drop(claimed.insert(*domain)),
            StatementKind::Declares(_) => {}
        }
        claimed.extend(statement.with.iter().flat_map(|(target, value)| [target, value]));
    }
    for rule in &module.rules {
        claimed.extend(rule.arguments.iter().chain(&rule.key).chain(&rule.values));
    }
    claimed
}

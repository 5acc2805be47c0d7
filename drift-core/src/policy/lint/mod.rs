//! What is refused when a policy is loaded, because it could read as a pass, hang, or depend on more
//! than its input.
//!
//! Each file is one kind of check; [`CODES`] is the table of all that they refuse. What they find on
//! the way, [`Facts`], is what drift believes of a policy: never what its author says.

mod apart;
mod builtins;
mod codes;
mod inputs;
mod link;
mod measure;
mod names;
mod nearest;
mod patterns;
mod recursion;
mod references;
mod rules;
mod schema;
mod shapes;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use codes::{CODES, Code};
pub(super) use codes::{
    COMPILE, ID, METADATA, METADATA_MEMBER, NESTING, PACKAGE, PARAMETER, PARAMETERS, PATH, SYNTAX,
    TEXT_SIZE,
};
pub(super) use link::{Parsed, Role};
pub(super) use measure::{MAX_FILE_BYTES, MAX_LINE_BYTES, measure};
pub(super) use nearest::meant;
pub(super) use schema::Schema;

use super::diagnostic::Diagnostic;
use super::syntax::Span;
use link::Linked;
use recursion::Graph;
use shapes::Shapes;

/// The rules that a policy answers with.
pub(super) const ANSWERS: [&str; 3] = ["deny", "not_applicable", "not_checked"];

/// What a run of the checks needs and collects.
pub(super) struct Check<'c, 'a> {
    pub(super) schema: &'c Schema,
    /// How many arguments a built-in takes.
    pub(super) arity: &'a dyn Fn(&str) -> Option<usize>,
    pub(super) found: Vec<Diagnostic>,
}

impl Check<'_, '_> {
    fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }
}

/// What one rule looks at.
#[derive(Debug, Clone, Default)]
pub(super) struct Looks {
    /// As [`Policy::sections`](super::set::Policy::sections) names them.
    pub(super) sections: BTreeSet<String>,
    /// Keys of `input.files`, with the file and the place of the first use.
    pub(super) files: BTreeMap<String, (usize, Span)>,
}

/// What was found of one file.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// What its answers, and all that they need, look at.
    pub(super) looks: Looks,
    /// The parameters that it reads, and where first.
    pub(super) parameters: BTreeMap<String, Span>,
    /// Its rules among [`ANSWERS`].
    pub(super) answers: BTreeSet<String>,
}

/// Checks all modules of an origin together; returns what was found of each.
pub(super) fn lint(check: &mut Check<'_, '_>, files: &[Parsed<'_>]) -> Vec<Facts> {
    let linked = Linked::new(files);
    let graph = Graph::new(&linked);
    rules::rules(check, &linked, &graph);
    graph.refuse_circles(check, &linked);
    let parameters = references::references(check, &linked);
    let shapes = Shapes::new(check.schema, &linked);
    inputs::members(check, &linked, &shapes);
    patterns::patterns(check, &linked);
    inputs::mocks(check, &linked);
    let mut looks = inputs::looks(check, &linked);
    apart::parts(&linked, &shapes, &mut looks);
    let facts = files.iter().zip(parameters).map(|(file, parameters)| {
        let package = file.module.package_name();
        let answers = ANSWERS.iter().filter(|name| linked.number(&package, name).is_some());
        let numbers = ANSWERS.iter().filter_map(|name| linked.number(&package, name));
        let mut facts = Facts {
            looks: Looks::default(),
            parameters,
            answers: answers.map(|name| (*name).to_owned()).collect(),
        };
        for rule in graph.reached(numbers) {
            if let Some(one) = looks.get(&rule) {
                facts.looks.sections.extend(one.sections.iter().cloned());
                facts.looks.files.extend(one.files.clone());
            }
        }
        facts
    });
    facts.collect()
}

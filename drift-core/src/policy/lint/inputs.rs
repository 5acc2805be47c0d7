//! References to the input: every member must exist, and be named so that it is known what is seen.

use std::collections::BTreeMap;

use super::super::diagnostic::Diagnostic;
use super::super::syntax::{Span, TermId, TermKind};
use super::codes;
use super::link::{Linked, Parsed, Part, PartName, Role, Target};
use super::names::Meaning;
use super::nearest::meant;
use super::schema::{Schema, Step};
use super::shapes::{Atom, Shape, Shapes};
use super::{Check, Looks};

/// Members whose own members are told apart in [`Policy::sections`](super::super::set::Policy).
const TOLD_APART: [&str; 3] = ["facts", "lists", "settings"];

/// Refuses members that no input has.
pub(super) fn members(check: &mut Check<'_, '_>, linked: &Linked<'_, '_>, shapes: &Shapes<'_>) {
    for (place, file) in linked.files.iter().enumerate() {
        for at in 0..file.module.terms.len() {
            let term = TermId(at);
            let Some(kind) = file.module.kind(term) else { continue };
            match kind {
                TermKind::Member { base, key } => {
                    let base = shapes.of(place, *base);
                    member(check, shapes, file, &base, *key);
                }
                TermKind::Call { function, arguments } => {
                    let names = linked.names.get(place);
                    let target = names.map(|names| linked.target(file, names, *function));
                    let is_get =
                        matches!(target, Some(Target::Builtin(name)) if name == "object.get");
                    if let (true, [object, key, ..]) = (is_get, arguments.as_slice()) {
                        let object = shapes.of(place, *object);
                        if file.module.text(*key).is_some() {
                            member(check, shapes, file, &object, *key);
                        } else if !object.atoms.is_empty() && shapes.of(place, *key).is_collection()
                        {
                            let message = "a path of members is not checked against the input";
                            let refused = file.refuse(file.module.span(*key), codes::KEY, message);
                            check.push(refused.help("ask for one member after the other"));
                        }
                    }
                }
                _ => {}
            }
        }
        imports(check, file);
    }
}

fn member(
    check: &mut Check<'_, '_>,
    shapes: &Shapes<'_>,
    file: &Parsed<'_>,
    base: &Shape,
    key: TermId,
) {
    let nodes = base.atoms.iter().map(|atom| match atom {
        Atom::Node(node) => Some(*node),
        Atom::Of(_) => None,
    });
    let nodes: Option<Vec<_>> = nodes.collect();
    let Some(nodes) = nodes.filter(|nodes| !nodes.is_empty() && !base.anything) else { return };
    let span = file.module.span(key);
    let Some(name) = file.module.text(key) else {
        if shapes.element(base) == Shape::default() {
            let message = "the input has no list and no members here, only a single value";
            check.push(file.refuse(span, codes::INPUT, message));
        }
        return;
    };
    if shapes.member(base, name) != Shape::default() {
        return;
    }
    let known = nodes.iter().flat_map(|node| check.schema.names(*node));
    let known: Vec<&str> = known.collect();
    let refused = unknown(file, span, name, &known);
    check.push(refused);
}

fn unknown(file: &Parsed<'_>, span: Span, name: &str, known: &[&str]) -> Diagnostic {
    if name == "facts" {
        let message = "live facts are not observed by this version";
        return file.refuse(span, codes::INPUT, message);
    }
    let refused = file.refuse(span, codes::INPUT, format!("the input has no {name:?} here"));
    if known.is_empty() {
        refused.help("it is a list or a single value, and has no members")
    } else {
        refused.help(meant(name, known.iter().copied()))
    }
}

fn imports(check: &mut Check<'_, '_>, file: &Parsed<'_>) {
    for import in &file.module.imports {
        let Some((root, names)) = import.path.split_first() else { continue };
        if &**root != "input" {
            continue;
        }
        let mut at = vec![Schema::ROOT];
        for name in names {
            let mut next = Vec::new();
            for node in &at {
                match check.schema.member(*node, name) {
                    Step::Anything => return,
                    Step::Nodes(nodes) => next.extend(nodes),
                }
            }
            if next.is_empty() {
                let known = at.iter().flat_map(|node| check.schema.names(*node));
                let known: Vec<&str> = known.collect();
                let refused = unknown(file, import.span, name, &known);
                check.push(refused);
                break;
            }
            at = next;
        }
    }
}

/// Refuses what hides which part of the input is seen, and finds what each rule looks at.
pub(super) fn looks(check: &mut Check<'_, '_>, linked: &Linked<'_, '_>) -> BTreeMap<usize, Looks> {
    let mut found: BTreeMap<usize, Looks> = BTreeMap::new();
    for (place, file) in linked.files.iter().enumerate() {
        if file.role == Role::Test {
            continue;
        }
        for reference in linked.references.get(place).into_iter().flatten() {
            let Target::Input(parts) = &reference.target else { continue };
            let looks = found.entry(reference.owner).or_default();
            look(check, linked, place, (file, reference.term), parts, looks);
        }
    }
    found
}

fn look(
    check: &mut Check<'_, '_>,
    linked: &Linked<'_, '_>,
    place: usize,
    (file, term): (&Parsed<'_>, TermId),
    parts: &[Part],
    looks: &mut Looks,
) {
    let whole = file.module.span(term);
    let mut parts = parts.iter().map(|part| &part.name);
    let section = match parts.next() {
        None => {
            let message = "the input as a whole is no value: what would be seen of it is unknown";
            return check.push(file.refuse(whole, codes::WHOLE, message));
        }
        Some(PartName::Computed(key)) => {
            let message = "a member of the input must be named by a literal";
            return check.push(file.refuse(file.module.span(*key), codes::KEY, message));
        }
        Some(PartName::Literal(section)) => &**section,
    };
    let mut name = section.to_owned();
    let next = parts.next();
    if section == "files" || TOLD_APART.contains(&section) {
        match next {
            None => {
                let message = format!("input.{section} as a whole is no value: name what is meant");
                return check.push(file.refuse(whole, codes::WHOLE, message));
            }
            Some(PartName::Computed(key)) => {
                let message = format!("a member of input.{section} must be named by a literal");
                return check.push(file.refuse(file.module.span(*key), codes::KEY, message));
            }
            Some(PartName::Literal(member)) if section == "files" => {
                looks.files.entry(member.to_string()).or_insert((place, whole));
            }
            Some(PartName::Literal(member)) => name = format!("{section}.{member}"),
        }
        if section == "files" && file.role == Role::Library {
            let message = "a helper cannot look at input.files: only policies declare paths";
            let refused = file.refuse(whole, codes::PATH, message);
            return check.push(refused.help("take the file as an argument"));
        }
    }
    if let (true, Some(PartName::Computed(key))) = (section == "packages", next) {
        let names = linked.names.get(place);
        let is_any = names.and_then(|names| names.meaning(*key)) == Some(&Meaning::Wildcard);
        if !is_any {
            let message = "the package manager must be named by a literal";
            let refused = file.refuse(file.module.span(*key), codes::KEY, message);
            return check
                .push(refused.help("or ask all of them: some _, packages in input.packages"));
        }
    }
    looks.sections.insert(name);
}

/// Refuses inputs of tests that no run would ever give.
pub(super) fn mocks(check: &mut Check<'_, '_>, linked: &Linked<'_, '_>) {
    for (place, file) in linked.files.iter().enumerate() {
        let Some(names) = linked.names.get(place) else { continue };
        for (query, _) in &file.module.queries {
            for (target, value) in query.statements.iter().flat_map(|one| &one.with) {
                if file.role != Role::Test {
                    let message = "only a test may replace something with another value";
                    check.push(file.refuse(file.module.span(*target), codes::WITH, message));
                    continue;
                }
                let Target::Input(parts) = linked.target(file, names, *target) else { continue };
                mock(check, file, &parts, *value);
            }
        }
    }
}

fn mock(check: &mut Check<'_, '_>, file: &Parsed<'_>, parts: &[Part], value: TermId) {
    let mut at = vec![Schema::ROOT];
    for part in parts {
        let PartName::Literal(name) = &part.name else { return };
        let Some(next) = stepped(check.schema, &at, name) else { return };
        if next.is_empty() {
            let message = format!("the input has no {name:?} here");
            let known: Vec<&str> = at.iter().flat_map(|node| check.schema.names(*node)).collect();
            let refused = file.refuse(file.module.span(part.term), codes::MOCK, message);
            return check.push(refused.help(meant(name, known)));
        }
        at = next;
    }
    let mut work = vec![(value, at)];
    while let Some((term, at)) = work.pop() {
        match file.module.kind(term) {
            Some(TermKind::Object(members)) => {
                for (key, value) in members {
                    let Some(name) = file.module.text(*key) else { continue };
                    let Some(next) = stepped(check.schema, &at, name) else { continue };
                    if next.is_empty() {
                        let known = at.iter().flat_map(|node| check.schema.names(*node));
                        let known: Vec<&str> = known.collect();
                        let message = format!("no input has {name:?} here");
                        let refused = file.refuse(file.module.span(*key), codes::MOCK, message);
                        check.push(refused.help(meant(name, known)));
                    } else {
                        work.push((*value, next));
                    }
                }
            }
            Some(TermKind::Array(items)) => {
                let steps = at.iter().map(|node| check.schema.element(*node));
                let mut next = Vec::new();
                for step in steps {
                    match step {
                        Step::Anything => return,
                        Step::Nodes(nodes) => next.extend(nodes),
                    }
                }
                work.extend(items.iter().map(|item| (*item, next.clone())));
            }
            _ => {}
        }
    }
}

fn stepped(
    schema: &Schema,
    at: &[super::schema::NodeId],
    name: &str,
) -> Option<Vec<super::schema::NodeId>> {
    let mut next = Vec::new();
    for node in at {
        match schema.member(*node, name) {
            Step::Anything => return None,
            Step::Nodes(nodes) => next.extend(nodes),
        }
    }
    Some(next)
}

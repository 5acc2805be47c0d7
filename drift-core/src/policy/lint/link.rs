//! All modules of an origin together: which rule, parameter or member each reference names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::diagnostic::Diagnostic;
use super::super::syntax::{Module, RuleKind, Span, TermId, TermKind};
use super::names::{Meaning, Names, chain};

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) enum Role {
    /// Helpers for every policy.
    Library,
    /// One policy.
    Policy,
    /// Tests of a policy or of helpers.
    Test,
}

/// A file that the parser took.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Parsed<'t> {
    pub(in crate::policy) name: String,
    pub(in crate::policy) text: &'t str,
    pub(in crate::policy) role: Role,
    pub(in crate::policy) module: Module,
}

impl Parsed<'_> {
    /// Says something of a piece of it.
    pub(in crate::policy) fn refuse(
        &self,
        span: Span,
        code: &'static str,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::at(&self.name, self.text, span, code, message)
    }
}

/// One part of a path, and the term that ends with it.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) name: PartName,
    pub(super) term: TermId,
}

/// How a part is named.
#[derive(Debug, Clone)]
pub(super) enum PartName {
    /// By this text.
    Literal(Arc<str>),
    /// By a number, a variable or anything else: this term.
    Computed(TermId),
}

/// What a chain of members names.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// This member of the input.
    Input(Vec<Part>),
    /// This member of the parameters.
    Parameter(Vec<Part>),
    /// This rule, by number, which the term `at` names.
    Rule { rule: usize, at: TermId },
    /// No rule that there is.
    Unknown { message: String, known: Vec<String> },
    /// A built-in, if there is one of this name.
    Builtin(String),
    /// A part of data that is not named literally.
    Computed,
    /// A local variable, or a member of some other expression.
    Local,
}

/// A chain of members, as long as it goes.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub(super) term: TermId,
    pub(super) target: Target,
    /// The rule that it stands in, by number.
    pub(super) owner: usize,
}

/// A rule under one name, with all its heads.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) name: Arc<str>,
    pub(super) package: String,
    pub(super) kind: RuleKind,
    /// File, and place in its module.
    pub(super) places: Vec<(usize, usize)>,
}

/// The modules of an origin, with every name resolved.
#[derive(Debug)]
pub(super) struct Linked<'f, 't> {
    pub(super) files: &'f [Parsed<'t>],
    pub(super) names: Vec<Names>,
    /// By file.
    pub(super) references: Vec<Vec<Reference>>,
    pub(super) rules: Vec<Named>,
    numbers: BTreeMap<(String, Arc<str>), usize>,
    pub(super) packages: BTreeMap<String, Vec<usize>>,
}

impl<'f, 't> Linked<'f, 't> {
    /// Links these files.
    pub(super) fn new(files: &'f [Parsed<'t>]) -> Self {
        let mut linked = Self {
            files,
            names: Vec::new(),
            references: Vec::new(),
            rules: Vec::new(),
            numbers: BTreeMap::new(),
            packages: BTreeMap::new(),
        };
        for (place, file) in files.iter().enumerate() {
            linked.collect(place, &file.module);
        }
        for file in files {
            let package = file.module.package_name();
            let own: BTreeSet<Arc<str>> = linked.own_rules(&package).map(Arc::clone).collect();
            linked.names.push(Names::resolve(&file.module, &own));
        }
        for place in 0..files.len() {
            let references = linked.references_of(place);
            linked.references.push(references);
        }
        linked
    }

    /// Returns the number of a rule.
    pub(super) fn number(&self, package: &str, name: &str) -> Option<usize> {
        self.numbers.get(&(package.to_owned(), Arc::from(name))).copied()
    }

    /// Returns the names of the rules of a package. A scan over all rules, for every one of some
    /// thousand files, would be most of the time that loading takes.
    fn own_rules<'s>(&'s self, package: &'s str) -> impl Iterator<Item = &'s Arc<str>> {
        let first = (package.to_owned(), Arc::from(""));
        let from_there = self.numbers.range(first..).map(|(key, _)| key);
        let own = from_there.take_while(move |(of, _)| of == package);
        own.map(|(_, name)| name)
    }

    /// Returns the names of the rules of a package, sorted.
    pub(super) fn rule_names(&self, package: &str) -> Vec<String> {
        self.own_rules(package).map(ToString::to_string).collect()
    }

    fn collect(&mut self, place: usize, module: &Module) {
        let package = module.package_name();
        self.packages.entry(package.clone()).or_default().push(place);
        for (at, rule) in module.rules.iter().enumerate() {
            let next = self.rules.len();
            let key = (package.clone(), Arc::clone(&rule.name));
            let number = *self.numbers.entry(key).or_insert(next);
            if number == next {
                self.rules.push(Named {
                    name: Arc::clone(&rule.name),
                    package: package.clone(),
                    kind: rule.kind,
                    places: Vec::new(),
                });
            }
            if let Some(named) = self.rules.get_mut(number) {
                if named.kind == RuleKind::Default {
                    named.kind = rule.kind;
                }
                named.places.push((place, at));
            }
        }
    }

    fn references_of(&self, place: usize) -> Vec<Reference> {
        let mut found = Vec::new();
        let (Some(file), Some(names)) = (self.files.get(place), self.names.get(place)) else {
            return found;
        };
        let module = &file.module;
        for (at, term) in module.terms.iter().enumerate() {
            let is_chain = matches!(term.kind, TermKind::Variable(_) | TermKind::Member { .. });
            let is_base = names.is_base.get(at).copied().unwrap_or(true);
            let id = TermId(at);
            if !is_chain || is_base || names.replaced.contains(&id) {
                continue;
            }
            let owner = self.owner(module, id);
            found.push(Reference { term: id, target: self.target(file, names, id), owner });
        }
        found
    }

    /// Returns the number of the rule that a term stands in.
    pub(super) fn owner(&self, module: &Module, term: TermId) -> usize {
        let scope = module.term(term).and_then(|term| module.scopes.get(term.scope.0));
        let rule = scope.and_then(|scope| module.rules.get(scope.rule));
        let owner = rule.and_then(|rule| self.number(&module.package_name(), &rule.name));
        owner.unwrap_or_default()
    }

    /// Returns what a chain names.
    pub(super) fn target(&self, file: &Parsed<'_>, names: &Names, last: TermId) -> Target {
        let module = &file.module;
        let chain = chain(module, last);
        let Some((first, members)) = chain.split_first() else { return Target::Local };
        let literal =
            |name: &Arc<str>| Part { name: PartName::Literal(Arc::clone(name)), term: *first };
        let mut path: Vec<Part> = match names.meaning(*first) {
            Some(Meaning::Input) => vec![literal(&Arc::from("input"))],
            Some(Meaning::Data) => vec![literal(&Arc::from("data"))],
            Some(Meaning::Import(place)) => match module.imports.get(*place) {
                Some(import) => import.path.iter().map(literal).collect(),
                None => return Target::Local,
            },
            Some(Meaning::Rule) => {
                let Some(TermKind::Variable(name)) = module.kind(*first) else {
                    return Target::Local;
                };
                return match self.number(&module.package_name(), name) {
                    Some(rule) => Target::Rule { rule, at: *first },
                    None => Target::Local,
                };
            }
            Some(Meaning::Free) => return Target::Builtin(spelled(module, &chain)),
            _ => return Target::Local,
        };
        for member in members {
            let Some(TermKind::Member { key, .. }) = module.kind(*member) else { continue };
            let name = match module.text(*key) {
                Some(text) => PartName::Literal(Arc::clone(text)),
                None => PartName::Computed(*key),
            };
            path.push(Part { name, term: *member });
        }
        self.at(path)
    }

    /// Returns what an absolute path names.
    pub(super) fn at(&self, mut path: Vec<Part>) -> Target {
        let is = |part: Option<&Part>, wanted: &str| match part.map(|part| &part.name) {
            Some(PartName::Literal(name)) => &**name == wanted,
            _ => false,
        };
        if is(path.first(), "input") {
            path.remove(0);
            return Target::Input(path);
        }
        if is(path.get(1), "params") {
            path.drain(..2);
            return Target::Parameter(path);
        }
        let mut package = String::new();
        let mut rest = path.iter().skip(1);
        while let Some(part) = rest.next() {
            let PartName::Literal(name) = &part.name else { return Target::Computed };
            if !package.is_empty() {
                package.push('.');
            }
            package.push_str(name);
            if !self.packages.contains_key(&package) {
                continue;
            }
            return match rest.next().map(|part| (&part.name, part.term)) {
                None => Target::Unknown {
                    message: format!("data.{package} is a package, and no value"),
                    known: self.rule_names(&package),
                },
                Some((PartName::Computed(_), _)) => Target::Computed,
                Some((PartName::Literal(name), at)) => match self.number(&package, name) {
                    Some(rule) => Target::Rule { rule, at },
                    None => Target::Unknown {
                        message: format!("the package {package} has no rule {name:?}"),
                        known: self.rule_names(&package),
                    },
                },
            };
        }
        if package.is_empty() {
            return Target::Computed;
        }
        Target::Unknown {
            message: format!("there is no package for data.{package}"),
            known: self.packages.keys().map(|name| format!("data.{name}")).collect(),
        }
    }
}

fn spelled(module: &Module, chain: &[TermId]) -> String {
    let mut name = String::new();
    for term in chain {
        let part = match module.kind(*term) {
            Some(TermKind::Variable(part)) => Some(part),
            Some(TermKind::Member { key, .. }) => module.text(*key),
            _ => None,
        };
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(part.map_or("?", |part| part));
    }
    name
}

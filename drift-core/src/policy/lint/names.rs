//! What each variable of a module stands for: a variable of its own, a rule, an import, the input.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::syntax::{Module, ScopeId, StatementKind, Term, TermId, TermKind};

/// What a variable stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The input.
    Input,
    /// The root of all packages and of the parameters.
    Data,
    /// A variable of this module, by number.
    Local(usize),
    /// A rule of this package.
    Rule,
    /// An import, by its place.
    Import(usize),
    /// The name of a function, or the first part of one, that is declared nowhere: a built-in.
    Free,
    /// `_`
    Wildcard,
}

/// The names of a module.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// By term; none for what is no variable.
    pub(super) meanings: Vec<Option<Meaning>>,
    /// By term: whether it is what a member is taken of.
    pub(super) is_base: Vec<bool>,
    /// By term: whether it, or the first part of it, is what is called.
    pub(super) is_function: Vec<bool>,
    /// Terms that `with` replaces.
    pub(super) replaced: BTreeSet<TermId>,
    /// How many variables there are.
    pub(super) count: usize,
    declared: BTreeMap<(ScopeId, Arc<str>), usize>,
    /// Those of them that an argument, `some`, `every` or `:=` declares.
    explicit: BTreeSet<(ScopeId, Arc<str>)>,
}

impl Names {
    /// Resolves every variable; `rules` are the names of all rules of the package.
    pub(super) fn resolve(module: &Module, rules: &BTreeSet<Arc<str>>) -> Self {
        let size = module.terms.len();
        let mut names = Self {
            meanings: vec![None; size],
            is_base: vec![false; size],
            is_function: vec![false; size],
            ..Self::default()
        };
        names.relations(module);
        names.declare_all(module);
        names.explicit = names.declared.keys().cloned().collect();
        let mut imports = BTreeMap::new();
        for (place, import) in module.imports.iter().enumerate() {
            imports.entry(Arc::clone(&import.alias)).or_insert(place);
        }
        for (place, term) in module.terms.iter().enumerate() {
            let TermKind::Variable(name) = &term.kind else { continue };
            let is_function = names.is_function.get(place).copied().unwrap_or(false);
            let local = names.local(module, term.scope, name);
            let meaning = match (&**name, local) {
                ("_", _) => Meaning::Wildcard,
                (_, Some(local)) if !is_function => Meaning::Local(local),
                (name, _) if rules.contains(name) => Meaning::Rule,
                (name, _) if imports.contains_key(name) => {
                    Meaning::Import(imports.get(name).copied().unwrap_or_default())
                }
                ("input", _) => Meaning::Input,
                ("data", _) => Meaning::Data,
                _ if is_function => Meaning::Free,
                // What is neither declared nor known is bound where it first stands.
                _ => Meaning::Local(names.declare(term.scope, name)),
            };
            if let Some(known) = names.meanings.get_mut(place) {
                *known = Some(meaning);
            }
        }
        names
    }

    /// Returns the number of a variable that a scope declares itself.
    pub(super) fn own(&self, scope: ScopeId, name: &Arc<str>) -> Option<usize> {
        self.declared.get(&(scope, Arc::clone(name))).copied()
    }

    /// Returns the meaning of a term, when it is a variable.
    pub(super) fn meaning(&self, term: TermId) -> Option<&Meaning> {
        self.meanings.get(term.0)?.as_ref()
    }

    fn local(&self, module: &Module, scope: ScopeId, name: &Arc<str>) -> Option<usize> {
        let mut scope = Some(scope);
        while let Some(id) = scope {
            if let Some(found) = self.own(id, name) {
                return Some(found);
            }
            scope = module.scopes.get(id.0)?.parent;
        }
        None
    }

    fn declare(&mut self, scope: ScopeId, name: &Arc<str>) -> usize {
        let next = self.count;
        let number = *self.declared.entry((scope, Arc::clone(name))).or_insert(next);
        self.count = self.count.max(number.saturating_add(1));
        number
    }

    fn relations(&mut self, module: &Module) {
        let mark = |marks: &mut Vec<bool>, term: TermId| {
            if let Some(mark) = marks.get_mut(term.0) {
                *mark = true;
            }
        };
        // A whole stands before its parts, so the mark of a function travels down to its first name.
        for (place, term) in module.terms.iter().enumerate() {
            match &term.kind {
                TermKind::Member { base, .. } => {
                    mark(&mut self.is_base, *base);
                    if self.is_function.get(place) == Some(&true) {
                        mark(&mut self.is_function, *base);
                    }
                }
                TermKind::Call { function, .. } => mark(&mut self.is_function, *function),
                _ => {}
            }
        }
        for (query, _) in &module.queries {
            for statement in &query.statements {
                self.replaced.extend(statement.with.iter().map(|(target, _)| *target));
            }
        }
    }

    fn declare_all(&mut self, module: &Module) {
        for rule in &module.rules {
            for argument in &rule.arguments {
                self.pattern(module, rule.scope, *argument);
            }
        }
        for (query, scope) in &module.queries {
            for statement in &query.statements {
                match &statement.kind {
                    StatementKind::Declares(names) => {
                        for name in names {
                            self.declare(*scope, name);
                        }
                    }
                    StatementKind::Some { key, value, .. } => {
                        for pattern in key.iter().chain([value]) {
                            self.pattern(module, *scope, *pattern);
                        }
                    }
                    StatementKind::Every { key, value, scope, .. } => {
                        for name in key.iter().chain([value]) {
                            self.declare(*scope, name);
                        }
                    }
                    StatementKind::Holds(term) => {
                        if let Some(TermKind::Assigned { declares: true, left, .. }) =
                            module.kind(*term)
                        {
                            self.pattern(module, *scope, *left);
                        }
                    }
                }
            }
        }
    }

    fn pattern(&mut self, module: &Module, scope: ScopeId, pattern: TermId) {
        for term in variables(module, pattern) {
            if let Some(TermKind::Variable(name)) = module.kind(term)
                && &**name != "_"
            {
                self.declare(scope, name);
            }
        }
    }
}

/// Returns the variables of a module that stand in an expression and are bound nowhere in their rule.
///
/// The interpreter finds those of bodies itself; one in a head is undefined to it, and what is
/// undefined denies nothing.
pub(super) fn unbound(module: &Module, names: &Names) -> Vec<TermId> {
    let rule_of = |scope: ScopeId| module.scopes.get(scope.0).map_or(0, |scope| scope.rule);
    let mut bound: BTreeSet<(usize, &str)> = BTreeSet::new();
    for (scope, name) in &names.explicit {
        bound.insert((rule_of(*scope), name));
    }
    let mut patterns = Vec::new();
    for term in &module.terms {
        match &term.kind {
            TermKind::Member { key, .. } => patterns.push(*key),
            TermKind::Assigned { declares: true, left, .. } => patterns.push(*left),
            TermKind::Assigned { left, right, .. } => patterns.extend([*left, *right]),
            // The last argument, of two and more, may be where the result goes.
            TermKind::Call { arguments, .. } => patterns.extend(arguments.iter().skip(1).last()),
            _ => {}
        }
    }
    for term in patterns.into_iter().flat_map(|pattern| variables(module, pattern)) {
        if let Some(Term { scope, kind: TermKind::Variable(name), .. }) = module.term(term) {
            bound.insert((rule_of(*scope), name));
        }
    }
    let is_unbound = |(place, term): (usize, &Term)| match (&term.kind, names.meanings.get(place)) {
        (TermKind::Variable(name), Some(Some(Meaning::Local(_)))) => {
            (!bound.contains(&(rule_of(term.scope), name))).then_some(TermId(place))
        }
        _ => None,
    };
    module.terms.iter().enumerate().filter_map(is_unbound).collect()
}

/// Returns the variables that a pattern binds: itself, or those in its arrays and objects.
pub(super) fn variables(module: &Module, pattern: TermId) -> Vec<TermId> {
    let mut found = Vec::new();
    let mut work = vec![pattern];
    while let Some(term) = work.pop() {
        match module.kind(term) {
            Some(TermKind::Variable(_)) => found.push(term),
            Some(TermKind::Array(items)) => work.extend(items),
            Some(TermKind::Object(members)) => work.extend(members.iter().map(|(_, value)| value)),
            _ => {}
        }
    }
    found
}

/// Returns the terms of a chain of members, from its first name to `last`.
pub(super) fn chain(module: &Module, last: TermId) -> Vec<TermId> {
    let mut terms = vec![last];
    let mut term = last;
    while let Some(TermKind::Member { base, .. }) = module.kind(term) {
        terms.push(*base);
        term = *base;
    }
    terms.reverse();
    terms
}

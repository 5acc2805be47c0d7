//! What each term may hold of the input, as far as that can be told: nodes of the schema, and
//! collections of what other terms hold.
//!
//! A shape only grows, over finitely many nodes and cells, until nothing changes any more; so rules,
//! functions and variables may stand in any order. What cannot be told is `anything`, of which no
//! member is refused: the checks err towards silence, and never for a reference that is spelled out.

use std::collections::{BTreeMap, BTreeSet};

use super::super::syntax::{Module, RuleKind, StatementKind, TermId, TermKind};
use super::builtins;
use super::link::{Linked, Target};
use super::names::Meaning;
use super::schema::{NodeId, Schema, Step};

/// Rounds after which the shapes are taken as they are.
const ROUNDS: usize = 40;

/// A member that accounts alone have.
const ACCOUNT: &str = "shadow_line";

/// How many collections may stand around an account that a function is given.
const DEPTH: usize = 4;

/// One thing that a term may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Atom {
    /// What this node describes.
    Node(NodeId),
    /// A collection of what this cell may hold.
    Of(usize),
}

/// All that a term may hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) anything: bool,
    pub(super) atoms: BTreeSet<Atom>,
}

impl Shape {
    /// Whether it may be an array, a set or an object that a policy made.
    pub(super) fn is_collection(&self) -> bool {
        self.atoms.iter().any(|atom| matches!(atom, Atom::Of(_)))
    }
}

/// The shapes of an origin's modules.
#[derive(Debug)]
pub(super) struct Shapes<'l> {
    schema: &'l Schema,
    linked: &'l Linked<'l, 'l>,
    cells: Vec<Shape>,
    files: Vec<Places>,
    /// By rule: its value, and what it collects.
    rules: usize,
    /// By file and term: the rule that it names.
    named: Vec<BTreeMap<TermId, usize>>,
    /// Cells of what sets hold: the only collections whose keys are their elements.
    sets: BTreeSet<usize>,
    changed: bool,
}

/// Where the cells of a file begin.
#[derive(Debug, Clone, Copy)]
struct Places {
    terms: usize,
    elements: usize,
    variables: usize,
}

impl<'l> Shapes<'l> {
    /// Finds all shapes.
    pub(super) fn new(schema: &'l Schema, linked: &'l Linked<'l, 'l>) -> Self {
        let mut next = 0_usize;
        let mut take = |count: usize| {
            let start = next;
            next = next.saturating_add(count);
            start
        };
        let files = linked.files.iter().zip(&linked.names);
        let files = files.map(|(file, names)| Places {
            terms: take(file.module.terms.len()),
            elements: take(file.module.terms.len()),
            variables: take(names.count),
        });
        let files: Vec<Places> = files.collect();
        let rules = take(linked.rules.len().saturating_mul(2));
        let named = linked.references.iter().map(|references| {
            let rules = references.iter().filter_map(|reference| match reference.target {
                Target::Rule { rule, at } => Some((at, rule)),
                _ => None,
            });
            rules.collect()
        });
        let cells = vec![Shape::default(); next];
        let named = named.collect();
        let sets = BTreeSet::new();
        let mut shapes = Self { schema, linked, cells, files, rules, named, sets, changed: true };
        shapes.find_sets();
        let orders: Vec<Vec<TermId>> =
            linked.files.iter().map(|file| operands_first(&file.module)).collect();
        shapes.settle(&orders);
        // Of what nothing is known now, nothing ever will be: it may be anything, and so may what
        // it is joined with.
        for place in 0..rules {
            if shapes.cells.get(place) == Some(&Shape::default()) {
                shapes.join(place, &anything());
            }
        }
        shapes.settle(&orders);
        shapes
    }

    fn settle(&mut self, orders: &[Vec<TermId>]) {
        for _ in 0..ROUNDS {
            if !std::mem::take(&mut self.changed) {
                break;
            }
            for (file, order) in orders.iter().enumerate() {
                self.round(file, order);
            }
        }
    }

    /// Returns the shape of a term.
    pub(super) fn of(&self, file: usize, term: TermId) -> Shape {
        self.cell(self.term_cell(file, term))
    }

    /// Returns what a member of a shape may hold; none when there is no such member at all.
    pub(super) fn member(&self, shape: &Shape, name: &str) -> Shape {
        self.step(shape, |node| self.schema.member(node, name))
    }

    /// Returns what an element or member of a shape may hold.
    pub(super) fn element(&self, shape: &Shape) -> Shape {
        self.step(shape, |node| self.schema.element(node))
    }

    /// Whether it may hold an account, of which parts may be missing by themselves.
    pub(super) fn is_account(&self, shape: &Shape) -> bool {
        shape.atoms.iter().any(|atom| match atom {
            Atom::Node(node) => self.schema.names(*node).contains(ACCOUNT),
            Atom::Of(_) => false,
        })
    }

    /// Whether an account may stand in it, a few collections deep.
    pub(super) fn reaches_account(&self, shape: &Shape) -> bool {
        let mut shape = shape.clone();
        for _ in 0..DEPTH {
            if self.is_account(&shape) {
                return true;
            }
            shape = self.element(&shape);
        }
        self.is_account(&shape)
    }

    fn step(&self, shape: &Shape, step: impl Fn(NodeId) -> Step) -> Shape {
        let mut found = Shape { anything: shape.anything, atoms: BTreeSet::new() };
        for atom in &shape.atoms {
            match atom {
                Atom::Of(cell) => {
                    let inner = self.cell(*cell);
                    found.anything |= inner.anything;
                    found.atoms.extend(inner.atoms);
                }
                Atom::Node(node) => match step(*node) {
                    Step::Anything => found.anything = true,
                    Step::Nodes(nodes) => found.atoms.extend(nodes.into_iter().map(Atom::Node)),
                },
            }
        }
        found
    }

    fn cell(&self, place: usize) -> Shape {
        self.cells.get(place).cloned().unwrap_or_default()
    }

    fn join(&mut self, place: usize, shape: &Shape) {
        let Some(cell) = self.cells.get_mut(place) else { return };
        let before = (cell.anything, cell.atoms.len());
        cell.anything |= shape.anything;
        cell.atoms.extend(shape.atoms.iter().copied());
        self.changed |= before != (cell.anything, cell.atoms.len());
    }

    fn term_cell(&self, file: usize, term: TermId) -> usize {
        self.files.get(file).map_or(usize::MAX, |places| places.terms.saturating_add(term.0))
    }

    fn elements_cell(&self, file: usize, term: TermId) -> usize {
        self.files.get(file).map_or(usize::MAX, |places| places.elements.saturating_add(term.0))
    }

    fn variable_cell(&self, file: usize, variable: usize) -> usize {
        self.files.get(file).map_or(usize::MAX, |places| places.variables.saturating_add(variable))
    }

    fn rule_cell(&self, rule: usize) -> usize {
        self.rules.saturating_add(rule.saturating_mul(2))
    }

    fn round(&mut self, place: usize, order: &[TermId]) {
        let linked = self.linked;
        let Some(module) = linked.files.get(place).map(|file| &file.module) else { return };
        for term in order {
            let shape = self.transfer(place, module, *term);
            self.join(self.term_cell(place, *term), &shape);
        }
        for (query, _) in &module.queries {
            for statement in &query.statements {
                self.bind_statement(place, module, &statement.kind);
            }
        }
        for rule in &module.rules {
            let Some(number) = linked.number(&module.package_name(), &rule.name) else { continue };
            let cell = self.rule_cell(number);
            let elements = cell.saturating_add(1);
            match rule.kind {
                RuleKind::Set => {
                    self.collect(cell, elements, rule.key.iter().map(|key| (place, *key)));
                }
                RuleKind::Map => {
                    self.collect(cell, elements, rule.values.iter().map(|one| (place, *one)));
                }
                RuleKind::Complete | RuleKind::Function | RuleKind::Default => {
                    for value in &rule.values {
                        let shape = self.of(place, *value);
                        self.join(cell, &shape);
                    }
                }
            }
        }
    }

    /// Joins what these terms hold into a cell of elements, of which another is the collection.
    fn collect(
        &mut self,
        whole: usize,
        elements: usize,
        terms: impl Iterator<Item = (usize, TermId)>,
    ) {
        for (file, term) in terms {
            let shape = self.of(file, term);
            self.join(elements, &shape);
        }
        let atoms = BTreeSet::from([Atom::Of(elements)]);
        self.join(whole, &Shape { anything: false, atoms });
    }

    fn collection(&mut self, file: usize, of: TermId, parts: &[TermId]) -> Shape {
        let elements = self.elements_cell(file, of);
        for part in parts {
            let shape = self.of(file, *part);
            self.join(elements, &shape);
        }
        Shape { anything: false, atoms: BTreeSet::from([Atom::Of(elements)]) }
    }

    fn transfer(&mut self, file: usize, module: &Module, term: TermId) -> Shape {
        if let Some(rule) = self.named.get(file).and_then(|named| named.get(&term)) {
            return self.cell(self.rule_cell(*rule));
        }
        let Some(kind) = module.kind(term) else { return Shape::default() };
        match kind {
            TermKind::Variable(_) => self.variable(file, module, term),
            TermKind::Member { base, key } => {
                let base = self.of(file, *base);
                match module.text(*key) {
                    Some(name) if base == self.all_files() => self.file(name),
                    Some(name) => self.member(&base, name),
                    None => {
                        let inner = self.element_of_set(&base);
                        self.bind(file, module, *key, &inner);
                        self.element(&base)
                    }
                }
            }
            TermKind::Call { function, arguments } => self.call(file, module, *function, arguments),
            TermKind::Collected(part) | TermKind::Mapped(part) => {
                self.collection(file, term, &[*part])
            }
            TermKind::Array(parts) | TermKind::Set(parts) => self.collection(file, term, parts),
            TermKind::Object(members) => {
                let parts: Vec<TermId> = members.iter().map(|(_, value)| *value).collect();
                self.collection(file, term, &parts)
            }
            TermKind::Merged(left, right) => union(self.of(file, *left), self.of(file, *right)),
            TermKind::Assigned { declares, left, right } => {
                let (held, assigned) = (self.of(file, *left), self.of(file, *right));
                self.bind(file, module, *left, &assigned);
                if !declares {
                    self.bind(file, module, *right, &held);
                }
                anything()
            }
            _ => anything(),
        }
    }

    /// What a variable holds that is the key of a set: what the set holds.
    fn element_of_set(&self, base: &Shape) -> Shape {
        let sets = base.atoms.iter().filter(|atom| match atom {
            Atom::Of(cell) => self.sets.contains(cell),
            Atom::Node(_) => false,
        });
        let atoms: BTreeSet<Atom> = sets.copied().collect();
        union(self.element(&Shape { anything: false, atoms }), anything())
    }

    /// The cells of elements of terms and rules that may be sets.
    fn find_sets(&mut self) {
        let linked = self.linked;
        for (place, file) in linked.files.iter().enumerate() {
            for (at, term) in file.module.terms.iter().enumerate() {
                if matches!(term.kind, TermKind::Set(_) | TermKind::Collected(_)) {
                    self.sets.insert(self.elements_cell(place, TermId(at)));
                }
            }
        }
        for (place, rule) in linked.rules.iter().enumerate() {
            if rule.kind == RuleKind::Set {
                self.sets.insert(self.rule_cell(place).saturating_add(1));
            }
        }
    }

    /// The shape of `input.files`.
    fn all_files(&self) -> Shape {
        let root = Shape { anything: false, atoms: BTreeSet::from([Atom::Node(Schema::ROOT)]) };
        self.member(&root, "files")
    }

    /// What stands in `input.files` under a path, or under a pattern: they have different members.
    fn file(&self, name: &str) -> Shape {
        let is_pattern = name.contains(['*', '?', '[']);
        let all = self.member(&self.all_files(), name);
        let variants = all.atoms.iter().flat_map(|atom| match atom {
            Atom::Node(node) => self.schema.variants(*node),
            Atom::Of(_) => Vec::new(),
        });
        let has_matches =
            |node: &NodeId| self.schema.member(*node, "matches") != Step::Nodes(BTreeSet::new());
        let fitting = variants.filter(|node| has_matches(node) == is_pattern);
        let atoms: BTreeSet<Atom> = fitting.map(Atom::Node).collect();
        if atoms.is_empty() { all } else { Shape { anything: all.anything, atoms } }
    }

    fn variable(&self, file: usize, module: &Module, term: TermId) -> Shape {
        let node = |node| Shape { anything: false, atoms: BTreeSet::from([Atom::Node(node)]) };
        match self.linked.names.get(file).and_then(|names| names.meaning(term)) {
            Some(Meaning::Input) => node(Schema::ROOT),
            Some(Meaning::Local(variable)) => self.cell(self.variable_cell(file, *variable)),
            Some(Meaning::Import(place)) => {
                let path = module.imports.get(*place).map(|import| import.path.as_slice());
                match path.and_then(<[_]>::split_first) {
                    Some((root, names)) if &**root == "input" => {
                        let root = node(Schema::ROOT);
                        names.iter().fold(root, |shape, name| self.member(&shape, name))
                    }
                    _ => Shape::default(),
                }
            }
            _ => Shape::default(),
        }
    }

    fn call(
        &mut self,
        file: usize,
        module: &Module,
        function: TermId,
        arguments: &[TermId],
    ) -> Shape {
        let Some(place) = self.linked.files.get(file) else { return anything() };
        let Some(names) = self.linked.names.get(file) else { return anything() };
        match self.linked.target(place, names, function) {
            Target::Rule { rule, .. } => {
                self.hand_over(file, rule, arguments);
                self.cell(self.rule_cell(rule))
            }
            Target::Builtin(name) => self.builtin(file, module, &name, arguments),
            _ => anything(),
        }
    }

    /// Joins what a call gives into the arguments of every head of the function.
    fn hand_over(&mut self, file: usize, rule: usize, arguments: &[TermId]) {
        let linked = self.linked;
        for (other, place) in linked.rules.get(rule).map_or(&[][..], |named| &named.places) {
            let Some(module) = linked.files.get(*other).map(|file| &file.module) else { continue };
            let Some(head) = module.rules.get(*place) else { continue };
            for (pattern, argument) in head.arguments.iter().zip(arguments) {
                let given = self.of(file, *argument);
                self.bind(*other, module, *pattern, &given);
            }
        }
    }

    fn builtin(&mut self, file: usize, module: &Module, name: &str, arguments: &[TermId]) -> Shape {
        let argument = |place: usize| arguments.get(place).map(|term| self.of(file, *term));
        let first = argument(0).unwrap_or_default();
        match builtins::result(name) {
            Some(builtins::Result::First) => first,
            Some(builtins::Result::FirstTwo) => union(first, argument(1).unwrap_or_default()),
            Some(builtins::Result::Element) => self.element(&first),
            Some(builtins::Result::Member) => {
                let key = arguments.get(1).and_then(|key| module.text(*key));
                match key {
                    Some(key) => self.member(&first, key),
                    None => anything(),
                }
            }
            Some(builtins::Result::New) | None => anything(),
        }
    }

    fn bind_statement(&mut self, file: usize, module: &Module, statement: &StatementKind) {
        match statement {
            StatementKind::Some { key, value, collection } => {
                let collection = self.of(file, *collection);
                let elements = self.element(&collection);
                self.bind(file, module, *value, &elements);
                if let Some(key) = key {
                    self.bind(file, module, *key, &anything());
                }
            }
            StatementKind::Every { key, value, domain, scope, .. } => {
                let domain = self.of(file, *domain);
                let elements = self.element(&domain);
                let Some(names) = self.linked.names.get(file) else { return };
                if let Some(variable) = names.own(*scope, value) {
                    self.join(self.variable_cell(file, variable), &elements);
                }
                let key = key.as_ref().and_then(|key| names.own(*scope, key));
                if let Some(variable) = key {
                    self.join(self.variable_cell(file, variable), &anything());
                }
            }
            StatementKind::Declares(_) | StatementKind::Holds(_) => {}
        }
    }

    /// Binds the variables of a pattern to a shape, or to the parts of it that they stand for.
    fn bind(&mut self, file: usize, module: &Module, pattern: TermId, shape: &Shape) {
        let mut work = vec![(pattern, shape.clone())];
        while let Some((pattern, shape)) = work.pop() {
            match module.kind(pattern) {
                Some(TermKind::Variable(_)) => {
                    let names = self.linked.names.get(file);
                    let meaning = names.and_then(|names| names.meaning(pattern));
                    if let Some(Meaning::Local(variable)) = meaning {
                        let cell = self.variable_cell(file, *variable);
                        self.join(cell, &shape);
                    }
                }
                Some(TermKind::Array(items)) => {
                    let inner = union(self.element(&shape), anything());
                    work.extend(items.iter().map(|item| (*item, inner.clone())));
                }
                Some(TermKind::Object(members)) => {
                    let inner = union(self.element(&shape), anything());
                    work.extend(members.iter().map(|(_, value)| (*value, inner.clone())));
                }
                _ => {}
            }
        }
    }
}

fn anything() -> Shape {
    Shape { anything: true, atoms: BTreeSet::new() }
}

fn union(mut one: Shape, other: Shape) -> Shape {
    one.anything |= other.anything;
    one.atoms.extend(other.atoms);
    one
}

/// The order of the text, with what belongs to a term before it: few rounds are needed then.
fn operands_first(module: &Module) -> Vec<TermId> {
    let mut order: Vec<TermId> = (0..module.terms.len()).map(TermId).collect();
    order.sort_by_key(|term| (module.span(*term).end, std::cmp::Reverse(term.0)));
    order
}

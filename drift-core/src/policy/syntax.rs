//! The syntax of a module as the linter sees it, independent of the interpreter.
//!
//! Flat tables instead of a tree, so that nothing that walks it recurses on what an author wrote. A
//! part always stands behind the whole that it belongs to: going backwards through [`Module::terms`]
//! meets every operand before its expression.

use std::sync::Arc;

/// A piece of the text: bytes from `start` up to `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// The place of a term in [`Module::terms`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TermId(pub(super) usize);

/// The place of a query in [`Module::queries`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct QueryId(pub(super) usize);

/// The place of a scope in [`Module::scopes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ScopeId(pub(super) usize);

/// A term and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Term {
    pub(super) span: Span,
    /// Whose variables it sees.
    pub(super) scope: ScopeId,
    pub(super) kind: TermKind,
}

/// What a term is.
#[derive(Debug, Clone)]
pub(super) enum TermKind {
    Text(Arc<str>),
    Number,
    Boolean,
    Null,
    Variable(Arc<str>),
    Array(Vec<TermId>),
    Set(Vec<TermId>),
    Object(Vec<(TermId, TermId)>),
    /// `[term | query]` and `{term | query}`: the term.
    Collected(TermId),
    /// `{key: value | query}`: the value.
    Mapped(TermId),
    Call {
        function: TermId,
        arguments: Vec<TermId>,
    },
    /// `base.key`, where the key is a text, and `base[key]`.
    Member {
        base: TermId,
        key: TermId,
    },
    /// `|` and `&`, which keep what their operands hold.
    Merged(TermId, TermId),
    /// `left := right`, or `left = right` when it does not declare.
    Assigned {
        declares: bool,
        left: TermId,
        right: TermId,
    },
    /// A comparison, arithmetic or `in`: a value that has no members. Its operands follow it.
    Computed,
}

/// The statements that must all hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    pub(super) statements: Vec<Statement>,
}

/// One statement and what `with` replaces for it: target and value.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) kind: StatementKind,
    pub(super) with: Vec<(TermId, TermId)>,
}

/// What a statement says.
#[derive(Debug, Clone)]
pub(super) enum StatementKind {
    /// `some a, b`
    Declares(Vec<Arc<str>>),
    /// `some key, value in collection`
    Some { key: Option<TermId>, value: TermId, collection: TermId },
    /// An expression, or `not` one.
    Holds(TermId),
    /// `every key, value in domain { query }`
    Every { key: Option<Arc<str>>, value: Arc<str>, domain: TermId, scope: ScopeId },
}

/// Variables live in scopes: one for each rule, comprehension and `every`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    pub(super) parent: Option<ScopeId>,
    /// The place of the rule in [`Module::rules`].
    pub(super) rule: usize,
}

/// How the head of a rule is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RuleKind {
    /// `name := value if …`
    Complete,
    /// `name contains key if …`
    Set,
    /// `name[key] := value if …`
    Map,
    /// `name(arguments) := value if …`
    Function,
    /// `default name := value`
    Default,
}

/// One rule: a head with its bodies. A name may have many.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) kind: RuleKind,
    pub(super) name: Arc<str>,
    /// Where the whole reference of the head stands.
    pub(super) span: Span,
    /// Whether the reference is more than a name and, for a map, its key.
    pub(super) is_deep: bool,
    pub(super) scope: ScopeId,
    pub(super) arguments: Vec<TermId>,
    pub(super) key: Option<TermId>,
    /// Of the head and of every `else`.
    pub(super) values: Vec<TermId>,
}

/// `import path as alias`
#[derive(Debug, Clone)]
pub(super) struct Import {
    pub(super) span: Span,
    pub(super) path: Vec<Arc<str>>,
    /// The name that it has here.
    pub(super) alias: Arc<str>,
}

/// One file.
#[derive(Debug, Clone, Default)]
pub(super) struct Module {
    pub(super) package: Vec<Arc<str>>,
    pub(super) package_span: Span,
    pub(super) imports: Vec<Import>,
    pub(super) rules: Vec<Rule>,
    pub(super) terms: Vec<Term>,
    pub(super) queries: Vec<(Query, ScopeId)>,
    pub(super) scopes: Vec<Scope>,
}

impl Module {
    /// Returns a term.
    pub(super) fn term(&self, id: TermId) -> Option<&Term> {
        self.terms.get(id.0)
    }

    /// Returns what a term is.
    pub(super) fn kind(&self, id: TermId) -> Option<&TermKind> {
        self.terms.get(id.0).map(|term| &term.kind)
    }

    /// Returns the text of a literal.
    pub(super) fn text(&self, id: TermId) -> Option<&Arc<str>> {
        match self.kind(id) {
            Some(TermKind::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Returns where a term stands.
    pub(super) fn span(&self, id: TermId) -> Span {
        self.term(id).map(|term| term.span).unwrap_or_default()
    }

    /// Returns the package as it is written.
    pub(super) fn package_name(&self) -> String {
        self.package.join(".")
    }
}

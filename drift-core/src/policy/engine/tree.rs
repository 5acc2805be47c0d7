//! From the interpreter's syntax tree to ours, with a list of work instead of recursion.

use std::sync::Arc;

use regorus::unstable::{
    Expr, Literal, LiteralStmt, Module as Tree, Query as TreeQuery, Ref, Rule as TreeRule,
    RuleHead, Span as TreeSpan,
};

use crate::policy::syntax::{
    Import, Module, Query, QueryId, Rule, RuleKind, Scope, ScopeId, Span, Statement, StatementKind,
    Term, TermId, TermKind,
};

/// Terms within terms. The interpreter recurses on them while it evaluates; no policy that somebody
/// can read comes near.
const MAX_DEPTH: u32 = 150;

/// Converts a module; the error is the first term that is nested too deeply.
pub(super) fn module(tree: &Tree) -> Result<Module, Span> {
    let mut builder = Builder { module: Module::default(), work: Vec::new(), too_deep: None };
    builder.module.package = path(&tree.package.refr);
    builder.module.package_span = span(&tree.package.span);
    for import in &tree.imports {
        let path = path(&import.refr);
        let last = path.last().cloned().unwrap_or_else(|| Arc::from(""));
        let alias = import.r#as.as_ref().map_or(last, |alias| Arc::from(alias.text()));
        builder.module.imports.push(Import { span: span(&import.span), path, alias });
    }
    for rule in &tree.policy {
        builder.rule(rule);
    }
    builder.work();
    match builder.too_deep {
        Some(span) => Err(span),
        None => Ok(builder.module),
    }
}

enum Work<'t> {
    Term(TermId, &'t Expr, ScopeId, u32),
    Query(QueryId, &'t TreeQuery, ScopeId, u32),
}

struct Builder<'t> {
    module: Module,
    work: Vec<Work<'t>>,
    too_deep: Option<Span>,
}

impl<'t> Builder<'t> {
    fn rule(&mut self, rule: &'t TreeRule) {
        let scope = self.scope(None, self.module.rules.len());
        let (mut made, head_value) = match rule {
            TreeRule::Spec { head, .. } => self.head(head, scope),
            TreeRule::Default { refr, args, value, .. } => {
                let arguments = args.iter().map(|term| self.term(term, scope, 0)).collect();
                let head = Rule { arguments, ..head(RuleKind::Default, refr, scope) };
                (head, Some(value))
            }
        };
        made.values.extend(head_value.map(|value| self.term(value, scope, 0)));
        if let TreeRule::Spec { bodies, .. } = rule {
            for body in bodies {
                let value = body.assign.as_ref().map(|assign| &assign.value);
                made.values.extend(value.map(|value| self.term(value, scope, 0)));
                self.query(&body.query, scope, 0);
            }
        }
        self.module.rules.push(made);
    }

    fn head(&mut self, written: &'t RuleHead, scope: ScopeId) -> (Rule, Option<&'t Ref<Expr>>) {
        match written {
            RuleHead::Compr { refr, assign, .. } => {
                let value = assign.as_ref().map(|assign| &assign.value);
                match refr.as_ref() {
                    Expr::RefBrack { refr: name, index, .. } => {
                        let key = Some(self.term(index, scope, 0));
                        (Rule { key, ..head(RuleKind::Map, name, scope) }, value)
                    }
                    _ => (head(RuleKind::Complete, refr, scope), value),
                }
            }
            RuleHead::Set { refr, key, .. } => {
                let key = key.as_ref().map(|key| self.term(key, scope, 0));
                (Rule { key, ..head(RuleKind::Set, refr, scope) }, None)
            }
            RuleHead::Func { refr, args, assign, .. } => {
                let arguments = args.iter().map(|term| self.term(term, scope, 0)).collect();
                let value = assign.as_ref().map(|assign| &assign.value);
                (Rule { arguments, ..head(RuleKind::Function, refr, scope) }, value)
            }
        }
    }

    fn work(&mut self) {
        while let Some(work) = self.work.pop() {
            match work {
                Work::Term(id, term, scope, depth) => {
                    let kind = self.kind(term, scope, depth.saturating_add(1));
                    if let Some(term) = self.module.terms.get_mut(id.0) {
                        term.kind = kind;
                    }
                }
                Work::Query(id, query, scope, depth) => {
                    let depth = depth.saturating_add(1);
                    let statements = query.stmts.iter();
                    let statements = statements.map(|one| self.statement(one, scope, depth));
                    let statements = statements.collect();
                    if let Some((query, _)) = self.module.queries.get_mut(id.0) {
                        *query = Query { statements };
                    }
                }
            }
        }
    }

    fn kind(&mut self, term: &'t Expr, scope: ScopeId, depth: u32) -> TermKind {
        let mut of = |part: &'t Ref<Expr>| self.term(part, scope, depth);
        match term {
            Expr::String { value, .. } | Expr::RawString { value, .. } => text_of(value),
            Expr::Number { .. } => TermKind::Number,
            Expr::Bool { .. } => TermKind::Boolean,
            Expr::Null { .. } => TermKind::Null,
            Expr::Var { span, .. } => TermKind::Variable(Arc::from(span.text())),
            Expr::Array { items, .. } => TermKind::Array(items.iter().map(of).collect()),
            Expr::Set { items, .. } => TermKind::Set(items.iter().map(of).collect()),
            Expr::Object { fields, .. } => TermKind::Object(
                fields.iter().map(|(_, key, value)| (of(key), of(value))).collect(),
            ),
            Expr::ArrayCompr { term, query, .. } => self.collected(term, query, scope, depth),
            Expr::SetCompr { term, query, .. } => self.collected(term, query, scope, depth),
            Expr::ObjectCompr { key, value, query, .. } => {
                let scope = self.below(scope);
                self.term(key, scope, depth);
                let value = self.term(value, scope, depth);
                self.query(query, scope, depth);
                TermKind::Mapped(value)
            }
            Expr::Call { fcn, params, .. } => {
                let function = of(fcn);
                TermKind::Call { function, arguments: params.iter().map(of).collect() }
            }
            Expr::UnaryExpr { expr, .. } => {
                of(expr);
                TermKind::Computed
            }
            Expr::RefDot { refr, field, .. } => {
                let base = of(refr);
                let text = TermKind::Text(Arc::from(field.0.text()));
                let key = self.reserve(span(&field.0), scope, text);
                TermKind::Member { base, key }
            }
            Expr::RefBrack { refr, index, .. } => {
                TermKind::Member { base: of(refr), key: of(index) }
            }
            Expr::BinExpr { lhs, rhs, .. } => TermKind::Merged(of(lhs), of(rhs)),
            Expr::BoolExpr { lhs, rhs, .. } | Expr::ArithExpr { lhs, rhs, .. } => {
                of(lhs);
                of(rhs);
                TermKind::Computed
            }
            Expr::AssignExpr { op, lhs, rhs, .. } => {
                let declares = matches!(op, regorus::unstable::AssignOp::ColEq);
                TermKind::Assigned { declares, left: of(lhs), right: of(rhs) }
            }
            Expr::Membership { key, value, collection, .. } => {
                for part in key.iter().chain([value, collection]) {
                    of(part);
                }
                TermKind::Computed
            }
        }
    }

    fn collected(
        &mut self,
        term: &'t Ref<Expr>,
        query: &'t Ref<TreeQuery>,
        scope: ScopeId,
        depth: u32,
    ) -> TermKind {
        let scope = self.below(scope);
        let term = self.term(term, scope, depth);
        self.query(query, scope, depth);
        TermKind::Collected(term)
    }

    fn statement(&mut self, statement: &'t LiteralStmt, scope: ScopeId, depth: u32) -> Statement {
        let mut of = |part: &'t Ref<Expr>| self.term(part, scope, depth);
        let kind = match &statement.literal {
            Literal::SomeVars { vars, .. } => {
                StatementKind::Declares(vars.iter().map(|name| Arc::from(name.text())).collect())
            }
            Literal::SomeIn { key, value, collection, .. } => StatementKind::Some {
                key: key.as_ref().map(&mut of),
                value: of(value),
                collection: of(collection),
            },
            Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => {
                StatementKind::Holds(of(expr))
            }
            Literal::Every { key, value, domain, query, .. } => {
                let domain = of(domain);
                let below = self.below(scope);
                self.query(query, below, depth);
                StatementKind::Every {
                    key: key.as_ref().map(|key| Arc::from(key.text())),
                    value: Arc::from(value.text()),
                    domain,
                    scope: below,
                }
            }
        };
        let with = statement.with_mods.iter();
        let with = with
            .map(|with| (self.term(&with.refr, scope, depth), self.term(&with.r#as, scope, depth)));
        Statement { kind, with: with.collect() }
    }

    fn term(&mut self, term: &'t Ref<Expr>, scope: ScopeId, depth: u32) -> TermId {
        let mut place = span(term.span());
        if matches!(term.as_ref(), Expr::String { .. } | Expr::RawString { .. }) {
            // The interpreter leaves the quotes out.
            place.start = place.start.saturating_sub(1);
            place.end = place.end.saturating_add(1);
        }
        let id = self.reserve(place, scope, TermKind::Null);
        if depth < MAX_DEPTH {
            self.work.push(Work::Term(id, term.as_ref(), scope, depth));
        } else if self.too_deep.is_none_or(|first| place < first) {
            self.too_deep = Some(place);
        }
        id
    }

    fn query(&mut self, query: &'t Ref<TreeQuery>, scope: ScopeId, depth: u32) -> QueryId {
        let id = QueryId(self.module.queries.len());
        self.module.queries.push((Query::default(), scope));
        self.work.push(Work::Query(id, query.as_ref(), scope, depth));
        id
    }

    fn reserve(&mut self, span: Span, scope: ScopeId, kind: TermKind) -> TermId {
        let id = TermId(self.module.terms.len());
        self.module.terms.push(Term { span, scope, kind });
        id
    }

    fn below(&mut self, scope: ScopeId) -> ScopeId {
        let rule = self.module.scopes.get(scope.0).map_or(0, |scope| scope.rule);
        self.scope(Some(scope), rule)
    }

    fn scope(&mut self, parent: Option<ScopeId>, rule: usize) -> ScopeId {
        let id = ScopeId(self.module.scopes.len());
        self.module.scopes.push(Scope { parent, rule });
        id
    }
}

fn head(kind: RuleKind, reference: &Expr, scope: ScopeId) -> Rule {
    let name = path(reference);
    Rule {
        kind,
        is_deep: !matches!(reference, Expr::Var { .. }),
        name: name.first().cloned().unwrap_or_else(|| Arc::from("")),
        span: span(reference.span()),
        scope,
        arguments: Vec::new(),
        key: None,
        values: Vec::new(),
    }
}

/// The names of a reference from its start, as far as they are literal.
fn path(reference: &Expr) -> Vec<Arc<str>> {
    let mut names: Vec<Arc<str>> = Vec::new();
    let mut rest = reference;
    loop {
        rest = match rest {
            Expr::Var { span, .. } => {
                names.push(Arc::from(span.text()));
                names.reverse();
                return names;
            }
            Expr::RefDot { refr, field, .. } => {
                names.push(Arc::from(field.0.text()));
                refr
            }
            Expr::RefBrack { refr, index, .. } => {
                match index.as_ref() {
                    Expr::String { value, .. } => {
                        names.push(value.as_string().cloned().unwrap_or_else(|_| Arc::from("")));
                    }
                    _ => names.clear(),
                }
                refr
            }
            _ => return Vec::new(),
        };
    }
}

fn text_of(value: &regorus::Value) -> TermKind {
    value.as_string().map_or(TermKind::Null, |text| TermKind::Text(Arc::clone(text)))
}

fn span(span: &TreeSpan) -> Span {
    Span { start: span.start, end: span.end }
}

//! From files to a set: measure, parse, lint, and refuse all of it when one thing is wrong.

use std::collections::BTreeMap;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::engine::{self, Engine, SyntaxError, on_large_stack};
use super::input::INPUT_SCHEMA_TEXT;
use super::lint::{self, Check, Facts, Parsed, Role, Schema, lint, meant, measure};
use super::metadata::{self, Metadata};
use super::packs::LIBRARY;
use super::parts;
use super::set::{OriginKind, Policy, PolicyFile, PolicySet, Selection, SourceSet, deciding};
use super::syntax::{Span, TermKind};
use super::tailoring::Tailoring;

/// Files of one origin. The largest catalogue of checks that is known has a third of this.
const MAX_FILES: usize = 4096;

/// Loads every policy of these origins. Tests (`*_test.rego`) are parsed and linted too, kept, and not
/// evaluated.
///
/// # Errors
/// Everything that is wrong, in the order of files and lines. What the interpreter finds when it
/// analyses all modules together is told only where nothing else is wrong.
pub fn load(sources: Vec<SourceSet>) -> Result<PolicySet, Diagnostics> {
    load_for(Purpose::Everything, sources)
}

/// Loads every policy of these origins for being evaluated. Of the packs that come with drift tests
/// and what only finds mistakes are passed over: they were held to all of it when drift was built.
///
/// # Errors
/// As [`load`].
pub fn load_to_evaluate(sources: Vec<SourceSet>) -> Result<PolicySet, Diagnostics> {
    load_for(Purpose::Evaluation, sources)
}

/// What policies are loaded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Everything,
    Evaluation,
}

impl Purpose {
    /// Whether tests are read, and the interpreter analyses everything before it has to.
    fn looks_at_all(self, origin: OriginKind) -> bool {
        self == Self::Everything || origin != OriginKind::Builtin
    }
}

fn load_for(purpose: Purpose, sources: Vec<SourceSet>) -> Result<PolicySet, Diagnostics> {
    // The parser recurses, and so does the release of what it made: both happen on this stack.
    let loaded = on_large_stack(|| Ok(load_all(purpose, sources)));
    loaded.unwrap_or_else(|_| {
        let message = "the interpreter failed on one of the policies";
        Err(Diagnostics(vec![Diagnostic::of_file("policies", lint::SYNTAX, message)]))
    })
}

fn load_all(purpose: Purpose, sources: Vec<SourceSet>) -> Result<PolicySet, Diagnostics> {
    let mut set = PolicySet {
        origins: Vec::new(),
        policies: Vec::new(),
        parameters: BTreeMap::new(),
        tailoring: Tailoring::default(),
        files: Vec::new(),
        engines: Vec::new(),
        deciding: Vec::new(),
    };
    let schema = Schema::parse(INPUT_SCHEMA_TEXT).map_err(|error| {
        let message = format!("the schema of the input is broken: {error}");
        Diagnostics(vec![Diagnostic::of_file("drift.input.v1.json", lint::SYNTAX, message)])
    })?;
    let mut wrong = Vec::new();
    let mut declared = Vec::new();
    for source in sources {
        let origin = set.origins.len();
        let whole = purpose.looks_at_all(source.origin.kind);
        let loading = Loading::new(&source.files, whole, &mut wrong);
        let loaded = loading.finish(&schema, &mut wrong);
        for (file, metadata, facts) in loaded.policies {
            declared.push((file.clone(), metadata.clone()));
            set.policies.push(policy(file, metadata, facts, origin));
        }
        set.engines.push(loaded.engine);
        set.origins.push(source.origin);
        set.deciding.push(deciding(&source.files));
        set.files.push(source.files);
    }
    agree(&declared, &mut wrong);
    if !wrong.is_empty() {
        wrong.sort();
        wrong.dedup();
        return Err(Diagnostics(wrong));
    }
    set.policies.sort_by(|one, other| one.id.cmp(&other.id));
    for policy in &set.policies {
        for parameter in &policy.parameters {
            set.parameters.insert(parameter.name.clone(), parameter.default.clone());
        }
    }
    parts::add(&mut set);
    Ok(set)
}

fn role(name: &str) -> Role {
    if name.ends_with("_test.rego") {
        Role::Test
    } else if name.starts_with("lib/") {
        Role::Library
    } else {
        Role::Policy
    }
}

/// One origin on its way.
struct Loading<'t> {
    engine: Engine,
    /// The engine with the tests, which the policies never meet; none where they are passed over.
    tested: Option<Engine>,
    parsed: Vec<Parsed<'t>>,
    comments: Vec<Vec<Span>>,
}

struct Loaded {
    engine: Engine,
    policies: Vec<(PolicyFile, Metadata, Facts)>,
}

impl<'t> Loading<'t> {
    fn new(files: &'t [PolicyFile], whole: bool, wrong: &mut Vec<Diagnostic>) -> Self {
        let engine = Engine::new();
        let tested = whole.then(|| engine.clone());
        let mut loading = Self { engine, tested, parsed: Vec::new(), comments: Vec::new() };
        for (name, text) in LIBRARY {
            if role(name) != Role::Test {
                loading.add(&format!("builtin:lib/{name}"), Role::Library, text, wrong);
            }
        }
        if let Some(file) = files.get(MAX_FILES) {
            let message = format!("{} files, more than {MAX_FILES}", files.len());
            wrong.push(Diagnostic::of_file(&file.name, lint::TEXT_SIZE, message));
        }
        let first = loading.parsed.len();
        for file in files.iter().take(MAX_FILES) {
            if !whole && role(&file.name) == Role::Test {
                continue;
            }
            if file.name.ends_with(".rego") {
                loading.add(&file.name, role(&file.name), &file.text, wrong);
            } else if !file.name.ends_with(".toml") {
                let message = "this is no file of policies: their names end with .rego, of profiles with .toml";
                wrong.push(Diagnostic::of_file(&file.name, lint::SYNTAX, message));
            }
        }
        let own = loading.parsed.iter().skip(first);
        for file in own.filter(|file| file.role == Role::Library) {
            // Three names are the built-in library's, now and later; none of them can be replaced.
            if file.module.package.len() < 4 {
                let message = format!("{} is for the built-in library", file.module.package_name());
                let refused = file.refuse(file.module.package_span, lint::PACKAGE, message);
                wrong.push(refused.help("a pack's own helpers stand in drift.lib.PACK.NAME"));
            }
        }
        loading
    }

    fn add(&mut self, name: &str, role: Role, text: &'t str, wrong: &mut Vec<Diagnostic>) {
        let comments = match measure(text) {
            Ok(comments) => comments,
            Err((span, code, message)) => {
                return wrong.push(Diagnostic::at(name, text, span, code, message));
            }
        };
        let mut added = match &mut self.tested {
            Some(tested) => tested.add(name, text),
            None => self.engine.add(name, text),
        };
        if self.tested.is_some() && role != Role::Test && added.is_ok() {
            added = self.engine.add(name, text);
        }
        match added {
            Ok(module) => {
                self.parsed.push(Parsed { name: name.to_owned(), text, role, module });
                self.comments.push(comments);
            }
            Err(SyntaxError { span, message, is_nesting }) => {
                let code = if is_nesting { lint::NESTING } else { lint::SYNTAX };
                wrong.push(Diagnostic::at(name, text, span, code, message));
            }
        }
    }

    fn finish(mut self, schema: &Schema, wrong: &mut Vec<Diagnostic>) -> Loaded {
        let before = wrong.len();
        let mut check = Check { schema, arity: &engine::arity, found: Vec::new() };
        let facts = lint(&mut check, &self.parsed);
        wrong.append(&mut check.found);
        let mut policies = Vec::new();
        for ((file, comments), facts) in self.parsed.iter().zip(&self.comments).zip(facts) {
            if file.role != Role::Policy {
                continue;
            }
            let package = file.module.package_span;
            match metadata::read(&file.name, file.text, package, comments) {
                Ok(metadata) => {
                    fits(file, &metadata, &facts, wrong);
                    let kept = PolicyFile { name: file.name.clone(), text: file.text.to_owned() };
                    policies.push((kept, metadata, facts));
                }
                Err(mut refused) => wrong.append(&mut refused),
            }
        }
        if wrong.len() == before {
            self.compile(&policies, wrong);
        }
        Loaded { engine: self.engine, policies }
    }

    /// Has the interpreter analyse all modules, so that what it refuses is refused now.
    fn compile(&mut self, policies: &[(PolicyFile, Metadata, Facts)], wrong: &mut Vec<Diagnostic>) {
        // What was built in was analysed when it was; the first evaluation does it again.
        let Some(tested) = &mut self.tested else { return };
        let Some((_, metadata, _)) = policies.first() else { return };
        let package = metadata.id.package();
        let compiled = self.engine.compile(&package, "deny");
        let Err(message) = compiled.and_then(|()| tested.compile(&package, "deny")) else {
            return;
        };
        let about = self.parsed.iter().find(|file| SyntaxError::is_about(&file.name, &message));
        wrong.push(match about {
            Some(file) => {
                let error = SyntaxError::told(&file.name, file.text, &message);
                Diagnostic::at(&file.name, file.text, error.span, lint::COMPILE, error.message)
            }
            None => Diagnostic::of_file("policies", lint::COMPILE, message),
        });
    }
}

/// Holds what METADATA says against what the text does.
fn fits(file: &Parsed<'_>, metadata: &Metadata, facts: &Facts, wrong: &mut Vec<Diagnostic>) {
    let package = metadata.id.package();
    if file.module.package_name() != package {
        let message = format!("the policy {} stands in package {package}", metadata.id);
        wrong.push(file.refuse(metadata.id_span, lint::ID, message));
    }
    for (path, (_, span)) in &facts.looks.files {
        if !metadata.paths.iter().any(|(known, _)| known == path) {
            let message = format!("{path:?} is not among the paths of METADATA");
            let known = metadata.paths.iter().map(|(known, _)| known.as_str());
            wrong.push(file.refuse(*span, lint::PATH, message).help(meant(path, known)));
        }
    }
    for (path, span) in &metadata.paths {
        // What is read of a file stands in other sections too, such as accounts; a policy that asks
        // those names the file in what it denies.
        let is_named = || file.module.terms.iter().any(|term| is_text(&term.kind, path));
        if !facts.looks.files.contains_key(path) && !is_named() {
            let message = format!("the policy neither looks at {path:?} nor names it");
            wrong.push(file.refuse(*span, lint::PATH, message));
        }
    }
    let declared = || metadata.parameters.iter().map(|(parameter, _)| parameter.name.as_str());
    for (name, span) in &facts.parameters {
        if !declared().any(|known| known == name) {
            let message = format!("the parameter {name:?} is not declared in METADATA");
            wrong.push(file.refuse(*span, lint::PARAMETER, message).help(meant(name, declared())));
        }
    }
    for (parameter, span) in &metadata.parameters {
        if !facts.parameters.contains_key(&parameter.name) {
            let message = format!("the policy does not read the parameter {:?}", parameter.name);
            wrong.push(file.refuse(*span, lint::PARAMETER, message));
        }
    }
}

fn is_text(term: &TermKind, wanted: &str) -> bool {
    matches!(term, TermKind::Text(text) if **text == *wanted)
}

/// Holds the policies of all origins against each other: ids are unique, parameters agree.
fn agree(policies: &[(PolicyFile, Metadata)], wrong: &mut Vec<Diagnostic>) {
    let mut ids = BTreeMap::new();
    let mut parameters = BTreeMap::new();
    for (file, metadata) in policies {
        let refuse =
            |span, code, message| Diagnostic::at(&file.name, &file.text, span, code, message);
        if let Some(other) = ids.insert(metadata.id.as_str(), &file.name) {
            let message = format!("the policy {} stands in {other} too", metadata.id);
            wrong.push(refuse(metadata.id_span, lint::ID, message));
        }
        for (parameter, span) in &metadata.parameters {
            let (default, id) =
                parameters.entry(&parameter.name).or_insert((&parameter.default, &metadata.id));
            if **default != parameter.default {
                let (ours, theirs) = (parameter.default.json(), default.json());
                let name = &parameter.name;
                let message = format!("{name} is {ours} here, and {theirs} in {id}");
                wrong.push(refuse(*span, lint::PARAMETERS, message));
            }
        }
    }
}

fn policy(file: PolicyFile, metadata: Metadata, facts: Facts, origin: usize) -> Policy {
    Policy {
        package: metadata.id.package(),
        id: metadata.id,
        title: metadata.title,
        severity: metadata.severity,
        rationale: metadata.rationale,
        remediation: metadata.remediation,
        references: metadata.references,
        paths: metadata.paths.into_iter().map(|(path, _)| path).collect(),
        parameters: metadata.parameters.into_iter().map(|(parameter, _)| parameter).collect(),
        sections: facts.looks.sections,
        rules: facts.answers,
        file: file.name,
        line: metadata.line,
        origin,
        selection: Selection::Selected,
    }
}

#[cfg(test)]
mod tests {
    use super::{load, load_to_evaluate};
    use crate::policy::packs::{PACKS, pack};

    /// What is passed over of the packs that come with drift changes nothing that is evaluated or told.
    #[test]
    fn packs_are_the_same_without_their_tests() {
        let sources = || PACKS.iter().filter_map(|one| pack(one.name)).collect();
        let (whole, fast) = (load(sources()), load_to_evaluate(sources()));
        let (whole, fast) = (whole.expect("they are right"), fast.expect("they are right"));
        assert_eq!(format!("{:?}", whole.policies), format!("{:?}", fast.policies));
        assert_eq!((whole.digest(), whole.deciding), (fast.digest(), fast.deciding));
        // Of what others wrote nothing is passed over.
        let mut own = pack("host").expect("it is there");
        own.origin.kind = crate::policy::OriginKind::Directory;
        own.files.push(crate::policy::PolicyFile {
            name: "broken_test.rego".to_owned(),
            text: "package drift".to_owned() + "\n\n}",
        });
        assert!(load_to_evaluate(vec![own]).is_err());
    }
}

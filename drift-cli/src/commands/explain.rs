//! `drift explain`: everything that is known of one path, or of one policy.

mod policy;

use std::sync::Arc;

use drift_core::bounds::Silent;
use drift_core::bounds::escape::escaped;
use drift_core::capture::{Captured, Run};
use drift_core::check::{self, Assessment, Occasion, Outcome, Request, Sealed};
use drift_core::judge::{Exit, FailOn};
use drift_core::model::attribute::{ATTRIBUTES, Value, base64};
use drift_core::model::{Cause, Entry, FollowLast, Image, LayerId, Observed, Severity, TreePath};
use drift_core::policy::Status;
use drift_core::report::document::{BaselineOf, Change, Problem};
use drift_core::report::exact;

use crate::args::{Explain, Part};
use crate::artifacts;
use crate::failure::Failure;
use crate::golden::{self, Golden};
use crate::inputs;
use crate::settings::Settings;
use crate::state;
use crate::terminal::Terminal;
use crate::worker::Isolated;

pub(crate) fn run(
    args: &Explain,
    target_named: bool,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    if let Some(asked) = policy::asked(args, settings)? {
        return of_policy(asked, args, target_named, settings, terminal);
    }
    let path = TreePath::parse(args.path.as_bytes()).map_err(Failure::usage)?;
    let golden = golden(args, settings)?;
    let sealed = golden.sealed();
    let outcome = checked(args, &sealed, None, settings)?;
    let (text, exit) = explained(&path, &outcome, &sealed);
    terminal.result(text.as_bytes())?;
    Ok(exit)
}

/// Without a target, what the policy says of itself; with one, how that fares as well.
fn of_policy(
    asked: policy::Asked,
    args: &Explain,
    target_named: bool,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let mut text = policy::described(&asked);
    let mut exit = Exit::CLEAN;
    if target_named || !args.baseline.is_empty() {
        let golden = golden(args, settings)?;
        let id = asked.id;
        let set = Arc::new(asked.set);
        let evaluator = Arc::new(Isolated::default());
        let assessment = Assessment { set, evaluator, keep_input: false };
        let outcome = checked(args, &golden.sealed(), Some(assessment), settings)?;
        let ended = outcome.report.policies.iter().find(|policy| policy.id == id);
        let Some(ended) = ended else {
            return Err(Failure::usage_text(format!("the policy {id} was not evaluated")));
        };
        text.push_str(&policy::ended(ended));
        exit = match Status::parse(ended.status) {
            Some(Status::Fail) => Exit::FINDINGS,
            Some(Status::Error | Status::Unknown | Status::NotChecked) | None => Exit::INCOMPLETE,
            Some(_) => Exit::CLEAN,
        };
    }
    terminal.result(text.as_bytes())?;
    Ok(exit)
}

fn golden(args: &Explain, settings: &Settings) -> Result<Golden, Failure> {
    let clock = settings.clock(args.trust.now.as_deref())?;
    let golden = Golden::open(&args.baseline, &args.trust, settings, &*clock)?;
    let golden = golden.map_err(|refused| refused.why)?;
    match golden.bill() {
        Some(_) => Err(Failure::usage_text("a bill of materials explains nothing of one path")
            .hint("compare the whole target with drift check --baseline")),
        None => Ok(golden),
    }
}

/// Compares the whole target: what is to be said of one path may rest on any other.
fn checked(
    args: &Explain,
    sealed: &[Sealed<'_>],
    assessment: Option<Assessment>,
    settings: &Settings,
) -> Result<Outcome, Failure> {
    let clock = settings.clock(args.trust.now.as_deref())?;
    let source = inputs::source(&args.target, &args.image, settings)??;
    let mut files: Vec<_> =
        args.baseline.iter().flat_map(|file| artifacts::with_bundles(file)).collect();
    files.extend(args.baseline.iter().filter_map(|file| artifacts::absolute(file)));
    files.extend(state::files(settings, args.trust.state.as_ref()));
    let own = artifacts::inside(&*source, &files);
    let pool = inputs::pool(settings, args.threads.as_deref())?;
    let run = Run { pool: &pool, cancel: &settings.cancel, observer: &Silent, artifacts: &own };
    let run_id = inputs::run_id();
    let occasion = Occasion { clock: &*clock, run_id: &run_id, binary_digest: None };
    let request = Request {
        rules: inputs::rules(&args.rules)?,
        assessment,
        ..Request::new(
            inputs::parts(&[Part::Entries, Part::Packages]),
            FailOn::At(Severity::Medium),
        )
    };
    let lowers = if sealed.is_empty() { inputs::beneath(&args.target, settings)? } else { None };
    let reference = golden::reference(sealed, lowers.as_deref());
    Ok(check::check(&check::Target::Live(&*source), &reference, &request, &run, &occasion)?)
}

fn explained(asked: &TreePath, outcome: &Outcome, sealed: &[Sealed<'_>]) -> (String, Exit) {
    let captured = outcome.captured.as_deref();
    let path = captured.map_or_else(|| asked.clone(), |captured| real_path(captured, asked));
    let report = &outcome.report;
    let changes: Vec<&Change> =
        report.changes.iter().filter(|change| concerns(change, &path)).collect();
    let problems: Vec<&Problem> = report
        .problems
        .iter()
        .filter(|problem| path.starts_with(&parsed(&problem.path, problem.path_b64.as_deref())))
        .collect();
    let mut text = format!("{asked}\n");
    if path != *asked {
        text.push_str(&format!("  that is {path}\n"));
    }
    let row = captured.and_then(|captured| captured.snapshot.tree.find(&path));
    if let (Some(captured), Some(row)) = (captured, row) {
        let rule = captured.rules.rule(captured.snapshot.tree.rule(row));
        text.push_str(&format!(
            "  rule: {} ({})\n",
            escaped(rule.to_string().as_bytes()),
            rule.origin
        ));
        text.push_str(&owner(captured, row));
        let image = captured.snapshot.image.as_ref();
        text.push_str(&layer("layer", image, captured.snapshot.tree.origin(row)));
        text.push_str(&attributes(&captured.snapshot.tree.entry(row)));
    } else {
        text.push_str("  it is not in the target, or a rule keeps it out\n");
    }
    for golden in sealed {
        text.push_str(&in_baseline(golden, &path, sealed.len() > 1));
    }
    for change in &changes {
        text.push_str(&described(change, &path));
    }
    for problem in &problems {
        let (at, reason) = (parsed(&problem.path, problem.path_b64.as_deref()), &problem.reason);
        let reason = escaped(reason.as_bytes());
        text.push_str(&format!("  NOT OBSERVED ({} of {at}): {reason}\n", problem.stage));
    }
    let unseen = row.is_none() && !outcome.verdict.complete();
    if changes.is_empty() && problems.is_empty() {
        text.push_str(if unseen {
            "  no difference is known, but not everything was compared\n"
        } else {
            "  no difference\n"
        });
    }
    let found = changes.iter().any(|change| change.severity >= Severity::Medium);
    let exit = match (found, problems.is_empty() && !unseen) {
        (true, _) => Exit::FINDINGS,
        (false, false) => Exit::INCOMPLETE,
        (false, true) => Exit::CLEAN,
    };
    (text, exit)
}

/// Follows links of directories on the way to the last name, as opening the path would.
fn real_path(captured: &Captured, asked: &TreePath) -> TreePath {
    let tree = &captured.snapshot.tree;
    let parent = asked.parent().unwrap_or_default();
    match tree.resolve(parent.as_bytes(), FollowLast::Yes) {
        Some(row) if !asked.is_root() => tree.path(row).join(asked.name()),
        _ => asked.clone(),
    }
}

/// Whether a change says something about the path: about itself, about where it was before, or
/// about a directory into which it is folded or under which it is hidden.
fn concerns(change: &Change, path: &TreePath) -> bool {
    if change.subject != "entry" {
        return false;
    }
    let at = parsed(&change.path, change.path_b64.as_deref());
    let from = change.moved_from.as_ref();
    let from = from.map(|from| parsed(from, change.moved_from_b64.as_deref()));
    let whole = change.entries.is_some() || change.cause == Cause::CoveredByMount;
    at == *path || from.as_ref() == Some(path) || (whole && path.starts_with(&at))
}

/// Reads a path of a report back.
fn parsed(text: &str, exact_bytes: Option<&str>) -> TreePath {
    TreePath::parse(&exact(text, exact_bytes)).unwrap_or_default()
}

fn owner(captured: &Captured, row: drift_core::model::RowId) -> String {
    let packages = &captured.snapshot.packages;
    match captured.ownership.owner(row).and_then(|id| packages.get(id.index())) {
        Some(package) => {
            let record = captured.ownership.record(row);
            let conffile = record.is_some_and(|record| record.conffile.is_some());
            let what = if conffile { ", as a configuration file" } else { "" };
            let text = format!("{} {} ({}){what}", package.name, package.version, package.manager);
            format!("  owner: {}\n", escaped(text.as_bytes()))
        }
        None => "  owner: no single package\n".to_owned(),
    }
}

/// The layer that an entry came with, and the whole command that made it.
fn layer(word: &str, image: Option<&Image>, origin: Option<LayerId>) -> String {
    let Some(known) = image
        .zip(origin)
        .and_then(|(image, origin)| image.layers.get(usize::from(origin.0)).zip(Some(origin)))
    else {
        return String::new();
    };
    let (known, LayerId(index)) = known;
    let command =
        known.created_by.as_deref().unwrap_or("by a command that the image does not name");
    format!("  {word}: {index}, {}, {}\n", known.diff_id, escaped(command.as_bytes()))
}

/// What a baseline says of the path beyond the change: its layer, and of several, whether it has it.
fn in_baseline(golden: &Sealed<'_>, path: &TreePath, several: bool) -> String {
    let file = escaped(golden.file.as_bytes()).to_string();
    match golden.baseline.find(path) {
        Err(error) => format!("  in {file}: {}\n", escaped(error.to_string().as_bytes())),
        Ok(None) if several => format!("  not in {file}\n"),
        Ok(None) => String::new(),
        Ok(Some(found)) => {
            let word = format!("layer in {file}");
            let layer = layer(&word, golden.baseline.image(), found.origin);
            if several && layer.is_empty() { format!("  in {file}\n") } else { layer }
        }
    }
}

fn attributes(entry: &Entry) -> String {
    let mut text = String::new();
    for attribute in ATTRIBUTES.iter().filter(|attribute| attribute.types.contains(entry.file_type))
    {
        let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:<13} {value}\n"));
        match (attribute.get)(entry) {
            Observed::Is(Value::None) | Observed::NotApplicable => {}
            Observed::Is(Value::Named(pairs)) => {
                for (name, value) in pairs {
                    line(&format!("xattr:{}", escaped(name)), &base64(value));
                }
            }
            Observed::Is(value) => {
                line(attribute.name, &escaped(&value.to_bytes().unwrap_or_default()).to_string())
            }
            Observed::Unobserved => line(attribute.name, "not observed"),
        }
    }
    text
}

fn described(change: &Change, path: &TreePath) -> String {
    let mut text =
        format!("  {}, cause {}, severity {}", change.kind, change.cause, change.severity);
    if !change.cause_verified {
        text.push_str(", on the package database's word alone");
    }
    let at = parsed(&change.path, change.path_b64.as_deref());
    if at != *path {
        text.push_str(&format!(", at {at}"));
    }
    if let Some(from) = &change.moved_from {
        text.push_str(&format!(", moved from {}", parsed(from, change.moved_from_b64.as_deref())));
    }
    if let (Some(by), Some(of)) = (&change.altered_by, &change.baseline_of) {
        let named = |one: &BaselineOf| escaped(one.identity.as_bytes()).to_string();
        text.push_str(&format!(", altered by baseline {}, of baseline {}", named(by), named(of)));
    }
    text.push('\n');
    for attribute in &change.attributes {
        let shown = |value: &Option<String>, exact_bytes: &Option<String>| match value {
            Some(value) => escaped(&exact(value, exact_bytes.as_deref())).to_string(),
            None => "none".to_owned(),
        };
        let before = shown(&attribute.before, &attribute.before_b64);
        let after = shown(&attribute.after, &attribute.after_b64);
        text.push_str(&format!(
            "    {}: {before} -> {after}\n",
            escaped(attribute.name.as_bytes())
        ));
    }
    if let Some(entries) = change.entries {
        text.push_str(&format!("    with {entries} entries below it that no package owns\n"));
    }
    text
}

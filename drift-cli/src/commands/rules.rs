//! `drift rules explain`: which rule decides for a path, and what it compares.

use drift_core::bounds::escape::escaped;
use drift_core::capture::{RuleSource, rules_for, systems};
use drift_core::judge::Exit;
use drift_core::model::{AttributeSet, FileType, TreePath};
use drift_core::rules::{Class, RuleSet};

use crate::args::{Rules, RulesCommand, RulesExplain};
use crate::failure::Failure;
use crate::inputs;
use crate::settings::Settings;
use crate::terminal::Terminal;

pub(crate) fn run(args: &Rules, settings: &Settings, terminal: &Terminal) -> Result<Exit, Failure> {
    let RulesCommand::Explain(args) = &args.command;
    let rules = rules(args, settings)?;
    let path = TreePath::parse(args.path.as_bytes()).map_err(Failure::usage)?;
    let decided = rules.evaluate(&path, args.path.ends_with('/'));
    let rule = rules.rule(decided);
    let mut text = format!(
        "{path}\n  decided by  {}\n  written in  {}\n",
        escaped(rule.to_string().as_bytes()),
        rule.origin
    );
    for file_type in [FileType::File, FileType::Directory, FileType::Symlink] {
        let names = names(rule.attributes(file_type));
        text.push_str(&format!("  {:<10}  {names}\n", file_type.name()));
    }
    if rule.may_come_and_go() {
        text.push_str("  entries may come and go here\n");
    }
    if let Some(form) = &rule.form {
        text.push_str(&format!("  its value may differ by host: {}\n", form.meaning()));
    }
    if rule.class == Some(Class::Growing) {
        text.push_str("  a file may grow; what was in it stays its beginning\n");
    }
    if !rule.keeps_size() {
        text.push_str("  neither digest, size nor time of a file is kept\n");
    }
    if rule.excludes() {
        text.push_str("  not looked at; every name is counted\n");
    }
    let others: Vec<String> = rules
        .matching(&path, args.path.ends_with('/'))
        .into_iter()
        .filter(|id| *id != decided)
        .map(|id| {
            format!(
                "  overruled   {} ({})\n",
                escaped(rules.rule(id).to_string().as_bytes()),
                rules.rule(id).origin
            )
        })
        .collect();
    text.push_str(&others.concat());
    terminal.result(text.as_bytes())?;
    Ok(Exit::CLEAN)
}

fn rules(args: &RulesExplain, settings: &Settings) -> Result<RuleSet, Failure> {
    let (from, systems) = match &args.baseline {
        Some(file) => {
            let clock = settings.clock(args.trust.now.as_deref())?;
            let (baseline, _) = inputs::baseline(file, &args.trust, settings, &*clock)??;
            (RuleSource::Whole(baseline.rules().to_owned()), Vec::new())
        }
        None => {
            let source = inputs::source(&args.target, &args.image, settings)??;
            (inputs::rules_or_detected(&args.rules)?, systems(&*source))
        }
    };
    Ok(rules_for(&from, &systems)?.0)
}

fn names(set: AttributeSet) -> String {
    let names: Vec<&str> = set.iter().map(|attribute| attribute.name).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

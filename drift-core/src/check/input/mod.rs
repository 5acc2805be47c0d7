//! The input of the policies, from what was captured, compared and concluded so far.
//!
//! One value for all policies of a run, and beside it what is missing of it: a list that is empty
//! because nobody could look is no empty list. The tree is walked once for all lists and patterns, and
//! what a policy names by its path is looked up.

mod accounts;
mod changes;
mod files;
mod lacks;
mod lists;
mod pattern;
mod places;

use std::collections::{BTreeMap, BTreeSet};

use crate::configs::{Configs, PRELOAD, SHADOW};
use crate::model::{FollowLast, Package, TreePath};
use crate::policy::{INPUT_SCHEMA, Input, Lack, PolicySet, Value, to_value};
use crate::report::document;
use crate::rules::RuleSet;

use super::describe;
use super::{Error, Found, Job, View};
use accounts::Homes;
use files::{File, Shared, in_baseline};
use lists::Swept;
use pattern::Pattern;
use places::{Place, Places};

/// Everything that was looked up in the tree.
#[derive(Debug, Default)]
struct Looked {
    /// Declared paths.
    literals: BTreeMap<String, File>,
    /// Declared patterns: what each matches, and what was not seen.
    patterns: BTreeMap<String, (Vec<TreePath>, BTreeSet<Lack>)>,
    swept: Swept,
    homes: Homes,
    shadow_is_there: bool,
    sections: lacks::Sections,
}

/// Builds the input, once for all policies of the run.
pub(super) fn build(
    job: &Job<'_>,
    found: &Found,
    reference: &document::Reference,
    (before, after): (Option<&View<'_>>, &View<'_>),
    set: &PolicySet,
) -> Result<Input, Error> {
    let nothing = Configs::default();
    let configs = after.captured().map_or(&nothing, |captured| &captured.configs);
    let looked = match job.request.parts.entries {
        true => look(job, after, configs, set)?,
        false => not_looked(set),
    };
    let known = match before.filter(|_| job.request.parts.entries) {
        Some(before) => {
            let files = looked.literals.values().chain(looked.swept.files.values());
            Some(in_baseline(before, files.chain(looked.homes.files()))?)
        }
        None => None,
    };
    let shared = Shared::new(after, Some(configs), known);
    let mut sections = lacks::of_run(job, found, reference, after);
    for (section, lacks) in &looked.sections {
        sections.entry(section.clone()).or_default().extend(lacks.iter().cloned());
    }
    let (files, paths) = declared(&looked, &shared);
    let not_observable = describe::not_observable(before, after, job.request);
    let coverage = describe::coverage(after, found.not_compared, not_observable);
    let (changes, lack) = changes::seen(&found.changes, changes::MAX_CHANGES);
    if let Some(lack) = lack {
        sections.entry("changes".to_owned()).or_default().push(lack);
    }
    let problems: BTreeSet<_> = found.problems.iter().collect();
    let problems: Vec<document::Problem> = problems.into_iter().map(describe::problem).collect();
    let value = Value::object([
        ("schema", Value::text(INPUT_SCHEMA)),
        ("now", Value::text(&job.started.to_string())),
        ("target", target(after)?),
        ("baseline", to_value(reference)?),
        ("changes", to_value(&changes)?),
        ("coverage", to_value(&coverage)?),
        ("problems", to_value(&problems)?),
        ("packages", packages(after.packages)),
        ("accounts", accounts::value(configs, looked.shadow_is_there, &looked.homes, &shared)),
        ("settings", settings(configs)),
        ("image", to_value(&after.image.map(document::Image::from))?),
        ("files", files),
        ("lists", lists_value(&looked.swept, &shared)),
    ]);
    Ok(Input { value, sections, paths })
}

/// Looks everything up.
fn look(
    job: &Job<'_>,
    after: &View<'_>,
    configs: &Configs,
    set: &PolicySet,
) -> Result<Looked, Error> {
    let stored;
    let rules = match after.captured() {
        Some(captured) => &captured.rules,
        None => {
            stored = RuleSet::from_text(&after.rules)?;
            &stored
        }
    };
    let mut places = Places::new(after, rules, job.run.artifacts)?;
    let all = set.paths();
    let (patterns, literals): (Vec<&str>, Vec<&str>) =
        all.into_iter().partition(|path| pattern::is_pattern(path));
    let bases = patterns.iter().map(|text| (pattern::split(text).0.as_bytes(), FollowLast::Yes));
    let own = crate::configs::FILES.iter().map(|path| (path.as_bytes(), FollowLast::Yes));
    let asked = literals.iter().map(|path| (path.as_bytes(), FollowLast::No));
    places.learn(asked.chain(bases).chain(own))?;
    let homes = Homes::look(configs, &mut places)?;
    let literals = literals.into_iter().filter_map(|text| {
        let path = TreePath::parse(text.as_bytes()).ok()?;
        let place = places.place(text.as_bytes(), FollowLast::No);
        Some((text.to_owned(), File::at(path, place, &places)))
    });
    let literals = literals.collect();
    let mut compiled = Vec::new();
    let mut outcome: BTreeMap<String, (Vec<TreePath>, BTreeSet<Lack>)> = BTreeMap::new();
    for text in patterns {
        let (base, rest) = pattern::split(text);
        let entry = outcome.entry(text.to_owned()).or_default();
        match places.place(base.as_bytes(), FollowLast::Yes) {
            Place::Seen(real, _) => match Pattern::new(real.as_bytes(), rest) {
                Some(pattern) => {
                    entry.1.extend(left_out(real.as_bytes(), after));
                    compiled.push((text, (real, pattern)));
                }
                None => {
                    entry.1.insert(Lack::Problem(format!("{text} has too many parts")));
                }
            },
            Place::Absent => {}
            Place::Unseen(lack) => {
                entry.1.insert(lack);
            }
        }
    }
    let (names, compiled): (Vec<&str>, Vec<(TreePath, Pattern)>) = compiled.into_iter().unzip();
    let mut check = || Ok(job.run.cancel.check()?);
    let mut swept = lists::sweep(after, Some(configs), &compiled, &places, &mut check)?;
    let told = swept.matches.drain(..).zip(swept.pattern_lacks.drain(..));
    for (name, (matches, lacks)) in names.into_iter().zip(told) {
        let entry = outcome.entry(name.to_owned()).or_default();
        entry.0 = matches;
        entry.1.extend(lacks);
    }
    let mut sections = lacks::of_lists(&swept, after);
    for (section, lacks) in lacks::of_configs(configs, after, &places, &homes) {
        sections.entry(section).or_default().extend(lacks);
    }
    let shadow = places.place(SHADOW.as_bytes(), FollowLast::Yes);
    let shadow_is_there = !matches!(shadow, Place::Absent);
    Ok(Looked { literals, patterns: outcome, swept, homes, shadow_is_there, sections })
}

/// Rules that may have left out something that a pattern below this directory matches.
fn left_out(base: &[u8], after: &View<'_>) -> Vec<Lack> {
    let mut lacks = Vec::new();
    for line in after.coverage.excluded.iter().filter(|line| line.entries > 0) {
        let Some(written) = line.rule.strip_prefix("ignore ") else { continue };
        let wild = written.contains(['*', '?', '[', '\\']);
        let plain = written.trim_matches('/').as_bytes();
        // Without a slash in it a pattern speaks of that name everywhere.
        let anchored = written.trim_end_matches('/').contains('/');
        let near = plain.starts_with(base) || base.starts_with(plain);
        if wild || !anchored || near {
            let reason = format!("the rule \"{}\" left out {} names", line.rule, line.entries);
            lacks.push(Lack::NotObservable(reason));
        }
    }
    lacks
}

/// Without entries nothing is looked up, and everything says so.
fn not_looked(set: &PolicySet) -> Looked {
    let lack = || Lack::NotObservable(lacks::NO_ENTRIES.to_owned());
    let mut looked = Looked { sections: lacks::without_entries(), ..Looked::default() };
    looked.shadow_is_there = true;
    for text in set.paths() {
        if pattern::is_pattern(text) {
            looked.patterns.insert(text.to_owned(), (Vec::new(), BTreeSet::from([lack()])));
        } else if let Ok(path) = TreePath::parse(text.as_bytes()) {
            let file = File::unseen(path, lack());
            looked.literals.insert(text.to_owned(), file);
        }
    }
    looked
}

/// Makes the value of `files`, and what is missing of each declared path.
fn declared(looked: &Looked, shared: &Shared) -> (Value, BTreeMap<String, Vec<Lack>>) {
    let mut lacks = BTreeMap::new();
    let mut members = Vec::new();
    for (text, file) in &looked.literals {
        lacks.extend(file.lack.iter().map(|lack| (text.clone(), vec![lack.clone()])));
        members.push((Value::text(text), shared.value(file)));
    }
    for (text, (matches, missing)) in &looked.patterns {
        let matched: Vec<&File> =
            matches.iter().filter_map(|path| looked.swept.files.get(path)).collect();
        let own = matched.iter().filter_map(|file| file.lack.clone());
        let missing: BTreeSet<Lack> = missing.iter().cloned().chain(own).collect();
        let state = match missing.first() {
            _ if !matched.is_empty() => "present",
            None => "absent",
            Some(Lack::Problem(_)) => "unreadable",
            Some(Lack::NotObservable(_)) => "not_observable",
        };
        let reason = missing.first().map_or(Value::NULL, |lack| Value::text(lack.reason()));
        let value = Value::object([
            ("state", Value::text(state)),
            ("reason", reason),
            ("matches", Value::array(matched.into_iter().map(|file| shared.value(file)))),
        ]);
        members.push((Value::text(text), value));
        if !missing.is_empty() {
            lacks.insert(text.clone(), missing.into_iter().collect());
        }
    }
    (Value::map(members), lacks)
}

fn lists_value(swept: &Swept, shared: &Shared) -> Value {
    // One value for an object that stands in several lists.
    let listed: BTreeSet<&TreePath> = swept.lists.values().flatten().collect();
    let values: BTreeMap<&TreePath, Value> = listed
        .into_iter()
        .filter_map(|path| Some((path, shared.value(swept.files.get(path)?))))
        .collect();
    let list = |paths: &Vec<TreePath>| {
        Value::array(paths.iter().filter_map(|path| values.get(path).cloned()))
    };
    let lists = lists::NAMES.iter().map(|name| {
        let members = swept.lists.get(name).map_or_else(|| Value::array([]), list);
        (*name, members)
    });
    Value::object(lists)
}

fn target(after: &View<'_>) -> Result<Value, Error> {
    Ok(Value::object([
        ("kind", Value::text(after.kind.name())),
        ("locator", Value::text(&after.locator)),
        ("identity", to_value(&describe::identity(after))?),
    ]))
}

fn packages(installed: &[Package]) -> Value {
    let mut managers: BTreeMap<&str, BTreeMap<&str, Vec<Value>>> = BTreeMap::new();
    let (version, architecture) = (Value::text("version"), Value::text("architecture"));
    for package in installed {
        let value = Value::map([
            (version.clone(), Value::text(&package.version)),
            (architecture.clone(), Value::text(&package.architecture)),
        ]);
        let names = managers.entry(&package.manager).or_default();
        names.entry(&package.name).or_default().push(value);
    }
    let of = |names: BTreeMap<&str, Vec<Value>>| {
        Value::object(names.into_iter().map(|(name, versions)| (name, Value::array(versions))))
    };
    Value::object(managers.into_iter().map(|(manager, names)| (manager, of(names))))
}

fn settings(configs: &Configs) -> Value {
    let libraries = configs.preload.iter().flat_map(|preload| &preload.entries).map(|library| {
        Value::object([
            ("value", Value::text(&library.value)),
            ("file", Value::text(PRELOAD)),
            ("line", Value::unsigned(library.line)),
        ])
    });
    let preload = Value::object([("libraries", Value::array(libraries))]);
    Value::object([("ld_so_preload", preload)])
}

//! From the index to the tree of a capture: rules applied, what they exclude counted.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use crate::model::{
    AttributeSet, Carries, FileType, Found, Intake, Listing, Observed, Precision, Problem, RuleId,
    SourceKind, Stage, attribute,
};
use crate::rules::RuleSet;

use super::index::{Index, Object};
use super::labels;

/// Permission bits that a directory without an entry is shown with; a problem goes with it.
const IMPLIED_MODE: u16 = 0o755;

/// Paths are matched up to the kernel's own `PATH_MAX`; below that, entries have the rule of their
/// directory, so that longer paths need not be kept.
const MAX_MATCHED: usize = 4096;

/// Returns what this archive can carry: of labels only those of which it has a record at all, since
/// an archive made without `--xattrs` says nothing of them.
pub(super) fn carries(index: &Index) -> Carries {
    let absent = labels::optional().without(index.seen);
    Carries {
        attributes: attribute::carried_by(SourceKind::Tar).without(absent),
        mtime: if index.fine_times { Precision::Nanosecond } else { Precision::Second },
    }
}

/// Hands everything that the rules keep to the intake.
pub(super) fn feed(index: &Index, rules: &RuleSet, intake: &Intake) {
    let choice = Choice::of(index, rules);
    choice.count_excluded(intake);
    let xattrs = carries(index).attributes.and(labels::optional());
    let found = |node: u32| found(index, rules, &choice, node, xattrs);
    let mut directories = vec![(0, intake.root(found(0)))];
    let listing = if index.whole { Listing::Complete } else { Listing::Partial };
    while let Some((node, directory)) = directories.pop() {
        let Some(children) = index.nodes.get(node as usize).and_then(|node| node.children.as_ref())
        else {
            continue;
        };
        let kept = children.values().filter(|child| choice.keeps(**child));
        let names = kept.map(|child| found(*child)).collect();
        for (name, directory) in intake.listing(directory, listing, names) {
            directories.extend(children.get(&name).map(|child| (*child, directory)));
        }
    }
    for problem in index.problems.iter().filter(|problem| in_scope(index, rules, problem)) {
        intake.problem(problem.clone());
    }
    report_implied(index, &choice, intake);
}

/// The rule of each node, and whether it is captured: a directory that a rule excludes is, where a
/// later rule keeps something in it.
struct Choice {
    rules: Vec<RuleId>,
    kept: Vec<bool>,
    order: Vec<u32>,
}

impl Choice {
    fn of(index: &Index, rules: &RuleSet) -> Self {
        let order = index.reachable();
        let mut choice = Self {
            rules: vec![RuleId(0); index.nodes.len()],
            kept: vec![false; index.nodes.len()],
            order: Vec::new(),
        };
        choice.set(0, rules.root(), true);
        // Each directory waits with its path; paths too long to match are not kept.
        let mut waiting: Vec<(u32, Vec<u8>)> = vec![(0, Vec::new())];
        while let Some((node, path)) = waiting.pop() {
            let above = choice.rule(node);
            let children = index.nodes.get(node as usize).and_then(|node| node.children.as_ref());
            for (name, &child) in children.into_iter().flatten() {
                let path = joined(&path, name);
                let directory =
                    index.nodes.get(child as usize).is_some_and(|node| node.children.is_some());
                let rule = rules.classify(above, &path, directory);
                choice.set(child, rule, !rules.rule(rule).excludes());
                if directory {
                    waiting.push((child, path));
                }
            }
        }
        for &node in order.iter().rev().filter(|node| **node != 0) {
            let parent = index.nodes.get(node as usize).map_or(0, |node| node.parent);
            if let (true, Some(kept)) = (choice.keeps(node), choice.kept.get_mut(parent as usize)) {
                *kept = true;
            }
        }
        choice.order = order;
        choice
    }

    fn set(&mut self, node: u32, rule: RuleId, keep: bool) {
        if let (Some(slot), Some(kept)) =
            (self.rules.get_mut(node as usize), self.kept.get_mut(node as usize))
        {
            *slot = rule;
            *kept = keep;
        }
    }

    fn rule(&self, node: u32) -> RuleId {
        self.rules.get(node as usize).copied().unwrap_or(RuleId(0))
    }

    fn keeps(&self, node: u32) -> bool {
        self.kept.get(node as usize).copied().unwrap_or(false)
    }

    fn count_excluded(&self, intake: &Intake) {
        let mut counts: BTreeMap<RuleId, u64> = BTreeMap::new();
        for &node in self.order.iter().filter(|node| !self.keeps(**node)) {
            let count = counts.entry(self.rule(node)).or_default();
            *count = count.saturating_add(1);
        }
        for (rule, count) in counts {
            intake.excluded(rule, count);
        }
    }
}

/// One byte beyond the limit says that the path is longer.
fn joined(path: &[u8], name: &[u8]) -> Vec<u8> {
    if path.len() > MAX_MATCHED {
        return path.to_vec();
    }
    let mut joined = path.to_vec();
    if !joined.is_empty() {
        joined.push(b'/');
    }
    joined.extend_from_slice(name);
    joined.truncate(MAX_MATCHED.saturating_add(1));
    joined
}

fn found(
    index: &Index,
    rules: &RuleSet,
    choice: &Choice,
    node: u32,
    xattrs: AttributeSet,
) -> Found {
    let rule = choice.rule(node);
    let Some(entry) = index.nodes.get(node as usize) else { return Found::unobserved(b"", rule) };
    let carried = !xattrs.is_empty();
    let Some(number) = entry.object else {
        return Found {
            mode: IMPLIED_MODE,
            identity: (1, u64::from(node).saturating_add(1)),
            xattrs: if carried {
                Observed::Is(Default::default())
            } else {
                Observed::NotApplicable
            },
            ..Found::plain(&entry.name, FileType::Directory, rule)
        };
    };
    match index.objects.get(number as usize) {
        Some(object) if object.file_type != FileType::Unknown => {
            let plain = Found::plain(&entry.name, object.file_type, rule);
            let identity = (1, u64::from(number).saturating_add(1));
            filled(Found { identity, ..plain }, object, rules, carried)
        }
        _ => Found::unobserved(&entry.name, rule),
    }
}

fn filled(plain: Found, object: &Object, rules: &RuleSet, carried: bool) -> Found {
    let rule = rules.rule(plain.rule);
    let file = object.file_type == FileType::File;
    // Size and time of a secret would say something about it.
    let shown = !file || rule.keeps_size();
    Found {
        mode: object.mode,
        uid: object.uid,
        gid: object.gid,
        size: if shown { object.size } else { 0 },
        mtime: if shown { object.mtime } else { Default::default() },
        rdev: object.device,
        nlink: if object.file_type == FileType::Directory { 1 } else { object.names },
        link_target: match object.file_type {
            FileType::Symlink => Observed::Is(object.link.clone()),
            _ => Observed::NotApplicable,
        },
        xattrs: if carried { object.xattrs.clone() } else { Observed::NotApplicable },
        digest: object.digest.filter(|_| file && rule.reads_content()),
        ..plain
    }
}

/// Nothing that a rule excludes is a problem.
fn in_scope(index: &Index, rules: &RuleSet, problem: &Problem) -> bool {
    let directory = index
        .find(&problem.path)
        .and_then(|node| index.nodes.get(node as usize))
        .is_some_and(|node| node.children.is_some());
    !rules.rule(rules.evaluate(&problem.path, directory)).excludes()
}

/// Names each directory without an entry, but of a chain of them only the first: a hostile archive
/// could make the paths of all of them cost the square of its length.
fn report_implied(index: &Index, choice: &Choice, intake: &Intake) {
    let implied = |node: u32| {
        node != 0 && index.nodes.get(node as usize).is_some_and(|node| node.object.is_none())
    };
    for &node in choice.order.iter().filter(|node| implied(**node) && choice.keeps(**node)) {
        let parent = index.nodes.get(node as usize).map_or(0, |node| node.parent);
        if !implied(parent) {
            intake.problem(Problem {
                path: index.path(node),
                stage: Stage::Stat,
                reason:
                    "the archive has no entry for this directory (and perhaps for some in it), \
                         so that its owner and mode are not known"
                        .to_owned(),
                errno: None,
            });
        }
    }
}

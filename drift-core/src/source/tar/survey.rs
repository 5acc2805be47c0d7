//! From the index to the tree of a capture: rules applied, what they exclude counted.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use crate::model::{
    AttributeSet, Carries, FileType, Found, Intake, Listing, Observed, Precision, Problem, RuleId,
    SourceKind, Stage, attribute,
};
use crate::rules::RuleSet;

use super::index::Index;
use super::labels;
use super::nodes::ROOT;
use super::object::{Body, Object};

/// Permission bits that a directory without an entry is shown with; a problem goes with it.
const IMPLIED_MODE: u16 = 0o755;

/// Paths are matched up to the kernel's own `PATH_MAX`; below that, entries have the rule of their
/// directory, so that longer paths need not be kept.
const MAX_MATCHED: usize = 4096;

/// Returns what a target of this kind can carry: of labels only those of which it has a record at
/// all, since an archive made without `--xattrs` says nothing of them. Layers are all that a
/// container is made of: what has no record in them is not there, but for labels of SELinux, which
/// are given when the container starts.
pub(in crate::source) fn carries(index: &Index, kind: SourceKind) -> Carries {
    let silent = match index.layered {
        true => AttributeSet::of(|attribute| attribute.name == "selinux"),
        false => labels::optional(),
    };
    let absent = silent.without(index.seen);
    Carries {
        attributes: attribute::carried_by(kind).without(absent),
        mtime: if index.fine_times { Precision::Nanosecond } else { Precision::Second },
    }
}

/// Hands everything that the rules keep to the intake.
pub(in crate::source) fn feed(index: &Index, kind: SourceKind, rules: &RuleSet, intake: &Intake) {
    let choice = Choice::of(index, rules);
    choice.count_excluded(intake);
    let carried = !carries(index, kind).attributes.and(labels::optional()).is_empty();
    let names = index.names(&choice.order);
    let view = View { index, rules, choice: &choice, names: &names, carried };
    let mut directories = vec![(ROOT, intake.root(view.found(ROOT)))];
    let listing = if index.whole { Listing::Complete } else { Listing::Partial };
    while let Some((node, directory)) = directories.pop() {
        if !index.nodes.is_directory(node) {
            continue;
        }
        let kept = index.nodes.children(node).filter(|child| choice.keeps(*child));
        let names = kept.map(|child| view.found(child)).collect();
        for (name, directory) in intake.listing(directory, listing, names) {
            directories.extend(index.nodes.child(node, &name).map(|child| (child, directory)));
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
        let order = index.nodes.reachable();
        let mut choice = Self {
            rules: vec![RuleId(0); index.nodes.len()],
            kept: vec![false; index.nodes.len()],
            order: Vec::new(),
        };
        choice.set(ROOT, rules.root(), true);
        // Each directory waits with its path; paths too long to match are not kept.
        let mut waiting: Vec<(u32, Vec<u8>)> = vec![(ROOT, Vec::new())];
        while let Some((node, path)) = waiting.pop() {
            let above = choice.rule(node);
            for child in index.nodes.children(node) {
                let path = joined(&path, index.nodes.name(child));
                let directory = index.nodes.is_directory(child);
                let rule = rules.classify(above, &path, directory);
                choice.set(child, rule, !rules.rule(rule).excludes());
                if directory {
                    waiting.push((child, path));
                }
            }
        }
        for &node in order.iter().rev().filter(|node| **node != ROOT) {
            let parent = index.nodes.parent(node);
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

/// What is needed to show an object.
struct View<'v> {
    index: &'v Index,
    rules: &'v RuleSet,
    choice: &'v Choice,
    /// How many names lead to each object.
    names: &'v [u32],
    /// Whether extended attributes are carried at all.
    carried: bool,
}

impl View<'_> {
    fn found(&self, node: u32) -> Found {
        let rule = self.choice.rule(node);
        let name = self.index.nodes.name(node);
        let Some(number) = self.index.nodes.object(node) else {
            let none = Observed::Is(Default::default());
            return Found {
                mode: IMPLIED_MODE,
                identity: (1, u64::from(node).saturating_add(1)),
                xattrs: if self.carried { none } else { Observed::NotApplicable },
                ..Found::plain(name, FileType::Directory, rule)
            };
        };
        match self.index.objects.get(number as usize) {
            Some(object) if object.file_type != FileType::Unknown => {
                let plain = Found::plain(name, object.file_type, rule);
                let names = self.names.get(number as usize).copied().unwrap_or(1);
                let identity = (1, u64::from(number).saturating_add(1));
                self.filled(Found { identity, nlink: names, ..plain }, object)
            }
            _ => Found::unobserved(name, rule),
        }
    }

    fn filled(&self, plain: Found, object: &Object) -> Found {
        let rule = self.rules.rule(plain.rule);
        let file = object.file_type == FileType::File;
        // Size and time of a secret would say something about it.
        let shown = !file || rule.keeps_size();
        let xattrs = if self.carried { self.index.xattrs(object) } else { Observed::NotApplicable };
        Found {
            mode: object.mode,
            uid: object.uid,
            gid: object.gid,
            size: if shown { object.size } else { 0 },
            mtime: if shown { object.mtime } else { Default::default() },
            rdev: match object.body {
                Body::Device(device) => Some(device),
                _ => None,
            },
            nlink: if object.file_type == FileType::Directory { 1 } else { plain.nlink },
            link_target: match object.link() {
                Some(target) => Observed::Is(target.into()),
                None => Observed::NotApplicable,
            },
            xattrs,
            digest: object.digest().filter(|_| file && rule.reads_content()),
            origin: self.index.layered.then_some(object.origin),
            ..plain
        }
    }
}

/// Nothing that a rule excludes is a problem.
fn in_scope(index: &Index, rules: &RuleSet, problem: &Problem) -> bool {
    let directory =
        index.nodes.find(&problem.path).is_some_and(|node| index.nodes.is_directory(node));
    !rules.rule(rules.evaluate(&problem.path, directory)).excludes()
}

/// Names each directory without an entry, but of a chain of them only the first: a hostile archive
/// could make the paths of all of them cost the square of its length.
fn report_implied(index: &Index, choice: &Choice, intake: &Intake) {
    let implied = |node: u32| node != ROOT && index.nodes.object(node).is_none();
    let who = if index.layered { "no layer has an" } else { "the archive has no" };
    for &node in choice.order.iter().filter(|node| implied(**node) && choice.keeps(**node)) {
        if !implied(index.nodes.parent(node)) {
            intake.problem(Problem {
                path: index.nodes.path(node),
                stage: Stage::Stat,
                reason: format!(
                    "{who} entry for this directory (and perhaps for some in it), so that its \
                     owner and mode are not known"
                ),
                errno: None,
            });
        }
    }
}

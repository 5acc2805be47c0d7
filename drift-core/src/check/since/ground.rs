//! Whether the two runs stand on the same ground: the same target, looked at as widely, compared with
//! the same state under the same rules.

use std::collections::BTreeSet;

use crate::check::{Found, Request, describe};
use crate::report::{Earlier, exact};

use super::Now;

/// Where package databases lie. What could not be read there may hide any package, and, where they
/// are what the target is compared with, any entry.
const DATABASES: [&[u8]; 6] = [
    b"/var/lib/dpkg",
    b"/lib/apk/db",
    b"/usr/lib/apk/db",
    b"/var/lib/pacman",
    b"/var/lib/rpm",
    b"/usr/lib/sysimage/rpm",
];

/// Why findings of the two runs cannot be compared; each `None` where they can.
pub(super) struct Ground {
    /// Any finding.
    pub(super) target: Option<String>,
    /// Any finding that rests on what the target was compared with.
    pub(super) reference: Option<String>,
    /// A change of an entry, of a package, of a fact.
    pub(super) entries: Option<String>,
    pub(super) packages: Option<String>,
    pub(super) facts: Option<String>,
    /// What each run could not observe.
    pub(super) before: Unseen,
    pub(super) now: Unseen,
}

/// What one run could not observe.
#[derive(Default)]
pub(super) struct Unseen {
    paths: BTreeSet<Vec<u8>>,
    /// Whether a package database is among it.
    databases: bool,
    /// Whether the databases are what entries were compared with.
    decide: bool,
}

impl Ground {
    pub(super) fn new(before: &Earlier, request: &Request, found: &Found, now: &Now<'_>) -> Self {
        let problems = before.problems.iter();
        let problems = problems.map(|problem| {
            (exact(&problem.path, problem.path_b64.as_deref()).into_owned(), problem.stage.as_str())
        });
        let unseen_before = Unseen::new(problems, &before.baseline.kind);
        let problems = found.problems.iter();
        let problems = problems.map(|problem| {
            let path = [b"/", problem.path.as_bytes()].concat();
            (path, problem.stage.name())
        });
        let unseen_now = Unseen::new(problems, now.reference.kind);
        let only = describe::only(request);
        let part = |name: &str, wanted: &dyn Fn(&str) -> bool| {
            scope(before, name, only.iter().any(|part| part == name))
                .or_else(|| observable(before, now, wanted))
        };
        Self {
            target: target(before, now).or_else(|| rules(before, now)),
            reference: reference(before, request, now),
            entries: part("entries", &|name| name.starts_with("entries.")),
            packages: part("packages", &|name| name == "packages"),
            facts: part("entries", &|name| name == "image"),
            before: unseen_before,
            now: unseen_now,
        }
    }

    /// Two runs between which nothing stands.
    #[cfg(test)]
    pub(super) fn level() -> Self {
        Self {
            target: None,
            reference: None,
            entries: None,
            packages: None,
            facts: None,
            before: Unseen::default(),
            now: Unseen::default(),
        }
    }

    /// Returns why no two changes of this subject can be compared.
    pub(super) fn of_changes(&self, subject: &str) -> Option<&str> {
        let part = match subject {
            "entry" => &self.entries,
            "package" => &self.packages,
            _ => &self.facts,
        };
        [&self.target, &self.reference, part].into_iter().find_map(|reason| reason.as_deref())
    }
}

fn target(before: &Earlier, now: &Now<'_>) -> Option<String> {
    let verdict = &before.verdict;
    if verdict.status == "untrusted" || before.target.root_digest.is_none() {
        return Some("the previous run compared nothing".to_owned());
    }
    if let Some(reason @ ("busy" | "deadline")) = verdict.reason.as_deref() {
        return Some(format!("the previous run was stopped ({reason})"));
    }
    let kind = now.after.kind.name();
    if before.target.kind != kind {
        let was = &before.target.kind;
        return Some(format!("another kind of target: {was} then, {kind} now"));
    }
    match (&before.target.identity.hostname, &now.after.identity.hostname) {
        (Some(was), Some(is)) if was != is => Some(format!("another host: {was} then, {is} now")),
        _ => None,
    }
}

fn rules(before: &Earlier, now: &Now<'_>) -> Option<String> {
    let same = before.tool.rules_digest == now.rules.digest().to_string();
    (!same).then(|| "other rules were in force".to_owned())
}

/// The same content under the same rules is the same reference, whoever sealed it and when.
fn reference(before: &Earlier, request: &Request, now: &Now<'_>) -> Option<String> {
    let (was, is) = (&before.baseline, now.reference);
    if was.kind != is.kind {
        return Some(format!(
            "compared with another kind of state: {} then, {} now",
            was.kind, is.kind
        ));
    }
    let overridden = before.scope.rules_overridden || request.rules.is_some();
    let effective = !overridden && was.effective_root.is_some();
    let same =
        was.root_digest == is.root_digest || (effective && was.effective_root == is.effective_root);
    (!same).then(|| "compared with another baseline".to_owned())
}

fn scope(before: &Earlier, part: &str, now: bool) -> Option<String> {
    match (before.scope.only.contains(part), now) {
        (true, true) => None,
        (false, _) => Some(format!("the previous run did not compare {part}")),
        (true, false) => Some(format!("this run did not compare {part}")),
    }
}

fn observable(before: &Earlier, now: &Now<'_>, wanted: &dyn Fn(&str) -> bool) -> Option<String> {
    let now: BTreeSet<&str> = now.not_observable.iter().map(String::as_str).collect();
    let before: BTreeSet<&str> =
        before.coverage.not_observable.iter().map(String::as_str).collect();
    let differ: Vec<&str> =
        before.symmetric_difference(&now).copied().filter(|name| wanted(name)).collect();
    let names = differ.join(", ");
    (!differ.is_empty()).then(|| format!("not observable in one of the two runs: {names}"))
}

impl Unseen {
    /// Takes down the problems of a run, each as a path and a stage. `kind` is what it was compared
    /// with.
    pub(super) fn new<'p>(problems: impl Iterator<Item = (Vec<u8>, &'p str)>, kind: &str) -> Self {
        let mut unseen = Self { decide: kind == "package-database", ..Self::default() };
        // Of a run without any reference one problem says just that, at the root; what is below it was
        // seen all the same.
        let mut missing_reference = kind == "none";
        for (path, stage) in problems {
            let path = trimmed(&path).to_vec();
            let related = |database: &&[u8]| is_below(&path, database) || is_below(database, &path);
            unseen.databases |= stage == "parse" || DATABASES.iter().any(related);
            if missing_reference && path.is_empty() && stage == "parse" {
                missing_reference = false;
                continue;
            }
            unseen.paths.insert(path);
        }
        unseen
    }

    /// Returns whether nothing was missed.
    pub(super) fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Returns whether this object, or a directory above it, could not be observed.
    pub(super) fn covers(&self, path: &[u8]) -> bool {
        let path = trimmed(path);
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        let above = ends.filter_map(|end| path.get(..end));
        !self.paths.is_empty() && above.chain([path]).any(|ancestor| self.paths.contains(ancestor))
    }

    /// Returns whether the absence of a change proves nothing.
    pub(super) fn hides(&self, subject: &str, path: &[u8]) -> bool {
        match subject {
            "package" => self.databases,
            "entry" => (self.decide && self.databases) || self.covers(path),
            _ => self.covers(b""),
        }
    }
}

/// Removes slashes at the end; the root is then empty, and an ancestor of all.
fn trimmed(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last.saturating_add(1));
    path.get(..end).unwrap_or(path)
}

fn is_below(path: &[u8], directory: &[u8]) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.first() == Some(&b'/'))
}

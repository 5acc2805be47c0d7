//! Where paths lead inside the target, links followed, and why where nothing can be said of them.
//!
//! Captured trees are asked directly. Stored ones can only be walked, so everything that is wanted is
//! looked up in one walk, and another follows only where a link was in the way.

use std::collections::{BTreeMap, BTreeSet};

use crate::capture::Captured;
use crate::check::Error;
use crate::check::view::View;
use crate::model::{
    Coverage, Entry, FileType, FollowLast, LayerId, Listing, Observed, PackageId, Problem, Stage,
    Step, TreePath,
};
use crate::policy::Lack;
use crate::rules::RuleSet;
use crate::source::is_usual_point;

/// Links that one resolution may follow, as in the kernel (path_resolution(7)).
const MAX_LINKS: u32 = 40;

/// What is known of one entry.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) entry: Entry,
    pub(super) listing: Listing,
    pub(super) owner: Option<PackageId>,
    pub(super) origin: Option<LayerId>,
}

/// Where a path leads.
#[derive(Debug)]
pub(super) enum Place<'s> {
    /// To this entry, at this path.
    Seen(TreePath, &'s Seen),
    /// To nothing, and that is certain.
    Absent,
    /// It cannot be told.
    Unseen(Lack),
}

/// The entries that were looked up so far.
#[derive(Debug)]
pub(super) struct Places<'p> {
    view: &'p View<'p>,
    rules: &'p RuleSet,
    artifacts: &'p [TreePath],
    /// By path without links; `None` of what is not in the tree.
    known: BTreeMap<TreePath, Option<Seen>>,
    problems: BTreeMap<&'p TreePath, &'p Problem>,
}

/// How far a resolution came.
enum Way<'s> {
    Ends(Place<'s>),
    /// These must be looked up first.
    Needs(Vec<TreePath>),
}

impl<'p> Places<'p> {
    pub(super) fn new(
        view: &'p View<'p>,
        rules: &'p RuleSet,
        artifacts: &'p [TreePath],
    ) -> Result<Self, Error> {
        // Of several at one path the first to be tried counts.
        let problems = view.problems.iter().rev().map(|problem| (&problem.path, problem)).collect();
        let mut places = Self { view, rules, artifacts, known: BTreeMap::new(), problems };
        places.fetch(BTreeSet::from([TreePath::root()]))?;
        Ok(places)
    }

    /// Looks these paths up, with all that lies on the way.
    pub(super) fn learn<'w>(
        &mut self,
        paths: impl Iterator<Item = (&'w [u8], FollowLast)> + Clone,
    ) -> Result<(), Error> {
        loop {
            let mut needed = BTreeSet::new();
            for (path, last) in paths.clone() {
                if let Way::Needs(more) = self.walk(path, last) {
                    needed.extend(more);
                }
            }
            if needed.is_empty() {
                return Ok(());
            }
            self.fetch(needed)?;
        }
    }

    /// Returns where a path leads that was learned before.
    pub(super) fn place(&self, path: &[u8], last: FollowLast) -> Place<'_> {
        match self.walk(path, last) {
            Way::Ends(place) => place,
            Way::Needs(_) => Place::Unseen(Lack::Problem("it was not looked up".to_owned())),
        }
    }

    /// Returns what was wrong with the entry itself, if anything was.
    pub(super) fn problem(&self, path: &TreePath, seen: &Seen) -> Option<String> {
        let found = self.problems.get(path).filter(|problem| {
            let directory = seen.entry.file_type == FileType::Directory;
            match problem.stage {
                Stage::Parse | Stage::Policy => false,
                // These are about the names in it, not about itself.
                Stage::Open | Stage::List | Stage::Mount => !directory,
                _ => true,
            }
        });
        match (found, seen.entry.digest) {
            (Some(problem), _) => Some(reason(problem)),
            (None, Observed::Unobserved) => Some("its content could not be read".to_owned()),
            (None, _) => None,
        }
    }

    fn walk(&self, path: &[u8], last: FollowLast) -> Way<'_> {
        let mut todo: Vec<Vec<u8>> = names(path).rev().map(<[u8]>::to_vec).collect();
        let mut at = TreePath::root();
        let mut links = 0_u32;
        while let Some(name) = todo.pop() {
            if name == b"." {
                continue;
            }
            if name == b".." {
                at = at.parent().unwrap_or_default();
                continue;
            }
            let next = at.join(&name);
            let Some(known) = self.known.get(&next) else { return needs(next, &todo) };
            let Some(seen) = known else { return Way::Ends(self.missing(&at, &next)) };
            match &seen.entry.file_type {
                FileType::Symlink if !todo.is_empty() || last == FollowLast::Yes => {
                    links = links.saturating_add(1);
                    let Some(target) = seen.entry.link_target.seen() else {
                        let reason = format!("{next}: where it points could not be read");
                        return Way::Ends(Place::Unseen(Lack::Problem(reason)));
                    };
                    if links > MAX_LINKS {
                        return Way::Ends(Place::Absent);
                    }
                    if target.starts_with(b"/") {
                        at = TreePath::root();
                    }
                    todo.extend(names(target).rev().map(<[u8]>::to_vec));
                }
                FileType::Unknown if !todo.is_empty() => {
                    let reason = format!("{next}: {}", self.told(&next));
                    return Way::Ends(Place::Unseen(Lack::Problem(reason)));
                }
                FileType::Directory => at = next,
                _ if todo.is_empty() => return Way::Ends(Place::Seen(next, seen)),
                _ => return Way::Ends(Place::Absent),
            }
        }
        match self.known.get(&at) {
            Some(Some(seen)) => Way::Ends(Place::Seen(at, seen)),
            Some(None) => Way::Ends(Place::Absent),
            None => Way::Needs(vec![at]),
        }
    }

    /// A name that is not in the tree: not there, left out, or not seen.
    fn missing(&self, directory: &TreePath, path: &TreePath) -> Place<'_> {
        if self.artifacts.contains(path) {
            let reason = format!("{path} is drift's own and is left out");
            return Place::Unseen(Lack::NotObservable(reason));
        }
        if let Some(rule) = self.excluded_by(path) {
            let reason = format!("{path} is left out by the rule \"{rule}\"");
            return Place::Unseen(Lack::NotObservable(reason));
        }
        let listing = self.known.get(directory).and_then(Option::as_ref).map(|seen| seen.listing);
        match listing {
            Some(Listing::Complete) => Place::Absent,
            _ => Place::Unseen(self.unlisted(directory)),
        }
    }

    /// Why the names in a directory are not all known.
    pub(super) fn unlisted(&self, directory: &TreePath) -> Lack {
        let coverage: &Coverage = self.view.coverage;
        let mount = coverage.mounts_not_entered.iter().find(|mount| mount.path == *directory);
        match (self.problems.get(directory), mount) {
            (Some(problem), _) => Lack::Problem(format!("{directory}: {}", reason(problem))),
            (None, Some(mount)) => Lack::NotObservable(format!(
                "the file system mounted on {directory} ({}) was not entered",
                mount.file_system
            )),
            (None, None) => Lack::Problem(format!("{directory}: {}", self.told(directory))),
        }
    }

    /// Whether the kernel's own file system is mounted where one expects it.
    pub(super) fn is_usual(&self, directory: &TreePath) -> bool {
        let mut mounts = self.view.coverage.mounts_not_entered.iter();
        mounts.any(|mount| {
            mount.path == *directory && is_usual_point(&mount.path, &mount.file_system)
        })
    }

    /// Whether the path leads into a file system of the kernel, which no scope includes.
    pub(super) fn is_of_the_kernel(&self, path: &TreePath) -> bool {
        let mut above = Some(path.clone());
        while let Some(at) = above {
            if self.is_usual(&at) {
                return true;
            }
            above = at.parent();
        }
        false
    }

    fn told(&self, path: &TreePath) -> String {
        let mut above = Some(path.clone());
        while let Some(at) = above {
            if let Some(problem) = self.problems.get(&at) {
                return reason(problem);
            }
            above = at.parent();
        }
        "it could not be read".to_owned()
    }

    fn excluded_by(&self, path: &TreePath) -> Option<String> {
        let rule = [true, false].into_iter().find_map(|is_directory| {
            let rule = self.rules.rule(self.rules.evaluate(path, is_directory));
            rule.excludes().then(|| rule.to_string())
        })?;
        // What a rule would have left out and is not there either is not there.
        self.view.coverage.excluded.iter().any(|line| line.rule == rule).then_some(rule)
    }

    fn fetch(&mut self, wanted: BTreeSet<TreePath>) -> Result<(), Error> {
        match self.view.captured() {
            Some(captured) => {
                for path in wanted {
                    let seen =
                        captured.snapshot.tree.find(&path).map(|row| captured_at(captured, row));
                    self.known.insert(path, seen);
                }
            }
            None => {
                let mut found = BTreeMap::new();
                sweep(self.view, &mut |path, step| {
                    if wanted.contains(path) {
                        found.insert(path.clone(), Seen::of(step));
                    }
                })?;
                for path in wanted {
                    let seen = found.remove(&path);
                    self.known.insert(path, seen);
                }
            }
        }
        Ok(())
    }
}

impl Seen {
    pub(super) fn of(step: &Step<'_>) -> Self {
        Self {
            entry: step.entry.clone(),
            listing: step.listing,
            owner: step.owner,
            origin: step.origin,
        }
    }
}

fn captured_at(captured: &Captured, row: crate::model::RowId) -> Seen {
    let tree = &captured.snapshot.tree;
    let listing = tree.as_directory(row).map_or(Listing::Complete, |id| tree.listing(id));
    Seen { entry: tree.entry(row), listing, owner: tree.owner(row), origin: tree.origin(row) }
}

/// Walks everything; the path is built as it goes.
fn sweep(view: &View<'_>, take: &mut dyn FnMut(&TreePath, &Step<'_>)) -> Result<(), Error> {
    let mut trail = Trail::default();
    let mut cursor = view.cursor();
    while let Some(step) = cursor.next()? {
        let path = TreePath::from_joined(trail.enter(step.depth, step.name).to_vec());
        take(&path, &step);
    }
    Ok(())
}

/// The path of a walk.
#[derive(Debug, Default)]
pub(super) struct Trail {
    path: Vec<u8>,
    /// The length of the path of each directory on the way.
    ends: Vec<usize>,
}

impl Trail {
    /// Goes to the entry of this name at this depth, and returns its path.
    pub(super) fn enter(&mut self, depth: u32, name: &[u8]) -> &[u8] {
        let depth = depth as usize;
        let end = depth.checked_sub(1).and_then(|above| self.ends.get(above)).copied();
        self.path.truncate(end.unwrap_or(0));
        if !self.path.is_empty() {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(name);
        self.ends.truncate(depth);
        self.ends.push(self.path.len());
        &self.path
    }
}

fn needs<'s>(first: TreePath, todo: &[Vec<u8>]) -> Way<'s> {
    let mut needed = vec![first];
    for name in todo.iter().rev().take_while(|name| *name != b"." && *name != b"..") {
        let next = needed.last().map(|path| path.join(name));
        needed.extend(next);
    }
    Way::Needs(needed)
}

fn names(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|name| !name.is_empty())
}

fn reason(problem: &Problem) -> String {
    problem.reason.clone()
}

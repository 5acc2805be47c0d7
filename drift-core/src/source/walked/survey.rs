//! The survey: every directory once, every object in it examined, nothing left out in silence.
//!
//! An object ends in exactly one of these: an entry, an entry with one problem, a count (excluded,
//! vanished, own artefact). Objects that disappear between two calls are counted and no problem.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::bounds::{Cancelled, Event};
use crate::model::{
    ARTIFACT_RULE, DirId, FileType, Found, Intake, Listing, Mount, Observed, Problem, RuleId,
    Stage, Time, TreePath, Xattrs,
};
use crate::source::mounts::is_usual_point;
use crate::source::volume::{DirectoryEntry, Errno, Stat, Volume};
use crate::source::{Error, Plan, errno_name};

use super::chain::{Node, Open, Opener};
use super::crossing::{Crossing, Mounts, is_ruled};
use super::handles::patiently;
use super::queue::Queue;
use super::{Walked, described};

/// Directories that a worker keeps open because it is likely to come back to them.
const RECENT: usize = 2;

/// Entries between two reports of progress.
const REPORT_EVERY: u64 = 4096;

/// A survey under way.
pub(super) struct Survey<'s, V: Volume> {
    pub(super) volume: &'s V,
    pub(super) plan: &'s Plan<'s>,
    pub(super) intake: &'s Intake,
    pub(super) mounts: Mounts,
    opener: Opener<'s, V>,
    queue: Queue<Job<V::Directory>>,
    entries: AtomicU64,
}

/// Device and inode of the excluded directories that hold something included.
pub(super) type Holding = HashSet<(u64, u64)>;

/// A directory to be listed.
struct Job<D> {
    node: Arc<Node<D>>,
    id: DirId,
    /// Keeps the parent open until this one is, where that is affordable.
    parent: Option<Arc<Open<D>>>,
    /// Set below an excluded directory: its names are counted, and these hold included ones.
    holding: Option<Arc<Holding>>,
}

/// What became of one name.
enum Outcome {
    Gone,
    Entry(Found),
    Directory(Found, Entered),
}

/// A directory that is to be entered.
struct Entered {
    stat: Stat,
    rule: RuleId,
    holding: Option<Arc<Holding>>,
}

/// A worker's last directories with subdirectories.
pub(super) type Recent<D> = VecDeque<Arc<Open<D>>>;

/// Surveys the whole volume.
pub(super) fn survey<V: Volume>(
    walked: &Walked<V>,
    plan: &Plan<'_>,
    intake: &Intake,
) -> Result<(), Error> {
    let volume = &walked.volume;
    plan.observer.event(Event::Phase("survey"));
    let root = patiently(|| (), || volume.root())
        .map_err(|errno| walked.failed("its root cannot be opened", errno))?;
    let stat = volume
        .stat_directory(&root)
        .map_err(|errno| walked.failed("its root cannot be examined", errno))?;
    let xattrs =
        or_problem(volume, intake, Stage::Xattr, volume.xattrs(&root, None), TreePath::root);
    drop(root);
    let node = Arc::new(Node::root(&stat));
    let id = intake.root(Found { xattrs, ..found(Box::default(), &stat, plan.rules.root(), plan) });
    let survey = Survey {
        volume,
        plan,
        intake,
        mounts: Mounts::default(),
        opener: Opener::new(volume, walked.handles),
        queue: Queue::new(Job { node, id, parent: None, holding: None }),
        entries: AtomicU64::new(1),
    };
    plan.pool.on_each(|_| {
        let mut recent = VecDeque::new();
        let drained = survey.queue.drain(|job| survey.directory(job, &mut recent));
        survey.volume.leave();
        drained
    })?;
    let entries = survey.entries.load(Ordering::Relaxed);
    plan.observer.event(Event::Surveyed { entries });
    Ok(())
}

impl<V: Volume> Survey<'_, V> {
    /// Lists one directory and hands in everything in it.
    fn directory(
        &self,
        job: Job<V::Directory>,
        recent: &mut Recent<V::Directory>,
    ) -> Result<(), Cancelled> {
        self.plan.cancel.check()?;
        let opened = match self.open(&job.node) {
            Ok(opened) => opened,
            Err(Errno::NOENT) => {
                self.gone(job.id);
                return Ok(());
            }
            // Its listing stays "not entered".
            Err(errno) => {
                self.problem(job.node.full_path(), Stage::Open, errno);
                return Ok(());
            }
        };
        self.place(&job.node, &opened.directory);
        let Job { node, id, parent, holding } = job;
        drop(parent);
        let (names, listed) = self.names(&opened.directory);
        let listing = match listed {
            Ok(()) => Listing::Complete,
            // Removed while it was open.
            Err(Errno::NOENT) => {
                self.gone(id);
                return Ok(());
            }
            Err(errno) => {
                self.problem(node.full_path(), Stage::List, errno);
                Listing::Partial
            }
        };
        let mut all = Vec::with_capacity(names.len());
        let mut entered = BTreeMap::new();
        let mut path = Vec::new();
        let artifacts = self.artifacts(&node);
        for entry in names {
            self.plan.cancel.check()?;
            if artifacts.contains(&entry.name) {
                self.intake.excluded(ARTIFACT_RULE, 1);
                continue;
            }
            match self.object(&node, &opened.directory, entry, holding.as_ref(), &mut path)? {
                Outcome::Gone => {}
                Outcome::Entry(found) => all.push(found),
                Outcome::Directory(found, into) => {
                    entered.insert(found.name.clone(), into);
                    all.push(found);
                }
            }
        }
        self.count(all.len());
        let directories = self.intake.listing(id, listing, all);
        self.enqueue(&node, opened, directories, entered, recent);
        Ok(())
    }

    /// Lists a directory, each name once: one that is renamed meanwhile may come twice.
    pub(super) fn names(
        &self,
        directory: &V::Directory,
    ) -> (Vec<DirectoryEntry>, Result<(), Errno>) {
        let mut names = Vec::new();
        let listed = self.volume.list(directory, &mut |entry| names.push(entry));
        names.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        names.dedup_by(|a, b| a.name == b.name);
        if self.volume.prefers_inodes() {
            names.sort_by_key(|entry| entry.inode);
        }
        (names, listed)
    }

    fn enqueue(
        &self,
        node: &Arc<Node<V::Directory>>,
        opened: Arc<Open<V::Directory>>,
        directories: Vec<(Box<[u8]>, DirId)>,
        mut entered: BTreeMap<Box<[u8]>, Entered>,
        recent: &mut Recent<V::Directory>,
    ) {
        if entered.is_empty() {
            return;
        }
        let kept = self.opener.may_keep().then(|| Arc::clone(&opened));
        let jobs: Vec<Job<V::Directory>> = directories
            .into_iter()
            .rev()
            .filter_map(|(name, id)| {
                let Entered { stat, rule, holding } = entered.remove(&name)?;
                let node = Node::child(node, &name, &stat, rule);
                Some(Job { node, id, parent: kept.clone(), holding })
            })
            .collect();
        self.queue.push(jobs.into_iter());
        self.keep(opened, recent);
    }

    /// Examines one name.
    fn object(
        &self,
        node: &Arc<Node<V::Directory>>,
        directory: &V::Directory,
        entry: DirectoryEntry,
        holding: Option<&Arc<Holding>>,
        path: &mut Vec<u8>,
    ) -> Result<Outcome, Cancelled> {
        let rules = self.plan.rules;
        let name = &*entry.name;
        let mut seen = None;
        let is_directory = match entry.file_type {
            Some(file_type) => file_type == FileType::Directory,
            None => {
                let stat = self.volume.stat(directory, name);
                let is = stat.as_ref().is_ok_and(|stat| stat.file_type == FileType::Directory);
                seen = Some(stat);
                is
            }
        };
        let rule = self.classify(node, name, is_directory, path);
        let excludes = rules.rule(rule).excludes();
        if excludes && !is_directory {
            if holding.is_none() {
                self.intake.excluded(rule, 1);
            }
            return Ok(Outcome::Gone);
        }
        let stat = match seen.unwrap_or_else(|| self.volume.stat(directory, name)) {
            Ok(stat) => stat,
            Err(_) if excludes && !self.may_include_below(node, name, rule) => {
                if holding.is_none() {
                    self.intake.excluded(rule, 1);
                }
                return Ok(Outcome::Gone);
            }
            Err(Errno::NOENT) => {
                self.intake.vanished();
                return Ok(Outcome::Gone);
            }
            Err(errno) => {
                self.problem(node.full_path().join(name), Stage::Stat, errno);
                return Ok(Outcome::Entry(Found::unobserved(name, rule)));
            }
        };
        if !excludes {
            return Ok(self.examined(node, directory, entry.name, stat, rule, None));
        }
        let holding = match holding {
            Some(holding) => Arc::clone(holding),
            None => Arc::new(self.count_excluded(node, name, &stat, rule)?),
        };
        if !holding.contains(&(stat.device, stat.inode)) {
            return Ok(Outcome::Gone);
        }
        Ok(self.examined(node, directory, entry.name, stat, rule, Some(holding)))
    }

    /// Makes the entry of an object whose metadata is known.
    fn examined(
        &self,
        node: &Arc<Node<V::Directory>>,
        directory: &V::Directory,
        own_name: Box<[u8]>,
        stat: Stat,
        rule: RuleId,
        holding: Option<Arc<Holding>>,
    ) -> Outcome {
        let mut found = found(own_name, &stat, rule, self.plan);
        let (mut xattrs, mut link_target) = (Observed::NotApplicable, Observed::NotApplicable);
        let name = &*found.name;
        let path = || node.full_path().join(name);
        let crossing = self.crossing(node, name, &stat, rule);
        let stays = matches!(crossing, Crossing::Stay(..));
        let answers = crossing.answers();
        self.note_crossing(crossing, &stat, path);
        if answers {
            match self.volume.xattrs(directory, Some(name)) {
                Err(Errno::NOENT) => return self.vanished(),
                read => xattrs = self.or_problem(Stage::Xattr, read, path),
            }
        }
        match stat.file_type {
            FileType::Symlink => match self.volume.read_link(directory, name) {
                Err(Errno::NOENT) => return self.vanished(),
                target => {
                    let target = target.map(Observed::Is);
                    link_target = self.or_problem(Stage::Readlink, target, path);
                }
            },
            FileType::Unknown => {
                self.problem(path(), Stage::Stat, Errno::INVAL);
                return Outcome::Entry(Found::unobserved(name, rule));
            }
            _ => {}
        }
        (found.xattrs, found.link_target) = (xattrs, link_target);
        found.digest = self.known(node, (directory, name), &stat, &found);
        match stat.file_type {
            FileType::Directory if !stays => {
                Outcome::Directory(found, Entered { stat, rule, holding })
            }
            _ => Outcome::Entry(found),
        }
    }

    pub(super) fn crossing(
        &self,
        node: &Node<V::Directory>,
        name: &[u8],
        stat: &Stat,
        rule: RuleId,
    ) -> Crossing {
        let from = (node.mount, node.device());
        self.mounts.crossing(self.volume, from, stat, self.plan.rules, || {
            (node.full_path().join(name), rule)
        })
    }

    pub(super) fn note_crossing(
        &self,
        crossing: Crossing,
        stat: &Stat,
        path: impl Fn() -> TreePath,
    ) {
        match crossing {
            Crossing::None => {}
            Crossing::Enter(file_system) => {
                self.intake.mount_entered(Mount { path: path(), file_system, is_inert: false });
            }
            Crossing::Stay(file_system, reason) => {
                self.note_nested(stat, &path());
                self.intake.mount_not_entered(Mount { path: path(), file_system, is_inert: false });
                // A single file that is mounted is a problem once its content is asked for.
                let reason = reason.filter(|_| stat.file_type == FileType::Directory);
                if let Some(reason) = reason {
                    let stage = Stage::Mount;
                    self.intake.problem(Problem { path: path(), stage, reason, errno: None });
                }
            }
        }
    }

    /// Tells of file systems mounted below one that is not entered, such as a tmpfs on /dev/shm.
    fn note_nested(&self, stat: &Stat, above: &TreePath) {
        for (below, file_system, is_inert) in self.mounts.nested(stat) {
            let Ok(path) = TreePath::parse(&[above.as_bytes(), b"/", &below].concat()) else {
                continue;
            };
            let rule = self.plan.rules.evaluate(&path, true);
            let usual = is_usual_point(&path, &file_system);
            if !usual && !is_ruled(&path, self.plan.rules, rule) {
                let reason = "a file system is mounted below one of the kernel's and was not \
                              entered; a rule that names it accepts that";
                let (stage, reason) = (Stage::Mount, reason.to_owned());
                self.intake.problem(Problem { path: path.clone(), stage, reason, errno: None });
            }
            self.intake.mount_not_entered(Mount { path, file_system, is_inert });
        }
    }

    pub(super) fn classify(
        &self,
        node: &Node<V::Directory>,
        name: &[u8],
        is_directory: bool,
        path: &mut Vec<u8>,
    ) -> RuleId {
        if !node.write_path(name, path) {
            return node.rule;
        }
        self.plan.rules.classify(node.rule, path, is_directory)
    }

    /// Returns the names in this directory that are drift's own artefacts. Their paths came through
    /// the kernel whole, so directories with longer paths hold none.
    pub(super) fn artifacts(&self, node: &Node<V::Directory>) -> Vec<Box<[u8]>> {
        let mut path = Vec::new();
        let is_here = |artifact: &&TreePath| {
            node.write_path(artifact.name(), &mut path) && *path == *artifact.as_bytes()
        };
        self.plan.artifacts.iter().filter(is_here).map(|artifact| artifact.name().into()).collect()
    }

    pub(super) fn open(&self, node: &Node<V::Directory>) -> Result<Arc<Open<V::Directory>>, Errno> {
        self.opener.open(node, || {
            self.opener.keep_none();
            self.queue.each(|job| job.parent = None);
        })
    }

    pub(super) fn keep(&self, opened: Arc<Open<V::Directory>>, recent: &mut Recent<V::Directory>) {
        if !self.opener.keeps_any() {
            recent.clear();
            return;
        }
        recent.truncate(RECENT.saturating_sub(1));
        recent.push_front(opened);
    }

    fn vanished(&self) -> Outcome {
        self.intake.vanished();
        Outcome::Gone
    }

    /// A directory that was examined and is gone holds nothing, and that is certain.
    fn gone(&self, id: DirId) {
        self.intake.vanished();
        self.intake.listing(id, Listing::Complete, Vec::new());
    }

    fn problem(&self, path: TreePath, stage: Stage, errno: Errno) {
        self.intake.problem(problem(self.volume, path, stage, errno));
    }

    fn or_problem<T>(
        &self,
        stage: Stage,
        read: Result<Observed<T>, Errno>,
        path: impl Fn() -> TreePath,
    ) -> Observed<T> {
        or_problem(self.volume, self.intake, stage, read, path)
    }

    fn count(&self, more: usize) {
        let before = self.entries.fetch_add(more as u64, Ordering::Relaxed);
        let entries = before.saturating_add(more as u64);
        if before / REPORT_EVERY != entries / REPORT_EVERY {
            self.plan.observer.event(Event::Surveyed { entries });
        }
    }
}

fn problem(volume: &impl Volume, path: TreePath, stage: Stage, errno: Errno) -> Problem {
    Problem { path, stage, reason: described(volume, errno), errno: Some(errno_name(errno)) }
}

/// A value that could not be read is unobserved, and a problem says why.
fn or_problem<T>(
    volume: &impl Volume,
    intake: &Intake,
    stage: Stage,
    read: Result<Observed<T>, Errno>,
    path: impl Fn() -> TreePath,
) -> Observed<T> {
    read.unwrap_or_else(|errno| {
        intake.problem(problem(volume, path(), stage, errno));
        Observed::Unobserved
    })
}

fn found(name: Box<[u8]>, stat: &Stat, rule: RuleId, plan: &Plan<'_>) -> Found {
    // Of a secret file neither size nor time leaves this machine.
    let secret = stat.file_type == FileType::File && !plan.rules.rule(rule).keeps_size();
    Found {
        name,
        file_type: stat.file_type,
        mode: stat.mode,
        uid: stat.uid,
        gid: stat.gid,
        size: if secret { 0 } else { stat.size },
        mtime: if secret { Time::default() } else { stat.mtime },
        rdev: stat.rdev,
        nlink: stat.nlink,
        identity: (stat.device, stat.inode),
        link_target: Observed::NotApplicable,
        flags: stat.flags,
        xattrs: Observed::<Xattrs>::NotApplicable,
        digest: None,
        rule,
        origin: None,
    }
}

//! Objects that have something in common, wherever they are: one walk over everything, which also
//! tells what patterns match and what was not seen.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Error;
use crate::check::view::View;
use crate::configs::Configs;
use crate::model::{
    Device, Entry, FileType, Listing, Mount, Observed, Problem, RowId, Stage, Step, TreePath,
};
use crate::packages::{Known, Ownership, is_of_language};
use crate::policy::Lack;
use crate::source::is_usual_point;

use super::files::File;
use super::pattern::Pattern;
use super::places::{Places, Seen, Trail};

/// Objects of one list, or of one pattern; more are a lack, so that no policy passes on a part.
pub(super) const MAX_LISTED: usize = 50_000;

/// Reasons of a kind that are told.
const MAX_REASONS: usize = 8;

/// One list.
#[derive(Debug, Clone, Copy)]
struct List {
    name: &'static str,
    holds: fn(&Sight<'_>, &[u8], &Step<'_>) -> bool,
}

/// Every list, by name.
const LISTS: [List; 8] = [
    List { name: "capabilities", holds: |_, _, step| has_capability(&step.entry) },
    List { name: "devices", holds: |_, path, step| is_device(path, &step.entry) },
    List { name: "setgid", holds: |_, _, step| is_file(&step.entry) && has(&step.entry, 0o2000) },
    List { name: "setuid", holds: |_, _, step| is_file(&step.entry) && has(&step.entry, 0o4000) },
    List { name: "temporary_executables", holds: |_, path, step| is_temporary(path, &step.entry) },
    List { name: "unowned", holds: |sight, _, step| sight.is_unowned(step) },
    List { name: "without_account", holds: |sight, _, step| sight.is_without_account(step) },
    List { name: "world_writable", holds: |_, _, step| is_world_writable(&step.entry) },
];

/// The name of every list.
pub(super) const NAMES: [&str; 8] = {
    let mut names = [""; 8];
    let mut at = 0;
    while at < names.len() {
        names[at] = LISTS[at].name;
        at += 1;
    }
    names
};

/// Lists that lack what a mount below the kernel's own file systems holds.
const FLEETING: [&str; 1] = ["temporary_executables"];

/// The same where setuid bits and device nodes have their effect.
const POWERFUL: [&str; 5] =
    ["temporary_executables", "capabilities", "devices", "setgid", "setuid"];

/// Where anybody may write.
const TEMPORARY: [&[u8]; 4] = [b"tmp/", b"var/tmp/", b"dev/shm/", b"run/user/"];

/// What the walk knows beside the entry.
struct Sight<'s> {
    ownership: Option<&'s Ownership>,
    packages: bool,
    uids: BTreeSet<u32>,
    gids: BTreeSet<u32>,
    accounts: bool,
}

/// What the walk found.
#[derive(Debug, Default)]
pub(super) struct Swept {
    pub(super) files: BTreeMap<TreePath, File>,
    /// The members of each list, in the order of paths.
    pub(super) lists: BTreeMap<&'static str, Vec<TreePath>>,
    /// What each pattern matches, in the order of patterns.
    pub(super) matches: Vec<Vec<TreePath>>,
    /// What was not seen of each pattern.
    pub(super) pattern_lacks: Vec<BTreeSet<Lack>>,
    /// What is missing of all lists.
    pub(super) lacks: BTreeSet<Lack>,
    /// What is missing of single lists.
    pub(super) of_list: BTreeMap<&'static str, BTreeSet<Lack>>,
    /// Lists that have more than they hold.
    pub(super) full: BTreeSet<&'static str>,
    /// Files of which the capabilities could not be read.
    pub(super) xattrs_unread: u64,
    not_listed: Unseen,
    not_examined: Unseen,
}

/// How many, and which of them came first.
#[derive(Debug, Default)]
struct Unseen {
    count: u64,
    first: TreePath,
}

impl Unseen {
    fn note(&mut self, path: impl FnOnce() -> TreePath) {
        if self.count == 0 {
            self.first = path();
        }
        self.count = self.count.saturating_add(1);
    }

    fn told(&self, (one, many): (&str, &str), what: &str) -> Option<Lack> {
        let Self { count, first } = self;
        let objects = if *count == 1 { one } else { many };
        let reason = format!("{count} {objects} could not be {what}, first {first}");
        (*count > 0).then_some(Lack::Problem(reason))
    }
}

/// Walks everything once.
pub(super) fn sweep(
    view: &View<'_>,
    configs: Option<&Configs>,
    patterns: &[(TreePath, Pattern)],
    places: &Places<'_>,
    check: &mut dyn FnMut() -> Result<(), Error>,
) -> Result<Swept, Error> {
    let sight = Sight::new(view, configs);
    let mut swept = Swept {
        lists: LISTS.iter().map(|list| (list.name, Vec::new())).collect(),
        matches: vec![Vec::new(); patterns.len()],
        pattern_lacks: vec![BTreeSet::new(); patterns.len()],
        ..Swept::default()
    };
    let mut trail = Trail::default();
    // The places of every pattern, for each directory on the way.
    let mut levels: Vec<u64> = Vec::new();
    let mut cursor = view.cursor();
    let mut steps = 0_u32;
    while let Some(step) = cursor.next()? {
        steps = steps.wrapping_add(1);
        if steps.is_multiple_of(4096) {
            check()?;
        }
        let path = trail.enter(step.depth, step.name);
        let depth = step.depth as usize;
        let below = depth.saturating_mul(patterns.len());
        levels.truncate(below);
        for (at, (_, pattern)) in patterns.iter().enumerate() {
            let above = below
                .checked_sub(patterns.len())
                .and_then(|start| levels.get(start.saturating_add(at)).copied());
            let places = above.map_or(pattern.start(), |above| pattern.step(above, step.name));
            levels.push(places);
        }
        let level = levels.get(below..).unwrap_or_default();
        swept.entry(path, &step, &sight, (patterns, level), places);
    }
    swept.finish(view);
    Ok(swept)
}

impl<'s> Sight<'s> {
    fn new(view: &'s View<'_>, configs: Option<&'s Configs>) -> Self {
        let passwd = configs.and_then(|configs| configs.passwd.as_ref());
        let group = configs.and_then(|configs| configs.group.as_ref());
        let users = passwd.into_iter().flat_map(|passwd| &passwd.entries);
        let groups = group.into_iter().flat_map(|group| &group.entries);
        Self {
            ownership: view.captured().map(|captured| &captured.ownership),
            packages: !view.packages.iter().all(is_of_language),
            uids: users.map(|user| user.uid).collect(),
            gids: groups.map(|group| group.gid).collect(),
            accounts: passwd.is_some() && group.is_some(),
        }
    }

    /// What only imposes an owner, or was left behind, ships nothing: it vouches for nothing.
    fn is_unowned(&self, step: &Step<'_>) -> bool {
        let (Some(ownership), Some(row)) = (self.ownership, step.row) else { return false };
        let vouched = |row: RowId| {
            let known = ownership.known(row);
            ownership.owner(row).is_some()
                || !matches!(known, None | Some(Known::Overridden | Known::Leftover))
        };
        self.packages && is_file(&step.entry) && has(&step.entry, 0o111) && !vouched(row)
    }

    fn is_without_account(&self, step: &Step<'_>) -> bool {
        let strange =
            |known: &BTreeSet<u32>, id: Option<&u32>| id.is_some_and(|id| !known.contains(id));
        self.accounts
            && (strange(&self.uids, step.entry.uid.seen())
                || strange(&self.gids, step.entry.gid.seen()))
    }
}

impl Swept {
    fn entry(
        &mut self,
        path: &[u8],
        step: &Step<'_>,
        sight: &Sight<'_>,
        (patterns, level): (&[(TreePath, Pattern)], &[u64]),
        places: &Places<'_>,
    ) {
        let own = || TreePath::from_joined(path.to_vec());
        let mut listed = false;
        if step.entry.file_type == FileType::Unknown || step.entry.mode == Observed::Unobserved {
            self.not_examined.note(own);
        }
        if is_file(&step.entry) && step.entry.xattrs == Observed::Unobserved {
            self.xattrs_unread = self.xattrs_unread.saturating_add(1);
        }
        if step.listing != Listing::Complete {
            self.not_listed(&own(), (patterns, level), places);
        }
        for list in LISTS.iter().filter(|list| (list.holds)(sight, path, step)) {
            let Some(members) = self.lists.get_mut(list.name) else { continue };
            if members.len() >= MAX_LISTED {
                self.full.insert(list.name);
                continue;
            }
            members.push(own());
            listed = true;
        }
        for (at, ((_, pattern), places)) in patterns.iter().zip(level).enumerate() {
            let Some(members) = self.matches.get_mut(at).filter(|_| pattern.is_match(*places))
            else {
                continue;
            };
            if members.len() < MAX_LISTED {
                members.push(own());
                listed = true;
            } else if let Some(lacks) = self.pattern_lacks.get_mut(at) {
                lacks.insert(too_many("the pattern matches"));
            }
        }
        if listed {
            let file = File::seen(own(), own(), Seen::of(step), places);
            self.files.insert(own(), file);
        }
    }

    /// Names that are not known may be anything.
    fn not_listed(
        &mut self,
        directory: &TreePath,
        (patterns, level): (&[(TreePath, Pattern)], &[u64]),
        places: &Places<'_>,
    ) {
        let lack = places.unlisted(directory);
        let usual = matches!(lack, Lack::NotObservable(_)) && places.is_usual(directory);
        match &lack {
            Lack::Problem(_) => self.not_listed.note(|| directory.clone()),
            Lack::NotObservable(_) if usual => {}
            Lack::NotObservable(_) => tell(&mut self.lacks, lack.clone()),
        }
        for (((base, pattern), places), lacks) in
            patterns.iter().zip(level).zip(&mut self.pattern_lacks)
        {
            if pattern.goes_on(*places) && (!usual || base == directory) {
                tell(lacks, lack.clone());
            }
        }
    }

    fn finish(&mut self, view: &View<'_>) {
        self.lacks.extend(self.not_listed.told(("directory", "directories"), "listed"));
        self.lacks.extend(self.not_examined.told(("object", "objects"), "examined"));
        // Such as a directory that an archive implies and does not describe: it has a mode that is made up.
        let told =
            |problem: &&Problem| matches!(problem.stage, Stage::Stat | Stage::List | Stage::Mount);
        let problem = view.problems.iter().find(told);
        let known = matches!(self.lacks.first(), Some(Lack::Problem(_)));
        if let Some(problem) = problem.filter(|_| !known) {
            let Problem { path, reason, .. } = problem;
            let count = view.problems.iter().filter(told).count();
            let reason = format!("{count} objects are not known wholly, first {path}: {reason}");
            self.lacks.insert(Lack::Problem(reason));
        }
        // What is mounted below a mount that was not entered has no entry of its own.
        let mounts = &view.coverage.mounts_not_entered;
        let usual = |mount: &&Mount| is_usual_point(&mount.path, &mount.file_system);
        for mount in mounts.iter().filter(|mount| !usual(mount)) {
            let (path, kind) = (&mount.path, &mount.file_system);
            let reason = format!("the file system mounted on {path} ({kind}) was not entered");
            let lack = Lack::NotObservable(reason);
            // Below the kernel's own, as /dev/shm is everywhere, nothing lasts: what could lie there
            // matters to whoever looks for programs, and for what gives power where that has effect.
            if mounts.iter().filter(usual).any(|kernel| path.starts_with(&kernel.path)) {
                let fleeting: &[&'static str] = if mount.is_inert { &FLEETING } else { &POWERFUL };
                for list in fleeting {
                    tell(self.of_list.entry(list).or_default(), lack.clone());
                }
            } else {
                tell(&mut self.lacks, lack);
            }
        }
    }
}

/// Adds a reason, unless there are many already: the first ones are told, and that there are more.
fn tell(lacks: &mut BTreeSet<Lack>, lack: Lack) {
    if lacks.len() < MAX_REASONS {
        lacks.insert(lack);
    }
}

/// What is said of a list that is too long.
pub(super) fn too_many(what: &str) -> Lack {
    Lack::Problem(format!("{what} more than {MAX_LISTED} objects, and the rest is not shown"))
}

fn is_file(entry: &Entry) -> bool {
    entry.file_type == FileType::File
}

fn has(entry: &Entry, bits: u16) -> bool {
    entry.mode.seen().is_some_and(|mode| mode & bits != 0)
}

fn has_capability(entry: &Entry) -> bool {
    let xattrs = entry.xattrs.seen();
    is_file(entry) && xattrs.is_some_and(|xattrs| xattrs.get(b"security.capability").is_some())
}

fn is_world_writable(entry: &Entry) -> bool {
    let sticky = entry.file_type == FileType::Directory && has(entry, 0o1000);
    entry.file_type != FileType::Symlink && has(entry, 0o002) && !sticky
}

fn is_temporary(path: &[u8], entry: &Entry) -> bool {
    is_file(entry) && has(entry, 0o111) && TEMPORARY.iter().any(|start| path.starts_with(start))
}

/// A node of number 0:0 is that of no device, and opening it fails (mknod(2), whiteouts).
fn is_device(path: &[u8], entry: &Entry) -> bool {
    matches!(entry.file_type, FileType::Char | FileType::Block)
        && entry.rdev != Observed::Is(Device { major: 0, minor: 0 })
        && !path.starts_with(b"dev/")
}

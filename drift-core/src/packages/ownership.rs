//! Whose is which entry: the databases' paths looked up in a captured tree.
//!
//! A database's path need not be where the file is: `/bin/ls` is `/usr/bin/ls` where `/bin` is a
//! link, and a diverted file lies under another name. Each directory is resolved once, links
//! followed as in [`Tree::resolve`]; the last name is never followed. The databases are the
//! target's own word, so all of this is an unsigned reference.

use super::alternative::Alternative;
use super::languages::is_of_language;
use super::located::Located;
use super::paths::PathId;
use super::record::{Claim, Leftover, Presence, Records, StatOverride};
use super::shipped::VendorRecord;
use crate::model::{DirId, FileType, FollowLast, PackageId, RowId, Tree, TreePath};

/// Steps that all matching of `path-exclude` patterns may take together: a second of work, and
/// thousands of times what a slim image needs.
const FILTER_STEPS: u64 = 200_000_000;

/// The directories that moved below `/usr`, leaving links (file-hierarchy(7)).
const MERGED: [&[u8]; 6] = [b"bin", b"lib", b"lib32", b"lib64", b"libx32", b"sbin"];

/// Why an entry is expected without a package of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Known {
    /// A link that update-alternatives made.
    Alternative {
        /// It points where the database allows.
        registered: bool,
    },
    /// A link of a root directory that moved below `/usr`, pointing there.
    UsrMerge,
    /// Packages list a directory, and it is a link instead.
    DirectoryLink,
    /// A directory of several packages.
    SharedDirectory,
    /// A configuration file of a package that was removed but not purged.
    Leftover,
    /// A file in which the package manager keeps its own books.
    Bookkeeping,
    /// Nobody owns it, but its owner and mode are imposed.
    Overridden,
}

/// A path that a package shipped and that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Where it would be, diversions and links of directories followed as far as they go.
    pub path: TreePath,
    /// The package, the first by name of several.
    pub package: PackageId,
    /// What was recorded of it.
    pub record: VendorRecord,
    /// The package manager was told not to install it.
    pub filtered: bool,
}

/// The entries of one tree with what the databases say of them.
#[derive(Debug, Default)]
pub struct Ownership {
    records: Records,
    /// By row, the position of the claim + 1; 0 for none.
    claims: Vec<u32>,
    /// Sorted by row.
    known: Vec<(RowId, Known)>,
    /// Directories of several packages with each of these.
    sharers: Vec<(RowId, PackageId)>,
    /// Files of several packages, sorted: their time is that of the package unpacked last.
    shared: Vec<RowId>,
    leftovers: Vec<(RowId, u32)>,
    overrides: Vec<(RowId, u32)>,
    missing: Vec<Missing>,
    unseen: u64,
}

impl Ownership {
    /// Looks everything up. A path under a directory whose names are not all known is neither
    /// owned nor missing; [`Self::unseen`] counts it.
    #[must_use]
    pub fn resolve(records: Records, tree: &Tree) -> Self {
        let mut located = Located::new(records.paths(), tree);
        let mut ownership = Self { claims: vec![0; tree.len()], ..Self::default() };
        let languages: Vec<bool> = records.packages().iter().map(is_of_language).collect();
        let is_language = |claim: &Claim| languages.get(claim.package.index()) == Some(&true);
        let mut placed = ownership.place(&records, &is_language, &mut located, tree);
        let at = |at: u32| records.claims().get(at as usize);
        let is_language = |&(_, claim): &(RowId, u32)| at(claim).is_some_and(is_language);
        let of_languages: Vec<(RowId, u32)> =
            placed.extract_if(.., |one| is_language(one)).collect();
        let parents = parents(&records, &languages);
        ownership.settle(&records, &parents, tree, placed);
        ownership.settle_languages(&records, tree, of_languages);
        ownership.note_links(&records, tree);
        for (at, leftover) in (0..).zip(records.leftovers()) {
            if let Some(row) = located.row(leftover.path) {
                ownership.leftovers.push((row, at));
                ownership.expect_unowned(row, Known::Leftover);
            }
        }
        for (at, stat_override) in (0..).zip(records.overrides()) {
            if let Some(row) = located.row(stat_override.path) {
                ownership.overrides.push((row, at));
                ownership.expect_unowned(row, Known::Overridden);
            }
        }
        for &path in records.bookkeeping() {
            ownership.known.extend(located.row(path).map(|row| (row, Known::Bookkeeping)));
        }
        ownership.known.sort_unstable();
        ownership.known.dedup_by_key(|(row, _)| *row);
        ownership.leftovers.sort_unstable();
        ownership.sharers.sort_unstable();
        ownership.sharers.dedup();
        ownership.overrides.sort_unstable();
        ownership.records = records;
        ownership
    }

    /// Returns the package that owns the entry: always one of the system, for anybody can write a
    /// record of a language's package.
    #[must_use]
    pub fn owner(&self, row: RowId) -> Option<PackageId> {
        self.claimant(row).filter(|package| !self.is_of_language(*package))
    }

    /// Returns the package that the entry is part of: its owner, or else one of a language whose
    /// record names it.
    #[must_use]
    pub fn claimant(&self, row: RowId) -> Option<PackageId> {
        self.claim(row).map(|claim| claim.package)
    }

    /// Returns what was recorded of the entry by the package that it is part of.
    #[must_use]
    pub fn record(&self, row: RowId) -> Option<VendorRecord> {
        let mut record = self.claim(row).map(|claim| self.records.record(claim))?;
        if let Some(shipped) = &mut record.shipped
            && self.shared.binary_search(&row).is_ok()
        {
            shipped.mtime = None;
        }
        Some(record)
    }

    /// Returns the path under which the owner's database lists the entry, before links of directories
    /// and diversions.
    #[must_use]
    pub fn listed_path(&self, row: RowId) -> Option<TreePath> {
        self.claim(row).map(|claim| self.records.path(claim.path))
    }

    /// Returns why the entry is expected, apart from being a single package's.
    #[must_use]
    pub fn known(&self, row: RowId) -> Option<Known> {
        lookup(&self.known, row).copied()
    }

    /// Returns the packages that share a directory, by number.
    pub fn sharers(&self, row: RowId) -> impl Iterator<Item = PackageId> {
        let from = self.sharers.partition_point(|(of, _)| *of < row);
        let rest = self.sharers.get(from..).unwrap_or_default();
        rest.iter().take_while(move |(of, _)| *of == row).map(|(_, package)| *package)
    }

    /// Returns the removed package's configuration file that the entry is.
    #[must_use]
    pub fn leftover(&self, row: RowId) -> Option<&Leftover> {
        lookup(&self.leftovers, row).and_then(|&at| self.records.leftovers().get(at as usize))
    }

    /// Returns the owner and mode that are imposed on the entry.
    #[must_use]
    pub fn stat_override(&self, row: RowId) -> Option<&StatOverride> {
        lookup(&self.overrides, row).and_then(|&at| self.records.overrides().get(at as usize))
    }

    /// Returns what packages shipped and is not there, by path.
    ///
    /// A rule may have kept an entry out of the tree; the caller knows the rules, this does not.
    #[must_use]
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// Returns how many shipped paths lie where the tree was not seen.
    #[must_use]
    pub fn unseen(&self) -> u64 {
        self.unseen
    }

    /// Returns what the databases say, by itself.
    #[must_use]
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// Records in the tree which package every entry is part of.
    pub fn mark(&self, tree: &mut Tree) {
        for row in tree.rows() {
            if let Some(package) = self.claimant(row) {
                tree.set_owner(row, package);
            }
        }
    }

    fn is_of_language(&self, package: PackageId) -> bool {
        self.records.packages().get(package.index()).is_some_and(is_of_language)
    }

    fn claim(&self, row: RowId) -> Option<&Claim> {
        let at = self.claims.get(row.0 as usize)?.checked_sub(1)?;
        self.records.claims().get(at as usize)
    }

    /// Notes why the entry is expected, unless a package owns it.
    fn expect_unowned(&mut self, row: RowId, known: Known) {
        if self.claims.get(row.0 as usize).is_some_and(|&claim| claim == 0) {
            self.known.push((row, known));
        }
    }

    /// Finds the row of each claim, sorted by row and package; notes what is missing.
    fn place(
        &mut self,
        records: &Records,
        is_language: &dyn Fn(&Claim) -> bool,
        located: &mut Located,
        tree: &Tree,
    ) -> Vec<(RowId, u32)> {
        let diversions = Diversions::new(records);
        let mut placed = Vec::with_capacity(records.claims().len());
        let mut missing: Vec<(TreePath, bool, u32)> = Vec::new();
        for (at, claim) in (0..).zip(records.claims()) {
            let path = diversions.place_of(records, claim);
            match (located.row(path), claim.presence) {
                (Some(row), _) => placed.push((row, at)),
                (None, Presence::Optional) => {}
                (None, Presence::Shipped) if located.is_unseen(path) => {
                    self.unseen = self.unseen.saturating_add(1);
                }
                (None, Presence::Shipped) => {
                    let path = located.path(path, records.paths(), tree);
                    missing.push((path, is_language(claim), at));
                }
            }
        }
        // Claims stand by package, so the first of equal paths is the first package by name, those of
        // the system before those of languages.
        missing.sort();
        missing.dedup_by(|later, kept| later.0 == kept.0);
        let mut steps = FILTER_STEPS;
        for (path, _, at) in missing {
            let Some(claim) = records.claims().get(at as usize) else { continue };
            let filtered = records.is_filtered(&records.path(claim.path), &mut steps);
            let (package, record) = (claim.package, records.record(claim));
            self.missing.push(Missing { path, package, record, filtered });
        }
        placed.sort_unstable();
        placed
    }

    /// Decides among the claims of each row.
    fn settle(
        &mut self,
        records: &Records,
        parents: &[bool],
        tree: &Tree,
        placed: Vec<(RowId, u32)>,
    ) {
        let claim_at = |at: u32| records.claims().get(at as usize);
        let is_parent = |claim: &Claim| parents.get(claim.path.index()) == Some(&true);
        for group in placed.chunk_by(|a, b| a.0 == b.0) {
            let claims = || group.iter().filter_map(|&(_, at)| Some((at, claim_at(at)?)));
            let Some((row, (_, first))) = group.first().map(|&(row, _)| row).zip(claims().next())
            else {
                continue;
            };
            let directory = match tree.file_type(row) {
                FileType::Directory => true,
                FileType::Symlink => claims().any(|(_, claim)| is_parent(claim)),
                _ => false,
            };
            if directory && tree.file_type(row) == FileType::Symlink {
                self.known.push((row, Known::DirectoryLink));
            }
            if directory && claims().any(|(_, claim)| claim.package != first.package) {
                self.known.push((row, Known::SharedDirectory));
                self.sharers.extend(claims().map(|(_, claim)| (row, claim.package)));
                continue;
            }
            if claims().any(|(_, claim)| claim.package != first.package) {
                self.shared.push(row);
            }
            // What ships it comes before what may own it, a record before none.
            let chosen = claims().min_by_key(|(at, claim)| {
                let record = records.record(claim);
                let bare = record == VendorRecord::default();
                (claim.presence == Presence::Optional, bare, *at)
            });
            if let (Some((at, _)), Some(slot)) = (chosen, self.claims.get_mut(row.0 as usize)) {
                *slot = at.saturating_add(1);
            }
        }
    }

    /// Gives what no package of the system owns to the first package of a language that records it:
    /// files, and directories that were made for its files. What a record only says to be a
    /// directory or a link it never gets.
    fn settle_languages(&mut self, records: &Records, tree: &Tree, placed: Vec<(RowId, u32)>) {
        let claimed = |at: u32| records.claims().get(at as usize).map(|one| records.record(one));
        for group in placed.chunk_by(|a, b| a.0 == b.0) {
            let Some(&(row, _)) = group.first() else { continue };
            let Some(slot) = self.claims.get_mut(row.0 as usize).filter(|slot| **slot == 0) else {
                continue;
            };
            let fits = |record: &VendorRecord| {
                let shipped = record.shipped.and_then(|shipped| shipped.file_type);
                shipped.unwrap_or(FileType::File) == tree.file_type(row)
            };
            let claims = group.iter().filter_map(|&(_, at)| Some((at, claimed(at)?)));
            // A record with a digest comes before one without.
            let chosen = claims
                .filter(|(_, record)| fits(record))
                .min_by_key(|(at, record)| (record.digest.is_none(), *at));
            if let Some((at, _)) = chosen {
                *slot = at.saturating_add(1);
            }
        }
    }

    /// Notes the links of merged directories and of alternatives.
    fn note_links(&mut self, records: &Records, tree: &Tree) {
        for name in MERGED {
            let Some(row) = tree.child(DirId(0), name) else { continue };
            let target = tree.link_target(row).unwrap_or_default();
            let target = target.strip_prefix(b"/").unwrap_or(target);
            if target.strip_prefix(b"usr/") == Some(name) {
                self.known.push((row, Known::UsrMerge));
            }
        }
        for alternative in records.alternatives() {
            self.note_alternative(alternative, tree);
        }
    }

    fn note_alternative(&mut self, alternative: &Alternative, tree: &Tree) {
        let mut note = |path: &[u8], allowed: &dyn Fn(&[u8]) -> bool| {
            let row = tree.resolve(path, FollowLast::No)?;
            let target = tree.link_target(row);
            let registered = target.is_some_and(allowed);
            // Unless it is a link, it is something else in the place of one.
            self.known.push((row, Known::Alternative { registered }));
            target
        };
        let administered = [ADMINISTERED, &alternative.name].concat();
        let target = note(&administered, &|target| alternative.selected(target).is_some());
        let selected = target.and_then(|target| alternative.selected(target));
        note(&alternative.link, &|target| target == administered);
        for (at, slave) in alternative.slaves.iter().enumerate() {
            let provided = selected.and_then(|choice| choice.slaves.get(at));
            let provided = provided.filter(|path| !path.is_empty());
            let administered = [ADMINISTERED, &slave.name].concat();
            note(&administered, &|target| provided.is_some_and(|wanted| **wanted == *target));
            note(&slave.link, &|target| provided.is_some() && target == administered);
        }
    }
}

/// Where update-alternatives keeps its links, with the slash that their targets begin with.
const ADMINISTERED: &[u8] = b"/etc/alternatives/";

/// Returns which paths have others below them that packages of the system claim. What a record of a
/// language names makes no link a directory.
fn parents(records: &Records, languages: &[bool]) -> Vec<bool> {
    let paths = records.paths();
    let mut parents = vec![false; paths.len()];
    for claim in records.claims() {
        if languages.get(claim.package.index()) == Some(&true) {
            continue;
        }
        let mut at = claim.path;
        while at != PathId::ROOT {
            at = paths.parent(at);
            match parents.get_mut(at.index()) {
                Some(parent) if !*parent => *parent = true,
                _ => break,
            }
        }
    }
    parents
}

fn lookup<T>(sorted: &[(RowId, T)], row: RowId) -> Option<&T> {
    let at = sorted.binary_search_by_key(&row, |(row, _)| *row).ok()?;
    sorted.get(at).map(|(_, value)| value)
}

/// The diversions by the name that packages ship; of several the last of the database counts.
struct Diversions<'r>(Vec<(PathId, PathId, Option<&'r str>)>);

impl<'r> Diversions<'r> {
    fn new(records: &'r Records) -> Self {
        let all = records.diversions().iter().rev();
        let mut all: Vec<_> = all.map(|one| (one.from, one.to, one.by.as_deref())).collect();
        all.sort_by_key(|one| one.0);
        all.dedup_by_key(|one| one.0);
        Self(all)
    }

    /// Returns where the claimed file is put.
    fn place_of(&self, records: &Records, claim: &Claim) -> PathId {
        let found = self.0.binary_search_by_key(&claim.path, |one| one.0).ok();
        let Some(&(_, to, by)) = found.and_then(|at| self.0.get(at)) else { return claim.path };
        let package = records.packages().get(claim.package.index());
        let own = by.is_some() && package.map(|package| package.name.as_str()) == by;
        if own { claim.path } else { to }
    }
}

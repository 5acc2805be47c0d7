//! What the databases of a target say, before anybody looks whether it is so.

use std::collections::BTreeMap;

use super::alternative::Alternative;
use super::details::Details;
use super::files::Completeness;
use super::fnmatch::fnmatch;
use super::paths::{PathId, Paths};
use super::shipped::{Conffile, Shipped, TextId, VendorRecord};
use crate::model::{Algorithm, Digest, Package, PackageId, PathError, Problem, TreePath};

/// Whether the absence of an owned path means anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// The package shipped it: absence is a finding.
    Shipped,
    /// It belongs to the package if it is there.
    Optional,
}

/// A file that one package asked to be installed under another name (dpkg-divert(1)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diversion {
    /// The name that packages ship.
    pub from: PathId,
    /// Where their file is instead.
    pub to: PathId,
    /// The package whose own file stays at `from`; `None` for the administrator's diversion.
    pub by: Option<String>,
}

/// An owner and mode that the administrator or a package imposes (dpkg-statoverride(1)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatOverride {
    /// The path.
    pub path: PathId,
    /// The owner's name, or `#` and a number.
    pub user: String,
    /// The group's name, or `#` and a number.
    pub group: String,
    /// Permission bits, at most 07777.
    pub mode: u16,
}

/// A configuration file of a package that was removed but not purged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The path.
    pub path: PathId,
    /// The name of the removed package.
    pub package: String,
    /// The file as it was shipped.
    pub conffile: Conffile,
}

/// A pattern that keeps files of packages from being installed, or brings them back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathFilter {
    /// dpkg's `path-exclude`.
    Exclude,
    /// dpkg's `path-include`.
    Include,
}

/// A package that a parser is just filling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claimant(u32);

/// What became of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It stands with the path.
    Yes,
    /// The package does not own this path, so it was dropped.
    NotOwned(PathId),
}

/// A path that a package owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The path as the database writes it, before links and diversions.
    pub path: PathId,
    /// The package.
    pub package: PackageId,
    /// Whether its absence means anything.
    pub presence: Presence,
    /// Positions + 1 in the columns; 0 for none.
    digest: u32,
    conffile: u32,
    shipped: u32,
}

/// The columns that a sink fills and [`Records`] keeps.
#[derive(Debug, Default)]
struct Columns {
    paths: Paths,
    packages: Vec<Package>,
    claims: Vec<Claim>,
    /// Each the number of its algorithm and its bytes.
    digests: Vec<u8>,
    conffiles: Vec<Conffile>,
    shipped: Vec<Shipped>,
    details: BTreeMap<PackageId, Details>,
    texts: Vec<Box<[u8]>>,
    diversions: Vec<Diversion>,
    overrides: Vec<StatOverride>,
    alternatives: Vec<Alternative>,
    leftovers: Vec<Leftover>,
    filters: Vec<(PathFilter, Box<[u8]>)>,
    bookkeeping: Vec<PathId>,
    problems: Vec<Problem>,
    architecture: Option<String>,
}

/// Takes what a parser finds.
#[derive(Debug, Default)]
pub struct PackageSink {
    columns: Columns,
    /// By path, the last claim of it + 1; 0 for none.
    latest: Vec<u32>,
    texts: BTreeMap<Box<[u8]>, TextId>,
}

impl PackageSink {
    /// Takes a package; its paths follow before the next package.
    pub fn package(&mut self, package: Package) -> Claimant {
        self.columns.packages.push(package);
        Claimant(position(self.columns.packages.len()))
    }

    /// Returns the packages so far, in the order in which they came.
    pub(super) fn packages(&self) -> &[Package] {
        &self.columns.packages
    }

    /// Takes a path of a package; the same path twice counts once.
    pub fn owns(
        &mut self,
        claimant: Claimant,
        path: &[u8],
        presence: Presence,
    ) -> Result<PathId, PathError> {
        let path = self.columns.paths.intern(path)?;
        if self.claim(claimant, path).is_none() {
            let package = PackageId(claimant.0);
            self.columns.claims.push(Claim {
                path,
                package,
                presence,
                digest: 0,
                conffile: 0,
                shipped: 0,
            });
            let claim = u32::try_from(self.columns.claims.len()).unwrap_or(u32::MAX);
            if self.latest.len() <= path.index() {
                self.latest.resize(self.columns.paths.len(), 0);
            }
            if let Some(latest) = self.latest.get_mut(path.index()) {
                *latest = claim;
            }
        }
        Ok(path)
    }

    /// Records the digest of a path that the package owns.
    pub fn digest(
        &mut self,
        claimant: Claimant,
        path: &[u8],
        digest: Digest,
    ) -> Result<Recorded, PathError> {
        let path = self.columns.paths.intern(path)?;
        let number = u32::try_from(self.columns.digests.len().saturating_add(1)).unwrap_or(0);
        let Some(claim) = self.claim(claimant, path) else {
            return Ok(Recorded::NotOwned(path));
        };
        claim.digest = number;
        self.columns.digests.push(digest.algorithm() as u8);
        self.columns.digests.extend_from_slice(digest.as_bytes());
        Ok(Recorded::Yes)
    }

    /// Records the attributes of a path that the package owns.
    pub fn shipped(
        &mut self,
        claimant: Claimant,
        path: &[u8],
        shipped: Shipped,
    ) -> Result<Recorded, PathError> {
        let path = self.columns.paths.intern(path)?;
        let number = u32::try_from(self.columns.shipped.len().saturating_add(1)).unwrap_or(0);
        let Some(claim) = self.claim(claimant, path) else {
            return Ok(Recorded::NotOwned(path));
        };
        claim.shipped = number;
        self.columns.shipped.push(shipped);
        Ok(Recorded::Yes)
    }

    /// Records what a package says of itself beyond its identity; the last time counts.
    pub fn details(&mut self, claimant: Claimant, details: Details) {
        self.columns.details.insert(PackageId(claimant.0), details);
    }

    /// Keeps a text once: names of owners, targets of links, capabilities.
    pub fn text(&mut self, text: &[u8]) -> TextId {
        if let Some(known) = self.texts.get(text) {
            return *known;
        }
        let id = TextId(u32::try_from(self.columns.texts.len()).unwrap_or(u32::MAX));
        self.columns.texts.push(text.into());
        self.texts.insert(text.into(), id);
        id
    }

    /// Records a configuration file; the package owns it, listed or not.
    pub fn conffile(
        &mut self,
        claimant: Claimant,
        path: &[u8],
        conffile: Conffile,
    ) -> Result<(), PathError> {
        let path = self.owns(claimant, path, Presence::Optional)?;
        self.columns.conffiles.push(conffile);
        let number = u32::try_from(self.columns.conffiles.len()).unwrap_or(0);
        if let Some(claim) = self.claim(claimant, path) {
            claim.conffile = number;
        }
        Ok(())
    }

    /// Returns whether any package so far owns the path.
    #[must_use]
    pub fn is_owned(&self, path: PathId) -> bool {
        self.latest.get(path.index()).is_some_and(|&latest| latest > 0)
    }

    /// Takes a configuration file of a removed package.
    pub fn leftover(
        &mut self,
        package: &str,
        path: &[u8],
        conffile: Conffile,
    ) -> Result<(), PathError> {
        let path = self.columns.paths.intern(path)?;
        self.columns.leftovers.push(Leftover { path, package: package.to_owned(), conffile });
        Ok(())
    }

    /// Takes a diversion; of the same `from` twice the last counts.
    pub fn diversion(
        &mut self,
        from: &[u8],
        to: &[u8],
        by: Option<String>,
    ) -> Result<(), PathError> {
        let (from, to) = (self.columns.paths.intern(from)?, self.columns.paths.intern(to)?);
        self.columns.diversions.push(Diversion { from, to, by });
        Ok(())
    }

    /// Takes an imposed owner and mode.
    pub fn stat_override(
        &mut self,
        path: &[u8],
        user: String,
        group: String,
        mode: u16,
    ) -> Result<(), PathError> {
        let path = self.columns.paths.intern(path)?;
        self.columns.overrides.push(StatOverride { path, user, group, mode });
        Ok(())
    }

    /// Takes a group of alternatives.
    pub fn alternative(&mut self, alternative: Alternative) {
        self.columns.alternatives.push(alternative);
    }

    /// Takes a pattern of fnmatch(3) without flags; of all that match a path the last decides.
    pub fn filter(&mut self, filter: PathFilter, pattern: &[u8]) {
        self.columns.filters.push((filter, pattern.into()));
    }

    /// Takes a file in which the package manager keeps its own books.
    pub fn bookkeeping(&mut self, path: &[u8]) -> Result<(), PathError> {
        let path = self.columns.paths.intern(path)?;
        self.columns.bookkeeping.push(path);
        Ok(())
    }

    /// Returns whether paths of so many bytes can still be numbered; see `Paths`.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.columns.paths.size().saturating_add(bytes) <= u32::MAX as usize / 4
    }

    /// Takes the architecture of the system as the manager writes it.
    pub fn architecture(&mut self, architecture: String) {
        self.columns.architecture = Some(architecture);
    }

    /// Takes a fault.
    pub fn problem(&mut self, problem: Problem) {
        self.columns.problems.push(problem);
    }

    /// Sorts everything; nothing depends on the order in which it came.
    #[must_use]
    pub fn finish(self, completeness: Completeness) -> Records {
        let mut columns = self.columns;
        let mut order: Vec<usize> = (0..columns.packages.len()).collect();
        order.sort_by(|&a, &b| columns.packages.get(a).cmp(&columns.packages.get(b)));
        let mut renumbered = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            if let Some(slot) = renumbered.get_mut(old) {
                *slot = u32::try_from(new).unwrap_or(u32::MAX);
            }
        }
        columns.packages.sort();
        let renumber =
            |old: PackageId| PackageId(renumbered.get(old.index()).copied().unwrap_or(0));
        for claim in &mut columns.claims {
            claim.package = renumber(claim.package);
        }
        let details = std::mem::take(&mut columns.details);
        columns.details = details.into_iter().map(|(old, told)| (renumber(old), told)).collect();
        // Parsers come package by package and nearly in the order of paths: a stable sort merges runs.
        columns.claims.sort_by_key(|claim| (claim.package, claim.path));
        columns.alternatives.sort();
        columns.problems.sort();
        columns.bookkeeping.sort_unstable();
        Records { columns, completeness }
    }

    fn claim(&mut self, claimant: Claimant, path: PathId) -> Option<&mut Claim> {
        let at = self.latest.get(path.index()).copied()?.checked_sub(1)?;
        let claim = self.columns.claims.get_mut(at as usize)?;
        (claim.package.0 == claimant.0).then_some(claim)
    }
}

/// Reads a digest of the column.
fn digest_at(column: &[u8]) -> Option<Digest> {
    let (number, rest) = column.split_first()?;
    let algorithm = Algorithm::from_number(*number)?;
    Digest::from_bytes(algorithm, rest.get(..algorithm.length())?)
}

fn position(length: usize) -> u32 {
    u32::try_from(length.saturating_sub(1)).unwrap_or(u32::MAX)
}

/// Everything that the databases of a target say.
#[derive(Debug, Default)]
pub struct Records {
    columns: Columns,
    completeness: Completeness,
}

impl Records {
    /// Returns how much was understood.
    #[must_use]
    pub fn completeness(&self) -> Completeness {
        self.completeness
    }

    /// Returns the installed packages, sorted; a [`PackageId`] is a position here.
    #[must_use]
    pub fn packages(&self) -> &[Package] {
        &self.columns.packages
    }

    /// Returns the faults of the databases, sorted by path.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.columns.problems
    }

    /// Returns every owned path, by package.
    #[must_use]
    pub fn claims(&self) -> &[Claim] {
        &self.columns.claims
    }

    /// Returns the paths of one package.
    #[must_use]
    pub fn claims_of(&self, package: PackageId) -> &[Claim] {
        let claims = &self.columns.claims;
        let start = claims.partition_point(|claim| claim.package < package);
        let end = claims.partition_point(|claim| claim.package <= package);
        claims.get(start..end).unwrap_or_default()
    }

    /// Returns what was recorded of an owned path.
    #[must_use]
    pub fn record(&self, claim: &Claim) -> VendorRecord {
        let at = |number: u32| number.checked_sub(1).map(|at| at as usize);
        let digest = at(claim.digest).and_then(|at| digest_at(self.columns.digests.get(at..)?));
        let conffile = at(claim.conffile).and_then(|at| self.columns.conffiles.get(at)).copied();
        let shipped = at(claim.shipped).and_then(|at| self.columns.shipped.get(at)).copied();
        VendorRecord { digest, conffile, shipped }
    }

    /// Returns what the database says of a package beyond its identity.
    #[must_use]
    pub fn details(&self, package: PackageId) -> Option<&Details> {
        self.columns.details.get(&package)
    }

    /// Returns a text of a record.
    #[must_use]
    pub fn text(&self, text: TextId) -> &[u8] {
        self.columns.texts.get(text.0 as usize).map(|text| &**text).unwrap_or_default()
    }

    /// Builds the path as the database writes it.
    #[must_use]
    pub fn path(&self, path: PathId) -> TreePath {
        self.columns.paths.path(path)
    }

    /// Returns the diversions, in the order of the database.
    #[must_use]
    pub fn diversions(&self) -> &[Diversion] {
        &self.columns.diversions
    }

    /// Returns the imposed owners and modes, in the order of the database.
    #[must_use]
    pub fn overrides(&self) -> &[StatOverride] {
        &self.columns.overrides
    }

    /// Returns the alternatives, by name.
    #[must_use]
    pub fn alternatives(&self) -> &[Alternative] {
        &self.columns.alternatives
    }

    /// Returns the configuration files of packages that were removed but not purged.
    #[must_use]
    pub fn leftovers(&self) -> &[Leftover] {
        &self.columns.leftovers
    }

    /// Returns the architecture of the system as the manager writes it.
    #[must_use]
    pub fn architecture(&self) -> Option<&str> {
        self.columns.architecture.as_deref()
    }

    /// Returns whether the package manager was told not to install this path; also `false` when
    /// the steps granted for matching run out, for then the absence is told rather than explained.
    ///
    /// Whoever may edit that configuration can make absences look wanted; so it explains an
    /// absence and never excuses it under a sealed baseline.
    #[must_use]
    pub fn is_filtered(&self, path: &TreePath, steps: &mut u64) -> bool {
        let mut absolute = vec![b'/'];
        absolute.extend_from_slice(path.as_bytes());
        for (filter, pattern) in self.columns.filters.iter().rev() {
            match fnmatch(pattern, &absolute, steps) {
                Some(true) => return *filter == PathFilter::Exclude,
                Some(false) => {}
                None => return false,
            }
        }
        false
    }

    pub(super) fn paths(&self) -> &Paths {
        &self.columns.paths
    }

    pub(super) fn bookkeeping(&self) -> &[PathId] {
        &self.columns.bookkeeping
    }
}

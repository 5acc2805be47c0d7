//! Package databases: what a system's package manager says is installed and what belongs to whom.
//!
//! Parsers here are pure: they get bytes that somebody else read and digested, and open nothing.
//! A database that cannot be made sense of yields problems and [`Completeness`] below `Complete`,
//! never a package that is silently missing: a package lost to a damaged file must not look removed.
//!
//! To add a database: one file (or folder) with a type that implements [`PackageDatabase`], a `mod`
//! line below and a line in [`DATABASES`]; `docs/extending.md` shows one. Read files through
//! [`Reading`], which charges the budget and keeps problems few; hand each package to
//! [`PackageSink::package`], then at once its paths to [`PackageSink::owns`] and their records to
//! [`PackageSink::digest`], [`PackageSink::shipped`] and [`PackageSink::conffile`]. The conformance battery in `tests.rs` then
//! covers the newcomer, over the sample that it brings along.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod alternative;
mod as_shipped;
mod apk;
mod details;
mod dpkg;
pub mod events;
mod files;
mod fnmatch;
mod languages;
mod located;
mod ownership;
mod pacman;
mod paths;
mod purl;
mod reading;
mod record;
mod rpm;
mod shipped;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use crate::bounds::Budget;

pub use alternative::{Alternative, Choice, Selection, Slave};
pub use apk::{Apk, apk_version_cmp};
pub use as_shipped::{Accounts, AsShipped, as_imposed, as_shipped};
pub use details::Details;
pub(crate) use dpkg::deb822;
pub use dpkg::{Dpkg, dpkg_version_cmp, licences_of_copyright};
pub use files::{Completeness, Files};
pub use languages::{
    LANGUAGES, Language, Listed, Named, Part, Place, Unit, Units, Wanted, is_of_language, is_record,
};
pub use ownership::{Known, Missing, Ownership};
pub use pacman::{Pacman, pacman_version_cmp};
pub use paths::PathId;
pub use purl::{Purl, purl};
pub use reading::Reading;
pub use record::{
    Claim, Claimant, Diversion, Leftover, PackageSink, PathFilter, Presence, Recorded, Records,
    StatOverride,
};
pub(crate) use rpm::{PackedHeader, read_packed};
pub use rpm::{Rpm, rpm_version_cmp};
pub use shipped::{Conffile, Owner, Shipped, TextId, VendorRecord};

/// One kind of package database.
pub trait PackageDatabase: Sync {
    /// Returns the manager's name, as in `Package::manager`.
    fn name(&self) -> &'static str;

    /// Returns the files to be read, relative to the root of the target: exact paths, or paths with
    /// one `*` in one of their names, which stands for any bytes but `/`.
    fn files(&self) -> &'static [&'static str];

    /// Compares two versions by the manager's own rules.
    fn compare_versions(&self, a: &str, b: &str) -> std::cmp::Ordering;

    /// Reads the database. A target without such a database is `Complete` and empty.
    fn parse(&self, files: &Files<'_>, budget: &mut Budget, out: &mut PackageSink) -> Completeness;

    /// Returns a small whole database for the battery that every line of the table goes through.
    #[cfg(test)]
    fn sample(&self) -> Sample;
}

/// A database of two packages, and what its format cannot show.
#[cfg(test)]
#[derive(Debug)]
pub struct Sample {
    /// Every file that the parser reads, by path.
    pub files: Vec<(&'static str, std::borrow::Cow<'static, [u8]>)>,
    /// At how many places a file can be cut so that paths are lost and nothing betrays it.
    pub silent_cuts: usize,
}

/// Compares two versions of packages of the same manager, by that manager's own rules.
#[must_use]
pub fn compare_versions(manager: &str, a: &str, b: &str) -> Ordering {
    if let Some(language) = languages::language(manager) {
        // A damaged file may have left its package without a version.
        let known = !a.is_empty() && !b.is_empty();
        return if known { language.compare_versions(a, b) } else { Ordering::Equal };
    }
    let database = DATABASES.iter().find(|database| database.name() == manager);
    database.map_or_else(|| a.cmp(b), |database| database.compare_versions(a, b))
}

/// Every database that is understood, in the order in which they are read.
pub const DATABASES: &[&dyn PackageDatabase] = &[&Dpkg, &Rpm, &Apk, &Pacman];

/// Reads every database of a target from its files.
#[must_use]
pub fn parse(files: &Files<'_>, budget: &mut Budget) -> Records {
    let mut out = PackageSink::default();
    let completeness = parse_into(files, budget, &mut out);
    out.finish(completeness)
}

/// Reads every database of a target into a sink that takes more than databases.
pub fn parse_into(files: &Files<'_>, budget: &mut Budget, out: &mut PackageSink) -> Completeness {
    let parse = |database: &&dyn PackageDatabase| database.parse(files, budget, out);
    DATABASES.iter().map(parse).fold(Completeness::Complete, Completeness::and)
}

/// Returns whether packages of this manager are found in targets: what no database is read for is
/// neither there nor missing.
#[must_use]
pub fn reads(manager: &str) -> bool {
    DATABASES.iter().any(|database| database.name() == manager)
        || languages::language(manager).is_some_and(|language| !language.is_in_programs())
}

/// Returns whether some database wants the file at `path`, relative to the root of the target.
#[must_use]
pub fn wants(path: &[u8]) -> bool {
    DATABASES.iter().any(|database| {
        database.files().iter().any(|pattern| files::matches(pattern.as_bytes(), path))
    })
}

//! pacman: Arch Linux and its kin.
//!
//! Each package has a directory `local/NAME-VERSION` with `desc`, `files` and, compressed, the
//! mtree(5) that makepkg made. Sources: pacman(8), pacman.conf(5), mtree(5), and for `desc` and
//! `files` the sources of libalpm (`be_local.c`). Nothing lists the directories themselves: one that
//! is gone as a whole looks as if the package had been removed.

mod desc;
mod listing;
mod mtree;
mod noextract;
mod sections;
#[cfg(test)]
mod tests;
mod version;

use std::collections::BTreeSet;

use super::PackageDatabase;
use super::files::{Completeness, Files};
use super::reading::Reading;
use super::record::PackageSink;
use crate::bounds::Budget;

pub use version::pacman_version_cmp;

const LOCAL: &[u8] = b"var/lib/pacman/local/";
const VERSION: &[u8] = b"var/lib/pacman/local/ALPM_DB_VERSION";
const CONFIG: &[u8] = b"etc/pacman.conf";

/// The one form of database that pacman has written since 4.2 (2014).
const KNOWN_VERSION: &[u8] = b"9";

/// Files of pacman's own that no package ships and that need not be there.
const BOOKS: [&str; 12] = [
    "var/lib/pacman/db.lck",
    "var/lib/pacman/local",
    "var/lib/pacman/local/ALPM_DB_VERSION",
    "var/lib/pacman/sync",
    "var/lib/pacman/sync/core.db",
    "var/lib/pacman/sync/core.db.sig",
    "var/lib/pacman/sync/core.files",
    "var/lib/pacman/sync/extra.db",
    "var/lib/pacman/sync/extra.db.sig",
    "var/lib/pacman/sync/extra.files",
    "var/lib/pacman/sync/multilib.db",
    "var/lib/pacman/sync/multilib.files",
];

/// The database of pacman.
#[derive(Debug, Clone, Copy)]
pub struct Pacman;

impl PackageDatabase for Pacman {
    fn name(&self) -> &'static str {
        "pacman"
    }

    fn compare_versions(&self, a: &str, b: &str) -> std::cmp::Ordering {
        pacman_version_cmp(a.as_bytes(), b.as_bytes())
    }

    fn files(&self) -> &'static [&'static str] {
        &[
            "var/lib/pacman/local/ALPM_DB_VERSION",
            "var/lib/pacman/local/*/desc",
            "var/lib/pacman/local/*/files",
            "var/lib/pacman/local/*/mtree",
            "etc/pacman.conf",
        ]
    }

    fn parse(&self, files: &Files<'_>, budget: &mut Budget, out: &mut PackageSink) -> Completeness {
        let mut reading = Reading::new(files, budget, out);
        let directories = directories(files);
        let mut names = BTreeSet::new();
        for directory in &directories {
            // Charged before anything of it is read, so that a spent budget hides no package.
            if !reading.item(directory, Completeness::Incomplete) {
                break;
            }
            let (package, details) = desc::read(&mut reading, directory);
            if !names.insert(package.name.clone()) {
                let reason = "a package for the second time".to_owned();
                reading.note(directory, reason, Completeness::Incomplete);
            }
            let claimant = reading.out.package(package);
            reading.out.details(claimant, details);
            listing::read(&mut reading, claimant, directory);
        }
        if !directories.is_empty() {
            check_version(&mut reading);
            noextract::read(&mut reading);
            for path in BOOKS {
                if let Err(error) = reading.out.bookkeeping(path.as_bytes()) {
                    let loss = Completeness::RecordsIncomplete;
                    reading.note(path.as_bytes(), error.to_string(), loss);
                }
            }
        }
        reading.finish()
    }

    #[cfg(test)]
    fn sample(&self) -> super::Sample {
        super::Sample { files: tests::sample(), silent_cuts: 0 }
    }
}

/// Returns the directory of each package with its last slash.
fn directories(files: &Files<'_>) -> BTreeSet<Vec<u8>> {
    let mut directories = BTreeSet::new();
    for path in files.below(LOCAL) {
        let rest = path.strip_prefix(LOCAL).unwrap_or_default();
        if let Some(slash) = rest.iter().position(|&byte| byte == b'/') {
            let end = LOCAL.len().saturating_add(slash).saturating_add(1);
            directories.insert(path.get(..end).unwrap_or(path).to_vec());
        }
    }
    directories
}

fn check_version(reading: &mut Reading<'_, '_>) {
    let loss = Completeness::RecordsIncomplete;
    let reason = match reading.files().get(VERSION) {
        None => "the version of the database is missing; it is read as version 9",
        Some(_) => match reading.open(VERSION, loss) {
            Some(text) if text.trim_ascii() == KNOWN_VERSION => return,
            Some(_) => "a version of the database that is not known; it is read as version 9",
            None => return,
        },
    };
    reading.note(VERSION, reason.to_owned(), loss);
}

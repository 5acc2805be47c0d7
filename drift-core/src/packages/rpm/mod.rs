//! rpm: Fedora, RHEL, SUSE, Amazon Linux and their kin.
//!
//! Sources: rpm(8), rpm-macros(7), `lib/` of rpm 4.18. A database is a store of headers, one for
//! each package, in one of three formats; everything that is recorded of a package is in its header.

mod about;
mod bdb;
mod bytes;
mod files;
mod header;
mod ndb;
mod package;
mod packed;
mod place;
mod scan;
mod sqlite;
mod tags;
#[cfg(test)]
mod tests;
mod version;

use super::PackageDatabase;
use super::files::{Completeness, Files};
use super::reading::Reading;
use super::record::PackageSink;
use crate::bounds::Budget;

pub(crate) use packed::{PackedHeader, read_packed};
use place::{Backend, DIRECTORIES};
use scan::Scan;
pub use version::rpm_version_cmp;

/// What a file whose loss may cost packages costs.
const LOSS: Completeness = Completeness::Incomplete;

/// The database of rpm.
#[derive(Debug, Clone, Copy)]
pub struct Rpm;

impl PackageDatabase for Rpm {
    fn name(&self) -> &'static str {
        "rpm"
    }

    fn compare_versions(&self, a: &str, b: &str) -> std::cmp::Ordering {
        rpm_version_cmp(a.as_bytes(), b.as_bytes())
    }

    fn files(&self) -> &'static [&'static str] {
        &[
            "var/lib/rpm/rpmdb.sqlite",
            "var/lib/rpm/rpmdb.sqlite-wal",
            "var/lib/rpm/rpmdb.sqlite-journal",
            "var/lib/rpm/Packages.db",
            "var/lib/rpm/Packages",
            "usr/lib/sysimage/rpm/rpmdb.sqlite",
            "usr/lib/sysimage/rpm/rpmdb.sqlite-wal",
            "usr/lib/sysimage/rpm/rpmdb.sqlite-journal",
            "usr/lib/sysimage/rpm/Packages.db",
            "usr/lib/sysimage/rpm/Packages",
            "usr/share/rpm/rpmdb.sqlite",
            "usr/share/rpm/rpmdb.sqlite-wal",
            "usr/share/rpm/rpmdb.sqlite-journal",
            "usr/share/rpm/Packages.db",
            "usr/share/rpm/Packages",
            "usr/lib/rpm/macros",
            "usr/lib/rpm/macros.d/*",
            "etc/rpm/macros",
            "etc/rpm/macros.*",
        ]
    }

    fn parse(&self, files: &Files<'_>, budget: &mut Budget, out: &mut PackageSink) -> Completeness {
        let mut reading = Reading::new(files, budget, out);
        lone_logs(&mut reading);
        if let Some((directory, backend)) = place::choose(&mut reading) {
            read(&mut reading, directory, backend);
            let own = |name: &&str| [directory, name].concat();
            let books = backend.books().iter().map(own);
            for path in books.chain([directory.to_owned()]) {
                if let Err(error) = reading.out.bookkeeping(path.as_bytes()) {
                    reading.note(path.as_bytes(), error.to_string(), LOSS);
                }
            }
        }
        reading.finish()
    }

    #[cfg(test)]
    fn sample(&self) -> super::Sample {
        // An empty log is nothing that rpm's own does not become after each checkpoint.
        super::Sample { files: tests::sqlite_sample(), silent_cuts: 1 }
    }
}

/// Reads one database.
fn read(reading: &mut Reading<'_, '_>, directory: &str, backend: Backend) {
    let path = [directory, backend.file()].concat();
    let Some(file) = reading.open(path.as_bytes(), LOSS) else { return };
    match backend {
        Backend::Sqlite => {
            let [log, journal] = ["-wal", "-journal"].map(|end| {
                let beside = [&path, end].concat();
                reading.open(beside.as_bytes(), LOSS).unwrap_or_default()
            });
            let mut scan = Scan { reading, path: path.as_bytes() };
            sqlite::read(&mut scan, file, log, journal);
        }
        Backend::Ndb => ndb::read(&mut Scan { reading, path: path.as_bytes() }, file),
        Backend::Bdb => bdb::read(&mut Scan { reading, path: path.as_bytes() }, file),
    }
}

/// Finds logs of a database that is not there: then it was lost, not the packages.
fn lone_logs(reading: &mut Reading<'_, '_>) {
    for directory in DIRECTORIES {
        let database = [directory, Backend::Sqlite.file()].concat();
        for end in ["-wal", "-journal"] {
            let log = [&database, end].concat();
            let alone = reading.files().get(database.as_bytes()).is_none();
            if alone && reading.files().get(log.as_bytes()).is_some_and(|log| log != Ok(b"")) {
                let reason = "the database that it belongs to is missing".to_owned();
                reading.note(log.as_bytes(), reason, LOSS);
            }
        }
    }
}

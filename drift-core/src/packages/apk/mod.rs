//! apk: Alpine and its kin.
//!
//! Sources: apk-package(5), apk-protected_paths(5), apk-world(5); of `installed` itself there is no
//! manual, its letters stand in the sources of apk-tools (`database.c`, `package.c`). The database
//! is one file without a sum of its own. So that a package cannot just fall out of it, everything
//! that the world and the installed packages need must be there, as apk itself sees to it.

mod installed;
mod needs;
mod protected;
#[cfg(test)]
mod tests;
mod version;

use super::PackageDatabase;
use super::files::{Completeness, Files};
use super::reading::Reading;
use super::record::PackageSink;
use crate::bounds::Budget;

use installed::Installed;
use needs::Needs;
use protected::Protected;
pub use version::apk_version_cmp;

const WORLD: &[u8] = b"etc/apk/world";
const PROTECTED_D: &[u8] = b"etc/apk/protected_paths.d/";

/// Where the database is: one of both, or the same behind a link, where `/lib` moved below `/usr`.
const PLACES: [Place; 2] = [
    Place {
        installed: b"lib/apk/db/installed",
        triggers: b"lib/apk/db/triggers",
        books: [
            "lib/apk/db",
            "lib/apk/db/lock",
            "lib/apk/db/scripts.tar",
            "lib/apk/db/scripts.tar.gz",
        ],
    },
    Place {
        installed: b"usr/lib/apk/db/installed",
        triggers: b"usr/lib/apk/db/triggers",
        books: [
            "usr/lib/apk/db",
            "usr/lib/apk/db/lock",
            "usr/lib/apk/db/scripts.tar",
            "usr/lib/apk/db/scripts.tar.gz",
        ],
    },
];

struct Place {
    installed: &'static [u8],
    triggers: &'static [u8],
    /// Files of apk's own that no package ships and that need not be there.
    books: [&'static str; 4],
}

/// The database of apk.
#[derive(Debug, Clone, Copy)]
pub struct Apk;

impl PackageDatabase for Apk {
    fn name(&self) -> &'static str {
        "apk"
    }

    fn compare_versions(&self, a: &str, b: &str) -> std::cmp::Ordering {
        apk_version_cmp(a.as_bytes(), b.as_bytes())
    }

    fn files(&self) -> &'static [&'static str] {
        &[
            "lib/apk/db/installed",
            "lib/apk/db/triggers",
            "usr/lib/apk/db/installed",
            "usr/lib/apk/db/triggers",
            "etc/apk/world",
            "etc/apk/protected_paths.d/*.list",
        ]
    }

    fn parse(&self, files: &Files<'_>, budget: &mut Budget, out: &mut PackageSink) -> Completeness {
        let mut reading = Reading::new(files, budget, out);
        let there = |path: &[u8]| files.get(path).is_some();
        let place = PLACES.iter().find(|place| there(place.installed));
        let Some(place) = place else {
            // Scripts or wishes of packages without the packages: the list itself was lost.
            for path in [PLACES.first(), PLACES.last()].iter().flatten().map(|place| place.triggers)
            {
                if there(path) {
                    let reason = "the list of installed packages beside it is missing";
                    reading.note(path, reason.to_owned(), Completeness::Incomplete);
                }
            }
            return reading.finish();
        };
        let protected = Protected::read(&mut reading);
        let mut needs = Needs::default();
        Installed::new(place.installed, &protected, &mut needs).read(&mut reading);
        needs.world(&mut reading);
        needs.triggers(&mut reading, place.triggers);
        needs.finish(&mut reading, place.installed);
        let other = PLACES
            .iter()
            .find(|other| other.installed != place.installed && there(other.installed));
        if let Some(other) = other {
            let reason = "a second list of installed packages; only the first place is read";
            reading.note(other.installed, reason.to_owned(), Completeness::Incomplete);
        }
        let books = place.books.iter().map(|path| path.as_bytes());
        for path in books.chain([place.installed, place.triggers, WORLD]) {
            if let Err(error) = reading.out.bookkeeping(path) {
                reading.note(path, error.to_string(), Completeness::RecordsIncomplete);
            }
        }
        reading.finish()
    }

    #[cfg(test)]
    fn sample(&self) -> super::Sample {
        let files = tests::SAMPLE.iter().map(|(path, text)| (*path, text.as_bytes().into()));
        super::Sample { files: files.collect(), silent_cuts: 0 }
    }
}

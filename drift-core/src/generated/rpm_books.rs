//! rpm's own database: what it lists is compared package by package, and of the rest of it (scripts,
//! indices, signatures) there is no second source.

use super::about::About;
use super::{Contents, Derivation, Product};
use crate::model::{RowId, TreePath};
use crate::packages::{Completeness, Known};

/// Files in which rpm keeps its books.
#[derive(Debug)]
pub(super) struct RpmBooks;

/// Where the database is, or was: the directories of most, of Fedora and SUSE now, of rpm-ostree.
const DIRECTORIES: [&[u8]; 3] = [b"var/lib/rpm/", b"usr/lib/sysimage/rpm/", b"usr/share/rpm/"];

impl Product for RpmBooks {
    fn made_by(&self) -> &'static str {
        "rpm(8)"
    }

    fn is_at(&self, path: &TreePath, about: &About<'_>) -> bool {
        // Only the files of the database that was read: another one beside it is nobody's.
        let book = |row| about.ownership.known(row) == Some(Known::Bookkeeping);
        DIRECTORIES.iter().any(|directory| path.as_bytes().starts_with(directory))
            && about.tree.find(path).is_some_and(book)
    }

    fn needs(&self, _path: &TreePath, _about: &About<'_>, _contents: &Contents) -> Vec<RowId> {
        Vec::new()
    }

    fn derive(&self, _path: &TreePath, about: &About<'_>, _contents: &Contents) -> Derivation {
        if about.ownership.records().completeness() != Completeness::Complete {
            return Derivation::Wrong("the database of packages has faults".to_owned());
        }
        Derivation::Unproven(
            "what it lists was compared package by package; of its scripts, indices and signatures \
             there is no second source"
                .to_owned(),
        )
    }
}

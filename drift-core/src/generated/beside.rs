//! New versions of configuration files that rpm and dpkg leave beside one that somebody edited
//! (`.rpmnew`, `.dpkg-dist`): they have the content that the database records of the file itself.

use super::about::About;
use super::{Contents, Derivation, Product};
use crate::model::{Algorithm, Digest, RowId, TreePath};

/// Configuration files as shipped, beside those in use.
#[derive(Debug)]
pub(super) struct Beside;

/// What is added to the name of a file to leave its new version beside it.
const ENDS: [&[u8]; 2] = [b".rpmnew", b".dpkg-dist"];

impl Product for Beside {
    fn made_by(&self) -> &'static str {
        "rpm(8) or dpkg(1)"
    }

    fn is_at(&self, path: &TreePath, about: &About<'_>) -> bool {
        // What packages themselves call so is theirs.
        let theirs = |row| about.is_owned(row);
        used(path).is_some() && about.tree.find(path).is_some_and(|row| !theirs(row))
    }

    fn needs(&self, path: &TreePath, about: &About<'_>, _contents: &Contents) -> Vec<RowId> {
        about.tree.find(path).into_iter().collect()
    }

    fn derive(&self, path: &TreePath, about: &About<'_>, contents: &Contents) -> Derivation {
        let Some(bytes) = about.own(path, contents) else {
            return Derivation::Unproven("it could not be read".to_owned());
        };
        let Some(used) = used(path) else {
            return Derivation::Wrong("it lies beside nothing".to_owned());
        };
        let row = about.tree.find(&used).filter(|row| about.is_owned(*row));
        let record = row.and_then(|row| about.ownership.record(row));
        let shipped =
            record.and_then(|record| record.conffile).and_then(|conffile| conffile.digest);
        let Some(shipped) = shipped else {
            return Derivation::Wrong(format!("{used} is no configuration file of a package"));
        };
        let own = match shipped.algorithm() {
            Algorithm::Sha256 => Some(Digest::sha256_of(bytes)),
            Algorithm::Sha1 => Some(Digest::sha1_of(bytes)),
            Algorithm::Md5 => Some(Digest::md5_of(bytes)),
            Algorithm::SparseSha256 => None,
        };
        match own == Some(shipped) {
            true => Derivation::Unproven(format!(
                "it is what the package database records of {used}, and rests on its word alone"
            )),
            false => Derivation::Wrong(format!("it is not what was shipped as {used}")),
        }
    }
}

/// The file in use that it was left beside.
fn used(path: &TreePath) -> Option<TreePath> {
    let used = ENDS.iter().find_map(|end| path.as_bytes().strip_suffix(*end))?;
    TreePath::parse(used).ok()
}

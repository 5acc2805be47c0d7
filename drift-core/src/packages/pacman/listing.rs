//! `files`: which paths a package has, and which of them the administrator may edit.

use super::{mtree, sections};
use crate::model::{Algorithm, Digest, FileType};
use crate::packages::{Claimant, Completeness, Conffile, Presence, Reading, Shipped};

const LOSS: Completeness = Completeness::RecordsIncomplete;

/// Files that pacman keeps of a package.
const KEPT: [&str; 6] = ["", "changelog", "desc", "files", "install", "mtree"];

/// Reads what belongs to one package.
pub(super) fn read(reading: &mut Reading<'_, '_>, claimant: Claimant, directory: &[u8]) {
    for name in KEPT {
        let path = [directory, name.as_bytes()].concat();
        if let Err(error) = reading.out.owns(claimant, &path, Presence::Optional) {
            reading.note(&path, error.to_string(), LOSS);
        }
    }
    let path = [directory, b"files"].concat();
    if reading.files().get(&path).is_none() {
        reading.note(&path, "the package's list of files is missing".to_owned(), LOSS);
    }
    let mut listed = 0_usize;
    sections::each(reading, &path, &["FILES", "BACKUP"], LOSS, |reading, value| {
        let taken = match value.section {
            b"FILES" => {
                listed = listed.saturating_add(1);
                file(reading, claimant, value.text)
            }
            b"BACKUP" => backup(reading, claimant, value.text),
            _ => return,
        };
        if let Err(what) = taken {
            reading.fault(&path, value.line, &what, LOSS);
        }
    });
    let tree = [directory, b"mtree"].concat();
    if reading.files().get(&tree).is_some() {
        mtree::read(reading, claimant, directory, &tree);
    } else if listed > 0 {
        let reason = "the package's mtree is missing; its files cannot be checked";
        reading.note(&tree, reason.to_owned(), LOSS);
    }
}

/// Takes a path; that of a directory ends with a slash.
fn file(reading: &mut Reading<'_, '_>, claimant: Claimant, path: &[u8]) -> Result<(), String> {
    if path.starts_with(b"/") {
        return Err("not a path relative to the root; it is not owned here".to_owned());
    }
    let told = |error: crate::model::PathError| error.to_string();
    reading.out.owns(claimant, path, Presence::Shipped).map_err(told)?;
    if path.ends_with(b"/") {
        let shipped = Shipped { file_type: Some(FileType::Directory), ..Shipped::default() };
        reading.out.shipped(claimant, path, shipped).map_err(told)?;
    }
    Ok(())
}

/// Takes `PATH TAB MD5`.
fn backup(reading: &mut Reading<'_, '_>, claimant: Claimant, line: &[u8]) -> Result<(), String> {
    let tab = line.iter().rposition(|&byte| byte == b'\t');
    let (path, sum) = tab.and_then(|tab| line.split_at_checked(tab)).unwrap_or((line, &[]));
    let digest = match sum.strip_prefix(b"\t") {
        // Named by the package, but not in it.
        Some(b"(null)") => None,
        Some(sum) => Some(Digest::from_hex(Algorithm::Md5, sum)),
        None => Some(None),
    };
    let digest = match digest {
        Some(None) => return Err("not a path, a tab and an MD5 sum".to_owned()),
        Some(digest) => digest,
        None => None,
    };
    if path.is_empty() || path.starts_with(b"/") {
        return Err("not a path relative to the root; it is not owned here".to_owned());
    }
    let conffile = Conffile { digest, ..Conffile::default() };
    reading.out.conffile(claimant, path, conffile).map_err(|error| error.to_string())
}

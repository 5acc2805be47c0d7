//! Finds and reads a file with the bundles beside it.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::{Error, read_bounded, read_start};
use crate::seal::{BUNDLE_SUFFIX, MAX_BUNDLE_BYTES, Sealed};

/// More signers than any threshold needs; each costs a signature check.
const MAX_BUNDLES: usize = 64;

/// More baselines than one host has; each costs the verification of its seal.
const MAX_FILES: usize = 256;

/// Reads the file and every bundle beside it, each once; what is verified is what is decoded.
pub fn open_sealed(path: &Path, limit: usize) -> Result<Sealed, Error> {
    let file = read_bounded(path, limit)?;
    let paths = bundle_paths(path)?;
    let bundles = paths.iter().map(|bundle| read_bounded(bundle, MAX_BUNDLE_BYTES));
    Ok(Sealed { file: file.into(), bundles: bundles.collect::<Result<_, _>>()? })
}

/// Returns the bundles that stand beside `path`: `FILE.sigstore.json`, then
/// `FILE.KEYID.sigstore.json` in the order of their names.
pub fn bundle_paths(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let name = path.file_name().ok_or_else(|| Error::NoName { path: path.to_owned() })?;
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut names = list(parent, MAX_BUNDLES, &|found| is_bundle_of(name.as_bytes(), found))?;
    if names.len() > MAX_BUNDLES {
        return Err(Error::TooManyBundles { path: path.to_owned(), limit: MAX_BUNDLES });
    }
    // The first signer's name is the shortest, and all others are of one length.
    names.sort_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
    Ok(names.into_iter().map(|bundle| path.with_file_name(bundle)).collect())
}

/// Returns the files in `directory`, by name; directories and the like are left out, as are bundles.
pub fn list_files(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let plain =
        |name: &[u8]| !name.ends_with(BUNDLE_SUFFIX.as_bytes()) && name != b"." && name != b"..";
    let mut names = list(directory, MAX_FILES, &plain)?;
    if names.len() > MAX_FILES {
        return Err(Error::TooManyFiles { path: directory.to_owned(), limit: MAX_FILES });
    }
    names.sort();
    let paths = names.into_iter().map(|name| directory.join(name));
    Ok(paths.filter(|path| read_start(path, 0).is_ok()).collect())
}

/// Returns the names in `directory`, sorted; fails when there are more than `limit`.
pub fn list_names(directory: &Path, limit: usize) -> Result<Vec<OsString>, Error> {
    let mut names = list(directory, limit, &|name| name != b"." && name != b"..")?;
    if names.len() > limit {
        return Err(Error::TooManyFiles { path: directory.to_owned(), limit });
    }
    names.sort();
    Ok(names)
}

fn is_bundle_of(file: &[u8], found: &[u8]) -> bool {
    let middle =
        found.strip_prefix(file).and_then(|rest| rest.strip_suffix(BUNDLE_SUFFIX.as_bytes()));
    match middle {
        Some([]) => true,
        Some([b'.', digits @ ..]) => {
            digits.len() == 16
                && digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
        }
        _ => false,
    }
}

fn list(
    directory: &Path,
    limit: usize,
    wanted: &dyn Fn(&[u8]) -> bool,
) -> Result<Vec<OsString>, Error> {
    let failed = |errno: Errno| Error::system("list", directory, errno);
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let descriptor = rustix::fs::open(directory, flags, Mode::empty()).map_err(failed)?;
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::new(descriptor).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        // One more than allowed is enough to refuse.
        if wanted(name.as_bytes()) && names.len() <= limit {
            names.push(OsString::from_vec(name.as_bytes().to_vec()));
        }
    }
    Ok(names)
}

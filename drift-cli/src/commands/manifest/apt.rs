//! An apt archive on this machine: signed releases, their indices, and the packages that these name.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use drift_core::artifact;
use drift_core::bounds::Timestamp;
use drift_core::manifest::{Listing, Origin, Release};
use drift_core::model::Digest;

use super::build::chain;
use super::signatures;
use crate::failure::Failure;
use crate::terminal::shown;

/// A release or its signature: Debian's is below 1 MiB.
const MAX_RELEASE_BYTES: usize = 32 << 20;

/// An index: Debian's largest has 10 MB, or 60 MB when it is not compressed.
const MAX_INDEX_BYTES: usize = 1 << 30;

/// Names in one directory of an archive.
pub(super) const MAX_NAMES: usize = 1 << 20;

/// Where apt looks for keys, besides /etc/apt/trusted.gpg.d.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
const KEYRINGS: &str = "/etc/apt/trusted.gpg.d";

/// A package that a signed release vouches for.
pub(super) struct Vouched {
    pub(super) listing: Listing,
    pub(super) origin: Origin,
    /// The root that its file name is relative to.
    pub(super) root: PathBuf,
}

/// A release and the names that files of its archive have on this machine.
struct Found {
    /// `InRelease`, or `Release` with `Release.gpg` beside it.
    release: PathBuf,
    /// What stands before the name of an index: a directory, or the beginning of a flat name.
    before: Before,
    root: PathBuf,
}

enum Before {
    Directory(PathBuf),
    /// In this directory, after this beginning, with `_` for each slash (apt's own lists).
    Flat(PathBuf, OsString),
}

impl Before {
    fn file(&self, name: &str) -> PathBuf {
        match self {
            Self::Directory(directory) => directory.join(name),
            Self::Flat(directory, beginning) => {
                let mut file = beginning.clone();
                file.push(name.replace('/', "_"));
                directory.join(file)
            }
        }
    }
}

/// Returns everything that the releases in `directory` vouch for; `None` when there is none.
pub(super) fn vouched(
    directory: &Path,
    keyrings: &[PathBuf],
    now: Timestamp,
) -> Result<Option<Vec<Vouched>>, Failure> {
    let releases = releases(directory)?;
    if releases.is_empty() {
        return Ok(None);
    }
    let keyrings = if keyrings.is_empty() { of_apt()? } else { keyrings.to_vec() };
    let mut all = Vec::new();
    for found in releases {
        let within = |failure: Failure| failure.within(&shown(&found.release));
        let signed = signed(&found, &keyrings).map_err(within)?;
        let release = Release::parse(&signed.text, now).map_err(chain).map_err(within)?;
        let before = all.len();
        read_indices(&found, &release, &signed.keys, &mut all).map_err(within)?;
        if all.len() == before {
            return Err(within(
                Failure::usage_text("no index of packages stands beside it")
                    .hint("fetch them with apt-get update; indices in .lz4 are not read"),
            ));
        }
    }
    Ok(Some(all))
}

fn signed(found: &Found, keyrings: &[PathBuf]) -> Result<signatures::Signed, Failure> {
    let text = artifact::read_bounded(&found.release, MAX_RELEASE_BYTES)?;
    let mut beside = found.release.clone().into_os_string();
    beside.push(".gpg");
    if found.release.as_os_str().as_bytes().ends_with(b"InRelease") {
        signatures::in_clear(&text, keyrings)
    } else {
        signatures::detached(text, Path::new(&beside), keyrings)
    }
}

/// Reads every index that is there, once in whichever form.
fn read_indices(
    found: &Found,
    release: &Release,
    keys: &[String],
    all: &mut Vec<Vouched>,
) -> Result<(), Failure> {
    let mut read: Vec<&str> = Vec::new();
    for name in release.indices() {
        let stem = name
            .strip_suffix("Packages")
            .map_or_else(|| name.rsplit_once('.').map_or(name, |(stem, _)| stem), |_| name);
        let file = found.before.file(name);
        if read.contains(&stem) || artifact::read_start(&file, 0).is_err() {
            continue;
        }
        let bytes = artifact::read_bounded(&file, MAX_INDEX_BYTES)?;
        let index = release.index(name, &bytes).map_err(chain)?;
        read.push(stem);
        let origin = Origin::Apt {
            archive: release.archive.clone(),
            codename: release.codename.clone(),
            date: release.date.clone(),
            release: release.digest.hex(),
            signed_by: keys.to_vec(),
            index: name.to_owned(),
            index_sha256: index.digest.hex(),
            listed: index.listings.len() as u64,
        };
        all.extend(index.listings.into_iter().map(|listing| Vouched {
            listing,
            origin: origin.clone(),
            root: found.root.clone(),
        }));
    }
    Ok(())
}

/// Finds the releases: below `dists/`, in the directory itself, or by the flat names of apt's lists.
fn releases(directory: &Path) -> Result<Vec<Found>, Failure> {
    let names = artifact::list_names(directory, MAX_NAMES)?;
    let root = directory.to_owned();
    if let Some(release) = release_in(directory) {
        let before = Before::Directory(root.clone());
        return Ok(vec![Found { release, before, root }]);
    }
    if names.iter().any(|name| name == "dists") {
        let mut found = Vec::new();
        for suite in directories(&directory.join("dists")) {
            let inner = directories(&suite);
            for place in std::iter::once(suite).chain(inner) {
                if let Some(release) = release_in(&place) {
                    let before = Before::Directory(place);
                    found.push(Found { release, before, root: root.clone() });
                }
            }
        }
        return Ok(found);
    }
    let flat = names.iter().filter_map(|name| {
        let beginning = name.as_bytes().strip_suffix(b"InRelease");
        let beginning = beginning.or_else(|| name.as_bytes().strip_suffix(b"Release"))?;
        let beginning = OsString::from(std::ffi::OsStr::from_bytes(beginning));
        beginning.as_bytes().ends_with(b"_").then(|| Found {
            release: directory.join(name),
            before: Before::Flat(root.clone(), beginning),
            root: root.clone(),
        })
    });
    Ok(flat.collect())
}

fn release_in(directory: &Path) -> Option<PathBuf> {
    ["InRelease", "Release"]
        .map(|name| directory.join(name))
        .into_iter()
        .find(|file| artifact::read_start(file, 0).is_ok())
}

/// What is no directory has no names.
fn directories(directory: &Path) -> Vec<PathBuf> {
    let names = artifact::list_names(directory, MAX_NAMES).unwrap_or_default();
    let paths = names.into_iter().map(|name| directory.join(name));
    paths.filter(|path| artifact::list_names(path, MAX_NAMES).is_ok()).collect()
}

/// The keys that apt on this machine trusts.
fn of_apt() -> Result<Vec<PathBuf>, Failure> {
    let mut all: Vec<PathBuf> = vec![KEYRING.into()];
    let more = artifact::list_names(Path::new(KEYRINGS), MAX_NAMES).unwrap_or_default();
    let more = more.into_iter().filter(|name| name.as_bytes().ends_with(b".gpg"));
    all.extend(more.map(|name| Path::new(KEYRINGS).join(name)));
    all.retain(|keyring| artifact::read_start(keyring, 0).is_ok());
    if all.is_empty() {
        return Err(Failure::usage_text("there are no keys to verify the archive with")
            .hint("name them with --keyring FILE, or install debian-archive-keyring"));
    }
    Ok(all)
}

/// Returns where the file of a listed package may lie: in the archive itself, or in a directory of
/// packages under the archive's or apt's own name.
pub(super) fn places(vouched: &Vouched, caches: &[PathBuf]) -> Vec<PathBuf> {
    let Listing { name, file, .. } = &vouched.listing;
    let version = name.version.replace(':', "%3a");
    let cached = format!("{}_{version}_{}.deb", name.name, name.architecture);
    let plain = file.rsplit('/').next().unwrap_or(file);
    let mut places = vec![vouched.root.join(file)];
    for cache in caches {
        places.extend([cache.join(file), cache.join(plain), cache.join(&cached)]);
    }
    places.dedup();
    places
}

/// Returns whether bytes are the package that is listed.
pub(super) fn is_listed(vouched: &Vouched, bytes: &[u8]) -> bool {
    Digest::sha256_of(bytes) == vouched.listing.sha256
}

//! Packages of Python: `*.dist-info` (packaging.python.org, "Recording installed projects"),
//! `*.egg-info` as a directory or a file, and unpacked eggs.
//!
//! A `RECORD` holds the SHA-256 of every file as installed, so it is checked like the record of a
//! system's package. A package that the distribution installed has none, or says so in `INSTALLER`.

mod metadata;
mod pep440;
mod record;

use std::cmp::Ordering;

use super::Language;
use super::part::{Listed, Part, Place, Unit, Wanted};

/// Packages of Python.
#[derive(Debug)]
pub(super) struct Python;

const DIST_INFO: &[u8] = b".dist-info";
const EGG_INFO: &[u8] = b".egg-info";

impl Language for Python {
    fn name(&self) -> &'static str {
        "pypi"
    }

    fn wants(&self, place: &Place<'_>) -> Option<Wanted> {
        let (name, above) = (place.name(), place.above(1));
        let joined = |up| Some(Wanted { unit: Unit::Directory, up });
        match name {
            b"METADATA" | b"RECORD" | b"INSTALLER" if is_named(above, DIST_INFO) => joined(2),
            b"PKG-INFO" | b"installed-files.txt" if is_named(above, EGG_INFO) => joined(2),
            b"PKG-INFO" if above == b"EGG-INFO" && is_named(place.above(2), b".egg") => joined(3),
            _ if is_named(name, EGG_INFO) => Some(Wanted { unit: Unit::File, up: 1 }),
            _ => None,
        }
    }

    fn read(&self, path: &[u8], bytes: &[u8]) -> Part {
        let (directory, name) = split(path);
        let (around, _) = split(directory);
        match name {
            b"RECORD" => record::read_record(around, path, bytes),
            b"installed-files.txt" => record::read_installed(directory, bytes),
            b"INSTALLER" => {
                Part { of_the_system: bytes.trim_ascii() == b"debian", ..Part::default() }
            }
            _ => metadata::read(bytes),
        }
    }

    fn by_path(&self, place: &Place<'_>) -> Option<Listed> {
        let names = [place.name(), place.above(1), place.above(2)];
        let stem = names.into_iter().find_map(|name| {
            [DIST_INFO, EGG_INFO, b".egg"].into_iter().find_map(|end| name.strip_suffix(end))
        })?;
        let stem = String::from_utf8_lossy(stem);
        // The name has no dash of its own there; of an egg the version of Python follows.
        let (name, rest) = stem.split_once('-').unwrap_or((&stem, ""));
        let version = rest.split_once("-py").map_or(rest, |(version, _)| version);
        Some(metadata::listed(name, version))
    }

    fn compare_versions(&self, a: &str, b: &str) -> Ordering {
        pep440::compare(a, b)
    }
}

fn is_named(name: &[u8], end: &[u8]) -> bool {
    name.len() > end.len() && name.ends_with(end)
}

/// Returns the directory of a path and its last name.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(at) => {
            let (directory, name) = path.split_at(at);
            (directory, name.get(1..).unwrap_or_default())
        }
        None => (b"", path),
    }
}

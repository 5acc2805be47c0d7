//! Packages of Node: `package.json` of what lies directly in a `node_modules` (docs.npmjs.com,
//! "package.json"). A lock file only speaks for directories that have no such file.

mod json;

use std::cmp::Ordering;

use super::Language;
use super::part::{Listed, Part, Place, Unit, Wanted, short};

/// Packages of Node.
#[derive(Debug)]
pub(super) struct Node;

const MODULES: &[u8] = b"node_modules";

impl Language for Node {
    fn name(&self) -> &'static str {
        "npm"
    }

    fn wants(&self, place: &Place<'_>) -> Option<Wanted> {
        let alone = |up| Some(Wanted { unit: Unit::File, up });
        match place.name() {
            b"package.json" if is_installed(place) => alone(1),
            b"package-lock.json" => alone(1),
            b".package-lock.json" if place.above(1) == MODULES => alone(2),
            _ => None,
        }
    }

    fn read(&self, path: &[u8], bytes: &[u8]) -> Part {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match path.ends_with(b"lock.json") {
            true => json::read_lock(bytes),
            false => json::read_manifest(bytes),
        }
    }

    fn by_path(&self, place: &Place<'_>) -> Option<Listed> {
        if place.name() != b"package.json" {
            return None;
        }
        let name = String::from_utf8_lossy(place.above(1));
        let name = match place.above(2) {
            MODULES => name.into_owned(),
            scope => format!("{}/{name}", String::from_utf8_lossy(scope)),
        };
        Some(Listed { name: short(&name), ..Listed::default() })
    }

    fn compare_versions(&self, a: &str, b: &str) -> Ordering {
        super::semver::compare(a, b)
    }
}

fn is_installed(place: &Place<'_>) -> bool {
    let scoped = place.above(2).starts_with(b"@") && place.above(3) == MODULES;
    // A scope is a directory of packages and none itself; `.bin` and `.cache` are none either.
    let is_package = !place.above(1).starts_with(b"@") && !place.above(1).starts_with(b".");
    is_package && (place.above(2) == MODULES || scoped)
}

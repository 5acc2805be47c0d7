//! Crates inside programs made by `cargo auditable` (github.com/rust-secure-code/cargo-auditable,
//! `PARSING.md`): a section `.dep-v0` with JSON, compressed by zlib.

use std::cmp::Ordering;
use std::io::Read as _;

use super::Language;
use super::elf::{Elf, Extent};
use super::part::{Listed, MAX_DEPENDS, Part, Place, Unit, Wanted, short};
use crate::bounds::Ranges;
use crate::packages::Details;

/// Crates in programs of Rust.
#[derive(Debug)]
pub(super) struct Cargo;

/// Bytes of the list once decompressed; the limit that `PARSING.md` recommends.
const MAX_LIST: u64 = 8 << 20;

impl Language for Cargo {
    fn name(&self) -> &'static str {
        "cargo"
    }

    fn wants(&self, place: &Place<'_>) -> Option<Wanted> {
        place.executable.then_some(Wanted { unit: Unit::File, up: 0 })
    }

    fn is_in_programs(&self) -> bool {
        true
    }

    fn max_bytes(&self) -> u64 {
        super::go::MAX_PROGRAM
    }

    fn takes_ranges(&self) -> bool {
        true
    }

    fn read(&self, path: &[u8], mut bytes: &[u8]) -> Part {
        self.look(path, &mut bytes)
    }

    fn look(&self, _path: &[u8], file: &mut dyn Ranges) -> Part {
        let mut part = Part::default();
        let Some(section) = Elf::new(file).and_then(|mut elf| {
            let section = elf.section(b".dep-v0")?;
            // What is packed is no longer than what it holds, but for a few bytes a block.
            elf.read(Extent { length: section.length.min(MAX_LIST), ..section })
        }) else {
            return part;
        };
        let mut list = Vec::new();
        let mut decoder =
            flate2::read::ZlibDecoder::new(&*section).take(MAX_LIST.saturating_add(1));
        if let Err(error) = decoder.read_to_end(&mut list) {
            part.loses(format!("its list of crates cannot be decompressed: {error}"));
        } else if list.len() as u64 > MAX_LIST {
            part.loses("its list of crates is longer than 8 MiB; not read");
        } else {
            match serde_json::from_slice::<List>(&list) {
                Ok(list) => part.packages = list.listed(),
                Err(error) => part.loses(format!("its list of crates cannot be read: {error}")),
            }
        }
        part
    }

    fn compare_versions(&self, a: &str, b: &str) -> Ordering {
        super::semver::compare(a, b)
    }
}

#[derive(serde::Deserialize)]
struct List {
    packages: Vec<Crate>,
}

#[derive(serde::Deserialize)]
struct Crate {
    name: String,
    version: String,
    /// `build` of what only ran while the program was made.
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    dependencies: Vec<usize>,
}

impl List {
    fn listed(&self) -> Vec<Listed> {
        let name = |at: &usize| self.packages.get(*at).map(|package| short(&package.name));
        let listed = |package: &Crate| {
            let mut depends: Vec<String> =
                package.dependencies.iter().take(MAX_DEPENDS).filter_map(name).collect();
            depends.sort_unstable();
            depends.dedup();
            let build = package.kind.as_deref() == Some("build");
            Listed {
                name: short(&package.name),
                version: short(&package.version),
                status: if build { "build".to_owned() } else { String::new() },
                details: Details { depends, ..Details::default() },
                ..Listed::default()
            }
        };
        self.packages.iter().map(listed).collect()
    }
}

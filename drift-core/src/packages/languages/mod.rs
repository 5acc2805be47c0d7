//! Packages of programming languages, wherever they lie in a tree: modules of Python, Node and Ruby,
//! archives of Java, and what compilers of Go and Rust write into the programs they make.
//!
//! They are listed, compared and their records are checked, but they own nothing: anybody who can
//! write a file can write a record beside it. Parsers are pure and see one file each. A file that
//! cannot be made sense of yields a fault and, where its path names the package, the package.
//!
//! To add a language: one file with a type that implements [`Language`], a `mod` line and a line in
//! [`LANGUAGES`].

mod cargo;
mod elf;
mod go;
mod java;
mod node;
mod part;
mod python;
mod ruby;
mod semver;
#[cfg(test)]
mod tests;
mod units;

use std::cmp::Ordering;

use crate::bounds::Ranges;
use crate::model::Package;

pub use part::{Listed, Named, Part, Place, Unit, Wanted};
pub use units::Units;

/// How packages of one language are found.
pub trait Language: Sync {
    /// Returns the type of its packages in package URLs, which is `Package::manager`.
    fn name(&self) -> &'static str;

    /// Returns what a file belongs to that may be one of its files.
    fn wants(&self, place: &Place<'_>) -> Option<Wanted>;

    /// Returns whether its files are programs, which are looked into only where that was asked for.
    fn is_in_programs(&self) -> bool {
        false
    }

    /// Returns the longest file that is read: longer ones are told as problems.
    fn max_bytes(&self) -> u64 {
        MAX_TEXT_FILE
    }

    /// Reads one file by its path inside the root.
    fn read(&self, path: &[u8], bytes: &[u8]) -> Part;

    /// Returns whether [`look`](Self::look) needs but some ranges of a file; else it is never asked.
    fn takes_ranges(&self) -> bool {
        false
    }

    /// Reads one file as [`read`](Self::read) does, from no more of its bytes than that takes.
    fn look(&self, path: &[u8], file: &mut dyn Ranges) -> Part {
        let size = file.size();
        self.read(path, &file.range(0, size).unwrap_or_default())
    }

    /// Names the package of a unit whose files name none, by the path of one of them.
    fn by_path(&self, _place: &Place<'_>) -> Option<Listed> {
        None
    }

    /// Compares two versions by the rules of the language.
    fn compare_versions(&self, a: &str, b: &str) -> Ordering;
}

/// The longest list of files or manifest that is read; the largest known has 10 MB.
const MAX_TEXT_FILE: u64 = 32 << 20;

/// Every language that is understood.
pub const LANGUAGES: &[&dyn Language] =
    &[&python::Python, &node::Node, &ruby::Ruby, &java::Java, &go::Go, &cargo::Cargo];

/// Returns the language of a manager.
pub(super) fn language(manager: &str) -> Option<&'static dyn Language> {
    LANGUAGES.iter().find(|language| language.name() == manager).copied()
}

/// Returns whether a file at this path is a record of packages of a language, small and read whole.
#[must_use]
pub fn is_record(path: &[u8]) -> bool {
    let mut place = Place::default();
    for (name, own) in place.names.iter_mut().zip(path.rsplit(|&byte| byte == b'/')) {
        *name = own;
    }
    let mut records = LANGUAGES.iter().filter(|one| !one.is_in_programs() && !one.takes_ranges());
    records.any(|language| language.wants(&place).is_some())
}

/// Returns whether the package is one of a language: its claims check and fold files, and own none.
#[must_use]
pub fn is_of_language(package: &Package) -> bool {
    language(&package.manager).is_some()
}

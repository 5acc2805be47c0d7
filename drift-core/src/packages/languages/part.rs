//! What one file says of packages, and the name that a file's path has for a parser.

use crate::model::Digest;
use crate::packages::Details;

/// The last names of a path, which is all that chooses a parser.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'p> {
    /// The name of the file, then of the directories above it, the nearest first.
    pub names: [&'p [u8]; 4],
    /// Whether the file may be run by somebody.
    pub executable: bool,
}

impl<'p> Place<'p> {
    /// Returns the name of the file.
    #[must_use]
    pub fn name(&self) -> &'p [u8] {
        self.names.first().copied().unwrap_or_default()
    }

    /// Returns the name of the directory so many levels above, from 1; empty above the root.
    #[must_use]
    pub fn above(&self, levels: usize) -> &'p [u8] {
        self.names.get(levels).copied().unwrap_or_default()
    }
}

/// A file that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// What it belongs to.
    pub unit: Unit,
    /// How many levels above the file its packages lie; 0 for the file itself.
    pub up: usize,
}

/// Which files are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// It speaks for itself.
    File,
    /// It speaks together with the wanted files of its directory.
    Directory,
}

/// A package as a file names it; where it lies is the caller's to say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its version; empty where the file has none.
    pub version: String,
    /// Its platform, where it is made for one.
    pub architecture: String,
    /// What else is to say of its state.
    pub status: String,
    /// What it says of itself.
    pub details: Details,
    /// Where it lies below the place of its unit; empty for that place itself.
    pub below: String,
}

/// A file that a record names, by its path inside the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The path, without a leading slash and without `.` or `..`.
    pub path: Vec<u8>,
    /// Its digest as installed.
    pub digest: Option<Digest>,
}

/// Everything that one file says.
#[derive(Debug, Default)]
pub struct Part {
    /// The packages.
    pub packages: Vec<Listed>,
    /// Packages that count where nothing else is found at their place.
    pub otherwise: Vec<Listed>,
    /// The files of the first package of the unit.
    pub files: Vec<Named>,
    /// Its files belong to a package of the system.
    pub of_the_system: bool,
    /// What is wrong with it, each told to a person.
    pub faults: Vec<String>,
    /// Set when it may name packages that are not among these.
    pub lost: bool,
}

impl Part {
    /// Notes a fault; a hostile file has as many as bytes, so only the first few are told.
    pub fn fault(&mut self, reason: impl Into<String>) {
        if self.faults.len() < FAULTS_TOLD {
            self.faults.push(reason.into());
        }
    }

    /// Notes a fault that may have cost packages.
    pub fn loses(&mut self, reason: impl Into<String>) {
        self.lost = true;
        self.fault(reason);
    }
}

/// Faults of one file that are told one by one.
const FAULTS_TOLD: usize = 4;

/// Stands for what a text cannot have: control characters, bytes that are no UTF-8, and what was cut off.
pub(super) const LOST: char = char::REPLACEMENT_CHARACTER;

/// Returns at most so many bytes of a text as one line: a name a mile long is nobody's name. What is
/// lost of it leaves [`LOST`] behind, so that it cannot pass for another text.
#[must_use]
pub(super) fn short(text: &str) -> String {
    let text = text.trim();
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    let shown = |letter: char| if letter.is_control() { LOST } else { letter };
    let kept = text.get(..end).unwrap_or_default().chars().map(shown);
    kept.chain((end < text.len()).then_some(LOST)).collect()
}

/// Bytes of a name, a version or any other text that is kept.
pub(super) const MAX_TEXT: usize = 1024;

/// Dependencies of a package that are kept.
pub(super) const MAX_DEPENDS: usize = 1024;

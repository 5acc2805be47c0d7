//! Everything captured of one target.

use super::attribute::AttributeSet;
use super::coverage::Coverage;
use super::image::Image;
use super::package::Package;
use super::problem::Problem;
use super::tree::Tree;

/// The kind of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SourceKind {
    /// The live host, seen from its own root.
    Host = 0,
    /// A directory that is the root of a system.
    Directory = 1,
    /// A tar archive of a root.
    Tar = 2,
    /// A volume in memory, for tests and embedders.
    Memory = 3,
    /// Directories that overlayfs puts on one another.
    Overlay = 4,
    /// An image in an OCI layout, as a directory or an archive.
    Oci = 5,
    /// An image as `docker save` writes it.
    DockerArchive = 6,
    /// A bill of materials: packages, and digests of files where it lists them.
    Sbom = 7,
}

impl SourceKind {
    /// Every kind, in the order of its number.
    pub const ALL: [Self; 8] = [
        Self::Host,
        Self::Directory,
        Self::Tar,
        Self::Memory,
        Self::Overlay,
        Self::Oci,
        Self::DockerArchive,
        Self::Sbom,
    ];

    /// Returns the word that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Directory => "directory",
            Self::Tar => "tar",
            Self::Memory => "memory",
            Self::Overlay => "overlay",
            Self::Oci => "oci",
            Self::DockerArchive => "docker-archive",
            Self::Sbom => "sbom",
        }
    }

    /// Returns whether content lies in streams that are read from their beginning each time.
    #[must_use]
    pub fn is_stream(self) -> bool {
        matches!(self, Self::Tar | Self::Oci | Self::DockerArchive)
    }
}

/// How finely a target stores times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Precision {
    /// Whole seconds: a tar archive without PAX records.
    Second = 0,
    /// Nanoseconds.
    Nanosecond = 1,
}

/// What a target can carry at all. What it cannot is `not_observable`, never a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carries {
    /// The attributes.
    pub attributes: AttributeSet,
    /// How finely `mtime` is stored.
    pub mtime: Precision,
}

/// Which system a target says it is, from os-release(5), hostname(5) and the package database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// `ID` of os-release, such as `debian`.
    pub os: Option<String>,
    /// `VERSION_ID`.
    pub version: Option<String>,
    /// The package manager's architecture.
    pub architecture: Option<String>,
    /// The configured host name.
    pub hostname: Option<String>,
}

/// Everything captured of a target.
#[derive(Debug)]
pub struct Snapshot {
    /// What kind of target it was.
    pub kind: SourceKind,
    /// Where it was, as the operator named it.
    pub locator: String,
    /// Which system it says it is.
    pub identity: Identity,
    /// What it can carry.
    pub carries: Carries,
    /// The rules, as text in order, that chose what was captured and how it compares.
    pub rules: String,
    /// What the image says of itself, where the target is one.
    pub image: Option<Image>,
    /// The entries.
    pub tree: Tree,
    /// Installed packages, sorted.
    pub packages: Vec<Package>,
    /// Whether the package list is whole; an incomplete one proves no removal.
    pub packages_complete: bool,
    /// What was seen and what was not.
    pub coverage: Coverage,
    /// What could have been seen and was not, sorted by path.
    pub problems: Vec<Problem>,
}

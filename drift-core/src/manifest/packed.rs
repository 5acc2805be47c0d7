//! What a package contains, as read from the package itself, and who vouches for it.

use serde::{Deserialize, Serialize};

use crate::model::{Device, Digest, FileType, Package, TreePath};

/// One path of a package; `None` where the package does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedFile {
    /// Where the package puts it, as the package writes it: `bin/ls` where it is written so.
    pub path: TreePath,
    /// What it is.
    pub file_type: FileType,
    /// Permission bits with setuid, setgid and sticky.
    pub mode: Option<u16>,
    /// The owner's number, where that is the same on every system.
    pub uid: Option<u32>,
    /// The group's number, where that is the same on every system.
    pub gid: Option<u32>,
    /// SHA-256 of the content, of files.
    pub digest: Option<Digest>,
    /// Where a symbolic link points.
    pub link_target: Option<Box<[u8]>>,
    /// Which device a device node stands for.
    pub device: Option<Device>,
    /// Capabilities of a file in the form of getcap(8); none where the package gives none.
    pub capability: Option<Box<[u8]>>,
    /// Whether it is a configuration file that the administrator may edit.
    pub conffile: bool,
    /// Whether it may be absent. Of unknown type it may be anything as well: the package owns the path
    /// and ships nothing.
    pub optional: bool,
}

/// A package with everything that it contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedPackage {
    /// Which it is: manager, name, architecture and version as the package's own database has them.
    pub name: PackageName,
    /// SHA-256 of the package's file.
    pub sha256: Digest,
    /// Sorted by path, each path once.
    pub files: Vec<PackedFile>,
}

/// What tells packages apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackageName {
    /// As in `Package::manager`.
    pub manager: String,
    /// As in `Package::name`.
    pub name: String,
    /// As in `Package::architecture`.
    pub architecture: String,
    /// As in `Package::version`.
    pub version: String,
}

impl PackageName {
    /// Returns the name of an installed package.
    #[must_use]
    pub fn of(package: &Package) -> Self {
        Self {
            manager: package.manager.clone(),
            name: package.name.clone(),
            architecture: package.architecture.clone(),
            version: package.version.clone(),
        }
    }
}

impl std::fmt::Display for PackageName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{} {} ({})", self.name, self.version, self.architecture);
        crate::bounds::escape::escaped(text.as_bytes()).fmt(formatter)
    }
}

/// Who vouches for packages of a manifest, beside whoever seals it: the chain that was checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Origin {
    /// The operator named the files; his seal is all that vouches for them.
    Operator,
    /// A signed release of an apt archive names an index, and the index each package by SHA-256.
    Apt {
        /// `Origin` and `Suite` of the release.
        archive: String,
        /// `Codename` of the release.
        codename: String,
        /// `Date` of the release.
        date: String,
        /// SHA-256 of the text that was signed.
        release: String,
        /// Fingerprints of the keys whose signatures held.
        signed_by: Vec<String>,
        /// The index, as the release names it.
        index: String,
        /// SHA-256 of the index, as the release says it.
        index_sha256: String,
        /// How many packages the index lists.
        listed: u64,
    },
    /// The package's own signature holds under a key of rpm's keyring.
    Rpm {
        /// The key ids.
        signed_by: Vec<String>,
    },
}

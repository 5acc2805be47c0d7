//! Manifests: signed catalogues of what packages contain, made from the packages themselves.
//!
//! With one, an upgrade is verified by more than the target's own package database. A manifest is made
//! where the key lives: [`Builder`] takes packages as [`read_deb`] and [`read_rpm`] read them, each with
//! the [`Origin`] that vouches for it; [`Release`] and [`Index`] are the links of apt's chain. A check
//! takes [`Manifest`]s whose seal held and asks [`Manifests`] about entries.
//! `docs/manifests.md` describes file and chain.

mod error;
mod packed;
mod encode;
mod decode;
mod weigh;
mod deb;
mod cpio;
mod rpm;
mod apt;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::model::{AttributeSet, Entry, Package, TreePath};

pub use apt::{Index, Listing, Release, check_framing};
pub use deb::read_deb;
pub use decode::Manifest;
pub use encode::{Builder, MARK as MANIFEST_MARK, MAX_MANIFEST_BYTES, Written};
pub use error::Error;
pub use packed::{Origin, PackageName, PackedFile, PackedPackage};
pub use rpm::{RPM_MARK, read_rpm};
pub use weigh::{Weighed, decides};

/// What a manifest says of an entry that a package claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// No manifest holds this very package, or it says nothing of what decides.
    Unknown,
    /// The package does not ship such a path.
    NotShipped,
    /// It is as the package ships it.
    Equal,
    /// It differs from what the package ships, in these attributes.
    Differs(AttributeSet),
}

/// The packages of a target that manifests hold, read whole.
#[derive(Debug, Default)]
pub struct Manifests {
    /// By name what each manifest that holds it says, in the order of the manifests.
    held: BTreeMap<PackageName, Vec<PackedPackage>>,
}

impl Manifests {
    /// Reads what the manifests say of these packages.
    pub fn of<'p>(
        manifests: &[&Manifest],
        packages: impl IntoIterator<Item = &'p Package>,
    ) -> Result<Self, Error> {
        let mut held: BTreeMap<PackageName, Vec<PackedPackage>> = BTreeMap::new();
        if manifests.is_empty() {
            return Ok(Self { held });
        }
        for package in packages {
            let name = PackageName::of(package);
            if held.contains_key(&name) {
                continue;
            }
            let mut found = Vec::new();
            for manifest in manifests {
                found.extend(manifest.package(&name)?);
            }
            if !found.is_empty() {
                held.insert(name, found);
            }
        }
        Ok(Self { held })
    }

    /// Returns whether no package is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Returns whether a manifest holds this very package.
    #[must_use]
    pub fn hold(&self, package: &Package) -> bool {
        !self.is_empty() && self.held.contains_key(&PackageName::of(package))
    }

    /// Returns everything that the package contains, sorted by path, by the first manifest that holds
    /// it; empty where none does.
    #[must_use]
    pub fn files(&self, package: &Package) -> &[PackedFile] {
        self.all(package).first().map_or(&[], |packed| &packed.files)
    }

    /// Judges an entry at the path where its package ships it.
    #[must_use]
    pub fn judge(&self, package: &Package, path: &TreePath, entry: &Entry) -> Judgement {
        match self.weigh(package, path, entry) {
            Weighed::NotHeld | Weighed::Unsaid => Judgement::Unknown,
            Weighed::NotShipped => Judgement::NotShipped,
            Weighed::Shipped { differing, .. } if !differing.is_empty() => {
                Judgement::Differs(differing)
            }
            Weighed::Shipped { compared, .. } if decides(compared, entry) => Judgement::Equal,
            Weighed::Shipped { .. } => Judgement::Unknown,
        }
    }

    /// Compares an entry with what its package ships at `path`, and says what could be compared. Of
    /// several manifests one that agrees is enough: two builds of one version are both genuine.
    #[must_use]
    pub fn weigh(&self, package: &Package, path: &TreePath, entry: &Entry) -> Weighed {
        let mut first = Weighed::NotHeld;
        for packed in self.all(package) {
            let weighed = match packed.find(path) {
                Some(file) => file.weigh(entry),
                None if path.as_bytes().starts_with(BOOKS) => Weighed::Unsaid,
                None => Weighed::NotShipped,
            };
            if matches!(weighed, Weighed::Shipped { differing, .. } if differing.is_empty()) {
                return weighed;
            }
            if first == Weighed::NotHeld {
                first = weighed;
            }
        }
        first
    }

    /// Returns what the package ships at `path`, by the first manifest that holds it.
    #[must_use]
    pub fn find(&self, package: &Package, path: &TreePath) -> Option<&PackedFile> {
        self.all(package).first()?.find(path)
    }

    /// Returns whether the package ships something at `path`, by any manifest that holds it.
    #[must_use]
    pub fn ships(&self, package: &Package, path: &TreePath) -> bool {
        let shipped = |packed: &PackedPackage| packed.find(path).is_some_and(|file| !file.optional);
        self.all(package).iter().any(shipped)
    }

    fn all(&self, package: &Package) -> &[PackedPackage] {
        if self.is_empty() {
            return &[];
        }
        self.held.get(&PackageName::of(package)).map_or(&[], Vec::as_slice)
    }
}

/// What dpkg writes of each package, and counts as the package's own; no package ships it.
const BOOKS: &[u8] = b"var/lib/dpkg/info/";

/// The directories that moved below `/usr`, leaving links (file-hierarchy(7)).
const MERGED: [&[u8]; 6] = [b"bin", b"lib", b"lib32", b"lib64", b"libx32", b"sbin"];

/// Returns the other name that a path has where directories moved below `/usr`.
fn other_name(path: &TreePath) -> Option<TreePath> {
    let moved = |rest: &[u8]| {
        let first = rest.split(|&byte| byte == b'/').next().unwrap_or_default();
        MERGED.contains(&first)
    };
    let bytes = path.as_bytes();
    match bytes.strip_prefix(b"usr/") {
        Some(rest) => moved(rest).then(|| TreePath::from_joined(rest.to_vec())),
        None => moved(bytes).then(|| TreePath::from_joined([b"usr/", bytes].concat())),
    }
}

/// Returns whether two paths name the same place, on a system whose directories moved below `/usr` too.
#[must_use]
pub fn is_same_place(one: &TreePath, other: &TreePath) -> bool {
    one == other || other_name(one).is_some_and(|name| name == *other)
}

impl PackedPackage {
    /// Returns what the package ships at a path, under either name that `/usr` may give it.
    #[must_use]
    pub fn find(&self, path: &TreePath) -> Option<&PackedFile> {
        let exactly = |path: &TreePath| {
            let at = self.files.binary_search_by(|file| file.path.cmp(path)).ok()?;
            self.files.get(at)
        };
        exactly(path).or_else(|| exactly(&other_name(path)?))
    }
}

//! Installed packages as their manager records them.

/// One installed package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Package {
    /// The manager that installed it, such as `dpkg`.
    pub manager: String,
    /// Its name.
    pub name: String,
    /// Its architecture, as the manager writes it.
    pub architecture: String,
    /// Where it lies inside the root, without a leading slash, of a package that may be there many
    /// times, such as a module of Python; empty of a system's package.
    pub location: String,
    /// Its version, as the manager writes it.
    pub version: String,
    /// The manager's own state, such as `install ok installed`.
    pub status: String,
}

/// The position of a package in the sorted list of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId(pub u32);

impl PackageId {
    /// Returns the position as an index.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

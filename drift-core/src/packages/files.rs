//! The files of a database as the caller read them, and how much of a database was understood.

use std::collections::BTreeMap;
use std::ops::Bound;

/// Contents by path inside the root; a file that exists but could not be read holds the reason.
#[derive(Debug, Clone, Default)]
pub struct Files<'a>(BTreeMap<Box<[u8]>, Result<&'a [u8], &'a str>>);

impl<'a> Files<'a> {
    /// Returns no files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file by its path without a leading slash: its bytes, or why they could not be read.
    pub fn insert(&mut self, path: &[u8], content: Result<&'a [u8], &'a str>) {
        self.0.insert(path.into(), content);
    }

    /// Returns the file at `path`; `None` where there is none.
    #[must_use]
    pub fn get(&self, path: &[u8]) -> Option<Result<&'a [u8], &'a str>> {
        self.0.get(path).copied()
    }

    /// Returns the paths of the files directly inside `directory` (which ends in `/`), by name.
    pub fn inside<'s>(&'s self, directory: &'s [u8]) -> impl Iterator<Item = &'s [u8]> {
        self.below(directory)
            .filter(move |path| !path.get(directory.len()..).unwrap_or_default().contains(&b'/'))
    }

    /// Returns the paths of the files below `directory` (which ends in `/`), by name.
    pub fn below<'s>(&'s self, directory: &'s [u8]) -> impl Iterator<Item = &'s [u8]> {
        self.0
            .range::<[u8], _>((Bound::Included(directory), Bound::Unbounded))
            .map(|(path, _)| &**path)
            .take_while(move |path| path.starts_with(directory))
    }
}

/// How much of a database was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Completeness {
    /// Everything.
    #[default]
    Complete,
    /// Every package is known, but not everything that belongs to it: what has no owner here may
    /// have one, and a missing record proves nothing.
    RecordsIncomplete,
    /// Packages may be missing: none may be called removed, no file unowned.
    Incomplete,
}

impl Completeness {
    /// Returns the lesser of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

/// Matches a path with a pattern of [`super::PackageDatabase::files`].
pub(super) fn matches(pattern: &[u8], path: &[u8]) -> bool {
    let Some(star) = pattern.iter().position(|&byte| byte == b'*') else {
        return pattern == path;
    };
    let (before, after) = pattern.split_at(star);
    let after = after.get(1..).unwrap_or_default();
    path.strip_prefix(before)
        .and_then(|rest| rest.strip_suffix(after))
        .is_some_and(|middle| !middle.contains(&b'/'))
}

//! What a derivation may look at.

use std::collections::BTreeMap;

use super::Contents;
use crate::model::{DirId, Entry, FileType, FollowLast, RowId, Tree, TreePath};
use crate::packages::Ownership;
use crate::rules::RuleSet;

/// Both sides of a comparison, as far as a derivation cares.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The newer side.
    pub tree: &'a Tree,
    /// What belongs to whom there.
    pub ownership: &'a Ownership,
    /// The rules in force.
    pub rules: &'a RuleSet,
    /// Every path that changed, with what the older side had there.
    pub changed: &'a BTreeMap<&'a TreePath, Option<&'a Entry>>,
}

/// What the older side has at a path.
#[derive(Debug, Clone, Copy)]
pub enum Older<'a> {
    /// What the newer side has, as far as its rule compares.
    Same,
    /// Nothing.
    Absent,
    /// This.
    Was(&'a Entry),
}

impl<'a> About<'a> {
    /// Returns what the older side has at a path of the newer.
    #[must_use]
    pub fn older(&self, path: &TreePath) -> Older<'a> {
        match self.changed.get(path) {
            None => Older::Same,
            Some(None) => Older::Absent,
            Some(Some(entry)) => Older::Was(entry),
        }
    }

    /// Returns whether the package of a system owns the entry. A package of a language does not
    /// count: anybody can drop its records.
    #[must_use]
    pub fn is_owned(&self, row: RowId) -> bool {
        let owner = self.ownership.owner(row);
        let package = owner.and_then(|id| self.ownership.records().packages().get(id.index()));
        package.is_some_and(|package| package.location.is_empty())
    }

    /// Returns whether the older side has the very same entry, content and all.
    #[must_use]
    pub fn is_unchanged(&self, row: RowId) -> bool {
        let rule = self.rules.rule(self.tree.rule(row));
        let attributes = rule.attributes(self.tree.file_type(row));
        let compared = match self.tree.file_type(row) {
            FileType::File => attributes.holds("digest"),
            FileType::Symlink => attributes.holds("link_target"),
            _ => false,
        };
        compared && !self.changed.contains_key(&self.tree.path(row))
    }

    /// Returns whether a source may be built on: a package's, or as it was. What became of it
    /// otherwise is a change of its own.
    #[must_use]
    pub fn is_accounted(&self, row: RowId) -> bool {
        self.is_owned(row) || self.is_unchanged(row)
    }

    /// Finds the regular file that a path leads to, links followed.
    #[must_use]
    pub fn file(&self, path: &[u8]) -> Option<RowId> {
        let row = self.tree.resolve(path, FollowLast::Yes)?;
        (self.tree.file_type(row) == FileType::File).then_some(row)
    }

    /// Finds the directory that a path leads to, links followed.
    #[must_use]
    pub fn directory(&self, path: &[u8]) -> Option<DirId> {
        self.tree.as_directory(self.tree.resolve(path, FollowLast::Yes)?)
    }

    /// Finds the file that a link leads to, from where the link lies.
    #[must_use]
    pub fn destination(&self, link: RowId) -> Option<RowId> {
        let target = self.tree.link_target(link)?;
        let start = match target.first() {
            Some(b'/') => DirId(0),
            _ => self.tree.directory_of(link)?,
        };
        let row = self.tree.resolve_from(start, target, FollowLast::Yes)?;
        (self.tree.file_type(row) == FileType::File).then_some(row)
    }

    /// Returns the bytes of the file that a path leads to.
    #[must_use]
    pub fn bytes<'c>(&self, path: &[u8], contents: &'c Contents) -> Option<&'c [u8]> {
        contents.get(&self.file(path)?).map(Vec::as_slice)
    }

    /// Returns the bytes of the very file at `path`; a link there is not followed.
    #[must_use]
    pub fn own<'c>(&self, path: &TreePath, contents: &'c Contents) -> Option<&'c [u8]> {
        contents.get(&self.tree.find(path)?).map(Vec::as_slice)
    }
}

/// Reads lines; of the last also what has no end.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.split(|&byte| byte == b'\n')
}

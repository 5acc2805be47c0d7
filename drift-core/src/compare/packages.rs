//! Comparing the lists of installed packages.

use std::cmp::Ordering;

use crate::model::{Cause, Package, PackageId};
use crate::packages::compare_versions;

use super::change::Kind;

/// A package that came, went or has another version or state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackageChange {
    /// Among the older packages.
    pub before: Option<PackageId>,
    /// Among the newer packages.
    pub after: Option<PackageId>,
    /// `installed`, `removed`, `upgraded`, `downgraded`, or `modified-in-place` where only its
    /// state changed.
    pub cause: Cause,
}

impl PackageChange {
    /// Returns what happened.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match (self.before, self.after) {
            (None, _) => Kind::Added,
            (_, None) => Kind::Removed,
            _ => Kind::Modified,
        }
    }
}

/// A list of packages and whether it is whole.
#[derive(Debug, Clone, Copy)]
pub struct Packages<'p> {
    /// The packages, sorted.
    pub list: &'p [Package],
    /// Whether every package is among them.
    pub complete: bool,
}

/// Compares two sorted lists; an incomplete list proves neither a removal nor an installation.
#[must_use]
pub fn compare_packages(before: Packages<'_>, after: Packages<'_>) -> Vec<PackageChange> {
    let mut changes = Vec::new();
    let (mut old, mut new) = (numbered(before.list).peekable(), numbered(after.list).peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return changes,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((_, old)), Some((_, new))) => key(old).cmp(&key(new)),
        };
        let gone = if order == Ordering::Greater { None } else { old.next() };
        let came = if order == Ordering::Less { None } else { new.next() };
        let cause = match (gone, came) {
            (Some(_), None) if after.complete => Cause::Removed,
            (None, Some(_)) if before.complete => Cause::Installed,
            (Some((_, old)), Some((_, new))) if old != new => {
                match compare_versions(&new.manager, &old.version, &new.version) {
                    Ordering::Less => Cause::Upgraded,
                    Ordering::Greater => Cause::Downgraded,
                    Ordering::Equal => Cause::ModifiedInPlace,
                }
            }
            _ => continue,
        };
        changes.push(PackageChange { before: gone.map(|(id, _)| id), after: came.map(|(id, _)| id), cause });
    }
}

fn numbered(list: &[Package]) -> impl Iterator<Item = (PackageId, &Package)> {
    (0..).map(PackageId).zip(list)
}

fn key(package: &Package) -> (&str, &str, &str) {
    (&package.manager, &package.name, &package.architecture)
}

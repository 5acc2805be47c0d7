//! Bills of materials: what is installed, for whoever must know without drift.
//!
//! Writing streams: packages, then one walk over the entries for each list that needs them, so the
//! memory is that of the packages, whatever the number of files. Nothing is random: the same target
//! at the same time gives the same bytes, and its serial number is made of its root.
//!
//! Reading is total and budgeted: a bill is a stranger's file until its seal holds. What a bill can
//! carry is packages and digests of files; everything else about a target is not observable in it.
//!
//! To add a form: one file here with a `pub(super) const FORM`, its `mod` line and its line in
//! [`FORMS`].
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod bill;
mod cyclonedx;
mod inventory;
mod licence;
mod look;
mod read;
mod selected;
mod spdx;
#[cfg(test)]
mod tests;
mod written;

use std::io;

use crate::bounds::{Cancel, Cancelled, Timestamp};
use crate::model::{Cursor, CursorError, Digest, Identity, Image, Package, SourceKind};
use crate::packages::Records;

pub use bill::{Bill, MAX_BILL_BYTES, SealedBill, Unreadable};
pub use look::{Beyond, Wanted, look};
pub use selected::Selected;

/// One form.
#[derive(Debug)]
pub struct Form {
    /// The word for `--format`.
    pub name: &'static str,
    /// What it is.
    pub meaning: &'static str,
    /// Whether its files need a SHA-1 beside the SHA-256.
    pub needs_sha1: bool,
    write: fn(&Matter<'_>, &mut dyn io::Write) -> Result<(), Error>,
}

/// Every form.
pub const FORMS: &[Form] = &[cyclonedx::FORM, spdx::FORM];

/// Returns the form of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Form> {
    FORMS.iter().find(|form| form.name == name)
}

/// Which files a bill lists. Only those with a digest can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Files {
    /// None.
    None,
    /// Those that belong to a package.
    #[default]
    Packaged,
    /// All.
    All,
}

/// What a bill is made of.
#[derive(Clone, Copy)]
pub struct Matter<'m> {
    /// What kind of target it is.
    pub kind: SourceKind,
    /// Where it is, as the operator named it.
    pub locator: &'m str,
    /// Which system it says it is.
    pub identity: &'m Identity,
    /// What the image says of itself, where it is one.
    pub image: Option<&'m Image>,
    /// The digest over everything captured; it gives the bill its serial number.
    pub root: Digest,
    /// The packages, sorted.
    pub packages: &'m [Package],
    /// Whether they are all of them.
    pub packages_complete: bool,
    /// Things that could not be seen.
    pub problems: u64,
    /// What the databases say beyond identities, of a target that was captured now.
    pub records: Option<&'m Records>,
    /// What a second look found.
    pub beyond: &'m Beyond,
    /// Walks the entries, from the beginning each time.
    pub entries: &'m dyn Fn() -> Box<dyn Cursor + 'm>,
    /// Which files are listed.
    pub files: Files,
    /// The time of making.
    pub now: Timestamp,
    /// Set from outside to stop.
    pub cancel: &'m Cancel,
}

impl std::fmt::Debug for Matter<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Matter").field("locator", &self.locator).finish_non_exhaustive()
    }
}

/// A bill was not finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The stored tree cannot be read on.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// The output cannot be written.
    #[error("the bill of materials cannot be written")]
    Write(#[from] io::Error),
    /// The run was stopped from outside.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Writes a bill.
pub fn write(form: &Form, matter: &Matter<'_>, out: &mut dyn io::Write) -> Result<(), Error> {
    (form.write)(matter, out)
}

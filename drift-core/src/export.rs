//! Entries in other forms, one line each: for scripts, and for tools that drift does not replace.
//!
//! To add a form: one file here with a `pub(super) const EXPORT`, its `mod` line and its line in
//! [`EXPORTS`].

mod mtree;
mod ndjson;

use std::io;

use crate::model::{Cursor, CursorError, Entry, TreePath};

/// One form.
#[derive(Debug)]
pub struct Export {
    /// The word for `--format`.
    pub name: &'static str,
    /// What it is good for.
    pub meaning: &'static str,
    /// What stands before the first entry.
    head: fn(&mut dyn io::Write) -> io::Result<()>,
    /// Writes one entry.
    entry: fn(&TreePath, &Entry, &mut dyn io::Write) -> io::Result<()>,
}

/// Every form.
pub const EXPORTS: &[Export] = &[ndjson::EXPORT, mtree::EXPORT];

/// An export was not finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The stored tree cannot be read on.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// The output cannot be written.
    #[error("the export cannot be written")]
    Write(#[from] io::Error),
}

/// Returns the form of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Export> {
    EXPORTS.iter().find(|export| export.name == name)
}

/// Writes every entry of a tree.
pub fn export(form: &Export, cursor: &mut dyn Cursor, out: &mut dyn io::Write) -> Result<(), Error> {
    (form.head)(out)?;
    crate::compare::each_entry(cursor, &mut |path, entry| (form.entry)(path, entry, out).map_err(Error::from))
}

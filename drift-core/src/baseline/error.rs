//! Why a snapshot cannot be stored, or a stored one not be read.

use super::layout::MAJOR;
use crate::bounds::Cancelled;
use crate::model::CursorError;

/// A snapshot cannot be stored, or a file cannot be read as one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The first bytes are not the format's.
    #[error("the file is no drift baseline: it does not begin as one")]
    NotABaseline,
    /// A later format.
    #[error(
        "the baseline is of format version {found}, and this drift reads version {MAJOR}; use a \
         drift that reads version {found}"
    )]
    Version {
        /// The version that the file names.
        found: u32,
    },
    /// A section that must be understood and is not.
    #[error(
        "the baseline holds section {tag} of revision {revision}, which must be understood and is \
         not; use the version of drift that wrote it, or a later one"
    )]
    Section {
        /// The section's tag.
        tag: String,
        /// Its revision.
        revision: u64,
    },
    /// The bytes break a rule of the format.
    #[error("{part} of the baseline is malformed: {reason}; take another copy of the file")]
    Malformed {
        /// Which part.
        part: &'static str,
        /// Which rule.
        reason: &'static str,
    },
    /// A block's bytes are not those that its index promises.
    #[error(
        "block {block} of section {section} is damaged: its digest differs from the index; take another copy of the file"
    )]
    Damaged {
        /// The section's tag.
        section: String,
        /// The block's place in the section, from 0.
        block: usize,
    },
    /// Something is larger than the format allows.
    #[error("{what} is larger than a baseline can hold: {limit} {unit}")]
    TooLarge {
        /// What.
        what: &'static str,
        /// How much is allowed.
        limit: u64,
        /// Of what.
        unit: &'static str,
    },
    /// A name or path that no file system gives: empty, `.`, `..`, or with a slash or a NUL.
    #[error(
        "{what} cannot be stored: a component is empty, \".\", \"..\", or holds a slash or a NUL byte"
    )]
    Unstorable {
        /// What.
        what: &'static str,
    },
    /// The entries that are to be written cannot be read.
    #[error(transparent)]
    Entries(CursorError),
    /// The compressor refused; it does so only without memory.
    #[error("the compressor failed: {reason}")]
    Compressor {
        /// What it said.
        reason: String,
    },
    /// The run was stopped from outside.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

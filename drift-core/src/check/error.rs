//! Why a check or diff gives no result.

use crate::capture;
use crate::compare;
use crate::manifest;
use crate::model::CursorError;
use crate::rules;
use crate::source;

/// A check or diff cannot give a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The target cannot be captured.
    #[error(transparent)]
    Capture(#[from] capture::Error),
    /// The rules of a baseline cannot be read.
    #[error("failed to read the rules in the baseline: {0}")]
    Rules(#[from] rules::Error),
    /// A stored tree cannot be read on.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// The comparison failed.
    #[error(transparent)]
    Compare(#[from] compare::Error),
    /// The snapshot cannot be put into the form that its root is computed over.
    #[error(transparent)]
    Baseline(#[from] crate::baseline::Error),
    /// A stored snapshot has no package database of its own to compare with.
    #[error(
        "a stored snapshot can only be compared with another; name one with --baseline, or use diff"
    )]
    NoReference,
    /// A package database is a reference for entries and packaged files alone.
    #[error(
        "without a baseline only entries and packages can be looked at; name one with --baseline"
    )]
    NothingToCompare,
    /// There are no baselines to compose, or too many.
    #[error(
        "{count} baselines cannot be composed; name 1 to 64, with fewer than 65,000 layers together"
    )]
    Composition {
        /// How many there are.
        count: usize,
    },
    /// The target cannot be read again.
    #[error(transparent)]
    Source(#[from] source::Error),
    /// A manifest cannot be read on.
    #[error(transparent)]
    Manifest(#[from] manifest::Error),
    /// The input of the policies cannot be made.
    #[error(transparent)]
    Input(#[from] crate::policy::ValueError),
    /// The run was stopped while policies were evaluated.
    #[error(transparent)]
    Cancelled(#[from] crate::bounds::Cancelled),
}

impl Error {
    /// Returns whether the run was stopped, and nothing else is wrong.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(
            self,
            Self::Capture(capture::Error::Source(source::Error::Cancelled(_)))
                | Self::Source(source::Error::Cancelled(_))
                | Self::Compare(compare::Error::Cancelled(_))
                | Self::Baseline(crate::baseline::Error::Cancelled(_))
                | Self::Cancelled(_)
        )
    }
}

//! Why nothing is accepted.

use crate::compare::Orphan;
use crate::model::TreePath;

/// Nothing is accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// Golden baseline and snapshot cannot be compared.
    #[error(transparent)]
    Check(#[from] super::super::Error),
    /// The seal is one of another kind of file.
    #[error("{file} is not sealed as a snapshot, so nothing can follow it")]
    NoSnapshot {
        /// The file.
        file: String,
    },
    /// Nothing was named.
    #[error("nothing is selected; name what is accepted by path, package or change, or all")]
    NothingSelected,
    /// There is nothing to accept.
    #[error("nothing that was selected differs between the golden baseline and the snapshot")]
    NothingDiffers,
    /// No change has that id.
    #[error(
        "no change of the snapshot has the id {id}{near}; it may have changed since that report"
    )]
    NoSuchChange {
        /// The id.
        id: String,
        /// Where to look, as words, or nothing.
        near: String,
    },
    /// Several changes begin so.
    #[error("{count} changes have ids that begin with {id}; give more of it")]
    Ambiguous {
        /// What was given.
        id: String,
        /// How many.
        count: usize,
    },
    /// Too little of an id.
    #[error("{id:?} is no id of a change; give at least 8 of its 64 hexadecimal digits")]
    NoId {
        /// What was given.
        id: String,
    },
    /// Nothing at such a path differs.
    #[error("nothing at {pattern} differs{near}")]
    NoSuchPath {
        /// The pattern.
        pattern: String,
        /// Where to look, as words, or nothing.
        near: String,
    },
    /// Nothing happened to such a package.
    #[error("nothing happened to a package {name}{near}")]
    NoSuchPackage {
        /// The name.
        name: String,
        /// Where to look, as words, or nothing.
        near: String,
    },
    /// The report compares with something else.
    #[error("{report} is no report on {golden}; make one by drift check with that baseline")]
    OtherReport {
        /// The report.
        report: String,
        /// The golden baseline.
        golden: String,
    },
    /// The report lists what the snapshot does not have so.
    #[error(
        "{path}: the snapshot does not have the change that the report lists; capture and report \
         again, one soon after the other"
    )]
    Stale {
        /// The path, or the name of a package, escaped.
        path: String,
    },
    /// What an image says of itself is one thing.
    #[error(
        "what the image says of itself was selected in part ({selected} of {all} changes); select \
         all of it or nothing"
    )]
    ImageInPart {
        /// How many changes were selected.
        selected: usize,
        /// How many there are.
        all: usize,
    },
    /// The outcome would be no tree.
    #[error(transparent)]
    Orphan(#[from] Orphan),
    /// The new row says nothing of something that the rules compare.
    #[error(
        "{path}: the snapshot says nothing of attribute {attribute}, which the golden baseline's \
         rules compare; capture it under the same rules, from a target that carries it"
    )]
    Unseen {
        /// The path.
        path: TreePath,
        /// The attribute.
        attribute: &'static str,
    },
    /// It is gone only because nobody looked.
    #[error(
        "{path} is not in the snapshot because the rules that it was captured under leave it out; \
         capture it under the rules of the golden baseline"
    )]
    NeverLooked {
        /// The path.
        path: TreePath,
    },
}

impl From<crate::baseline::Error> for AcceptError {
    fn from(error: crate::baseline::Error) -> Self {
        Self::Check(error.into())
    }
}

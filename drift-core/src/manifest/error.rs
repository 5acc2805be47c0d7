//! Why a manifest cannot be made or read.

use crate::baseline;
use crate::seal::Reason;

/// A manifest cannot be made, or a file cannot be read as one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The first bytes are not the format's.
    #[error(
        "the file is no manifest of drift: it does not begin as one; make one with drift manifest build"
    )]
    NotAManifest,
    /// The bytes break a rule of the format.
    #[error("{part} of the manifest is malformed: {reason}; make the manifest anew")]
    Malformed {
        /// Which part.
        part: &'static str,
        /// Which rule.
        reason: &'static str,
    },
    /// Something is larger than the format allows.
    #[error("{what} is larger than a manifest can hold; make several manifests")]
    TooLarge {
        /// What.
        what: String,
    },
    /// Two packages that differ have one name, architecture and version.
    #[error("two different packages are {name}; leave one of them out")]
    Twice {
        /// What both are called.
        name: String,
    },
    /// A package is not what it should be, or cannot be read with certainty.
    #[error("it is refused as a package: {reason}")]
    Package {
        /// What is wrong.
        reason: String,
    },
    /// What should vouch for packages does not.
    #[error("{what} vouches for nothing: {reason}")]
    Chain {
        /// The code, as for seals.
        code: Reason,
        /// Which part of the chain.
        what: &'static str,
        /// What is wrong, and the next step.
        reason: String,
    },
    /// The compressor refused; it does so only without memory.
    #[error("the compressor failed: {reason}")]
    Compressor {
        /// What it said.
        reason: String,
    },
}

impl Error {
    /// Refuses a package.
    pub(super) fn package(reason: impl Into<String>) -> Self {
        Self::Package { reason: reason.into() }
    }
}

/// Manifests share the numbers and blocks of baselines.
impl From<baseline::Error> for Error {
    fn from(error: baseline::Error) -> Self {
        match error {
            baseline::Error::Malformed { part, reason } => Self::Malformed { part, reason },
            baseline::Error::Compressor { reason } => Self::Compressor { reason },
            _ => {
                Self::Malformed { part: "a block", reason: "it is not in the form of this version" }
            }
        }
    }
}

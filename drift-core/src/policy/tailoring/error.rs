//! What is wrong with tailoring, and where.

use std::fmt;

use crate::artifact;
use crate::bounds::escape::escaped;
use crate::policy::parameters::ParameterError;

use super::chain::{MAX_DEPTH, MAX_PROFILES};

/// Tailoring that cannot be applied; nothing of it is.
#[derive(Debug, thiserror::Error)]
#[error("{}{kind}", place(.file, *.line))]
pub struct TailorError {
    /// The file, or what was typed.
    pub file: String,
    /// From 1; 0 when it is about the whole of it.
    pub line: usize,
    /// What is wrong.
    #[source]
    pub kind: TailorErrorKind,
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TailorErrorKind {
    /// It is no profile.
    #[error("{0}")]
    Format(String),
    /// The file cannot be read.
    #[error("the profile cannot be read")]
    Read(#[source] artifact::Error),
    /// No profile has this name.
    #[error(
        "there is no profile {name:?}; the nearest is {nearest}; a file is named with its ending, as web.toml"
    )]
    UnknownProfile {
        /// The name.
        name: String,
        /// The most similar one.
        nearest: String,
    },
    /// Several origins of policies have a profile of this name.
    #[error("several have a profile {name:?}: {origins}; name its file instead")]
    Ambiguous {
        /// The name.
        name: String,
        /// Where they are.
        origins: String,
    },
    /// A profile that extends itself.
    #[error("the profiles extend each other in a circle: {0}")]
    Circle(String),
    /// More than anyone can follow.
    #[error("profiles extend each other more than {MAX_DEPTH} deep")]
    Deep,
    /// More than anyone can follow.
    #[error("more than {MAX_PROFILES} profiles apply")]
    Many,
    /// No policy has this id, or none fits this pattern.
    #[error("no policy is named {pattern:?}; the nearest is {nearest}")]
    UnknownPolicy {
        /// The id or pattern.
        pattern: String,
        /// The most similar id or pattern.
        nearest: String,
    },
    /// A policy of a pack that does not take part.
    #[error("{pattern} cannot be selected: its pack is not loaded; add --policy builtin:{pack}")]
    NotLoaded {
        /// The id or pattern.
        pattern: String,
        /// The pack.
        pack: String,
    },
    /// A parameter that cannot be chosen.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
}

fn place(file: &str, line: usize) -> String {
    let file = escaped(file.as_bytes());
    if line > 0 { format!("{file}:{line}: ") } else { format!("{file}: ") }
}

impl TailorError {
    pub(super) fn new(file: &str, line: usize, kind: impl Into<TailorErrorKind>) -> Self {
        Self { file: file.to_owned(), line, kind: kind.into() }
    }
}

impl fmt::Display for super::AppliedProfile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", escaped(self.name.as_bytes()), escaped(self.file.as_bytes()))
    }
}

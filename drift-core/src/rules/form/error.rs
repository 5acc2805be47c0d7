//! A form that cannot be read.

use crate::bounds::escape::escaped;

use super::Form;

/// A form that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// The word before the colon is no form.
    #[error("unknown form \"{}\"{}; forms are {}", escaped(.word.as_bytes()), suggestion(*.near), Form::SYNTAX.join(", "))]
    Unknown {
        /// The word.
        word: String,
        /// The most similar form.
        near: Option<&'static str>,
    },
    /// The form needs something after its colon.
    #[error("the form says nothing of the value; write {syntax}")]
    NoArgument {
        /// How it is written.
        syntax: &'static str,
    },
    /// `present` takes nothing.
    #[error(
        "the form \"present\" has nothing after it; a value of a certain form is matches:REGEX"
    )]
    Argument,
    /// The expression is none.
    #[error("the expression cannot be read: {}", escaped(.reason.as_bytes()))]
    BadPattern {
        /// What is wrong with it.
        reason: String,
    },
    /// The expression is longer than 1 KiB, or becomes too large.
    #[error(
        "the expression is too large: at most 1 KiB, and 128 KiB when its repetitions are written out"
    )]
    PatternTooLarge,
    /// The accounts are none.
    #[error("the accounts \"{}\" are no range of numbers; write accounts:1000-59999, then the groups that may have them as members", escaped(.text.as_bytes()))]
    BadRange {
        /// What stands there.
        text: String,
    },
}

impl FormError {
    pub(super) fn unknown(word: &str) -> Self {
        let names =
            Form::SYNTAX.iter().map(|syntax| syntax.split(['[', ':']).next().unwrap_or(syntax));
        let near = super::super::parse::nearest(word, names);
        Self::Unknown { word: word.to_owned(), near }
    }
}

fn suggestion(near: Option<&'static str>) -> String {
    near.map(|near| format!(", did you mean \"{near}\"?")).unwrap_or_default()
}

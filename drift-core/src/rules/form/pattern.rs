//! Regular expressions over bytes, of bounded size; matching is linear in the value.

use regex::bytes::{Regex, RegexBuilder};

use super::error::FormError;

/// The longest expression, in bytes.
const MAX_TEXT_BYTES: usize = 1024;

/// The largest compiled expression, in bytes. Counted repetition multiplies: `(a{1000}){1000}`.
const MAX_COMPILED_BYTES: usize = 1 << 17;

/// What one expression may keep while it searches, in bytes, per worker.
const MAX_CACHE_BYTES: usize = 1 << 19;

/// How deep groups may lie in one another.
const MAX_NESTING: u32 = 50;

/// An expression that must match the whole of what it is given.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    text: String,
    whole: Regex,
}

/// Equal text is an equal expression.
impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl Pattern {
    pub(super) fn new(text: &str) -> Result<Self, FormError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(FormError::PatternTooLarge);
        }
        // Alone first: `a)|(b` must not become right by what is put around it.
        build(text)?;
        let whole = build(&format!(r"\A(?:{text})\z"))?;
        Ok(Self { text: text.to_owned(), whole })
    }

    pub(super) fn is_match(&self, value: &[u8]) -> bool {
        self.whole.is_match(value)
    }
}

fn build(text: &str) -> Result<Regex, FormError> {
    let built = RegexBuilder::new(text)
        .unicode(false)
        .size_limit(MAX_COMPILED_BYTES)
        .dfa_size_limit(MAX_CACHE_BYTES)
        .nest_limit(MAX_NESTING)
        .build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => FormError::PatternTooLarge,
        // The last line says what is wrong, those before it where.
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            FormError::BadPattern { reason: last.trim_start_matches("error: ").to_owned() }
        }
    })
}

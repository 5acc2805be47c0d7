//! Passwords: shadow(5), of which nothing is kept but what kind they are and their last change.

use super::lines::{self, Fields, Line, NoNumber, Parsed, text, trimmed};
use crate::bounds::Budget;

/// What kind of password an account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Password {
    /// One must be given.
    Set,
    /// None is asked for.
    Empty,
    /// None can match.
    Locked,
}

/// What is kept of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shadow {
    /// The account.
    pub name: String,
    /// What kind of password it has.
    pub password: Password,
    /// The day of its last change, counted from 1970-01-01.
    pub last_change_days: Option<u32>,
    /// From 1.
    pub line: u64,
}

impl Password {
    /// Tells the kind of an encrypted password (crypt(5)); `!` and `*` are in no hash.
    pub(super) fn of(field: &[u8]) -> Self {
        match field.first() {
            None => Self::Empty,
            Some(b'!' | b'*') => Self::Locked,
            Some(_) => Self::Set,
        }
    }
}

/// Reads a shadow(5).
pub(super) fn parse(bytes: &[u8], budget: &mut Budget) -> Parsed<Shadow> {
    lines::parse(bytes, budget, shadow)
}

fn shadow(line: u64, content: &[u8]) -> Line<Shadow> {
    const SKIPPED: &str = "a field of days is no number, or is missing";
    let mut fields = Fields::new(content);
    let name = fields.text();
    let password = Password::of(fields.text());
    let mut days = || match fields.number() {
        Ok((number, plain)) => Ok((Some(number), plain)),
        Err(NoNumber::Empty) => Ok((None, true)),
        Err(error) => Err(error),
    };
    let Ok((last_change_days, plain)) = days() else { return Line::Skipped(SKIPPED) };
    let (Ok(_), Ok(_)) = (days(), days()) else { return Line::Skipped(SKIPPED) };
    // Up to here is the old form; of the new one the last field alone may be missing.
    let mut fields = Fields::new(trimmed(fields.rest()));
    if !fields.rest().is_empty() {
        for _ in ["warn", "inactive", "expire"] {
            if !matches!(fields.number(), Ok(_) | Err(NoNumber::Empty)) {
                return Line::Skipped(SKIPPED);
            }
        }
        // The last field goes to the end of the line.
        let last = fields.rest();
        if !last.is_empty() && (last.contains(&b':') || fields.number().is_err()) {
            return Line::Skipped(SKIPPED);
        }
    }
    let shadow = Shadow { name: text(name), password, last_change_days, line };
    let colons = content.iter().filter(|&&byte| byte == b':').count();
    match () {
        () if !plain => {
            Line::Odd(shadow, "a number is not in its shortest form; programs disagree about it")
        }
        () if name.is_empty() => Line::Odd(shadow, "it has no name"),
        () if colons != 8 => Line::Odd(shadow, "it has not nine fields"),
        () => Line::Is(shadow),
    }
}

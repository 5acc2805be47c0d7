//! A span of time as an operator writes it: `90d`, `12h`, `30m` or an RFC 3339 date.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::bounds::{Timestamp, TimestampError};

/// How long something holds, or the moment that bounds it.
///
/// ```
/// use drift_core::bounds::Timestamp;
/// use drift_core::seal::Term;
/// let created = Timestamp::parse("2026-11-21T12:00:00Z")?;
/// assert_eq!(Term::parse("12h")?.expiry(created).to_string(), "2026-11-22T00:00:00Z");
/// assert_eq!(Term::parse("2027-01-01")?.expiry(created).to_string(), "2027-01-01T23:59:59Z");
/// assert_eq!(Term::parse("2026-01-01")?.oldest(created).to_string(), "2026-01-01T00:00:00Z");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Seconds(i64),
    /// A bare date is all of that day, UTC.
    Between(Timestamp, Timestamp),
}

/// Text that is no span of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is neither a span such as 90d, 12h or 30m nor an RFC 3339 date")]
pub struct TermError {
    text: String,
}

impl Term {
    /// Reads a span or a date. Spans are whole numbers above 0 of days, hours or minutes.
    pub fn parse(text: &str) -> Result<Self, TermError> {
        if let Some(seconds) = span(text) {
            return Ok(Self(Kind::Seconds(seconds)));
        }
        match (start_of(text), Timestamp::parse_end(text)) {
            (Ok(start), Ok(end)) => Ok(Self(Kind::Between(start, end))),
            _ => Err(TermError { text: text.to_owned() }),
        }
    }

    /// Returns the last moment at which something made at `created` holds.
    #[must_use]
    pub fn expiry(self, created: Timestamp) -> Timestamp {
        match self.0 {
            Kind::Seconds(seconds) => created.plus_seconds(seconds),
            Kind::Between(_, end) => end,
        }
    }

    /// Returns the earliest moment at which something may have been made to be young enough `now`.
    #[must_use]
    pub fn oldest(self, now: Timestamp) -> Timestamp {
        match self.0 {
            Kind::Seconds(seconds) => now.plus_seconds(seconds.saturating_neg()),
            Kind::Between(start, _) => start,
        }
    }
}

/// Reads an RFC 3339 time, or a bare date, which means its first moment, UTC.
pub(super) fn start_of(text: &str) -> Result<Timestamp, TimestampError> {
    Timestamp::parse(text).or_else(|error| {
        let bare = Timestamp::parse_end(text).is_ok();
        if bare { Timestamp::parse(&format!("{text}T00:00:00Z")) } else { Err(error) }
    })
}

fn span(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "d" => 86_400,
        "h" => 3_600,
        "m" => 60,
        _ => return None,
    };
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    number.parse::<i64>().ok().filter(|number| *number > 0)?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::Term;

    #[test]
    fn what_is_no_term_is_refused() {
        for text in ["", "d", "0d", "-1d", "+1d", "1w", "1.5h", "9999999999999999999d", "1 d"] {
            assert!(Term::parse(text).is_err(), "{text}");
        }
        for text in ["2026-13-01", "2026-1-1", "tomorrow", "2026-11-21T12:00:00"] {
            assert!(Term::parse(text).is_err(), "{text}");
        }
    }
}

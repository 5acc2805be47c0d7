//! Points in time of reports, seals and rules of expiry: RFC 3339, always UTC.
//!
//! The library never reads a clock; whoever calls it says what time it is.

use std::fmt;

/// A point in time to the nanosecond, UTC.
///
/// ```
/// use drift_core::bounds::Timestamp;
/// let time = Timestamp::parse("2026-11-21T12:00:00Z")?;
/// assert_eq!(time.to_string(), "2026-11-21T12:00:00Z");
/// # Ok::<(), drift_core::bounds::TimestampError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

/// Text that is no point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no time; write RFC 3339 such as 2026-11-21T12:00:00Z{}", if *.date { DATE } else { "" })]
pub struct TimestampError {
    text: String,
    /// Whether a bare date would have been taken.
    date: bool,
}

/// What else is taken where the end of a day is meant.
const DATE: &str = ", or a date such as 2026-11-21";

impl Timestamp {
    /// Reads an RFC 3339 time with an offset.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        text.parse().map(Self).map_err(|_| TimestampError { text: text.to_owned(), date: false })
    }

    /// Reads an RFC 3339 time, or a bare date, which means the end of that day, UTC.
    pub fn parse_end(text: &str) -> Result<Self, TimestampError> {
        Self::parse(text).or_else(|error| {
            let date =
                text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            let error = TimestampError { date: true, ..error };
            if date {
                Self::parse(&format!("{text}T23:59:59Z")).map_err(|_| error)
            } else {
                Err(error)
            }
        })
    }

    /// Takes seconds and nanoseconds since 1970; clamps to the years -9999 to 9999.
    #[must_use]
    pub fn from_unix(seconds: i64, nanoseconds: u32) -> Self {
        let nanoseconds = i32::try_from(nanoseconds).unwrap_or(999_999_999).min(999_999_999);
        Self(jiff::Timestamp::new(seconds, nanoseconds).unwrap_or(if seconds < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        }))
    }

    /// Returns the seconds since 1970.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.as_second()
    }

    /// Returns the time `seconds` later.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_unix(self.seconds().saturating_add(seconds), 0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

//! Values of attributes: compared as they are, shown in one canonical form.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;

use crate::bounds::Timestamp;
use crate::model::digest::Digest;
use crate::model::entry::{Device, Time};

/// The value of one attribute of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'e> {
    /// The entry has none, and could.
    None,
    /// A count or an id, shown in decimal.
    Number(u64),
    /// Permission bits, shown as four octal digits.
    Mode(u16),
    /// A time, shown in RFC 3339 with nine decimals.
    Time(Time),
    /// A digest with its tag.
    Digest(Digest),
    /// A device number, shown as `major:minor`.
    Device(Device),
    /// Bytes of the target that are text to people: a link's target, a label.
    Text(Cow<'e, [u8]>),
    /// Raw extended attributes by name; each shown on its own, in base64.
    Named(Vec<(&'e [u8], &'e [u8])>),
}

impl Value<'_> {
    /// Returns the value as bytes; not escaped, so a reporter must escape it. `None` for none.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let text = match self {
            Self::None | Self::Named(_) => return None,
            Self::Text(bytes) => return Some(bytes.to_vec()),
            Self::Number(number) => number.to_string(),
            Self::Mode(mode) => format!("{mode:04o}"),
            Self::Time(time) => rfc3339(*time),
            Self::Digest(digest) => digest.to_string(),
            Self::Device(device) => format!("{}:{}", device.major, device.minor),
        };
        Some(text.into_bytes())
    }
}

/// Returns base64 with padding (RFC 4648 section 4).
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// RFC 3339 with nine decimals; a time that no calendar of four-digit years holds as `@SECONDS.NANOS`.
fn rfc3339(time: Time) -> String {
    const YEAR_0: i64 = -62_167_219_200;
    const YEAR_10000: i64 = 253_402_300_800;
    let mut text = String::new();
    if (YEAR_0..YEAR_10000).contains(&time.seconds) {
        let whole = Timestamp::from_unix(time.seconds, 0).to_string();
        let _infallible = write!(text, "{}.{:09}Z", whole.trim_end_matches('Z'), time.nanoseconds);
    } else {
        let _infallible = write!(text, "@{}.{:09}", time.seconds, time.nanoseconds);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Time, rfc3339};

    #[test]
    fn times_before_1970_and_far_away() {
        let check = |seconds, nanoseconds, expect: &str| {
            assert_eq!(rfc3339(Time { seconds, nanoseconds }), expect)
        };
        check(0, 5, "1970-01-01T00:00:00.000000005Z");
        check(-1, 999_999_999, "1969-12-31T23:59:59.999999999Z");
        check(4_294_967_296, 0, "2106-02-07T06:28:16.000000000Z");
        check(i64::MAX, 0, "@9223372036854775807.000000000");
    }
}

//! Times as logs have them, most without a zone: the local time of whoever wrote.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::bounds::Timestamp;

/// The largest file of tzfile(5) that is read; the largest known one has some 4 KiB.
const MAX_ZONE_BYTES: u64 = 64 << 10;

/// A point in time as a log has it, to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Date and time as written.
    local: DateTime,
    /// Seconds east of UTC, where the log says so.
    offset: Option<i32>,
}

/// The time zone of a target.
#[derive(Debug, Clone)]
pub struct Zone(Option<TimeZone>);

impl Zone {
    /// A target without a time zone of its own: UTC (localtime(5)).
    #[must_use]
    pub fn utc() -> Self {
        Self(Some(TimeZone::UTC))
    }

    /// A target whose time zone cannot be told.
    #[must_use]
    pub fn unknown() -> Self {
        Self(None)
    }

    /// Reads `etc/localtime`, a file of tzfile(5); one that cannot be read leaves the zone unknown.
    #[must_use]
    pub fn of_localtime(content: &[u8]) -> Self {
        if content.len() as u64 > MAX_ZONE_BYTES {
            return Self::unknown();
        }
        Self(TimeZone::tzif("localtime", content).ok())
    }
}

impl Moment {
    /// Reads `YYYY-MM-DD` and `HH:MM` or `HH:MM:SS`.
    pub(super) fn parse(date: &str, time: &str) -> Option<Self> {
        let mut date = date.splitn(3, '-');
        let (year, month, day) =
            (digits(date.next()?, 4)?, digits(date.next()?, 2)?, digits(date.next()?, 2)?);
        let mut time = time.splitn(3, ':');
        let (hour, minute) = (digits(time.next()?, 2)?, digits(time.next()?, 2)?);
        let second = match time.next() {
            Some(text) => digits(text, 2)?,
            None => 0,
        };
        let small = |number: i16| i8::try_from(number).ok();
        // A leap second is told as the one before it.
        let second = small(second.min(59))?;
        let local = DateTime::new(
            year,
            small(month)?,
            small(day)?,
            small(hour)?,
            small(minute)?,
            second,
            0,
        );
        Some(Self { local: local.ok()?, offset: None })
    }

    /// Reads `YYYY-MM-DDTHH:MM:SS` with `Z`, `+HHMM`, `+HH:MM`, `+HH` or nothing after it.
    pub(super) fn parse_iso(text: &str) -> Option<Self> {
        let (date, rest) = text.split_once(['T', ' '])?;
        let end = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
        let (time, offset) = (rest.get(..end)?, rest.get(end..)?);
        let moment = Self::parse(date, time)?;
        if offset.is_empty() {
            return Some(moment);
        }
        Some(Self { offset: Some(parse_offset(offset)?), ..moment })
    }

    /// Returns the same point in time, of which the log's format says that it is UTC.
    pub(super) fn in_utc(self) -> Self {
        Self { offset: Some(0), ..self }
    }

    /// Returns seconds since 1970, UTC, where they can be told.
    fn timestamp(self, zone: &Zone) -> Option<Timestamp> {
        let zone = match self.offset {
            Some(_) => TimeZone::UTC,
            None => zone.0.clone()?,
        };
        let known = zone.to_ambiguous_timestamp(self.local).compatible().ok()?;
        let seconds = known.as_second().checked_sub(self.offset.unwrap_or(0).into())?;
        Some(Timestamp::from_unix(seconds, 0))
    }

    /// Returns the time in RFC 3339, UTC; without the `Z` where it is the target's local time and
    /// its zone cannot be told.
    #[must_use]
    pub fn told(self, zone: &Zone) -> String {
        match self.timestamp(zone) {
            Some(timestamp) => timestamp.to_string(),
            None => self.local.to_string(),
        }
    }
}

fn digits(text: &str, count: usize) -> Option<i16> {
    let plain = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

fn parse_offset(text: &str) -> Option<i32> {
    if text == "Z" {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let plain = text.get(1..)?.replace(':', "");
    let (hours, minutes) = match plain.len() {
        2 => (digits(&plain, 2)?, 0),
        4 => (digits(plain.get(..2)?, 2)?, digits(plain.get(2..)?, 2)?),
        _ => return None,
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    i32::from(hours)
        .checked_mul(3600)?
        .checked_add(i32::from(minutes).checked_mul(60)?)?
        .checked_mul(sign)
}

#[cfg(test)]
mod tests {
    use super::{Moment, Zone};

    fn told(text: &str) -> Option<String> {
        Moment::parse_iso(text).map(|moment| moment.told(&Zone::unknown()))
    }

    #[test]
    fn times_with_and_without_an_offset() {
        for (text, expect) in [
            ("2026-11-20T02:10:33+0000", "2026-11-20T02:10:33Z"),
            ("2026-11-20T02:10:33+0545", "2026-11-19T20:25:33Z"),
            ("2026-11-20T02:10:33-03:30", "2026-11-20T05:40:33Z"),
            ("2026-11-20T02:10:33+01", "2026-11-20T01:10:33Z"),
            ("2026-11-20T02:10:33Z", "2026-11-20T02:10:33Z"),
            ("2013-05-01 12:00", "2013-05-01T12:00:00"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ] {
            assert_eq!(told(text).as_deref(), Some(expect), "{text}");
        }
        for text in [
            "",
            "T",
            "2026-11-20",
            "2026-13-20T00:00:00",
            "2026-02-30T00:00:00",
            "26-11-20T00:00:00",
            "2026-11-20T24:00:00",
            "2026-11-20T00:00:00+2400",
            "2026-11-20T00:00:00+1",
            "+026-11-20T00:00:00",
            "2026-11-20T00:00:00+1\u{e9}0",
            "99999-11-20T00:00:00",
        ] {
            assert_eq!(told(text), None, "{text}");
        }
    }

    #[test]
    fn the_zone_of_the_target_counts() {
        let moment = Moment::parse("2026-07-01", "12:00:00").expect("a time");
        assert_eq!(moment.told(&Zone::utc()), "2026-07-01T12:00:00Z");
        // Footer alone, as tzfile(5) has it since version 2: the rules of Berlin for ever.
        let head = |version: &[u8]| {
            [b"TZif", version, &[0; 15], &[0; 4 * 4], &[0, 0, 0, 1, 0, 0, 0, 4]].concat()
        };
        let kind = b"\0\0\x0e\x10\0\0CET\0";
        let footer = b"\nCET-1CEST,M3.5.0,M10.5.0/3\n";
        let file = [&head(b"2")[..], kind, &head(b"2"), kind, footer].concat();
        let berlin = Zone::of_localtime(&file);
        assert_eq!(moment.told(&berlin), "2026-07-01T10:00:00Z");
        let winter = Moment::parse("2026-01-01", "12:00:00").expect("a time");
        assert_eq!(winter.told(&berlin), "2026-01-01T11:00:00Z");
        // The hour that summer skips, and the one that comes twice.
        let at = |date, time| Moment::parse(date, time).expect("a time").told(&berlin);
        assert_eq!(at("2026-03-29", "02:30"), "2026-03-29T01:30:00Z");
        assert_eq!(at("2026-10-25", "02:30"), "2026-10-25T00:30:00Z");
        for garbage in [&b""[..], b"TZif", b"TZif2\0\0\0", &[0xff; 4096]] {
            assert_eq!(moment.told(&Zone::of_localtime(garbage)), "2026-07-01T12:00:00");
        }
    }
}

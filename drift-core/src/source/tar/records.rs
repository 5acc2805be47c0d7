//! PAX extended header records (POSIX.1-2001, pax(1)): `LENGTH KEY=VALUE\n`.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::model::Time;

/// Records in the order in which they stand.
#[derive(Debug, Clone, Default)]
pub(in crate::source) struct Records(Vec<(Vec<u8>, Vec<u8>)>);

/// Keys on which the place of everything that follows, or the identity of the entry, depends.
pub(super) const STRUCTURAL: &[&[u8]] = &[b"size", b"path", b"linkpath"];

/// What the GNU sparse format 0.0 repeats on purpose.
const REPEATABLE: &[&[u8]] = &[b"GNU.sparse.offset", b"GNU.sparse.numbytes"];

impl Records {
    /// Reads the whole of an extended header.
    pub(super) fn parse(mut bytes: &[u8]) -> Result<Self, &'static str> {
        let mut records = Vec::new();
        while !bytes.is_empty() {
            let blank = bytes.iter().position(|&byte| byte == b' ').filter(|at| *at <= 10);
            let (digits, _) =
                blank.and_then(|at| bytes.split_at_checked(at)).ok_or("a record has no length")?;
            let length = decimal(digits).ok_or("the length of a record is no number")?;
            let length = usize::try_from(length).map_err(|_| "a record is too long")?;
            let (record, rest) =
                bytes.split_at_checked(length).ok_or("a record is longer than its header")?;
            let body = record
                .get(digits.len().saturating_add(1)..)
                .and_then(|body| body.strip_suffix(b"\n"))
                .ok_or("a record does not end where its length says")?;
            let equals = body.iter().position(|&byte| byte == b'=').filter(|at| *at > 0);
            let at = equals.ok_or("a record has no key")?;
            let (key, value) = body.split_at_checked(at).ok_or("a record has no key")?;
            records.push((key.to_vec(), value.get(1..).unwrap_or_default().to_vec()));
            bytes = rest;
        }
        Ok(Self(records))
    }

    /// Returns these records with `own` after them, so that those win.
    pub(super) fn followed_by(&self, own: Self) -> Self {
        if self.0.is_empty() {
            return own;
        }
        Self(self.0.iter().cloned().chain(own.0).collect())
    }

    /// Returns the keys that stand more than once with different values.
    pub(super) fn contradictions(&self) -> Vec<&[u8]> {
        let mut sorted: Vec<&(Vec<u8>, Vec<u8>)> =
            self.0.iter().filter(|(key, _)| !REPEATABLE.contains(&&**key)).collect();
        sorted.sort();
        sorted.dedup();
        let mut keys: Vec<&[u8]> = sorted
            .iter()
            .zip(sorted.iter().skip(1))
            .filter(|(one, next)| one.0 == next.0)
            .map(|(one, _)| &*one.0)
            .collect();
        keys.dedup();
        keys
    }

    /// Returns the value that counts, which is the last; an empty one takes the record back.
    pub(super) fn get(&self, key: &[u8]) -> Option<&[u8]> {
        let found = self.0.iter().rev().find(|(candidate, _)| candidate == key);
        found.map(|(_, value)| &**value).filter(|value| !value.is_empty())
    }

    /// Returns whether one of these keys has an empty value: to POSIX the header counts then, to
    /// GNU tar that is an error, and to Python it is 0 or nothing.
    pub(super) fn takes_back(&self, keys: &[&[u8]]) -> bool {
        self.iter().any(|(key, value)| value.is_empty() && keys.contains(&key))
    }

    /// Returns every pair in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }
}

/// Reads decimal digits alone.
pub(super) fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |value, digit| match digit {
        b'0'..=b'9' => value.checked_mul(10)?.checked_add(u64::from(digit.saturating_sub(b'0'))),
        _ => None,
    })
}

/// Reads a time: seconds with an optional fraction, before 1970 with a minus. Digits beyond the
/// ninth are cut towards the past, as file systems do.
pub(super) fn time(value: &[u8]) -> Option<Time> {
    let (negative, value) = match value.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, value),
    };
    let mut parts = value.splitn(2, |&byte| byte == b'.');
    let seconds = i64::try_from(decimal(parts.next()?)?).ok()?;
    let fraction = parts.next().unwrap_or(b"0");
    if fraction.is_empty() || fraction.iter().any(|byte| !byte.is_ascii_digit()) {
        return None;
    }
    let padded: Vec<u8> = fraction.iter().copied().chain(std::iter::repeat(b'0')).take(9).collect();
    let nanoseconds = u32::try_from(decimal(&padded)?).ok()?;
    match (negative, nanoseconds) {
        (false, _) => Some(Time { seconds, nanoseconds }),
        (true, 0) => Some(Time { seconds: seconds.checked_neg()?, nanoseconds: 0 }),
        (true, _) => Some(Time {
            seconds: seconds.checked_neg()?.checked_sub(1)?,
            nanoseconds: 1_000_000_000u32.checked_sub(nanoseconds)?,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Records, time};
    use crate::model::Time;

    #[test]
    fn records_are_read_or_refused() {
        let records = Records::parse(b"11 path=ab\n24 SCHILY.xattr.a=x\ny=\0\n").expect("parses");
        assert_eq!(records.get(b"path"), Some(&b"ab"[..]));
        assert_eq!(records.get(b"SCHILY.xattr.a"), Some(&b"x\ny=\0"[..]));
        let bad: &[&[u8]] = &[
            b"12 path=ab\n",
            b"10 path=ab\n",
            b"path=ab\n",
            b"0 \n",
            b"3 \n",
            b"5 ab\n",
            b"6 =ab\n",
            b"99999999999 a=b\n",
            b"+8 a=bc\n",
            b"11 path=ab\n\0\0",
        ];
        for bytes in bad {
            assert!(Records::parse(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn later_records_win_and_are_noted() {
        let records = Records::parse(b"6 a=b\n6 a=c\n6 d=e\n6 d=e\n").expect("parses");
        assert_eq!(records.get(b"a"), Some(&b"c"[..]));
        assert_eq!(records.contradictions(), [b"a"]);
    }

    #[test]
    fn times_before_and_after_1970() {
        type Case<'c> = (&'c [u8], Option<(i64, u32)>);
        let cases: &[Case<'_>] = &[
            (b"1700000000.123456789", Some((1_700_000_000, 123_456_789))),
            (b"1700000000.5", Some((1_700_000_000, 500_000_000))),
            (b"12", Some((12, 0))),
            (b"-1.5", Some((-2, 500_000_000))),
            (b"-3", Some((-3, 0))),
            (b"1.", None),
            (b"", None),
            (b"1e3", None),
        ];
        for (value, expected) in cases {
            let expected = expected.map(|(seconds, nanoseconds)| Time { seconds, nanoseconds });
            assert_eq!(time(value), expected, "{value:?}");
        }
    }
}

//! The order of rpm's versions: rpm-version(7), `rpmio/rpmvercmp.c` and `rpmver.c`.
//!
//! Versions are compared in segments of digits or letters; what separates them means nothing, but
//! for `~` (before everything, the end too) and `^` (after the end, before everything else).

use std::cmp::Ordering;

/// Compares two versions `[epoch:]version[-release]` as rpm orders them; any bytes have an order.
///
/// ```
/// use drift_core::packages::rpm_version_cmp;
/// assert!(rpm_version_cmp(b"1.0~rc1-1", b"1.0-1").is_lt());
/// assert!(rpm_version_cmp(b"1.0^git1-1", b"1.0-9").is_gt());
/// assert!(rpm_version_cmp(b"1:0.9-1", b"2.0-1").is_gt());
/// ```
#[must_use]
pub fn rpm_version_cmp(a: &[u8], b: &[u8]) -> Ordering {
    let (a_epoch, a_version, a_release) = parts(a);
    let (b_epoch, b_version, b_release) = parts(b);
    part_cmp(a_epoch, b_epoch).then_with(|| part_cmp(a_version, b_version)).then_with(|| {
        match (a_release, b_release) {
            (Some(a), Some(b)) => part_cmp(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    })
}

/// Splits into epoch, version and release; no epoch is 0, no release is before every release.
fn parts(label: &[u8]) -> (&[u8], &[u8], Option<&[u8]>) {
    let (digits, rest) = split_where(label, |byte| !byte.is_ascii_digit());
    let (epoch, rest) = match rest.strip_prefix(b":") {
        Some(rest) if !digits.is_empty() => (digits, rest),
        Some(rest) => (&b"0"[..], rest),
        None => (&b"0"[..], label),
    };
    match rest.iter().rposition(|&byte| byte == b'-').and_then(|at| rest.split_at_checked(at)) {
        Some((version, release)) => (epoch, version, release.get(1..)),
        None => (epoch, rest, None),
    }
}

/// Compares one part, segment by segment.
pub(super) fn part_cmp<'v>(mut a: &'v [u8], mut b: &'v [u8]) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    loop {
        (_, a) = split_where(a, means_something);
        (_, b) = split_where(b, means_something);
        match (a.first(), b.first()) {
            (Some(b'~'), Some(b'~')) | (Some(b'^'), Some(b'^')) => {
                (a, b) = (a.get(1..).unwrap_or_default(), b.get(1..).unwrap_or_default());
                continue;
            }
            (Some(b'~'), _) => return Ordering::Less,
            (_, Some(b'~')) => return Ordering::Greater,
            (Some(b'^'), None) => return Ordering::Greater,
            (None, Some(b'^')) => return Ordering::Less,
            (Some(b'^'), _) => return Ordering::Less,
            (_, Some(b'^')) => return Ordering::Greater,
            (None, None) => return Ordering::Equal,
            // What is left over wins.
            (Some(_), None) => return Ordering::Greater,
            (None, Some(_)) => return Ordering::Less,
            (Some(first), Some(_)) => {
                let (order, a_rest, b_rest) = segment_cmp(a, b, first.is_ascii_digit());
                if order.is_ne() {
                    return order;
                }
                (a, b) = (a_rest, b_rest);
            }
        }
    }
}

/// Compares the first segments, of the kind that `a` begins with; a number is after a word.
fn segment_cmp<'v>(a: &'v [u8], b: &'v [u8], number: bool) -> (Ordering, &'v [u8], &'v [u8]) {
    let stop = |byte: &u8| match number {
        true => !byte.is_ascii_digit(),
        false => !byte.is_ascii_alphabetic(),
    };
    let (a_segment, a_rest) = split_where(a, stop);
    let (b_segment, b_rest) = split_where(b, stop);
    let order = match (b_segment.is_empty(), number) {
        (true, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, true) => number_cmp(a_segment, b_segment),
        (false, false) => a_segment.cmp(b_segment),
    };
    (order, a_rest, b_rest)
}

/// Compares digits of any length by value.
fn number_cmp(a: &[u8], b: &[u8]) -> Ordering {
    let (_, a) = split_where(a, |&byte| byte != b'0');
    let (_, b) = split_where(b, |&byte| byte != b'0');
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn means_something(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'~' | b'^')
}

fn split_where(bytes: &[u8], stop: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    let at = bytes.iter().position(stop).unwrap_or(bytes.len());
    bytes.split_at_checked(at).unwrap_or((bytes, &[]))
}

//! The order of Debian versions: deb-version(7), "Sorting algorithm".

use std::cmp::Ordering;

/// Compares two versions as dpkg orders them; any bytes have an order.
///
/// ```
/// use drift_core::packages::dpkg_version_cmp;
/// assert!(dpkg_version_cmp(b"1.0~rc1-1", b"1.0-1").is_lt());
/// assert!(dpkg_version_cmp(b"1:0.9", b"2.0").is_gt());
/// assert!(dpkg_version_cmp(b"1.0", b"1.0-0").is_eq());
/// ```
#[must_use]
pub fn dpkg_version_cmp(a: &[u8], b: &[u8]) -> Ordering {
    let (a_epoch, a_upstream, a_revision) = parts(a.trim_ascii());
    let (b_epoch, b_upstream, b_revision) = parts(b.trim_ascii());
    number_cmp(a_epoch, b_epoch)
        .then_with(|| part_cmp(a_upstream, b_upstream))
        .then_with(|| part_cmp(a_revision, b_revision))
}

/// Splits into epoch, upstream version and revision.
fn parts(version: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let (epoch, rest) = match version.iter().position(|&byte| byte == b':') {
        Some(colon) => cut(version, colon),
        None => (&[][..], version),
    };
    match rest.iter().rposition(|&byte| byte == b'-') {
        Some(hyphen) => {
            let (upstream, revision) = cut(rest, hyphen);
            (epoch, upstream, revision)
        }
        None => (epoch, rest, &[]),
    }
}

/// Returns what stands before and after the byte at `at`.
fn cut(bytes: &[u8], at: usize) -> (&[u8], &[u8]) {
    let (before, after) = bytes.split_at_checked(at).unwrap_or((bytes, &[]));
    (before, after.get(1..).unwrap_or_default())
}

/// Compares alternately what is no number and what is one, up to the end of both.
fn part_cmp(mut a: &[u8], mut b: &[u8]) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        let (a_word, a_rest) = split_where(a, u8::is_ascii_digit);
        let (b_word, b_rest) = split_where(b, u8::is_ascii_digit);
        let (a_number, a_next) = split_where(a_rest, |byte| !byte.is_ascii_digit());
        let (b_number, b_next) = split_where(b_rest, |byte| !byte.is_ascii_digit());
        let order = word_cmp(a_word, b_word).then_with(|| number_cmp(a_number, b_number));
        if order.is_ne() {
            return order;
        }
        (a, b) = (a_next, b_next);
    }
    Ordering::Equal
}

fn split_where(bytes: &[u8], stop: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    let at = bytes.iter().position(stop).unwrap_or(bytes.len());
    bytes.split_at_checked(at).unwrap_or((bytes, &[]))
}

/// `~` before the end, the end before letters, letters before everything else.
fn word_cmp(a: &[u8], b: &[u8]) -> Ordering {
    let weight = |byte: Option<&u8>| match byte {
        Some(b'~') => 0_u16,
        None => 1,
        Some(letter) if letter.is_ascii_alphabetic() => u16::from(*letter),
        Some(other) => u16::from(*other).saturating_add(256),
    };
    (0..=a.len().max(b.len()))
        .map(|at| weight(a.get(at)).cmp(&weight(b.get(at))))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Compares digits of any length by value; no digits are 0.
fn number_cmp(a: &[u8], b: &[u8]) -> Ordering {
    let (_, a) = split_where(a, |&byte| byte != b'0');
    let (_, b) = split_where(b, |&byte| byte != b'0');
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

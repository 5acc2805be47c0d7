//! The order of pacman's versions: vercmp(8), "epoch:version-release".
//!
//! pacman took over an old comparison of rpm's and has kept it since: no `~`, no `^`, and separators
//! of different length decide.

use std::cmp::Ordering;

/// Compares two versions as pacman orders them; any bytes have an order.
///
/// ```
/// use drift_core::packages::pacman_version_cmp;
/// assert!(pacman_version_cmp(b"1.0rc-1", b"1.0-1").is_lt());
/// assert!(pacman_version_cmp(b"1:1.0-1", b"2.0-1").is_gt());
/// assert!(pacman_version_cmp(b"1.0", b"1.0-3").is_eq());
/// ```
#[must_use]
pub fn pacman_version_cmp(a: &[u8], b: &[u8]) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    let (a_epoch, a_version, a_release) = parts(a);
    let (b_epoch, b_version, b_release) = parts(b);
    let order = part_cmp(a_epoch, b_epoch).then_with(|| part_cmp(a_version, b_version));
    match (a_release, b_release) {
        (Some(a), Some(b)) => order.then_with(|| part_cmp(a, b)),
        _ => order,
    }
}

/// Splits into epoch, version and release.
fn parts(version: &[u8]) -> (&[u8], &[u8], Option<&[u8]>) {
    let digits = version.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (epoch, from) = match version.get(digits) {
        Some(b':') => {
            let epoch = version.get(..digits).filter(|epoch| !epoch.is_empty());
            (epoch.unwrap_or(b"0"), digits.saturating_add(1))
        }
        _ => (&b"0"[..], 0),
    };
    // The last hyphen, but none among the leading digits, where there is none.
    let rest = version.get(from..).unwrap_or_default();
    match rest.iter().rposition(|&byte| byte == b'-') {
        Some(hyphen) => {
            let release = rest.get(hyphen.saturating_add(1)..).unwrap_or_default();
            (epoch, rest.get(..hyphen).unwrap_or_default(), Some(release))
        }
        None => (epoch, rest, None),
    }
}

/// Compares runs of digits and of letters one by one.
fn part_cmp(a: &[u8], b: &[u8]) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    let (mut a, mut b) = (a, b);
    while !a.is_empty() && !b.is_empty() {
        let (a_separator, a_rest) = split_while(a, |byte| !byte.is_ascii_alphanumeric());
        let (b_separator, b_rest) = split_while(b, |byte| !byte.is_ascii_alphanumeric());
        (a, b) = (a_rest, b_rest);
        if a.is_empty() || b.is_empty() {
            break;
        }
        if a_separator.len() != b_separator.len() {
            return a_separator.len().cmp(&b_separator.len());
        }
        let numeric = a.first().is_some_and(u8::is_ascii_digit);
        let run = |byte: &u8| match numeric {
            true => byte.is_ascii_digit(),
            false => byte.is_ascii_alphabetic(),
        };
        let ((a_run, a_rest), (b_run, b_rest)) = (split_while(a, run), split_while(b, run));
        let order = match (b_run.is_empty(), numeric) {
            // A number is newer than letters.
            (true, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, true) => number_cmp(a_run, b_run),
            (false, false) => a_run.cmp(b_run),
        };
        if order.is_ne() {
            return order;
        }
        (a, b) = (a_rest, b_rest);
    }
    let starts_with_letter = |rest: &[u8]| rest.first().is_some_and(u8::is_ascii_alphabetic);
    match (a.is_empty(), b.is_empty()) {
        (true, true) => Ordering::Equal,
        // Remaining letters never beat the end: 1.0rc is older than 1.0.
        (true, false) if !starts_with_letter(b) => Ordering::Less,
        _ if starts_with_letter(a) => Ordering::Less,
        _ => Ordering::Greater,
    }
}

fn split_while(bytes: &[u8], wanted: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().take_while(|byte| wanted(byte)).count();
    bytes.split_at_checked(end).unwrap_or((bytes, &[]))
}

/// Compares digits of any length by value.
fn number_cmp(a: &[u8], b: &[u8]) -> Ordering {
    let (_, a) = split_while(a, |&byte| byte == b'0');
    let (_, b) = split_while(b, |&byte| byte == b'0');
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

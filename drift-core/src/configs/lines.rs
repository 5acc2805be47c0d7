//! Lines of fields as the C library reads them (glibc `nss/nss_files` and `nss/nss_readline.c`).

use crate::bounds::Budget;
use crate::bounds::escape::{escaped, is_plain};

/// What a file says, line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<T> {
    /// In the order of the file.
    pub entries: Vec<T>,
    /// Lines that the system skips, or that programs read differently.
    pub malformed: Vec<Malformed>,
    /// Lines that bring in accounts of NIS, which are not seen here (nsswitch.conf(5), `compat`).
    pub included: Vec<u64>,
    /// Whether the file was read to its end: not when it has too many lines.
    pub whole: bool,
}

/// A line that has not its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// From 1.
    pub line: u64,
    /// What is wrong with it; nothing of its text.
    pub reason: &'static str,
}

/// What a line turned out to be.
pub(super) enum Line<T> {
    /// It says this.
    Is(T),
    /// It says this, and a careful reader stumbles.
    Odd(T, &'static str),
    /// The system skips it.
    Skipped(&'static str),
}

/// Reads every line that is neither empty nor a comment.
pub(super) fn parse<T>(
    bytes: &[u8],
    budget: &mut Budget,
    read: impl Fn(u64, &[u8]) -> Line<T>,
) -> Parsed<T> {
    let mut parsed =
        Parsed { entries: Vec::new(), malformed: Vec::new(), included: Vec::new(), whole: true };
    for (number, line) in (1_u64..).zip(bytes.split(|&byte| byte == b'\n')) {
        if budget.item().is_err() {
            parsed.whole = false;
            break;
        }
        // A text of C ends at the first NUL.
        let text = line.split(|&byte| byte == 0).next().unwrap_or_default();
        let text = without_leading_space(text);
        let mut malformed = |reason| parsed.malformed.push(Malformed { line: number, reason });
        if text.len() < without_leading_space(line).len() && line.contains(&0) {
            malformed("it holds a NUL byte, where the system ends it");
        }
        match text.first() {
            None | Some(b'#') => continue,
            Some(b'+') => {
                parsed.included.push(number);
                malformed("it begins with +, which brings in accounts of NIS");
                continue;
            }
            Some(b'-') => {
                malformed("it begins with -, which leaves out accounts of NIS");
                continue;
            }
            Some(_) => {}
        }
        match read(number, text) {
            Line::Is(entry) => parsed.entries.push(entry),
            Line::Odd(entry, reason) => {
                malformed(reason);
                parsed.entries.push(entry);
            }
            Line::Skipped(reason) => malformed(reason),
        }
    }
    parsed
}

/// The fields of a line from the left.
pub(super) struct Fields<'l> {
    rest: &'l [u8],
}

/// A number that no field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoNumber {
    /// The line ends before it.
    Missing,
    /// The field is empty.
    Empty,
    /// Something else stands there.
    Other,
}

impl<'l> Fields<'l> {
    pub(super) fn new(line: &'l [u8]) -> Self {
        Self { rest: line }
    }

    /// Returns everything that is left.
    pub(super) fn rest(&self) -> &'l [u8] {
        self.rest
    }

    /// Takes a text up to the next colon or the end.
    pub(super) fn text(&mut self) -> &'l [u8] {
        let end = self.rest.iter().position(|&byte| byte == b':').unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, &[]));
        self.rest = rest.get(1..).unwrap_or_default();
        text
    }

    /// Takes a number of 32 bits as strtoul(3) reads one, and whether it is in its shortest form.
    pub(super) fn number(&mut self) -> Result<(u32, bool), NoNumber> {
        if self.rest.is_empty() {
            return Err(NoNumber::Missing);
        }
        let field = self.text();
        match strtoul(field) {
            Some(read) => Ok(read),
            None if field.is_empty() => Err(NoNumber::Empty),
            None => Err(NoNumber::Other),
        }
    }
}

/// Reads a whole field as strtoul(3) does: white space, a sign, digits; what does not fit 32 bits is
/// none. Programs disagree about all but the shortest form.
fn strtoul(field: &[u8]) -> Option<(u32, bool)> {
    let trimmed = without_leading_space(field);
    let (negative, digits) = match trimmed.split_first() {
        Some((b'-', digits)) => (true, digits),
        Some((b'+', digits)) => (false, digits),
        _ => (false, trimmed),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |value: Option<u64>, digit: &u8| {
        value?.checked_mul(10)?.checked_add(u64::from(digit.saturating_sub(b'0')))
    };
    let value = digits.iter().fold(Some(0_u64), digit)?;
    // It negates in 64 bits, so that -18446744073709551615 is 1.
    let value = if negative { value.wrapping_neg() } else { value };
    let shortest = digits == field && (digits.len() == 1 || digits.first() != Some(&b'0'));
    Some((u32::try_from(value).ok()?, shortest))
}

fn without_leading_space(text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = text.iter().position(|byte| !is_space(byte)).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

/// A text of a field without leading white space.
pub(super) fn trimmed(text: &[u8]) -> &[u8] {
    without_leading_space(text)
}

/// A name or path as text: as it is, or escaped where it is not plain, so that two never become one.
pub(super) fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if is_plain(bytes) => text.to_owned(),
        _ => escaped(bytes).to_string(),
    }
}

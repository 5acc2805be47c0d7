//! The order of versions of Maven (`ComparableVersion`, maven.apache.org/pom.html, "Version Order
//! Specification"): numbers and known words in lists that dashes and changes of kind nest.

use std::cmp::Ordering;

/// One part of a version with what separates it from the part before.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part<'t> {
    /// A dash, or a change between letters and digits, rather than a dot.
    dash: bool,
    value: Value<'t>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value<'t> {
    /// The number of digits, then the digits.
    Number(usize, &'t str),
    Word(&'t str),
}

/// Words in their order; the empty one is the release itself.
const WORDS: [&str; 7] = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];

/// Compares two versions.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim().to_ascii_lowercase(), b.trim().to_ascii_lowercase());
    let (a, b) = (parts(&a), parts(&b));
    for at in 0..a.len().max(b.len()) {
        let order = match (a.get(at), b.get(at)) {
            (Some(a), Some(b)) => key(a).cmp(&key(b)),
            (Some(a), None) => key(a).cmp(&key(&nothing(a))),
            (None, Some(b)) => key(&nothing(b)).cmp(&key(b)),
            (None, None) => Ordering::Equal,
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// What a missing part counts as beside another.
fn nothing<'t>(beside: &Part<'t>) -> Part<'t> {
    let value = match beside.value {
        Value::Number(..) => Value::Number(0, ""),
        Value::Word(_) => Value::Word(""),
    };
    Part { dash: beside.dash, value }
}

/// `.word` = `-word` < `-number` < `.number`; words by their rank, unknown ones after, by spelling.
fn key<'p>(part: &'p Part<'_>) -> (u8, usize, &'p str) {
    match (&part.value, part.dash) {
        (Value::Word(word), _) => match WORDS.iter().position(|known| known == word) {
            Some(rank) => (0, rank, ""),
            None => (0, WORDS.len(), word),
        },
        (Value::Number(length, digits), true) => (1, *length, digits),
        (Value::Number(length, digits), false) => (2, *length, digits),
    }
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    let (mut rest, mut dash) = (text, false);
    loop {
        let digits = rest.starts_with(|letter: char| letter.is_ascii_digit());
        let ends = |letter: char| matches!(letter, '.' | '-' | '_') || letter.is_ascii_digit() != digits;
        let end = rest.find(ends).unwrap_or(rest.len());
        let (run, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let number_follows = after.starts_with(|letter: char| letter.is_ascii_digit());
        parts.push(Part { dash, value: value(run, digits, number_follows) });
        let separated = after.strip_prefix('.').map(|rest| (rest, false));
        let dashed = || after.strip_prefix(['-', '_']).map(|rest| (rest, true));
        match separated.or_else(dashed) {
            Some(next) => (rest, dash) = next,
            None if after.is_empty() => break,
            None => (rest, dash) = (after, true),
        }
    }
    trimmed(parts)
}

fn value(run: &str, digits: bool, number_follows: bool) -> Value<'_> {
    let short = run.trim_start_matches('0');
    match run {
        _ if digits => Value::Number(short.len(), short),
        // An empty part is a zero, as between two dots.
        "" => Value::Number(0, ""),
        "a" if number_follows => Value::Word("alpha"),
        "b" if number_follows => Value::Word("beta"),
        "m" if number_follows => Value::Word("milestone"),
        "ga" | "final" | "release" => Value::Word(""),
        "cr" => Value::Word("rc"),
        word => Value::Word(word),
    }
}

/// Drops what counts for nothing at the end, and before each dash.
fn trimmed(parts: Vec<Part<'_>>) -> Vec<Part<'_>> {
    let null = |part: &Part<'_>| matches!(part.value, Value::Number(0, _) | Value::Word(""));
    let mut kept: Vec<Part<'_>> = Vec::new();
    for part in parts {
        if part.dash {
            while kept.last().is_some_and(null) {
                kept.pop();
            }
        }
        kept.push(part);
    }
    while kept.last().is_some_and(null) {
        kept.pop();
    }
    kept
}

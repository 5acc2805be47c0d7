//! The order of versions of Python packages (PEP 440, "Version specifiers" of packaging.python.org).
//!
//! What is no version by those rules comes before all that are, by its bytes, as older installers
//! ordered it.

use std::cmp::Ordering;

/// A number without leading zeros as text, so that none is too large.
type Number<'t> = &'t str;

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'t> {
    epoch: (usize, Number<'t>),
    release: Vec<(usize, Number<'t>)>,
    /// A development release alone comes before all pre-releases, a final one after them.
    pre: (u8, (usize, Number<'t>)),
    post: Option<(usize, Number<'t>)>,
    /// A development release comes before what it develops.
    dev: (u8, (usize, Number<'t>)),
    local: Option<Vec<Local<'t>>>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Local<'t> {
    Text(&'t str),
    Number((usize, Number<'t>)),
}

/// Compares two versions.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (lower_a, lower_b) = (a.trim().to_ascii_lowercase(), b.trim().to_ascii_lowercase());
    match (parse(&lower_a), parse(&lower_b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Greater,
        (None, Some(_)) => Ordering::Less,
        (None, None) => a.cmp(b),
    }
}

fn parse(text: &str) -> Option<Key<'_>> {
    let rest = text.strip_prefix('v').unwrap_or(text);
    let (public, local) = match rest.split_once('+') {
        Some((public, local)) => (public, Some(parse_local(local)?)),
        None => (rest, None),
    };
    let (epoch, mut rest) = match public.split_once('!') {
        Some((epoch, rest)) => (whole(epoch)?, rest),
        None => (ZERO, public),
    };
    let mut release = Vec::new();
    loop {
        let (number, after) = number(rest)?;
        release.push(number);
        rest = after;
        match rest.strip_prefix('.').filter(|after| after.starts_with(|c: char| c.is_ascii_digit()))
        {
            Some(after) => rest = after,
            None => break,
        }
    }
    while release.last() == Some(&ZERO) {
        release.pop();
    }
    let pre = suffix(&mut rest, &PRE);
    let post = match rest.strip_prefix('-').and_then(number) {
        Some((number, after)) => {
            rest = after;
            Some(number)
        }
        None => suffix(&mut rest, &POST).map(|(_, number)| number),
    };
    let dev = suffix(&mut rest, &DEV).map(|(_, number)| number);
    if !rest.is_empty() {
        return None;
    }
    let pre = match (pre, post, dev) {
        (Some((rank, number)), ..) => (rank, number),
        (None, None, Some(_)) => (0, ZERO),
        (None, ..) => (9, ZERO),
    };
    let dev = dev.map_or((1, ZERO), |number| (0, number));
    Some(Key { epoch, release, pre, post, dev, local })
}

const ZERO: (usize, Number<'static>) = (0, "");
/// Spellings with their rank, longer ones first.
const PRE: [(&str, u8); 8] = [
    ("alpha", 1),
    ("beta", 2),
    ("preview", 3),
    ("pre", 3),
    ("rc", 3),
    ("a", 1),
    ("b", 2),
    ("c", 3),
];
const POST: [(&str, u8); 3] = [("post", 0), ("rev", 0), ("r", 0)];
const DEV: [(&str, u8); 1] = [("dev", 0)];

/// Takes one of the words, with the separators that PEP 440 allows, and its number, 0 without one.
fn suffix<'t>(rest: &mut &'t str, words: &[(&str, u8)]) -> Option<(u8, (usize, Number<'t>))> {
    let bare = rest.strip_prefix(['.', '-', '_']).unwrap_or(rest);
    let (after, rank) =
        words.iter().find_map(|(word, rank)| Some((bare.strip_prefix(word)?, *rank)))?;
    let spaced = after.strip_prefix(['.', '-', '_']).unwrap_or(after);
    let (number, after) = number(spaced).unwrap_or((ZERO, after));
    *rest = after;
    Some((rank, number))
}

/// Takes a number; its length comes first, so that numbers compare as texts.
fn number(text: &str) -> Option<((usize, Number<'_>), &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())?;
    let digits = digits.trim_start_matches('0');
    Some(((digits.len(), digits), rest))
}

fn whole(text: &str) -> Option<(usize, Number<'_>)> {
    number(text).filter(|(_, rest)| rest.is_empty()).map(|(number, _)| number)
}

fn parse_local(text: &str) -> Option<Vec<Local<'_>>> {
    let part = |part| {
        let plain = |c: char| c.is_ascii_alphanumeric();
        match whole(part) {
            Some(number) => Some(Local::Number(number)),
            None if !part.is_empty() && part.chars().all(plain) => Some(Local::Text(part)),
            None => None,
        }
    };
    text.split(['.', '-', '_']).map(part).collect()
}

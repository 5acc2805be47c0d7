//! The order of semantic versions (semver.org 2.0.0, section 11), for packages of npm, Cargo and Go.
//!
//! A leading `v` or `=` does not count, nor does what follows a `+`. What is no such version comes
//! before all that are, by its bytes.

use std::cmp::Ordering;

/// Digits without leading zeros, their number first, so that they compare as texts.
type Number<'t> = (usize, &'t str);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier<'t> {
    Number(Number<'t>),
    Text(&'t str),
}

#[derive(Debug, PartialEq, Eq)]
struct Version<'t> {
    core: [Number<'t>; 3],
    pre: Vec<Identifier<'t>>,
}

/// Compares two versions.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    match (parse(a), parse(b)) {
        // A pre-release comes before its release, which has no identifiers.
        (Some(a), Some(b)) => a
            .core
            .cmp(&b.core)
            .then_with(|| a.pre.is_empty().cmp(&b.pre.is_empty()).then_with(|| a.pre.cmp(&b.pre))),
        (Some(_), None) => Ordering::Greater,
        (None, Some(_)) => Ordering::Less,
        (None, None) => a.cmp(b),
    }
}

fn parse(text: &str) -> Option<Version<'_>> {
    let text = text.trim_start_matches(['v', '=', ' ']);
    let text = text.split_once('+').map_or(text, |(version, _)| version);
    let (core, pre) = match text.split_once('-') {
        Some((core, pre)) => (core, pre.split('.').map(identifier).collect()),
        None => (text, Vec::new()),
    };
    let mut numbers = core.split('.').map(number);
    let core = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some(Version { core, pre })
}

fn number(text: &str) -> Option<Number<'_>> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let short = text.trim_start_matches('0');
    digits.then_some((short.len(), short))
}

fn identifier(text: &str) -> Identifier<'_> {
    number(text).map_or(Identifier::Text(text), Identifier::Number)
}

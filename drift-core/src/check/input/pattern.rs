//! Patterns of paths as policies declare them: `*`, `?` and `[ab]` stay within one name, `**` stands
//! for any number of names. A leading dot is a letter like any other; links are not followed.

use std::str;

/// Names of one pattern at the most; a set of places in it fits one word.
const MAX_PARTS: usize = 62;

/// One part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Exactly this name.
    Name(Vec<u8>),
    /// Names of this form.
    Glob(Vec<u8>),
    /// Any number of names.
    Any,
}

/// A pattern, compiled; its places are bits: bit `n` says that `n` parts have matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    parts: Vec<Part>,
}

/// Returns whether the declared text is a pattern and not a path.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Splits a pattern into the directory that it speaks about and the rest.
pub(super) fn split(text: &str) -> (&str, &str) {
    let first = text.find(['*', '?', '[']).unwrap_or(text.len());
    let cut = text.get(..first).and_then(|head| head.rfind('/')).unwrap_or(0);
    text.split_at_checked(cut).unwrap_or(("", text))
}

impl Pattern {
    /// Compiles `rest` of [`split`] below the directory `base`; `None` when it has too many parts.
    pub(super) fn new(base: &[u8], rest: &str) -> Option<Self> {
        let names = base.split(|&byte| byte == b'/').filter(|name| !name.is_empty());
        let mut parts: Vec<Part> = names.map(|name| Part::Name(name.to_vec())).collect();
        for name in rest.split('/').filter(|name| !name.is_empty()) {
            match name {
                "**" => parts.push(Part::Any),
                _ if is_pattern(name) => parts.push(Part::Glob(name.as_bytes().to_vec())),
                _ => parts.push(Part::Name(name.as_bytes().to_vec())),
            }
        }
        // What ends in ** speaks of everything below, not of the directory itself.
        if parts.last() == Some(&Part::Any) {
            parts.push(Part::Glob(b"*".to_vec()));
        }
        (parts.len() <= MAX_PARTS).then_some(Self { parts })
    }

    /// Returns the places at the root.
    pub(super) fn start(&self) -> u64 {
        self.spread(1)
    }

    /// Returns the places at an entry of this name, given those at its directory.
    pub(super) fn step(&self, places: u64, name: &[u8]) -> u64 {
        let mut next = 0_u64;
        for (at, part) in self.parts.iter().enumerate() {
            if places >> at & 1 == 0 {
                continue;
            }
            match part {
                Part::Any => next |= 1 << at,
                Part::Name(wanted) if wanted == name => next |= 2 << at,
                Part::Glob(glob) if matches(glob, name) => next |= 2 << at,
                Part::Name(_) | Part::Glob(_) => {}
            }
        }
        self.spread(next)
    }

    /// Returns whether these places are those of a match.
    pub(super) fn is_match(&self, places: u64) -> bool {
        places >> self.parts.len() & 1 == 1
    }

    /// Returns whether something below may match.
    pub(super) fn goes_on(&self, places: u64) -> bool {
        places & !(1 << self.parts.len()) != 0
    }

    /// `**` may stand for no name.
    fn spread(&self, mut places: u64) -> u64 {
        for (at, part) in self.parts.iter().enumerate() {
            if *part == Part::Any && places >> at & 1 == 1 {
                places |= 2 << at;
            }
        }
        places
    }
}

/// Matches one name; `*` goes back at most once over the name for each of its letters.
fn matches(glob: &[u8], name: &[u8]) -> bool {
    let (mut at, mut read) = (0_usize, 0_usize);
    let mut retry: Option<(usize, usize)> = None;
    while let Some(&byte) = name.get(read) {
        let rest = glob.get(at..).unwrap_or_default();
        let taken = match rest.first() {
            Some(b'*') => {
                retry = Some((at.saturating_add(1), read));
                at = at.saturating_add(1);
                continue;
            }
            Some(b'?') => Some(1),
            Some(b'[') => class(rest, byte),
            Some(&letter) => (letter == byte).then_some(1),
            None => None,
        };
        match (taken, retry) {
            (Some(length), _) => {
                at = at.saturating_add(length);
                read = read.saturating_add(1);
            }
            (None, Some((after, from))) => {
                let from = from.saturating_add(1);
                retry = Some((after, from));
                (at, read) = (after, from);
            }
            (None, None) => return false,
        }
    }
    glob.get(at..).unwrap_or_default().iter().all(|&letter| letter == b'*')
}

/// Matches `[ab]`, `[a-z]`, `[!a]`; returns its length where it matches. One that is not closed is a
/// bracket like any other letter.
fn class(rest: &[u8], byte: u8) -> Option<usize> {
    let inside = rest.get(1..).unwrap_or_default();
    let negated = matches!(inside.first(), Some(b'!' | b'^'));
    let members = inside.get(usize::from(negated)..).unwrap_or_default();
    // A bracket in the first place is a member.
    let close = members.iter().skip(1).position(|&letter| letter == b']');
    let Some(close) = close.map(|at| at.saturating_add(1)) else {
        return (byte == b'[').then_some(1);
    };
    let mut members = members.get(..close).unwrap_or_default();
    let mut found = false;
    while let Some((&first, after)) = members.split_first() {
        members = after;
        match after {
            [b'-', last, tail @ ..] => {
                found |= (first..=*last).contains(&byte);
                members = tail;
            }
            _ => found |= first == byte,
        }
    }
    let length = close.saturating_add(2).saturating_add(usize::from(negated));
    (found != negated).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::{Pattern, is_pattern, matches, split};

    fn says(pattern: &str, path: &str) -> bool {
        let (base, rest) = split(pattern);
        let pattern = Pattern::new(base.as_bytes(), rest).unwrap();
        let names = path.split('/').filter(|name| !name.is_empty());
        let places =
            names.fold(pattern.start(), |places, name| pattern.step(places, name.as_bytes()));
        pattern.is_match(places)
    }

    #[test]
    fn stars_stay_within_a_name_and_two_do_not() {
        for (pattern, path, expect) in [
            ("/etc/*.conf", "/etc/a.conf", true),
            ("/etc/*.conf", "/etc/.conf", true),
            ("/etc/*.conf", "/etc/a/b.conf", false),
            ("/etc/**/*.conf", "/etc/a/b.conf", true),
            ("/etc/**/*.conf", "/etc/b.conf", true),
            ("/etc/**", "/etc", false),
            ("/etc/**", "/etc/a/b", true),
            ("/home/*/.ssh/authorized_keys", "/home/ann/.ssh/authorized_keys", true),
            ("/home/*/.ssh/authorized_keys", "/home/.ssh/authorized_keys", false),
            ("/a/?[b-d]x[!y]", "/a/1cxz", true),
            ("/a/?[b-d]x[!y]", "/a/1cxy", false),
            ("/a/[", "/a/[", true),
            ("/a/[]]", "/a/]", true),
            ("/**/x", "/x", true),
            ("/**/x", "/a/b/x", true),
            ("/**/x/**/y", "/a/x/y", true),
        ] {
            assert_eq!(says(pattern, path), expect, "{pattern} {path}");
        }
        assert!(is_pattern("/etc/*") && !is_pattern("/etc/passwd"));
    }

    /// The slow reference tries every way.
    fn slow(glob: &[u8], name: &[u8]) -> bool {
        match (glob.split_first(), name.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => (0..=name.len()).any(|at| slow(rest, &name[at..])),
            (Some((b'?', rest)), Some((_, tail))) => slow(rest, tail),
            (Some((letter, rest)), Some((byte, tail))) => letter == byte && slow(rest, tail),
            _ => false,
        }
    }

    #[test]
    fn matching_without_recursion_agrees_with_the_slow_way() {
        let mut matched = 0;
        let word = |mut number: usize, letters: &[u8], length: usize| {
            let mut word = Vec::new();
            for _ in 0..length {
                word.push(letters[number % letters.len()]);
                number /= letters.len();
            }
            word
        };
        for number in 0..4096 {
            let glob = word(number, b"ab*?", 6);
            for number in 0..32 {
                let name = word(number, b"ab", 5);
                assert_eq!(matches(&glob, &name), slow(&glob, &name));
                matched += u32::from(slow(&glob, &name));
            }
        }
        assert!(matched > 1000, "{matched}");
    }

    #[test]
    fn a_long_name_costs_no_more_than_its_square() {
        assert!(!matches(b"*a*a*a*a*a*a*a*a*b", &[b'a'; 255]));
    }
}

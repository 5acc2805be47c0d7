//! Patterns of an operator over whole names and paths: `*`, `**` and escapes, byte by byte.
//!
//! Of paths it is a part of what rules may say (gitignore(5)): the pattern begins with `/`, `*` stands
//! for any part of one name, `**` between slashes for any number of directories, and at the end for
//! all that lies below. A pattern of a directory says nothing of what lies below it. Names are matched
//! in time of at most pattern times name, whatever an attacker calls a file.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;

/// The longest pattern, the kernel's `PATH_MAX`.
const MAX_BYTES: usize = 4096;

/// A pattern that matches a whole name or a whole path, or does not.
///
/// ```
/// use drift_core::bounds::Wildcard;
/// let below = Wildcard::path("/opt/**/*.conf")?;
/// assert!(below.matches(b"/opt/a.conf") && below.matches(b"/opt/x/y/a.conf"));
/// assert!(!below.matches(b"/opt/x/a.conf/b"));
/// assert!(Wildcard::path(r"/srv/\xff")?.matches(b"/srv/\xff"));
/// # Ok::<(), drift_core::bounds::WildcardError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wildcard {
    text: String,
    tokens: Vec<Token>,
}

/// A text that is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WildcardError {
    /// Nothing would match.
    #[error("it is empty")]
    Empty,
    /// Longer than any path.
    #[error("it is longer than {MAX_BYTES} bytes")]
    Long,
    /// A path that begins somewhere.
    #[error("a path begins with /, such as /opt/**")]
    Relative,
    /// No path ends so.
    #[error("a path does not end with /; write /** for all that lies below")]
    Slash,
    /// Two asterisks that are no whole name.
    #[error("** stands alone between slashes; * is any part of one name")]
    Stars,
    /// A backslash before something that needs none.
    #[error(r"after a backslash stands one of \ * n r t xHH u{{H}}, as reports write it")]
    Escape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Byte(u8),
    /// Any bytes, none too, without this one.
    Run(Option<u8>),
    /// Any number of directories, none too; [`Token::Inside`] follows.
    Directories,
    /// Within the names of such directories.
    Inside,
    /// At least one byte, to the end.
    Below,
}

impl Wildcard {
    /// Reads a pattern of names, in which `*` stands for anything.
    pub fn name(text: &str) -> Result<Self, WildcardError> {
        Self::read(text, None)
    }

    /// Reads a pattern of `PACK/NAME`: `*` does not reach over the slash, but alone it is everything.
    pub fn member(text: &str) -> Result<Self, WildcardError> {
        Self::read(text, if text == "*" { None } else { Some(b'/') })
    }

    /// Reads a pattern of whole paths.
    pub fn path(text: &str) -> Result<Self, WildcardError> {
        if !text.starts_with('/') {
            return Err(if text.is_empty() {
                WildcardError::Empty
            } else {
                WildcardError::Relative
            });
        }
        if text.len() > 1 && text.ends_with('/') {
            return Err(WildcardError::Slash);
        }
        if text.len() > MAX_BYTES {
            return Err(WildcardError::Long);
        }
        let mut tokens = Vec::new();
        let mut names = text.split('/').skip(1).peekable();
        let mut slash = true;
        while let Some(name) = names.next() {
            if slash {
                tokens.push(Token::Byte(b'/'));
            }
            slash = name != "**";
            match (name, names.peek()) {
                ("**", None) => tokens.push(Token::Below),
                ("**", Some(_)) => tokens.extend([Token::Directories, Token::Inside]),
                (name, _) if name.contains("**") => return Err(WildcardError::Stars),
                (name, _) => tokenize(name, Some(b'/'), &mut tokens)?,
            }
        }
        Ok(Self { text: text.to_owned(), tokens })
    }

    fn read(text: &str, separator: Option<u8>) -> Result<Self, WildcardError> {
        if text.is_empty() {
            return Err(WildcardError::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(WildcardError::Long);
        }
        let mut tokens = Vec::new();
        tokenize(text, separator, &mut tokens)?;
        Ok(Self { text: text.to_owned(), tokens })
    }

    /// Returns whether it matches one name alone.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.tokens.iter().all(|token| matches!(token, Token::Byte(_)))
    }

    /// Returns the bytes that all it matches begins with; of a literal pattern these are all.
    #[must_use]
    pub fn literal_beginning(&self) -> Vec<u8> {
        let byte = |token: &Token| match token {
            Token::Byte(byte) => Some(*byte),
            _ => None,
        };
        self.tokens.iter().map_while(byte).collect()
    }

    /// Returns the pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether it matches all of `name`.
    #[must_use]
    pub fn matches(&self, name: &[u8]) -> bool {
        let mut tokens = self.tokens.as_slice();
        let mut rest = name;
        // Almost every name is told apart by its beginning.
        while let [Token::Byte(expected), after @ ..] = tokens {
            match rest {
                [first, behind @ ..] if first == expected => (tokens, rest) = (after, behind),
                _ => return false,
            }
        }
        if tokens.is_empty() { rest.is_empty() } else { simulate(tokens, rest) }
    }
}

impl fmt::Display for Wildcard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Follows every way through the tokens at once; place `tokens.len()` is the end.
fn simulate(tokens: &[Token], name: &[u8]) -> bool {
    let mut here = vec![false; tokens.len().saturating_add(1)];
    let mut next = here.clone();
    enter(tokens, 0, &mut here);
    for byte in name {
        next.fill(false);
        let mut any = false;
        for (place, token) in tokens.iter().enumerate() {
            if !here.get(place).copied().unwrap_or_default() {
                continue;
            }
            let behind = place.saturating_add(1);
            let mut go = |to: usize| {
                any = true;
                enter(tokens, to, &mut next);
            };
            match token {
                Token::Byte(expected) if byte == expected => go(behind),
                Token::Run(separator) if Some(*byte) != *separator => go(place),
                Token::Inside => {
                    go(place);
                    if *byte == b'/' {
                        go(behind);
                    }
                }
                Token::Below => {
                    go(place);
                    go(behind);
                }
                _ => {}
            }
        }
        if !any {
            return false;
        }
        std::mem::swap(&mut here, &mut next);
    }
    here.last().copied().unwrap_or_default()
}

/// Marks a place and those that are reached from it without a byte.
fn enter(tokens: &[Token], place: usize, marked: &mut [bool]) {
    let mut at = place;
    loop {
        if let Some(mark) = marked.get_mut(at) {
            *mark = true;
        }
        at = match tokens.get(at) {
            Some(Token::Run(_)) => at.saturating_add(1),
            Some(Token::Directories) => {
                if let Some(mark) = marked.get_mut(at.saturating_add(1)) {
                    *mark = true;
                }
                at.saturating_add(2)
            }
            _ => return,
        };
    }
}

fn tokenize(
    text: &str,
    separator: Option<u8>,
    tokens: &mut Vec<Token>,
) -> Result<(), WildcardError> {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '*' if tokens.last() != Some(&Token::Run(separator)) => {
                tokens.push(Token::Run(separator));
            }
            '*' => {}
            '\\' => escape(&mut characters, tokens)?,
            other => push(other, tokens),
        }
    }
    Ok(())
}

fn push(character: char, tokens: &mut Vec<Token>) {
    let mut buffer = [0; 4];
    tokens.extend(character.encode_utf8(&mut buffer).bytes().map(Token::Byte));
}

fn escape(
    characters: &mut std::str::Chars<'_>,
    tokens: &mut Vec<Token>,
) -> Result<(), WildcardError> {
    let wrong = WildcardError::Escape;
    match characters.next().ok_or(wrong)? {
        character @ ('\\' | '*') => push(character, tokens),
        'n' => push('\n', tokens),
        'r' => push('\r', tokens),
        't' => push('\t', tokens),
        'x' => {
            let digits = characters.as_str().get(..2).ok_or(wrong)?;
            tokens.push(Token::Byte(u8::from_str_radix(plain(digits)?, 16).map_err(|_| wrong)?));
            characters.nth(1);
        }
        'u' => {
            let inside = characters.as_str().strip_prefix('{').ok_or(wrong)?;
            let (digits, after) = inside.split_once('}').ok_or(wrong)?;
            let number = u32::from_str_radix(plain(digits)?, 16).map_err(|_| wrong)?;
            push(char::from_u32(number).ok_or(wrong)?, tokens);
            *characters = after.chars();
        }
        _ => return Err(wrong),
    }
    Ok(())
}

/// Refuses the sign that the standard library would read.
fn plain(digits: &str) -> Result<&str, WildcardError> {
    let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if hexadecimal { Ok(digits) } else { Err(WildcardError::Escape) }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;

    use ignore::gitignore::GitignoreBuilder;
    use proptest::prelude::*;

    use super::{Wildcard, WildcardError};
    use crate::bounds::escape::escaped;

    #[test]
    fn names_and_members() {
        for (pattern, name, expect) in [
            ("*", "host/a", true),
            ("host/*", "host/a", true),
            ("host/*", "image/a", false),
            ("*/a", "host/a", true),
            ("ho*/a*c", "host/abc", true),
            ("host*", "host/a", false),
            ("host/a", "host/a", true),
            ("host/a", "host/ab", false),
        ] {
            let matches = Wildcard::member(pattern).map(|found| found.matches(name.as_bytes()));
            assert_eq!(matches, Ok(expect), "{pattern} {name}");
        }
        let name = Wildcard::name("web-*").expect("it is one");
        assert!(name.matches(b"web-1/a") && name.matches(b"web-") && !name.matches(b"aweb-1"));
        assert!(!name.is_literal());
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for (text, why) in [
            ("", WildcardError::Empty),
            ("opt/a", WildcardError::Relative),
            ("/opt/", WildcardError::Slash),
            ("/opt**/a", WildcardError::Stars),
            (r"/a\", WildcardError::Escape),
            (r"/a\q", WildcardError::Escape),
            (r"/a\x+1", WildcardError::Escape),
            (r"/a\u{110000}", WildcardError::Escape),
        ] {
            assert_eq!(Wildcard::path(text), Err(why), "{text}");
        }
        assert_eq!(Wildcard::path(&format!("/{}", "a".repeat(4096))), Err(WildcardError::Long));
    }

    /// A name made to be slow: every way through the pattern is open until the last byte.
    #[test]
    fn no_name_costs_more_than_pattern_times_name() {
        let pattern = Wildcard::path(&format!("/**/{}b", "a*".repeat(500))).expect("it is one");
        assert!(!pattern.matches(format!("/{}", "a".repeat(4000)).as_bytes()));
    }

    fn gitignore(pattern: &str, path: &[u8]) -> bool {
        let mut builder = GitignoreBuilder::new("/");
        builder.add_line(None, pattern).expect("the subset is a pattern there too");
        let matcher = builder.build().expect("one line");
        let relative = path.strip_prefix(b"/").unwrap_or(path);
        matcher.matched(Path::new(OsStr::from_bytes(relative)), false).is_ignore()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        /// The oracle is the `ignore` crate, which reads rules.
        #[test]
        fn it_is_a_part_of_gitignore(
            parts in prop::collection::vec("\\*\\*|[ab*]{1,3}|\\*", 1..5),
            names in prop::collection::vec("[ab]{1,3}", 1..5),
        ) {
            let pattern = format!("/{}", parts.join("/"));
            let path = format!("/{}", names.join("/"));
            if let Ok(wildcard) = Wildcard::path(&pattern) {
                prop_assert_eq!(
                    wildcard.matches(path.as_bytes()),
                    gitignore(&pattern, path.as_bytes()),
                    "{} {}", pattern, path
                );
            }
        }

        /// What a report shows of a path is a pattern of that path alone.
        #[test]
        fn an_escaped_path_is_its_own_pattern(
            bytes in prop::collection::vec(any::<u8>(), 1..12),
            others in prop::collection::vec(any::<u8>(), 1..12),
        ) {
            let plain = |bytes: Vec<u8>| -> Vec<u8> {
                let kept = bytes.into_iter().filter(|byte| !matches!(byte, b'/' | b'*' | 0));
                b"/".iter().copied().chain(kept).collect()
            };
            let (path, other) = (plain(bytes), plain(others));
            let pattern = Wildcard::path(&escaped(&path).to_string()).expect("it is a path");
            prop_assert!(pattern.is_literal() && pattern.matches(&path));
            prop_assert_eq!(pattern.matches(&other), path == other);
        }
    }
}

//! The patterns of fnmatch(3) without flags, over bytes: `*` and `?` match `/` and leading dots too.
//!
//! Iterative, and bounded by steps that the caller grants: patterns and paths both come from the
//! target, and a pattern of many stars costs the product of both lengths.

/// Matches within the granted steps; `None` when they run out.
pub(super) fn fnmatch(pattern: &[u8], text: &[u8], steps: &mut u64) -> Option<bool> {
    let (mut pattern_at, mut text_at) = (0_usize, 0_usize);
    // Where to go on when the rest after the last star does not fit: the star eats one byte more.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        *steps = steps.checked_sub(1)?;
        let rest = pattern.get(pattern_at..).unwrap_or_default();
        if let Some(b'*') = rest.first() {
            pattern_at = pattern_at.saturating_add(1);
            retry = Some((pattern_at, text_at));
            continue;
        }
        match (text.get(text_at), one(rest)) {
            (None, One::End) => return Some(true),
            (Some(&byte), item) if item.matches(byte) => {
                pattern_at = pattern_at.saturating_add(item.length());
                text_at = text_at.saturating_add(1);
            }
            (None, _) => return Some(false),
            (Some(_), _) => {
                let Some((after_star, eaten)) = retry else { return Some(false) };
                let eaten = eaten.saturating_add(1);
                retry = Some((after_star, eaten));
                (pattern_at, text_at) = (after_star, eaten);
            }
        }
    }
}

/// One item of a pattern that stands for one byte.
#[derive(Debug, Clone, Copy)]
enum One<'a> {
    End,
    Any,
    Byte { byte: u8, length: usize },
    Set { inside: &'a [u8], negated: bool, length: usize },
}

impl One<'_> {
    fn length(self) -> usize {
        match self {
            Self::End => 0,
            Self::Any => 1,
            Self::Byte { length, .. } | Self::Set { length, .. } => length,
        }
    }

    fn matches(self, byte: u8) -> bool {
        match self {
            Self::End => false,
            Self::Any => true,
            Self::Byte { byte: wanted, .. } => wanted == byte,
            Self::Set { inside, negated, .. } => set_holds(inside, byte) != negated,
        }
    }
}

fn one(pattern: &[u8]) -> One<'_> {
    match pattern {
        [] => One::End,
        [b'?', ..] => One::Any,
        [b'\\', byte, ..] => One::Byte { byte: *byte, length: 2 },
        [b'[', rest @ ..] => set(rest).unwrap_or(One::Byte { byte: b'[', length: 1 }),
        [byte, ..] => One::Byte { byte: *byte, length: 1 },
    }
}

/// Reads what follows `[`; `None` when no `]` closes it, and then `[` stands for itself.
fn set(rest: &[u8]) -> Option<One<'_>> {
    let negated = matches!(rest.first(), Some(b'!' | b'^'));
    let start = usize::from(negated);
    let inside = rest.get(start..)?;
    let mut at = 0_usize;
    loop {
        match inside.get(at..)? {
            // A `]` that stands first is a member.
            [b']', ..] if at > 0 => break,
            [b'\\', _, ..] => at = at.saturating_add(2),
            [b'[', kind @ (b':' | b'.' | b'='), tail @ ..] => {
                let closed = tail.windows(2).position(|pair| pair == [*kind, b']']);
                at = at.saturating_add(closed.map_or(1, |length| length.saturating_add(4)));
            }
            [_, ..] => at = at.saturating_add(1),
            [] => return None,
        }
    }
    let length = start.saturating_add(at).saturating_add(2);
    Some(One::Set { inside: inside.get(..at)?, negated, length })
}

fn set_holds(mut inside: &[u8], byte: u8) -> bool {
    while let Some((low, rest)) = member(inside, byte) {
        match low {
            Member::Held(true) => return true,
            Member::Held(false) => inside = rest,
            Member::Byte(low) => {
                let range = match rest {
                    [b'-', tail @ ..] if !tail.is_empty() => match member(tail, byte) {
                        Some((Member::Byte(high), rest)) => Some((high, rest)),
                        _ => None,
                    },
                    _ => None,
                };
                let (high, rest) = range.unwrap_or((low, rest));
                if (low..=high).contains(&byte) {
                    return true;
                }
                inside = rest;
            }
        }
    }
    false
}

enum Member {
    /// A byte, perhaps the start of a range.
    Byte(u8),
    /// A character class, and whether it holds the byte in question.
    Held(bool),
}

fn member(inside: &[u8], byte: u8) -> Option<(Member, &[u8])> {
    match inside {
        [] => None,
        [b'[', b':', rest @ ..] => match rest.windows(2).position(|pair| pair == b":]") {
            Some(end) => {
                let class = rest.get(..end).unwrap_or_default();
                let rest = rest.get(end.saturating_add(2)..).unwrap_or_default();
                Some((Member::Held(class_holds(class, byte)), rest))
            }
            None => Some((Member::Byte(b'['), inside.get(1..).unwrap_or_default())),
        },
        [b'\\', escaped, rest @ ..] => Some((Member::Byte(*escaped), rest)),
        [first, rest @ ..] => Some((Member::Byte(*first), rest)),
    }
}

fn class_holds(class: &[u8], byte: u8) -> bool {
    match class {
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"alpha" => byte.is_ascii_alphabetic(),
        b"blank" => byte == b' ' || byte == b'\t',
        b"cntrl" => byte.is_ascii_control(),
        b"digit" => byte.is_ascii_digit(),
        b"graph" => byte.is_ascii_graphic(),
        b"lower" => byte.is_ascii_lowercase(),
        b"print" => byte == b' ' || byte.is_ascii_graphic(),
        b"punct" => byte.is_ascii_punctuation(),
        b"space" => byte.is_ascii_whitespace() || byte == 0x0b,
        b"upper" => byte.is_ascii_uppercase(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::fnmatch;

    #[test]
    fn patterns_mean_what_fnmatch_means() {
        let check = |pattern: &str, text: &str, expected: bool| {
            let matched = fnmatch(pattern.as_bytes(), text.as_bytes(), &mut 10_000);
            assert_eq!(matched, Some(expected), "{pattern} and {text}");
        };
        check("/usr/share/doc/*", "/usr/share/doc/a/b", true);
        check("/usr/share/doc/*", "/usr/share/doc", false);
        check("*", "", true);
        check("", "", true);
        check("a?c", "a/c", true);
        check("a[b-d]e", "ace", true);
        check("a[!b-d]e", "ace", false);
        check("a[]x]e", "a]e", true);
        check("a[[:digit:]x]e", "a7e", true);
        check("a[\\]]e", "a]e", true);
        check("a[b", "a[b", true);
        check("\\*", "*", true);
        check("\\*", "x", false);
        check("*a*b", "xaxbxb", true);
        check("*a*b", "xaxbxc", false);
    }

    #[test]
    fn a_costly_pattern_runs_out_of_steps() {
        let pattern = [b"*".to_vec(), b"a".repeat(2_000), b"b".to_vec()].concat();
        let text = b"a".repeat(4_000);
        assert_eq!(fnmatch(&pattern, &text, &mut 100_000), None);
        assert_eq!(fnmatch(&pattern, &text, &mut 100_000_000), Some(false));
    }

    /// The C library decides, asked through Python.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test asks the C library")]
    fn matching_agrees_with_the_c_library() {
        use std::io::Write as _;
        use std::process::{Command, Stdio};
        let script = "import ctypes,sys\nc=ctypes.CDLL(None)\n\
            d=sys.stdin.buffer.read().split(b'\\n')\n\
            print(''.join('1' if c.fnmatch(p,t,0)==0 else '0' for p,t in zip(d[::2],d[1::2])))";
        let Some(python) = drift_testkit::need::tool("python3") else { return };
        let mut python = Command::new(python)
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 starts");
        let mut state = 7_u64;
        let mut word = |alphabet: &[u8], length: u64| {
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                state >> 33
            };
            let count = next() % length;
            (0..count)
                .map(|_| alphabet[usize::try_from(next()).expect("is small") % alphabet.len()])
                .collect::<Vec<u8>>()
        };
        let pairs: Vec<(Vec<u8>, Vec<u8>)> =
            (0..20_000).map(|_| (word(b"ab/*?[]!-\\", 8), word(b"ab/]-[", 6))).collect();
        let mut input = python.stdin.take().expect("because it is piped");
        for (pattern, text) in &pairs {
            input.write_all(&[pattern, &b"\n"[..], text, b"\n"].concat()).expect("python reads");
        }
        drop(input);
        let output = python.wait_with_output().expect("because it ends");
        let mut different = Vec::new();
        for ((pattern, text), theirs) in pairs.iter().zip(&output.stdout) {
            let ours = fnmatch(pattern, text, &mut 10_000) == Some(true);
            if ours != (*theirs == b'1') {
                let shown =
                    [pattern, text].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
                different.push(shown);
            }
        }
        assert!(output.stdout.len() >= pairs.len());
        assert!(output.stdout.iter().filter(|&&byte| byte == b'1').count() > 500);
        assert!(different.is_empty(), "{} of {}: {different:?}", different.len(), pairs.len());
    }
}

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

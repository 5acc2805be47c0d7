//! The look at a text before the interpreter's parser gets it: its size, its letters, and how deep
//! its brackets nest.
//!
//! The parser recurses on brackets and on `-`, and tries each `[` and `{` in several ways, one after
//! the other: every level multiplies its work. So the work is estimated before it is begun.

use super::super::syntax::Span;
use super::codes;

/// Bytes of one file; the largest policies of the largest catalogues are a tenth of this.
pub(in crate::policy) const MAX_FILE_BYTES: usize = 256 << 10;

/// Bytes of one line.
pub(in crate::policy) const MAX_LINE_BYTES: u32 = 4096;

/// Brackets within brackets.
const MAX_BRACKETS: usize = 24;

/// Signs in a row.
const MAX_SIGNS: u32 = 8;

/// The parser's attempts at one `[` or `{`, at most.
const ATTEMPTS: u64 = 3;

/// Attempts of the parser at tokens, all together: under a second of a slow machine.
const MAX_WORK: u64 = 4_000_000;

/// What is wrong with a text before it is parsed: where, code, message.
pub(super) type Refusal = (Span, &'static str, String);

/// Measures a text and returns its comments, or the first thing that keeps it from being parsed.
pub(in crate::policy) fn measure(text: &str) -> Result<Vec<Span>, Refusal> {
    let refuse = |at: usize, code, message: String| {
        let start = u32::try_from(at).unwrap_or(u32::MAX);
        (Span { start, end: start.saturating_add(1) }, code, message)
    };
    if text.len() > MAX_FILE_BYTES {
        let message = format!("a policy of {} bytes, more than {MAX_FILE_BYTES}", text.len());
        return Err(refuse(0, codes::TEXT_SIZE, message));
    }
    let mut start = 0_usize;
    for line in text.split_inclusive('\n') {
        if line.len() > MAX_LINE_BYTES as usize {
            let message = format!("a line of {} bytes, more than {MAX_LINE_BYTES}", line.len());
            return Err(refuse(start, codes::TEXT_SIZE, message));
        }
        start = start.saturating_add(line.len());
    }
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let ends_line = letters.peek().is_some_and(|(_, next)| *next == '\n');
        let is_odd = match letter {
            '\n' | '\t' => false,
            '\r' => !ends_line,
            // These turn the order of what is shown around: a reader sees another policy.
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' => true,
            '\u{FEFF}' | '\u{200B}'..='\u{200D}' | '\u{2060}' => true,
            other => other.is_control(),
        };
        if is_odd {
            let message = format!("the character U+{:04X}, which nobody sees", u32::from(letter));
            return Err(refuse(at, codes::TEXT_CHARACTER, message));
        }
    }
    brackets(text)
}

/// Where the walk is.
enum Within {
    Code,
    Comment(usize),
    Text,
    RawText,
}

fn brackets(text: &str) -> Result<Vec<Span>, Refusal> {
    let mut comments = Vec::new();
    let mut within = Within::Code;
    let mut open: Vec<u64> = Vec::new();
    let mut signs = 0_u32;
    let mut work = 0_u64;
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let refuse = |at: usize, message: String| {
        (Span { start: place(at), end: place(at.saturating_add(1)) }, codes::NESTING, message)
    };
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match (&within, letter) {
            (Within::Comment(start), '\n') => {
                comments.push(Span { start: place(*start), end: place(at) });
                within = Within::Code;
            }
            (Within::Text, '\\') => drop(letters.next()),
            (Within::Text, '"') | (Within::RawText, '`') => within = Within::Code,
            (Within::Comment(_) | Within::Text | Within::RawText, _) => {}
            (Within::Code, ' ' | '\t' | '\r' | '\n') => {}
            (Within::Code, '#') => within = Within::Comment(at),
            (Within::Code, _) => {
                signs = if letter == '-' { signs.saturating_add(1) } else { 0 };
                if signs > MAX_SIGNS {
                    return Err(refuse(at, "more signs in a row than anybody means".to_owned()));
                }
                let weight = open.last().copied().unwrap_or(1);
                work = work.saturating_add(weight);
                match letter {
                    '"' => within = Within::Text,
                    '`' => within = Within::RawText,
                    '(' => open.push(weight),
                    '[' | '{' => open.push(weight.saturating_mul(ATTEMPTS)),
                    ')' | ']' | '}' => drop(open.pop()),
                    _ => {}
                }
                if open.len() > MAX_BRACKETS || work > MAX_WORK {
                    let message = format!("brackets that nest {} deep", open.len());
                    return Err(refuse(at, message));
                }
            }
        }
    }
    if let Within::Comment(start) = within {
        comments.push(Span { start: place(start), end: place(text.len()) });
    }
    Ok(comments)
}

//! What the dynamic linker loads into every program: ld.so(8), `/etc/ld.so.preload`.

use super::lines::{Parsed, text};
use crate::bounds::Budget;

/// One library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// As written: a path, or a name that is searched for.
    pub value: String,
    /// From 1.
    pub line: u64,
}

/// Reads an ld.so.preload (glibc `elf/rtld.c`): names between blanks, tabs, line ends and colons.
pub(super) fn parse(bytes: &[u8], budget: &mut Budget) -> Parsed<Library> {
    let mut parsed =
        Parsed { entries: Vec::new(), malformed: Vec::new(), included: Vec::new(), whole: true };
    let text_of_names = without_comments(bytes);
    for (number, line) in (1_u64..).zip(text_of_names.split(|&byte| byte == b'\n')) {
        let names = line.split(|byte| matches!(byte, b' ' | b'\t' | b':'));
        for name in names.filter(|name| !name.is_empty()) {
            if budget.item().is_err() {
                parsed.whole = false;
                return parsed;
            }
            parsed.entries.push(Library { value: text(name), line: number });
        }
    }
    parsed
}

/// Blanks comments as the linker does: from `#` to the line's end. It looks for each from the start of
/// the text, but within a length that shrinks by all that it passed, so that one behind a longer
/// comment is none, and what stands there is loaded.
fn without_comments(bytes: &[u8]) -> Vec<u8> {
    let mut text = bytes.to_vec();
    let mut rest = text.len();
    while let Some(at) = text.iter().take(rest).position(|&byte| byte == b'#') {
        let within = rest.saturating_sub(at);
        let comment = text.iter_mut().skip(at).take(within);
        let mut blanked = 0_usize;
        for byte in comment.take_while(|byte| **byte != b'\n') {
            *byte = b' ';
            blanked = blanked.saturating_add(1);
        }
        rest = within.saturating_sub(blanked);
    }
    text
}

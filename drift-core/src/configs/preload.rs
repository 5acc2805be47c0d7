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

/// Reads an ld.so.preload (glibc `elf/rtld.c`): names between blanks, tabs, line ends and colons; `#`
/// begins a comment wherever it stands.
pub(super) fn parse(bytes: &[u8], budget: &mut Budget) -> Parsed<Library> {
    let mut parsed =
        Parsed { entries: Vec::new(), malformed: Vec::new(), included: Vec::new(), whole: true };
    for (number, line) in (1_u64..).zip(bytes.split(|&byte| byte == b'\n')) {
        let content = line.split(|&byte| byte == b'#').next().unwrap_or_default();
        let names = content.split(|byte| matches!(byte, b' ' | b'\t' | b':'));
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

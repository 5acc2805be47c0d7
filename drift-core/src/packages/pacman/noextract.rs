//! `NoExtract` of pacman.conf(5): what was not installed on purpose, as in images without manuals.
//!
//! Of all patterns that match a path the last decides, and one beginning with `!` brings it back. A
//! pattern that matches a directory holds for what is below. Files that are included are not read: an
//! absence that they explain is told.

use super::CONFIG;
use crate::packages::{Completeness, PathFilter, Reading};

/// Bytes of a pattern: a longer one than PATH_MAX matches no path.
const MAX_PATTERN_BYTES: usize = 4096;

const LOSS: Completeness = Completeness::RecordsIncomplete;

/// Reads the patterns in the order in which pacman applies them.
pub(super) fn read(reading: &mut Reading<'_, '_>) {
    let Some(text) = reading.open(CONFIG, LOSS) else { return };
    let mut options = false;
    for (line, content) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        let content = content.trim_ascii();
        if content.starts_with(b"[") {
            options = content == b"[options]";
        }
        let Some(value) = value(content).filter(|_| options) else { continue };
        for word in value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
            if !reading.item(CONFIG, LOSS) {
                return;
            }
            let (filter, pattern) = match word.strip_prefix(b"!") {
                Some(pattern) => (PathFilter::Include, pattern),
                None => (PathFilter::Exclude, word),
            };
            if pattern.len() > MAX_PATTERN_BYTES {
                reading.fault(CONFIG, line, "not a valid pattern of paths", LOSS);
                continue;
            }
            reading.out.filter(filter, &[b"/", pattern].concat());
            reading.out.filter(filter, &[b"/", pattern, b"/*"].concat());
        }
    }
}

fn value(line: &[u8]) -> Option<&[u8]> {
    line.strip_prefix(b"NoExtract")?.trim_ascii_start().strip_prefix(b"=")
}

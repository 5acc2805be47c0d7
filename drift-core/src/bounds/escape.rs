//! The one escaping function: names and values of a target on their way to a person or a log.
//!
//! Reversible and line-safe: `\\`, `\n`, `\t`, `\r`, `\xHH` for bytes that are no UTF-8, `\u{H}`
//! for every character that a terminal, a log or a reader could be fooled with.

use std::fmt::{self, Write as _};

/// Bytes that print escaped; made by [`escaped`].
#[derive(Clone, Copy)]
pub struct Escaped<'a>(&'a [u8]);

/// Returns `bytes` as they may be shown.
///
/// ```
/// use drift_core::bounds::escape::escaped;
/// assert_eq!(escaped(b"evil\x1b[2J\xff\n").to_string(), r"evil\u{1b}[2J\xff\n");
/// ```
#[must_use]
pub fn escaped(bytes: &[u8]) -> Escaped<'_> {
    Escaped(bytes)
}

/// Returns text as content or attribute of XML: no character of it is markup. What XML 1.0 cannot
/// hold at all must have gone through [`escaped`] before.
#[must_use]
pub fn xml(text: &str) -> String {
    let mut marked = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => marked.push_str("&amp;"),
            '<' => marked.push_str("&lt;"),
            '>' => marked.push_str("&gt;"),
            '"' => marked.push_str("&quot;"),
            '\'' => marked.push_str("&apos;"),
            other => marked.push(other),
        }
    }
    marked
}

/// Returns whether `text` can be shown as it is.
#[must_use]
pub fn is_plain(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(|c| c == '\\' || is_deceptive(c)))
}

/// Controls (C0, DEL, C1), bidirectional and zero-width characters, line and paragraph separators,
/// tags and non-characters, the byte-order mark, interlinear and variation marks that hide text.
fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(u32::from(character),
            0x00ad | 0x034f | 0x061c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f
            | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f
            | 0xfeff | 0xffa0 | 0xfff0..=0xfffb | 0xfffe..=0xffff | 0x1d173..=0x1d17a
            | 0xe0000..=0xe0fff)
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                match character {
                    '\\' => formatter.write_str("\\\\")?,
                    '\n' => formatter.write_str("\\n")?,
                    '\t' => formatter.write_str("\\t")?,
                    '\r' => formatter.write_str("\\r")?,
                    other if is_deceptive(other) => {
                        write!(formatter, "\\u{{{:x}}}", u32::from(other))?
                    }
                    other => formatter.write_char(other)?,
                }
            }
            for byte in chunk.invalid() {
                write!(formatter, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::{escaped, is_plain};

    #[test]
    fn different_bytes_stay_different() {
        let names: [&[u8]; 8] = [
            b"bad\xff",
            b"bad\xfe",
            b"bad\\xff",
            b"a\nb",
            b"a\\nb",
            "\u{202e}x".as_bytes(),
            b"x",
            "\u{9b}".as_bytes(),
        ];
        let shown: std::collections::BTreeSet<String> =
            names.iter().map(|name| escaped(name).to_string()).collect();
        assert_eq!(shown.len(), names.len());
        assert!(shown.iter().all(|text| is_plain(text.replace('\\', "/").as_bytes())));
    }
}

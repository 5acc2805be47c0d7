//! The whole document as JSON (RFC 8259), indented, in the order of `document.rs`.
//!
//! Characters that could deceive a terminal or a reader are written as `\u` escapes: the value is
//! the same to every parser, and `cat report.json` is safe. `docs/decisions/0006-reports.md`.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use super::{Format, Report, Style};
use crate::bounds::escape::is_plain;

pub(super) const FORMAT: Format = Format {
    name: "json",
    meaning: "one JSON document with everything (docs/schema/drift.report.v1.json)",
    write,
};

fn write(report: &Report, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    write_indented(report, out)
}

/// Writes one value, indented.
pub(super) fn write_indented(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let formatter = Guarded(PrettyFormatter::new());
    value.serialize(&mut Serializer::with_formatter(&mut *out, formatter))?;
    out.write_all(b"\n")
}

/// Writes one value on a line of its own.
pub(crate) fn write_line(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Guarded(CompactFormatter)))?;
    out.write_all(b"\n")
}

/// A formatter that keeps deceptive characters out of the bytes that it writes.
struct Guarded<F>(F);

impl<F: Formatter> Formatter for Guarded<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if is_plain(fragment.as_bytes()) {
            return self.0.write_string_fragment(out, fragment);
        }
        let mut utf8 = [0; 4];
        let mut utf16 = [0; 2];
        for character in fragment.chars() {
            let encoded = character.encode_utf8(&mut utf8);
            if is_plain(encoded.as_bytes()) {
                out.write_all(encoded.as_bytes())?;
            } else {
                for unit in character.encode_utf16(&mut utf16) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use super::write_line;
    use crate::bounds::escape::is_plain;

    /// The oracle is serde_json's own reader.
    #[test]
    fn every_character_comes_back_and_none_deceives() {
        let mut text: String = (0..=0x1_ffff).filter_map(char::from_u32).collect();
        text.extend((0xe_0000..=0x10_ffff).filter_map(char::from_u32));
        let mut line = Vec::new();
        write_line(&text, &mut line).unwrap();
        assert_eq!(line.pop(), Some(b'\n'));
        assert_eq!(serde_json::from_slice::<String>(&line).unwrap(), text);
        let shown = String::from_utf8(line).unwrap();
        assert!(is_plain(shown.replace('\\', "/").as_bytes()));
    }
}

//! Lines for people: the only place that writes the text report's bytes.
//!
//! Every piece of a [`Line`] is escaped when it is put in, so nothing that a caller passes, its own
//! words included, can carry a control byte or a line break to the output. Folded lines are
//! indented: a hostile name never stands at the start of a line.

use std::fmt::Write as _;
use std::io;

use crate::bounds::escape::escaped;
use crate::model::Severity;
use crate::report::{Style, exact};

/// Values longer than this are cut and say so; the JSON report has them whole. Names never are.
const MAX_VALUE: usize = 160;

/// Narrower than this, folding only makes holes.
const MIN_WIDTH: usize = 40;

/// Writes lines in one style.
pub(super) struct Page<'w> {
    out: &'w mut dyn io::Write,
    style: Style,
}

/// One logical line: pieces with one space between them.
pub(super) struct Line {
    indent: usize,
    pieces: Vec<Piece>,
}

struct Piece {
    text: String,
    paint: Option<&'static str>,
}

impl<'w> Page<'w> {
    pub(super) fn new(out: &'w mut dyn io::Write, style: Style) -> Self {
        Self { out, style }
    }

    /// Writes an empty line and a heading.
    pub(super) fn heading(&mut self, words: &str) -> io::Result<()> {
        writeln!(self.out)?;
        let mut line = Line::at(0);
        line.painted("1", words);
        self.line(&line)
    }

    /// Writes a line, folded where the style says so.
    pub(super) fn line(&mut self, line: &Line) -> io::Result<()> {
        let limit =
            if self.style.width == 0 { usize::MAX } else { self.style.width.max(MIN_WIDTH) };
        let mut column = line.indent;
        write!(self.out, "{:1$}", "", line.indent)?;
        for (at, piece) in line.pieces.iter().enumerate() {
            let length = piece.text.chars().count();
            if at > 0 && column.saturating_add(length) >= limit {
                let indent = line.indent.saturating_add(4);
                write!(self.out, "\n{:1$}", "", indent)?;
                column = indent;
            } else if at > 0 {
                self.out.write_all(b" ")?;
                column = column.saturating_add(1);
            }
            column = column.saturating_add(length);
            match piece.paint.filter(|_| self.style.color) {
                Some(code) => write!(self.out, "\x1b[{code}m{}\x1b[0m", piece.text)?,
                None => self.out.write_all(piece.text.as_bytes())?,
            }
        }
        self.out.write_all(b"\n")
    }

    /// Writes words of our own on a line.
    pub(super) fn say(&mut self, indent: usize, words: &str) -> io::Result<()> {
        self.line(Line::at(indent).say(words))
    }
}

impl Line {
    pub(super) fn at(indent: usize) -> Self {
        Self { indent, pieces: Vec::new() }
    }

    /// A line of a list, opened by how loud it is in a symbol and a word.
    pub(super) fn of(severity: Severity) -> Self {
        let (symbol, paint) = match severity {
            Severity::Critical => ("!!", "1;31"),
            Severity::High => ("! ", "31"),
            Severity::Medium => ("* ", "33"),
            Severity::Low => ("- ", "36"),
            Severity::Informational | Severity::None => (". ", "2"),
        };
        let mut line = Self::at(2);
        line.painted(paint, &format!("{symbol} {:<8}", severity.name()));
        line
    }

    /// Appends words, between which the line may be folded: ours, or a sentence of the document.
    pub(super) fn say(&mut self, words: &str) -> &mut Self {
        for word in words.split(' ').filter(|word| !word.is_empty()) {
            self.piece(escaped(word.as_bytes()).to_string(), None);
        }
        self
    }

    /// Appends punctuation to what stands last.
    pub(super) fn glue(&mut self, mark: &str) -> &mut Self {
        match self.pieces.last_mut() {
            Some(last) => {
                let _infallible = write!(last.text, "{}", escaped(mark.as_bytes()));
            }
            None => self.piece(escaped(mark.as_bytes()).to_string(), None),
        }
        self
    }

    /// Appends a name of the target or the operator, whole, in quotes where it has blanks.
    pub(super) fn name(&mut self, bytes: &[u8]) -> &mut Self {
        self.piece(quoted(bytes), None);
        self
    }

    /// Appends the name that a document holds as text, or exactly beside it.
    pub(super) fn path(&mut self, text: &str, base64: Option<&String>) -> &mut Self {
        self.name(&exact(text, base64.map(String::as_str)))
    }

    /// Appends a value, cut where it is very long.
    pub(super) fn value(&mut self, bytes: &[u8]) -> &mut Self {
        match bytes.get(..MAX_VALUE) {
            Some(start) if bytes.len() > MAX_VALUE => {
                self.name(start).glue(&format!("... ({} bytes)", bytes.len()))
            }
            _ => self.name(bytes),
        }
    }

    /// Appends words that are never folded, in a colour (an SGR parameter of ECMA-48).
    pub(super) fn painted(&mut self, paint: &'static str, words: &str) -> &mut Self {
        self.piece(escaped(words.as_bytes()).to_string(), Some(paint));
        self
    }

    fn piece(&mut self, text: String, paint: Option<&'static str>) {
        self.pieces.push(Piece { text, paint });
    }
}

/// Escapes, and quotes whatever could be taken for words around it.
fn quoted(bytes: &[u8]) -> String {
    let text = escaped(bytes).to_string();
    let bare = !text.is_empty()
        && text.chars().all(|c| !c.is_whitespace() && !matches!(c, '"' | ';' | ','));
    if bare && text != "none" && text != "->" {
        text
    } else {
        format!("\"{}\"", text.replace('"', "\\\""))
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Page, Severity, Style};

    fn written(line: &Line, width: usize) -> String {
        let mut out = Vec::new();
        Page::new(&mut out, Style { color: false, width }).line(line).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_are_quoted_where_they_could_be_mistaken() {
        let check = |bytes: &[u8], expect: &str| {
            assert_eq!(written(Line::at(0).name(bytes), 0), format!("{expect}\n"));
        };
        check(b"/usr/bin/ssh", "/usr/bin/ssh");
        check(b"a b", "\"a b\"");
        check(b"a\"; b", "\"a\\\"; b\"");
        check("a\u{a0}b".as_bytes(), "\"a\u{a0}b\"");
        check(b"", "\"\"");
        check(b"none", "\"none\"");
        check(b"a\n\x1b", "a\\n\\u{1b}");
    }

    #[test]
    fn folding_keeps_every_piece_whole_and_indented() {
        let mut line = Line::of(Severity::High);
        line.name(&[b'x'; 100]).say("one two three four five six seven eight nine ten");
        let folded = written(&line, 50);
        assert!(folded.lines().skip(1).all(|part| part.starts_with("      ")));
        assert!(folded.lines().all(|part| part.chars().count() <= 50 || part.contains("xxx")));
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&folded), words(&written(&line, 0)));
        assert!(folded.contains(&"x".repeat(100)));
    }

    #[test]
    fn long_values_say_that_they_are_cut() {
        let shown = written(Line::at(0).value(&[b'v'; 1000]), 0);
        assert_eq!(shown, format!("{}... (1000 bytes)\n", "v".repeat(160)));
    }
}

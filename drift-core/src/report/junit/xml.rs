//! XML 1.0, as much of it as JUnit needs.
//!
//! Every text is shown through `escaped` first. That leaves no character that XML 1.0 §2.2 forbids:
//! controls, surrogates and the two non-characters of the basic plane are all escapes by then.

use std::io;

use crate::bounds::escape::{self, escaped};

/// Writes elements, one a line.
pub(super) struct Xml<'w> {
    out: &'w mut dyn io::Write,
    depth: usize,
}

impl<'w> Xml<'w> {
    /// Begins a document.
    pub(super) fn new(out: &'w mut dyn io::Write) -> io::Result<Self> {
        out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")?;
        Ok(Self { out, depth: 0 })
    }

    /// Opens an element that holds others.
    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.begin(name, attributes)?;
        self.depth = self.depth.saturating_add(1);
        self.out.write_all(b">\n")
    }

    /// Closes it.
    pub(super) fn close(&mut self, name: &str) -> io::Result<()> {
        self.depth = self.depth.saturating_sub(1);
        self.indent()?;
        writeln!(self.out, "</{name}>")
    }

    /// Writes an element without content.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.begin(name, attributes)?;
        self.out.write_all(b"/>\n")
    }

    /// Writes an element of lines, each of them escaped for people already.
    pub(super) fn lines(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        lines: &[String],
    ) -> io::Result<()> {
        if lines.is_empty() {
            return self.empty(name, attributes);
        }
        self.begin(name, attributes)?;
        self.out.write_all(b">")?;
        for (at, line) in lines.iter().enumerate() {
            if at > 0 {
                self.out.write_all(b"\n")?;
            }
            self.out.write_all(escape::xml(line).as_bytes())?;
        }
        writeln!(self.out, "</{name}>")
    }

    fn begin(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.indent()?;
        write!(self.out, "<{name}")?;
        for (attribute, value) in attributes {
            write!(self.out, " {attribute}=\"{}\"", escape::xml(value))?;
        }
        Ok(())
    }

    fn indent(&mut self) -> io::Result<()> {
        write!(self.out, "{:1$}", "", self.depth.saturating_mul(2))
    }
}

/// Returns text that is not escaped for people yet, as it may be shown.
pub(super) fn shown(text: &str) -> String {
    escaped(text.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::{Xml, shown};

    #[test]
    fn no_text_is_markup_and_none_is_forbidden() {
        let mut out = Vec::new();
        let mut xml = Xml::new(&mut out).expect("memory takes everything");
        let hostile = shown("\u{0}\u{1b}]]><a b='c' d=\"e\">&amp;\u{fffe}\u{85}\n");
        xml.lines("x", &[("y", &hostile)], &[hostile.clone(), "z".to_owned()])
            .expect("memory takes everything");
        let escaped = "\\u{0}\\u{1b}]]&gt;&lt;a b=&apos;c&apos; d=&quot;e&quot;&gt;&amp;amp;\\u{fffe}\\u{85}\\n";
        let expect = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<x y=\"{escaped}\">{escaped}\nz</x>\n"
        );
        assert_eq!(String::from_utf8(out).expect("it is text"), expect);
    }
}

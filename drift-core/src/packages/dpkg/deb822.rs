//! Stanzas of `Field: value` lines with folded continuation lines: deb822(5).
//!
//! Values stay slices of the input, so a folded field of a gigabyte costs nothing here. A stanza
//! that repeats `Package` is two with the blank line lost: it is cut there, and that is a fault.

/// One field with its folded lines, raw.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a [u8],
    /// From after the colon to the end of the last continuation line.
    pub(crate) value: &'a [u8],
    /// Line of the name, from 1.
    pub(crate) line: usize,
}

/// The fields of one stanza.
#[derive(Debug, Default)]
pub(crate) struct Stanza<'a> {
    pub(crate) line: usize,
    pub(crate) fields: Vec<Field<'a>>,
}

/// A line that fits nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) line: usize,
    pub(crate) what: &'static str,
}

impl<'a> Stanza<'a> {
    /// Returns the field, its name in any case.
    pub(crate) fn field(&self, name: &[u8]) -> Option<Field<'a>> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)).copied()
    }

    /// Returns the trimmed value; empty where there is no such field.
    pub(crate) fn value(&self, name: &[u8]) -> &'a [u8] {
        self.field(name).map_or(&[], |field| field.value.trim_ascii())
    }
}

/// Reads stanza by stanza.
#[derive(Debug)]
pub(crate) struct Stanzas<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
    pub(crate) faults: Vec<Fault>,
}

/// Fields of one stanza; Debian's have about 25, and the search for repeated ones is quadratic.
const MAX_FIELDS: usize = 256;

impl<'a> Stanzas<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, line: 0, faults: Vec::new() }
    }

    /// Returns the next stanza that has a field; `faults` holds what was wrong on the way.
    pub(crate) fn next(&mut self) -> Option<Stanza<'a>> {
        let mut stanza = Stanza::default();
        // Bytes of the last field's value: from, to.
        let mut value = (0_usize, 0_usize);
        let mut open = false;
        while self.at < self.text.len() {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let length = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
            let line = rest.get(..length).unwrap_or_default();
            let start = self.at;
            if let Some(colon) = starts_stanza(line)
                && stanza.field(line.get(..colon).unwrap_or_default()).is_some()
            {
                self.fault(1, "a second Package in one stanza; a blank line is missing");
                break;
            }
            self.at = start.saturating_add(length).saturating_add(1);
            self.line = self.line.saturating_add(1);
            match line.first() {
                None if stanza.fields.is_empty() => continue,
                None => break,
                Some(b' ' | b'\t') => {
                    if line.trim_ascii().is_empty() {
                        self.fault(0, "a blank continuation line");
                    }
                    if !open {
                        self.fault(0, "a continuation line without a field");
                        continue;
                    }
                    value.1 = start.saturating_add(length);
                    self.close(&mut stanza, value);
                }
                Some(_) => {
                    open = self.field(&mut stanza, line);
                    let colon = line.iter().position(|&byte| byte == b':').unwrap_or(0);
                    value = (
                        start.saturating_add(colon).saturating_add(1),
                        start.saturating_add(length),
                    );
                    if open {
                        self.close(&mut stanza, value);
                    }
                }
            }
        }
        (!stanza.fields.is_empty()).then_some(stanza)
    }

    /// Takes the name of a field; the value follows. Returns whether there was one.
    fn field(&mut self, stanza: &mut Stanza<'a>, line: &'a [u8]) -> bool {
        let name = line.iter().position(|&byte| byte == b':').and_then(|at| line.get(..at));
        let Some(name) = name.filter(|name| is_field_name(name)) else {
            self.fault(0, "neither a field nor a continuation line");
            return false;
        };
        if stanza.fields.len() >= MAX_FIELDS {
            self.fault(0, "more fields than a stanza may have");
            return false;
        }
        if stanza.field(name).is_some() {
            self.fault(0, "a field for the second time");
            return false;
        }
        if stanza.fields.is_empty() {
            stanza.line = self.line;
        }
        stanza.fields.push(Field { name, value: &[], line: self.line });
        true
    }

    fn close(&self, stanza: &mut Stanza<'a>, (from, to): (usize, usize)) {
        if let Some(field) = stanza.fields.last_mut() {
            field.value = self.text.get(from..to).unwrap_or_default();
        }
    }

    fn fault(&mut self, ahead: usize, what: &'static str) {
        // The caller drains the list after each stanza; one hostile stanza must not fill memory.
        if self.faults.len() < MAX_FIELDS {
            self.faults.push(Fault { line: self.line.saturating_add(ahead), what });
        }
    }
}

/// Returns where the colon is, when the line is a `Package` field.
fn starts_stanza(line: &[u8]) -> Option<usize> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    line.get(..colon)?.eq_ignore_ascii_case(b"package").then_some(colon)
}

fn is_field_name(name: &[u8]) -> bool {
    !name.is_empty()
        && !name.starts_with(b"-")
        && !name.starts_with(b"#")
        && name.iter().all(|byte| byte.is_ascii_graphic())
}

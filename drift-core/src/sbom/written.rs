//! A JSON document written piece by piece: members in order, lists one element a line.
//!
//! A list of a million files never stands in memory, and two bills differ by lines.

use std::io;

use serde::Serialize;

use crate::report::write_line;

/// A document that is being written. Its parts are valid JSON by `serde_json`; what stands between
/// them is written here.
pub(super) struct Document<'o> {
    out: &'o mut dyn io::Write,
    members: u32,
}

/// A list in a document.
pub(super) struct List<'d, 'o> {
    document: &'d mut Document<'o>,
    elements: u64,
}

impl<'o> Document<'o> {
    pub(super) fn begin(out: &'o mut dyn io::Write) -> io::Result<Self> {
        out.write_all(b"{\n")?;
        Ok(Self { out, members: 0 })
    }

    /// Writes one member whole.
    pub(super) fn member(&mut self, name: &'static str, value: &impl Serialize) -> io::Result<()> {
        self.name(name)?;
        write_line(value, self.out)
    }

    /// Begins a member that is a list; [`List::end`] ends it.
    pub(super) fn list(&mut self, name: &'static str) -> io::Result<List<'_, 'o>> {
        self.name(name)?;
        self.out.write_all(b"[\n")?;
        Ok(List { document: self, elements: 0 })
    }

    pub(super) fn end(self) -> io::Result<()> {
        self.out.write_all(b"}\n")
    }

    /// Names are this program's own words and need no escapes.
    fn name(&mut self, name: &'static str) -> io::Result<()> {
        if self.members > 0 {
            self.out.write_all(b",")?;
        }
        self.members = self.members.saturating_add(1);
        write!(self.out, "\"{name}\": ")
    }
}

impl List<'_, '_> {
    pub(super) fn push(&mut self, value: &impl Serialize) -> io::Result<()> {
        if self.elements > 0 {
            self.document.out.write_all(b",")?;
        }
        self.elements = self.elements.saturating_add(1);
        write_line(value, self.document.out)
    }

    pub(super) fn end(self) -> io::Result<()> {
        self.document.out.write_all(b"]\n")
    }
}

//! A section: a heading and a table, as long as it may be.

use std::io;

/// A table of cells that are Markdown already.
pub(super) struct Table {
    heading: &'static str,
    is_folded: bool,
    columns: Vec<&'static str>,
    rows: Vec<String>,
    /// How many bytes more the rows may have.
    left: usize,
    /// Rows that found no place.
    omitted: u64,
    is_full: bool,
}

impl Table {
    /// Begins a section that stands open.
    pub(super) fn new<const N: usize>(
        heading: &'static str,
        columns: [&'static str; N],
        bytes: usize,
    ) -> Self {
        let columns = columns.to_vec();
        let rows = Vec::new();
        Self { heading, is_folded: false, columns, rows, left: bytes, omitted: 0, is_full: false }
    }

    /// Begins a section that a reader unfolds.
    pub(super) fn folded<const N: usize>(
        heading: &'static str,
        columns: [&'static str; N],
        bytes: usize,
    ) -> Self {
        Self { is_folded: true, ..Self::new(heading, columns, bytes) }
    }

    /// Adds a row while there is place. After the first that finds none, none is added: what is shown
    /// is the beginning, not a selection.
    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        let row = format!("| {} |\n", cells.join(" | "));
        match self.left.checked_sub(row.len()) {
            Some(left) if !self.is_full => {
                self.left = left;
                self.rows.push(row);
            }
            _ => {
                self.is_full = true;
                self.omitted = self.omitted.saturating_add(1);
            }
        }
    }

    /// Adds a row, which is not even made where it would find no place.
    pub(super) fn row_of<const N: usize>(&mut self, cells: impl FnOnce() -> [String; N]) {
        if self.is_full {
            self.omitted = self.omitted.saturating_add(1);
        } else {
            self.row(cells());
        }
    }

    /// Writes the section; nothing of one without rows.
    pub(super) fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let total = (self.rows.len() as u64).saturating_add(self.omitted);
        if total == 0 {
            return Ok(());
        }
        if self.is_folded {
            writeln!(out, "<details><summary>{}: {total}</summary>\n", self.heading)?;
        } else if !self.heading.is_empty() {
            writeln!(out, "### {}: {total}\n", self.heading)?;
        }
        if !self.rows.is_empty() {
            writeln!(out, "| {} |", self.columns.join(" | "))?;
            writeln!(out, "|{}", "---|".repeat(self.columns.len()))?;
            self.rows.iter().try_for_each(|row| out.write_all(row.as_bytes()))?;
            writeln!(out)?;
        }
        if self.omitted > 0 {
            writeln!(
                out,
                "**{} more are not shown here; they stand in the JSON report.**\n",
                self.omitted
            )?;
        }
        if self.is_folded {
            writeln!(out, "</details>\n")?;
        }
        Ok(())
    }
}

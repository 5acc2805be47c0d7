//! The path of every changed entry, one a line, escaped; for a person's next command.
//!
//! It says nothing of packages, problems or the verdict: an incomplete run looks here like any
//! other, so a program that reads this must heed the exit code.

use std::io;

use super::{Format, Report, Style, exact};
use crate::bounds::escape::escaped;

pub(super) const FORMAT: Format = Format {
    name: "paths",
    meaning: "paths of changed entries, one a line, escaped; heed the exit code as well",
    write,
};

fn write(report: &Report, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    for change in report.changes.iter().filter(|change| change.subject == "entry") {
        writeln!(out, "{}", escaped(&exact(&change.path, change.path_b64.as_deref())))?;
    }
    Ok(())
}

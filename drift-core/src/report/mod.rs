//! Reports: one document, one file per format, from the document to a writer.
//!
//! A reporter never filters, never judges and never computes: what is in the document is shown or
//! counted. To add a format: one file here with a `pub(super) const FORMAT`, its `mod` line and its
//! line in [`FORMATS`]; `docs/extending.md` shows one. Whatever stands in a document may come from
//! a hostile target, so a format for people shows it through [`escaped`] of [`exact`] bytes; the
//! tests run every line of the table over documents in which every string is hostile.
//!
//! [`escaped`]: crate::bounds::escape::escaped

pub mod document;
mod previous;
mod fleet;
mod bytes;
mod json;
mod ndjson;
mod paths;
mod text;
mod findings;
mod sarif;
mod junit;
mod markdown;
mod github;

use std::io;

pub use bytes::{exact, lossy};
pub use document::Report;
pub use fleet::{Dated, Drift, FLEET_SCHEMA, Fleet, Gathering, Group, NotTaken, Take};
pub(crate) use json::write_line;
pub(crate) use previous::{Earlier, EarlierPolicy};
pub use previous::{MAX_REPORT_BYTES, Previous, PreviousError};

/// One way to write a report.
#[derive(Debug)]
pub struct Format {
    /// The word for `--format`.
    pub name: &'static str,
    /// What it is good for, in a phrase for `--help`.
    pub meaning: &'static str,
    /// Writes the whole report in many small pieces; the caller buffers and flushes.
    pub write: fn(&Report, &Style, &mut dyn io::Write) -> io::Result<()>,
}

/// Every format, the default first.
pub const FORMATS: &[Format] = &[
    text::FORMAT,
    json::FORMAT,
    ndjson::FORMAT,
    paths::FORMAT,
    sarif::FORMAT,
    junit::FORMAT,
    markdown::FORMAT,
    github::FORMAT,
];

/// How a format for people looks. Formats for programs ignore it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// Whether ANSI colours may be used. They repeat what words and symbols say.
    pub color: bool,
    /// The column to fold lines at, names excepted; 0 never folds: one item, one line.
    pub width: usize,
}

/// Returns the format of this name.
///
/// ```
/// use drift_core::report;
/// assert!(report::find("json").is_some());
/// assert!(report::find("JSON").is_none());
/// ```
#[must_use]
pub fn find(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// Writes many reports as one, for people.
pub fn write_fleet(fleet: &Fleet, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    text::fleet::write(fleet, style, out)
}

/// Writes many reports as one JSON document, `drift.fleet/v1`.
pub fn write_fleet_json(fleet: &Fleet, out: &mut dyn io::Write) -> io::Result<()> {
    json::write_indented(fleet, out)
}

/// Writes every change of a report that is of what was accepted, a line each and none left out.
pub fn write_accepted(report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    text::write_accepted(report, style, out)
}

/// Returns a number with its noun, as the text report has it.
pub(crate) fn counted(value: u64, noun: &str) -> String {
    text::count(value, noun)
}

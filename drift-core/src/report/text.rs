//! The report for a tired person: the conclusion first, then what to look at, the counts last.
//!
//! Each section is a file of `text/` and says "and N more" when it stops. Words, symbols and order
//! carry the meaning, colour only repeats it. The report's own characters are ASCII, so that a
//! serial console and a mail from cron show them.

mod accepted;
mod changes;
mod coverage;
pub(super) mod fleet;
mod packages;
mod page;
mod policies;
mod since;
mod verdict;
mod waivers;
mod words;

use std::io;

use self::page::{Line, Page};
use super::document::Change;
use super::{Format, Report, Style};
use crate::model::Cause;

pub(super) const FORMAT: Format =
    Format { name: "text", meaning: "for people: the verdict first, the counts last", write };

/// Lines in one section; the rest is counted there and stands in the JSON report.
const MAX_LINES: usize = 50;

fn write(report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(out, *style);
    verdict::write(&mut page, report)?;
    since::write(&mut page, report)?;
    changes::write(&mut page, report)?;
    packages::write(&mut page, report)?;
    policies::write(&mut page, report)?;
    waivers::write(&mut page, report)?;
    changes::write_declared(&mut page, report)?;
    coverage::write(&mut page, report)?;
    verdict::write_advice(&mut page, report)
}

/// Writes the first lines of a list, and how many more there are.
fn list<T>(
    page: &mut Page<'_>,
    items: &[T],
    limit: usize,
    mut show: impl FnMut(&T) -> Line,
) -> io::Result<()> {
    for item in items.iter().take(limit) {
        page.line(&show(item))?;
    }
    match items.len().saturating_sub(limit) {
        0 => Ok(()),
        more => {
            page.say(2, &format!("and {} more (in the JSON report)", words::number(more as u64)))
        }
    }
}

/// Writes every change of what was accepted, a line each.
pub(super) fn write_accepted(
    report: &Report,
    style: &Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    accepted::write(&mut Page::new(out, *style), report)
}

/// Returns the conclusion in a sentence or two, escaped: what the text report says at the margin of
/// its first lines.
pub(super) fn conclusion(report: &Report) -> String {
    let first = told(|page| verdict::write(page, report));
    first.lines().filter(|line| !line.starts_with(' ')).collect::<Vec<_>>().join(" ")
}

/// Returns what happened to the object of a change, escaped, on one line.
pub(super) fn sentence(change: &Change) -> String {
    let mut line = Line::at(0);
    words::event(&mut line, change);
    if change.subject != "package" {
        words::owner(&mut line, change.package.as_ref());
    } else if let Some(package) = &change.package {
        words::versions(&mut line, package);
    }
    changes::because(&mut line, change);
    told(|page| page.line(&line)).trim_end().to_owned()
}

/// Returns what the changes of a cause have in common, as a heading.
pub(super) fn heading(cause: Cause) -> &'static str {
    let line = changes::CAUSES.iter().find(|(known, ..)| *known == cause);
    line.map_or(cause.name(), |(_, heading, _)| heading)
}

/// Returns a number with its noun, thousands apart.
pub(super) fn count(value: u64, noun: &str) -> String {
    words::total(value, noun)
}

fn told(write: impl FnOnce(&mut Page<'_>) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    let written = write(&mut Page::new(&mut out, Style::default()));
    written.expect("because memory takes everything");
    String::from_utf8_lossy(&out).into_owned()
}

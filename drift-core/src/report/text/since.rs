//! What differs from the previous report: what is new first.

use std::io;

use super::page::{Line, Page};
use super::words::number;
use super::{MAX_LINES, list};
use crate::report::Report;
use crate::report::document::{FindingName, Incomparable, SincePrevious};

pub(super) fn write(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let Some(since) = &report.since_previous else { return Ok(()) };
    page.heading(&format!("Since the previous report: {}", counts(since)))?;
    page.line(&previous(since))?;
    named(page, "new", &since.new)?;
    named(page, "counts again", &since.again)?;
    list(page, &since.fixed, MAX_LINES, fixed)?;
    list(page, &since.incomparable, MAX_LINES, incomparable)
}

fn counts(since: &SincePrevious) -> String {
    let sum = |of: fn(&Incomparable) -> u64| {
        since.incomparable.iter().map(of).fold(0, u64::saturating_add)
    };
    let (now, before) = (sum(|one| one.now), sum(|one| one.before));
    let mut text = format!(
        "{} new, {} fixed, {} unchanged",
        number(since.new.len() as u64),
        number(since.fixed.len() as u64),
        number(since.unchanged)
    );
    if since.replaced > 0 {
        text.push_str(&format!(", {} replaced by another", number(since.replaced)));
    }
    if now > 0 || before > 0 {
        let (now, before) = (number(now), number(before));
        text.push_str(&format!(", not comparable {now} of now and {before} of then"));
    }
    text
}

fn previous(since: &SincePrevious) -> Line {
    let mut line = Line::at(2);
    line.say("It is").name(since.file.as_bytes());
    line.glue(",").say("finished").name(since.finished.as_bytes());
    line.glue(",").say("run").name(since.run_id.as_bytes()).glue(",");
    line.say(if since.verified { "its seal verified." } else { "without a seal." });
    line
}

fn named(page: &mut Page<'_>, word: &str, findings: &[FindingName]) -> io::Result<()> {
    list(page, findings, MAX_LINES, |finding| {
        let mut line = Line::of(finding.severity);
        line.say(word).glue(":");
        object(&mut line, finding);
        line
    })
}

/// However loud it was, nobody has to act.
fn fixed(finding: &FindingName) -> Line {
    let mut line = Line::at(2);
    line.painted("2", ". ").say("fixed:");
    object(&mut line, finding);
    line.say(&format!("(was {})", finding.severity));
    line
}

fn object(line: &mut Line, finding: &FindingName) {
    if let Some(policy) = &finding.policy {
        line.name(policy.as_bytes());
    }
    match &finding.path {
        Some(path) => line.path(path, finding.path_b64.as_ref()),
        None => line.say("evidence").value(finding.id.as_bytes()),
    };
}

fn incomparable(one: &Incomparable) -> Line {
    let mut line = Line::at(2);
    line.painted("33", "? ").name(one.what.as_bytes()).glue(":").say(&one.reason);
    line.say(&format!("({} now, {} then)", number(one.now), number(one.before)));
    line
}

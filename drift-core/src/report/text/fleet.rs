//! Many reports as one, for people.

use std::io;

use super::page::{Line, Page};
use super::words::{number, total};
use super::{MAX_LINES, list};
use crate::report::Style;
use crate::report::fleet::{Dated, Drift, Fleet, Group, NotTaken};

pub(in crate::report) fn write(
    fleet: &Fleet,
    style: &Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut page = Page::new(out, *style);
    first(&mut page, fleet)?;
    files(&mut page, "Refused", &fleet.refused)?;
    files(&mut page, "Not read", &fleet.unreadable)?;
    for group in fleet.groups.iter().take(MAX_LINES) {
        one(&mut page, group)?;
    }
    match fleet.groups.len().saturating_sub(MAX_LINES) {
        0 => Ok(()),
        more => {
            page.heading(&format!("and {} more groups (in --format json)", number(more as u64)))
        }
    }
}

fn first(page: &mut Page<'_>, fleet: &Fleet) -> io::Result<()> {
    let (paint, word) = match fleet.exit_code {
        0 => ("1;32", "CLEAN:"),
        1 => ("1;31", "DRIFT:"),
        4 => ("1;31", "UNTRUSTED:"),
        _ => ("1;33", "INCOMPLETE:"),
    };
    let mut line = Line::at(0);
    line.painted(paint, word).say(&total(fleet.targets, "target"));
    verdicts(&mut line, ":", &fleet.verdicts);
    let unread = fleet.unreadable.len().saturating_add(fleet.refused.len()) as u64;
    if unread > 0 {
        line.glue(";").say(&total(unread, "report")).say("not taken");
    }
    line.glue(".").say(&format!("Exit code {}.", fleet.exit_code));
    page.line(&line)?;
    let mut line = Line::at(2);
    line.say(&total(fleet.reports, "report")).say("named");
    if fleet.superseded > 0 {
        line.glue(",").say(&number(fleet.superseded));
        line.say("left out for a later one of the same target (--all takes them)");
    }
    line.glue(".");
    page.line(&line)?;
    let dates = [("Oldest:", &fleet.oldest), ("Newest:", &fleet.newest)];
    for (word, Dated { target, file, finished }) in
        dates.into_iter().filter_map(|(word, dated)| dated.as_ref().map(|dated| (word, dated)))
    {
        let mut line = Line::at(2);
        line.say(word).name(finished.as_bytes()).glue(",").name(target.as_bytes());
        line.glue(",").name(file.as_bytes());
        page.line(&line)?;
    }
    Ok(())
}

fn verdicts(line: &mut Line, mark: &'static str, counts: &std::collections::BTreeMap<String, u64>) {
    for (at, (status, of)) in counts.iter().enumerate() {
        line.glue(if at == 0 { mark } else { "," }).say(&number(*of)).say(status);
    }
}

fn files(page: &mut Page<'_>, heading: &str, files: &[NotTaken]) -> io::Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    page.heading(&format!("{heading}: {}", number(files.len() as u64)))?;
    list(page, files, MAX_LINES, |one| {
        let mut line = Line::at(2);
        line.painted("33", "? ").name(one.file.as_bytes()).glue(":").say(&one.reason);
        line
    })
}

fn one(page: &mut Page<'_>, group: &Group) -> io::Result<()> {
    let outlier = if group.outlier { "Outliers: " } else { "" };
    page.heading(&format!("{outlier}{}", total(group.targets, "equal target")))?;
    let mut line = Line::at(2);
    line.say("Compared with").say(&group.reference);
    if let Some(identity) = &group.identity {
        line.name(identity.as_bytes());
    }
    match &group.effective_root {
        Some(root) => line.glue(";").say("effective root").name(root.as_bytes()),
        None => line.glue(";").say("never captured"),
    };
    page.line(&line)?;
    for drift in group.drifts.iter().take(MAX_LINES) {
        findings(page, drift)?;
    }
    match group.drifts.len().saturating_sub(MAX_LINES) {
        0 => Ok(()),
        more => page.say(2, &format!("and {} more (in --format json)", number(more as u64))),
    }
}

fn findings(page: &mut Page<'_>, drift: &Drift) -> io::Result<()> {
    let mut line = match drift.worst {
        Some(worst) => Line::of(worst),
        None => Line::at(2),
    };
    line.say(&total(drift.targets, "target")).say("with");
    line.say(&total(drift.findings, "finding"));
    verdicts(&mut line, ",", &drift.verdicts);
    line.glue(":");
    for (at, name) in drift.names.iter().enumerate() {
        if at > 0 {
            line.glue(",");
        }
        line.name(name.as_bytes());
    }
    if drift.names_omitted > 0 {
        line.glue(",").say(&format!("and {} more", number(drift.names_omitted)));
    }
    page.line(&line)?;
    for finding in &drift.examples {
        let mut line = Line::at(6);
        line.say(finding.severity.name());
        if let Some(policy) = &finding.policy {
            line.name(policy.as_bytes());
        }
        match &finding.path {
            Some(path) => line.path(path, finding.path_b64.as_ref()),
            None => line.say("evidence").value(finding.id.as_bytes()),
        };
        page.line(&line)?;
    }
    let shown = drift.examples.len() as u64;
    match drift.findings.saturating_sub(shown) {
        0 => Ok(()),
        more => page.say(6, &format!("and {} more (in the reports)", number(more))),
    }
}

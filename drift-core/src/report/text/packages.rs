//! Package changes, one line each with the number of files that came with it; then whatever of
//! those packages' files does not fit.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use super::changes::{CAUSES, OF_PACKAGES, item};
use super::page::{Line, Page};
use super::words::{count, number, total, versions};
use super::{MAX_LINES, list};
use crate::model::Cause;
use crate::report::Report;
use crate::report::document::{Change, PackageOf};

pub(super) fn write(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let mut folded: BTreeMap<&str, u64> = BTreeMap::new();
    for change in &report.changes {
        if let Some(into) = &change.folded_into {
            let files = folded.entry(into).or_default();
            *files = files.saturating_add(1);
        }
    }
    let is_event =
        |change: &Change| change.folded_into.is_none() && OF_PACKAGES.contains(&change.cause);
    for (cause, heading, _) in CAUSES.iter().filter(|(cause, ..)| OF_PACKAGES.contains(cause)) {
        let members = report.changes.iter().filter(|c| c.cause == *cause && is_event(c));
        let (mut packages, exceptions): (Vec<&Change>, Vec<&Change>) =
            members.partition(|change| change.subject == "package");
        if !packages.is_empty() {
            packages.sort_by_key(|change| Reverse(change.severity));
            page.heading(&format!("{heading}: {}", number(packages.len() as u64)))?;
            list(page, &packages, MAX_LINES, |package| {
                event(report, package, folded.get(package.id.as_str()).copied().unwrap_or(0))
            })?;
        }
        if !exceptions.is_empty() {
            let entries = count(exceptions.len(), "change");
            page.heading(&format!("{heading}, {entries} that did not fold into them"))?;
            list(page, &exceptions, MAX_LINES, |change| item(change))?;
        }
    }
    for change in report.changes.iter().filter(|change| change.subject == "package") {
        folded.remove(change.id.as_str());
    }
    let lost = folded.values().copied().fold(0, u64::saturating_add);
    if lost > 0 {
        let lost = total(lost, "change");
        page.heading(&format!("{lost} folded into a package change that is not in this report"))?;
    }
    Ok(())
}

/// Appends when and by which command, as the target's log has it.
fn logged(line: &mut Line, package: &PackageOf) {
    let Some(event) = &package.event else { return };
    let (day, time) = event.time.split_once('T').unwrap_or((&event.time, ""));
    let minutes = time.get(..5).unwrap_or(time);
    let zone = if time.ends_with('Z') { "UTC" } else { "local time" };
    line.glue(";").say(event.action).say("on").say(day).say(minutes).say(zone);
    if let Some(command) = &event.command {
        line.say("by").value(command.as_bytes());
    }
    if let Some(person) = &event.requested_by {
        line.say("for").value(person.as_bytes());
    }
    line.glue(",").say("says").name(event.log.as_bytes());
}

/// Returns the line of one package.
fn event(report: &Report, change: &Change, folded: u64) -> Line {
    let mut line = Line::of(change.severity);
    line.path(&change.path, change.path_b64.as_ref());
    if let Some(package) = &change.package {
        versions(&mut line, package);
        line.glue(",").name(package.manager.as_bytes()).name(package.architecture.as_bytes());
    }
    // Where packages alone were compared, nothing is known of their files.
    if report.scope.only.iter().any(|part| part == "entries") {
        line.glue(":").say(&total(folded, "entry")).say(match change.cause {
            Cause::Removed => "went with it",
            Cause::Installed => "came with it",
            _ => "as its new record says",
        });
    }
    let unfit = report.changes.iter().filter(|other| {
        other.cause == Cause::ModifiedInPlace
            && other.subject == "entry"
            && other.package.as_ref().zip(change.package.as_ref()).is_some_and(|(of, this)| {
                of.name == this.name && of.architecture == this.architecture
            })
    });
    match unfit.count() {
        0 => {}
        unfit => {
            line.glue(";").say(&count(unfit, "entry")).say("of it modified in place: see above");
        }
    }
    if change.cause_verified {
        line.glue(";").say("verified by a manifest");
    } else {
        line.glue(";").say("on the package database's word alone");
    }
    if let Some(package) = &change.package {
        logged(&mut line, package);
    }
    line
}

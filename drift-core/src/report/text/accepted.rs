//! What was accepted into a new baseline: every change, none folded away and none cut off.

use std::io;

use super::changes::{CAUSES, item};
use super::page::{Line, Page};
use super::words::{count, number, versions};
use crate::report::Report;
use crate::report::document::Change;

pub(super) fn write(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    for (cause, heading, _) in CAUSES {
        let of_cause = |change: &&Change| change.cause == *cause;
        let all: Vec<&Change> = report.changes.iter().filter(of_cause).collect();
        let (packages, others): (Vec<&Change>, Vec<&Change>) =
            all.into_iter().partition(|change| change.subject == "package");
        if !packages.is_empty() {
            page.heading(&format!("{heading}: {}", number(packages.len() as u64)))?;
            packages.iter().try_for_each(|change| page.line(&package(change)))?;
        }
        let (folded, alone): (Vec<&Change>, Vec<&Change>) =
            others.into_iter().partition(|change| change.folded_into.is_some());
        if !folded.is_empty() {
            let entries = count(folded.len(), "change");
            page.heading(&format!("{heading}, {entries} that folded into them"))?;
            folded.iter().try_for_each(|change| page.line(&item(change)))?;
        }
        if !alone.is_empty() {
            page.heading(&format!("{heading}: {}", number(alone.len() as u64)))?;
            alone.iter().try_for_each(|change| page.line(&item(change)))?;
        }
    }
    Ok(())
}

fn package(change: &Change) -> Line {
    let mut line = Line::of(change.severity);
    line.path(&change.path, change.path_b64.as_ref());
    if let Some(package) = &change.package {
        versions(&mut line, package);
        line.glue(",").name(package.manager.as_bytes()).name(package.architecture.as_bytes());
    }
    line
}

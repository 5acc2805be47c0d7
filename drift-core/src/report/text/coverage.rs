//! What was not seen, grouped by why; what could not be seen by its nature; and the counts.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use super::page::{Line, Page};
use super::verdict::only_problem;
use super::words::{count, number, total};
use super::{MAX_LINES, list};
use crate::model::Severity;
use crate::report::Report;
use crate::report::document::Problem;

/// Objects that a group of problems, and names that a list, shows.
const EXAMPLES: usize = 3;

pub(super) fn write(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    problems(page, report)?;
    blind_spots(page, report)?;
    counts(page, report)
}

fn problems(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    // One that tells of the target as a whole stands in the first lines.
    if report.problems.is_empty() || only_problem(report).is_some() {
        return Ok(());
    }
    let mut groups: BTreeMap<(Option<&str>, &str), Vec<&Problem>> = BTreeMap::new();
    for problem in &report.problems {
        groups.entry((problem.errno, problem.reason.as_str())).or_default().push(problem);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, members)| Reverse(members.len()));
    page.heading(&format!("Not seen: {}", count(report.problems.len(), "problem")))?;
    list(page, &groups, MAX_LINES, |((errno, reason), members)| group(*errno, reason, members))
}

fn group(errno: Option<&str>, reason: &str, members: &[&Problem]) -> Line {
    let mut line = Line::at(2);
    line.painted("33", "? ");
    if errno == Some("EACCES") {
        // A kernel refuses even root what a user's FUSE mount hides: H06 of the threat model.
        line.say("run as root (as root already: look for a FUSE or network mount):");
    }
    line.say(&count(members.len(), "object")).glue(":").say(reason);
    if let Some(errno) = errno {
        line.say(&format!("({errno})"));
    }
    line.glue(";").say("such as");
    for (at, problem) in members.iter().take(EXAMPLES).enumerate() {
        if at > 0 {
            line.glue(",");
        }
        line.path(&problem.path, problem.path_b64.as_ref()).say(&format!("({})", problem.stage));
    }
    more(&mut line, members.len());
    line
}

fn more(line: &mut Line, members: usize) {
    match members.saturating_sub(EXAMPLES) {
        0 => {}
        more => {
            line.glue(",").say(&format!("and {} more (in the JSON report)", number(more as u64)));
        }
    }
}

fn blind_spots(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let coverage = &report.coverage;
    let mut lines = Vec::new();
    if !coverage.not_observable.is_empty() {
        let mut line = Line::at(2);
        line.say("Not looked at, or not carried by this kind of target:");
        names(&mut line, coverage.not_observable.iter().map(String::as_str));
        lines.push(line);
    }
    if !coverage.attributes_not_compared.is_empty() {
        let mut line = Line::at(2);
        line.say("Stored attributes that this version does not know:");
        names(&mut line, coverage.attributes_not_compared.iter().map(String::as_str));
        lines.push(line);
    }
    if !coverage.mounts_not_entered.is_empty() {
        let mounts = &coverage.mounts_not_entered;
        let mut line = Line::at(2);
        line.say(&count(mounts.len(), "mount")).say("not entered:");
        for (at, mount) in mounts.iter().take(EXAMPLES).enumerate() {
            if at > 0 {
                line.glue(",");
            }
            line.path(&mount.path, mount.path_b64.as_ref()).say("of type");
            line.name(mount.file_system.as_bytes());
        }
        more(&mut line, mounts.len());
        lines.push(line);
    }
    if !coverage.excluded.is_empty() {
        lines.push(exclusions(report));
    }
    if lines.is_empty() {
        return Ok(());
    }
    page.heading("Outside this comparison")?;
    lines.iter().try_for_each(|line| page.line(line))
}

fn exclusions(report: &Report) -> Line {
    let mut excluded: Vec<_> = report.coverage.excluded.iter().collect();
    excluded.sort_by_key(|exclusion| Reverse(exclusion.entries));
    let entries = excluded.iter().map(|exclusion| exclusion.entries).fold(0, u64::saturating_add);
    let mut line = Line::at(2);
    line.say(&total(entries, "name")).say("excluded by").say(&count(excluded.len(), "rule"));
    line.glue(":");
    for (at, exclusion) in excluded.iter().take(EXAMPLES).enumerate() {
        if at > 0 {
            line.glue(",");
        }
        line.name(exclusion.rule.as_bytes()).say(&format!("({})", number(exclusion.entries)));
    }
    more(&mut line, excluded.len());
    line
}

/// Appends every name: these lists are closed and short.
fn names<'n>(line: &mut Line, names: impl Iterator<Item = &'n str>) {
    for (at, name) in names.enumerate() {
        if at > 0 {
            line.glue(",");
        }
        line.name(name.as_bytes());
    }
}

fn counts(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let coverage = &report.coverage;
    let summary = &report.summary;
    page.heading("Counts")?;
    let mut line = Line::at(2);
    line.say(&total(coverage.entries, "entry")).glue(",");
    line.say(&total(coverage.files_hashed, "file")).say("read");
    line.say(&format!("({})", total(coverage.bytes_hashed, "byte")));
    for (value, words) in [
        (coverage.unreadable, "unreadable"),
        (coverage.unstable, "unstable"),
        (coverage.vanished, "vanished"),
        (coverage.not_compared, "not compared"),
    ] {
        if value > 0 {
            line.glue(",").say(&number(value)).say(words);
        }
    }
    page.line(&line)?;
    from_cache(page, report)?;
    let mut line = Line::at(2);
    line.say(&total(summary.changes.total, "change"));
    line.say(&format!("({} folded into packages)", number(summary.changes.folded)));
    let mut separator = ":";
    for severity in Severity::ALL.iter().rev() {
        if let Some(of) = summary.changes.by_severity.get(severity.name()) {
            line.glue(separator).say(&format!("{} {severity}", number(*of)));
            separator = ",";
        }
    }
    page.line(&line)?;
    policies(page, report)?;
    let mut line = Line::at(2);
    line.say("Run").name(report.run_id.as_bytes()).say("of").say(report.tool.name);
    line.say(report.tool.version).say("from").name(report.started.as_bytes());
    line.say("to").name(report.finished.as_bytes());
    page.line(&line)?;
    if let Some(root) = &report.target.root_digest {
        page.line(Line::at(2).say("Root of the target:").name(root.as_bytes()))?;
    }
    if let Some(root) = &report.target.effective_root {
        page.line(
            Line::at(2)
                .say("Effective root, equal on hosts that do not differ:")
                .name(root.as_bytes()),
        )?;
    }
    Ok(())
}

/// What was not read in this run, and where it lies.
fn from_cache(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let coverage = &report.coverage;
    let counts = [coverage.files_from_cache, coverage.proved_by_verity, coverage.rehash_sample];
    if counts == [0; 3] {
        return Ok(());
    }
    let mut line = Line::at(2);
    line.say(&total(coverage.files_from_cache, "file")).say("from the cache").glue(",");
    if coverage.proved_by_verity > 0 {
        line.say(&number(coverage.proved_by_verity)).say("proved by fs-verity").glue(",");
    }
    line.say(&number(coverage.rehash_sample)).say("hashed again as a sample");
    let mut trusted: Vec<_> = coverage.trusted_from_cache.iter().collect();
    trusted.sort_by_key(|trusted| Reverse(trusted.files));
    for (at, trusted) in trusted.iter().take(EXAMPLES).enumerate() {
        line.glue(if at == 0 { ";" } else { "," });
        if at == 0 {
            line.say("not read:");
        }
        line.path(&trusted.path, trusted.path_b64.as_ref());
        line.say(&format!("({})", number(trusted.files)));
    }
    more(&mut line, trusted.len());
    page.line(&line)
}

fn policies(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    if report.summary.policies.is_empty() {
        return page.say(2, "No policy was evaluated; name some with --policy.");
    }
    let mut line = Line::at(2);
    line.say("Policies");
    for (at, (status, of)) in report.summary.policies.iter().enumerate() {
        line.glue(if at == 0 { ":" } else { "," }).say(&format!("{} {status}", number(*of)));
    }
    page.line(&line)?;
    let score = &report.summary.score;
    let mut line = Line::at(2);
    match score.value {
        Some(value) => line.say(&format!("Score {value:.3} ({})", score.method)),
        None => line.say("No score: no policy passed or failed by weight"),
    };
    for (weight, words) in [(score.waived, "waived"), (score.not_checked, "not checked")] {
        if weight > 0 {
            line.glue(";").say("weight").say(&number(weight)).say(words);
        }
    }
    line.glue(".");
    page.line(&line)
}

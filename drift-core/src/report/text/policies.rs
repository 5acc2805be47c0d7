//! The policies: what failed and by what evidence, the loudest first; then what gave no answer, and
//! what could not be checked, by reason. The others are counted in the last lines.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use super::page::{Line, Page};
use super::words::{count, number};
use super::{MAX_LINES, list};
use crate::policy::Status;
use crate::report::Report;
use crate::report::document::{Evidence, Policy};

/// Denials of one policy that are shown; the JSON report has all.
const DENIALS: usize = 10;

/// Policies that a reason names.
const EXAMPLES: usize = 8;

pub(super) fn write(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    denied(page, report, Status::Fail, "Policies failed")?;
    denied(page, report, Status::Informational, "For information")?;
    unanswered(page, report)?;
    unchecked(page, report)
}

fn ended<'r>(report: &'r Report, status: &[Status]) -> Vec<&'r Policy> {
    let is = |policy: &&Policy| status.iter().any(|one| one.name() == policy.status);
    report.policies.iter().filter(is).collect()
}

/// What is accepted stands last.
fn denied(page: &mut Page<'_>, report: &Report, status: Status, heading: &str) -> io::Result<()> {
    let mut members = ended(report, &[status]);
    if members.is_empty() {
        return Ok(());
    }
    members.sort_by_key(|policy| (policy.waived_by.is_some(), Reverse(policy.severity)));
    let waived = members.iter().filter(|policy| policy.waived_by.is_some()).count();
    let accepted =
        if waived > 0 { format!(", {} waived", number(waived as u64)) } else { String::new() };
    page.heading(&format!("{heading}: {}{accepted}", number(members.len() as u64)))?;
    for policy in members.iter().take(MAX_LINES) {
        one(page, policy)?;
    }
    more(page, 2, members.len().saturating_sub(MAX_LINES) as u64)
}

fn more(page: &mut Page<'_>, indent: usize, left: u64) -> io::Result<()> {
    match left {
        0 => Ok(()),
        left => page.say(indent, &format!("and {} more (in the JSON report)", number(left))),
    }
}

fn one(page: &mut Page<'_>, policy: &Policy) -> io::Result<()> {
    let mut line = Line::of(policy.severity);
    line.name(policy.id.as_bytes()).glue(":").say(&policy.title);
    if let Some(tailored) = &policy.tailored {
        line.glue(";").say("of its own").say(tailored.severity.name());
        line.glue(",").say("tailored by").name(tailored.by.as_bytes());
    }
    if let Some(waiver) = &policy.waived_by {
        line.glue(";").say("waived by").name(waiver.as_bytes());
    }
    page.line(&line)?;
    for denial in policy.evidence.iter().take(DENIALS) {
        page.line(&evidence(denial))?;
    }
    let left = policy.evidence.len().saturating_sub(DENIALS) as u64;
    more(page, 6, left)?;
    if policy.evidence_omitted > 0 {
        let omitted = number(policy.evidence_omitted);
        page.say(6, &format!("and {omitted} beyond the limit of what one policy may answer"))?;
    }
    if policy.waived_by.is_none() && !policy.remediation.is_empty() {
        page.line(Line::at(6).say("What to do:").say(&policy.remediation))?;
    }
    Ok(())
}

fn evidence(denial: &Evidence) -> Line {
    let mut line = Line::at(6);
    let mut separator = "";
    // What stands first needs no mark before it.
    let mut join = |line: &mut Line, mark: &'static str, next: &'static str| {
        let before = if separator == ":" { separator } else { mark };
        if !separator.is_empty() {
            line.glue(before);
        }
        separator = next;
    };
    if let Some(path) = &denial.path {
        line.name(path.as_bytes());
        if let Some(at) = denial.line {
            line.glue(&format!(":{at}"));
        }
        join(&mut line, "", ":");
    }
    for (word, value) in [("observed", &denial.observed), ("expected", &denial.expected)] {
        if let Some(value) = value {
            join(&mut line, ",", ",");
            line.say(word).value(value.as_bytes());
        }
    }
    if let Some(message) = &denial.message {
        join(&mut line, ";", ";");
        line.say(message);
    }
    let named = [("package", &denial.package), ("waived by", &denial.waived_by)];
    for (word, name) in named {
        if let Some(name) = name {
            join(&mut line, ";", ";");
            line.say(word).name(name.as_bytes());
        }
    }
    if separator.is_empty() {
        line.say("denied without a word");
    }
    line
}

fn unanswered(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let members = ended(report, &[Status::Error, Status::Unknown]);
    if members.is_empty() {
        return Ok(());
    }
    page.heading(&format!("Policies without an answer: {}", number(members.len() as u64)))?;
    list(page, &members, MAX_LINES, |policy| {
        let mut line = Line::at(2);
        line.painted("33", "? ").say(policy.status).name(policy.id.as_bytes()).glue(":");
        line.say(policy.reason.as_deref().unwrap_or("it is not said why"));
        line
    })
}

fn unchecked(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let members = ended(report, &[Status::NotChecked]);
    if members.is_empty() {
        return Ok(());
    }
    let mut reasons: BTreeMap<&str, Vec<&Policy>> = BTreeMap::new();
    for policy in &members {
        reasons.entry(policy.reason.as_deref().unwrap_or_default()).or_default().push(policy);
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, policies)| Reverse(policies.len()));
    page.heading(&format!("Policies not checked: {}", number(members.len() as u64)))?;
    list(page, &reasons, MAX_LINES, |(reason, policies)| {
        let mut line = Line::at(2);
        line.painted("33", "? ");
        line.say(if reason.is_empty() { "it is not said why" } else { reason });
        line.glue(":");
        names(&mut line, policies);
        line
    })
}

fn names(line: &mut Line, policies: &[&Policy]) {
    for (at, policy) in policies.iter().take(EXAMPLES).enumerate() {
        if at > 0 {
            line.glue(",");
        }
        line.name(policy.id.as_bytes());
    }
    let left = policies.len().saturating_sub(EXAMPLES);
    if left > 0 {
        line.glue(",").say(&format!("and {} (in the JSON report)", count(left, "other policy")));
    }
}

//! Markdown (GitHub's dialect) for comments on pull requests and for the summaries of jobs.
//!
//! Whatever the document holds is put into code spans, where neither CommonMark nor what GitHub and
//! GitLab do after it (mentions, references, links, HTML) looks; words that are harmless stand bare.
//! The whole stays below the size of a comment on GitHub: where a table ends early, a line says how
//! many rows are missing and where they are.

mod cell;
mod table;

use std::cmp::Reverse;
use std::io;

use self::cell::code;
pub(super) use self::cell::prose;
use self::table::Table;
use super::findings::{Finding, Findings, Place, Since, by_class, waived};
use super::{Format, Report, Style, exact, text};
use crate::bounds::escape::escaped;
use crate::model::Severity;
use crate::policy::Status;

pub(super) const FORMAT: Format = Format {
    name: "markdown",
    meaning: "Markdown for pull requests and job summaries, at most 65,000 bytes",
    write,
};

/// Bytes for the rows of each section. With the rest they stay below the 65,536 characters that a
/// comment on GitHub may have.
const POLICIES: usize = 20_000;
const CHANGES: usize = 16_000;
const OVERVIEW: usize = 5_000;
const OTHERS: usize = 3_000;

fn write(report: &Report, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let findings = Findings::of(report);
    writeln!(out, "## drift: {}\n", word(report))?;
    writeln!(out, "{}\n", sentences(&text::conclusion(report)))?;
    overview(report).write(out)?;
    policies(report, &findings).write(out)?;
    undecided(report).write(out)?;
    problems(report).write(out)?;
    changes(&findings)?.write(out)?;
    waivers(report).write(out)?;
    fixed(report).write(out)?;
    incomparable(report).write(out)?;
    remedies(report).write(out)?;
    notes(report).write(out)
}

/// Returns the verdict in one of our own words.
fn word(report: &Report) -> &'static str {
    match (report.verdict.status, report.verdict.complete) {
        ("clean", true) => "clean",
        ("findings", true) => "drift",
        ("findings", false) => "drift, and incomplete",
        ("clean" | "incomplete", _) => "incomplete",
        ("untrusted", _) => "untrusted",
        _ => "unknown",
    }
}

/// Returns sentences bare where each of them may stand so.
fn sentences(text: &str) -> String {
    text.split(". ").map(prose).collect::<Vec<_>>().join(". ")
}

fn overview(report: &Report) -> Table {
    let mut table = Table::new("", ["", ""], OVERVIEW);
    let (target, baseline) = (&report.target, &report.baseline);
    table.row([prose("Target"), code(&target.locator)]);
    if let Some(root) = &target.effective_root {
        table.row([prose("Effective root"), code(root)]);
    }
    let held = if baseline.verified { "seal verified" } else { "UNSIGNED" };
    let mut reference = format!("{}, {held}", prose(baseline.kind));
    for named in [&baseline.identity, &baseline.digest].into_iter().flatten() {
        reference.push_str(&format!(", {}", code(named)));
    }
    table.row([prose("Compared with"), reference]);
    let silent = report.changes.iter().filter(|change| change.severity == Severity::None).count();
    let changes = text::count(report.changes.len() as u64, "change");
    table.row([prose("Changes"), format!("{changes}, {silent} of them no finding")]);
    if !report.policies.is_empty() {
        let ended =
            report.summary.policies.iter().map(|(status, n)| format!("{n} {}", prose(status)));
        let mut told = text::count(report.policies.len() as u64, "policy");
        told.push_str(&ended.map(|ended| format!(", {ended}")).collect::<String>());
        let score = &report.summary.score;
        if let Some(value) = score.value {
            told.push_str(&format!("; score {value:.3} ({})", prose(score.method)));
        }
        table.row([prose("Policies"), told]);
    }
    table.row([prose("Waived"), report.summary.waived.to_string()]);
    if let Some(since) = &report.since_previous {
        let told = format!(
            "{} new, {} fixed, {} unchanged, {} not comparable; {}",
            since.new.len(),
            since.fixed.len(),
            since.unchanged,
            since.incomparable.len(),
            code(&since.file)
        );
        table.row([prose("Since the previous report"), told]);
    }
    table.row([prose("Not seen"), text::count(report.problems.len() as u64, "problem")]);
    table.row([prose("Run"), format!("{}, {}", code(&report.run_id), code(&report.finished))]);
    table
}

fn policies(report: &Report, findings: &Findings<'_>) -> Table {
    let heading = "Denied by policies";
    let columns = ["severity", "policy", "where", "what", ""];
    let mut table = Table::new(heading, columns, POLICIES);
    for (at, policy) in report.policies.iter().enumerate() {
        for finding in findings.denials(at, policy) {
            let id = || format!("{} {}", code(&policy.id), prose(&policy.title));
            table.row_of(|| finding_row(id(), &finding));
        }
        if policy.evidence_omitted > 0 {
            let more = format!("and {} more, beyond the limit of output", policy.evidence_omitted);
            let severity = policy.severity.name().to_owned();
            table.row([severity, code(&policy.id), String::new(), more, String::new()]);
        }
    }
    table
}

fn changes(findings: &Findings<'_>) -> io::Result<Table> {
    let columns = ["severity", "cause", "where", "what", ""];
    let mut table = Table::folded("Changes", columns, CHANGES);
    let class = |finding: &Finding<'_>| (!finding.counts, Reverse(finding.severity));
    by_class(
        || findings.changes(),
        class,
        |_, finding| {
            if let Some(finding) = finding {
                let cause = || finding.rule().trim_start_matches("drift/").to_owned();
                table.row_of(|| finding_row(cause(), finding));
            }
            Ok(())
        },
    )?;
    Ok(table)
}

fn finding_row(rule: String, finding: &Finding<'_>) -> [String; 5] {
    let place = finding.place();
    let shown = match &place {
        Place::Entry(_, Some(line)) => format!("{}:{line}", place.shown()),
        _ => place.shown(),
    };
    let mut state = Vec::new();
    match finding.since {
        Since::New => state.push("new".to_owned()),
        Since::Unchanged => state.push("known".to_owned()),
        Since::Unknown => {}
    }
    match finding.waiver {
        Some(waiver) => state.push(format!("waived: {}", cell::ready(&waived(waiver)))),
        None if !finding.counts => state.push("does not count".to_owned()),
        None => {}
    }
    let severity = finding.severity.name().to_owned();
    [severity, rule, cell::ready(&shown), cell::ready(&finding.sentence()), state.join(", ")]
}

fn undecided(report: &Report) -> Table {
    let mut table = Table::new("Not decided", ["status", "policy", "why"], OTHERS);
    for policy in &report.policies {
        let decided = matches!(
            Status::parse(policy.status),
            Some(Status::Pass | Status::Fail | Status::Fixed | Status::Informational)
        );
        if !decided {
            let reason = policy.reason.as_deref().unwrap_or("no reason was given");
            table.row([prose(policy.status), code(&policy.id), prose(reason)]);
        }
    }
    table
}

fn problems(report: &Report) -> Table {
    let mut table = Table::new("Not seen", ["where", "tried", "why"], OTHERS);
    for problem in &report.problems {
        let path = exact(&problem.path, problem.path_b64.as_deref());
        let errno = problem.errno.map(|errno| format!(" ({errno})")).unwrap_or_default();
        let reason = format!("{}{errno}", problem.reason);
        table.row([cell::ready(&escaped(&path).to_string()), prose(problem.stage), prose(&reason)]);
    }
    table
}

fn waivers(report: &Report) -> Table {
    let columns = ["waiver", "state", "accepts", "owner", "until", "why"];
    let mut table = Table::folded("Waivers", columns, OTHERS);
    for waiver in &report.waivers {
        table.row([
            code(&waiver.id),
            prose(waiver.state),
            waiver.matched.to_string(),
            prose(&waiver.owner),
            code(&waiver.expires),
            prose(&waiver.reason),
        ]);
    }
    table
}

fn fixed(report: &Report) -> Table {
    let mut table =
        Table::folded("Fixed since the previous report", ["severity", "policy", "where"], OTHERS);
    for name in report.since_previous.iter().flat_map(|since| &since.fixed) {
        let or_empty = |text: &Option<String>| text.as_deref().map(code).unwrap_or_default();
        table.row([prose(name.severity.name()), or_empty(&name.policy), or_empty(&name.path)]);
    }
    table
}

fn incomparable(report: &Report) -> Table {
    let columns = ["what", "why", "findings now", "before"];
    let mut table = Table::new("Not comparable with the previous report", columns, OTHERS);
    for part in report.since_previous.iter().flat_map(|since| &since.incomparable) {
        let numbers = [part.now.to_string(), part.before.to_string()];
        let [now, before] = numbers;
        table.row([code(&part.what), prose(&part.reason), now, before]);
    }
    table
}

fn remedies(report: &Report) -> Table {
    let mut table = Table::folded("What to do", ["policy", "remediation"], OTHERS);
    for policy in report.policies.iter().filter(|policy| !policy.evidence.is_empty()) {
        table.row([code(&policy.id), prose(&policy.remediation)]);
    }
    table
}

fn notes(report: &Report) -> Table {
    let mut table = Table::folded("Notes", [""], OTHERS);
    for note in &report.notes {
        table.row([sentences(note)]);
    }
    table
}

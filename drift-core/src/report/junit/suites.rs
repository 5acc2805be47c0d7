//! What the suites and their cases are.

use std::io;

use super::xml::{Xml, shown};
use crate::bounds::escape::escaped;
use crate::model::Severity;
use crate::policy::Status;
use crate::report::document::{Policy, Problem};
use crate::report::findings::{Accepted, Finding, Findings, Since, What, waived};
use crate::report::{Report, exact, text};

/// A suite; all texts are escaped for people.
pub(super) struct Suite<'r> {
    name: String,
    properties: Vec<(String, String)>,
    cases: Cases<'r>,
}

/// The cases of a suite.
enum Cases<'r> {
    /// These.
    Made(Vec<Case<'r>>),
    /// One for each change that is a finding, made when it is written: there may be a million.
    Changes(Box<Findings<'r>>),
}

/// A case.
pub(super) struct Case<'r> {
    class: String,
    name: String,
    ended: Ended,
    /// The message of a failure, an error or a skip.
    message: String,
    detail: Vec<String>,
    file: Option<&'r str>,
    line: Option<u64>,
}

/// How a case ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Passed,
    Failed,
    InError,
    Skipped,
}

impl Suite<'_> {
    /// Counts the cases.
    pub(super) fn len(&self) -> usize {
        match &self.cases {
            Cases::Made(cases) => cases.len(),
            Cases::Changes(findings) => findings.changes().count(),
        }
    }

    /// Counts the cases that ended so.
    pub(super) fn count(&self, wanted: Ended) -> usize {
        match &self.cases {
            Cases::Made(cases) => cases.iter().filter(|case| case.ended == wanted).count(),
            Cases::Changes(findings) => {
                findings.changes().filter(|found| ended(found) == wanted).count()
            }
        }
    }
}

/// Returns whether everything was seen: the case that keeps an incomplete run from looking clean.
pub(super) fn coverage(report: &Report) -> Suite<'static> {
    let whole = report.verdict.complete && matches!(report.verdict.status, "clean" | "findings");
    let mut detail = vec![text::conclusion(report)];
    detail.extend(report.problems.iter().map(problem));
    let case = Case {
        class: "coverage".to_owned(),
        name: "everything in scope was compared".to_owned(),
        ended: if whole { Ended::Passed } else { Ended::InError },
        message: text::count(report.problems.len() as u64, "problem"),
        detail,
        file: None,
        line: None,
    };
    Suite { name: "coverage".to_owned(), properties: about(report), cases: Cases::Made(vec![case]) }
}

/// Returns one case for each change that is a finding; none where no entries were compared.
pub(super) fn changes(report: &Report) -> Option<Suite<'_>> {
    let findings = Findings::of(report);
    let compared = report.scope.only.iter().any(|part| part != "policies");
    let none = || Case {
        class: "changes".to_owned(),
        name: "no change is a finding".to_owned(),
        ended: Ended::Passed,
        message: String::new(),
        detail: Vec::new(),
        file: None,
        line: None,
    };
    let any = findings.changes().next().is_some();
    let cases = if any {
        Cases::Changes(Box::new(findings))
    } else if report.verdict.complete && compared {
        Cases::Made(vec![none()])
    } else if !report.changes.is_empty() {
        Cases::Made(Vec::new())
    } else {
        return None;
    };
    let quiet = report.changes.iter().filter(|change| change.severity == Severity::None).count();
    let properties = vec![
        ("changes".to_owned(), report.changes.len().to_string()),
        ("changes that are no finding".to_owned(), quiet.to_string()),
    ];
    Some(Suite { name: "changes".to_owned(), properties, cases })
}

/// Returns a suite for each pack, with one case for each policy.
pub(super) fn packs(report: &Report) -> Vec<Suite<'_>> {
    let findings = Findings::of(report);
    let mut suites: Vec<(&str, Vec<Case<'_>>)> = Vec::new();
    for (at, policy) in report.policies.iter().enumerate() {
        let (pack, name) = policy.id.split_once('/').unwrap_or(("policies", &policy.id));
        let found: Vec<Finding<'_>> = findings.denials(at, policy).collect();
        let more = findings.counts_omitted(policy);
        let ended = decided(policy, &found, more);
        let case = Case { class: shown(pack), name: shown(name), ..ended };
        match suites.iter_mut().find(|(known, _)| *known == pack) {
            Some((_, cases)) => cases.push(case),
            None => suites.push((pack, vec![case])),
        }
    }
    let suite = |(pack, cases)| Suite {
        name: shown(pack),
        properties: Vec::new(),
        cases: Cases::Made(cases),
    };
    suites.into_iter().map(suite).collect()
}

/// Writes a suite.
pub(super) fn write(xml: &mut Xml<'_>, suite: &Suite<'_>, report: &Report) -> io::Result<()> {
    let number = |number: usize| number.to_string();
    let mut attributes = vec![("name", suite.name.clone())];
    attributes.push(("tests", number(suite.len())));
    attributes.push(("failures", number(suite.count(Ended::Failed))));
    attributes.push(("errors", number(suite.count(Ended::InError))));
    attributes.push(("skipped", number(suite.count(Ended::Skipped))));
    attributes.push(("timestamp", shown(&report.started)));
    xml.open("testsuite", &borrowed(&attributes))?;
    if !suite.properties.is_empty() {
        xml.open("properties", &[])?;
        for (name, value) in &suite.properties {
            xml.empty("property", &[("name", name), ("value", value)])?;
        }
        xml.close("properties")?;
    }
    match &suite.cases {
        Cases::Made(cases) => cases.iter().try_for_each(|case| write_case(xml, case))?,
        Cases::Changes(findings) => {
            findings.changes().try_for_each(|found| write_case(xml, &change(&found)))?;
        }
    }
    xml.close("testsuite")
}

fn write_case(xml: &mut Xml<'_>, case: &Case<'_>) -> io::Result<()> {
    let mut attributes = vec![("classname", case.class.clone()), ("name", case.name.clone())];
    attributes.extend(case.file.map(|file| ("file", shown(file))));
    attributes.extend(case.line.map(|line| ("line", line.to_string())));
    let attributes = borrowed(&attributes);
    let element = match case.ended {
        Ended::Passed if case.detail.is_empty() => return xml.empty("testcase", &attributes),
        Ended::Passed => "system-out",
        Ended::Failed => "failure",
        Ended::InError => "error",
        Ended::Skipped => "skipped",
    };
    let message = [("message", case.message.as_str())];
    let message = if case.ended == Ended::Passed { &[][..] } else { &message };
    xml.open("testcase", &attributes)?;
    xml.lines(element, message, &case.detail)?;
    xml.close("testcase")
}

fn borrowed<'a>(attributes: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    attributes.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

fn change<'r>(found: &Finding<'r>) -> Case<'r> {
    let sentence = found.sentence();
    let file = match found.what {
        What::Change(change) if change.subject == "entry" => Some(change.path.as_str()),
        _ => None,
    };
    let message = match found.waiver {
        Some(waiver) => format!("waived: {}", waived(waiver)),
        None => format!("{}: {sentence}", found.severity),
    };
    let cause = found.rule().trim_start_matches("drift/").to_owned();
    Case {
        class: format!("changes.{cause}"),
        name: found.place().shown(),
        ended: ended(found),
        message,
        detail: vec![line(found)],
        file,
        line: None,
    }
}

fn ended(found: &Finding<'_>) -> Ended {
    match (found.counts, found.waiver) {
        (true, _) => Ended::Failed,
        (false, Some(_)) => Ended::Skipped,
        (false, None) => Ended::Passed,
    }
}

fn decided<'r>(policy: &'r Policy, found: &[Finding<'r>], more: bool) -> Case<'r> {
    let reason = shown(policy.reason.as_deref().unwrap_or("no reason was given"));
    let status = Status::parse(policy.status);
    let ended = match status {
        None | Some(Status::Error | Status::Unknown) => Ended::InError,
        Some(Status::Pass | Status::Fixed | Status::Informational) => Ended::Passed,
        Some(Status::NotApplicable | Status::NotChecked | Status::NotSelected) => Ended::Skipped,
        Some(Status::Fail) if more || found.iter().any(|finding| finding.counts) => Ended::Failed,
        Some(Status::Fail) if found.iter().all(|finding| finding.waiver.is_some()) => {
            Ended::Skipped
        }
        Some(Status::Fail) => Ended::Passed,
    };
    let mut detail: Vec<String> = found.iter().map(|finding| line(finding)).collect();
    if policy.evidence_omitted > 0 {
        detail.push(format!(
            "and {} more denials, beyond the limit of output",
            policy.evidence_omitted
        ));
    }
    if !detail.is_empty() {
        detail.push(format!("rationale: {}", shown(&policy.rationale)));
        detail.push(format!("remediation: {}", shown(&policy.remediation)));
    }
    let file = found.iter().find_map(|finding| match finding.what {
        What::Denial(_, _, evidence) => evidence.path.as_deref().map(|path| (path, evidence.line)),
        What::Change(_) => None,
    });
    let message =
        format!("{}: {}: {}: {reason}", policy.status, policy.severity, shown(&policy.title));
    Case {
        class: String::new(),
        name: String::new(),
        ended,
        message,
        detail,
        file: file.map(|(path, _)| path),
        line: file.and_then(|(_, line)| line),
    }
}

/// Returns a finding with everything that bears on whether it counts.
fn line(found: &Finding<'_>) -> String {
    let place = found.place();
    let mut told = format!("{}: {}", place.shown(), found.sentence());
    if let crate::report::findings::Place::Entry(_, Some(line)) = place {
        told = format!("{}:{line}: {}", place.shown(), found.sentence());
    }
    told.push_str(&format!(" [{}", found.severity));
    match found.since {
        Since::New => told.push_str(", new"),
        Since::Unchanged => told.push_str(", in the previous report too"),
        Since::Unknown => {}
    }
    if let Some(waiver) = found.waiver {
        told.push_str(&format!(", waived by {}", waived(waiver)));
    }
    if !found.counts {
        told.push_str(", does not count for the verdict");
    }
    told.push(']');
    told
}

fn problem(problem: &Problem) -> String {
    let path = exact(&problem.path, problem.path_b64.as_deref());
    let errno = problem.errno.map(|errno| format!(" ({errno})")).unwrap_or_default();
    format!("{}: {}: {}{errno}", escaped(&path), problem.stage, shown(&problem.reason))
}

/// Returns what the run was, for who finds the file later.
fn about(report: &Report) -> Vec<(String, String)> {
    let digest = |digest: &Option<String>| shown(digest.as_deref().unwrap_or("none"));
    let score = report.summary.score.value;
    let mut about = vec![
        ("target", shown(&report.target.locator)),
        ("verdict", shown(report.verdict.status)),
        ("exit code", report.verdict.exit_code.to_string()),
        ("fail on", shown(&report.scope.fail_on)),
        ("effective root", digest(&report.target.effective_root)),
        ("baseline", shown(report.baseline.kind)),
        ("baseline verified", report.baseline.verified.to_string()),
        ("baseline digest", digest(&report.baseline.digest)),
        ("waived", report.summary.waived.to_string()),
        ("score", score.map_or_else(|| "none".to_owned(), |value| format!("{value:.3}"))),
        ("run", shown(&report.run_id)),
    ];
    about.extend(report.since_previous.iter().flat_map(|since| {
        [
            ("new", since.new.len()),
            ("fixed", since.fixed.len()),
            ("incomparable", since.incomparable.len()),
        ]
        .map(|(name, number)| (name, number.to_string()))
    }));
    about.extend(report.waivers.iter().map(|waiver| {
        (
            "waiver",
            format!(
                "{}: {}, {} matched",
                waived(Accepted::of(waiver)),
                waiver.state,
                waiver.matched
            ),
        )
    }));
    about.extend(report.notes.iter().map(|note| ("note", shown(note))));
    about.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

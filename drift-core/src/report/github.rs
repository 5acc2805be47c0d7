//! Workflow commands of GitHub Actions: an annotation for each finding, on standard output of a step.
//!
//! The grammar is that of actions/toolkit (`packages/core/src/command.ts`) and of the runner's
//! `ActionCommand.TryParseV2`: one command a line, `%`, CR and LF encoded in messages, `:` and `,` in
//! properties too. GitHub shows the first ten of each level of a step, so the conclusion comes first
//! and the loudest findings follow; the log of the step has all lines.

use std::cmp::Reverse;
use std::io;

use super::findings::{Finding, Findings, Place, What, by_class, waived};
use super::{Format, Report, Style, exact, text};
use crate::bounds::escape::escaped;
use crate::model::Severity;
use crate::policy::Status;

pub(super) const FORMAT: Format = Format {
    name: "github",
    meaning: "workflow commands of GitHub Actions: an annotation for each finding",
    write,
};

/// How GitHub shows an annotation; the loudest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Error,
    Warning,
    Notice,
}

/// One annotation; every text is escaped for people.
struct Annotation {
    level: Level,
    severity: Severity,
    title: String,
    file: Option<(String, Option<u64>)>,
    message: String,
}

fn write(report: &Report, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let findings = Findings::of(report);
    let mut others: Vec<Annotation> = undecided(report, &findings).collect();
    others.extend(problems(report));
    // A stable sort: within one level and severity the order of the document stays.
    others.sort_by_key(|annotation| (annotation.level, Reverse(annotation.severity)));
    let mut others = others.iter().peekable();
    annotate(&conclusion(report), out)?;
    let class = |finding: &Finding<'_>| (level(finding), Reverse(finding.severity));
    by_class(
        || findings.all(),
        class,
        |class, finding| {
            let Some(finding) = finding else {
                let same = |other: &&Annotation| (other.level, Reverse(other.severity)) <= *class;
                while let Some(other) = others.next_if(|other| same(other)) {
                    annotate(other, out)?;
                }
                return Ok(());
            };
            let louder = |other: &&Annotation| (other.level, Reverse(other.severity)) < *class;
            while let Some(other) = others.next_if(|other| louder(other)) {
                annotate(other, out)?;
            }
            annotate(&of_finding(finding), out)
        },
    )?;
    others.try_for_each(|other| annotate(other, out))?;
    annotate(&counts(report), out)
}

fn annotate(annotation: &Annotation, out: &mut dyn io::Write) -> io::Result<()> {
    let level = match annotation.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    };
    write!(out, "::{level} ")?;
    if let Some((file, line)) = &annotation.file {
        write!(out, "file={},", property(file))?;
        if let Some(line) = line {
            write!(out, "line={line},")?;
        }
    }
    writeln!(out, "title={}::{}", property(&annotation.title), data(&annotation.message))
}

/// Encodes a message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Encodes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

fn conclusion(report: &Report) -> Annotation {
    Annotation {
        level: if report.verdict.exit_code == 0 { Level::Notice } else { Level::Error },
        severity: Severity::Critical,
        title: format!("drift {}", escaped(report.target.locator.as_bytes())),
        file: None,
        message: text::conclusion(report),
    }
}

fn of_finding(finding: &Finding<'_>) -> Annotation {
    let place = finding.place();
    let mut message = match &place {
        Place::Entry(..) => finding.sentence(),
        _ => format!("{}: {}", place.shown(), finding.sentence()),
    };
    if let Some(waiver) = finding.waiver {
        message.push_str(&format!(" (waived by {})", waived(waiver)));
    } else if !finding.counts {
        message.push_str(" (does not count for the verdict)");
    }
    let shown = place.shown();
    let file = match place {
        Place::Entry(_, line) => Some((shown, line)),
        _ => None,
    };
    let mut title = format!("{}: {}", finding.severity, escaped(finding.rule().as_bytes()));
    if let What::Denial(policy, ..) = finding.what {
        title = format!("{title}: {}", escaped(policy.title.as_bytes()));
    }
    Annotation { level: level(finding), severity: finding.severity, title, file, message }
}

fn level(finding: &Finding<'_>) -> Level {
    match finding.severity {
        _ if !finding.counts => Level::Notice,
        Severity::Critical | Severity::High => Level::Error,
        Severity::Medium => Level::Warning,
        Severity::Low | Severity::Informational | Severity::None => Level::Notice,
    }
}

/// Returns an annotation for each policy that did not decide, or denied more than it may say.
fn undecided(report: &Report, findings: &Findings<'_>) -> impl Iterator<Item = Annotation> {
    report.policies.iter().flat_map(|policy| {
        let id = escaped(policy.id.as_bytes());
        let told = |level, title: String, message: String| Annotation {
            level,
            severity: policy.severity,
            title,
            file: None,
            message,
        };
        let reason =
            escaped(policy.reason.as_deref().unwrap_or("no reason").as_bytes()).to_string();
        let open = match Status::parse(policy.status) {
            None | Some(Status::Error | Status::Unknown) => Some(Level::Error),
            Some(Status::NotChecked) => Some(Level::Warning),
            _ => None,
        };
        let open = open.map(|level| told(level, format!("{}: {id}", policy.status), reason));
        let omitted = (policy.evidence_omitted > 0).then(|| {
            let more =
                format!("and {} more denials, beyond the limit of output", policy.evidence_omitted);
            let counts = findings.counts_omitted(policy);
            let level = if counts { Level::Error } else { Level::Notice };
            told(level, format!("{}: {id}", policy.severity), more)
        });
        open.into_iter().chain(omitted)
    })
}

fn problems(report: &Report) -> impl Iterator<Item = Annotation> {
    report.problems.iter().map(|problem| {
        let path = exact(&problem.path, problem.path_b64.as_deref());
        let errno = problem.errno.map(|errno| format!(" ({errno})")).unwrap_or_default();
        Annotation {
            level: Level::Error,
            severity: Severity::Medium,
            title: "not seen".to_owned(),
            file: Some((escaped(&path).to_string(), None)),
            message: format!("{}: {}{errno}", problem.stage, escaped(problem.reason.as_bytes())),
        }
    })
}

fn counts(report: &Report) -> Annotation {
    let silent = report.changes.iter().filter(|change| change.severity == Severity::None).count();
    let policies =
        report.summary.policies.iter().map(|(status, number)| format!("{number} {status}"));
    let policies: Vec<String> = policies.collect();
    let mut message = format!(
        "{}, {} of them no finding; policies: {}; {} waived",
        text::count(report.changes.len() as u64, "change"),
        silent,
        if policies.is_empty() { "none".to_owned() } else { policies.join(", ") },
        report.summary.waived,
    );
    if let Some(since) = &report.since_previous {
        message.push_str(&format!(
            "; since the previous report: {} new, {} fixed, {} unchanged, {} not comparable",
            since.new.len(),
            since.fixed.len(),
            since.unchanged,
            since.incomparable.len()
        ));
    }
    let title = "drift: counts".to_owned();
    Annotation { level: Level::Notice, severity: Severity::None, title, file: None, message }
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    /// The vectors are those of actions/toolkit, `packages/core/__tests__/command.test.ts`.
    #[test]
    fn commands_are_encoded_as_the_toolkit_does() {
        assert_eq!(
            data("percent % percent % cr \r cr \r lf \n lf \n"),
            "percent %25 percent %25 cr %0D cr %0D lf %0A lf %0A"
        );
        assert_eq!(
            property("percent % percent % cr \r cr \r lf \n lf \n colon : colon : comma , comma ,"),
            "percent %25 percent %25 cr %0D cr %0D lf %0A lf %0A colon %3A colon %3A comma %2C comma %2C"
        );
        assert_eq!(property("%0A%3A"), "%250A%253A");
    }
}

//! The formats of others, judged by their own readers: the SARIF schema of OASIS through `jsonschema`,
//! `junitparser`, GitHub's renderer of Markdown, and the grammar of GitHub's runner.
//!
//! `fixtures/formats/judge.py` also compares each file with the JSON report of the same run, so that a
//! finding that a format loses, or a name that it alters, is seen.

use std::path::Path;

use drift_core::model::{Cause, Severity};
use drift_core::report::FORMATS;
use drift_core::report::document::{Change, Evidence, Policy, Report};
use drift_testkit::{command, need};

use super::sample::{Sample, counts};
use super::{
    HOSTILE, PLAIN, clean, hostile, hostile_everywhere, incomplete, plain, untrusted, written,
    zero_configuration,
};

/// Findings of the large report: changes and denials.
const LARGE: [usize; 2] = [6_000, 4_000];

#[test]
fn readers_of_others_accept_every_report_and_lose_nothing() {
    let Some(judge) = Judge::find() else { return };
    let folder = tempfile::tempdir().expect("a directory can be made");
    let mut reports = vec![plain(), clean(), incomplete(), untrusted(), zero_configuration()];
    for bytes in HOSTILE {
        reports.extend([hostile(bytes), hostile_everywhere(bytes)]);
    }
    reports.extend([large(), never_failing()]);
    for (at, report) in reports.iter().enumerate() {
        write(folder.path(), &format!("{at:02}"), report);
    }
    let (accepted, said) = judge.says(folder.path());
    assert!(accepted, "{said}");
    let expect = format!("sarif: {} files accepted, the largest of 10", reports.len());
    assert!(said.contains(&expect), "{said}");
}

/// A judge that accepts everything proves nothing.
#[test]
fn readers_of_others_refuse_what_is_wrong() {
    let Some(judge) = Judge::find() else { return };
    let swaps: [(&str, &str, &str); 12] = [
        ("sarif", "\"level\": \"error\"", "\"level\": \"loud\""),
        ("sarif", "\"uri\": \"usr/bin/ssh\"", "\"uri\": \"usr/bin/sh\""),
        ("sarif", "\"suppressions\": [\n", "\"suppressed\": [\n"),
        ("sarif", "\"startLine\": 3", "\"startLine\": 0"),
        ("junit", "<failure", "<skipped"),
        ("junit", "failures=\"", "failures=\"1"),
        ("junit", "&gt;", "<"),
        ("markdown", "## drift", "## @drift"),
        ("markdown", "## drift", "## [drift](x)"),
        ("github", "::error ", "::set-env "),
        ("github", "::error ", "error "),
        ("ndjson", "\"record\":\"policy\"", "\"record\":\"waiver\""),
    ];
    for (format, from, to) in swaps {
        let folder = tempfile::tempdir().expect("a directory can be made");
        write(folder.path(), "swapped", &plain());
        swap(&folder.path().join(format!("swapped.{format}")), from, to);
        let (accepted, said) = judge.says(folder.path());
        assert!(!accepted && said.contains("1 refused"), "{format}: {from} to {to}: {said}");
        assert!(said.contains(&format!("swapped.{format}: ")), "{said}");
    }
}

#[test]
fn a_long_report_says_in_markdown_what_it_leaves_out() {
    let text = written("markdown", &large(), PLAIN);
    assert!(text.len() < 65_536, "{}", text.len());
    assert!(text.contains("### Denied by policies: 4000\n"), "the heading counts all");
    assert!(text.contains("<summary>Changes: 6000</summary>"), "the heading counts all");
    assert_eq!(text.matches(" more are not shown here").count(), 2, "{text}");
}

/// Ten thousand findings with every hostile name in turn.
fn large() -> Report {
    let mut report = plain();
    let [changes, denials] = LARGE;
    report.changes = (0..changes).map(change).collect();
    report.summary.changes = counts(&report.changes);
    let sample = Sample { name: &|text| text.as_bytes().to_vec(), made: &str::to_owned };
    let denied = |at: usize| Evidence {
        id: format!("{at:064x}"),
        line: Some(at as u64),
        observed: Some(String::from_utf8_lossy(HOSTILE[at % HOSTILE.len()]).into_owned()),
        ..sample.evidence("host/large", &format!("/srv/{at}"), at.is_multiple_of(7).then_some("W1"))
    };
    report.policies = (0..40)
        .map(|pack| Policy {
            evidence: (0..denials).filter(|at| at % 40 == pack).map(denied).collect(),
            ..sample.policy(&format!("pack{}/policy_{pack}", pack % 4))
        })
        .collect();
    report.since_previous = None;
    report
}

fn change(at: usize) -> Change {
    let bytes = HOSTILE[at % HOSTILE.len()];
    let name = |text: &str| [text.as_bytes(), bytes].concat();
    let sample = Sample { name: &name, made: &str::to_owned };
    let severities = &Severity::ALL[1..];
    Change {
        id: format!("{:064x}", at + 1_000_000),
        severity: severities[at % severities.len()],
        waived_by: at.is_multiple_of(11).then(|| "W1".to_owned()),
        ..sample.change(&format!("/opt/{at}/x"), Cause::ALL[at % 13])
    }
}

/// Nothing counts, and nothing is hidden.
fn never_failing() -> Report {
    let mut report = plain();
    report.scope.fail_on = "never".to_owned();
    report.verdict.status = "incomplete";
    report.verdict.exit_code = 3;
    report
}

#[expect(clippy::disallowed_methods, reason = "the judge is another program, and reads files")]
fn write(folder: &Path, name: &str, report: &Report) {
    for format in FORMATS {
        let file = folder.join(format!("{name}.{}", format.name));
        std::fs::write(file, written(format.name, report, PLAIN)).expect("it can be written");
    }
}

#[expect(clippy::disallowed_methods, reason = "the judge is another program, and reads files")]
fn swap(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).expect("it was written");
    assert!(text.contains(from), "{from} is nowhere in {text}");
    std::fs::write(file, text.replacen(from, to, 1)).expect("it can be written");
}

/// The program that judges.
struct Judge {
    python: std::path::PathBuf,
    program: &'static str,
}

impl Judge {
    fn find() -> Option<Self> {
        let _schemas = need::python_module("jsonschema")?;
        let _markdown = need::python_module("cmarkgfm")?;
        let python = need::python_module("junitparser")?;
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/formats/judge.py");
        Some(Self { python, program })
    }

    fn says(&self, folder: &Path) -> (bool, String) {
        let folder = folder.to_str().expect("its name is text");
        let run = command::run(&self.python, ["-B", self.program, folder]);
        (run.code == Some(0), format!("{}{}", run.text(), run.error_text()))
    }
}

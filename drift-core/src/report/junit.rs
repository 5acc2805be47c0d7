//! JUnit XML, as CI systems and test dashboards read it (the schema of Jenkins' xunit plug-in).
//!
//! A suite `coverage` says whether everything was seen, a suite `changes` has one case for each change
//! that is a finding, and each pack has a suite with one case for each policy. A case fails when it
//! counts for the verdict, so that the file is red exactly when the run is; what is waived or could
//! not be checked is skipped with its reason. There are no durations of cases, because none are known.

mod suites;
mod xml;

use std::io;

use self::suites::{Ended, Suite, changes, coverage, packs};
use self::xml::Xml;
use super::{Format, Report, Style};
use crate::bounds::Timestamp;

pub(super) const FORMAT: Format = Format {
    name: "junit",
    meaning: "JUnit XML: a case for each policy and each changed path, red when the run is",
    write,
};

fn write(report: &Report, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut suites = vec![coverage(report)];
    suites.extend(changes(report));
    suites.extend(packs(report));
    let tests: usize = suites.iter().map(Suite::len).sum();
    let total = |ended| suites.iter().map(|suite| suite.count(ended)).sum::<usize>().to_string();
    let mut xml = Xml::new(out)?;
    xml.open(
        "testsuites",
        &[
            ("name", "drift"),
            ("tests", &tests.to_string()),
            ("failures", &total(Ended::Failed)),
            ("errors", &total(Ended::InError)),
            ("skipped", &total(Ended::Skipped)),
            ("time", &seconds(report)),
        ],
    )?;
    for suite in &suites {
        suites::write(&mut xml, suite, report)?;
    }
    xml.close("testsuites")
}

/// Returns how long the run took.
fn seconds(report: &Report) -> String {
    let time = |text: &str| Timestamp::parse(text).map(Timestamp::seconds);
    let taken = match (time(&report.started), time(&report.finished)) {
        (Ok(started), Ok(finished)) => finished.saturating_sub(started).max(0),
        _ => 0,
    };
    taken.to_string()
}

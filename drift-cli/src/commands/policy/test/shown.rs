//! Results of tests, for people and for programs.

use std::collections::BTreeMap;

use drift_core::bounds::escape::escaped;
use drift_core::policy::testing::{Ending, Lines};
use serde::Serialize;

use super::Results;
use crate::commands::policy::counted;
use crate::failure::Failure;

/// Returns the results for people: what is wrong, then the sums.
pub(super) fn text(results: &Results, coverage: bool) -> String {
    let mut text = String::new();
    for (test, ending) in &results.tests {
        let (file, id) = (escaped(test.file.as_bytes()).to_string(), test.id());
        match ending {
            Ending::Passed => {}
            Ending::Skipped => text.push_str(&format!("skipped {id} ({file}:{})\n", test.line)),
            Ending::Failed { line, text: source } => {
                let source = escaped(source.as_bytes());
                text.push_str(&format!(
                    "fail    {id}\n        {file}:{line}: not true: {source}\n"
                ));
            }
            Ending::Error(why) | Ending::Exceeded(why) => {
                let (name, line) = (ending.name(), test.line);
                let why = escaped(why.as_bytes());
                text.push_str(&format!("{name:<7} {id}\n        {file}:{line}: {why}\n"));
            }
        }
    }
    if coverage {
        for (file, lines) in &results.coverage {
            text.push_str(&covered(file, lines));
        }
        for file in &results.unreached {
            text.push_str(&format!("  0.0%  {}: no test reached it\n", escaped(file.as_bytes())));
        }
    }
    let count =
        |name: &str| results.tests.iter().filter(|(_, ending)| ending.name() == name).count();
    let total = counted(results.tests.len(), "test", "tests");
    let sums = ["pass", "fail", "error", "exceeded", "skipped"];
    let sums = sums.iter().map(|name| (name, count(name))).filter(|(_, count)| *count > 0);
    let sums: Vec<String> = sums.map(|(name, count)| format!("{count} {name}")).collect();
    let sums = if sums.is_empty() { "none ran".to_owned() } else { sums.join(", ") };
    text.push_str(&format!("{total}: {sums}\n"));
    text
}

fn covered(file: &str, lines: &Lines) -> String {
    let (whole, tenth) = (lines.permille() / 10, lines.permille() % 10);
    let mut text = format!("{whole:>3}.{tenth}%  {}", escaped(file.as_bytes()));
    if !lines.uncovered.is_empty() {
        let lines: Vec<String> = lines.uncovered.iter().map(u32::to_string).collect();
        text.push_str(&format!(": not reached: {}", lines.join(", ")));
    }
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Document<'r> {
    schema: &'static str,
    tests: Vec<Row<'r>>,
    coverage: BTreeMap<&'r str, Share<'r>>,
    untested: &'r [String],
    unreached: &'r [String],
}

#[derive(Serialize)]
struct Row<'r> {
    package: &'r str,
    name: &'r str,
    file: &'r str,
    line: u32,
    result: &'static str,
    failed_line: Option<u32>,
    reason: Option<&'r str>,
}

#[derive(Serialize)]
struct Share<'r> {
    percent: f64,
    #[serde(flatten)]
    lines: &'r Lines,
}

/// Returns the results as JSON.
pub(super) fn json(results: &Results) -> Result<String, Failure> {
    let rows = results.tests.iter().map(|(test, ending)| {
        let (failed_line, reason) = match ending {
            Ending::Failed { line, text } => (Some(*line), Some(text.as_str())),
            Ending::Error(why) | Ending::Exceeded(why) => (None, Some(why.as_str())),
            Ending::Passed | Ending::Skipped => (None, None),
        };
        Row {
            package: &test.package,
            name: &test.name,
            file: &test.file,
            line: test.line,
            result: ending.name(),
            failed_line,
            reason,
        }
    });
    let coverage = results.coverage.iter().map(|(file, lines)| {
        let permille = u32::try_from(lines.permille()).unwrap_or(u32::MAX);
        (file.as_str(), Share { percent: f64::from(permille) / 10.0, lines })
    });
    let document = Document {
        schema: "drift.policy-tests/v1",
        tests: rows.collect(),
        coverage: coverage.collect(),
        untested: &results.untested,
        unreached: &results.unreached,
    };
    let mut text = serde_json::to_string_pretty(&document).map_err(Failure::internal)?;
    text.push('\n');
    Ok(text)
}

//! Tests that authors write beside their policies: every rule `test_*` in a file `*_test.rego` must be
//! true, as OPA has it; `todo_test_*` is skipped, and says so.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod junit;
mod run;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::diagnostic::{Diagnostic, Diagnostics};
use super::engine::{Engine, Limits};
use super::set::PolicySet;

pub use junit::junit;
pub use run::{job, serve};

/// The end of the name of a file with tests.
pub const TESTS: &str = "_test.rego";

/// One test.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Test {
    /// The file, as its origin names it.
    pub file: String,
    /// The line on which it begins, from 1.
    pub line: u32,
    /// Its package.
    pub package: String,
    /// The name of its rule.
    pub name: String,
}

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Ending {
    /// It is true.
    Passed,
    /// It is not true. The line is the last one that was evaluated in it.
    Failed {
        /// From 1.
        line: u32,
        /// What stands on that line.
        text: String,
    },
    /// It cannot be evaluated.
    Error(String),
    /// A limit stopped it.
    Exceeded(String),
    /// Its author has still to write it.
    Skipped,
}

/// What a test reached of one file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// Lines that were evaluated.
    pub covered: BTreeSet<u32>,
    /// Lines with something to evaluate that were not.
    pub uncovered: BTreeSet<u32>,
}

/// How one test ended and what it reached, as a worker tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// How it ended.
    pub ending: Ending,
    /// By file.
    pub lines: BTreeMap<String, Lines>,
}

impl Test {
    /// Returns the name that no other test of its origin has.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}.{}", self.package, self.name)
    }

    /// Returns whether it is skipped.
    #[must_use]
    pub fn is_todo(&self) -> bool {
        self.name.starts_with("todo_")
    }
}

impl Ending {
    /// Returns the word for it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Passed => "pass",
            Self::Failed { .. } => "fail",
            Self::Error(_) => "error",
            Self::Exceeded(_) => "exceeded",
            Self::Skipped => "skipped",
        }
    }

    /// Returns whether nothing is wrong.
    #[must_use]
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Passed | Self::Skipped)
    }
}

impl Lines {
    /// Adds what another test reached.
    pub fn add(&mut self, other: &Self) {
        self.covered.extend(&other.covered);
        self.uncovered.extend(&other.uncovered);
        let covered = &self.covered;
        self.uncovered.retain(|line| !covered.contains(line));
    }

    /// Returns the share of covered lines in tenths of a percent; all of a file without any.
    #[must_use]
    pub fn permille(&self) -> usize {
        let all = self.covered.len().saturating_add(self.uncovered.len());
        self.covered.len().saturating_mul(1000).checked_div(all).unwrap_or(1000)
    }
}

/// Returns every test of an origin, by file and line. The engine that was loaded has no tests in it,
/// so what is wrong with their texts is found here.
pub fn discover(set: &PolicySet, origin: usize) -> Result<Vec<Test>, Diagnostics> {
    let (engine, wrong) = with_tests(set, origin);
    if !wrong.0.is_empty() {
        return Err(wrong);
    }
    let mut wrong = Vec::new();
    let mut tests: BTreeMap<String, Test> = BTreeMap::new();
    for rule in engine.rules() {
        if !rule.file.ends_with(TESTS) || !is_test(&rule.name) {
            continue;
        }
        if !rule.package.ends_with("_test") {
            let message = format!("tests stand in the package {0}_test, not in {0}", rule.package);
            let mut diagnostic = Diagnostic::of_file(&rule.file, "test/package", message);
            diagnostic.line = rule.lines.0;
            wrong.push(diagnostic);
            continue;
        }
        let test =
            Test { file: rule.file, line: rule.lines.0, package: rule.package, name: rule.name };
        // A rule with several bodies is one test.
        let _first = tests.entry(test.id()).or_insert(test);
    }
    let mut tests: Vec<Test> = tests.into_values().collect();
    tests.sort();
    if wrong.is_empty() { Ok(tests) } else { Err(Diagnostics(wrong)) }
}

/// Returns the ids of the policies of an origin that no test is about.
#[must_use]
pub fn untested<'s>(set: &'s PolicySet, origin: usize, tests: &[Test]) -> Vec<&'s str> {
    let about = |package: &str| {
        tests.iter().any(|test| test.package.strip_suffix("_test") == Some(package))
    };
    let policies = set.policies.iter().filter(|policy| policy.origin == origin);
    let bare = policies.filter(|policy| !about(&policy.package));
    bare.map(|policy| policy.id.as_str()).collect()
}

fn is_test(name: &str) -> bool {
    name.starts_with("test_") || name.starts_with("todo_test_")
}

/// Returns the engine of an origin with its tests.
fn with_tests(set: &PolicySet, origin: usize) -> (Engine, Diagnostics) {
    let mut engine = set.engines.get(origin).cloned().unwrap_or_else(Engine::new);
    let files = set.files.get(origin).map(Vec::as_slice).unwrap_or_default();
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| file.name.ends_with(TESTS)) {
        if let Err(error) = engine.add(&file.name, &file.text) {
            wrong.push(Diagnostic::of_file(&file.name, "syntax", error.message));
        }
    }
    (engine, Diagnostics(wrong))
}

/// The limits of one test.
pub const LIMITS: Limits =
    Limits { time: std::time::Duration::from_secs(10), denials: 10_000, text_bytes: 4096 };

#[cfg(test)]
mod tests;

//! The goals S1 to S9 of issue "Speed at the limit of the machine", and the one table of how they stand.
//!
//! A goal is a bound on a number that one run of the bench command measures; what a machine cannot
//! measure stands in the table all the same, with the reason.

use std::fmt::Write as _;

use crate::rounds::{Runs, median};

/// What a measured number must satisfy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Goal {
    /// The goal that it belongs to, S1 to S9, and which of its numbers.
    pub id: &'static str,
    /// What is measured.
    pub work: &'static str,
    /// What the number is of, such as `x the limit`.
    pub unit: &'static str,
    /// What must hold.
    pub bound: Bound,
}

const fn at_most(id: &'static str, work: &'static str, bound: f64, unit: &'static str) -> Goal {
    Goal { id, work, unit, bound: Bound::AtMost(bound) }
}

const fn at_least(id: &'static str, work: &'static str, bound: f64, unit: &'static str) -> Goal {
    Goal { id, work, unit, bound: Bound::AtLeast(bound) }
}

/// Every number that is held against a goal.
pub const GOALS: &[Goal] = &[
    at_most("S1 limit", "full check of an unchanged tree, every attribute", 1.25, "x the limit"),
    at_least(
        "S1 AIDE",
        "the same beside Debian's AIDE, 2 workers, same attributes",
        30.0,
        "x as fast",
    ),
    at_most("S2", "incremental check of an unchanged tree", 1.5, "x walk and stat alone"),
    at_most(
        "S3 100k",
        "peak memory of capture and check, 100,000 entries",
        1.0,
        "x (64 MiB + 150 bytes an entry)",
    ),
    at_most(
        "S3 1M",
        "peak memory of capture and check, 1,000,000 entries",
        1.0,
        "x (64 MiB + 150 bytes an entry)",
    ),
    at_most("S4", "baseline, packages and all", 55.0, "bytes an entry"),
    at_most(
        "S5 time",
        "processor time of capture and check, from 100,000 to 1,000,000 entries",
        1.2,
        "x linear",
    ),
    at_most(
        "S5 memory",
        "peak memory of capture and check, from 100,000 to 1,000,000 entries",
        1.2,
        "x linear",
    ),
    at_most(
        "S5 compare",
        "processor time of a comparison, from 1,000,000 to 5,000,000 entries",
        1.2,
        "x linear",
    ),
    at_most(
        "S6",
        "load a baseline of 1,000,000 entries, verify, compare with an equal one",
        0.5,
        "s",
    ),
    at_least("S7 dpkg", "verify all packaged files, beside dpkg --verify", 5.0, "x as fast"),
    at_least("S7 debsums", "the same beside debsums", 20.0, "x as fast"),
    at_least("S7 rpm", "the same beside rpm -Va", 5.0, "x as fast"),
    at_most(
        "S8 time",
        "all built-in policies on a Debian root, beyond the same check without",
        0.3,
        "s",
    ),
    at_least("S8 OpenSCAP", "rules a second, beside OpenSCAP on the same root", 20.0, "x as many"),
    at_most(
        "S9",
        "capture of an image with gzip layers",
        1.2,
        "x decompression and SHA-256 of both streams",
    ),
];

/// A number with the least and the most that single rounds gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The middle one.
    pub median: f64,
    /// The least.
    pub low: f64,
    /// The most.
    pub high: f64,
    /// Rounds that it comes from.
    pub rounds: usize,
}

impl Spread {
    /// Returns the middle and the ends of values, one a round; `None` of none.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let low = values.iter().copied().reduce(f64::min)?;
        let high = values.iter().copied().reduce(f64::max)?;
        Some(Self { median: median(values), low, high, rounds: values.len() })
    }
}

/// How one goal stands.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// [`Goal::id`].
    pub id: &'static str,
    /// The number and how it came about, or why there is none.
    pub measured: Result<(Spread, String), String>,
}

impl Outcome {
    /// A number that was measured, with the figures it comes from.
    #[must_use]
    pub fn of(id: &'static str, values: &[f64], from: String) -> Self {
        let spread = Spread::of(values).ok_or_else(|| "no round ran to its end".to_owned());
        Self { id, measured: spread.map(|spread| (spread, from)) }
    }

    /// A number that is missing, and why.
    #[must_use]
    pub fn missing(id: &'static str, why: impl Into<String>) -> Self {
        Self { id, measured: Err(why.into()) }
    }

    /// How many times the first is the second, round by round; what did not run is missing.
    #[must_use]
    pub fn ratio(id: &'static str, upper: &Runs, lower: &Runs) -> Self {
        for runs in [upper, lower] {
            if !runs.is_measured() {
                let why = runs.failed.as_deref().unwrap_or("it did not run");
                return Self::missing(id, format!("{}: {why}", runs.name));
            }
        }
        let ratios: Vec<f64> = upper.wall.iter().zip(&lower.wall).map(|(a, b)| a / b).collect();
        let seconds = |runs: &Runs| format!("{} {:.3} s", runs.name, median(&runs.wall));
        Self::of(id, &ratios, format!("{}, {}", seconds(upper), seconds(lower)))
    }
}

impl Goal {
    fn holds(&self, value: f64) -> bool {
        match self.bound {
            Bound::AtMost(bound) => value <= bound,
            Bound::AtLeast(bound) => bound <= value,
        }
    }

    fn bound_text(&self) -> String {
        match self.bound {
            Bound::AtMost(bound) => format!("at most {bound} {}", self.unit),
            Bound::AtLeast(bound) => format!("at least {bound} {}", self.unit),
        }
    }
}

/// Writes all goals as one table. A goal without an outcome is one that was not asked for.
#[must_use]
pub fn table(outcomes: &[Outcome]) -> String {
    let mut out = String::from(
        "| id | work | goal | measured | rounds | spread | from | verdict |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for goal in GOALS {
        let outcome = outcomes.iter().find(|outcome| outcome.id == goal.id);
        let line = match outcome.map(|outcome| &outcome.measured) {
            Some(Ok((value, from))) => {
                let verdict = if goal.holds(value.median) { "met" } else { "**missed**" };
                let (low, high) = (figure(value.low), figure(value.high));
                let (middle, rounds) = (figure(value.median), value.rounds);
                format!("{middle} | {rounds} | {low}–{high} | {from} | {verdict}")
            }
            Some(Err(why)) => format!("| | | {why} | not measured"),
            None => "| | | not asked for | not measured".to_owned(),
        };
        let (id, work, bound) = (goal.id, goal.work, goal.bound_text());
        writeln!(out, "| {id} | {work} | {bound} | {line} |").expect("because memory takes text");
    }
    out
}

/// Three significant digits are more than any of the figures is worth.
fn figure(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{GOALS, Outcome, table};
    use crate::rounds::Runs;

    fn runs(name: &str, wall: &[f64]) -> Runs {
        Runs { name: name.to_owned(), wall: wall.to_vec(), ..Runs::default() }
    }

    #[test]
    fn every_goal_has_a_line_and_a_verdict() {
        let drift = runs("drift", &[2.5, 2.0, 2.0]);
        let outcomes = [
            Outcome::ratio("S1 limit", &drift, &runs("limit", &[2.0, 2.0, 2.0])),
            Outcome::ratio("S1 AIDE", &runs("AIDE", &[50.0]), &drift),
            Outcome::missing("S7 rpm", "no root with rpm"),
        ];
        let table = table(&outcomes);
        assert_eq!(table.lines().count(), GOALS.len() + 2);
        let line = |id: &str| table.lines().find(|line| line.starts_with(id)).unwrap().to_owned();
        assert!(line("| S1 limit").contains("| 1.00 | 3 | 1.00–1.25 |"), "{table}");
        assert!(line("| S1 limit").ends_with("| met |"), "{table}");
        // The one round of the slow peer counts beside the first of drift's.
        assert!(line("| S1 AIDE").contains("| 20.0 | 1 |"), "{table}");
        assert!(line("| S1 AIDE").ends_with("| **missed** |"), "{table}");
        assert!(line("| S7 rpm").ends_with("| no root with rpm | not measured |"), "{table}");
        assert!(line("| S9").ends_with("| not asked for | not measured |"), "{table}");
    }
}

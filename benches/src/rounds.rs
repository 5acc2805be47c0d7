//! Commands run in turn, so that whatever slows the machine slows each of them.
//!
//! Every run is a process under GNU time, which says how much processor time and memory it took with
//! all its children; the elapsed time is taken here, or by the command itself where only a part of
//! what it does counts: then it prints a line `seconds N`.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark starts other programs and reads clocks"
)]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What a command prints for the part of its run that counts.
const SECONDS: &str = "seconds";
/// Bytes of a failed command's last words that are kept.
const LAST_WORDS: usize = 300;

/// One of the commands that are compared.
#[derive(Debug, Clone)]
pub struct Contender {
    /// What the table calls it.
    pub name: String,
    /// What `sh -c` runs.
    pub script: String,
    /// The exit codes that count as success.
    pub codes: &'static [i32],
    /// What `sh -c` runs before each run, unmeasured.
    pub before: Option<String>,
    /// Whether it prints lines `NAME NUMBER` that are kept; otherwise its output is thrown away.
    pub speaks: bool,
    /// Whether one run is discarded first. A command whose preparation did the same work needs none.
    pub warm: bool,
}

impl Contender {
    /// A command that succeeds with 0, is run once unmeasured, and says nothing that counts.
    pub fn new(name: impl Into<String>, script: impl Into<String>) -> Self {
        let (name, script) = (name.into(), script.into());
        Self { name, script, codes: &[0], before: None, speaks: false, warm: true }
    }

    /// The same with other exit codes.
    #[must_use]
    pub fn ending(self, codes: &'static [i32]) -> Self {
        Self { codes, ..self }
    }

    /// The same, and what it prints counts.
    #[must_use]
    pub fn speaking(self) -> Self {
        Self { speaks: true, ..self }
    }
}

/// How often everything is run.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Measured rounds of all commands.
    pub rounds: usize,
    /// A command that takes longer than so many seconds is run only [`Self::slow_rounds`] times.
    pub slow: f64,
    /// Rounds of such a command.
    pub slow_rounds: usize,
    /// An empty directory for what GNU time and the commands say.
    pub scratch: PathBuf,
}

/// What one command took, run by run.
#[derive(Debug, Clone, Default)]
pub struct Runs {
    /// The command.
    pub name: String,
    /// Elapsed seconds, or what the command said that counts.
    pub wall: Vec<f64>,
    /// Seconds of processor time, user and system, with all children.
    pub processor: Vec<f64>,
    /// Bytes of the largest of its processes at its largest.
    pub peak: Vec<f64>,
    /// What else it said, by name.
    pub said: BTreeMap<String, Vec<f64>>,
    /// Why it is not measured.
    pub failed: Option<String>,
}

impl Runs {
    /// Returns the median of what the command said under this name.
    #[must_use]
    pub fn said(&self, name: &str) -> Option<f64> {
        self.said.get(name).map(|values| median(values))
    }

    /// Returns whether there is anything to compare.
    #[must_use]
    pub fn is_measured(&self) -> bool {
        self.failed.is_none() && !self.wall.is_empty()
    }
}

/// Returns the middle value, halfway between the two of an even number; 0 of none.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |place: usize| sorted.get(place).copied().unwrap_or_default();
    let (upper, lower) = (sorted.len() / 2, sorted.len().saturating_sub(1) / 2);
    f64::midpoint(at(lower), at(upper))
}

/// Runs all of them once unmeasured, which warms the page cache, then all in turn, round by round.
///
/// A command that fails is not measured, and says why: an hour of other results must not be lost.
///
/// # Errors
///
/// When `sh` or GNU time cannot be started.
pub fn compete(contenders: &[Contender], schedule: &Schedule) -> Result<Vec<Runs>, Box<dyn Error>> {
    let mut all: Vec<Runs> = contenders
        .iter()
        .map(|contender| Runs { name: contender.name.clone(), ..Runs::default() })
        .collect();
    for (contender, runs) in contenders.iter().zip(&mut all) {
        if contender.warm {
            runs.failed = run(contender, schedule)?.err();
        }
    }
    for round in 0..schedule.rounds {
        for (contender, runs) in contenders.iter().zip(&mut all) {
            let slow = round >= schedule.slow_rounds && median(&runs.wall) > schedule.slow;
            if runs.failed.is_some() || slow {
                continue;
            }
            match run(contender, schedule)? {
                Ok(one) => {
                    runs.wall.push(one.wall);
                    runs.processor.push(one.processor);
                    runs.peak.push(one.peak);
                    for (name, value) in one.said {
                        runs.said.entry(name).or_default().push(value);
                    }
                }
                Err(why) => runs.failed = Some(why),
            }
        }
    }
    Ok(all)
}

struct One {
    wall: f64,
    processor: f64,
    peak: f64,
    said: Vec<(String, f64)>,
}

/// Runs one command once; the inner error is its own failure.
fn run(contender: &Contender, schedule: &Schedule) -> Result<Result<One, String>, Box<dyn Error>> {
    if let Some(before) = &contender.before {
        let status = Command::new("sh").args(["-c", before]).stdout(Stdio::null()).status()?;
        if !status.success() {
            return Ok(Err(format!("its preparation ended with {status}")));
        }
    }
    let place = |name: &str| schedule.scratch.join(name);
    let (usage, words, output) = (place("usage"), place("words"), place("output"));
    let mut command = Command::new("/usr/bin/time");
    command.args(["--quiet", "--format", "%U %S %M", "--output"]).arg(&usage);
    command.args(["sh", "-c", &contender.script]).stderr(File::create(&words)?);
    match contender.speaks {
        true => command.stdout(File::create(&output)?),
        false => command.stdout(Stdio::null()),
    };
    let start = Instant::now();
    let status = command.status().map_err(|error| format!("/usr/bin/time (GNU time): {error}"))?;
    let elapsed = start.elapsed().as_secs_f64();
    if !status.code().is_some_and(|code| contender.codes.contains(&code)) {
        let words = String::from_utf8_lossy(&std::fs::read(&words)?).trim().replace('\n', "; ");
        let cut = words.char_indices().rev().nth(LAST_WORDS).map_or(0, |(at, _)| at);
        let last = words.get(cut..).unwrap_or_default();
        return Ok(Err(format!("ended with {status}: {last}")));
    }
    let usage = std::fs::read_to_string(&usage)?;
    let numbers: Vec<f64> = usage.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [user, system, kibibytes] = numbers.as_slice() else {
        return Err(format!("GNU time wrote another form: {usage}").into());
    };
    let mut said = match contender.speaks {
        true => spoken(&std::fs::read_to_string(&output)?),
        false => Vec::new(),
    };
    let own = said.iter().position(|(name, _)| name == SECONDS).map(|at| said.swap_remove(at).1);
    let (wall, peak) = (own.unwrap_or(elapsed), kibibytes * 1024.0);
    Ok(Ok(One { wall, processor: user + system, peak, said }))
}

/// Returns the lines that are a name and a number.
fn spoken(text: &str) -> Vec<(String, f64)> {
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    let known = pairs.filter_map(|(name, number)| Some((name.to_owned(), number.parse().ok()?)));
    known.collect()
}

#[cfg(test)]
mod tests {
    use super::{Contender, Schedule, compete, median};

    #[test]
    fn what_is_said_counts_and_what_fails_is_told() {
        let Some(_) = drift_testkit::need::tool("time") else { return };
        let scratch = tempfile::tempdir().unwrap();
        let schedule =
            Schedule { rounds: 3, slow: 5.0, slow_rounds: 1, scratch: scratch.path().to_owned() };
        let contenders = [
            Contender::new("said", "echo seconds 7.5; echo peak 12; echo other words").speaking(),
            Contender::new("failing", "echo because >&2; exit 3").ending(&[0, 1]),
            Contender::new("plain", "exit 1").ending(&[0, 1]),
        ];
        let runs = compete(&contenders, &schedule).unwrap();
        // Above the limit of slow ones after its first round.
        assert_eq!((runs[0].wall.as_slice(), runs[0].said("peak")), (&[7.5][..], Some(12.0)));
        assert!(runs[1].failed.as_deref().unwrap().contains("because"), "{:?}", runs[1].failed);
        assert_eq!((runs[2].wall.len(), runs[2].is_measured()), (3, true));
    }

    #[test]
    fn medians() {
        assert_eq!((median(&[3.0, 1.0, 2.0]), median(&[])), (2.0, 0.0));
        assert_eq!((median(&[4.0, 1.0]), median(&[5.0, 1.0, 2.0, 4.0])), (2.5, 3.0));
    }
}

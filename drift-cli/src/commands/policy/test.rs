//! `drift policy test`: runs the tests that stand beside policies, in a process of their own.

mod shown;

use std::collections::BTreeMap;

use drift_core::judge::Exit;
use drift_core::policy::PolicySet;
use drift_core::policy::testing::{self, Ending, Lines, Test, Told, job};

use crate::args::{PolicyTest, TestFormat, TrustArgs};
use crate::failure::Failure;
use crate::settings::{Settings, Stopwatch};
use crate::terminal::Terminal;
use crate::worker::{Bounds, Ended, ask_all};

/// Everything that was found out.
#[derive(Debug, Default)]
struct Results {
    tests: Vec<(Test, Ending)>,
    /// By file, of policies and their helpers; tests cover themselves.
    coverage: BTreeMap<String, Lines>,
    /// Policies that no test is about.
    untested: Vec<String>,
    /// Files of policies that no test reached at all.
    unreached: Vec<String>,
}

pub(super) fn run(
    args: &PolicyTest,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let set = super::load(&args.policy, &TrustArgs::default(), settings)?;
    let mut results = Results::default();
    let bounds = Bounds::for_tests();
    for origin in 0..set.origins.len() {
        let tests = testing::discover(&set, origin).map_err(Failure::usage)?;
        let untested = testing::untested(&set, origin, &tests);
        results.untested.extend(untested.into_iter().map(str::to_owned));
        let chosen = |test: &Test| args.run.as_ref().is_none_or(|text| test.id().contains(text));
        let tests = tests.into_iter().filter(chosen).collect();
        results.add(&set, origin, tests, &bounds, settings)?;
    }
    // A misspelt name must not read as tests that passed.
    if results.tests.is_empty() {
        return Err(match &args.run {
            Some(text) => Failure::usage_text(format!("no test has {text:?} in its name"))
                .hint("--run takes a part of PACKAGE.NAME"),
            None => Failure::usage_text("there is no test")
                .hint("write NAME_test.rego beside NAME.rego; drift policy new shows how"),
        });
    }
    results.unreached(&set);
    let text = match args.format {
        TestFormat::Text => shown::text(&results, args.coverage),
        TestFormat::Json => shown::json(&results)?,
        TestFormat::Junit => testing::junit(&results.tests),
    };
    terminal.result(text.as_bytes())?;
    for id in &results.untested {
        terminal.note(&format!("no test is about {id}"));
    }
    Ok(if results.hold(args.threshold) { Exit::CLEAN } else { Exit::FINDINGS })
}

impl Results {
    /// Runs the tests of an origin.
    fn add(
        &mut self,
        set: &PolicySet,
        origin: usize,
        tests: Vec<Test>,
        bounds: &Bounds,
        settings: &Settings,
    ) -> Result<(), Failure> {
        let names: Vec<String> = tests.iter().map(Test::id).collect();
        let ask = |rest: &[String]| job(set, origin, rest);
        let time = Stopwatch::start();
        let told = ask_all::<Told>(&names, &ask, "", bounds, (&time, &settings.cancel))
            .map_err(Failure::cancelled)?;
        for (test, told) in tests.into_iter().zip(told) {
            let ending = match told {
                Ok(Told { ending, lines }) => {
                    self.reach(set, origin, lines);
                    ending
                }
                Err(Ended::Failed(why)) => Ending::Error(why),
                Err(Ended::Exceeded(why)) => Ending::Exceeded(why),
            };
            self.tests.push((test, ending));
        }
        Ok(())
    }

    fn reach(&mut self, set: &PolicySet, origin: usize, lines: BTreeMap<String, Lines>) {
        let name = set.origins.get(origin).map_or("", |origin| &origin.name);
        for (file, lines) in lines {
            if !file.ends_with(testing::TESTS) {
                self.coverage.entry(of_origin(set, name, &file)).or_default().add(&lines);
            }
        }
    }

    /// Finds the files of policies that no test reached.
    fn unreached(&mut self, set: &PolicySet) {
        for policy in &set.policies {
            let name = set.origins.get(policy.origin).map_or("", |origin| &origin.name);
            let file = of_origin(set, name, &policy.file);
            if !self.coverage.contains_key(&file) {
                self.unreached.push(file);
            }
        }
    }

    fn hold(&self, threshold: Option<u8>) -> bool {
        let least = threshold.map_or(0, |percent| usize::from(percent) * 10);
        let covered = self.coverage.values().all(|lines| lines.permille() >= least)
            && (least == 0 || self.unreached.is_empty());
        covered && self.tests.iter().all(|(_, ending)| ending.is_good())
    }
}

/// Tells the files of several origins apart.
fn of_origin(set: &PolicySet, origin: &str, file: &str) -> String {
    if set.origins.len() == 1 { file.to_owned() } else { format!("{origin}/{file}") }
}

//! Running tests in a worker.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Ending, LIMITS, Lines, Test, Told, discover, with_tests};
use crate::policy::engine::{Engine, EvaluationError, Reached, Value, on_large_stack};
use crate::policy::load::load;
use crate::policy::set::PolicySet;
use crate::policy::worker::{Line, cut, line, sources};

/// What a worker does: one line of JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Job {
    origin: String,
    files: Vec<(String, String)>,
    test: Vec<String>,
}

/// Returns the line that asks a worker these tests of one origin, by [`Test::id`].
#[must_use]
pub fn job(set: &PolicySet, origin: usize, test: &[String]) -> String {
    let files = set.files.get(origin).map(Vec::as_slice).unwrap_or_default();
    let job = Job {
        origin: set.origins.get(origin).map(|origin| origin.name.clone()).unwrap_or_default(),
        files: files.iter().map(|file| (file.name.clone(), file.text.clone())).collect(),
        test: test.to_vec(),
    };
    serde_json::to_string(&job).unwrap_or_default()
}

/// Does a job in a worker; see [`worker::serve`](crate::policy::worker::serve).
pub fn serve(job: &str, tell: &mut dyn FnMut(&str) -> bool) -> Result<(), String> {
    let job: Job = serde_json::from_str(job).map_err(|error| error.to_string())?;
    let set = load(vec![sources(&job.origin, &job.files)]).map_err(|wrong| wrong.to_string())?;
    let tests = discover(&set, 0).map_err(|wrong| wrong.to_string())?;
    let (engine, _) = with_tests(&set, 0);
    let shared = |(name, value): (&String, &Value)| (Value::text(name), value.clone());
    let parameters = Value::map(set.parameters.iter().map(shared));
    let engine = engine
        .for_input(Value::object([]), parameters, LIMITS)
        .map_err(|_| "the parameters cannot be set".to_owned())?;
    for id in &job.test {
        let test = tests
            .iter()
            .find(|test| test.id() == *id)
            .ok_or_else(|| format!("there is no test {id}"))?;
        if !tell(&line(&Line::<Told>::Start(id.clone()))) {
            return Ok(());
        }
        let told = tried(&engine, test, &set);
        if !tell(&line(&Line::Answer(id.clone(), told))) {
            return Ok(());
        }
    }
    let _listening = tell(&line(&Line::<Told>::Done));
    Ok(())
}

fn tried(engine: &Engine, test: &Test, set: &PolicySet) -> Told {
    if test.is_todo() {
        return Told { ending: Ending::Skipped, lines: BTreeMap::new() };
    }
    let mut reached = Vec::new();
    let ended = on_large_stack(|| {
        let mut engine = engine.clone();
        let (value, lines) = engine.trial(&test.package, &test.name, LIMITS);
        reached = lines;
        value
    });
    let ending = match ended {
        Ok(value) if value.as_bool() == Some(true) => Ending::Passed,
        Ok(_) => last_line(engine, test, set, &reached),
        Err(EvaluationError::Failed(why)) => Ending::Error(cut(why, LIMITS.text_bytes)),
        Err(EvaluationError::Exceeded(why)) => Ending::Exceeded(cut(why, LIMITS.text_bytes)),
    };
    let own = |reached: &Reached| set.files.iter().flatten().any(|file| file.name == reached.file);
    let lines = reached.into_iter().filter(own).map(|reached| {
        let Reached { file, covered, uncovered } = reached;
        (file, Lines { covered, uncovered })
    });
    Told { ending, lines: lines.collect() }
}

/// Evaluation stops at the first expression that does not hold, so that is on the last line that was
/// reached in the test itself.
fn last_line(engine: &Engine, test: &Test, set: &PolicySet, reached: &[Reached]) -> Ending {
    let bodies = engine.rules().into_iter().filter(|rule| {
        rule.file == test.file && rule.package == test.package && rule.name == test.name
    });
    let bodies: Vec<(u32, u32)> = bodies.map(|rule| rule.lines).collect();
    let inside = |line: &u32| bodies.iter().any(|(first, last)| (first..=last).contains(&line));
    let covered = reached.iter().filter(|reached| reached.file == test.file);
    let line = covered.flat_map(|reached| &reached.covered).copied().filter(inside).max();
    let line = line.unwrap_or(test.line);
    let file = set.files.iter().flatten().find(|file| file.name == test.file);
    let above = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let text = file.and_then(|file| file.text.lines().nth(above)).unwrap_or_default();
    Ending::Failed { line, text: cut(text.trim().to_owned(), LIMITS.text_bytes) }
}

//! Policies that do not come with drift are evaluated in a process of their own: this program again,
//! with nothing but two pipes, a limit of memory, and somebody who ends it when it is late.
//!
//! One process serves one origin, so that none answers for another's policies, and none for those that
//! come with drift. Which policy killed its process is known, because each is announced before it is
//! asked; the rest goes on in a new one.

mod process;

use std::time::Duration;

use drift_core::bounds::{Cancel, Cancelled, Pool};
use drift_core::policy::worker::{Conversation, Told, job};
use drift_core::policy::{
    Answer, Evaluator, InProcess, Input, Limits, OriginKind, Policy, PolicySet, Selection,
};
use serde::de::DeserializeOwned;

use crate::settings::Stopwatch;

use process::Process;
pub(crate) use process::{Preface, confine};

/// Asks policies that come with drift in this process, and all others in one of their own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Isolated {
    /// What one policy may use up.
    pub(crate) limits: Limits,
    /// What a process may use up.
    pub(crate) bounds: Bounds,
}

/// What a process may use up, and all of them together.
#[derive(Debug, Clone)]
pub(crate) struct Bounds {
    /// The program and its arguments.
    pub(crate) program: (&'static str, Vec<&'static str>),
    /// The address space, beyond what the input takes, in bytes.
    pub(crate) memory: u64,
    /// Wall time of one question.
    pub(crate) each: Duration,
    /// Wall time of all.
    pub(crate) all: Duration,
}

/// This program, whatever its file is called by now.
const OURSELVES: &str = "/proc/self/exe";

/// The hidden verb that serves.
const VERB: &str = "policy-worker";

/// The interpreter looks at the clock itself, and says more than a process that was killed.
const GRACE: Duration = Duration::from_secs(1);

/// What the input takes for each byte of its JSON, measured over 20,000 changes: 11 resident, and up to
/// 19 mapped while it is read.
const MEMORY_PER_INPUT_BYTE: u64 = 20;

/// Every process that dies takes at least one question with it, so this many are never needed.
const MAX_PROCESSES: usize = 10_000;

/// Policies that come with drift end by themselves; a hundred thousand denials on a machine that is busy
/// otherwise take one of them more than the ten seconds that others have.
const BUILT_IN_TIME: Duration = Duration::from_secs(60);

impl Default for Bounds {
    fn default() -> Self {
        Self {
            program: (OURSELVES, vec![VERB, "evaluate"]),
            memory: 1 << 30,
            each: Limits::default().time.saturating_add(GRACE),
            all: Duration::from_secs(60),
        }
    }
}

impl Bounds {
    /// Returns those of running tests, of which there are many.
    pub(crate) fn for_tests() -> Self {
        let all = Duration::from_secs(600);
        Self { program: (OURSELVES, vec![VERB, "test"]), all, ..Self::default() }
    }
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It cannot be answered.
    Failed(String),
    /// A limit was reached.
    Exceeded(String),
}

impl Evaluator for Isolated {
    fn evaluate(
        &self,
        set: &PolicySet,
        input: &Input,
        pool: &Pool,
        cancel: &Cancel,
    ) -> Result<Vec<Option<Answer>>, Cancelled> {
        let here = InProcess { limits: Limits { time: BUILT_IN_TIME, ..self.limits } };
        let foreign = |policy: &Policy| {
            policy.selection == Selection::Selected
                && set
                    .origins
                    .get(policy.origin)
                    .is_none_or(|from| from.kind != OriginKind::Builtin)
        };
        if !set.policies.iter().any(foreign) {
            return here.evaluate(set, input, pool, cancel);
        }
        let mut own = set.clone();
        for policy in own.policies.iter_mut().filter(|policy| foreign(policy)) {
            policy.selection = Selection::NotSelected("it is asked elsewhere".to_owned());
        }
        let mut answers = here.evaluate(&own, input, pool, cancel)?;
        let text = input.value.json();
        let time = Stopwatch::start();
        for origin in 0..set.origins.len() {
            let places: Vec<usize> = (0..set.policies.len())
                .filter(|&at| {
                    set.policies.get(at).is_some_and(|p| p.origin == origin && foreign(p))
                })
                .collect();
            let names = places.iter().filter_map(|&at| set.policies.get(at));
            let names: Vec<String> = names.map(|policy| policy.id.to_string()).collect();
            let ask = |rest: &[String]| job(set, origin, rest, self.limits);
            let told = ask_all::<Told>(&names, &ask, &text, &self.bounds, (&time, cancel))?;
            for (at, told) in places.into_iter().zip(told) {
                let answer = match told {
                    Ok(told) => told.answer(self.limits),
                    Err(Ended::Failed(why)) => Answer::Failed(why),
                    Err(Ended::Exceeded(why)) => Answer::Exceeded(why),
                };
                if let Some(place) = answers.get_mut(at) {
                    *place = Some(answer);
                }
            }
        }
        Ok(answers)
    }
}

/// Asks all of these, in as many processes as it takes. `job` is the line that asks for the rest.
pub(crate) fn ask_all<T: DeserializeOwned>(
    asked: &[String],
    job: &dyn Fn(&[String]) -> String,
    input: &str,
    bounds: &Bounds,
    (time, cancel): (&Stopwatch, &Cancel),
) -> Result<Vec<Result<T, Ended>>, Cancelled> {
    let mut answers: Vec<Result<T, Ended>> = Vec::new();
    for _ in 0..MAX_PROCESSES {
        let rest = asked.get(answers.len()..).unwrap_or_default();
        if rest.is_empty() {
            break;
        }
        cancel.check()?;
        if time.elapsed() >= bounds.all {
            break;
        }
        let mut conversation = Conversation::new(rest);
        let preface = Preface::new(bounds, input.len());
        let process = Process::start(bounds, &preface);
        let ended = match process {
            Ok(process) => {
                let texts = [preface.line(), job(rest) + "\n", input.to_owned()];
                process.converse(&texts, &mut conversation, bounds, (time, cancel))?
            }
            Err(why) => Some(Ended::Failed(format!("no process could be started for it: {why}"))),
        };
        let begun = conversation.has_begun();
        answers.extend(conversation.into_answers().into_iter().map(Ok));
        match ended {
            None => {}
            Some(why) if begun => answers.push(Err(why)),
            // Nothing of the rest is to blame, and a new process would end the same way.
            Some(why) => {
                let left = asked.len().saturating_sub(answers.len());
                answers.extend((0..left).map(|_| Err(why.clone())));
            }
        }
    }
    let late = format!("the time for all policies ({:?}) was over before it was asked", bounds.all);
    while answers.len() < asked.len() {
        answers.push(Err(Ended::Exceeded(late.clone())));
    }
    Ok(answers)
}

#[cfg(test)]
mod tests;

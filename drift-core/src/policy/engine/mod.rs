//! The interpreter of Rego: regorus, named in this folder alone.
//!
//! What it does that a caller would not expect, and what is done about it: a recursive function
//! overflows the stack and aborts the process (the linter refuses recursion, and evaluation has a stack
//! of its own); errors of built-ins are raised where other engines make the expression undefined (a
//! policy that meets one ends in `error`, never in a pass); `# METADATA` is a comment to it.

mod serializer;
mod trial;
mod value;

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;

pub use serializer::{ValueError, to_value};
pub(super) use trial::{Reached, RuleAt};
pub use value::Value;

/// The stack of an evaluation; pages that are not touched cost nothing.
const STACK_BYTES: usize = 256 << 20;

/// Work units between two looks at the clock.
const CHECK_INTERVAL: u32 = 256;

/// What one policy may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Wall time of one evaluation. The interpreter looks at the clock between expressions: one call
    /// of a built-in is not interrupted.
    pub time: Duration,
    /// Denials that are kept; the rest is counted.
    pub denials: usize,
    /// The longest text in an answer, in bytes.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(10), denials: 10_000, text_bytes: 4096 }
    }
}

/// Why a policy did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EvaluationError {
    /// It cannot be evaluated.
    Failed(String),
    /// A limit stopped it.
    Exceeded(String),
}

/// The modules of one origin.
#[derive(Debug, Clone)]
pub(super) struct Engine {
    inner: regorus::Engine,
}

impl Engine {
    /// Returns an engine without modules.
    pub(super) fn new() -> Self {
        Self { inner: regorus::Engine::new() }
    }

    /// Adds a module; the error is what the parser says.
    pub(super) fn add(&mut self, name: &str, text: &str) -> Result<(), String> {
        let added = self.inner.add_policy(name.to_owned(), text.to_owned());
        added.map(|_| ()).map_err(|error| error.to_string())
    }

    /// Returns an engine that sees this input and these parameters; both are shared, not copied.
    pub(super) fn for_input(
        &self,
        input: Value,
        parameters: Value,
        limits: Limits,
    ) -> Result<Self, EvaluationError> {
        let mut inner = self.inner.clone();
        inner.set_input(input.into_inner());
        let data = Value::object([("params", parameters)]);
        inner.add_data(data.into_inner()).map_err(|error| failure(&error, limits))?;
        inner.set_execution_timer_config(ExecutionTimerConfig {
            limit: limits.time,
            check_interval: NonZeroU32::new(CHECK_INTERVAL).unwrap_or(NonZeroU32::MIN),
        });
        Ok(Self { inner })
    }

    /// Evaluates a rule that is a set; one that is undefined is empty.
    pub(super) fn set_of(
        &mut self,
        package: &str,
        rule: &str,
        limits: Limits,
    ) -> Result<BTreeSet<Value>, EvaluationError> {
        let path = format!("data.{package}.{rule}");
        let value = self.inner.eval_rule(path).map_err(|error| failure(&error, limits))?;
        let value = Value::from_inner(value);
        value.elements().ok_or_else(|| {
            EvaluationError::Failed(format!(
                "{rule} is {}, not a set; write \"{rule} contains \u{2026} if \u{2026}\"",
                value.kind()
            ))
        })
    }
}

fn failure(error: &dyn std::fmt::Display, limits: Limits) -> EvaluationError {
    // The interpreter puts file and line around the words of its limits, so they are all there is.
    let text = error.to_string();
    if text.contains("exceeded time limit") {
        EvaluationError::Exceeded(format!("it took longer than {:?}", limits.time))
    } else if text.contains("exceeded memory limit") || text.contains("size limit") {
        EvaluationError::Exceeded(text.trim().to_owned())
    } else {
        EvaluationError::Failed(text.trim().to_owned())
    }
}

/// Runs `work` on a thread with a large stack and waits for it.
pub(super) fn on_large_stack<T: Send>(
    work: impl FnOnce() -> Result<T, EvaluationError> + Send,
) -> Result<T, EvaluationError> {
    std::thread::scope(|scope| {
        let started = std::thread::Builder::new()
            .name("drift-policy".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work);
        match started {
            Ok(thread) => thread.join().unwrap_or_else(|_| {
                Err(EvaluationError::Failed("the interpreter panicked".to_owned()))
            }),
            Err(error) => Err(EvaluationError::Failed(format!("no thread: {error}"))),
        }
    })
}

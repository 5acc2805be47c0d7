//! The interpreter of Rego: regorus, named in this folder alone.
//!
//! What it does that a caller would not expect, and what is done about it: a recursive function
//! overflows the stack and aborts the process (the linter refuses recursion, and evaluation has a stack
//! of its own); errors of built-ins are raised where other engines make the expression undefined (a
//! policy that meets one ends in `error`, never in a pass); `# METADATA` is a comment to it.

mod serializer;
mod tree;
mod trial;
mod value;

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use regorus::PolicyLengthConfig;
use regorus::unstable::BUILTINS;
use regorus::utils::limits::ExecutionTimerConfig;

pub use serializer::{ValueError, to_value};
pub(super) use trial::Reached;
pub use value::Value;

use super::lint::{MAX_FILE_BYTES, MAX_LINE_BYTES};
use super::syntax::{Module, Span};

/// The stack of an evaluation, the first that can be had; pages that are not touched cost nothing.
const STACKS: [usize; 3] = [256 << 20, 64 << 20, 16 << 20];

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
        let mut inner = regorus::Engine::new();
        inner.set_policy_length_config(PolicyLengthConfig {
            // A tab counts as four columns.
            max_col: NonZeroU32::new(MAX_LINE_BYTES.saturating_mul(4)).unwrap_or(NonZeroU32::MAX),
            max_file_bytes: NonZeroUsize::new(MAX_FILE_BYTES).unwrap_or(NonZeroUsize::MAX),
            max_lines: NonZeroUsize::new(MAX_FILE_BYTES).unwrap_or(NonZeroUsize::MAX),
        });
        Self { inner }
    }

    /// Adds a module. The parser recurses: texts that were not measured before, and callers with a
    /// small stack, have no place here.
    pub(super) fn add(&mut self, name: &str, text: &str) -> Result<Module, SyntaxError> {
        let added = self.inner.add_policy(name.to_owned(), text.to_owned());
        added.map_err(|error| SyntaxError::told(name, text, &error.to_string()))?;
        let tree = self.inner.get_modules().last().cloned();
        let tree = tree.ok_or_else(|| SyntaxError::told(name, text, "it has no module"))?;
        if tree.target.is_some() {
            // A word of the interpreter's own, about which it also speaks to standard error.
            return Err(SyntaxError::told(name, text, "__target__ is no part of the language"));
        }
        tree::module(&tree).map_err(|span| SyntaxError {
            span,
            message: "this is nested too deeply".to_owned(),
            is_nesting: true,
        })
    }

    /// Analyses all modules without evaluating anything: variables that nothing binds and the like.
    pub(super) fn compile(&mut self, package: &str, rule: &str) -> Result<(), String> {
        let rule = Arc::from(format!("data.{package}.{rule}"));
        let compiled = self.inner.compile_with_entrypoint(&rule);
        compiled.map(|_| ()).map_err(|error| error.to_string())
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
        // The first evaluation analyses all modules; what is cloned from here on need not do it again.
        inner.eval_query("true".to_owned(), false).map_err(|error| failure(&error, limits))?;
        Ok(Self { inner })
    }

    /// Evaluates a rule that is a set, and returns it sorted; one that is undefined is empty.
    pub(super) fn set_of(
        &mut self,
        package: &str,
        rule: &str,
        limits: Limits,
    ) -> Result<Vec<Value>, EvaluationError> {
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

/// What the parser or the analysis of the interpreter refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyntaxError {
    /// Where; empty at the start when that is not known.
    pub(super) span: Span,
    /// Why.
    pub(super) message: String,
    /// Whether it is too deep, and not wrong.
    pub(super) is_nesting: bool,
}

impl SyntaxError {
    /// Takes the place and the words out of a message of the interpreter about this file, which is
    /// `--> FILE:LINE:COLUMN`, the line, a caret and `error: WORDS`.
    pub(super) fn told(name: &str, text: &str, message: &str) -> Self {
        let place = message.split_once(&format!("{name}:")).map_or("", |(_, rest)| rest);
        let mut numbers = place.split(|letter: char| !letter.is_ascii_digit());
        let mut number = || numbers.next().and_then(|digits| digits.parse::<usize>().ok());
        let (line, column) = (number().unwrap_or(0), number().unwrap_or(0));
        let words = message.split_once("error: ").map_or(message, |(_, words)| words);
        let words = words.split("\n-->").next().unwrap_or(words);
        let start = offset(text, line, column);
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { span: Span { start, end: start }, message: words, is_nesting: false }
    }

    /// Returns whether a message of the interpreter is about this file.
    pub(super) fn is_about(name: &str, message: &str) -> bool {
        message.contains(&format!("--> {name}:")) || message.starts_with(&format!("{name}:"))
    }
}

/// The place of a line and a column of the interpreter, to which a tab is four columns.
fn offset(text: &str, line: usize, column: usize) -> u32 {
    let before = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(before..).unwrap_or_default();
    let mut passed = 1_usize;
    let within = rest.char_indices().find(|(_, letter)| {
        let reached = passed >= column || *letter == '\n';
        passed = passed.saturating_add(if *letter == '\t' { 4 } else { letter.len_utf8() });
        reached
    });
    // Past the end of the text stands what is missing there.
    let within = within.map_or(rest.len(), |(at, _)| at);
    u32::try_from(before.saturating_add(within)).unwrap_or(u32::MAX)
}

/// Returns how many arguments the interpreter's built-in of this name takes.
pub(super) fn arity(name: &str) -> Option<usize> {
    BUILTINS.get(name).map(|(_, arity)| usize::from(*arity))
}

fn failure(error: &dyn std::fmt::Display, limits: Limits) -> EvaluationError {
    // The interpreter puts file and line around the words of its limits, so they are all there is.
    let text = error.to_string();
    if text.contains("exceeded time limit") {
        EvaluationError::Exceeded(format!("it took longer than {:?}", limits.time))
    } else if text.contains("exceeded memory limit") || text.contains("size limit") {
        EvaluationError::Exceeded(one_line(&text))
    } else {
        EvaluationError::Failed(one_line(&text))
    }
}

/// Puts what the interpreter shows as a drawing (place, line of source, caret, words) into one line:
/// the place and the words.
fn one_line(text: &str) -> String {
    let text = text.trim();
    let place = text.lines().find_map(|line| line.trim().strip_prefix("--> "));
    let words = text.rsplit_once("\nerror: ").map(|(_, words)| words);
    match (place, words) {
        (Some(place), Some(words)) => format!("{place}: {}", words.replace('\n', " ")),
        _ => text.replace('\n', " "),
    }
}

/// Runs `work` on a thread with a large stack and waits for it. Where so much address space is not to
/// be had, a smaller stack serves: what is deeper than the linter lets through ends the process, not
/// what it lets through.
pub(super) fn on_large_stack<T: Send>(
    work: impl FnOnce() -> Result<T, EvaluationError> + Send,
) -> Result<T, EvaluationError> {
    // A thread that cannot be started must not take the work with it.
    let work = Mutex::new(Some(work));
    let run = || match work.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(work) => work(),
        None => Err(EvaluationError::Failed("the work was done already".to_owned())),
    };
    std::thread::scope(|scope| {
        let mut refused = String::new();
        for size in STACKS {
            let builder = std::thread::Builder::new().name("drift-policy".to_owned());
            match builder.stack_size(size).spawn_scoped(scope, run) {
                Ok(thread) => {
                    return thread.join().unwrap_or_else(|_| {
                        Err(EvaluationError::Failed("the interpreter panicked".to_owned()))
                    });
                }
                Err(error) => refused = error.to_string(),
            }
        }
        Err(EvaluationError::Failed(format!("no thread: {refused}")))
    })
}

//! What ends a verb early: the reason, a hint at the next step, and the exit code.

use std::path::Path;

use drift_core::bounds::{Cancelled, Stop};
use drift_core::judge::Exit;
use drift_core::seal::Untrusted;
use drift_core::{artifact, baseline, capture, check, sbom, seal, source};

use crate::terminal::shown;

/// A verb that gave no result.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    message: String,
    hint: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Usage,
    Incomplete,
    Untrusted,
    Output,
    /// The reader of standard output went away: nobody is left to be told.
    ReaderGone,
    Internal,
    Interrupted,
}

impl Failure {
    /// The command line or a file of the operator is wrong.
    pub(crate) fn usage(error: impl std::error::Error) -> Self {
        Self::usage_text(chain(&error))
    }

    /// The command line or a file of the operator is wrong.
    pub(crate) fn usage_text(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// The target could not be looked at.
    pub(crate) fn incomplete(error: impl std::error::Error) -> Self {
        Self::new(Kind::Incomplete, chain(&error))
    }

    /// A check that could not look at the target, asked for something else than its report.
    pub(crate) fn without_result(outcome: &check::Outcome) -> Self {
        let verdict = &outcome.report.verdict;
        let words = [verdict.reason.as_deref(), verdict.detail.as_deref()];
        let problem = outcome.report.problems.first().map(|problem| problem.reason.as_str());
        let words: Vec<&str> = words.into_iter().chain([problem]).flatten().collect();
        let untrusted = outcome.verdict.exit() == Exit::UNTRUSTED;
        Self::new(if untrusted { Kind::Untrusted } else { Kind::Incomplete }, words.join(": "))
    }

    /// The run was stopped.
    pub(crate) fn cancelled(error: Cancelled) -> Self {
        Self::new(Kind::Interrupted, error.to_string())
    }

    /// Another run holds the state directory.
    pub(crate) fn busy(why: String) -> Self {
        Self::new(Kind::Incomplete, why)
    }

    /// Tells a run that its deadline ended from one that a signal ended.
    pub(crate) fn or_late(self, why: Option<Stop>) -> Self {
        if self.kind != Kind::Interrupted || why != Some(Stop::Deadline) {
            return self;
        }
        Self::new(Kind::Incomplete, "the deadline passed before the end; nothing was written")
            .hint("give more time with --deadline, or look at less")
    }

    /// An output could not be written.
    pub(crate) fn output(what: &str, error: impl std::error::Error) -> Self {
        Self::new(Kind::Output, format!("failed to write {what}: {}", chain(&error)))
    }

    /// Standard output could not be written.
    pub(crate) fn stdout(error: &std::io::Error) -> Self {
        let gone = error.kind() == std::io::ErrorKind::BrokenPipe;
        let kind = if gone { Kind::ReaderGone } else { Kind::Output };
        Self::new(kind, format!("failed to write to standard output: {error}"))
    }

    /// A snapshot whose seal held, or that was opened without one, cannot be read.
    pub(crate) fn baseline(path: &Path, error: baseline::Error) -> Self {
        Self::new(Kind::Usage, format!("{}: {}", shown(path), chain(&error)))
    }

    /// A bill of materials cannot be read.
    pub(crate) fn bill(path: &Path, error: sbom::Unreadable) -> Self {
        Self::new(Kind::Usage, format!("{}: {}", shown(path), chain(&error)))
    }

    /// A bug.
    pub(crate) fn internal(error: impl std::error::Error) -> Self {
        Self::new(Kind::Internal, chain(&error))
            .hint("this is a bug in drift; please report it with the command line")
    }

    /// A signal or the deadline ended the run.
    pub(crate) fn interrupted(error: drift_core::bounds::Cancelled) -> Self {
        Self::new(Kind::Interrupted, error.to_string())
    }

    /// Says of which file the message is.
    pub(crate) fn within(mut self, file: &str) -> Self {
        self.message = format!("{file}: {}", self.message);
        self
    }

    /// Returns the whole message, for a result that goes on without what failed.
    pub(crate) fn told(self) -> String {
        self.message
    }

    /// Adds what to do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// Returns what to tell the operator; nothing when nobody can be told.
    pub(crate) fn message(&self) -> Option<&str> {
        (self.kind != Kind::ReaderGone).then_some(&self.message)
    }

    /// Returns the next step.
    pub(crate) fn next_step(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns the exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self.kind {
            Kind::Usage => Exit::USAGE,
            Kind::Incomplete => Exit::INCOMPLETE,
            Kind::Untrusted => Exit::UNTRUSTED,
            Kind::Output | Kind::ReaderGone => Exit::OUTPUT,
            Kind::Internal => Exit::INTERNAL,
            Kind::Interrupted => Exit::INTERRUPTED,
        }
    }
}

/// Joins an error with its sources; none repeats the next.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

impl From<Untrusted> for Failure {
    fn from(untrusted: Untrusted) -> Self {
        Self::new(Kind::Untrusted, format!("{}: {}", untrusted.reason.name(), untrusted.detail))
    }
}

impl From<source::Error> for Failure {
    fn from(error: source::Error) -> Self {
        match error {
            source::Error::Cancelled(_) => Self::new(Kind::Interrupted, chain(&error)),
            source::Error::Malformed { .. } => Self::incomplete(error),
            _ => Self::usage(error),
        }
    }
}

impl From<capture::Error> for Failure {
    fn from(error: capture::Error) -> Self {
        match error {
            capture::Error::Source(error) => error.into(),
            other => Self::usage(other),
        }
    }
}

impl From<check::Error> for Failure {
    fn from(error: check::Error) -> Self {
        match error {
            check::Error::Capture(error) => error.into(),
            check::Error::Source(error) => error.into(),
            check::Error::Compare(drift_core::compare::Error::Cancelled(error)) => {
                Self::new(Kind::Interrupted, error.to_string())
            }
            check::Error::Cancelled(error) => Self::new(Kind::Interrupted, error.to_string()),
            check::Error::NoReference | check::Error::NothingToCompare => Self::usage(error),
            // A damaged snapshot is the operator's file, not a bug, however late it is noticed.
            check::Error::Cursor(_)
            | check::Error::Compare(drift_core::compare::Error::Cursor(_))
            | check::Error::Rules(_)
            | check::Error::Baseline(_) => Self::usage(error),
            other => Self::internal(other),
        }
    }
}

/// Of a file that the operator named as an input.
impl From<artifact::Error> for Failure {
    fn from(error: artifact::Error) -> Self {
        match error {
            artifact::Error::Busy { .. } => Self::incomplete(error),
            artifact::Error::Cancelled { .. } => Self::new(Kind::Interrupted, chain(&error)),
            other => Self::usage(other),
        }
    }
}

/// Of a file whose seal held, or that was opened without one.
impl From<baseline::Error> for Failure {
    fn from(error: baseline::Error) -> Self {
        Self::usage(error)
    }
}

impl From<seal::SealError> for Failure {
    fn from(error: seal::SealError) -> Self {
        Self::usage(error)
    }
}

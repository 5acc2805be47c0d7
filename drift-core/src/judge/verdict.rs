//! The conclusion of a run.

use std::fmt;

use crate::model::Severity;

use super::exit::Exit;

/// The lowest severity that fails a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailOn {
    /// This severity and above.
    At(Severity),
    /// Nothing fails.
    Never,
}

impl FailOn {
    /// Returns whether a finding of this severity fails.
    #[must_use]
    pub fn fails(self, severity: Severity) -> bool {
        matches!(self, Self::At(least) if severity >= least && severity > Severity::None)
    }
}

impl fmt::Display for FailOn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(severity) => severity.fmt(formatter),
            Self::Never => formatter.write_str("never"),
        }
    }
}

/// What a run saw and did not see. There is no verdict without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Objects that could have been seen and were not.
    pub problems: u64,
    /// Entries that could not be compared.
    pub not_compared: u64,
    /// Whether something asked for by `--require` cannot be observed in this target.
    pub required_missing: bool,
    /// Policies that ended in `error` or `unknown`.
    pub policy_errors: u64,
}

/// The four conclusions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Compared completely, nothing found.
    Clean,
    /// Something found.
    Findings,
    /// Nothing found, but not everything was compared.
    Incomplete,
    /// A seal does not hold; nothing was compared.
    Untrusted,
}

impl Status {
    /// Returns the word that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Findings => "findings",
            Self::Incomplete => "incomplete",
            Self::Untrusted => "untrusted",
        }
    }
}

/// Why a run did not come to its end although nothing is wrong with what it looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Another run holds the state directory.
    Busy,
    /// The deadline passed.
    Deadline,
}

impl Stopped {
    /// Returns the code that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Deadline => "deadline",
        }
    }
}

/// The conclusion of a run. Only [`judge`] and [`untrusted`] make one.
///
/// ```
/// use drift_core::judge::{FailOn, Seen, Status, judge};
/// use drift_core::model::Severity;
/// let seen = Seen { problems: 1, not_compared: 0, required_missing: false, policy_errors: 0 };
/// let verdict = judge([Severity::Low], &seen, FailOn::At(Severity::Medium));
/// assert_eq!(verdict.status(), Status::Incomplete);
/// assert_eq!(verdict.exit().code, 3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    status: Status,
    complete: bool,
    reason: Option<&'static str>,
}

impl Verdict {
    /// Returns the conclusion.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Returns whether everything in scope was compared; findings may be incomplete too.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.complete
    }

    /// Returns the code that says why, of an incomplete or untrusted run.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        self.reason
    }

    /// Returns the verdict of a run that was stopped, or whose state directory another run holds:
    /// findings stay findings, anything else is incomplete.
    #[must_use]
    pub fn or_stopped(self, why: Stopped) -> Self {
        match self.status {
            Status::Clean | Status::Incomplete => {
                Self { status: Status::Incomplete, complete: false, reason: Some(why.name()) }
            }
            Status::Findings => Self { complete: false, ..self },
            Status::Untrusted => self,
        }
    }

    /// Returns the exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self.status {
            Status::Clean => Exit::CLEAN,
            Status::Findings => Exit::FINDINGS,
            Status::Incomplete => Exit::INCOMPLETE,
            Status::Untrusted => Exit::UNTRUSTED,
        }
    }
}

/// Concludes from all findings and from what was seen.
pub fn judge(
    findings: impl IntoIterator<Item = Severity>,
    seen: &Seen,
    fail_on: FailOn,
) -> Verdict {
    let failed = findings.into_iter().any(|severity| fail_on.fails(severity));
    let reason = if seen.required_missing {
        Some("required-missing")
    } else if seen.problems > 0 || seen.not_compared > 0 {
        Some("problems")
    } else if seen.policy_errors > 0 {
        Some("policy-error")
    } else {
        None
    };
    let status = match (failed, reason) {
        (true, _) => Status::Findings,
        (false, Some(_)) => Status::Incomplete,
        (false, None) => Status::Clean,
    };
    Verdict {
        status,
        complete: reason.is_none(),
        reason: reason.filter(|_| status == Status::Incomplete),
    }
}

/// Concludes that a seal does not hold, for a reason of the closed list in `seal`.
#[must_use]
pub fn untrusted(reason: &'static str) -> Verdict {
    Verdict { status: Status::Untrusted, complete: false, reason: Some(reason) }
}

#[cfg(test)]
mod tests {
    use super::{FailOn, Seen, Status, Stopped, judge, untrusted};
    use crate::model::Severity;

    /// A run that was stopped is never clean, and what it found or refused stays what it was.
    #[test]
    fn a_stopped_run_is_never_clean() {
        let seen = |problems| Seen {
            problems,
            not_compared: 0,
            required_missing: false,
            policy_errors: 0,
        };
        let threshold = FailOn::At(Severity::Medium);
        let clean = judge([], &seen(0), threshold);
        let incomplete = judge([], &seen(1), threshold);
        let findings = judge([Severity::High], &seen(0), threshold);
        for (stop, name) in [(Stopped::Busy, "busy"), (Stopped::Deadline, "deadline")] {
            for before in [clean, incomplete] {
                let after = before.or_stopped(stop);
                assert_eq!(after.status(), Status::Incomplete);
                assert_eq!((after.exit().code, after.complete()), (3, false));
                assert_eq!(after.reason(), Some(name));
            }
            let late = findings.or_stopped(stop);
            assert_eq!((late.status(), late.complete()), (Status::Findings, false));
            assert_eq!(untrusted("altered").or_stopped(stop), untrusted("altered"));
        }
    }
}

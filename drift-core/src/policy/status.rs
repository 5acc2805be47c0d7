//! How a policy ended: the nine statuses of XCCDF 1.2 (NISTIR 7275 §6.6.4.2), and no tenth.

use std::fmt;

/// How a policy ended. The order is that of the table in docs/policies.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Everything it looks at was seen, and it denied nothing.
    Pass,
    /// It denied something.
    Fail,
    /// It could not be evaluated: a wrong value, two answers that contradict each other.
    Error,
    /// It was stopped by a limit of time, memory or output before it had answered.
    Unknown,
    /// It says itself that it is not about such a target.
    NotApplicable,
    /// Something that it looks at could not be observed.
    NotChecked,
    /// Tailoring left it out.
    NotSelected,
    /// It denied something, and is only for information: severity none or informational.
    Informational,
    /// It passes, and failed in the previous report.
    Fixed,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 9] = [
        Self::Pass,
        Self::Fail,
        Self::Error,
        Self::Unknown,
        Self::NotApplicable,
        Self::NotChecked,
        Self::NotSelected,
        Self::Informational,
        Self::Fixed,
    ];

    /// Returns the word that reports use, as XCCDF spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::Unknown => "unknown",
            Self::NotApplicable => "notapplicable",
            Self::NotChecked => "notchecked",
            Self::NotSelected => "notselected",
            Self::Informational => "informational",
            Self::Fixed => "fixed",
        }
    }

    /// Returns the status of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == word)
    }

    /// Returns whether a run in which a policy ends like this is incomplete.
    #[must_use]
    pub const fn is_incomplete(self) -> bool {
        matches!(self, Self::Error | Self::Unknown)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

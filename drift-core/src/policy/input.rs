//! The input of all policies, `drift.input/v1`: one value, and what is missing of it.

use std::collections::BTreeMap;

use super::engine::Value;
use super::set::Policy;

/// The name of this form of input.
pub const INPUT_SCHEMA: &str = "drift.input/v1";

/// The published schema. The linter reads it too, so that what policies may name and what is
/// documented are one.
pub const INPUT_SCHEMA_TEXT: &str = include_str!("../../../docs/schema/drift.input.v1.json");

/// Why something that a policy looks at is not all there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// It could have been read, and was not: an unreadable file, a directory that was not listed.
    Problem(String),
    /// This kind of target, or this run, does not have it: no image, no baseline, left out by a rule.
    NotObservable(String),
}

impl Lack {
    /// Returns the reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Problem(reason) | Self::NotObservable(reason) => reason,
        }
    }
}

/// What policies see.
#[derive(Debug, Clone)]
pub struct Input {
    /// The value.
    pub value: Value,
    /// By section as [`Policy::sections`] names it: what is missing of it. A section that stands here
    /// with its first part alone (`lists`) lacks it in all below. Of accounts, `authorized_keys`,
    /// `password` and `start_files` stand for themselves.
    pub sections: BTreeMap<String, Vec<Lack>>,
    /// By declared path or pattern: what could not be seen of it.
    pub paths: BTreeMap<String, Vec<Lack>>,
}

impl Input {
    /// Returns everything that this policy looks at and that is not all there.
    #[must_use]
    pub fn lacks(&self, policy: &Policy) -> Vec<&Lack> {
        let mut found: Vec<&Lack> = Vec::new();
        for section in &policy.sections {
            let whole = section.split('.').next().unwrap_or_default();
            found.extend(self.sections.get(whole).into_iter().flatten());
            if whole != section {
                found.extend(self.sections.get(section).into_iter().flatten());
            }
        }
        for path in &policy.paths {
            found.extend(self.paths.get(path).into_iter().flatten());
        }
        found.sort();
        found.dedup();
        found
    }
}

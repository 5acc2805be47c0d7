//! An earlier report, read again: as much of `drift.report/v1` as comparing two runs needs.
//!
//! It is the operator's file, and may still be hostile or of another version. Members that are not
//! needed here may be missing or unknown; one that is needed and has another form is an error, never
//! a default that reads as "nothing was found". Nothing is believed of it but what it lists.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer};

use super::document::SCHEMA;
use super::exact;
use crate::model::{Digest, Severity};
use crate::policy::Status;

/// A report is read whole; the largest known ones have some hundred thousand changes.
pub const MAX_REPORT_BYTES: usize = 1 << 30;

/// Why a file is no report that can be compared with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PreviousError {
    /// It is no JSON, or a member of the report has another form.
    #[error("it is no report of drift in JSON; make one by --output json=FILE")]
    Malformed(#[source] serde_json::Error),
    /// It is a report of another version, or another document.
    #[error("it is {found:?}, and this version of drift reads {SCHEMA:?}")]
    OtherSchema {
        /// What it says it is.
        found: String,
    },
    /// A word that this version does not know decides how it ended.
    #[error("{what} is {found:?}, which this version of drift does not know")]
    UnknownWord {
        /// The member.
        what: &'static str,
        /// Its value.
        found: String,
    },
}

/// An earlier report.
#[derive(Debug, Clone)]
pub struct Previous {
    /// The file, as the operator named it.
    pub file: String,
    /// Of its bytes.
    pub digest: Digest,
    /// Whether its seal verified against a trusted key.
    pub verified: bool,
    pub(crate) report: Earlier,
}

impl Previous {
    /// Reads a report in the format `json`. `file` is its name as the operator gave it, `verified`
    /// whether a seal over these very bytes held.
    pub fn read(file: &str, bytes: &[u8], verified: bool) -> Result<Self, PreviousError> {
        let read = serde_json::from_slice::<Earlier>(bytes);
        // Another version may have other members, so what it is comes before what is wrong with it.
        let schema = match &read {
            Ok(report) => report.schema.clone(),
            Err(_) => {
                let kind: Kind = serde_json::from_slice(bytes).map_err(PreviousError::Malformed)?;
                kind.schema
            }
        };
        if schema != SCHEMA {
            return Err(PreviousError::OtherSchema { found: schema });
        }
        let report = read.map_err(PreviousError::Malformed)?;
        report.known_words()?;
        Ok(Self { file: file.to_owned(), digest: Digest::sha256_of(bytes), verified, report })
    }
}

fn severity<'d, D: Deserializer<'d>>(from: D) -> Result<Severity, D::Error> {
    let word = String::deserialize(from)?;
    let known = Severity::ALL.into_iter().find(|severity| severity.name() == word);
    known.ok_or_else(|| serde::de::Error::custom(format!("unknown severity {word:?}")))
}

#[derive(Deserialize)]
struct Kind {
    schema: String,
}

/// The members that are needed, named as in [`document`](super::document).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Earlier {
    schema: String,
    pub(crate) tool: EarlierTool,
    pub(crate) run_id: String,
    pub(crate) finished: String,
    pub(crate) scope: EarlierScope,
    pub(crate) target: EarlierTarget,
    pub(crate) baseline: EarlierReference,
    pub(crate) verdict: EarlierVerdict,
    pub(crate) coverage: EarlierCoverage,
    pub(crate) problems: Vec<EarlierProblem>,
    pub(crate) changes: Vec<EarlierChange>,
    // Earlier versions evaluated no policies.
    #[serde(default)]
    pub(crate) policies: Vec<EarlierPolicy>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EarlierTool {
    pub(crate) rules_digest: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EarlierScope {
    pub(crate) only: BTreeSet<String>,
    #[serde(default)]
    pub(crate) rules_overridden: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EarlierTarget {
    pub(crate) kind: String,
    pub(crate) locator: String,
    pub(crate) identity: EarlierIdentity,
    pub(crate) root_digest: Option<String>,
    pub(crate) effective_root: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EarlierIdentity {
    pub(crate) hostname: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EarlierReference {
    pub(crate) kind: String,
    pub(crate) root_digest: Option<String>,
    pub(crate) effective_root: Option<String>,
    #[serde(default)]
    pub(crate) identity: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EarlierVerdict {
    pub(crate) status: String,
    pub(crate) complete: bool,
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EarlierCoverage {
    pub(crate) not_observable: BTreeSet<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EarlierProblem {
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) path_b64: Option<String>,
    pub(crate) stage: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EarlierChange {
    pub(crate) id: String,
    pub(crate) subject: String,
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) path_b64: Option<String>,
    pub(crate) folded_into: Option<String>,
    #[serde(deserialize_with = "severity")]
    pub(crate) severity: Severity,
    pub(crate) waived_by: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EarlierPolicy {
    pub(crate) id: String,
    pub(crate) status: String,
    #[serde(deserialize_with = "severity")]
    pub(crate) severity: Severity,
    #[serde(default)]
    pub(crate) revision: Option<String>,
    #[serde(default)]
    pub(crate) evidence: Vec<EarlierEvidence>,
    #[serde(default)]
    pub(crate) evidence_omitted: u64,
    #[serde(default)]
    pub(crate) waived_by: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EarlierEvidence {
    pub(crate) id: String,
    pub(crate) path: Option<String>,
    pub(crate) package: Option<String>,
    #[serde(default)]
    pub(crate) waived_by: Option<String>,
}

impl Earlier {
    fn known_words(&self) -> Result<(), PreviousError> {
        let unknown =
            |what, found: &str| Err(PreviousError::UnknownWord { what, found: found.to_owned() });
        if !["clean", "findings", "incomplete", "untrusted"].contains(&&*self.verdict.status) {
            return unknown("verdict.status", &self.verdict.status);
        }
        match self.policies.iter().find(|policy| Status::parse(&policy.status).is_none()) {
            Some(policy) => unknown("the status of a policy", &policy.status),
            None => Ok(()),
        }
    }

    /// Returns the changes that are findings: neither explained by another nor without weight.
    pub(crate) fn findings(&self) -> impl Iterator<Item = &EarlierChange> {
        let loud = |change: &&EarlierChange| {
            change.folded_into.is_none() && change.severity > Severity::None
        };
        self.changes.iter().filter(loud)
    }
}

impl EarlierPolicy {
    pub(crate) fn ended(&self) -> Status {
        // `known_words` has looked at every one.
        Status::parse(&self.status).unwrap_or(Status::Unknown)
    }
}

impl EarlierChange {
    pub(crate) fn exact_path(&self) -> Vec<u8> {
        exact(&self.path, self.path_b64.as_deref()).into_owned()
    }
}

#[cfg(test)]
mod tests;

//! What was verified before, per lineage: without a memory, an old baseline with a good signature
//! could replace the new one.
//!
//! The state is a file that only its owner writes; `artifact` keeps it. It is written after full
//! verification only, and never forgets a higher sequence for a lower one.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::encoding::text;
use super::statement::{Artefact, MAX_SEQUENCE};
use super::verify::SealInfo;
use crate::bounds::Timestamp;
use crate::model::Digest;

/// The longest state file that is read: about 10,000 lineages.
pub const MAX_STATE_BYTES: usize = 4 << 20;

const SCHEMA: &str = "drift.lineages/v1";

/// The highest sequence seen of each lineage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LineageState {
    lineages: BTreeMap<String, Seen>,
    policies: BTreeMap<String, Seen>,
    manifests: BTreeMap<String, Seen>,
    sboms: BTreeMap<String, Seen>,
}

/// What was last taken of one lineage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The highest sequence.
    pub sequence: u64,
    /// SHA-256 of the file with that sequence.
    #[serde(with = "text")]
    pub digest: Digest,
    /// When something of the lineage was last verified; the clock should not be earlier.
    #[serde(with = "text")]
    pub at: Timestamp,
}

/// A memory that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineageError {
    /// The file is not what was written.
    #[error("the memory of earlier baselines is damaged ({why})")]
    Damaged {
        /// How.
        why: &'static str,
    },
    /// There is no higher number.
    #[error("the lineage is at its last sequence, {MAX_SEQUENCE}; start one with a new identity")]
    LastSequence,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    schema: String,
    lineages: BTreeMap<String, Seen>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    policies: BTreeMap<String, Seen>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    manifests: BTreeMap<String, Seen>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    sboms: BTreeMap<String, Seen>,
}

impl LineageState {
    /// Reads what [`LineageState::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, LineageError> {
        if bytes.len() > MAX_STATE_BYTES {
            return Err(LineageError::Damaged { why: "it is longer than 4 MiB" });
        }
        let wire: Wire = serde_json::from_slice(bytes)
            .map_err(|_| LineageError::Damaged { why: "it is not the JSON that drift writes" })?;
        if wire.schema != SCHEMA {
            return Err(LineageError::Damaged { why: "its schema is not drift.lineages/v1" });
        }
        let Wire { lineages, policies, manifests, sboms, .. } = wire;
        let state = Self { lineages, policies, manifests, sboms };
        if state.encode() != bytes {
            return Err(LineageError::Damaged { why: "it was edited" });
        }
        Ok(state)
    }

    /// Returns the text of the state file.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let wire = Wire {
            schema: SCHEMA.to_owned(),
            lineages: self.lineages.clone(),
            policies: self.policies.clone(),
            manifests: self.manifests.clone(),
            sboms: self.sboms.clone(),
        };
        let mut bytes = serde_json::to_vec_pretty(&wire).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Returns what was last taken of the baselines of `identity`.
    #[must_use]
    pub fn get(&self, identity: &str) -> Option<&Seen> {
        self.lineages.get(identity)
    }

    /// Returns what was last taken of this kind and identity: policies, manifests and bills of materials
    /// have lineages of their own.
    #[must_use]
    pub fn get_of(&self, artefact: Artefact, identity: &str) -> Option<&Seen> {
        match artefact {
            Artefact::Policies => self.policies.get(identity),
            Artefact::Manifest => self.manifests.get(identity),
            Artefact::Sbom => self.sboms.get(identity),
            Artefact::Snapshot | Artefact::Report => self.lineages.get(identity),
            Artefact::Waivers => None,
        }
    }

    /// Remembers what was verified at `now`. A lower sequence or an earlier time never replaces a
    /// higher or later one.
    pub fn remember(&mut self, info: &SealInfo, now: Timestamp) {
        let predicate = &info.statement.predicate;
        let Some(sequence) = predicate.sequence() else { return };
        let digest = info.statement.subject_digest;
        let lineages = match predicate.artefact() {
            Artefact::Policies => &mut self.policies,
            Artefact::Manifest => &mut self.manifests,
            Artefact::Sbom => &mut self.sboms,
            _ => &mut self.lineages,
        };
        let seen = lineages.entry(predicate.identity().to_owned()).or_insert(Seen {
            sequence,
            digest,
            at: now,
        });
        if sequence > seen.sequence {
            seen.sequence = sequence;
            seen.digest = digest;
        }
        seen.at = seen.at.max(now);
    }

    /// Returns the sequence that the next baseline of `identity` gets by default: the last known
    /// and one, else 1.
    pub fn next_sequence(&self, identity: &str) -> Result<u64, LineageError> {
        self.next_sequence_of(Artefact::Snapshot, identity)
    }

    /// Returns the same for a file of this kind.
    pub fn next_sequence_of(
        &self,
        artefact: Artefact,
        identity: &str,
    ) -> Result<u64, LineageError> {
        let last = self.get_of(artefact, identity).map_or(0, |seen| seen.sequence);
        last.checked_add(1).filter(|next| *next <= MAX_SEQUENCE).ok_or(LineageError::LastSequence)
    }
}

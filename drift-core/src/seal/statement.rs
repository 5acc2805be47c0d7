//! What a seal says: an in-toto Statement v1 about the exact bytes of one file.
//!
//! <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>. The subject is the
//! SHA-256 of the file, so that the file can be verified before a byte of it is read. A statement
//! is taken only in the one form that [`Statement::encode`] gives it.

mod predicate;

use std::borrow::Cow;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use crate::model::{Algorithm, Digest};

pub use predicate::{
    AcceptedChanges, Counts, ManifestPredicate, PoliciesPredicate, Predicate, ReportCounts,
    ReportPredicate, SbomPredicate, SnapshotPredicate, WaiversPredicate,
};

const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The largest sequence: the last whole number that every JSON reader keeps exact (RFC 8259 §6).
pub const MAX_SEQUENCE: u64 = (1 << 53) - 1;

/// The longest identity; it stands in state files and reports.
pub const MAX_IDENTITY_BYTES: usize = 1024;

/// What kind of file a seal is about; a seal of one kind is never one of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Artefact {
    /// A snapshot, which the seal makes a baseline.
    #[default]
    Snapshot,
    /// A report.
    Report,
    /// A bundle of policies.
    Policies,
    /// A file of waivers.
    Waivers,
    /// A manifest: what packages contain.
    Manifest,
    /// A bill of materials.
    Sbom,
}

impl Artefact {
    /// Returns the predicate type. Changing one breaks every seal of that kind.
    #[must_use]
    pub fn predicate_type(self) -> &'static str {
        match self {
            Self::Snapshot => "tag:drift,2026:snapshot/v1",
            Self::Report => "tag:drift,2026:report/v1",
            Self::Policies => "tag:drift,2026:policies/v1",
            Self::Waivers => "tag:drift,2026:waivers/v1",
            Self::Manifest => "tag:drift,2026:manifest/v1",
            Self::Sbom => "tag:drift,2026:sbom/v1",
        }
    }

    /// Returns the word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Report => "report",
            Self::Policies => "bundle of policies",
            Self::Waivers => "file of waivers",
            Self::Manifest => "manifest",
            Self::Sbom => "bill of materials",
        }
    }
}

/// What is signed about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The file's name when it was sealed; only for the reader, it may be renamed.
    pub subject_name: String,
    /// SHA-256 of the file.
    pub subject_digest: Digest,
    /// What is said about it.
    pub predicate: Predicate,
}

/// A statement that says what none may say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the statement is refused: {why}")]
pub struct StatementError {
    why: &'static str,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a, P> {
    #[serde(rename = "_type")]
    statement_type: Cow<'a, str>,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: Cow<'a, str>,
    predicate: P,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    name: String,
    digest: SubjectDigest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectDigest {
    sha256: String,
}

impl Statement {
    /// Says `predicate` about the exact bytes of `file`.
    #[must_use]
    pub fn about(file: &[u8], name: &str, predicate: Predicate) -> Self {
        let subject_digest = Digest::sha256_of(file);
        Self { subject_name: name.to_owned(), subject_digest, predicate }
    }

    /// Returns the JSON that is signed: compact, fields in the order of the types.
    pub fn encode(&self) -> Result<Vec<u8>, StatementError> {
        self.check()?;
        match &self.predicate {
            Predicate::Snapshot(predicate) => self.wire(predicate),
            Predicate::Report(predicate) => self.wire(predicate),
            Predicate::Policies(predicate) => self.wire(predicate),
            Predicate::Waivers(predicate) => self.wire(predicate),
            Predicate::Manifest(predicate) => self.wire(predicate),
            Predicate::Sbom(predicate) => self.wire(predicate),
        }
    }

    fn wire<P: Serialize>(&self, predicate: &P) -> Result<Vec<u8>, StatementError> {
        let digest = SubjectDigest { sha256: self.subject_digest.hex() };
        let wire = Wire {
            statement_type: STATEMENT_TYPE.into(),
            subject: vec![Subject { name: self.subject_name.clone(), digest }],
            predicate_type: self.predicate.artefact().predicate_type().into(),
            predicate,
        };
        serde_json::to_vec(&wire).map_err(|_| refused("it has no JSON form"))
    }

    /// Reads what [`Statement::encode`] wrote, and nothing else.
    pub(super) fn decode(payload: &[u8]) -> Result<Self, StatementError> {
        let header: Wire<'_, IgnoredAny> = read(payload)?;
        if header.statement_type != STATEMENT_TYPE {
            return Err(refused("it is no in-toto statement of version 1"));
        }
        let [subject] = header.subject.as_slice() else {
            return Err(refused("it is not about exactly one file"));
        };
        let subject_digest = Digest::from_hex(Algorithm::Sha256, subject.digest.sha256.as_bytes())
            .ok_or_else(|| refused("its subject has no SHA-256"))?;
        let predicate = if header.predicate_type == Artefact::Snapshot.predicate_type() {
            Predicate::Snapshot(read::<Wire<'_, SnapshotPredicate>>(payload)?.predicate)
        } else if header.predicate_type == Artefact::Report.predicate_type() {
            Predicate::Report(read::<Wire<'_, ReportPredicate>>(payload)?.predicate)
        } else if header.predicate_type == Artefact::Policies.predicate_type() {
            Predicate::Policies(read::<Wire<'_, PoliciesPredicate>>(payload)?.predicate)
        } else if header.predicate_type == Artefact::Waivers.predicate_type() {
            Predicate::Waivers(read::<Wire<'_, WaiversPredicate>>(payload)?.predicate)
        } else if header.predicate_type == Artefact::Manifest.predicate_type() {
            Predicate::Manifest(read::<Wire<'_, ManifestPredicate>>(payload)?.predicate)
        } else if header.predicate_type == Artefact::Sbom.predicate_type() {
            Predicate::Sbom(read::<Wire<'_, SbomPredicate>>(payload)?.predicate)
        } else {
            return Err(refused("its predicate type is unknown; a newer drift may know it"));
        };
        let statement = Self { subject_name: subject.name.clone(), subject_digest, predicate };
        if statement.encode()? != payload {
            return Err(refused("it is not in its canonical form"));
        }
        Ok(statement)
    }

    fn check(&self) -> Result<(), StatementError> {
        let identity = self.predicate.identity();
        if identity.is_empty() || identity.len() > MAX_IDENTITY_BYTES {
            return Err(refused("its identity is empty or longer than 1024 bytes"));
        }
        if self.predicate.sequence().is_some_and(|number| number == 0 || number > MAX_SEQUENCE) {
            return Err(refused("its sequence is not between 1 and 2^53 - 1"));
        }
        if self.predicate.expires().is_some_and(|expires| expires <= self.predicate.created()) {
            return Err(refused("it expires before it was created"));
        }
        Ok(())
    }
}

fn read<T: DeserializeOwned>(payload: &[u8]) -> Result<T, StatementError> {
    serde_json::from_slice(payload).map_err(|_| refused("its JSON lacks a field or has another"))
}

fn refused(why: &'static str) -> StatementError {
    StatementError { why }
}

#[cfg(test)]
mod tests;

//! What is said about each kind of file.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Artefact;
use crate::bounds::Timestamp;
use crate::model::Digest;
use crate::seal::encoding::{optional_text, text};

/// What a statement says, by kind of file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// About a snapshot.
    Snapshot(SnapshotPredicate),
    /// About a report.
    Report(ReportPredicate),
    /// About a bundle of policies.
    Policies(PoliciesPredicate),
    /// About a file of waivers.
    Waivers(WaiversPredicate),
    /// About a manifest.
    Manifest(ManifestPredicate),
    /// About a bill of materials.
    Sbom(SbomPredicate),
}

/// What is said about a snapshot; the order of the fields is the order in the signed JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotPredicate {
    /// Digest over everything captured; recomputed when the snapshot is decoded.
    #[serde(with = "text")]
    pub root: Digest,
    /// Digest over what the rules compare: equal across identical hosts.
    #[serde(with = "text")]
    pub effective_root: Digest,
    /// How much it holds.
    pub counts: Counts,
    /// The lineage: which system or image this is the golden state of.
    pub identity: String,
    /// What was captured: `entries`, `packages`.
    pub scope: Vec<String>,
    /// The version of drift that captured it.
    pub tool: String,
    /// When it was sealed.
    #[serde(with = "text")]
    pub created: Timestamp,
    /// The last moment at which it is taken.
    #[serde(with = "optional_text")]
    pub expires: Option<Timestamp>,
    /// Its place in the lineage, from 1; a later baseline has a higher one.
    pub sequence: u64,
    /// Digest of the rules inside.
    #[serde(with = "text")]
    pub rules_digest: Digest,
    /// Digest of the policies that belong to it.
    #[serde(with = "optional_text")]
    pub policies_digest: Option<Digest>,
    /// What the operator says about where it comes from: `git.commit`, `image.digest`, `builder`.
    pub provenance: BTreeMap<String, String>,
    /// What was accepted into it, where it followed another baseline by `drift accept`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Box<AcceptedChanges>>,
}

/// What was accepted into a baseline, and from which one it followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedChanges {
    /// SHA-256 of the file of the golden baseline.
    #[serde(with = "text")]
    pub golden: Digest,
    /// The golden baseline's place in the lineage.
    pub golden_sequence: u64,
    /// Digest over everything in the snapshot that the new values are from.
    #[serde(with = "text")]
    pub snapshot_root: Digest,
    /// How many changes were accepted.
    pub changes: u64,
    /// SHA-256 over their ids, sorted, each with a line feed after it.
    #[serde(with = "text")]
    pub ids_digest: Digest,
    /// What they were selected by, such as `all` or `package openssl`.
    pub selectors: Vec<String>,
    /// SHA-256 of the report that limited the choice.
    #[serde(with = "optional_text")]
    pub report: Option<Digest>,
}

/// How much a snapshot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Entries.
    pub entries: u64,
    /// Packages.
    pub packages: u64,
    /// Objects that could not be seen when it was captured.
    pub problems: u64,
}

/// What is said about a report; enough to notice that a part of it was cut out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportPredicate {
    /// The target that it is about.
    pub identity: String,
    /// What was compared: `entries`, `packages`.
    pub scope: Vec<String>,
    /// The version of drift that made it.
    pub tool: String,
    /// When it was signed.
    #[serde(with = "text")]
    pub created: Timestamp,
    /// The verdict's status: `clean`, `findings`, `incomplete`, `untrusted`.
    pub status: String,
    /// The exit code of that verdict.
    pub exit_code: u8,
    /// Whether everything in scope was compared.
    pub complete: bool,
    /// How much it holds.
    pub counts: ReportCounts,
    /// SHA-256 of the baseline file that the target was compared with.
    #[serde(with = "optional_text")]
    pub baseline: Option<Digest>,
}

/// How much a report holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportCounts {
    /// Changes, the folded ones included.
    pub changes: u64,
    /// Problems.
    pub problems: u64,
}

/// What is said about a bundle of policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoliciesPredicate {
    /// The lineage: which set of policies this is.
    pub identity: String,
    /// The version of drift that made the bundle.
    pub tool: String,
    /// When it was sealed.
    #[serde(with = "text")]
    pub created: Timestamp,
    /// The last moment at which it is taken.
    #[serde(with = "optional_text")]
    pub expires: Option<Timestamp>,
    /// Its place in the lineage, from 1.
    pub sequence: u64,
    /// Digest over names and texts of the files inside, as reports give it.
    #[serde(with = "text")]
    pub policies_digest: Digest,
    /// How many policies it holds.
    pub policies: u64,
}

/// What is said about a file of waivers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaiversPredicate {
    /// Whose findings they accept.
    pub identity: String,
    /// The version of drift that sealed them.
    pub tool: String,
    /// When they were sealed.
    #[serde(with = "text")]
    pub created: Timestamp,
    /// The last moment at which any of them is taken.
    #[serde(with = "optional_text")]
    pub expires: Option<Timestamp>,
}

/// What is said about a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestPredicate {
    /// The lineage: of which packages it is, such as the name of a release.
    pub identity: String,
    /// The version of drift that made it.
    pub tool: String,
    /// When it was sealed.
    #[serde(with = "text")]
    pub created: Timestamp,
    /// The last moment at which it is taken.
    #[serde(with = "optional_text")]
    pub expires: Option<Timestamp>,
    /// Its place in the lineage, from 1.
    pub sequence: u64,
    /// How many packages it holds.
    pub packages: u64,
    /// How many files these hold together.
    pub files: u64,
}

/// What is said about a bill of materials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SbomPredicate {
    /// The lineage: which system or image this is the bill of.
    pub identity: String,
    /// The version of drift that sealed it; who made it stands in the bill.
    pub tool: String,
    /// When it was sealed.
    #[serde(with = "text")]
    pub created: Timestamp,
    /// The last moment at which it is taken.
    #[serde(with = "optional_text")]
    pub expires: Option<Timestamp>,
    /// Its place in the lineage, from 1.
    pub sequence: u64,
    /// The form, such as `CycloneDX 1.6`.
    pub form: String,
    /// How many packages it holds that can be compared.
    pub packages: u64,
    /// How many files it lists.
    pub files: u64,
    /// What the operator says about where it comes from.
    pub provenance: BTreeMap<String, String>,
}

impl Predicate {
    /// Returns the kind of file that it is about.
    #[must_use]
    pub fn artefact(&self) -> Artefact {
        match self {
            Self::Snapshot(_) => Artefact::Snapshot,
            Self::Report(_) => Artefact::Report,
            Self::Policies(_) => Artefact::Policies,
            Self::Waivers(_) => Artefact::Waivers,
            Self::Manifest(_) => Artefact::Manifest,
            Self::Sbom(_) => Artefact::Sbom,
        }
    }

    /// Returns the lineage, or the target of a report.
    #[must_use]
    pub fn identity(&self) -> &str {
        match self {
            Self::Snapshot(snapshot) => &snapshot.identity,
            Self::Report(report) => &report.identity,
            Self::Policies(policies) => &policies.identity,
            Self::Waivers(waivers) => &waivers.identity,
            Self::Manifest(manifest) => &manifest.identity,
            Self::Sbom(sbom) => &sbom.identity,
        }
    }

    /// Returns when it was said.
    #[must_use]
    pub fn created(&self) -> Timestamp {
        match self {
            Self::Snapshot(snapshot) => snapshot.created,
            Self::Report(report) => report.created,
            Self::Policies(policies) => policies.created,
            Self::Waivers(waivers) => waivers.created,
            Self::Manifest(manifest) => manifest.created,
            Self::Sbom(sbom) => sbom.created,
        }
    }

    /// Returns until when it holds; a report holds for ever.
    #[must_use]
    pub fn expires(&self) -> Option<Timestamp> {
        match self {
            Self::Snapshot(snapshot) => snapshot.expires,
            Self::Report(_) => None,
            Self::Policies(policies) => policies.expires,
            Self::Waivers(waivers) => waivers.expires,
            Self::Manifest(manifest) => manifest.expires,
            Self::Sbom(sbom) => sbom.expires,
        }
    }

    /// Returns the place in the lineage; a report and waivers have none.
    #[must_use]
    pub fn sequence(&self) -> Option<u64> {
        match self {
            Self::Snapshot(snapshot) => Some(snapshot.sequence),
            Self::Policies(policies) => Some(policies.sequence),
            Self::Manifest(manifest) => Some(manifest.sequence),
            Self::Sbom(sbom) => Some(sbom.sequence),
            Self::Report(_) | Self::Waivers(_) => None,
        }
    }
}

//! Policies, waivers and the previous report, as a report shows them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::Severity;

/// How one policy ended.
#[derive(Debug, Clone, Serialize)]
pub struct Policy {
    /// `PACK/NAME`.
    pub id: String,
    /// One line.
    pub title: String,
    /// One of the nine statuses of XCCDF.
    pub status: &'static str,
    /// How loud a denial is, after tailoring.
    pub severity: Severity,
    /// Who changed the severity; null where it is the policy's own.
    pub tailored: Option<Tailored>,
    /// Why it ended so; null of a pass.
    pub reason: Option<String>,
    /// Identifiers by catalogue: `cis`, `ssg`, `nist`, `stig`.
    pub references: BTreeMap<String, Vec<String>>,
    /// Where it comes from: the `name` of one of `policy_origins`.
    pub origin: String,
    /// `sha256:…` over everything that decides what it denies: the files of its origin but tests, the
    /// library, and the values of its parameters.
    pub revision: String,
    /// What it denies.
    pub evidence: Vec<Evidence>,
    /// Denials beyond the limit of output, of which only the number is known.
    pub evidence_omitted: u64,
    /// Why it matters.
    pub rationale: String,
    /// What to do about a denial.
    pub remediation: String,
    /// The waiver that accepts all that it denies.
    pub waived_by: Option<String>,
}

/// One denial of a policy.
#[derive(Debug, Clone, Serialize)]
pub struct Evidence {
    /// SHA-256 over policy and values; never the line, host or time.
    pub id: String,
    /// The object.
    pub path: Option<String>,
    /// The line in that file, from 1.
    pub line: Option<u64>,
    /// What was found.
    pub observed: Option<String>,
    /// What should be.
    pub expected: Option<String>,
    /// A sentence.
    pub message: Option<String>,
    /// The package that it is about.
    pub package: Option<String>,
    /// The waiver that accepts it.
    pub waived_by: Option<String>,
}

/// Where policies come from.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyOrigin {
    /// `builtin:NAME`, or as the operator named it.
    pub name: String,
    /// `builtin`, `directory`, `bundle`.
    pub kind: &'static str,
    /// `sha256:…` of the bundle, or over all files.
    pub digest: String,
    /// Whether its seal verified against a trusted key.
    pub signed: bool,
    /// Whose signatures held.
    pub signers: Vec<super::Signer>,
}

/// A severity that tailoring changed.
#[derive(Debug, Clone, Serialize)]
pub struct Tailored {
    /// What the policy says itself.
    pub severity: Severity,
    /// The file and line that changed it.
    pub by: String,
}

/// The profiles and parameters that the operator chose.
#[derive(Debug, Clone, Serialize)]
pub struct Tailoring {
    /// Those in force, in the order in which they apply; later ones win.
    pub profiles: Vec<TailoringProfile>,
    /// The parameters that somebody chose, by name.
    pub parameters: Vec<TailoringParameter>,
}

/// One profile of tailoring.
#[derive(Debug, Clone, Serialize)]
pub struct TailoringProfile {
    /// Its name.
    pub name: String,
    /// One line.
    pub title: Option<String>,
    /// `builtin:NAME`, or the file as the operator named it.
    pub file: String,
    /// `sha256:…` of its text.
    pub digest: String,
}

/// A parameter that somebody chose.
#[derive(Debug, Clone, Serialize)]
pub struct TailoringParameter {
    /// Its name in `data.params`.
    pub name: String,
    /// Its value.
    pub value: crate::policy::Value,
    /// The file and line that chose it, or `--param`.
    pub by: String,
}

/// The file of the waivers.
#[derive(Debug, Clone, Serialize)]
pub struct WaiverOrigin {
    /// As the operator named it.
    pub file: String,
    /// `sha256:…` of its bytes.
    pub digest: String,
    /// Whether its seal verified against a trusted key.
    pub signed: bool,
    /// Whose signatures held.
    pub signers: Vec<super::Signer>,
}

/// What a waiver accepts: everything that is given must hold.
#[derive(Debug, Clone, Serialize, PartialEq, Eq, Default)]
pub struct WaiverMatch {
    /// A policy id, with `*`.
    pub policy: Option<String>,
    /// A path, with `*` and `**`.
    pub path: Option<String>,
    /// A package's name, with `*`.
    pub package: Option<String>,
    /// A cause of changes.
    pub cause: Option<&'static str>,
    /// The sealed identity, the host name or the digest of the image, with `*`.
    pub identity: Option<String>,
    /// The id of one change or of one denial.
    pub change: Option<String>,
}

/// One waiver and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct Waiver {
    /// Its id.
    pub id: String,
    /// Who answers for it.
    pub owner: String,
    /// Who allowed it.
    pub approver: Option<String>,
    /// Why.
    pub reason: String,
    /// The first moment at which it holds, RFC 3339, UTC; null for always.
    pub created: Option<String>,
    /// The last second in which it holds.
    pub expires: String,
    /// Where it was discussed.
    pub ticket: Option<String>,
    /// What it accepts.
    #[serde(rename = "match")]
    pub selector: WaiverMatch,
    /// Changes and denials that it accepts, or would accept were it in force.
    pub matched: u64,
    /// `active`, `expiring` (within the warning time), `expired`, `unused`, `not-yet-valid`.
    pub state: &'static str,
}

/// What differs from the previous report.
///
/// Each finding of this run is one of `new`, `unchanged` and `incomparable`; each of the previous one
/// is one of `fixed`, `replaced`, `unchanged` and `incomparable`.
#[derive(Debug, Clone, Serialize, Default)]
pub struct SincePrevious {
    /// The report, as the operator named it.
    pub file: String,
    /// `sha256:…` of its bytes.
    pub digest: String,
    /// Whether its seal verified against a trusted key.
    pub verified: bool,
    /// Its `run_id`.
    pub run_id: String,
    /// When it was finished.
    pub finished: String,
    /// Findings that it did not have.
    pub new: Vec<FindingName>,
    /// Findings that it had, and that are gone.
    pub fixed: Vec<FindingName>,
    /// Findings that it had, and whose object differs otherwise now: that stands in `new`.
    pub replaced: u64,
    /// How many stand in both.
    pub unchanged: u64,
    /// Those of `unchanged` that count all the same: their waiver holds no longer, or they are louder
    /// than they were.
    pub again: Vec<FindingName>,
    /// Findings of which it cannot be told, and why.
    pub incomparable: Vec<Incomparable>,
    /// Changes and policies at or above `--fail-on` that do not count for the verdict because the
    /// previous report had them; 0 without `--fail-on-new`.
    pub not_counted: u64,
}

/// A finding, named: a change, or one denial of a policy.
#[derive(Debug, Clone, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct FindingName {
    /// `change` or `policy`.
    pub kind: &'static str,
    /// The policy, of a denial.
    pub policy: Option<String>,
    /// The object.
    pub path: Option<String>,
    /// The exact bytes of the path, when they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_b64: Option<String>,
    /// The `id` of the change or of the evidence.
    pub id: String,
    /// How loud it is, or was.
    pub severity: Severity,
}

/// A part of two reports that cannot be compared.
#[derive(Debug, Clone, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct Incomparable {
    /// `changes`, or the id of a policy.
    pub what: String,
    /// Why: another baseline, other rules, another revision of the policy, not checked now.
    pub reason: String,
    /// How many findings of this run it concerns.
    pub now: u64,
    /// How many findings of the previous run it concerns.
    pub before: u64,
}

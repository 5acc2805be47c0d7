//! The report, `drift.report/v1`: the one document that every format is made from.
//!
//! The field names are the public contract; `docs/schema/drift.report.v1.json` says the same.
//! Paths here are as bytes would be shown in JSON: valid UTF-8 as it is (with a leading slash), any
//! other byte as U+FFFD, and then `path_b64` holds the exact bytes ([`lossy`](super::lossy) makes the
//! pair, [`exact`](super::exact) reads it). A text format must escape them.

mod image;
mod package;
mod policy;
mod trusted;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Cause, Severity};

pub use image::{Image, ImageConfig, ImageLayer, ImageSecret, ImageStep};
pub use package::{PackageEvent, PackageOf};
pub use policy::{
    Evidence, FindingName, Incomparable, Policy, PolicyOrigin, SincePrevious, Tailored, Tailoring,
    TailoringParameter, TailoringProfile, Waiver, WaiverMatch, WaiverOrigin,
};
pub use trusted::Trusted;

/// The name of this form of report.
pub const SCHEMA: &str = "drift.report/v1";

/// Everything a run found, and everything it could not see.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The program.
    pub tool: Tool,
    /// 128 random bits in hexadecimal, to tell runs apart.
    pub run_id: String,
    /// RFC 3339, UTC.
    pub started: String,
    /// RFC 3339, UTC.
    pub finished: String,
    /// What was asked for.
    pub scope: Scope,
    /// What was looked at.
    pub target: Target,
    /// What it was compared with.
    pub baseline: Reference,
    /// Vendor catalogues that were used.
    pub manifests: Vec<Manifest>,
    /// The conclusion.
    pub verdict: Verdict,
    /// What was seen and what was not.
    pub coverage: Coverage,
    /// What could have been seen and was not.
    pub problems: Vec<Problem>,
    /// Every difference.
    pub changes: Vec<Change>,
    /// Where the policies come from.
    pub policy_origins: Vec<PolicyOrigin>,
    /// Who chose which policies run, and with which parameters; null where nobody did.
    pub tailoring: Option<Tailoring>,
    /// How each policy ended, by id.
    pub policies: Vec<Policy>,
    /// The file of the waivers; null where none was given.
    pub waiver_origin: Option<WaiverOrigin>,
    /// Every waiver that was given, and what became of it.
    pub waivers: Vec<Waiver>,
    /// What differs from the previous report, where one was given.
    pub since_previous: Option<SincePrevious>,
    /// Counts of the above.
    pub summary: Summary,
    /// Sentences for the reader: what this run does not prove, what to do next.
    pub notes: Vec<String>,
}

/// The program that made the report.
#[derive(Debug, Clone, Serialize)]
pub struct Tool {
    /// `drift`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// `sha256:…` of the running program, where it can be read.
    pub binary_digest: Option<String>,
    /// Digest of the policies, their selection and their parameters; null when none ran.
    pub policies_digest: Option<String>,
    /// Digest of the rules in force.
    pub rules_digest: String,
    /// Digest of the waivers; null when none were given.
    pub waivers_digest: Option<String>,
    /// The configuration files in force, the strongest first; the program that embeds the library
    /// says which.
    pub config_digests: Vec<ConfigDigest>,
}

/// A configuration file that was in force.
#[derive(Debug, Clone, Serialize)]
pub struct ConfigDigest {
    /// The file.
    pub file: String,
    /// `sha256:…` of its bytes.
    pub digest: String,
}

/// A vendor catalogue that was used: its seal held.
#[derive(Debug, Clone, Serialize)]
pub struct Manifest {
    /// The file as the operator named it.
    pub file: String,
    /// Digest of the file.
    pub digest: String,
    /// Always true: nothing of another is used.
    pub verified: bool,
    /// Whose signatures held.
    pub signers: Vec<Signer>,
    /// Its place in its lineage.
    pub sequence: Option<u64>,
    /// Until when it holds, RFC 3339, UTC.
    pub expires: Option<String>,
}

/// What was asked for.
#[derive(Debug, Clone, Serialize)]
pub struct Scope {
    /// `entries`, `packages`; `settings`, `facts` and `policies` come later.
    pub only: Vec<String>,
    /// `full`.
    pub mode: &'static str,
    /// The lowest severity that fails, or `never`.
    pub fail_on: String,
    /// Names of the built-in rule profiles in force.
    pub profiles: Vec<String>,
    /// What must be observable.
    pub require: Vec<String>,
    /// Whether rules given on the command line replaced those of the baseline.
    pub rules_overridden: bool,
    /// Digest over all options that bear on the result.
    pub options_digest: String,
    /// Digest of the earlier report that was compared with.
    pub previous: Option<String>,
    /// Whether only what that report did not have counts for the verdict.
    pub fail_on_new: bool,
}

/// What was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Target {
    /// `host`, `directory`, `tar`, `oci`, `docker-archive`, `overlay`, `snapshot`.
    pub kind: String,
    /// As the operator named it.
    pub locator: String,
    /// Which system it says it is.
    pub identity: TargetIdentity,
    /// Digest over everything captured.
    pub root_digest: Option<String>,
    /// Digest over what the rules compare: equal across identical hosts.
    pub effective_root: Option<String>,
    /// What the image says of itself, where it is one.
    pub image: Option<Image>,
}

/// Which system a target says it is.
#[derive(Debug, Clone, Serialize, Default)]
pub struct TargetIdentity {
    /// `ID` of os-release.
    pub os: Option<String>,
    /// `VERSION_ID` of os-release.
    pub version: Option<String>,
    /// The package manager's architecture.
    pub architecture: Option<String>,
    /// The configured host name.
    pub hostname: Option<String>,
    /// Digest of the image's manifest, or of its configuration where it has none.
    pub image_digest: Option<String>,
}

/// What the target was compared with.
#[derive(Debug, Clone, Serialize, Default)]
pub struct Reference {
    /// `sealed`, `snapshot`, `package-database`, `none`.
    pub kind: &'static str,
    /// Whether its seal verified against a trusted key.
    pub verified: bool,
    /// The file, as the operator named it.
    pub file: Option<String>,
    /// `sha256:…` of the file.
    pub digest: Option<String>,
    /// Digest over everything captured.
    pub root_digest: Option<String>,
    /// Digest over what the rules compare.
    pub effective_root: Option<String>,
    /// Where several baselines compose: each, the earlier ones first. What stands beside it is then
    /// that of the last, but for both roots, which are those of the whole.
    pub composed_of: Vec<Component>,
    /// Whose signatures held.
    pub signers: Vec<Signer>,
    /// The subject that it was sealed for.
    pub identity: Option<String>,
    /// When it was sealed.
    pub created: Option<String>,
    /// Until when it holds.
    pub expires: Option<String>,
    /// Its place in its lineage.
    pub sequence: Option<u64>,
    /// Seconds from sealing to this run.
    pub age_seconds: Option<i64>,
    /// What the operator said when sealing it, such as `git_commit`.
    pub provenance: BTreeMap<String, String>,
    /// What the image says of itself, where an image was captured.
    pub image: Option<Image>,
}

/// One of several baselines that compose.
#[derive(Debug, Clone, Serialize)]
pub struct Component {
    /// The file, as the operator named it.
    pub file: String,
    /// `sha256:…` of the file.
    pub digest: String,
    /// Digest over everything captured in it.
    pub root_digest: String,
    /// The subject that it was sealed for.
    pub identity: String,
    /// Its place in its lineage.
    pub sequence: u64,
    /// When it was sealed.
    pub created: String,
    /// Until when it holds.
    pub expires: Option<String>,
    /// Whose signatures held.
    pub signers: Vec<Signer>,
}

/// One key whose signature held.
#[derive(Debug, Clone, Serialize)]
pub struct Signer {
    /// The name in trust.toml, or the file's name.
    pub name: String,
    /// `sha256:…` of the public key (SPKI).
    pub key: String,
}

/// The conclusion; made by `judge` alone.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// `clean`, `findings`, `incomplete`, `untrusted`.
    pub status: &'static str,
    /// The exit code.
    pub exit_code: u8,
    /// Whether everything in scope was compared.
    pub complete: bool,
    /// A code that says why, for exit codes 3 and 4.
    pub reason: Option<String>,
    /// The same in words, where there are words.
    pub detail: Option<String>,
}

/// What was seen and what was not.
#[derive(Debug, Clone, Serialize, Default)]
pub struct Coverage {
    /// Entries captured.
    pub entries: u64,
    /// Files read to the end.
    pub files_hashed: u64,
    /// Bytes of those.
    pub bytes_hashed: u64,
    /// Files that were not read because they look as they did when an earlier run read them, or are sealed
    /// as they were.
    pub files_from_cache: u64,
    /// Files of which the digest that fs-verity checks them against was measured, and is that of an
    /// earlier reading. They are among those from the cache, unless they were read for another reason.
    pub proved_by_verity: u64,
    /// Files that look as they did and were read again all the same, chosen at random.
    pub rehash_sample: u64,
    /// Where the files that were not read lie; at most 33 directories of the root.
    pub trusted_from_cache: Vec<Trusted>,
    /// Objects that could not be read.
    pub unreadable: u64,
    /// Files that kept changing while read.
    pub unstable: u64,
    /// Names gone between listing and reading.
    pub vanished: u64,
    /// Entries of the baseline or target that could not be compared, each explained by a problem.
    pub not_compared: u64,
    /// File systems that were not entered.
    pub mounts_not_entered: Vec<Mount>,
    /// What rules excluded.
    pub excluded: Vec<Exclusion>,
    /// What this kind of target cannot carry, such as `entries.xattr`.
    pub not_observable: Vec<String>,
    /// Stored attributes that this version does not know.
    pub attributes_not_compared: Vec<String>,
}

/// A mounted file system.
#[derive(Debug, Clone, Serialize)]
pub struct Mount {
    /// Where.
    pub path: String,
    /// The exact bytes of the path, when they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_b64: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub file_system: String,
}

/// What one rule kept out.
#[derive(Debug, Clone, Serialize)]
pub struct Exclusion {
    /// The rule.
    pub rule: String,
    /// How many names.
    pub entries: u64,
}

/// Something that could have been seen and was not.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// The object.
    pub path: String,
    /// The exact bytes of the path, when they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_b64: Option<String>,
    /// What was tried.
    pub stage: &'static str,
    /// Why it failed.
    pub reason: String,
    /// The kernel's error.
    pub errno: Option<&'static str>,
}

/// One difference.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// SHA-256 over subject, path, kind, attribute names and values (mtime left out), and who altered
    /// it where a baseline did.
    pub id: String,
    /// `entry`, `package`, `fact`; `setting` comes later.
    pub subject: &'static str,
    /// The entry's path, the package's name, or the fact's key.
    pub path: String,
    /// The exact bytes of the path, when they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_b64: Option<String>,
    /// `added`, `removed`, `modified`.
    pub kind: &'static str,
    /// The entry's type, after the change where it still exists.
    #[serde(rename = "type")]
    pub file_type: Option<&'static str>,
    /// The path it had before.
    pub moved_from: Option<String>,
    /// The exact bytes of that path, when they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_from_b64: Option<String>,
    /// The `id` of the package change that explains it.
    pub folded_into: Option<String>,
    /// The setting; none yet.
    pub setting: Option<serde_json::Value>,
    /// The fact, when the subject is one.
    pub fact: Option<Fact>,
    /// What differs.
    pub attributes: Vec<AttributeChange>,
    /// Why it is there.
    pub cause: Cause,
    /// Whether that rests on more than the target's own word.
    pub cause_verified: bool,
    /// What speaks for that cause, or against another that could be expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// The layer of an image that it came with, or went with.
    pub layer: Option<LayerOf>,
    /// Where several baselines compose: the one that the entry of the reference is from.
    pub baseline_of: Option<BaselineOf>,
    /// The later baseline that altered what `baseline_of` holds. The change is then one between
    /// these two, not one of the target.
    pub altered_by: Option<BaselineOf>,
    /// The package that owns it, or that it is.
    pub package: Option<PackageOf>,
    /// The rule in force.
    pub rule: Option<String>,
    /// For an unowned directory without baseline: entries below it that are folded into it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entries: Option<u64>,
    /// Whether it is an executable in a directory of the usual PATH.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub on_path: bool,
    /// What the file says now, where that was asked for and may be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// How loud it is.
    pub severity: Severity,
    /// The waiver that accepts it.
    pub waived_by: Option<String>,
}

/// A fact that a change is about.
#[derive(Debug, Clone, Serialize)]
pub struct Fact {
    /// `image`: what the configuration of an image says.
    pub collector: &'static str,
    /// Such as `config.user`.
    pub key: String,
}

/// A layer that a change is about.
#[derive(Debug, Clone, Serialize)]
pub struct LayerOf {
    /// Whose layer it is: `target` or `baseline`.
    pub of: &'static str,
    /// Its place, the lowest being 0.
    pub index: u16,
    /// The command that made it, as the image says.
    pub created_by: Option<String>,
}

/// One of several baselines, named.
#[derive(Debug, Clone, Serialize)]
pub struct BaselineOf {
    /// The subject that it was sealed for.
    pub identity: String,
    /// The file, as the operator named it.
    pub file: String,
}

/// What a changed text file says now, with `--with-content`.
#[derive(Debug, Clone, Serialize)]
pub struct Content {
    /// The text, values of secret-looking keys masked; null when it is withheld.
    pub after: Option<String>,
    /// How many lines are masked.
    pub masked_lines: u64,
    /// Why nothing is shown.
    pub withheld: Option<String>,
}

/// One attribute that differs.
#[derive(Debug, Clone, Serialize)]
pub struct AttributeChange {
    /// Its name, `xattr:NAME` for extended attributes.
    pub name: String,
    /// The exact bytes of the name, when they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_b64: Option<String>,
    /// In the baseline.
    pub before: Option<String>,
    /// The exact bytes, when they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_b64: Option<String>,
    /// In the target.
    pub after: Option<String>,
    /// The exact bytes, when they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_b64: Option<String>,
}

/// Counts over the whole report.
#[derive(Debug, Clone, Serialize, Default)]
pub struct Summary {
    /// Of the changes.
    pub changes: ChangeCounts,
    /// Of the policies, by status; statuses that do not occur are left out.
    pub policies: BTreeMap<&'static str, u64>,
    /// Changes and denials that a waiver accepts.
    pub waived: u64,
    /// Of the policies.
    pub score: Score,
    /// `replace`, `review`, `none`.
    pub recommendation: &'static str,
}

/// Counts of changes.
#[derive(Debug, Clone, Serialize, Default)]
pub struct ChangeCounts {
    /// All, the folded ones included.
    pub total: u64,
    /// Those that a package change explains.
    pub folded: u64,
    /// By cause; causes that do not occur are left out.
    pub by_cause: BTreeMap<&'static str, u64>,
    /// By severity; severities that do not occur are left out.
    pub by_severity: BTreeMap<&'static str, u64>,
}

/// A weighted share of policies that passed.
#[derive(Debug, Clone, Serialize, Default)]
pub struct Score {
    /// How it is computed.
    pub method: &'static str,
    /// The value, from 0 to 1; null when nothing ran.
    pub value: Option<f64>,
    /// Weight of what failed and is waived, which the value leaves out.
    pub waived: u64,
    /// Weight of what was not checked, in error or unknown, which the value leaves out.
    pub not_checked: u64,
}

//! Policies as they are after loading: who they are, where they come from, what they may look at.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::model::{Digest, Severity};

use super::engine::{Engine, Value};
use super::packs::{LIBRARY, digest};
use super::tailoring::Tailoring;

/// `PACK/NAME`, such as `host/second_uid_0`: unique in a set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId(String);

/// A text that is no policy id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a policy id is PACK/NAME of lower-case letters, digits, - and _, such as host/second_uid_0"
)]
pub struct NoPolicyId;

impl PolicyId {
    /// Reads an id.
    pub fn parse(text: &str) -> Result<Self, NoPolicyId> {
        let plain = |part: &str| {
            part.starts_with(|first: char| first.is_ascii_lowercase())
                && part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
        };
        match text.split_once('/') {
            Some((pack, name)) if plain(pack) && plain(name) && text.len() <= 128 => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(NoPolicyId),
        }
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the pack.
    #[must_use]
    pub fn pack(&self) -> &str {
        self.0.split_once('/').map_or("", |(pack, _)| pack)
    }

    /// Returns the Rego package that it must stand in: `drift.PACK.NAME`, with `_` for `-`.
    #[must_use]
    pub fn package(&self) -> String {
        format!("drift.{}", self.0.replace('/', ".").replace('-', "_"))
    }
}

impl fmt::Display for PolicyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One file of policies, as it was read; nothing is known of it yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyFile {
    /// Relative to its origin, such as `lib/mode.rego`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Where policies come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginKind {
    /// Part of drift.
    Builtin,
    /// A directory or file that the operator named: unsigned, its digest is recorded.
    Directory,
    /// A bundle whose seal held.
    Bundle,
}

impl OriginKind {
    /// Returns the word that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Directory => "directory",
            Self::Bundle => "bundle",
        }
    }
}

/// A key whose signature over a bundle held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The name in trust.toml, or the file's name.
    pub name: String,
    /// `sha256:…` of the public key (SPKI).
    pub key: String,
}

/// One place that policies come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// `builtin:NAME`, or the directory or bundle as the operator named it.
    pub name: String,
    /// What it is.
    pub kind: OriginKind,
    /// Of a bundle, its file; else over names and texts of all files, sorted by name.
    pub digest: Digest,
    /// Whose signatures held; empty unless it is a bundle.
    pub signers: Vec<Signer>,
    /// The lineage and the place in it, of a bundle.
    pub lineage: Option<(String, u64)>,
}

/// The files of one origin.
#[derive(Debug, Clone)]
pub struct SourceSet {
    /// Where they come from.
    pub origin: Origin,
    /// All of them: policies, `lib/`, tests.
    pub files: Vec<PolicyFile>,
}

/// A value that the operator may choose.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name in `data.params`.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What holds when nobody chooses; its type is the parameter's type.
    pub default: Value,
}

/// Whether tailoring leaves a policy in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Selection {
    /// It is evaluated.
    #[default]
    Selected,
    /// It is left out, for this reason.
    NotSelected(String),
}

/// One policy: one Rego package in one file.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its id.
    pub id: PolicyId,
    /// One line.
    pub title: String,
    /// How loud a denial is, after tailoring.
    pub severity: Severity,
    /// Why it matters.
    pub rationale: String,
    /// What to do about a denial.
    pub remediation: String,
    /// By catalogue: `cis`, `ssg`, `nist`, `stig`, `url` and the like.
    pub references: BTreeMap<String, Vec<String>>,
    /// The paths and patterns that it looks at in `input.files`.
    pub paths: Vec<String>,
    /// What it reads of `data.params`.
    pub parameters: Vec<Parameter>,
    /// The members of the input that it or what it calls looks at, with one level below `lists` and
    /// `facts`: `changes`, `lists.setuid`. Found by the linter, never said by the author; of accounts,
    /// `accounts.authorized_keys`, `accounts.password` and `accounts.start_files` by `parts.rs`.
    pub sections: BTreeSet<String>,
    /// Its rules among `deny`, `not_applicable` and `not_checked`.
    pub rules: BTreeSet<String>,
    /// The Rego package.
    pub package: String,
    /// Its file, as its origin names it.
    pub file: String,
    /// The first line of its METADATA, from 1.
    pub line: u32,
    /// Its place in [`PolicySet::origins`].
    pub origin: usize,
    /// Whether it is evaluated.
    pub selection: Selection,
}

/// Every policy of a run, parsed, linted and tailored.
#[derive(Debug, Clone)]
pub struct PolicySet {
    /// Where they come from, in the order given.
    pub origins: Vec<Origin>,
    /// Sorted by id.
    pub policies: Vec<Policy>,
    /// What `data.params` holds, by name, after tailoring.
    pub parameters: BTreeMap<String, Value>,
    /// What the operator chose.
    pub tailoring: Tailoring,
    /// The files of each origin, for those who evaluate elsewhere.
    pub files: Vec<Vec<PolicyFile>>,
    /// One engine for each origin, with its modules and the library.
    pub(super) engines: Vec<Engine>,
    /// By origin: [`deciding`] of its files, once and not again for every policy.
    pub(super) deciding: Vec<Digest>,
}

/// Returns a digest over the files that decide what policies of an origin deny: all but tests, and the
/// library.
pub(super) fn deciding(files: &[PolicyFile]) -> Digest {
    let library = LIBRARY
        .iter()
        .map(|(name, text)| PolicyFile { name: format!("drift/{name}"), text: (*text).to_owned() });
    let own = files.iter().filter(|file| !file.name.ends_with("_test.rego")).cloned();
    let files: Vec<PolicyFile> = library.chain(own).collect();
    digest(&files)
}

impl PolicySet {
    /// Returns the policy of this id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Policy> {
        let at = self.policies.binary_search_by(|policy| policy.id.as_str().cmp(id)).ok()?;
        self.policies.get(at)
    }

    /// Returns every path and pattern that a selected policy looks at, sorted.
    #[must_use]
    pub fn paths(&self) -> BTreeSet<&str> {
        let selected =
            self.policies.iter().filter(|policy| policy.selection == Selection::Selected);
        selected.flat_map(|policy| policy.paths.iter().map(String::as_str)).collect()
    }

    /// Returns a digest over everything that decides what this policy denies: the files of its origin
    /// but tests, the library, and the values of its parameters.
    #[must_use]
    pub fn revision(&self, policy: &Policy) -> Digest {
        let deciding = self.deciding.get(policy.origin).map(ToString::to_string);
        let mut text = deciding.unwrap_or_default();
        for Parameter { name, .. } in &policy.parameters {
            let value = self.parameters.get(name).map(Value::json).unwrap_or_default();
            text.push_str(&format!("\0{name}\0{value}"));
        }
        Digest::sha256_of(text.as_bytes())
    }

    /// Returns a digest over the origins, the selection and the parameters.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut text = String::new();
        for origin in &self.origins {
            text.push_str(&format!("{}\0{}\0", origin.name, origin.digest));
        }
        for policy in &self.policies {
            text.push_str(&format!("{}\0{}\0{:?}\0", policy.id, policy.severity, policy.selection));
        }
        for (name, value) in &self.parameters {
            text.push_str(&format!("{name}\0{}\0", value.json()));
        }
        Digest::sha256_of(text.as_bytes())
    }
}

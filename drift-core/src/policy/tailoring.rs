//! Tailoring: which policies run, how loud they are, and what `data.params` holds.
//!
//! A profile is a TOML file that may extend others. What it says of a policy by name outweighs what
//! any says by a pattern; of what is left, the later wins, and the extended stand before what extends
//! them. A policy that is left out stays in the report with the reason and the line.

mod apply;
mod builtin;
mod chain;
mod error;
mod profile;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use crate::artifact;
use crate::model::{Digest, Severity};

use super::set::PolicySet;

pub use builtin::{BuiltinProfile, PROFILES};
pub use error::{TailorError, TailorErrorKind};

/// What the operator chose, for the report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tailoring {
    /// The profiles in force, in the order in which they apply.
    pub profiles: Vec<AppliedProfile>,
    /// By policy id: what the policy says itself, and the file and line that changed it.
    pub severities: BTreeMap<String, (Severity, String)>,
    /// By name: who chose the parameter, as `FILE:LINE` or `--param`.
    pub parameters: BTreeMap<String, String>,
}

/// A profile in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedProfile {
    /// Its name.
    pub name: String,
    /// One line.
    pub title: Option<String>,
    /// `builtin:NAME`, or the file as it was named.
    pub file: String,
    /// SHA-256 of its text.
    pub digest: Digest,
}

/// Reads the file of a profile; whoever calls decides whose files are taken.
pub type ReadProfile<'r> = &'r dyn Fn(&Path) -> Result<String, artifact::Error>;

impl Tailoring {
    /// Returns whether nobody chose anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.profiles.is_empty() && self.parameters.is_empty()
    }
}

impl PolicySet {
    /// Tailors by these profiles in order: each a file (`web.toml`, `./web`), `builtin:NAME`, or the
    /// name of a profile that comes with the policies (`profiles/NAME.toml`) or with drift.
    ///
    /// # Errors
    ///
    /// [`TailorError`] names file and line of what is wrong; the set is then as it was.
    pub fn tailor(&mut self, named: &[String], read: ReadProfile<'_>) -> Result<(), TailorError> {
        let profiles = chain::resolve(self, named, read)?;
        apply::apply(self, &profiles)
    }
}

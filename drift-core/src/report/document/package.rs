//! Packages in the report.

use serde::Serialize;

/// A package that a change is about.
#[derive(Debug, Clone, Serialize)]
pub struct PackageOf {
    /// Its name.
    pub name: String,
    /// Its manager.
    pub manager: String,
    /// Its architecture.
    pub architecture: String,
    /// Where it lies, of a package of a language, which may be there many times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Its version in the baseline.
    pub before: Option<String>,
    /// Its version in the target.
    pub after: Option<String>,
    /// What the target's logs say of the change of a package: nobody's word but the target's.
    pub event: Option<PackageEvent>,
}

/// An event in a log of a package manager.
#[derive(Debug, Clone, Serialize)]
pub struct PackageEvent {
    /// RFC 3339, UTC; without the `Z` the target's local time, whose zone cannot be told.
    pub time: String,
    /// `installed`, `upgraded`, `downgraded`, `reinstalled`, `removed` or `purged`.
    pub action: &'static str,
    /// The command, with what looks like a secret masked; null where the log has none.
    pub command: Option<String>,
    /// On whose behalf, such as `anna (1000)`.
    pub requested_by: Option<String>,
    /// The log's path.
    pub log: String,
    /// The line in it, from 1.
    pub line: u64,
}

//! Why a change is there, and how loud it is: two closed lists.

use std::fmt;

use serde::Serialize;

/// Why a change is there. A cause explains, it never excuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Something of the baseline changed or deleted that nothing else on this list explains.
    ModifiedInPlace,
    /// The same object elsewhere.
    Moved,
    /// No sealed baseline: the file differs from the package database's own record.
    VendorRecordDiffers,
    /// A mount hides a path of the baseline.
    CoveredByMount,
    /// Added, and no package claims it.
    Unowned,
    /// A package's configuration file edited by hand.
    ConffileEdited,
    /// A trigger's or script's product.
    Generated,
    /// A package of a higher version, and what came with it.
    Upgraded,
    /// A package of a lower version, and what came with it.
    Downgraded,
    /// The same version of a package with other content.
    Reinstalled,
    /// A new package, and what came with it.
    Installed,
    /// A package that is gone, and what went with it.
    Removed,
    /// The file says one thing, the running kernel or service another.
    RuntimeDiffers,
    /// A rule says that it changes.
    DeclaredDynamic,
    /// A rule says that it differs by host.
    ExpectedPerHost,
}

impl Cause {
    /// Every cause, the loudest first.
    pub const ALL: [Self; 15] = [
        Self::ModifiedInPlace,
        Self::Moved,
        Self::VendorRecordDiffers,
        Self::CoveredByMount,
        Self::Unowned,
        Self::ConffileEdited,
        Self::Generated,
        Self::Upgraded,
        Self::Downgraded,
        Self::Reinstalled,
        Self::Installed,
        Self::Removed,
        Self::RuntimeDiffers,
        Self::DeclaredDynamic,
        Self::ExpectedPerHost,
    ];

    /// Returns the word that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ModifiedInPlace => "modified-in-place",
            Self::Moved => "moved",
            Self::VendorRecordDiffers => "vendor-record-differs",
            Self::CoveredByMount => "covered-by-mount",
            Self::Unowned => "unowned",
            Self::ConffileEdited => "conffile-edited",
            Self::Generated => "generated",
            Self::Upgraded => "upgraded",
            Self::Downgraded => "downgraded",
            Self::Reinstalled => "reinstalled",
            Self::Installed => "installed",
            Self::Removed => "removed",
            Self::RuntimeDiffers => "runtime-differs",
            Self::DeclaredDynamic => "declared-dynamic",
            Self::ExpectedPerHost => "expected-per-host",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How loud a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Not a finding.
    None,
    /// Worth knowing.
    Informational,
    /// Below the default threshold.
    Low,
    /// The default threshold of `--fail-on`.
    Medium,
    /// Act today.
    High,
    /// Act now.
    Critical,
}

impl Severity {
    /// Every severity, the quietest first.
    pub const ALL: [Self; 6] =
        [Self::None, Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// Returns the word that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

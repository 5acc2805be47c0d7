//! Why something sealed is not taken: one closed list, the `verdict.reason` of exit code 4.

use std::fmt;

/// The reason code. The names are part of the report's contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// No trusted key was given.
    NoTrust,
    /// There is no bundle beside the file.
    Unsigned,
    /// A bundle, or the statement in it, is not in the one form that drift writes.
    Malformed,
    /// The file is not the one that was sealed, or the signature does not hold under the trusted
    /// key that the bundle names.
    Altered,
    /// No bundle names a trusted key.
    WrongKey,
    /// Fewer different trusted keys than needed sealed the same statement.
    BelowThreshold,
    /// The key is on the list of revoked keys.
    Revoked,
    /// The seal, or the key, holds only from a later moment; or the clock is wrong.
    NotYetValid,
    /// The seal or the key no longer holds.
    Expired,
    /// The seal is older than the maximum age.
    TooOld,
    /// A later one was seen or asked for, or another one of the same sequence was seen.
    RolledBack,
    /// The seal is about another subject or another kind of file.
    WrongIdentity,
}

impl Reason {
    /// Every reason, in the order of the contract.
    pub const ALL: [Self; 12] = [
        Self::NoTrust,
        Self::Unsigned,
        Self::Malformed,
        Self::Altered,
        Self::WrongKey,
        Self::BelowThreshold,
        Self::Revoked,
        Self::NotYetValid,
        Self::Expired,
        Self::TooOld,
        Self::RolledBack,
        Self::WrongIdentity,
    ];

    /// Returns the code.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoTrust => "no-trust",
            Self::Unsigned => "unsigned",
            Self::Malformed => "malformed",
            Self::Altered => "altered",
            Self::WrongKey => "wrong-key",
            Self::BelowThreshold => "below-threshold",
            Self::Revoked => "revoked",
            Self::NotYetValid => "not-yet-valid",
            Self::Expired => "expired",
            Self::TooOld => "too-old",
            Self::RolledBack => "rolled-back",
            Self::WrongIdentity => "wrong-identity",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Something sealed that is not taken; nothing of it may be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("untrusted ({reason}): {detail}")]
#[non_exhaustive]
pub struct Untrusted {
    /// The code.
    pub reason: Reason,
    /// The same in words, safe to show, with the next step where there is one.
    pub detail: String,
}

impl Untrusted {
    /// Refuses with a reason and its words.
    #[must_use]
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

//! Accepted findings: who accepted what, why, and until when.
//!
//! A waiver accepts findings that are there; it never makes a policy pass, never explains a problem
//! away, and ends by itself. Time is told to the second, UTC: a waiver holds through the whole second
//! that it names, and a bare date to the end of that day, wherever the run takes place.

mod file;
mod selector;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::bounds::Timestamp;
use crate::model::Digest;
use crate::seal::{SealInfo, SealedBy, Verified};

pub use file::WaiverError;
pub use selector::{Finding, Identities, Selector};

/// How long before its end a waiver is told to be expiring: 14 days, in seconds. A week-long sprint
/// and a holiday fit in.
pub const EXPIRING_SECONDS: i64 = 14 * 86_400;

/// Every waiver of a run, in the order of the file.
#[derive(Debug, Clone)]
pub struct Waivers {
    origin: WaiverFile,
    list: Vec<Waiver>,
}

/// The file of the waivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverFile {
    /// As the operator named it.
    pub file: String,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Whose signatures held; empty when it is not sealed.
    pub signers: Vec<SealedBy>,
}

/// One waiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Its name, unique in the file.
    pub id: String,
    /// Who answers for it.
    pub owner: String,
    /// Who allowed it.
    pub approver: Option<String>,
    /// Why.
    pub reason: String,
    /// The first moment at which it holds; none means always.
    pub created: Option<Timestamp>,
    /// The last second in which it holds.
    pub expires: Timestamp,
    /// Where it was discussed.
    pub ticket: Option<String>,
    /// What it accepts.
    pub selector: Selector,
    /// Its line in the file, from 1.
    pub line: usize,
}

/// Whether a waiver holds at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It does no longer.
    Expired,
    /// It does not yet.
    NotYetValid,
    /// It does, and ends within [`EXPIRING_SECONDS`].
    Expiring,
    /// It does.
    Active,
}

impl Waivers {
    /// Reads the operator's own file, which nobody sealed.
    ///
    /// # Errors
    ///
    /// [`WaiverError`] with file and line; no waiver of the file is then used.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, WaiverError> {
        Self::read(file, bytes, Vec::new())
    }

    /// Reads a file whose seal held.
    ///
    /// # Errors
    ///
    /// As [`Waivers::parse`].
    pub fn of_sealed(
        file: &str,
        verified: &Verified<Arc<[u8]>>,
        seal: &SealInfo,
    ) -> Result<Self, WaiverError> {
        Self::read(file, verified.get(), seal.signers.clone())
    }

    fn read(file: &str, bytes: &[u8], signers: Vec<SealedBy>) -> Result<Self, WaiverError> {
        let list = file::parse(file, bytes)?;
        let digest = Digest::sha256_of(bytes);
        Ok(Self { origin: WaiverFile { file: file.to_owned(), digest, signers }, list })
    }

    /// Returns the digest of the file.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.origin.digest
    }

    /// Returns the file that they stand in.
    #[must_use]
    pub fn origin(&self) -> &WaiverFile {
        &self.origin
    }

    /// Returns them in the order of the file.
    #[must_use]
    pub fn list(&self) -> &[Waiver] {
        &self.list
    }
}

impl Waiver {
    /// Says whether it holds `now`.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        let (now, end) = (now.seconds(), self.expires.seconds());
        if now > end {
            Standing::Expired
        } else if self.created.is_some_and(|created| now < created.seconds()) {
            Standing::NotYetValid
        } else if end.saturating_sub(now) <= EXPIRING_SECONDS {
            Standing::Expiring
        } else {
            Standing::Active
        }
    }
}

impl Standing {
    /// Returns the word that reports use of a waiver that matched something.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::Expiring => "expiring",
            Self::Active => "active",
        }
    }

    /// Returns whether findings are accepted.
    #[must_use]
    pub const fn holds(self) -> bool {
        matches!(self, Self::Expiring | Self::Active)
    }
}

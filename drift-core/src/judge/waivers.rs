//! Accepted findings: who accepted what, why, and until when.

use crate::model::Digest;

/// Every waiver of a run.
#[derive(Debug, Clone)]
pub struct Waivers {
    digest: Digest,
}

impl Waivers {
    /// Returns the digest of the file.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

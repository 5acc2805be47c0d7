//! SHA-1 (FIPS 180-4), only to compare with a package database's own records: one stream at a time.

use sha1::Digest as _;

/// A SHA-1 in progress.
#[derive(Debug, Clone, Default)]
pub struct Sha1(sha1::Sha1);

impl Sha1 {
    /// Starts a digest.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// Returns the digest of all bytes taken.
    #[must_use]
    pub fn finish(self) -> [u8; 20] {
        self.0.finalize().into()
    }
}

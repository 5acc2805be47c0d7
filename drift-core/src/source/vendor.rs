//! The digests that package databases keep, computed beside drift's own in the same reading.

use drift_lanes::{Md5, Sha1};

use crate::model::{Algorithm, Digest};

/// A digest in progress.
#[derive(Debug)]
pub(super) enum Vendor {
    Md5(Md5),
    Sha1(Sha1),
}

impl Vendor {
    /// Begins where one is wanted; drift's own algorithms are computed elsewhere.
    pub(super) fn wanted(algorithm: Option<Algorithm>) -> Option<Self> {
        match algorithm? {
            Algorithm::Md5 => Some(Self::Md5(Md5::new())),
            Algorithm::Sha1 => Some(Self::Sha1(Sha1::new())),
            Algorithm::Sha256 | Algorithm::SparseSha256 => None,
        }
    }

    /// Takes the next bytes.
    pub(super) fn update(&mut self, data: &[u8]) {
        match self {
            Self::Md5(md5) => md5.update(data),
            Self::Sha1(sha1) => sha1.update(data),
        }
    }

    /// Returns the digest of all bytes taken.
    pub(super) fn finish(self) -> Digest {
        match self {
            Self::Md5(md5) => Digest::md5(md5.finish()),
            Self::Sha1(sha1) => Digest::sha1(sha1.finish()),
        }
    }
}

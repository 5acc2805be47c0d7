//! Digests that say what they are of. Digests of different algorithms are never compared.

use std::fmt;

/// How a digest was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Algorithm {
    /// SHA-256 over all bytes (FIPS 180-4).
    Sha256 = 1,
    /// SHA-256 over the size and the non-zero blocks of a very sparse file; see
    /// `docs/baseline-format.md`.
    SparseSha256 = 2,
    /// MD5 (RFC 1321), only to compare with a package database's own record.
    Md5 = 3,
    /// SHA-1 (FIPS 180-4), only to compare with a package database's own record.
    Sha1 = 4,
}

impl Algorithm {
    /// Returns the tag that stands before the hexadecimal digits.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::SparseSha256 => "sparse-sha256",
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
        }
    }

    /// Returns the number of bytes of such a digest.
    #[must_use]
    pub fn length(self) -> usize {
        match self {
            Self::Sha256 | Self::SparseSha256 => 32,
            Self::Md5 => 16,
            Self::Sha1 => 20,
        }
    }

    /// Returns the algorithm with this number, as stored in a baseline.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Sha256, Self::SparseSha256, Self::Md5, Self::Sha1]
            .into_iter()
            .find(|algorithm| *algorithm as u8 == number)
    }
}

/// A digest with its algorithm.
///
/// ```
/// use drift_core::model::{Algorithm, Digest};
/// let digest = Digest::sha256_of(b"");
/// assert!(digest.to_string().starts_with("sha256:e3b0c442"));
/// assert_eq!(digest.algorithm(), Algorithm::Sha256);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    algorithm: Algorithm,
    bytes: [u8; 32],
}

impl Digest {
    /// Takes a SHA-256 digest.
    #[must_use]
    pub fn sha256(bytes: [u8; 32]) -> Self {
        Self { algorithm: Algorithm::Sha256, bytes }
    }

    /// Computes the SHA-256 of `data`.
    #[must_use]
    pub fn sha256_of(data: &[u8]) -> Self {
        Self::sha256(drift_lanes::sha256(data))
    }

    /// Computes the SHA-1 of `data`, only to compare with a package database's own record.
    #[must_use]
    pub fn sha1_of(data: &[u8]) -> Self {
        let mut sha1 = drift_lanes::Sha1::new();
        sha1.update(data);
        Self::sha1(sha1.finish())
    }

    /// Computes the MD5 of `data`, only to compare with a package database's own record.
    #[must_use]
    pub fn md5_of(data: &[u8]) -> Self {
        let mut md5 = drift_lanes::Md5::new();
        md5.update(data);
        Self::md5(md5.finish())
    }

    /// Takes an MD5 digest.
    #[must_use]
    pub fn md5(digest: [u8; 16]) -> Self {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(digest) {
            *to = from;
        }
        Self { algorithm: Algorithm::Md5, bytes }
    }

    /// Takes a SHA-1 digest.
    #[must_use]
    pub fn sha1(digest: [u8; 20]) -> Self {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(digest) {
            *to = from;
        }
        Self { algorithm: Algorithm::Sha1, bytes }
    }

    /// Takes the raw bytes of a digest; `None` when their number is not the algorithm's.
    #[must_use]
    pub fn from_bytes(algorithm: Algorithm, raw: &[u8]) -> Option<Self> {
        if raw.len() != algorithm.length() {
            return None;
        }
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(raw) {
            *to = *from;
        }
        Some(Self { algorithm, bytes })
    }

    /// Reads hexadecimal digits, upper or lower case, without a tag.
    #[must_use]
    pub fn from_hex(algorithm: Algorithm, hex: &[u8]) -> Option<Self> {
        if hex.len() != algorithm.length() * 2 {
            return None;
        }
        let mut raw = Vec::with_capacity(algorithm.length());
        for pair in hex.chunks_exact(2) {
            let mut byte = 0u8;
            for &digit in pair {
                let value = char::from(digit).to_digit(16)?;
                byte = (byte << 4) | u8::try_from(value).ok()?;
            }
            raw.push(byte);
        }
        Self::from_bytes(algorithm, &raw)
    }

    /// Returns how the digest was made.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the raw bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.algorithm.length()).unwrap_or_default()
    }

    /// Returns the hexadecimal digits without the tag.
    #[must_use]
    pub fn hex(&self) -> String {
        hex(self.as_bytes())
    }
}

/// Returns lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|nibble| char::from_digit(nibble.into(), 16))
        .collect()
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.algorithm.name(), self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

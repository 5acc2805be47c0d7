//! Whom to trust: keys with names and validity, how many of them, which are revoked, and for what.

mod file;

use std::num::NonZeroU32;

use super::key::{KeyError, PublicKey};
use super::term::Term;
use crate::bounds::Timestamp;
use crate::model::Digest;

pub use file::{TrustFile, TrustFileKey};

/// Everything that an operator trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// How many different keys must have sealed.
    pub threshold: NonZeroU32,
    /// The keys.
    pub keys: Vec<TrustedKey>,
    /// Keys that are refused even if they are listed above.
    pub revoked: Vec<RevokedKey>,
    /// What may be sealed.
    pub subject: SubjectTrust,
}

/// A key and from when until when it is trusted.
///
/// Both the moment of sealing, as the seal claims it, and the moment of verification must lie
/// between: after a key's end its seals are made anew with the next key, because nothing else
/// proves that an old seal is not back-dated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// What the operator calls it.
    pub name: String,
    /// The key.
    pub key: PublicKey,
    /// The first moment; none means always.
    pub valid_from: Option<Timestamp>,
    /// The last moment; none means for ever.
    pub valid_until: Option<Timestamp>,
}

/// A key that must not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedKey {
    /// The hexadecimal digits of its SHA-256 (SPKI): all 64, or the first 16.
    pub key: String,
    /// Why, for the report.
    pub reason: String,
}

/// What may be sealed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubjectTrust {
    /// The lineage that is expected.
    pub identity: Option<String>,
    /// The lowest sequence.
    pub min_sequence: Option<u64>,
    /// The greatest age.
    pub max_age: Option<Term>,
}

/// Trust that cannot be used; all of it is then refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The file breaks its format.
    #[error("line {line}: {why}")]
    Format {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// A value that no trust file may have.
    #[error("{field} is {value:?}; write {expected}")]
    Value {
        /// Where.
        field: &'static str,
        /// What stands there.
        value: String,
        /// What should.
        expected: &'static str,
    },
    /// One of the keys is refused.
    #[error("the key {name:?} cannot be used")]
    Key {
        /// Its name.
        name: String,
        /// Why.
        source: KeyError,
    },
    /// Several keys of one name could not be told apart in a report.
    #[error("two different keys are named {name:?}; give each its own name")]
    SameName {
        /// The name.
        name: String,
    },
    /// Settings for which two files could disagree.
    #[error("two trust files were given; put all keys into one")]
    TwoFiles,
}

impl TrustedKey {
    /// Trusts `key` at any time.
    #[must_use]
    pub fn new(name: &str, key: PublicKey) -> Self {
        Self { name: name.to_owned(), key, valid_from: None, valid_until: None }
    }
}

impl Trust {
    /// Trusts any one of `keys` for any subject.
    #[must_use]
    pub fn of_keys(keys: Vec<TrustedKey>) -> Self {
        let subject = SubjectTrust::default();
        Self { threshold: NonZeroU32::MIN, keys, revoked: Vec::new(), subject }
    }

    /// Fails when two different keys have one name. The same key may stand twice, with another
    /// name or validity; it still counts once.
    pub fn check(&self) -> Result<(), TrustError> {
        for (position, trusted) in self.keys.iter().enumerate() {
            let earlier = self.keys.iter().take(position);
            let mut namesakes = earlier.filter(|other| other.name == trusted.name);
            if namesakes.any(|other| other.key != trusted.key) {
                return Err(TrustError::SameName { name: trusted.name.clone() });
            }
        }
        Ok(())
    }

    /// Returns why `key` is revoked, if it is.
    #[must_use]
    pub fn revocation(&self, key: &Digest) -> Option<&RevokedKey> {
        let hex = key.hex();
        self.revoked.iter().find(|revoked| hex.starts_with(&revoked.key))
    }
}

#[cfg(test)]
mod tests;

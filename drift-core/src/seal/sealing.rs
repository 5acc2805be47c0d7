//! Making bundles: with keys at hand, further signatures, and signatures made elsewhere.
//!
//! A Sigstore bundle v0.3 holds exactly one signature, so several signers mean several bundles over
//! the same bytes of one statement.

use super::bundle::Bundle;
use super::key::{KeyError, PrivateKey, PublicKey};
use super::statement::{Predicate, Statement, StatementError};
use super::{BUNDLE_SUFFIX, pae};
use crate::model::Digest;

/// A bundle and what its file is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealFile {
    /// What to append to the sealed file's name.
    pub suffix: String,
    /// What the file holds.
    pub bytes: Vec<u8>,
}

/// A seal that is not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// Nobody would sign.
    #[error("no key to sign with was given; name one with --sign")]
    NoKey,
    /// The same key twice adds nothing.
    #[error("the key {key} was given twice; name each signing key once")]
    SameKeyTwice {
        /// Which.
        key: Digest,
    },
    /// The key does not sign.
    #[error("the key does not sign")]
    Key(#[from] KeyError),
    /// What would be said may not be said.
    #[error("the seal would be refused")]
    Statement(#[from] StatementError),
    /// The existing bundle is unreadable.
    #[error("the existing bundle is malformed: {why}; seal the file anew")]
    Bundle {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The bytes that were signed are not the encoding of a statement.
    #[error("the .pae file is not what drift wrote; write it anew with --sign external")]
    Pae,
    /// The statement is about another file.
    #[error("the seal is about a file with digest {sealed}, but this one has {found}")]
    OtherFile {
        /// In the statement.
        sealed: Digest,
        /// Of the file.
        found: Digest,
    },
    /// The signature does not hold.
    #[error(
        "the signature is not one of the key {key} over the .pae file; ECDSA needs DER over its \
         SHA-256, Ed25519 64 bytes over the file itself"
    )]
    Signature {
        /// The public key's digest.
        key: Digest,
    },
}

/// Seals `file` with every key; the first bundle belongs to the first key.
pub fn seal(
    file: &[u8],
    name: &str,
    predicate: Predicate,
    keys: &[PrivateKey],
) -> Result<Vec<SealFile>, SealError> {
    if keys.is_empty() {
        return Err(SealError::NoKey);
    }
    let payload = Statement::about(file, name, predicate).encode()?;
    let mut seen: Vec<PublicKey> = Vec::new();
    let mut files = Vec::new();
    for key in keys {
        let public = key.public();
        if seen.contains(&public) {
            return Err(SealError::SameKeyTwice { key: public.key_id_full() });
        }
        let suffix =
            if seen.is_empty() { BUNDLE_SUFFIX.to_owned() } else { further_suffix(&public) };
        files.push(SealFile { suffix, bytes: Bundle::sign(payload.clone(), key)?.encode() });
        seen.push(public);
    }
    Ok(files)
}

/// Returns what to append to a file's name for the bundle of a signer after the first.
#[must_use]
pub fn further_suffix(key: &PublicKey) -> String {
    format!(".{}{BUNDLE_SUFFIX}", key.short())
}

/// Signs the statement of an existing bundle with another key; only then both count together.
///
/// The existing signature is not verified here: whoever countersigns verifies first.
pub fn countersign(file: &[u8], bundle: &[u8], key: &PrivateKey) -> Result<SealFile, SealError> {
    let payload = payload_about(file, bundle)?;
    let bytes = Bundle::sign(payload, key)?.encode();
    Ok(SealFile { suffix: further_suffix(&key.public()), bytes })
}

/// Returns the bytes that another program signs, the content of `FILE.pae`. They hold the whole
/// statement, so that [`complete`] needs nothing else.
pub fn pae_for_external(
    file: &[u8],
    name: &str,
    predicate: Predicate,
) -> Result<Vec<u8>, SealError> {
    let payload = Statement::about(file, name, predicate).encode()?;
    Ok(pae::encode(pae::PAYLOAD_TYPE, &payload))
}

/// Returns the same for a further signature beside that of `bundle`.
pub fn pae_of_bundle(file: &[u8], bundle: &[u8]) -> Result<Vec<u8>, SealError> {
    Ok(pae::encode(pae::PAYLOAD_TYPE, &payload_about(file, bundle)?))
}

/// Completes the seal of the first signer with a signature made elsewhere over `encoded`.
///
/// The signature may be raw (DER for ECDSA, 64 bytes for Ed25519) or Base64 of that.
pub fn complete(
    file: &[u8],
    encoded: &[u8],
    signature: &[u8],
    key: &PublicKey,
) -> Result<SealFile, SealError> {
    complete_with(file, encoded, signature, key, BUNDLE_SUFFIX.to_owned())
}

/// Completes a seal with the suffix of a further signer; see [`complete`] and [`further_suffix`].
pub fn complete_with(
    file: &[u8],
    encoded: &[u8],
    signature: &[u8],
    key: &PublicKey,
    suffix: String,
) -> Result<SealFile, SealError> {
    let payload = pae::payload_of(encoded).ok_or(SealError::Pae)?.to_vec();
    about(file, &payload)?;
    let refused = SealError::Signature { key: key.key_id_full() };
    let Some(signature) = key.normalize(signature) else { return Err(refused) };
    let bundle = Bundle { hint: key.key_id_full(), payload, signature };
    if !bundle.verifies(key) {
        return Err(refused);
    }
    Ok(SealFile { suffix, bytes: bundle.encode() })
}

fn payload_about(file: &[u8], bundle: &[u8]) -> Result<Vec<u8>, SealError> {
    let bundle = Bundle::decode(bundle).map_err(|why| SealError::Bundle { why })?;
    about(file, &bundle.payload)?;
    Ok(bundle.payload)
}

/// Fails unless the statement in `payload` is about `file`.
fn about(file: &[u8], payload: &[u8]) -> Result<(), SealError> {
    let sealed = Statement::decode(payload)?.subject_digest;
    let found = Digest::sha256_of(file);
    if sealed == found { Ok(()) } else { Err(SealError::OtherFile { sealed, found }) }
}

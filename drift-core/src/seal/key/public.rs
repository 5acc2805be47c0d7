//! Public keys: read strictly, named by their digest, and used to verify.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::pkcs8::der::Decode as _;
use p256::pkcs8::{
    AlgorithmIdentifierRef, EncodePublicKey as _, ObjectIdentifier, SubjectPublicKeyInfoRef,
};

use super::pem;
use super::{KeyAlgorithm, KeyError};
use crate::model::Digest;

pub(super) use p256::ecdsa::VerifyingKey as P256;

const LABEL: &str = "PUBLIC KEY";
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const PRIME256V1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A key that can verify. Two keys are equal when their material is.
#[derive(Clone)]
pub struct PublicKey {
    key: Kind,
    spki: Vec<u8>,
}

#[derive(Clone)]
enum Kind {
    P256(P256),
    Ed25519(ed25519_dalek::VerifyingKey),
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo PEM.
    ///
    /// Only the one canonical encoding of a key is taken, so that equal keys have equal digests.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let document = pem::decode(text, LABEL)?;
        Self::from_spki_der(document.as_bytes())
    }

    /// Reads the DER of a SubjectPublicKeyInfo.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        let info = SubjectPublicKeyInfoRef::from_der(der)
            .map_err(|_| KeyError::Malformed { why: "it is no SubjectPublicKeyInfo" })?;
        let key = match kind_of(&info.algorithm)? {
            KeyAlgorithm::EcdsaP256 => {
                let key = p256::PublicKey::try_from(info)
                    .map_err(|_| KeyError::Malformed { why: "its point is not on the curve" })?;
                Self::of_p256(key.into())
            }
            KeyAlgorithm::Ed25519 => {
                let key = ed25519_dalek::VerifyingKey::try_from(info)
                    .map_err(|_| KeyError::Malformed { why: "its point is not on the curve" })?;
                if key.is_weak() {
                    return Err(KeyError::SmallOrder);
                }
                if key.to_edwards().compress().to_bytes() != key.to_bytes() {
                    return Err(KeyError::Malformed { why: "its point is not reduced" });
                }
                Self::of_ed25519(key)
            }
        };
        if key.spki != der {
            return Err(KeyError::Malformed { why: "it is not in its canonical encoding" });
        }
        Ok(key)
    }

    pub(super) fn of_p256(key: P256) -> Self {
        let spki = key.to_public_key_der().map(|der| der.into_vec()).unwrap_or_default();
        Self { key: Kind::P256(key), spki }
    }

    pub(super) fn of_ed25519(key: ed25519_dalek::VerifyingKey) -> Self {
        let spki = key.to_public_key_der().map(|der| der.into_vec()).unwrap_or_default();
        Self { key: Kind::Ed25519(key), spki }
    }

    /// Writes a SubjectPublicKeyInfo PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let mut text = format!("-----BEGIN {LABEL}-----\n");
        let encoded = STANDARD.encode(&self.spki);
        for line in encoded.as_bytes().chunks(64) {
            text.extend(line.iter().copied().map(char::from));
            text.push('\n');
        }
        text + &format!("-----END {LABEL}-----\n")
    }

    /// Returns the DER of the SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// Returns the SHA-256 of [`PublicKey::spki_der`]: which key this is.
    #[must_use]
    pub fn key_id_full(&self) -> Digest {
        Digest::sha256_of(&self.spki)
    }

    /// Returns the first 16 hexadecimal digits of [`PublicKey::key_id_full`], for file names only.
    #[must_use]
    pub fn short(&self) -> String {
        self.key_id_full().hex().chars().take(16).collect()
    }

    /// Returns what the key verifies with.
    #[must_use]
    pub fn algorithm(&self) -> KeyAlgorithm {
        match self.key {
            Kind::P256(_) => KeyAlgorithm::EcdsaP256,
            Kind::Ed25519(_) => KeyAlgorithm::Ed25519,
        }
    }

    /// Returns whether `signature` is this key's over `message`.
    ///
    /// An ECDSA signature must be strict DER with the lower S, or one signature would have several
    /// forms.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.key {
            Kind::P256(key) => p256::ecdsa::Signature::from_der(signature).is_ok_and(|parsed| {
                parsed.to_der().as_bytes() == signature
                    && parsed.normalize_s() == parsed
                    && key.verify_prehash(Digest::sha256_of(message).as_bytes(), &parsed).is_ok()
            }),
            Kind::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|parsed| key.verify_strict(message, &parsed).is_ok()),
        }
    }

    /// Brings a signature that another program made into the form that [`PublicKey::verify`] takes:
    /// raw or Base64, with either S. `None` when it has no such form.
    #[must_use]
    pub fn normalize(&self, signature: &[u8]) -> Option<Vec<u8>> {
        self.normalize_raw(signature).or_else(|| {
            let text: Vec<u8> =
                signature.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            self.normalize_raw(&STANDARD.decode(text).ok()?)
        })
    }

    fn normalize_raw(&self, signature: &[u8]) -> Option<Vec<u8>> {
        match self.key {
            Kind::P256(_) => {
                let parsed = p256::ecdsa::Signature::from_der(signature).ok()?;
                Some(parsed.normalize_s().to_der().as_bytes().to_vec())
            }
            Kind::Ed25519(_) => (signature.len() == 64).then(|| signature.to_vec()),
        }
    }
}

/// Returns the supported algorithm that `identifier` names.
pub(super) fn kind_of(identifier: &AlgorithmIdentifierRef<'_>) -> Result<KeyAlgorithm, KeyError> {
    if identifier.oid == ED25519 {
        return match identifier.parameters {
            None => Ok(KeyAlgorithm::Ed25519),
            Some(_) => Err(KeyError::Malformed { why: "Ed25519 takes no parameters" }),
        };
    }
    if identifier.oid != EC_PUBLIC_KEY {
        return Err(pem::unsupported(&identifier.oid.to_string()));
    }
    let curve = identifier
        .parameters_oid()
        .map_err(|_| KeyError::Malformed { why: "its curve is not named" })?;
    if curve == PRIME256V1 {
        Ok(KeyAlgorithm::EcdsaP256)
    } else {
        Err(pem::unsupported(&curve.to_string()))
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki == other.spki
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({})", self.key_id_full())
    }
}

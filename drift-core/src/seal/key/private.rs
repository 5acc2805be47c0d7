//! Private keys: made, read, written, and used to sign.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;

use ed25519_dalek::Signer as _;
use ed25519_dalek::pkcs8::KeypairBytes;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::elliptic_curve::zeroize::Zeroizing;
use p256::pkcs8::der::Decode as _;
use p256::pkcs8::{EncodePrivateKey as _, LineEnding, PrivateKeyInfoRef};

use super::pem;
use super::public::{P256, kind_of};
use super::{KeyAlgorithm, KeyError, PublicKey};
use crate::model::Digest;

const LABEL: &str = "PRIVATE KEY";

/// A key that can sign. Its `Debug` form shows only the public key's identifier, and its memory is
/// wiped when it goes.
pub struct PrivateKey {
    key: Kind,
}

enum Kind {
    P256(p256::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
}

impl PrivateKey {
    /// Makes a key from the system's randomness (`getrandom(2)`).
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self, KeyError> {
        Self::generate_from(algorithm, &mut |bytes| getrandom::fill(bytes).is_ok())
    }

    /// Makes a key from `randomness`, which fills what it is given or returns false.
    pub fn generate_from(
        algorithm: KeyAlgorithm,
        randomness: &mut dyn FnMut(&mut [u8]) -> bool,
    ) -> Result<Self, KeyError> {
        // Of 2^32 random P-256 secrets about one is out of range; a source that fails this often
        // gives no random bytes.
        for _ in 0..8 {
            let mut seed = Zeroizing::new([0u8; 32]);
            if !randomness(seed.as_mut_slice()) {
                return Err(KeyError::Randomness);
            }
            match algorithm {
                KeyAlgorithm::Ed25519 => {
                    let key = ed25519_dalek::SigningKey::from_bytes(&seed);
                    return Ok(Self { key: Kind::Ed25519(key) });
                }
                KeyAlgorithm::EcdsaP256 => {
                    if let Ok(key) = p256::ecdsa::SigningKey::from_slice(seed.as_slice()) {
                        return Ok(Self { key: Kind::P256(key) });
                    }
                }
            }
        }
        Err(KeyError::Randomness)
    }

    /// Reads an unencrypted PKCS#8 PEM.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let document = pem::decode(text, LABEL)?;
        let info = PrivateKeyInfoRef::from_der(document.as_bytes())
            .map_err(|_| KeyError::Malformed { why: "it is no PKCS#8" })?;
        let mismatch = KeyError::Malformed { why: "its secret is out of range or of another size" };
        let key = match kind_of(&info.algorithm)? {
            KeyAlgorithm::EcdsaP256 => {
                let secret = p256::SecretKey::try_from(info).map_err(|_| mismatch)?;
                Kind::P256(secret.into())
            }
            KeyAlgorithm::Ed25519 => {
                Kind::Ed25519(ed25519_dalek::SigningKey::try_from(info).map_err(|_| mismatch)?)
            }
        };
        Ok(Self { key })
    }

    /// Writes an unencrypted PKCS#8 PEM; the text is wiped from memory when it goes.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let written = match &self.key {
            Kind::P256(key) => p256::SecretKey::from(key).to_pkcs8_pem(LineEnding::LF),
            // Version 1, without the public key: OpenSSL 3.0 does not read version 2.
            Kind::Ed25519(key) => KeypairBytes { secret_key: key.to_bytes(), public_key: None }
                .to_pkcs8_pem(LineEnding::LF),
        };
        written.map_err(|_| KeyError::Malformed { why: "it cannot be written as PKCS#8" })
    }

    /// Returns the key that verifies what this one signs.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        match &self.key {
            Kind::P256(key) => PublicKey::of_p256(P256::from(key)),
            Kind::Ed25519(key) => PublicKey::of_ed25519(key.verifying_key()),
        }
    }

    /// Signs `message`: DER with the lower S for ECDSA, 64 bytes for Ed25519. The same key and
    /// message always give the same signature.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &self.key {
            Kind::P256(key) => {
                let digest = Digest::sha256_of(message);
                let signature: p256::ecdsa::Signature = key
                    .sign_prehash(digest.as_bytes())
                    .map_err(|_| KeyError::Malformed { why: "it does not sign" })?;
                Ok(signature.normalize_s().to_der().as_bytes().to_vec())
            }
            Kind::Ed25519(key) => Ok(key.sign(message).to_bytes().to_vec()),
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PrivateKey(of {})", self.public().key_id_full())
    }
}

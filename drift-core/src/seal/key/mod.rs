//! Signing keys: ECDSA over P-256 with SHA-256 (FIPS 186-5) and Ed25519 (RFC 8032).
//!
//! The algorithm belongs to the key and never to a message, so no message can choose a weaker one.
//! Keys are ordinary PEM: PKCS#8 (RFC 5958) for private, SubjectPublicKeyInfo (RFC 5280) for
//! public ones, as `openssl genpkey` and `openssl pkey -pubout` write them.

mod error;
mod pem;
mod private;
mod public;

#[cfg(test)]
mod tests;

pub use error::KeyError;
pub use private::PrivateKey;
pub use public::PublicKey;

/// What a key signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyAlgorithm {
    /// ECDSA over P-256 with SHA-256, RFC 6979 nonces, low S; what cosign understands.
    #[default]
    EcdsaP256,
    /// Ed25519, pure, verified strictly.
    Ed25519,
}

//! Why a key or a signature cannot be used.

/// A key that is not taken, with the next step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No PEM, or more than one block of it.
    #[error("the key is not exactly one PEM block of at most {limit} bytes: {why}")]
    Pem {
        /// What is wrong.
        why: &'static str,
        /// The most that is read.
        limit: usize,
    },
    /// The private key needs a passphrase.
    #[error(
        "the private key is encrypted, which is not supported yet; decrypt it into a file that \
         only you can read: umask 077; openssl pkey -in ENCRYPTED.pem -out KEY.pem"
    )]
    Encrypted,
    /// A private key in the older form of its own algorithm.
    #[error(
        "the private key is no PKCS#8 but {label:?}; convert it: openssl pkcs8 -topk8 -nocrypt \
         -in OLD.pem -out KEY.pem"
    )]
    OldForm {
        /// The label of the PEM block.
        label: String,
    },
    /// A public key where a private one is needed, the reverse, or something else.
    #[error("the PEM block is {found:?} where {expected:?} is needed")]
    Label {
        /// The label that is there.
        found: String,
        /// The label that is needed.
        expected: &'static str,
    },
    /// A key of another algorithm.
    #[error(
        "keys of {algorithm} are not supported; make one of ECDSA P-256 or Ed25519 with drift \
         keygen"
    )]
    Algorithm {
        /// Its name, or its object identifier.
        algorithm: String,
    },
    /// The structure is broken, has trailing bytes, or is not in its canonical form.
    #[error("the key is malformed: {why}; export it again with openssl pkey")]
    Malformed {
        /// What is wrong.
        why: &'static str,
    },
    /// Anyone could sign for it.
    #[error("the Ed25519 key has a small order, so that signatures could be forged; use another")]
    SmallOrder,
    /// The system gave no random bytes.
    #[error("the system's source of randomness failed, so no key was made")]
    Randomness,
}

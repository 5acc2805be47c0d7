//! Seals: DSSE envelopes in Sigstore bundles over in-toto statements, and whom to trust.
//!
//! Verification comes before any parsing of what is sealed: [`Verified`] can be made only here, by
//! [`verify`]. Everything here is over bytes; `artifact` reads and writes the files.
//!
//! ```
//! use drift_core::bounds::Timestamp;
//! use drift_core::seal::{
//!     Expectations, KeyAlgorithm, PrivateKey, Reason, Sealed, Trust, TrustedKey, verify,
//! };
//! let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256)?;
//! let trust = Trust::of_keys(vec![TrustedKey::new("release", key.public())]);
//! let unsealed = Sealed { file: b"anything"[..].into(), bundles: vec![] };
//! let now = Timestamp::parse("2026-11-21T12:00:00Z")?;
//! let refused = verify(&unsealed, &trust, &Expectations::default(), now, None);
//! assert_eq!(refused.map(|_| ()).map_err(|untrusted| untrusted.reason), Err(Reason::Unsigned));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod encoding;
mod pae;
mod key;
mod statement;
mod bundle;
mod sealing;
mod term;
mod trust;
mod lineage;
mod untrusted;
mod verified;
mod verify;

pub use bundle::MAX_BUNDLE_BYTES;
pub use key::{KeyAlgorithm, KeyError, PrivateKey, PublicKey};
pub use lineage::{LineageError, LineageState, MAX_STATE_BYTES, Seen};
pub use sealing::{
    SealError, SealFile, complete, complete_with, countersign, further_suffix, pae_for_external,
    pae_of_bundle, seal,
};
pub use statement::{
    AcceptedChanges, Artefact, Counts, MAX_IDENTITY_BYTES, MAX_SEQUENCE, ManifestPredicate,
    PoliciesPredicate, Predicate, ReportCounts, ReportPredicate, SbomPredicate, SnapshotPredicate,
    Statement, StatementError, WaiversPredicate,
};
pub use term::{Term, TermError};
pub use trust::{RevokedKey, SubjectTrust, Trust, TrustError, TrustFile, TrustFileKey, TrustedKey};
pub use untrusted::{Reason, Untrusted};
pub use verified::Verified;
pub use verify::{
    Expectations, SealInfo, Sealed, SealedBy, VerifiedFile, unverified_statement, verify,
};

/// What stands behind the name of a file in the name of its first bundle.
pub const BUNDLE_SUFFIX: &str = ".sigstore.json";

/// What stands behind the name of a file in the name of the bytes to be signed elsewhere.
pub const PAE_SUFFIX: &str = ".pae";

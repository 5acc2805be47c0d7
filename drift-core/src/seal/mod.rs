//! Seals: DSSE envelopes in Sigstore bundles over in-toto statements, and whom to trust.
//!
//! Verification comes before any parsing of what is sealed: [`Verified`] can be made only here.

mod verified;

pub use verified::Verified;

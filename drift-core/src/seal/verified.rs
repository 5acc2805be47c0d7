//! The proof that bytes were verified before anything reads them.

/// Bytes of a file whose seal held against a trusted key. Decoders of baselines take nothing else,
/// and only [`verify`](super::verify) makes one:
///
/// ```compile_fail
/// let forged = drift_core::seal::Verified { content: vec![1u8] };
/// ```
///
/// ```compile_fail
/// let forged = drift_core::seal::Verified::new(vec![1u8]);
/// ```
#[derive(Debug, Clone)]
pub struct Verified<T> {
    content: T,
}

impl<T> Verified<T> {
    /// Only the verifier in this module's parent makes one.
    pub(super) fn new(content: T) -> Self {
        Self { content }
    }

    /// Returns what was verified.
    pub fn get(&self) -> &T {
        &self.content
    }
}

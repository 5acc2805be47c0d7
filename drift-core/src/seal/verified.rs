//! The proof that bytes were verified before anything reads them.

/// Bytes of a file whose seal held against a trusted key. Decoders of baselines take nothing else.
#[derive(Debug, Clone)]
pub struct Verified<T> {
    content: T,
}

impl<T> Verified<T> {
    /// Only the verifier in this module's parent makes one.
    #[expect(dead_code, reason = "the verifier calls it")]
    pub(super) fn new(content: T) -> Self {
        Self { content }
    }

    /// Returns what was verified.
    pub fn get(&self) -> &T {
        &self.content
    }
}

//! The digest of files that are almost nothing but holes.
//!
//! SHA-256 cannot skip zeros, so an 8 TiB hole would take hours. This digest is SHA-256 over
//! `drift.sparse/v1`, the size as u64 LE, and for every block of 4096 bytes that holds a byte other
//! than zero its offset as u64 LE and the block, the last one as short as the file leaves it. It
//! says nothing about where the holes are: a copy that fills them has the same digest.

use drift_lanes::Sha256;

use crate::model::{Algorithm, Digest};

/// Unit of the digest; also that of every common file system.
pub(crate) const BLOCK_BYTES: u64 = 4096;

const PREFIX: &[u8] = b"drift.sparse/v1";

/// A sparse digest in progress. Bytes come in by ascending offset; what is left out are zeros.
#[derive(Debug)]
pub struct SparseSha256 {
    state: Sha256,
    size: u64,
}

impl SparseSha256 {
    /// Starts the digest of a file of this size.
    #[must_use]
    pub fn new(size: u64) -> Self {
        let mut state = Sha256::new();
        state.update(PREFIX);
        state.update(&size.to_le_bytes());
        Self { state, size }
    }

    /// Takes bytes that begin at `offset`, a multiple of 4096, and end at another or at the end of
    /// the file.
    pub fn update(&mut self, offset: u64, bytes: &[u8]) {
        debug_assert!(offset.is_multiple_of(BLOCK_BYTES), "blocks are aligned");
        let mut at = offset;
        for block in bytes.chunks(usize::try_from(BLOCK_BYTES).unwrap_or(usize::MAX)) {
            if block.iter().any(|&byte| byte != 0) {
                self.state.update(&at.to_le_bytes());
                self.state.update(block);
            }
            at = at.saturating_add(BLOCK_BYTES);
        }
        debug_assert!(offset.saturating_add(bytes.len() as u64) <= self.size);
    }

    /// Returns the digest.
    #[must_use]
    pub fn finish(self) -> Digest {
        // Both algorithms have 32 bytes, so the fallback is never taken.
        let bytes = self.state.finish();
        Digest::from_bytes(Algorithm::SparseSha256, &bytes).unwrap_or(Digest::sha256(bytes))
    }
}

//! SHA-256 (FIPS 180-4).

use crate::stream::{Algorithm, Block, Stream};

/// A SHA-256 in progress.
#[derive(Debug, Clone, Default)]
pub struct Sha256(pub(crate) Stream<Blocks>);

/// How SHA-256 compresses one stream.
#[derive(Debug)]
pub(crate) struct Blocks;

impl Algorithm for Blocks {
    type State = [u32; 8];
    const START: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];

    fn compress(state: &mut [u32; 8], blocks: &[Block]) {
        sha2::block_api::compress256(state, blocks);
    }

    fn length(bits: u64) -> [u8; 8] {
        bits.to_be_bytes()
    }
}

impl Sha256 {
    /// Starts a digest.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// Returns the digest of all bytes taken.
    #[must_use]
    pub fn finish(mut self) -> [u8; 32] {
        self.0.end();
        let mut digest = [0; 32];
        for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(self.0.state) {
            *bytes = word.to_be_bytes();
        }
        digest
    }
}

/// Computes the SHA-256 of `data`.
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; 32] {
    let mut state = Sha256::new();
    state.update(data);
    state.finish()
}

//! MD5 (RFC 1321), only to compare with a package database's own records.

use crate::stream::{Algorithm, Block, Stream};

/// An MD5 in progress.
#[derive(Debug, Clone, Default)]
pub struct Md5(pub(crate) Stream<Blocks>);

/// How MD5 compresses one stream.
#[derive(Debug)]
pub(crate) struct Blocks;

impl Algorithm for Blocks {
    type State = [u32; 4];
    const START: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

    fn compress(state: &mut [u32; 4], blocks: &[Block]) {
        md5::block_api::compress(state, blocks);
    }

    fn length(bits: u64) -> [u8; 8] {
        bits.to_le_bytes()
    }
}

impl Md5 {
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
    pub fn finish(mut self) -> [u8; 16] {
        self.0.end();
        let mut digest = [0; 16];
        for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(self.0.state) {
            *bytes = word.to_le_bytes();
        }
        digest
    }
}

/// Computes the MD5 of `data`.
#[must_use]
pub fn md5(data: &[u8]) -> [u8; 16] {
    let mut state = Md5::new();
    state.update(data);
    state.finish()
}

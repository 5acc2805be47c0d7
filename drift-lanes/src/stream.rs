//! A digest in progress: its state, the bytes of a block begun, and the padding at the end.
//!
//! SHA-256 (FIPS 180-4, 5.1.1) and MD5 (RFC 1321, 3.1 and 3.2) differ in the order of bytes, in the
//! words of the state and in the function that compresses blocks; what is here is the same for both.

/// Bytes of a block.
pub(crate) const BLOCK: usize = 64;
/// Bytes of the length that ends the last block.
const LENGTH: usize = 8;

/// One block of a message.
pub(crate) type Block = [u8; BLOCK];

/// What tells one digest from another.
pub(crate) trait Algorithm {
    /// The chaining value.
    type State: Copy + std::fmt::Debug;
    /// The chaining value before the first block.
    const START: Self::State;

    /// Takes whole blocks of one stream.
    fn compress(state: &mut Self::State, blocks: &[Block]);

    /// Returns the length in bits as the last block holds it.
    fn length(bits: u64) -> [u8; LENGTH];
}

/// One stream.
#[derive(Debug)]
pub(crate) struct Stream<A: Algorithm> {
    pub(crate) state: A::State,
    /// A block begun, and room for the second that padding may need.
    pub(crate) held: [Block; 2],
    /// Bytes of the block begun; always less than a block.
    pub(crate) filled: usize,
    /// Bytes taken.
    length: u64,
    /// Whether the padding was compressed too: the state is the digest.
    ended: bool,
}

impl<A: Algorithm> Clone for Stream<A> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<A: Algorithm> Default for Stream<A> {
    fn default() -> Self {
        Self { state: A::START, held: [[0; BLOCK]; 2], filled: 0, length: 0, ended: false }
    }
}

impl<A: Algorithm> Stream<A> {
    /// Takes the next bytes.
    pub(crate) fn update(&mut self, data: &[u8]) {
        let (completed, rest) = self.complete(data);
        if completed {
            self.compress_held(1);
        }
        let (blocks, tail) = rest.as_chunks();
        if !blocks.is_empty() {
            A::compress(&mut self.state, blocks);
        }
        self.hold(tail);
    }

    /// Compresses the padding, unless that was done before.
    pub(crate) fn end(&mut self) {
        let blocks = self.pad();
        self.compress_held(blocks);
    }

    fn compress_held(&mut self, blocks: usize) {
        if blocks > 0 {
            A::compress(&mut self.state, &self.held[..blocks]);
        }
    }

    /// Counts `data` and fills the block begun with its head. Returns whether that block is whole and
    /// waits in `held` to be compressed, and what is left of `data`; some is left only if no block is
    /// begun any more.
    pub(crate) fn complete<'d>(&mut self, data: &'d [u8]) -> (bool, &'d [u8]) {
        // What comes after the end must not go unnoticed: it gives the digest of no message.
        self.ended &= data.is_empty();
        self.length = self.length.wrapping_add(data.len() as u64);
        if self.filled == 0 {
            return (false, data);
        }
        let (head, rest) = data.split_at(data.len().min(BLOCK - self.filled));
        self.held[0][self.filled..self.filled + head.len()].copy_from_slice(head);
        self.filled = (self.filled + head.len()) % BLOCK;
        (self.filled == 0 && !head.is_empty(), rest)
    }

    /// Keeps less than a block for later.
    pub(crate) fn hold(&mut self, tail: &[u8]) {
        if !tail.is_empty() {
            self.held[0][..tail.len()].copy_from_slice(tail);
            self.filled = tail.len();
        }
    }

    /// Lays the padding behind the block begun, and returns how many blocks of `held` are then left
    /// to compress: none if that was done before. After that the state is the digest.
    pub(crate) fn pad(&mut self) -> usize {
        if self.ended {
            return 0;
        }
        let blocks = if self.filled < BLOCK - LENGTH { 1 } else { 2 };
        let bytes = &mut self.held.as_flattened_mut()[..blocks * BLOCK];
        bytes[self.filled..].fill(0);
        bytes[self.filled] = 0x80;
        let at = bytes.len() - LENGTH;
        bytes[at..].copy_from_slice(&A::length(self.length.wrapping_mul(8)));
        self.ended = true;
        self.filled = 0;
        blocks
    }
}

//! What a kernel has to do for one stream: up to three runs of whole blocks.
//!
//! First the block that was begun earlier, when the piece completes it; then the blocks of the piece
//! itself, in place; then, at the end of the stream, the last one or two blocks with the padding. A
//! kernel asks what is [`ready`](Work::ready), compresses some of it, says how many blocks it
//! [took](Work::took), and goes on until nothing is left.

use std::ops::Range;

use crate::stream::{Algorithm, BLOCK, Block, Stream};

/// One stream with its next piece.
#[derive(Debug)]
pub(crate) struct Work<'w, A: Algorithm> {
    stream: &'w mut Stream<A>,
    /// Those blocks of `stream.held` that are to be compressed before anything of `data`.
    held: Range<usize>,
    data: &'w [u8],
    last: bool,
}

impl<'w, A: Algorithm> Work<'w, A> {
    /// Takes the piece; `None` when it completes no block, so that nothing is to be compressed.
    pub(crate) fn begin(stream: &'w mut Stream<A>, piece: &'w [u8], last: bool) -> Option<Self> {
        let (completed, data) = stream.complete(piece);
        let mut work = Self { stream, held: 0..usize::from(completed), data, last };
        work.settle().then_some(work)
    }

    /// Returns the blocks that come next; at least one.
    pub(crate) fn ready(&self) -> &[Block] {
        if self.held.is_empty() {
            self.data.as_chunks().0
        } else {
            &self.stream.held[self.held.clone()]
        }
    }

    /// Returns the chaining value, and what [`ready`](Self::ready) returns.
    pub(crate) fn parts(&mut self) -> (&mut A::State, &[Block]) {
        let blocks = if self.held.is_empty() {
            self.data.as_chunks().0
        } else {
            &self.stream.held[self.held.clone()]
        };
        (&mut self.stream.state, blocks)
    }

    /// Returns the chaining value, for kernels that keep it elsewhere meanwhile.
    pub(crate) fn state(&mut self) -> &mut A::State {
        &mut self.stream.state
    }

    /// Marks that many of the blocks that were ready as compressed, and returns whether any is left.
    pub(crate) fn took(&mut self, blocks: usize) -> bool {
        if self.held.is_empty() {
            self.data = &self.data[blocks * BLOCK..];
        } else {
            self.held.start += blocks;
        }
        self.settle()
    }

    /// Makes the next blocks ready: where no whole block is left, the rest is kept in the stream, and
    /// is padded if it is the last. Returns whether there is something to compress.
    fn settle(&mut self) -> bool {
        if !self.held.is_empty() || self.data.len() >= BLOCK {
            return true;
        }
        self.stream.hold(std::mem::take(&mut self.data));
        if self.last {
            self.held = 0..self.stream.pad();
        }
        !self.held.is_empty()
    }
}

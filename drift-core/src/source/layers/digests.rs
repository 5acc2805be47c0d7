//! Digests of whole streams, made while the streams are read for something else.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

use sha2::Digest as _;

use crate::model::{BlobDigest, hex};

/// The state of one of the registered algorithms.
enum Algorithm {
    Sha256(drift_lanes::Sha256),
    Sha512(Box<sha2::Sha512>),
}

/// What passed so far.
struct Sum {
    algorithm: Algorithm,
    bytes: u64,
}

/// The sum of a stream that somebody else reads.
#[derive(Clone)]
pub(super) struct Watched(Rc<RefCell<Sum>>);

impl Watched {
    /// Starts with the algorithm of the digest that is expected.
    pub(super) fn new(expected: &BlobDigest) -> Self {
        let algorithm = match expected.algorithm() {
            "sha512" => Algorithm::Sha512(Box::default()),
            _ => Algorithm::Sha256(drift_lanes::Sha256::new()),
        };
        Self(Rc::new(RefCell::new(Sum { algorithm, bytes: 0 })))
    }

    /// Returns a stream that counts towards this sum.
    pub(super) fn tee<R: Read>(&self, input: R) -> Tee<R> {
        Tee { input, sum: self.clone() }
    }

    /// Returns how many bytes passed.
    pub(super) fn bytes(&self) -> u64 {
        self.0.borrow().bytes
    }

    /// Returns the digest of what passed so far, written as `expected` is.
    pub(super) fn digest(&self) -> String {
        match &self.0.borrow().algorithm {
            Algorithm::Sha256(state) => format!("sha256:{}", hex(&state.clone().finish())),
            Algorithm::Sha512(state) => format!("sha512:{}", hex(&state.clone().finalize())),
        }
    }
}

/// A stream that is summed while it is read.
pub(super) struct Tee<R> {
    input: R,
    sum: Watched,
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        let piece = buffer.get(..count).unwrap_or_default();
        let mut sum = self.sum.0.borrow_mut();
        sum.bytes = sum.bytes.saturating_add(count as u64);
        match &mut sum.algorithm {
            Algorithm::Sha256(state) => state.update(piece),
            Algorithm::Sha512(state) => state.update(piece),
        }
        Ok(count)
    }
}

//! The stored form of a snapshot: one file that is written once, sealed, and read block by block.
//!
//! `docs/baseline-format.md` is the contract; this folder is its first reader and only writer, and
//! `fixtures/read_baseline.py` the second reader. What a snapshot *is* (its root) is a digest over
//! uncompressed bytes, so another release of zstd makes another file with the same root.

mod alike;
mod block;
mod container;
mod coverage;
mod cursor;
mod cut;
mod effective;
mod encode;
mod error;
pub(crate) mod frame;
mod head;
mod image;
mod index;
mod layout;
mod limits;
mod open;
mod packages;
mod record;
mod rows;
mod shape;
mod trail;
pub(crate) mod wire;

#[cfg(test)]
mod tests;

pub use alike::{Alike, Likeness, Newer, StoredBlocks, likeness};
pub use cursor::{BaselineCursor, StoredEntry};
pub use effective::{effective_root, effective_root_captured};
pub use encode::{Counts, Encoded, encode, encode_entries, root_of, root_with};
pub use error::Error;
pub use layout::MARK;
pub use open::{Baseline, UnverifiedSnapshot};
pub use rows::EntryBlocks;

//! A block of entries: columns over a few shapes, readable without any other block.
//!
//! An entry is a name, a depth and a *shape*: everything that many entries share (type, owner,
//! permissions, extended attributes) and which of the other columns hold a value for it. Digests
//! and owners stand in blocks of their own sections beside it: digests do not compress, and the
//! numbers of packages move when one is installed. The layers of an image stand in another, outside
//! of what the root covers.

mod columns;
mod reader;
mod runs;
mod writer;

pub(super) use columns::{COLUMNS, Column};
pub(super) use reader::{Beside, BlockReader, xattrs_weight};
pub(super) use writer::{BlockWriter, RawBlock, RowRef};

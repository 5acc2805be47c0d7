//! Where blocks of entries are cut: by content, so that one new name changes the blocks around it
//! and no other.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::limits::{MAX_BLOCK_ENTRIES, MIN_BLOCK_ENTRIES, SOFT_BLOCK_BYTES};

/// One entry in 2048 may start a block.
const MASK: u64 = 2047;

/// The hash of a directory's last name and the slash behind it, which the hash of every name in it
/// begins with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parent(u64);

impl Parent {
    pub(super) fn new(name: &[u8]) -> Self {
        Self(fnv(fnv(0xcbf2_9ce4_8422_2325, name), b"/"))
    }
}

impl Default for Parent {
    /// That of the root, whose name is empty.
    fn default() -> Self {
        Self::new(b"")
    }
}

/// Returns whether this entry starts a new block, given how many entries the open block has, what
/// they weigh together, and what this one does.
pub(super) fn starts_block(
    entries: u64,
    (total, weight): (u64, u64),
    parent: impl FnOnce() -> Parent,
    name: &[u8],
) -> bool {
    entries >= MAX_BLOCK_ENTRIES
        || (entries > 0 && total.saturating_add(weight) > SOFT_BLOCK_BYTES)
        || (entries >= MIN_BLOCK_ENTRIES && hash(parent(), name) & MASK == 0)
}

/// FNV-1a over `parent/name`, then the first half of MurmurHash3's finaliser, because the low bits
/// of FNV alone are poor.
fn hash(parent: Parent, name: &[u8]) -> u64 {
    let hash = fnv(parent.0, name);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(hash, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

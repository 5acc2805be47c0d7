//! Where blocks of entries are cut: by content, so that one new name changes the blocks around it
//! and no other.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::limits::{MAX_BLOCK_ENTRIES, MIN_BLOCK_ENTRIES, SOFT_BLOCK_BYTES};

/// One entry in 2048 may start a block.
const MASK: u64 = 2047;

/// Returns whether this entry starts a new block, given what the open block holds.
pub(super) fn starts_block(
    entries: u64,
    expanded: u64,
    addition: u64,
    parent: &[u8],
    name: &[u8],
) -> bool {
    entries >= MAX_BLOCK_ENTRIES
        || (entries > 0 && expanded.saturating_add(addition) > SOFT_BLOCK_BYTES)
        || (entries >= MIN_BLOCK_ENTRIES && hash(parent, name) & MASK == 0)
}

/// FNV-1a over `parent/name`, then the first half of MurmurHash3's finaliser, because the low bits
/// of FNV alone are poor.
fn hash(parent: &[u8], name: &[u8]) -> u64 {
    let bytes = parent.iter().chain(b"/").chain(name);
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

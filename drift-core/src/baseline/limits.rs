//! What one file may make its reader spend. Changing a value is a break of the format.

/// Raw bytes of one block, and also its expanded bytes (see [`expanded`]); a reader holds one block.
pub(super) const MAX_BLOCK_BYTES: u64 = 16 << 20;
/// A writer starts a new block before it would pass this; a single larger record stands alone.
pub(super) const SOFT_BLOCK_BYTES: u64 = 4 << 20;
/// Entries of one block.
pub(super) const MAX_BLOCK_ENTRIES: u64 = 8192;
/// Entries before a block may be cut by content.
pub(super) const MIN_BLOCK_ENTRIES: u64 = 256;
/// Bytes of a block's first path that stand in the index; a very deep tree would otherwise make
/// the index quadratic.
pub(super) const MAX_KEY_BYTES: usize = 4096;
/// Bytes of packages, coverage and problems together, which are held in memory as a whole.
pub(super) const MAX_HELD_BYTES: u64 = 256 << 20;
/// Packages, mounts, exclusions and problems together.
pub(super) const MAX_HELD_ITEMS: u64 = 1 << 21;
/// Layers, commands, names and labels of an image together.
pub(super) const MAX_IMAGE_ITEMS: u64 = 1 << 18;
/// Sections of one index.
pub(super) const MAX_SECTIONS: usize = 64;
/// Names and columns of the tables in HEAD.
pub(super) const MAX_TABLE: u64 = 1024;
/// The largest zstd window, as a power of two: that of a block.
pub(super) const WINDOW_LOG: u32 = 24;
/// What an entry counts beyond its names and attributes.
const ENTRY_OVERHEAD: u64 = 128;

/// Returns what an entry with variable parts of these lengths counts towards a block: as if nothing
/// were shared, so that no table makes a small block cost much to read.
pub(super) fn expanded(lengths: impl IntoIterator<Item = usize>) -> u64 {
    lengths.into_iter().fold(ENTRY_OVERHEAD, |sum, length| sum.saturating_add(length as u64))
}

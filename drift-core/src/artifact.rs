//! The files of the operator: the sole writer, and one bounded reader.
//!
//! Nothing else in the library writes, and nothing of a target is read here. A file is written
//! whole or not at all: into a nameless or exclusive file of the same directory, synchronised, then
//! given its name, then the directory synchronised. A failed `fsync` is final: the kernel may have
//! dropped the pages, so a second one that succeeds proves nothing.

mod error;
mod read;
mod write;
mod directory;
mod sealed;
mod trust;
mod held;
mod lineages;
mod owned;
mod tree;

#[cfg(test)]
mod tests;

pub use directory::{ensure_directory, ensure_directory_of};
pub use error::Error;
pub use held::{Held, RUN_LOCK_FILE, hold};
pub use lineages::{LINEAGES_FILE, load_lineages, remember};
pub use owned::check_owned;
pub use read::{Private, digest_bounded, private, read_bounded, read_private, read_start};
pub use sealed::{bundle_paths, list_files, list_names, open_sealed};
pub use tree::{TreeFile, TreeLimits, Unwanted, read_tree};
pub use trust::{load_trust, trust_files};
pub use write::{Replace, write, write_stream, write_unless};

//! Builders, oracles and requirement probes for drift's own tests.
//!
//! Nothing here depends on drift-core: an oracle that shares code with what it judges proves
//! nothing. A broken precondition of a test is a panic with the reason, never a quiet return.

pub mod command;
pub mod need;
pub mod reference;
mod temp_root;

pub use temp_root::{Device, TempRoot};

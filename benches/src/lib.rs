//! What the measurements share: trees of a stated size that take no memory of their own.

mod generated;

pub use generated::GeneratedVolume;

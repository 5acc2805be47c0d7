//! The first ten evasions: whoever plants a change so that a scan misses it, hangs or gives up.
//!
//! In each the baseline is sealed before the plant. What was planted is found, or the object is
//! listed as not compared; the exit code is 1 or 3, never 0, and every run ends by itself.

mod mounts;
pub(crate) mod placed;
mod races;

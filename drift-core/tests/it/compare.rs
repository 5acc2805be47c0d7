//! Comparing: nothing lost, nothing twice, and nothing claimed of what was not seen.

mod alike;
mod growth;
mod incomplete;
pub(crate) mod lossless;
mod mutations;
mod rotation;

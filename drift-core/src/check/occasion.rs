//! Who runs a check, and when: what comes in from outside and decides nothing.

use crate::bounds::Clock;
use crate::model::Digest;

/// Who runs this and when; nothing here bears on the result.
#[derive(Clone, Copy)]
pub struct Occasion<'o> {
    /// Tells the time.
    pub clock: &'o dyn Clock,
    /// Random, to tell runs apart.
    pub run_id: &'o str,
    /// Returns the digest of the running program, where it can be read; asked when a report is made.
    pub binary_digest: Option<&'o (dyn Fn() -> Option<Digest> + Sync)>,
}

impl std::fmt::Debug for Occasion<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Occasion").field("run_id", &self.run_id).finish_non_exhaustive()
    }
}

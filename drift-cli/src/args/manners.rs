//! What can be typed of how a run leaves room for whatever else the machine does.

use clap::{Args as Group, ValueEnum};

/// The lowest and the highest rate, in MiB a second. Faster than a TiB no memory is.
pub(crate) const READ_LIMITS: (u64, u64) = (1, 1 << 20);

/// The values of nice(2) that make room; those below 0 are no manners.
pub(crate) const NICE: (u64, u64) = (0, 19);

/// How a run leaves room for whatever else the machine does.
#[derive(Debug, Clone, Default, Group)]
pub(crate) struct MannersArgs {
    /// Read content of the target no faster than this, all threads together
    #[arg(long, value_name = "MiB/s",
          value_parser = clap::value_parser!(u64).range(READ_LIMITS.0..=READ_LIMITS.1))]
    pub(crate) read_limit: Option<u64>,
    /// Leave the processors, and with them the disk, to others: niceness from 0 to 19, 10 without a
    /// number
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true,
          default_missing_value = "10",
          value_parser = clap::value_parser!(u64).range(NICE.0..=NICE.1))]
    pub(crate) nice: Option<u64>,
    /// What becomes of what reading brings into the page cache
    #[arg(long, value_enum, value_name = "HOW", default_value = "as-found")]
    pub(crate) page_cache: PageCacheMode,
}

/// What becomes of what reading brings into the page cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum PageCacheMode {
    /// What was not there before is dropped again
    #[default]
    AsFound,
    /// All of it stays
    Keep,
}

impl PageCacheMode {
    /// Returns the mode of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::from_str(name, false).ok()
    }
}

//! Which code computes digests.

/// The code that computes digests of many streams, chosen once for the machine. Any kernel computes
/// the same digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kernel(());

impl Kernel {
    /// Returns the fastest one that this machine can run.
    #[must_use]
    pub fn detect() -> Self {
        Self::portable()
    }

    /// Returns the one that runs everywhere: one stream after the other.
    #[must_use]
    pub const fn portable() -> Self {
        Self(())
    }

    /// Returns what it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        "portable"
    }

    /// Returns how many streams of SHA-256 are worth handing over together; more do no harm.
    #[must_use]
    pub fn lanes(self) -> usize {
        1
    }

    /// Returns how many streams of MD5 are worth handing over together; more do no harm.
    #[must_use]
    pub fn md5_lanes(self) -> usize {
        1
    }
}

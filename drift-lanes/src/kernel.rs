//! Which code computes digests.

use crate::interleave::one_by_one;
use crate::work::Work;
use crate::{md5, sha256};

#[cfg(target_arch = "x86_64")]
use crate::x86::Features;

/// The code that computes digests of many streams, chosen once for the machine. Any kernel computes
/// the same digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kernel(Code);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    Portable,
    #[cfg(target_arch = "x86_64")]
    X86(Features),
}

impl Kernel {
    /// Returns the fastest one that this machine can run.
    #[must_use]
    pub fn detect() -> Self {
        Self::available().next().unwrap_or(Self::portable())
    }

    /// Returns the one that runs everywhere: one stream after the other.
    #[must_use]
    pub const fn portable() -> Self {
        Self(Code::Portable)
    }

    /// Returns all that this machine can run, the fastest first, the portable one last. Tests and
    /// benches compare them.
    pub fn available() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let fast = Features::detect().parts().map(|features| Self(Code::X86(features)));
        #[cfg(not(target_arch = "x86_64"))]
        let fast = std::iter::empty();
        fast.chain([Self::portable()])
    }

    /// Returns what it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Code::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Code::X86(features) => features.describe().name,
        }
    }

    /// Returns how many streams of SHA-256 it computes at once. Hand over at least as many, better
    /// several times as many where they differ in length: the next one takes the place of one that
    /// ends.
    #[must_use]
    pub fn lanes(self) -> usize {
        match self.0 {
            Code::Portable => 1,
            #[cfg(target_arch = "x86_64")]
            Code::X86(features) => features.describe().sha256_lanes,
        }
    }

    /// Returns how many streams of MD5 it computes at once.
    #[must_use]
    pub fn md5_lanes(self) -> usize {
        match self.0 {
            Code::Portable => 1,
            #[cfg(target_arch = "x86_64")]
            Code::X86(features) => features.describe().md5_lanes,
        }
    }

    pub(crate) fn sha256<'w>(self, works: impl Iterator<Item = Work<'w, sha256::Blocks>>) {
        match self.0 {
            Code::Portable => one_by_one(works),
            #[cfg(target_arch = "x86_64")]
            Code::X86(features) => features.sha256(works),
        }
    }

    pub(crate) fn md5<'w>(self, works: impl Iterator<Item = Work<'w, md5::Blocks>>) {
        match self.0 {
            Code::Portable => one_by_one(works),
            #[cfg(target_arch = "x86_64")]
            Code::X86(features) => features.md5(works),
        }
    }
}

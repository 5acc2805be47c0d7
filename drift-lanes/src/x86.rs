//! Kernels of x86-64. Each is a safe function of a `#[target_feature]`; what calls one from outside
//! must know that the machine has it. The only other `unsafe` takes bytes for vectors and back.

#![expect(unsafe_code, reason = "only who knows what the machine has may call its kernels")]

mod sha_ni;
#[macro_use]
mod rounds;
mod avx2;
mod avx512;
mod avx512vl;

use crate::interleave::{few, many, one_by_one};
use crate::work::Work;
use crate::{md5, sha256};

/// What of x86-64 a machine has. A value other than the default one is made by [`detect`](Self::detect)
/// alone, or by leaving out what that found: the `unsafe` blocks below rest on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Features {
    /// SHA-NI with SSE 4.1 and SSSE 3.
    sha_ni: bool,
    /// AVX2.
    avx2: bool,
    /// AVX-512 F, BW and VL, with AVX2.
    avx512: bool,
}

/// From as many streams on, a vector of sixteen words wins over one of eight and what else is then
/// left to do. Decision 0034 has the measurements.
const SIXTEEN: usize = 12;
/// From as many streams on, a vector of eight words wins over SHA-NI.
const EIGHT_OR_SHA_NI: usize = 6;
/// From as many streams on, it wins over the portable code.
const EIGHT_OR_PORTABLE: usize = 2;

impl Features {
    /// Asks the machine.
    pub(crate) fn detect() -> Self {
        let avx2 = is_x86_feature_detected!("avx2");
        let sha_ni = is_x86_feature_detected!("sha")
            && is_x86_feature_detected!("sse4.1")
            && is_x86_feature_detected!("ssse3");
        let avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl");
        Self { sha_ni, avx2, avx512: avx512 && avx2 }
    }

    /// Returns all that a machine with these can run, the fastest first; none for the portable code.
    pub(crate) fn parts(self) -> impl Iterator<Item = Self> {
        let none = Self::default();
        let all = [
            self,
            Self { sha_ni: false, ..self },
            Self { avx512: false, ..self },
            Self { avx512: false, sha_ni: false, ..self },
            Self { sha_ni: self.sha_ni, ..none },
        ];
        let different = (0..all.len()).filter(move |at| !all[..*at].contains(&all[*at]));
        different.map(move |at| all[at]).filter(move |features| *features != none)
    }

    /// Returns what is to be told about it.
    pub(crate) fn describe(self) -> About {
        let about = |name, sha256_lanes, md5_lanes| About { name, sha256_lanes, md5_lanes };
        match (self.avx512, self.avx2, self.sha_ni) {
            (true, _, true) => about("avx512+sha-ni", avx512::LANES, avx512::LANES),
            (true, _, false) => about("avx512", avx512::LANES, avx512::LANES),
            (false, true, true) => about("avx2+sha-ni", sha_ni::LANES, avx2::LANES),
            (false, false, true) => about("sha-ni", sha_ni::LANES, 1),
            (false, true, false) => about("avx2", avx2::LANES, avx2::LANES),
            (false, false, false) => about("portable", 1, 1),
        }
    }
}

/// What is told about a kernel.
#[derive(Debug)]
pub(crate) struct About {
    pub(crate) name: &'static str,
    pub(crate) sha256_lanes: usize,
    pub(crate) md5_lanes: usize,
}

impl Features {
    /// Does all work on SHA-256. What is too little for vectors goes to SHA-NI, or is one stream at a
    /// time.
    pub(crate) fn sha256<'w>(self, works: impl Iterator<Item = Work<'w, sha256::Blocks>>) {
        if self.avx512 {
            let rest = many(works, SIXTEEN, |columns, blocks, count| {
                // SAFETY: `avx512` says that the machine has the features.
                unsafe { avx512::sha256(columns, blocks, count) }
            });
            let least = if self.sha_ni { EIGHT_OR_SHA_NI } else { EIGHT_OR_PORTABLE };
            let rest = many(rest.into_iter().flatten(), least, |columns, blocks, count| {
                // SAFETY: `avx512` says that the machine has the features.
                unsafe { avx512vl::sha256(columns, blocks, count) }
            });
            self.few_sha256(rest.into_iter().flatten());
        } else if self.avx2 && !self.sha_ni {
            let rest = many(works, EIGHT_OR_PORTABLE, |columns, blocks, count| {
                // SAFETY: `avx2` says that the machine has the feature.
                unsafe { avx2::sha256(columns, blocks, count) }
            });
            self.few_sha256(rest.into_iter().flatten());
        } else {
            self.few_sha256(works);
        }
    }

    fn few_sha256<'w>(self, works: impl Iterator<Item = Work<'w, sha256::Blocks>>) {
        if self.sha_ni {
            few::<_, { sha_ni::LANES }>(works, |lanes, count| {
                // SAFETY: `sha_ni` says that the machine has the features.
                unsafe { sha_ni::step(lanes, count) }
            });
        } else {
            one_by_one(works);
        }
    }

    /// Does all work on MD5. Vectors win even for one stream.
    pub(crate) fn md5<'w>(self, works: impl Iterator<Item = Work<'w, md5::Blocks>>) {
        if self.avx512 {
            many(works, 1, |columns, blocks, count| {
                // SAFETY: `avx512` says that the machine has the features.
                unsafe { avx512::md5(columns, blocks, count) }
            });
        } else if self.avx2 {
            many(works, 1, |columns, blocks, count| {
                // SAFETY: `avx2` says that the machine has the feature.
                unsafe { avx2::md5(columns, blocks, count) }
            });
        } else {
            one_by_one(works);
        }
    }
}

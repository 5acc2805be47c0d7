//! SHA-256 by the instructions of SHA-NI, of some streams at once.
//!
//! One stream waits for the latency of `sha256rnds2` in every round; a second and third fill the
//! waiting. The order of words in the two registers of a state is that of the instructions (Intel
//! SDM, SHA256RNDS2): `ABEF` and `CDGH`, `A` and `C` highest.
//!
//! No AVX: these instructions have no encoding of it, and each would wait for the upper halves of the
//! registers if the compiler copied anything by wider ones (measured: 20 times slower).

use core::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi32, _mm_set_epi64x,
    _mm_setzero_si128, _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32,
    _mm_shuffle_epi8, _mm_shuffle_epi32,
};

use crate::sha256::{Blocks, ROUNDS};
use crate::stream::Block;
use crate::work::Work;

/// Streams at once: the instructions are then busy, and the states still fit the registers.
pub(super) const LANES: usize = 3;

/// Compresses `count` blocks of each of up to [`LANES`] streams.
#[target_feature(enable = "sha,sse4.1,ssse3")]
pub(super) fn step(lanes: &mut [Option<Work<'_, Blocks>>], count: usize) {
    match lanes {
        [Some(a), Some(b), Some(c)] => compress([a.parts(), b.parts(), c.parts()], count),
        [Some(a), Some(b)] => compress([a.parts(), b.parts()], count),
        lanes => lanes.iter_mut().flatten().for_each(|a| compress([a.parts()], count)),
    }
}

#[inline(never)]
#[target_feature(enable = "sha,sse4.1,ssse3")]
fn compress<const N: usize>(streams: [(&mut [u32; 8], &[Block]); N], count: usize) {
    let blocks = streams.each_ref().map(|(_, blocks)| *blocks);
    let mut states = streams.map(|(state, _)| state);
    let mut lanes = [[_mm_setzero_si128(); 2]; N];
    for (lane, state) in lanes.iter_mut().zip(&states) {
        let [a, b, c, d, e, f, g, h] = state.map(u32::cast_signed);
        *lane = [_mm_set_epi32(a, b, e, f), _mm_set_epi32(c, d, g, h)];
    }
    for at in 0..count {
        compress_one(&mut lanes, &blocks, at);
    }
    for (lane, state) in lanes.iter().zip(&mut states) {
        let ([a, b, e, f], [c, d, g, h]) = (words(lane[0]), words(lane[1]));
        **state = [a, b, c, d, e, f, g, h];
    }
}

#[inline]
#[target_feature(enable = "sha,sse4.1,ssse3")]
fn compress_one<const N: usize>(lanes: &mut [[__m128i; 2]; N], blocks: &[&[Block]; N], at: usize) {
    let before = *lanes;
    let mut message = [[_mm_setzero_si128(); 4]; N];
    for (words, blocks) in message.iter_mut().zip(blocks) {
        *words = load(&blocks[at]);
    }
    let (groups, _) = ROUNDS.as_chunks::<4>();
    macro_rules! rounds {
        ($($four:literal)*) => {$(
            let [k0, k1, k2, k3] = groups[$four].map(u32::cast_signed);
            let constants = _mm_set_epi32(k3, k2, k1, k0);
            if $four >= 4 {
                for words in &mut message {
                    words[$four % 4] = next(
                        words[$four % 4],
                        words[($four + 1) % 4],
                        words[($four + 2) % 4],
                        words[($four + 3) % 4],
                    );
                }
            }
            let mut sums = [constants; N];
            for (lane, (sum, words)) in lanes.iter_mut().zip(sums.iter_mut().zip(&message)) {
                *sum = _mm_add_epi32(words[$four % 4], constants);
                lane[1] = _mm_sha256rnds2_epu32(lane[1], lane[0], *sum);
            }
            for (lane, sum) in lanes.iter_mut().zip(sums) {
                let high = _mm_shuffle_epi32::<0x0e>(sum);
                lane[0] = _mm_sha256rnds2_epu32(lane[0], lane[1], high);
            }
        )*};
    }
    rounds!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    for (lane, before) in lanes.iter_mut().zip(before) {
        for (half, before) in lane.iter_mut().zip(before) {
            *half = _mm_add_epi32(*half, before);
        }
    }
}

/// Returns the four words of the schedule that follow the sixteen of the arguments.
#[inline]
#[target_feature(enable = "sha,sse4.1,ssse3")]
fn next(w0: __m128i, w1: __m128i, w2: __m128i, w3: __m128i) -> __m128i {
    let sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8::<4>(w3, w2));
    _mm_sha256msg2_epu32(sum, w3)
}

/// Loads the sixteen words of a block, which are big-endian.
#[inline]
#[target_feature(enable = "sse4.1,ssse3")]
fn load(block: &Block) -> [__m128i; 4] {
    let order = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    let (halves, _) = block.as_chunks::<8>();
    let mut message = [order; 4];
    for (words, [low, high]) in message.iter_mut().zip(halves.as_chunks::<2>().0) {
        let (low, high) = (i64::from_le_bytes(*low), i64::from_le_bytes(*high));
        *words = _mm_shuffle_epi8(_mm_set_epi64x(high, low), order);
    }
    message
}

/// Returns the words of a register, the highest first.
#[inline]
#[target_feature(enable = "sse4.1,ssse3")]
fn words(register: __m128i) -> [u32; 4] {
    [
        _mm_extract_epi32::<3>(register).cast_unsigned(),
        _mm_extract_epi32::<2>(register).cast_unsigned(),
        _mm_extract_epi32::<1>(register).cast_unsigned(),
        _mm_extract_epi32::<0>(register).cast_unsigned(),
    ]
}

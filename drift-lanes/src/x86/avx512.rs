//! Vectors of sixteen words, by AVX-512.

#![expect(unsafe_code, reason = "bytes are taken for vectors and back")]

use core::arch::x86_64::{
    __m512i, _mm_set_epi64x, _mm512_add_epi32, _mm512_broadcast_i32x4, _mm512_ror_epi32,
    _mm512_set1_epi32, _mm512_setzero_si512, _mm512_shuffle_epi8, _mm512_shuffle_i32x4,
    _mm512_srli_epi32, _mm512_ternarylogic_epi32, _mm512_unpackhi_epi32, _mm512_unpackhi_epi64,
    _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};

use crate::stream::Block;

/// Streams at once.
pub(super) const LANES: usize = 16;

type Vector = __m512i;

sha256_kernel!("avx512f,avx512bw");
md5_kernel!("avx512f,avx512bw");

#[inline]
#[target_feature(enable = "avx512f")]
fn add(left: Vector, right: Vector) -> Vector {
    _mm512_add_epi32(left, right)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn splat(word: u32) -> Vector {
    _mm512_set1_epi32(word.cast_signed())
}

#[inline]
#[target_feature(enable = "avx512f")]
fn right<const BITS: i32, const BACK: i32>(word: Vector) -> Vector {
    _mm512_ror_epi32::<BITS>(word)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn shift<const BITS: u32>(word: Vector) -> Vector {
    _mm512_srli_epi32::<BITS>(word)
}

/// The last argument of a ternary operation is its table of truth: bit `4x + 2y + z` is the result.
#[inline]
#[target_feature(enable = "avx512f")]
fn xor(x: Vector, y: Vector, z: Vector) -> Vector {
    _mm512_ternarylogic_epi32::<0b1001_0110>(x, y, z)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn choose(x: Vector, y: Vector, z: Vector) -> Vector {
    _mm512_ternarylogic_epi32::<0b1100_1010>(x, y, z)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn majority(x: Vector, y: Vector, z: Vector) -> Vector {
    _mm512_ternarylogic_epi32::<0b1110_1000>(x, y, z)
}

/// Returns `y ^ (x | !z)`.
#[inline]
#[target_feature(enable = "avx512f")]
fn either(x: Vector, y: Vector, z: Vector) -> Vector {
    _mm512_ternarylogic_epi32::<0b0011_1001>(x, y, z)
}

#[inline]
#[target_feature(enable = "avx512bw")]
fn swap_bytes(words: Vector) -> Vector {
    let order = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    _mm512_shuffle_epi8(words, _mm512_broadcast_i32x4(order))
}

/// Loads block `at` of every stream; the result holds the first words of all, the second ones, and so
/// on.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn load(blocks: &[&[Block]; LANES], at: usize) -> [Vector; 16] {
    let mut rows = [_mm512_setzero_si512(); LANES];
    for (row, blocks) in rows.iter_mut().zip(blocks) {
        // SAFETY: both types have 64 bytes, and any bytes are a vector.
        *row = unsafe { core::mem::transmute::<Block, Vector>(blocks[at]) };
    }
    transpose(rows)
}

/// Turns rows into columns: pairs within each quarter of a vector, then the quarters.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose(rows: [Vector; 16]) -> [Vector; 16] {
    let mut fours = [_mm512_setzero_si512(); 16];
    for (group, rows) in fours.as_chunks_mut::<4>().0.iter_mut().zip(rows.as_chunks::<4>().0) {
        let low = _mm512_unpacklo_epi32(rows[0], rows[1]);
        let high = _mm512_unpackhi_epi32(rows[0], rows[1]);
        let (low2, high2) =
            (_mm512_unpacklo_epi32(rows[2], rows[3]), _mm512_unpackhi_epi32(rows[2], rows[3]));
        *group = [
            _mm512_unpacklo_epi64(low, low2),
            _mm512_unpackhi_epi64(low, low2),
            _mm512_unpacklo_epi64(high, high2),
            _mm512_unpackhi_epi64(high, high2),
        ];
    }
    let mut columns = [_mm512_setzero_si512(); 16];
    for at in 0..4 {
        let [a, b, c, d] = [fours[at], fours[4 + at], fours[8 + at], fours[12 + at]];
        let (ab_low, ab_high) =
            (_mm512_shuffle_i32x4::<0x44>(a, b), _mm512_shuffle_i32x4::<0xee>(a, b));
        let (cd_low, cd_high) =
            (_mm512_shuffle_i32x4::<0x44>(c, d), _mm512_shuffle_i32x4::<0xee>(c, d));
        columns[at] = _mm512_shuffle_i32x4::<0x88>(ab_low, cd_low);
        columns[4 + at] = _mm512_shuffle_i32x4::<0xdd>(ab_low, cd_low);
        columns[8 + at] = _mm512_shuffle_i32x4::<0x88>(ab_high, cd_high);
        columns[12 + at] = _mm512_shuffle_i32x4::<0xdd>(ab_high, cd_high);
    }
    columns
}

/// Returns a column of chaining values as a vector.
#[inline]
#[target_feature(enable = "avx512f")]
fn vector(words: [u32; LANES]) -> Vector {
    // SAFETY: both types have 64 bytes, and any bytes are a vector.
    unsafe { core::mem::transmute::<[u32; LANES], Vector>(words) }
}

/// Returns a vector as a column of chaining values.
#[inline]
#[target_feature(enable = "avx512f")]
fn words(vector: Vector) -> [u32; LANES] {
    // SAFETY: both types have 64 bytes, and any bytes are words.
    unsafe { core::mem::transmute::<Vector, [u32; LANES]>(vector) }
}

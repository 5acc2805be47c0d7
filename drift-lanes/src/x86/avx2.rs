//! Vectors of eight words, by AVX2.

#![expect(unsafe_code, reason = "bytes are taken for vectors and back")]

use core::arch::x86_64::{
    __m256i, _mm_set_epi64x, _mm256_add_epi32, _mm256_and_si256, _mm256_broadcastsi128_si256,
    _mm256_or_si256, _mm256_permute2x128_si256, _mm256_set1_epi32, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_slli_epi32, _mm256_srli_epi32, _mm256_unpackhi_epi32,
    _mm256_unpackhi_epi64, _mm256_unpacklo_epi32, _mm256_unpacklo_epi64, _mm256_xor_si256,
};

use crate::stream::Block;

/// Streams at once.
pub(super) const LANES: usize = 8;

type Vector = __m256i;

sha256_kernel!("avx2");
md5_kernel!("avx2");

#[inline]
#[target_feature(enable = "avx2")]
fn add(left: Vector, right: Vector) -> Vector {
    _mm256_add_epi32(left, right)
}

#[inline]
#[target_feature(enable = "avx2")]
fn splat(word: u32) -> Vector {
    _mm256_set1_epi32(word.cast_signed())
}

/// Rotates to the right; `BACK` is 32 less `BITS`.
#[inline]
#[target_feature(enable = "avx2")]
fn right<const BITS: i32, const BACK: i32>(word: Vector) -> Vector {
    _mm256_or_si256(_mm256_srli_epi32::<BITS>(word), _mm256_slli_epi32::<BACK>(word))
}

#[inline]
#[target_feature(enable = "avx2")]
fn shift<const BITS: i32>(word: Vector) -> Vector {
    _mm256_srli_epi32::<BITS>(word)
}

#[inline]
#[target_feature(enable = "avx2")]
fn xor(x: Vector, y: Vector, z: Vector) -> Vector {
    _mm256_xor_si256(x, _mm256_xor_si256(y, z))
}

#[inline]
#[target_feature(enable = "avx2")]
fn choose(x: Vector, y: Vector, z: Vector) -> Vector {
    _mm256_xor_si256(z, _mm256_and_si256(x, _mm256_xor_si256(y, z)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn majority(x: Vector, y: Vector, z: Vector) -> Vector {
    _mm256_or_si256(_mm256_and_si256(x, y), _mm256_and_si256(z, _mm256_or_si256(x, y)))
}

/// Returns `y ^ (x | !z)`.
#[inline]
#[target_feature(enable = "avx2")]
fn either(x: Vector, y: Vector, z: Vector) -> Vector {
    _mm256_xor_si256(y, _mm256_or_si256(x, _mm256_xor_si256(z, _mm256_set1_epi32(-1))))
}

#[inline]
#[target_feature(enable = "avx2")]
fn swap_bytes(words: Vector) -> Vector {
    let order = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    _mm256_shuffle_epi8(words, _mm256_broadcastsi128_si256(order))
}

/// Loads block `at` of every stream; the result holds the first words of all, the second ones, and so
/// on.
#[inline]
#[target_feature(enable = "avx2")]
fn load(blocks: &[&[Block]; LANES], at: usize) -> [Vector; 16] {
    let mut rows = [[_mm256_setzero_si256(); LANES]; 2];
    for (lane, blocks) in blocks.iter().enumerate() {
        // SAFETY: both types have 64 bytes, and any bytes are vectors.
        let [low, high] = unsafe { core::mem::transmute::<Block, [Vector; 2]>(blocks[at]) };
        rows[0][lane] = low;
        rows[1][lane] = high;
    }
    let mut columns = [_mm256_setzero_si256(); 16];
    for (columns, rows) in columns.as_chunks_mut::<8>().0.iter_mut().zip(rows) {
        *columns = transpose(rows);
    }
    columns
}

/// Turns rows into columns: pairs within each half of a vector, then the halves.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose(rows: [Vector; 8]) -> [Vector; 8] {
    let mut fours = [_mm256_setzero_si256(); 8];
    for (group, rows) in fours.as_chunks_mut::<4>().0.iter_mut().zip(rows.as_chunks::<4>().0) {
        let low = _mm256_unpacklo_epi32(rows[0], rows[1]);
        let high = _mm256_unpackhi_epi32(rows[0], rows[1]);
        let (low2, high2) =
            (_mm256_unpacklo_epi32(rows[2], rows[3]), _mm256_unpackhi_epi32(rows[2], rows[3]));
        *group = [
            _mm256_unpacklo_epi64(low, low2),
            _mm256_unpackhi_epi64(low, low2),
            _mm256_unpacklo_epi64(high, high2),
            _mm256_unpackhi_epi64(high, high2),
        ];
    }
    let mut columns = [_mm256_setzero_si256(); 8];
    for at in 0..4 {
        columns[at] = _mm256_permute2x128_si256::<0x20>(fours[at], fours[4 + at]);
        columns[4 + at] = _mm256_permute2x128_si256::<0x31>(fours[at], fours[4 + at]);
    }
    columns
}

/// Returns a column of chaining values as a vector.
#[inline]
#[target_feature(enable = "avx2")]
fn vector(words: [u32; LANES]) -> Vector {
    // SAFETY: both types have 32 bytes, and any bytes are a vector.
    unsafe { core::mem::transmute::<[u32; LANES], Vector>(words) }
}

/// Returns a vector as a column of chaining values.
#[inline]
#[target_feature(enable = "avx2")]
fn words(vector: Vector) -> [u32; LANES] {
    // SAFETY: both types have 32 bytes, and any bytes are words.
    unsafe { core::mem::transmute::<Vector, [u32; LANES]>(vector) }
}

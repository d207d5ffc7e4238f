//! The panels that the sparse product gathers from: of `f32`, or rounded to 16 bits, two numbers in
//! a word.
//!
//! In: a panel and the place of some words. Out: their numbers in vectors.

use std::ops::Range;

use pulp::Simd;

/// A panel that is gathered from.
///
/// A row has so many *words*; from a vector of words come [`Gathered::PARTS`] vectors of numbers,
/// for columns that are a row of words apart.
pub(crate) trait Gathered: Copy + Send + Sync {
    /// Columns in a word.
    const PARTS: usize;

    /// Words in a row of `width` columns.
    fn words(width: usize) -> usize;

    /// The part of the panel from some word on.
    fn part(self, words: Range<usize>) -> Self;

    /// The numbers of `VECTORS / PARTS` vectors of words: those of the first part, then those of
    /// the second.
    fn load<S: Simd, const VECTORS: usize>(self, simd: S, word: usize) -> [S::f32s; VECTORS];

    /// The numbers of some words, no more than a vector holds, by part; what lies beyond is zero.
    fn load_some<S: Simd>(self, simd: S, words: Range<usize>) -> [S::f32s; 2];
}

impl Gathered for &[f32] {
    const PARTS: usize = 1;

    #[inline(always)]
    fn words(width: usize) -> usize {
        width
    }

    #[inline(always)]
    fn part(self, words: Range<usize>) -> Self {
        &self[words]
    }

    #[inline(always)]
    fn load<S: Simd, const VECTORS: usize>(self, simd: S, word: usize) -> [S::f32s; VECTORS] {
        let (q, _) = S::as_simd_f32s(&self[word..word + VECTORS * S::F32_LANES]);
        let q = &q[..VECTORS];
        let mut numbers = [simd.splat_f32s(0.0); VECTORS];
        #[expect(
            clippy::manual_memcpy,
            reason = "a copy is a call, unless all is compiled as one piece: the sums then leave \
                their registers"
        )]
        for vector in 0..VECTORS {
            numbers[vector] = q[vector];
        }
        numbers
    }

    #[inline(always)]
    fn load_some<S: Simd>(self, simd: S, words: Range<usize>) -> [S::f32s; 2] {
        [simd.partial_load_f32s(&self[words]), simd.splat_f32s(0.0)]
    }
}

/// A panel rounded to 16 bits a number: each word of 32 bits carries the number of one column in
/// its upper half and that of another in its lower half.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packed<'a>(pub(crate) &'a [u32]);

impl Packed<'_> {
    /// The numbers of a panel of `width` columns, row after row.
    #[cfg(test)]
    pub(crate) fn numbers(self, width: usize) -> Vec<f32> {
        let row = |words: &[u32]| {
            let lower = words.iter().map(|word| f32::from_bits(word << 16)).take(width / 2);
            words.iter().map(|&word| f32::from_bits(word)).chain(lower).collect::<Vec<f32>>()
        };
        self.0.chunks_exact(Self::words(width)).flat_map(row).collect()
    }
}

impl Gathered for Packed<'_> {
    const PARTS: usize = 2;

    #[inline(always)]
    fn words(width: usize) -> usize {
        width.div_ceil(2)
    }

    #[inline(always)]
    fn part(self, words: Range<usize>) -> Self {
        Self(&self.0[words])
    }

    #[inline(always)]
    fn load<S: Simd, const VECTORS: usize>(self, simd: S, word: usize) -> [S::f32s; VECTORS] {
        let half = VECTORS / 2;
        let (q, _) = S::as_simd_u32s(&self.0[word..word + half * S::U32_LANES]);
        let q = &q[..half];
        let mut numbers = [simd.splat_f32s(0.0); VECTORS];
        for vector in 0..half {
            numbers[vector] = simd.transmute_f32s_u32s(q[vector]);
            numbers[half + vector] = simd
                .transmute_f32s_u32s(simd.wrapping_dyn_shl_u32s(q[vector], simd.splat_u32s(16)));
        }
        numbers
    }

    #[inline(always)]
    fn load_some<S: Simd>(self, simd: S, words: Range<usize>) -> [S::f32s; 2] {
        let q = simd.partial_load_u32s(&self.0[words]);
        [
            simd.transmute_f32s_u32s(q),
            simd.transmute_f32s_u32s(simd.wrapping_dyn_shl_u32s(q, simd.splat_u32s(16))),
        ]
    }
}

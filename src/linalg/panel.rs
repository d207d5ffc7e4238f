//! Dense panels: `n x width` numbers of `f32`, row after row, for the products of a matrix with
//! several vectors at once.

use std::ops::{Deref, DerefMut};

use pulp::bytemuck::{cast_slice, cast_slice_mut};
use rayon::prelude::*;

use super::gathered::{Gathered, Packed};
use super::instructions::arch;

/// Bytes of a cache line, and of the widest vector register: a row of 16, 32 or 64 columns that
/// begins at such a boundary is read with the fewest loads, which makes the sparse product 1.5 to
/// 1.9 times as fast.
const LINE: usize = 64;

/// Rows of a panel that one task rounds.
const ROWS_PER_TASK: usize = 2048;

/// A panel of `f32` that begins at the boundary of a cache line; read and written as a slice.
#[derive(Debug, Default)]
pub(crate) struct Panel {
    storage: Vec<f32>,
    start: usize,
    len: usize,
}

impl Panel {
    /// `len` zeros.
    pub(crate) fn zeros(len: usize) -> Self {
        let storage = vec![0.0; len + LINE / size_of::<f32>()];
        // The offset is a hint that may be withheld; without it only speed is lost.
        let start = storage.as_ptr().align_offset(LINE).min(LINE / size_of::<f32>());
        Self { storage, start, len }
    }

    /// The same memory as a panel of `len` numbers, whatever they are; none if it is too small.
    pub(crate) fn reuse(mut self, len: usize) -> Option<Self> {
        (self.start + len <= self.storage.len()).then(|| {
            self.len = len;
            self
        })
    }

    /// The numbers as a vector, moved within their memory.
    pub(crate) fn into_vec(mut self) -> Vec<f32> {
        self.storage.copy_within(self.start..self.start + self.len, 0);
        self.storage.truncate(self.len);
        self.storage
    }
}

impl Deref for Panel {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.storage[self.start..self.start + self.len]
    }
}

impl DerefMut for Panel {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.storage[self.start..self.start + self.len]
    }
}

/// A panel whose numbers are rounded to 16 bits, the upper half of an `f32` (8 bits of mantissa),
/// two in a word of 32 bits: column j in the upper half, column `j + words` in the lower one, where
/// a row of `width` columns has `words = width / 2`, rounded up.
#[derive(Debug, Default)]
pub(crate) struct PackedPanel {
    panel: Panel,
    n_words: usize,
}

impl PackedPanel {
    /// Rounds a panel of `n x width`; the memory is kept from one panel to the next.
    ///
    /// The number in the upper half is read with the lower half behind it, which spares a vector
    /// operation a word. So it is rounded as if that were there: the word as a whole, read as an
    /// `f32`, is the nearest to the number among those with this lower half.
    pub(crate) fn pack(&mut self, panel: &[f32], width: usize) -> Packed<'_> {
        let words = Packed::words(width);
        self.n_words = panel.len() / width.max(1) * words;
        if self.panel.len() < self.n_words {
            self.panel = Panel::zeros(self.n_words);
        }
        let packed: &mut [u32] = cast_slice_mut(&mut self.panel[..self.n_words]);
        let (rows, width) = (ROWS_PER_TASK * width.max(1), width.max(1));
        packed.par_chunks_mut(ROWS_PER_TASK * words.max(1)).zip(panel.par_chunks(rows)).for_each(
            |(packed, panel)| {
                arch().dispatch(|| {
                    for (packed, row) in
                        packed.chunks_exact_mut(words).zip(panel.chunks_exact(width))
                    {
                        let (upper, lower) = row.split_at(words);
                        for (packed, (&upper, &lower)) in
                            packed.iter_mut().zip(upper.iter().zip(lower))
                        {
                            *packed = word(upper, lower);
                        }
                        if lower.len() < words {
                            packed[words - 1] = word(upper[words - 1], 0.0);
                        }
                    }
                });
            },
        );
        Packed(cast_slice(&self.panel[..self.n_words]))
    }
}

/// Two numbers in one word; what is not finite becomes NaN, and so may what rounds to more than the
/// largest number.
#[inline(always)]
fn word(upper: f32, lower: f32) -> u32 {
    const SIGN: u32 = 0x8000_0000;
    const NAN: u32 = 0x7fc0_0000;
    // To the nearest, ties away from zero. Zero, and what lies below the lower half, stays within
    // 1e-40 of it.
    let low = if lower.is_finite() { (lower.to_bits() + 0x8000) >> 16 } else { NAN >> 16 };
    let size = (upper.to_bits() & !SIGN).saturating_sub(low) + 0x8000;
    let high = if upper.is_finite() { (upper.to_bits() & SIGN) | size & 0x7fff_0000 } else { NAN };
    high | low
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_rounded_to_the_nearest(
            pairs in proptest::collection::vec((any::<f32>(), any::<f32>()), 1..70),
        ) {
            let (upper, lower): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let panel: Vec<f32> = upper.into_iter().chain(lower).collect();
            let mut packed = PackedPanel::default();
            let rounded = packed.pack(&panel, panel.len()).numbers(panel.len());
            for (&rounded, &exact) in rounded.iter().zip(&panel) {
                // Half a unit in the last of 8 places; the largest numbers may become infinite, or
                // NaN with bits behind them; the smallest lose their last places.
                let is_near = (f64::from(rounded) - f64::from(exact)).abs()
                    <= f64::from(exact).abs() / 256.0 + 1e-38;
                prop_assert!(
                    is_near || !rounded.is_finite() && exact.abs() > 3.3e38,
                    "{exact} became {rounded}"
                );
            }
        }
    }

    #[test]
    fn what_is_not_finite_is_not_a_number_and_zero_is_next_to_nothing() {
        let panel = [
            f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
            0.0,
            -0.0,
            f32::MIN_POSITIVE,
            0.0,
            5.0,
            1.0,
            -3.0,
            f32::MAX,
            2.0,
            -7.0,
            f32::NAN,
        ];
        let mut packed = PackedPanel::default();
        let rounded = packed.pack(&panel, panel.len()).numbers(panel.len());
        assert!(
            rounded[..3].iter().all(|number| number.is_nan()) && rounded[13].is_nan(),
            "{rounded:?}"
        );
        assert!(rounded[3].abs() < 1e-38 && rounded[4].abs() < 1e-38);
        assert_eq!(rounded[7..10], [5.0, 1.0, -3.0]);
        assert_eq!(rounded[11..13], [2.0, -7.0]);
    }

    #[test]
    fn an_odd_number_of_columns_and_no_column_at_all() {
        let mut packed = PackedPanel::default();
        let rounded = packed.pack(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3).numbers(3);
        // The second of the upper numbers has nothing behind it, the lower one is its own.
        assert_eq!(
            (rounded.len(), rounded[1], rounded[2], rounded[4], rounded[5]),
            (6, 2.0, 3.0, 5.0, 6.0)
        );
        assert!((rounded[0] - 1.0).abs() < 1.0 / 256.0 && (rounded[3] - 4.0).abs() < 4.0 / 256.0);
        assert!(packed.pack(&[], 4).0.is_empty());
    }
}

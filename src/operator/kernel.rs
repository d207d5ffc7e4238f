//! The product of a sparse matrix with a dense panel, the loop in which a decomposition spends its
//! time.
//!
//! In: the rows of a sparse matrix `A` (`n x m`, compressed rows) and a panel `q` (`m x width`,
//! row-major). Out: `y = A q` (`n x width`, row-major). A matrix that is laid out for many products
//! goes through it in [`strips`](super::strips).
//!
//! Row i of `y` is `sum_j a_ij q_j`, a gather of panel rows: it is computed by one task, in the
//! order in which the row is stored, so the same input gives the same bits for any number of
//! threads. A tile of up to four vectors (eight of NEON) stays in registers while the row is read,
//! entries of even and of odd numbers in sums of their own, so that an addition need not wait for
//! the one before it; wider panels are done tile after tile. The instruction set is chosen at run
//! time by [`pulp`] (AVX-512, AVX2 with FMA, NEON, or plain loops). Each column is summed on its
//! own and with the same operations, so the width of the vectors and of the tile does not show in
//! the result; only processors without fused multiply-add round differently.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;
use sprs::SpIndex;

use crate::linalg::gathered::Gathered;
use crate::linalg::instructions::{dispatch, mul_add};

/// Stored entries in one task: 256 KiB of `u32` and `f32`, which stays in a second-level cache over
/// the tiles of a wide panel, and a fraction of a millisecond of work, so that many threads share a
/// matrix evenly.
pub(super) const ENTRIES_PER_TASK: usize = 32 * 1024;

/// Writing a row of the result costs about as much as reading this many entries; it keeps tasks of
/// empty rows short.
const ENTRIES_PER_ROW: usize = 4;

/// Entries that are summed in `f32` before they go into the total of their row: the longest rows
/// (the most frequent words) have 10^5 entries, whose plain running sum would lose two to three
/// digits.
const ENTRIES_PER_SUM: usize = 512;

/// A stored number that is used as `f32`, or as `f64` in double precision.
pub(crate) trait Value: Copy + Sync {
    /// Whether every number is 1, and so need not be multiplied with.
    const IS_ONE: bool = false;

    /// The number, rounded to `f32`.
    fn to_f32(self) -> f32;

    /// The number as it is.
    fn to_f64(self) -> f64;
}

/// The number 1, which takes no memory: the values of an indicator matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct One;

impl Value for One {
    const IS_ONE: bool = true;

    #[inline(always)]
    fn to_f32(self) -> f32 {
        1.0
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        1.0
    }
}

impl Value for f32 {
    #[inline(always)]
    fn to_f32(self) -> f32 {
        self
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Value for f64 {
    #[inline(always)]
    fn to_f32(self) -> f32 {
        self as f32
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
}

/// A borrowed sparse matrix in compressed rows.
#[derive(Debug)]
pub(crate) struct SparseView<'a, O, I, N> {
    /// `n + 1` offsets; row i is `offsets[i] - offsets[0] .. offsets[i + 1] - offsets[0]`.
    pub(crate) offsets: &'a [O],
    /// The column of each entry.
    pub(crate) columns: &'a [I],
    /// The value of each entry.
    pub(crate) values: &'a [N],
}

impl<O, I, N> Clone for SparseView<'_, O, I, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O, I, N> Copy for SparseView<'_, O, I, N> {}

impl<O: SpIndex, I: SpIndex, N: Value> SparseView<'_, O, I, N> {
    /// Number of rows.
    pub(crate) fn n_rows(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Where the entries of row `row` begin.
    #[inline(always)]
    pub(crate) fn offset(&self, row: usize) -> usize {
        self.offsets[row].index_unchecked() - self.offsets[0].index_unchecked()
    }

    /// The entries of row `row`: their columns and values.
    #[inline(always)]
    pub(crate) fn row(&self, row: usize) -> (&[I], &[N]) {
        let entries = self.offset(row)..self.offset(row + 1);
        (&self.columns[entries.clone()], &self.values[entries])
    }

    /// Overwrites `y` with `A q`.
    ///
    /// # Panics
    /// If `y` is not `n_rows x width`, or a column index is outside `q`.
    pub(crate) fn multiply<Q: Gathered>(&self, q: Q, width: usize, y: &mut [f32]) {
        assert_eq!(
            y.len(),
            self.n_rows() * width,
            "the result of a product must be n_rows x width"
        );
        let mut rest = y;
        let mut tasks = Vec::new();
        for rows in self.cut() {
            let (part, tail) = rest.split_at_mut(rows.len() * width);
            rest = tail;
            tasks.push(Task { matrix: *self, rows, places: None, q, width, y: part });
        }
        tasks.into_par_iter().with_max_len(1).for_each(dispatch);
    }

    /// Ranges of rows with about [`ENTRIES_PER_TASK`] entries each, in order.
    pub(super) fn cut(&self) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        let mut first = 0;
        let mut cost = 0;
        for row in 0..self.n_rows() {
            cost += self.offset(row + 1) - self.offset(row) + ENTRIES_PER_ROW;
            if cost >= ENTRIES_PER_TASK {
                ranges.push(first..row + 1);
                first = row + 1;
                cost = 0;
            }
        }
        if first < self.n_rows() {
            ranges.push(first..self.n_rows());
        }
        ranges
    }
}

/// Part of a product: some rows of one matrix and their part of the result.
#[derive(Debug)]
pub(super) struct Task<'a, O, I, N, Q> {
    pub(super) matrix: SparseView<'a, O, I, N>,
    pub(super) rows: Range<usize>,
    /// Which row of the result each row is added to, counted from the second number; without it,
    /// the rows of the result follow one another and are overwritten.
    pub(super) places: Option<(&'a [u32], u32)>,
    pub(super) q: Q,
    pub(super) width: usize,
    pub(super) y: &'a mut [f32],
}

impl<O: SpIndex, I: SpIndex, N: Value, Q: Gathered> WithSimd for Task<'_, O, I, N, Q> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let words = 0..Q::words(self.width);
        self.multiply(simd, words);
    }
}

impl<O: SpIndex, I: SpIndex, N: Value, Q: Gathered> Task<'_, O, I, N, Q> {
    /// The columns of some words of the product.
    #[inline(always)]
    pub(super) fn multiply<S: Simd>(&mut self, simd: S, words: Range<usize>) {
        // Of an odd number of columns the last word has only one.
        let full = words.end.min(self.width / Q::PARTS);
        let mut word = words.start;
        while word < words.end {
            let vectors = match full.saturating_sub(word) / S::F32_LANES * Q::PARTS {
                8.. if S::F32_LANES < 8 => self.tile::<S, 8>(simd, word),
                4.. => self.tile::<S, 4>(simd, word),
                2.. => self.tile::<S, 2>(simd, word),
                1 => self.tile::<S, 1>(simd, word),
                _ => {
                    self.last_columns(simd, word..words.end);
                    return;
                }
            };
            word += vectors / Q::PARTS * S::F32_LANES;
        }
    }

    /// Which row of the result row `row` is added to.
    #[inline(always)]
    fn place(&self, row: usize) -> usize {
        match self.places {
            Some((places, first)) => (places[row] - first) as usize,
            None => row - self.rows.start,
        }
    }

    /// The columns of `VECTORS / PARTS * lanes` words from `word` on, in the task's rows; returns
    /// `VECTORS`.
    ///
    /// Loops over indices, not iterators: closures of the standard library are not always inlined
    /// into a function with other target features, and then the tile leaves its registers (a third
    /// of the speed, measured).
    #[inline(always)]
    fn tile<S: Simd, const VECTORS: usize>(&mut self, simd: S, word: usize) -> usize {
        let zero = simd.splat_f32s(0.0);
        let (width, words) = (self.width, Q::words(self.width));
        let vectors = VECTORS / Q::PARTS;
        for row in self.rows.start..self.rows.end {
            let (columns, values) = self.matrix.row(row);
            let n_entries = columns.len();
            let values = &values[..n_entries];
            let mut total = [zero; VECTORS];
            let mut entry = 0;
            while entry < n_entries {
                let end = n_entries.min(entry + ENTRIES_PER_SUM);
                let mut even = [zero; VECTORS];
                let mut odd = [zero; VECTORS];
                while entry + 1 < end {
                    let one = (columns[entry], values[entry]);
                    self.add_entry::<S, VECTORS>(simd, one, words, word, &mut even);
                    let one = (columns[entry + 1], values[entry + 1]);
                    self.add_entry::<S, VECTORS>(simd, one, words, word, &mut odd);
                    entry += 2;
                }
                if entry < end {
                    let one = (columns[entry], values[entry]);
                    self.add_entry::<S, VECTORS>(simd, one, words, word, &mut even);
                    entry += 1;
                }
                for vector in 0..VECTORS {
                    total[vector] =
                        simd.add_f32s(total[vector], simd.add_f32s(even[vector], odd[vector]));
                }
            }
            let row_start = self.place(row) * width + word;
            for part in 0..Q::PARTS {
                let start = row_start + part * words;
                let (y, _) =
                    S::as_mut_simd_f32s(&mut self.y[start..start + vectors * S::F32_LANES]);
                for vector in 0..vectors {
                    let total = total[part * vectors + vector];
                    y[vector] = match self.places {
                        None => total,
                        Some(_) => simd.add_f32s(y[vector], total),
                    };
                }
            }
        }
        VECTORS
    }

    /// `sum += value * q` for one entry.
    #[inline(always)]
    fn add_entry<S: Simd, const VECTORS: usize>(
        &self,
        simd: S,
        (source, value): (I, N),
        words: usize,
        word: usize,
        sum: &mut [S::f32s; VECTORS],
    ) {
        let q = self.q.load::<S, VECTORS>(simd, source.index_unchecked() * words + word);
        if N::IS_ONE {
            for vector in 0..VECTORS {
                sum[vector] = simd.add_f32s(q[vector], sum[vector]);
            }
        } else {
            let value = simd.splat_f32s(value.to_f32());
            for vector in 0..VECTORS {
                sum[vector] = mul_add(simd, value, q[vector], sum[vector]);
            }
        }
    }

    /// The columns of the last words, no more than a vector holds.
    #[inline(always)]
    fn last_columns<S: Simd>(&mut self, simd: S, last: Range<usize>) {
        let zero = simd.splat_f32s(0.0);
        let (width, words) = (self.width, Q::words(self.width));
        for row in self.rows.start..self.rows.end {
            let (columns, values) = self.matrix.row(row);
            let n_entries = columns.len();
            let values = &values[..n_entries];
            let mut total = [zero; 2];
            let mut entry = 0;
            while entry < n_entries {
                let end = n_entries.min(entry + ENTRIES_PER_SUM);
                let mut sums = [[zero; 2]; 2];
                let first = entry;
                while entry < end {
                    let start = columns[entry].index_unchecked() * words;
                    let q = self.q.load_some(simd, start + last.start..start + last.end);
                    let value = simd.splat_f32s(values[entry].to_f32());
                    let sum = &mut sums[(entry - first) % 2];
                    for part in 0..Q::PARTS {
                        sum[part] = mul_add(simd, value, q[part], sum[part]);
                    }
                    entry += 1;
                }
                for part in 0..Q::PARTS {
                    total[part] =
                        simd.add_f32s(total[part], simd.add_f32s(sums[0][part], sums[1][part]));
                }
            }
            let row_start = self.place(row) * width;
            for (part, total) in total.iter_mut().enumerate().take(Q::PARTS) {
                // The second part of an odd number of columns is one shorter.
                let (start, end) = (part * words + last.start, width.min(part * words + last.end));
                let y = &mut self.y[row_start + start..row_start + end];
                if self.places.is_some() {
                    *total = simd.add_f32s(simd.partial_load_f32s(y), *total);
                }
                simd.partial_store_f32s(y, *total);
            }
        }
    }
}

/// The same product by the plainest loops, in `f64`: the oracle of the tests.
#[cfg(test)]
pub(crate) fn multiply_plainly<O: SpIndex, I: SpIndex, N: Value>(
    rows: &SparseView<'_, O, I, N>,
    q: &[f32],
    width: usize,
) -> Vec<f64> {
    let mut y = vec![0.0; rows.n_rows() * width];
    for i in 0..rows.n_rows() {
        let (columns, values) = rows.row(i);
        for (j, value) in columns.iter().zip(values) {
            for c in 0..width {
                y[i * width + c] += f64::from(value.to_f32()) * f64::from(q[j.index() * width + c]);
            }
        }
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::panel::PackedPanel;

    /// A `300 x 200` matrix with a full row, empty rows and the rest sparse; entries of both signs
    /// from a linear congruence.
    fn matrix() -> (Vec<usize>, Vec<u32>, Vec<f32>) {
        let (mut offsets, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        let mut state = 12_345_u32;
        for row in 0..300 {
            for column in 0..200 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let stored = row == 0 || (row % 7 != 3 && state >> 24 < 20);
                if stored {
                    columns.push(column);
                    values.push((state >> 8) as f32 / 8_388_608.0 - 1.0);
                }
            }
            offsets.push(columns.len());
        }
        (offsets, columns, values)
    }

    fn panel(rows: usize, width: usize) -> Vec<f32> {
        (0..rows * width).map(|i| ((i * 7919 % 1009) as f32 - 504.0) / 504.0).collect()
    }

    #[test]
    fn every_width_agrees_with_the_plain_loop() {
        let (offsets, columns, values) = matrix();
        let rows = SparseView { offsets: &offsets, columns: &columns, values: &values };
        for width in (1..=70).chain([96, 128, 129, 200, 310]) {
            let q = panel(200, width);
            let expected = multiply_plainly(&rows, &q, width);
            let mut y = vec![f32::NAN; 300 * width];
            rows.multiply(&*q, width, &mut y);
            for (y, expected) in y.iter().zip(&expected) {
                assert!(
                    (f64::from(*y) - expected).abs() < 2e-5,
                    "width {width}: {y} against {expected}"
                );
            }
        }
    }

    #[test]
    fn every_width_of_a_rounded_panel_agrees_with_the_plain_loop() {
        let (offsets, columns, values) = matrix();
        let ones = vec![One; values.len()];
        let rows = SparseView { offsets: &offsets, columns: &columns, values: &values };
        let indicators = SparseView { offsets: &offsets, columns: &columns, values: &ones };
        let mut packed = PackedPanel::default();
        // Wide panels before narrow ones: the memory is that of the widest.
        for width in (1..=70).chain([96, 128, 129, 200, 310]).rev() {
            let packed = packed.pack(&panel(200, width), width);
            let rounded = packed.numbers(width);
            assert_eq!(rounded.len(), 200 * width);
            let mut y = vec![f32::NAN; 300 * width];
            rows.multiply(packed, width, &mut y);
            for (y, expected) in y.iter().zip(multiply_plainly(&rows, &rounded, width)) {
                assert!(
                    (f64::from(*y) - expected).abs() < 2e-5,
                    "width {width}: {y} against {expected}"
                );
            }
            indicators.multiply(packed, width, &mut y);
            for (y, expected) in y.iter().zip(multiply_plainly(&indicators, &rounded, width)) {
                assert!(
                    (f64::from(*y) - expected).abs() < 5e-5,
                    "width {width}: {y} against {expected}"
                );
            }
        }
    }

    #[test]
    fn a_column_does_not_depend_on_its_neighbours() {
        let (offsets, columns, values) = matrix();
        let rows = SparseView { offsets: &offsets, columns: &columns, values: &values };
        let q = panel(200, 70);
        let mut y = vec![0.0; 300 * 70];
        rows.multiply(&*q, 70, &mut y);
        for column in [0, 1, 15, 16, 40, 63, 64, 69] {
            let single: Vec<f32> = q.iter().skip(column).step_by(70).copied().collect();
            let mut alone = vec![0.0; 300];
            rows.multiply(&*single, 1, &mut alone);
            let within: Vec<f32> = y.iter().skip(column).step_by(70).copied().collect();
            assert_eq!(alone, within, "column {column}");
        }
    }

    #[test]
    fn tasks_cover_all_rows_once() {
        let offsets: Vec<usize> = (0..=50_000).map(|row| row * 5).collect();
        let (columns, values) = (vec![0_u32; 250_000], vec![1.0_f32; 250_000]);
        let rows = SparseView { offsets: &offsets, columns: &columns, values: &values };
        let cuts = rows.cut();
        assert!(cuts.len() > 4);
        assert_eq!(
            cuts.iter().flat_map(Clone::clone).collect::<Vec<_>>(),
            (0..50_000).collect::<Vec<_>>()
        );
    }
}

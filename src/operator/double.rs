//! The product of a sparse matrix with a panel of `f64`, for decompositions that need more than
//! single precision.
//!
//! In: rows of a sparse matrix, or strips of one, and a panel `q` (row-major). Out: rows of `y`.
//!
//! A row is summed in the order in which it is stored, a product and a sum in one rounding each on
//! every processor; each element by one task: the same bits on any machine and number of threads.
//! The compiler makes vector instructions of the plain loops over [`COLUMNS`] columns.

use std::ops::Range;

use rayon::prelude::*;
use sprs::SpIndex;

use super::kernel::{SparseView, Value};
use super::strips::Strips;
use crate::linalg::instructions::arch;

/// Columns of a panel that are summed together, in registers.
const COLUMNS: usize = 16;

impl<O: SpIndex, I: SpIndex, N: Value> SparseView<'_, O, I, N> {
    /// Overwrites `y` with `A q`.
    pub(crate) fn multiply_double(&self, q: &[f64], width: usize, y: &mut [f64]) {
        let (mut rest, mut tasks) = (y, Vec::new());
        for rows in self.cut() {
            let (part, tail) = rest.split_at_mut(rows.len() * width);
            rest = tail;
            tasks.push((rows, part));
        }
        tasks.into_par_iter().with_max_len(1).for_each(|(rows, y)| {
            y.fill(0.0);
            let first = rows.start;
            arch().dispatch(|| self.add_rows(rows, |row| row - first, q, width, y));
        });
    }

    /// Adds the products of some rows, each to the row of `y` that `place` says.
    #[inline(always)]
    fn add_rows(
        &self,
        rows: Range<usize>,
        place: impl Fn(usize) -> usize,
        q: &[f64],
        width: usize,
        y: &mut [f64],
    ) {
        let in_tiles = width / COLUMNS * COLUMNS;
        for row in rows {
            let (columns, values) = self.row(row);
            let y = &mut y[place(row) * width..][..width];
            for first in (0..in_tiles).step_by(COLUMNS) {
                let mut sums = [0.0; COLUMNS];
                for (column, value) in columns.iter().zip(values) {
                    let q = &q[column.index_unchecked() * width + first..][..COLUMNS];
                    let value = value.to_f64();
                    for (sum, q) in sums.iter_mut().zip(q) {
                        *sum += value * q;
                    }
                }
                for (y, sum) in y[first..first + COLUMNS].iter_mut().zip(sums) {
                    *y += sum;
                }
            }
            for (last, y) in y.iter_mut().enumerate().skip(in_tiles) {
                let mut sum = 0.0;
                for (column, value) in columns.iter().zip(values) {
                    sum += value.to_f64() * q[column.index_unchecked() * width + last];
                }
                *y += sum;
            }
        }
    }
}

impl<N: Value> Strips<'_, N> {
    /// As [`Strips::multiply`], in double precision; always added to what is there.
    ///
    /// # Panics
    /// If `y` is not `places x width`, or an entry lies outside `q`.
    pub(crate) fn add_double(&self, q: &[f64], width: usize, places: Range<usize>, y: &mut [f64]) {
        self.parts(places, width, y).into_par_iter().with_max_len(1).for_each(|(places, y)| {
            for strip in &self.0 {
                let first = strip.places.partition_point(|&place| place < places.start);
                let end = strip.places.partition_point(|&place| place < places.end);
                let q = &q[strip.sources.start * width..strip.sources.end * width];
                let place = |row: usize| (strip.places[row] - places.start) as usize;
                arch().dispatch(|| strip.entries.add_rows(first..end, place, q, width, y));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries of both signs over many orders of magnitude, some rows empty.
    fn matrix() -> (Vec<usize>, Vec<u32>, Vec<f64>) {
        let (mut offsets, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        let mut state = 99_u64;
        for row in 0..130 {
            for column in 0..90 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                if row % 11 != 4 && state >> 60 == 3 {
                    columns.push(column);
                    values.push(((state >> 20) as f64 / 2f64.powi(43) - 1.0) / f64::from(row + 1));
                }
            }
            offsets.push(columns.len());
        }
        (offsets, columns, values)
    }

    #[test]
    fn every_width_agrees_with_the_definition() {
        let (offsets, columns, values) = matrix();
        let rows = SparseView { offsets: &offsets, columns: &columns, values: &values };
        for width in [1, 3, 15, 16, 17, 40] {
            let q: Vec<f64> = (0..90 * width).map(|i| ((i * 37) % 101) as f64 / 7.0).collect();
            let mut y = vec![f64::NAN; 130 * width];
            rows.multiply_double(&q, width, &mut y);
            for row in 0..130 {
                for column in 0..width {
                    let terms: Vec<f64> = (offsets[row]..offsets[row + 1])
                        .map(|entry| values[entry] * q[columns[entry] as usize * width + column])
                        .collect();
                    let size: f64 = terms.iter().map(|term| term.abs()).sum();
                    let difference = y[row * width + column] - terms.iter().sum::<f64>();
                    assert!(difference.abs() <= 1e-15 * size, "row {row}, column {column}");
                }
            }
        }
    }
}

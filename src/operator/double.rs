//! The product of a sparse matrix with a panel of `f64`, for decompositions that need more than
//! single precision.
//!
//! In: rows of a sparse matrix, or strips of one, and a panel `q` (row-major). Out: rows of `y`.
//!
//! A row is summed in the order in which it is stored, a product and a sum in one rounding each on
//! every processor; each element by one task: the same bits on any machine and number of threads.
//! The compiler makes vector instructions of the plain loops over [`COLUMNS`] columns.

use std::ops::Range;

use pulp::NullaryFnOnce;
use rayon::prelude::*;
use sprs::SpIndex;

use super::kernel::{SparseView, Value};
use super::strips::Strips;
use crate::linalg::instructions::arch;

/// Columns of a panel that are summed together, in registers.
const COLUMNS: usize = 16;

#[cfg(any(feature = "sprs", feature = "nalgebra-sparse"))]
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
            let places = Places::From(rows.start);
            arch().dispatch(AddRows { matrix: *self, rows, places, q, width, y });
        });
    }
}

/// To which row of the result each row of a matrix is added.
#[derive(Clone, Copy)]
enum Places<'a> {
    /// Row `i` to row `i` less this.
    #[cfg(any(feature = "sprs", feature = "nalgebra-sparse"))]
    From(usize),
    /// Row `i` to the row that is listed for it, less this.
    Listed(&'a [u32], u32),
}

/// Adds the products of some rows. A closure would not be compiled with the instructions that it is
/// dispatched to, and neither would an iterator.
struct AddRows<'a, O, I, N> {
    matrix: SparseView<'a, O, I, N>,
    rows: Range<usize>,
    places: Places<'a>,
    q: &'a [f64],
    width: usize,
    y: &'a mut [f64],
}

impl<O: SpIndex, I: SpIndex, N: Value> NullaryFnOnce for AddRows<'_, O, I, N> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { matrix, rows, places, q, width, y } = self;
        let in_tiles = width / COLUMNS * COLUMNS;
        let mut row = rows.start;
        while row < rows.end {
            let (columns, values) = matrix.row(row);
            let n_entries = columns.len();
            let values = &values[..n_entries];
            let place = match places {
                #[cfg(any(feature = "sprs", feature = "nalgebra-sparse"))]
                Places::From(first) => row - first,
                Places::Listed(places, first) => (places[row] - first) as usize,
            };
            let y = &mut y[place * width..][..width];
            let mut first = 0;
            while first < in_tiles {
                let mut sums = [0.0; COLUMNS];
                for entry in 0..n_entries {
                    let q = &q[columns[entry].index_unchecked() * width + first..][..COLUMNS];
                    let value = values[entry].to_f64();
                    for column in 0..COLUMNS {
                        sums[column] += value * q[column];
                    }
                }
                let y = &mut y[first..first + COLUMNS];
                for column in 0..COLUMNS {
                    y[column] += sums[column];
                }
                first += COLUMNS;
            }
            for column in in_tiles..width {
                let mut sum = 0.0;
                for entry in 0..n_entries {
                    let q = q[columns[entry].index_unchecked() * width + column];
                    sum += values[entry].to_f64() * q;
                }
                y[column] += sum;
            }
            row += 1;
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
                let (matrix, rows) = (strip.entries, first..end);
                let places = Places::Listed(strip.places, places.start);
                arch().dispatch(AddRows { matrix, rows, places, q, width, y });
            }
        });
    }
}

#[cfg(all(test, any(feature = "sprs", feature = "nalgebra-sparse")))]
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

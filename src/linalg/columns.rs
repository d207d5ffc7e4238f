//! Orthonormal columns in `f64`: a basis that grows by a block at a time.
//!
//! In: panels of `n x width`, row-major. Out: their coefficients along the columns that are there,
//! and what is left of them as further columns.
//!
//! A block is orthogonalised against the columns twice ("twice is enough", Parlett 1998, section
//! 6.9), then column after column within itself (Gram-Schmidt, repeated; Daniel, Gragg, Kaufman &
//! Stewart 1976). That finds columns of any length that hold a direction of their own, which an
//! orthonormalisation by a Gram matrix finds down to the root of the rounding only.
//!
//! Sums over rows go over fixed chunks, and the sums of the chunks are added in order.

use faer::{Accum, Mat, MatMut, MatRef};
use pulp::NullaryFnOnce;
use rayon::prelude::*;

use super::dense::ROWS_PER_CHUNK;
use super::eigen::dot;
use super::instructions::arch;
use super::narrow::{AddInner, Narrow, Subtract};
use super::product::multiply;
use crate::base::random::gaussian;

/// Partial sums over rows, at most: enough for 64 threads; each takes `8 m width` bytes.
const MAX_SUMS: usize = 64;

/// Numbers of a column that one task goes through.
const NUMBERS_PER_TASK: usize = 16 * 1024;

/// A column that loses more than this part of its length is orthogonalised again.
const KEPT: f64 = 0.5;

/// Rounds of orthogonalisation after which a column counts as dependent on the others.
const MOST_ROUNDS: usize = 6;

/// Orthonormal columns of length n.
pub(crate) struct Columns {
    n_rows: usize,
    /// Numbers from one row to the next.
    capacity: usize,
    n_columns: usize,
    /// `n_rows x capacity`, row-major, of which the first `n_columns` of each row are in use.
    values: Vec<f64>,
}

/// What a block became.
pub(crate) struct Coefficients {
    /// `columns before x width`: the parts of the block along the columns that were there.
    pub(crate) along: Mat<f64>,
    /// `new columns x width`: the block without them is the new columns times this. A row is zero
    /// where a random column took the place of one within the noise.
    pub(crate) own: Mat<f64>,
}

impl Columns {
    /// No columns, with room for so many.
    pub(crate) fn new(n_rows: usize, capacity: usize) -> Self {
        Self { n_rows, capacity, n_columns: 0, values: vec![0.0; n_rows * capacity] }
    }

    pub(crate) fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// Some rows of all columns.
    fn rows(&self, first: usize, n_rows: usize) -> MatRef<'_, f64> {
        view(&self.values[first * self.capacity..], n_rows, self.n_columns, self.capacity)
    }

    /// The rows of the columns from `column` on, from row `first` on.
    fn narrow(&self, first: usize, column: usize) -> Narrow<'_> {
        let values = &self.values[first * self.capacity + column..];
        Narrow { values, stride: self.capacity, n_columns: self.n_columns - column }
    }

    /// `Q^T w`, `columns x width`, for the columns from `column` on.
    pub(crate) fn inner(&self, column: usize, w: &[f64], width: usize) -> Mat<f64> {
        let n_columns = self.n_columns - column;
        if n_columns == 0 {
            return Mat::zeros(0, width);
        }
        let n_chunks = self.n_rows.div_ceil(ROWS_PER_CHUNK);
        let rows_per_sum = n_chunks.div_ceil(MAX_SUMS).max(1) * ROWS_PER_CHUNK;
        let partial: Vec<Vec<f64>> = w
            .par_chunks(rows_per_sum * width)
            .enumerate()
            .map(|(number, w)| {
                let mut sums = vec![0.0; n_columns * width];
                let q = self.narrow(number * rows_per_sum, column);
                arch().dispatch(AddInner { q, w, width, sums: &mut sums });
                sums
            })
            .collect();
        let mut sums = vec![0.0; n_columns * width];
        for partial in partial {
            sums.iter_mut().zip(partial).for_each(|(sum, part)| *sum += part);
        }
        MatRef::from_row_major_slice(&sums, n_columns, width).to_owned()
    }

    /// `w -= Q h` for the columns from `column` on.
    fn subtract(&self, column: usize, h: MatRef<'_, f64>, w: &mut [f64]) {
        let width = h.ncols();
        let numbers: Vec<f64> =
            (0..h.nrows()).flat_map(|i| (0..width).map(move |j| h[(i, j)])).collect();
        w.par_chunks_mut(ROWS_PER_CHUNK * width).enumerate().for_each(|(chunk, w)| {
            let q = self.narrow(chunk * ROWS_PER_CHUNK, column);
            arch().dispatch(Subtract { q, h: &numbers, w, width });
        });
    }

    /// `Q y`, `n x width`, row-major.
    pub(crate) fn combine(&self, y: MatRef<'_, f64>) -> Vec<f64> {
        let width = y.ncols();
        let mut result = vec![0.0; self.n_rows * width];
        result.par_chunks_mut(ROWS_PER_CHUNK * width).enumerate().for_each(|(chunk, rows)| {
            let n_rows = rows.len() / width;
            let q = self.rows(chunk * ROWS_PER_CHUNK, n_rows);
            multiply(MatMut::from_row_major_slice_mut(rows, n_rows, width), Accum::Replace, q, y);
        });
        result
    }

    /// Replaces the columns by `Q y`.
    pub(crate) fn replace(&mut self, y: MatRef<'_, f64>) {
        let (n_before, width, capacity) = (self.n_columns, y.ncols(), self.capacity);
        self.values.par_chunks_mut(ROWS_PER_CHUNK * capacity).for_each(|rows| {
            let n_rows = rows.len() / capacity;
            let mut turned = vec![0.0; n_rows * width];
            let new = MatMut::from_row_major_slice_mut(&mut turned, n_rows, width);
            multiply(new, Accum::Replace, view(rows, n_rows, n_before, capacity), y);
            for (row, turned) in rows.chunks_exact_mut(capacity).zip(turned.chunks_exact(width)) {
                row[..width].copy_from_slice(turned);
            }
        });
        self.n_columns = width;
    }

    /// Orthonormalises a block against the columns and within itself, and appends it: `most`
    /// columns, or as many as the block has. A column that is no longer than `noise` when all else
    /// is taken out is replaced by a random one, drawn with this seed. Where `most` are there,
    /// what is left of further ones is dropped: the space must then have no other direction.
    ///
    /// # Panics
    /// If there is no room, or there are to be more columns than rows.
    pub(crate) fn append(
        &mut self,
        mut w: Vec<f64>,
        width: usize,
        most: usize,
        noise: f64,
        seed: u64,
    ) -> Coefficients {
        let (before, n_new) = (self.n_columns, most.min(width));
        assert!(
            before + n_new <= self.capacity.min(self.n_rows),
            "{before} columns of length {} and {n_new} more, with room for {}",
            self.n_rows,
            self.capacity
        );
        let mut along = Mat::zeros(before, width);
        for _ in 0..2 {
            along += self.project_out(0, &mut w, width);
        }
        let mut own = Mat::zeros(n_new, width);
        for number in 0..width {
            let mut column: Vec<f64> = w.iter().skip(number).step_by(width).copied().collect();
            let has_room = self.n_columns < before + n_new;
            let (parts, length) = self.own_direction(before, &mut column, noise);
            for (i, part) in parts.into_iter().enumerate() {
                match i.checked_sub(before) {
                    None => along[(i, number)] += part,
                    Some(i) => own[(i, number)] = part,
                }
            }
            if has_room {
                match length {
                    Some(length) => own[(self.n_columns - before, number)] = length,
                    None => column = self.random_direction(seed),
                }
                self.append_unit(&column);
            }
        }
        Coefficients { along, own }
    }

    /// A copy of the last columns, `n x width`, row-major.
    pub(crate) fn last(&self, width: usize) -> Vec<f64> {
        let columns = self.n_columns - width..self.n_columns;
        let rows = self.values.par_chunks(self.capacity.max(1));
        rows.flat_map_iter(|row| row[columns.clone()].iter().copied()).collect()
    }

    fn project_out(&self, column: usize, w: &mut [f64], width: usize) -> Mat<f64> {
        let h = self.inner(column, w, width);
        self.subtract(column, h.as_ref(), w);
        h
    }

    /// Takes the parts along the columns out of one that was orthogonalised against those before
    /// its block, the first of which is `block`, and makes a unit vector of what is left. Returns
    /// the parts, and the length that was left; none if it is within the noise.
    fn own_direction(
        &self,
        block: usize,
        column: &mut [f64],
        noise: f64,
    ) -> (Vec<f64>, Option<f64>) {
        let n = self.n_columns;
        let mut parts = vec![0.0; n];
        let mut length = norm(column);
        for round in 0..MOST_ROUNDS {
            // What a column loses to its own block brings back rounding along all columns.
            let first = if round == 0 { block } else { 0 };
            let h = self.project_out(first, column, 1);
            (first..n).for_each(|i| parts[i] += h[(i - first, 0)]);
            let left = norm(column);
            if left <= noise {
                break;
            }
            if left >= KEPT * length {
                scale(column, 1.0 / left);
                return (parts, Some(left));
            }
            length = left;
        }
        (parts, None)
    }

    /// A random unit vector that is orthogonal to all columns.
    fn random_direction(&self, seed: u64) -> Vec<f64> {
        let draw = |row: usize| gaussian(seed, row as u64, self.n_columns as u64);
        let mut column: Vec<f64> = (0..self.n_rows).into_par_iter().map(draw).collect();
        for _ in 0..3 {
            self.project_out(0, &mut column, 1);
            let length = norm(&column);
            scale(&mut column, 1.0 / length);
        }
        column
    }

    fn append_unit(&mut self, column: &[f64]) {
        let (capacity, place) = (self.capacity, self.n_columns);
        self.values
            .par_chunks_mut(capacity)
            .zip(column)
            .with_min_len(ROWS_PER_CHUNK)
            .for_each(|(row, &value)| row[place] = value);
        self.n_columns += 1;
    }
}

// Not a closure, for the same reason as the products.
struct SquaredLength<'a>(&'a [f64]);

impl NullaryFnOnce for SquaredLength<'_> {
    type Output = f64;

    #[inline(always)]
    fn call(self) -> f64 {
        dot(self.0, self.0)
    }
}

/// `n_rows x n_columns` numbers, row after row, `stride` apart.
fn view(values: &[f64], n_rows: usize, n_columns: usize, stride: usize) -> MatRef<'_, f64> {
    match n_rows * n_columns {
        0 => MatRef::from_row_major_slice(&[], n_rows, n_columns),
        _ => {
            let len = (n_rows - 1) * stride + n_columns;
            MatRef::from_row_major_slice_with_stride(&values[..len], n_rows, n_columns, stride)
        }
    }
}

/// The Euclidean length.
fn norm(x: &[f64]) -> f64 {
    let squares: Vec<f64> =
        x.par_chunks(NUMBERS_PER_TASK).map(|x| arch().dispatch(SquaredLength(x))).collect();
    squares.iter().sum::<f64>().sqrt()
}

fn scale(x: &mut [f64], factor: f64) {
    x.par_chunks_mut(NUMBERS_PER_TASK).for_each(|x| x.iter_mut().for_each(|x| *x *= factor));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest entry of `Q^T Q - 1`.
    fn skewness(columns: &Columns) -> f64 {
        let n = columns.n_columns();
        let whole = columns.combine(Mat::identity(n, n).as_ref());
        let gram = columns.inner(0, &whole, n);
        let far = |i: usize, j: usize| (gram[(i, j)] - f64::from(u8::from(i == j))).abs();
        (0..n).flat_map(|i| (0..n).map(move |j| far(i, j))).fold(0.0, f64::max)
    }

    fn panel(n_rows: usize, width: usize, seed: u64) -> Vec<f64> {
        (0..n_rows * width).map(|i| gaussian(seed, i as u64, 0)).collect()
    }

    #[test]
    fn a_block_is_its_coefficients_times_the_columns() {
        let (n, width) = (5000, 7);
        let mut columns = Columns::new(n, 20);
        columns.append(panel(n, 9, 1), 9, 9, 0.0, 0);
        // Columns of lengths from 1 to 1e-12, and the last nearly that of the first.
        let mut w = panel(n, width, 2);
        for row in w.chunks_exact_mut(width) {
            (0..width - 1).for_each(|j| row[j] *= 10f64.powi(-2 * j as i32));
            row[width - 1] = row[0] + 1e-9 * row[width - 1];
        }
        let Coefficients { along, own } = columns.append(w.clone(), width, width, 1e-15, 0);
        assert!(skewness(&columns) < 1e-14, "{}", skewness(&columns));
        let y = Mat::from_fn(16, width, |i, j| if i < 9 { along[(i, j)] } else { own[(i - 9, j)] });
        let again = columns.combine(y.as_ref());
        for (place, (again, w)) in again.iter().zip(&w).enumerate() {
            let size = 10f64.powi(-2 * (place % width % 6) as i32);
            assert!((again - w).abs() < 2e-14 * size, "{again} against {w}");
        }
    }

    #[test]
    fn narrow_products_agree_with_the_definition() {
        let (n, m) = (4501, 23);
        let mut columns = Columns::new(n, 40);
        columns.append(panel(n, m, 6), m, m, 0.0, 0);
        let q = columns.last(m);
        for (width, from) in [(1, 0), (5, 3), (16, 0), (37, 20)] {
            let mut w = panel(n, width, 7);
            let h = columns.inner(from, &w, width);
            let before = w.clone();
            columns.subtract(from, h.as_ref(), &mut w);
            for j in 0..width {
                for i in 0..m - from {
                    let sum: f64 =
                        (0..n).map(|r| q[r * m + from + i] * before[r * width + j]).sum();
                    assert!((h[(i, j)] - sum).abs() < 1e-13, "{i}, {j}: {} {sum}", h[(i, j)]);
                }
                for r in (0..n).step_by(97).chain([n - 1]) {
                    let sum: f64 = (0..m - from).map(|i| q[r * m + from + i] * h[(i, j)]).sum();
                    let left = before[r * width + j] - sum;
                    assert!((w[r * width + j] - left).abs() < 1e-14, "row {r}, column {j}");
                }
            }
        }
    }

    #[test]
    fn dependent_columns_are_replaced() {
        let n = 300;
        let mut columns = Columns::new(n, 8);
        let first = panel(n, 2, 3);
        columns.append(first.clone(), 2, 2, 1e-12, 0);
        // Twice the same direction, and one that is there already.
        let fresh = panel(n, 1, 4);
        let w: Vec<f64> =
            (0..n).flat_map(|row| [fresh[row], 3.0 * fresh[row], first[2 * row]]).collect();
        let Coefficients { own, .. } = columns.append(w, 3, 3, 1e-12, 0);
        assert!(own[(0, 0)] > 1.0 && own[(1, 1)] == 0.0 && own[(2, 2)] == 0.0);
        assert!((own[(0, 1)] - 3.0 * own[(0, 0)]).abs() < 1e-12);
        assert!(skewness(&columns) < 1e-14);
    }

    #[test]
    fn replaced_columns_are_combinations() {
        let n = 3000;
        let mut columns = Columns::new(n, 6);
        columns.append(panel(n, 5, 5), 5, 5, 0.0, 0);
        let (c, s) = (0.6, 0.8);
        let numbers = [c, -s, s, c, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let y = MatRef::from_row_major_slice(&numbers, 5, 2);
        let expected = columns.combine(y);
        columns.replace(y);
        assert_eq!(columns.n_columns(), 2);
        assert_eq!(columns.combine(Mat::identity(2, 2).as_ref()), expected);
        assert!(skewness(&columns) < 1e-15 * 5.0);
    }
}

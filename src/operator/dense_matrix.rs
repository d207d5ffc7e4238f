//! A small dense matrix as a [`LinearOperator`], by plain loops.

use rayon::prelude::*;

use super::sums::sum_of_squares;
use super::{DoubleOperator, LinearOperator, Precision, assert_operands, assert_transposed};
use crate::base::error::Result;

/// A small dense matrix, row after row, to try the decomposition on.
///
/// Its products are plain loops with `f64` sums: exact, not fast.
#[derive(Debug, Clone, PartialEq)]
pub struct DenseMatrix {
    n_rows: usize,
    n_columns: usize,
    values: Vec<f32>,
}

impl DenseMatrix {
    /// Takes the matrix row by row.
    ///
    /// ```
    /// use eigenlex::{DenseMatrix, LinearOperator};
    ///
    /// let a = DenseMatrix::from_rows(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!((a.n_rows(), a.n_columns()), (2, 3));
    /// assert_eq!(a.squared_norm(), 91.0);
    /// ```
    ///
    /// # Panics
    /// If the rows differ in length.
    pub fn from_rows<R: AsRef<[f32]>>(rows: &[R]) -> Self {
        let n_columns = rows.first().map_or(0, |row| row.as_ref().len());
        let mut values = Vec::with_capacity(rows.len() * n_columns);
        for row in rows {
            assert_eq!(
                row.as_ref().len(),
                n_columns,
                "every row must have the length of the first"
            );
            values.extend_from_slice(row.as_ref());
        }
        Self { n_rows: rows.len(), n_columns, values }
    }

    /// The entries, row after row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

impl LinearOperator for DenseMatrix {
    fn n_rows(&self) -> usize {
        self.n_rows
    }

    fn n_columns(&self) -> usize {
        self.n_columns
    }

    fn is_symmetric(&self) -> bool {
        let n = self.n_columns;
        self.n_rows == n
            && (0..n).all(|i| (0..i).all(|j| self.values[i * n + j] == self.values[j * n + i]))
    }

    fn apply(&self, q: &[f32], width: usize, y: &mut [f32], _: Precision) -> Result<()> {
        assert_operands(self, q, width, y);
        if width == 0 || self.n_columns == 0 {
            y.fill(0.0);
            return Ok(());
        }
        y.par_chunks_mut(width).zip(self.values.par_chunks(self.n_columns)).for_each(|(y, row)| {
            for (column, y) in y.iter_mut().enumerate() {
                *y = row
                    .iter()
                    .zip(q.chunks_exact(width))
                    .map(|(&a, q)| f64::from(a) * f64::from(q[column]))
                    .sum::<f64>() as f32;
            }
        });
        Ok(())
    }

    fn apply_transpose(&self, y: &[f32], width: usize, x: &mut [f32], _: Precision) -> Result<()> {
        assert_transposed(self, y, width, x);
        if width == 0 {
            return Ok(());
        }
        x.par_chunks_mut(width).enumerate().for_each(|(j, x)| {
            for (column, x) in x.iter_mut().enumerate() {
                let terms = y.chunks_exact(width).enumerate();
                *x = terms
                    .map(|(i, y)| {
                        f64::from(self.values[i * self.n_columns + j]) * f64::from(y[column])
                    })
                    .sum::<f64>() as f32;
            }
        });
        Ok(())
    }

    fn squared_norm(&self) -> f64 {
        sum_of_squares(&self.values)
    }

    fn double(&self) -> Option<&dyn DoubleOperator> {
        Some(self)
    }
}

impl DoubleOperator for DenseMatrix {
    fn apply_double(&self, q: &[f64], width: usize, y: &mut [f64]) -> Result<()> {
        assert_operands(self, q, width, y);
        if width == 0 || self.n_columns == 0 {
            y.fill(0.0);
            return Ok(());
        }
        y.par_chunks_mut(width).zip(self.values.par_chunks(self.n_columns)).for_each(|(y, row)| {
            for (column, y) in y.iter_mut().enumerate() {
                let terms = row.iter().zip(q.chunks_exact(width));
                *y = terms.map(|(&a, q)| f64::from(a) * q[column]).sum();
            }
        });
        Ok(())
    }

    fn apply_transpose_double(&self, y: &[f64], width: usize, x: &mut [f64]) -> Result<()> {
        assert_transposed(self, y, width, x);
        if width == 0 {
            return Ok(());
        }
        x.par_chunks_mut(width).enumerate().for_each(|(j, x)| {
            for (column, x) in x.iter_mut().enumerate() {
                let rows = self.values.chunks_exact(self.n_columns).zip(y.chunks_exact(width));
                *x = rows.map(|(a, y)| f64::from(a[j]) * y[column]).sum();
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symmetry_of_a_dense_matrix_is_exact() {
        assert!(DenseMatrix::from_rows(&[[1.0, 2.0], [2.0, 3.0]]).is_symmetric());
        assert!(!DenseMatrix::from_rows(&[[1.0, 2.0], [2.000_000_2, 3.0]]).is_symmetric());
        assert!(!DenseMatrix::from_rows(&[[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]]).is_symmetric());
    }
}

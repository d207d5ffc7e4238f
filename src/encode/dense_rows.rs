//! A dense matrix in rows as a [`LinearOperator`]: a product of fixed chunks of rows, for
//! the bits and for the threads.

use faer::{Accum, MatMut, MatRef};
use rayon::prelude::*;

use crate::base::error::Result;
use crate::linalg::product::multiply;
use crate::operator::{LinearOperator, Precision};

/// Rows in a chunk.
const ROWS_PER_CHUNK: usize = 256;

/// Numbers in rows of `dim`.
#[derive(Debug)]
pub(crate) struct DenseRows<'a> {
    pub(crate) numbers: &'a [f32],
    pub(crate) dim: usize,
}

impl LinearOperator for DenseRows<'_> {
    fn n_rows(&self) -> usize {
        self.numbers.len() / self.dim
    }

    fn n_columns(&self) -> usize {
        self.dim
    }

    fn apply(&self, q: &[f32], width: usize, y: &mut [f32], _: Precision) -> Result<()> {
        let panel = MatRef::from_row_major_slice(q, self.dim, width);
        y.par_chunks_mut(ROWS_PER_CHUNK * width)
            .zip(self.numbers.par_chunks(ROWS_PER_CHUNK * self.dim))
            .for_each(|(y, rows)| {
                let n = rows.len() / self.dim;
                let rows = MatRef::from_row_major_slice(rows, n, self.dim);
                multiply(
                    MatMut::from_row_major_slice_mut(y, n, width),
                    Accum::Replace,
                    rows,
                    panel,
                );
            });
        Ok(())
    }

    fn apply_transpose(&self, y: &[f32], width: usize, x: &mut [f32], _: Precision) -> Result<()> {
        let chunk = 4 * ROWS_PER_CHUNK;
        let parts: Vec<Vec<f32>> = y
            .par_chunks(chunk * width)
            .zip(self.numbers.par_chunks(chunk * self.dim))
            .map(|(y, rows)| {
                let n = rows.len() / self.dim;
                let mut part = vec![0.0; self.dim * width];
                let (rows, y) = (
                    MatRef::from_row_major_slice(rows, n, self.dim),
                    MatRef::from_row_major_slice(y, n, width),
                );
                let sum = MatMut::from_row_major_slice_mut(&mut part, self.dim, width);
                multiply(sum, Accum::Replace, rows.transpose(), y);
                part
            })
            .collect();
        x.fill(0.0);
        parts.iter().for_each(|part| x.iter_mut().zip(part).for_each(|(sum, part)| *sum += part));
        Ok(())
    }

    fn squared_norm(&self) -> f64 {
        self.numbers.iter().map(|&number| f64::from(number) * f64::from(number)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::uniform;

    #[test]
    fn dense_products_are_those_of_plain_loops() {
        let (n, dim, width) = (1100, 7, 3);
        let numbers: Vec<f32> = (0..n * dim).map(|i| uniform(3, i as u64, 0) as f32).collect();
        let rows: Vec<Vec<f32>> = numbers.chunks(dim).map(<[f32]>::to_vec).collect();
        let (plain, fast) =
            (crate::operator::DenseMatrix::from_rows(&rows), DenseRows { numbers: &numbers, dim });
        let q: Vec<f32> = (0..n * width).map(|i| uniform(4, i as u64, 0) as f32).collect();
        let (mut expected, mut found) = (vec![0.0; n * width], vec![0.0; n * width]);
        plain.apply(&q[..dim * width], width, &mut expected, Precision::Full).unwrap();
        fast.apply(&q[..dim * width], width, &mut found, Precision::Full).unwrap();
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5));
        let (mut expected, mut found) = (vec![0.0; dim * width], vec![0.0; dim * width]);
        plain.apply_transpose(&q, width, &mut expected, Precision::Full).unwrap();
        fast.apply_transpose(&q, width, &mut found, Precision::Full).unwrap();
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-3));
    }
}

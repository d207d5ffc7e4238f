//! The matrices of other libraries as [`LinearOperator`]s.
//!
//! [`sprs::CsMatI`] (compressed rows or columns, any index type) and `nalgebra_sparse::CsrMatrix`,
//! of `f32` or `f64`, each with the feature called like its library; values are rounded to `f32` as
//! they are read, but for products in double precision. The product along the stored direction is
//! the gather of the [`kernel`](super::kernel). The product across it has to scatter: the rows are
//! cut into a few chunks, fixed by the data, each is scattered into a panel of its own, and the
//! panels are added in a fixed tree. That is an order of magnitude slower than a gather and takes,
//! during the product, at most as much memory as the matrix again. For many products, put the
//! matrix into a [`BlockMatrix`](crate::matrix::BlockMatrix), which stores both directions.

use std::ops::Range;

use rayon::prelude::*;
#[cfg(feature = "sprs")]
use sprs::CsMatI;
use sprs::SpIndex;

use super::kernel::{SparseView, Value};
use super::sums::{Real, add, sum_of_squared_rounding, sum_of_squares};
use super::{
    DoubleOperator, LinearOperator, Precision, Workspace, assert_operands, assert_transposed,
};
use crate::base::error::Result;

/// Most chunks of a scattered product: more panels cost more to add than their threads gain.
const SCATTER_CHUNKS: usize = 16;

impl<I: SpIndex, N: Value> SparseView<'_, usize, I, N> {
    /// Overwrites `x` (`n_columns x width`) with `A^T y`, by scattering.
    fn multiply_transposed<T: Real>(&self, y: &[T], width: usize, x: &mut [T]) {
        assert_eq!(
            y.len(),
            self.n_rows() * width,
            "the panel of a transposed product must be n_rows x width"
        );
        let mut chunks = self.chunks(n_scatter_chunks(self.values.len(), x.len())).into_iter();
        let first = chunks.next();
        let rest: Vec<Range<usize>> = chunks.collect();
        let n = x.len();
        let (_, mut panels) = rayon::join(
            || {
                x.fill(T::default());
                self.scatter(first.unwrap_or(0..0), y, width, x);
            },
            || {
                rest.into_par_iter()
                    .map(|rows| {
                        let mut panel = vec![T::default(); n];
                        self.scatter(rows, y, width, &mut panel);
                        panel
                    })
                    .collect::<Vec<_>>()
            },
        );
        // A fixed pairwise tree over chunk numbers, in which `x` is chunk 0.
        let mut panels: Vec<&mut [T]> =
            std::iter::once(x).chain(panels.iter_mut().map(Vec::as_mut_slice)).collect();
        let mut step = 1;
        while step < panels.len() {
            for pair in panels.chunks_mut(2 * step) {
                if let [left, right] = &mut pair.iter_mut().step_by(step).collect::<Vec<_>>()[..] {
                    add(left, right);
                }
            }
            step *= 2;
        }
    }

    /// At most `n_chunks` ranges of rows with about equally many entries.
    fn chunks(&self, n_chunks: usize) -> Vec<Range<usize>> {
        let n_entries = self.values.len();
        let mut ranges = Vec::new();
        let mut first = 0;
        for chunk in 1..=n_chunks {
            let end = if chunk == n_chunks {
                self.n_rows()
            } else {
                self.offsets
                    .partition_point(|&offset| {
                        offset - self.offsets[0] < chunk * n_entries / n_chunks
                    })
                    .clamp(first, self.n_rows())
            };
            if end > first {
                ranges.push(first..end);
            }
            first = end;
        }
        ranges
    }

    fn scatter<T: Real>(&self, rows: Range<usize>, y: &[T], width: usize, x: &mut [T]) {
        for row in rows {
            let y = &y[row * width..][..width];
            let (columns, values) = self.row(row);
            for (column, value) in columns.iter().zip(values) {
                let value = T::of(*value);
                for (x, &y) in x[column.index() * width..][..width].iter_mut().zip(y) {
                    *x += value * y;
                }
            }
        }
    }
}

/// Chunks of a scattered product whose result has `len` values: the panels of all but the first,
/// which are memory of their own, are together not larger than the matrix.
fn n_scatter_chunks(n_entries: usize, len: usize) -> usize {
    (2 * n_entries / len.max(1)).clamp(1, SCATTER_CHUNKS)
}

/// The memory of the products of a sparse matrix of `n_rows` that is stored in one direction; the
/// product across it is scattered into panels of `n_scattered x width`.
fn scatter_workspace(
    n_rows: usize,
    n_scattered: usize,
    n_entries: usize,
    width: usize,
) -> Workspace {
    let len = n_scattered * width;
    let product = 4 * ((n_scatter_chunks(n_entries, len) - 1) * len) as u64;
    Workspace { product, gram: product + 4 * (n_rows * width) as u64 }
}

/// The stored rows, or columns.
#[cfg(feature = "sprs")]
macro_rules! view {
    ($matrix:ident) => {
        SparseView {
            offsets: $matrix.indptr().raw_storage(),
            columns: $matrix.indices(),
            values: $matrix.data(),
        }
    };
}

#[cfg(feature = "sprs")]
impl<I: SpIndex, N: Value> LinearOperator for CsMatI<N, I, usize> {
    fn n_rows(&self) -> usize {
        self.rows()
    }

    fn n_columns(&self) -> usize {
        self.cols()
    }

    fn apply(&self, q: &[f32], width: usize, y: &mut [f32], _: Precision) -> Result<()> {
        assert_operands(self, q, width, y);
        match self.is_csr() {
            true => view!(self).multiply(q, width, y),
            false => view!(self).multiply_transposed(q, width, y),
        }
        Ok(())
    }

    fn apply_transpose(&self, y: &[f32], width: usize, x: &mut [f32], _: Precision) -> Result<()> {
        assert_transposed(self, y, width, x);
        match self.is_csr() {
            true => view!(self).multiply_transposed(y, width, x),
            false => view!(self).multiply(y, width, x),
        }
        Ok(())
    }

    fn squared_norm(&self) -> f64 {
        sum_of_squares(self.data())
    }

    fn double(&self) -> Option<&dyn DoubleOperator> {
        Some(self)
    }

    fn workspace(&self, width: usize) -> Workspace {
        let scattered = if self.is_csr() { self.cols() } else { self.rows() };
        scatter_workspace(self.rows(), scattered, self.nnz(), width)
    }
}

#[cfg(feature = "sprs")]
impl<I: SpIndex, N: Value> DoubleOperator for CsMatI<N, I, usize> {
    fn apply_double(&self, q: &[f64], width: usize, y: &mut [f64]) -> Result<()> {
        assert_operands(self, q, width, y);
        match self.is_csr() {
            true => view!(self).multiply_double(q, width, y),
            false => view!(self).multiply_transposed(q, width, y),
        }
        Ok(())
    }

    fn apply_transpose_double(&self, y: &[f64], width: usize, x: &mut [f64]) -> Result<()> {
        assert_transposed(self, y, width, x);
        match self.is_csr() {
            true => view!(self).multiply_transposed(y, width, x),
            false => view!(self).multiply_double(y, width, x),
        }
        Ok(())
    }

    fn squared_rounding(&self) -> f64 {
        sum_of_squared_rounding(self.data())
    }
}

#[cfg(feature = "nalgebra-sparse")]
impl<N: Value> LinearOperator for nalgebra_sparse::CsrMatrix<N> {
    fn n_rows(&self) -> usize {
        self.nrows()
    }

    fn n_columns(&self) -> usize {
        self.ncols()
    }

    fn apply(&self, q: &[f32], width: usize, y: &mut [f32], _: Precision) -> Result<()> {
        assert_operands(self, q, width, y);
        let (offsets, columns, values) = self.csr_data();
        SparseView { offsets, columns, values }.multiply(q, width, y);
        Ok(())
    }

    fn apply_transpose(&self, y: &[f32], width: usize, x: &mut [f32], _: Precision) -> Result<()> {
        assert_transposed(self, y, width, x);
        let (offsets, columns, values) = self.csr_data();
        SparseView { offsets, columns, values }.multiply_transposed(y, width, x);
        Ok(())
    }

    fn squared_norm(&self) -> f64 {
        sum_of_squares(self.values())
    }

    fn double(&self) -> Option<&dyn DoubleOperator> {
        Some(self)
    }

    fn workspace(&self, width: usize) -> Workspace {
        scatter_workspace(self.nrows(), self.ncols(), self.nnz(), width)
    }
}

#[cfg(feature = "nalgebra-sparse")]
impl<N: Value> DoubleOperator for nalgebra_sparse::CsrMatrix<N> {
    fn apply_double(&self, q: &[f64], width: usize, y: &mut [f64]) -> Result<()> {
        assert_operands(self, q, width, y);
        let (offsets, columns, values) = self.csr_data();
        SparseView { offsets, columns, values }.multiply_double(q, width, y);
        Ok(())
    }

    fn apply_transpose_double(&self, y: &[f64], width: usize, x: &mut [f64]) -> Result<()> {
        assert_transposed(self, y, width, x);
        let (offsets, columns, values) = self.csr_data();
        SparseView { offsets, columns, values }.multiply_transposed(y, width, x);
        Ok(())
    }

    fn squared_rounding(&self) -> f64 {
        sum_of_squared_rounding(self.values())
    }
}

#[cfg(all(test, feature = "sprs", feature = "nalgebra-sparse"))]
mod tests {
    use sprs::TriMatI;

    use super::*;
    use crate::operator::DenseMatrix;

    /// 70 x 40 with entries at every third place of a walk, and the same matrix dense.
    fn matrices() -> (CsMatI<f32, u32, usize>, DenseMatrix) {
        let mut triplets = TriMatI::<f32, u32>::new((70, 40));
        let mut rows = vec![vec![0.0_f32; 40]; 70];
        for step in 0..600 {
            let (row, column) = (step * 37 % 70, step * 11 % 40);
            if rows[row][column] == 0.0 {
                let value = (step % 13) as f32 - 6.5;
                rows[row][column] = value;
                triplets.add_triplet(row, column, value);
            }
        }
        (triplets.to_csr(), DenseMatrix::from_rows(&rows))
    }

    #[test]
    fn all_containers_agree_with_the_dense_matrix() {
        let (csr, dense) = matrices();
        let csc = csr.to_csc();
        let wide: CsMatI<f64, usize, usize> = csr.to_other_types();
        let nalgebra = nalgebra_sparse::CsrMatrix::try_from_csr_data(
            70,
            40,
            wide.indptr().raw_storage().to_vec(),
            wide.indices().to_vec(),
            wide.data().to_vec(),
        )
        .unwrap();
        let operators: [&dyn LinearOperator; 4] = [&csr, &csc, &wide, &nalgebra];
        for width in [1, 5, 16, 33] {
            let q: Vec<f32> = (0..40 * width).map(|i| (i % 17) as f32 - 8.0).collect();
            let p: Vec<f32> = (0..70 * width).map(|i| (i % 19) as f32 - 9.0).collect();
            let (mut y, mut x) = (vec![0.0; 70 * width], vec![0.0; 40 * width]);
            dense.apply(&q, width, &mut y, Precision::Full).unwrap();
            dense.apply_transpose(&p, width, &mut x, Precision::Full).unwrap();
            for operator in operators {
                let (mut y2, mut x2) = (vec![f32::NAN; 70 * width], vec![f32::NAN; 40 * width]);
                operator.apply(&q, width, &mut y2, Precision::Full).unwrap();
                operator.apply_transpose(&p, width, &mut x2, Precision::Full).unwrap();
                // All numbers are halves below 2^20, so every order of summation is exact.
                assert_eq!(y, y2);
                assert_eq!(x, x2);
                assert_eq!(operator.squared_norm(), dense.squared_norm());
            }
        }
    }
}

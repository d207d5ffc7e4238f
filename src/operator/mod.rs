//! What the SVD needs of a matrix: its shape, its products with a panel of vectors, and its norm.
//!
//! A panel is a dense `n x width` matrix of `f32`, row after row. The matrices for which
//! [`LinearOperator`] is implemented share the sparse product in `kernel`.

mod dense_matrix;
pub(crate) mod double;
#[cfg(any(feature = "sprs", feature = "nalgebra-sparse"))]
mod foreign;
pub(crate) mod kernel;
pub(crate) mod strips;
pub(crate) mod sums;

pub use dense_matrix::DenseMatrix;

use crate::base::error::Result;
use crate::linalg::dense::gram;
use crate::linalg::panel::Panel;

/// How exactly the panel that is multiplied must be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// As it is, in `f32`.
    #[default]
    Full,
    /// Its values may be rounded to 16 bits (a relative error of at most 2^-8 each) if that is
    /// faster. The sums are `f32` all the same.
    Half,
}

/// Bytes of memory that a product takes beside its operands and its result, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Workspace {
    /// For [`LinearOperator::apply`] and [`LinearOperator::apply_transpose`].
    pub product: u64,
    /// For [`LinearOperator::apply_gram`].
    pub gram: u64,
}

/// A real matrix `A` of `n_rows x n_columns`, known by its products.
///
/// Implementations must give the same bits for the same input whatever the number of threads. They
/// may ignore the [`Precision`] and multiply in full.
pub trait LinearOperator: Sync {
    /// Number of rows.
    fn n_rows(&self) -> usize;

    /// Number of columns.
    fn n_columns(&self) -> usize;

    /// Whether `A` equals its transpose bit for bit, which halves the work of a decomposition.
    fn is_symmetric(&self) -> bool {
        false
    }

    /// Overwrites `y` (`n_rows x width`) with `A q`, where `q` is `n_columns x width`.
    ///
    /// # Errors
    /// Where the matrix is not in memory: that it cannot be read.
    ///
    /// # Panics
    /// If the lengths of `q` and `y` are not `n_columns * width` and `n_rows * width`.
    fn apply(&self, q: &[f32], width: usize, y: &mut [f32], precision: Precision) -> Result<()>;

    /// Overwrites `x` (`n_columns x width`) with `A^T y`, where `y` is `n_rows x width`.
    ///
    /// # Errors
    /// As [`LinearOperator::apply`].
    ///
    /// # Panics
    /// If the lengths of `y` and `x` are not `n_rows * width` and `n_columns * width`.
    fn apply_transpose(
        &self,
        y: &[f32],
        width: usize,
        x: &mut [f32],
        precision: Precision,
    ) -> Result<()>;

    /// Overwrites `x` (`n_columns x width`) with `A^T (A q)`, where `q` is `n_columns x width`, and
    /// shows `visit` the rows of `A q`, each once and in order, some whole rows at a time. How they
    /// are cut depends on the matrix and the width alone. The precision holds for both products.
    ///
    /// An implementation that goes through its rows in batches needs no panel of all rows, and
    /// reads the matrix once instead of twice.
    ///
    /// # Errors
    /// As [`LinearOperator::apply`].
    ///
    /// # Panics
    /// If the length of `q` or `x` is not `n_columns * width`.
    fn apply_gram(
        &self,
        q: &[f32],
        width: usize,
        x: &mut [f32],
        precision: Precision,
        visit: &mut dyn FnMut(&[f32]),
    ) -> Result<()> {
        let mut y = Panel::zeros(self.n_rows() * width);
        self.apply(q, width, &mut y, precision)?;
        visit(&y);
        self.apply_transpose(&y, width, x, precision)
    }

    /// As [`LinearOperator::apply_gram`], and shows no rows.
    ///
    /// # Errors
    /// As [`LinearOperator::apply`].
    ///
    /// # Panics
    /// As [`LinearOperator::apply_gram`].
    fn apply_gram_alone(
        &self,
        q: &[f32],
        width: usize,
        x: &mut [f32],
        precision: Precision,
    ) -> Result<()> {
        self.apply_gram(q, width, x, precision, &mut |_| {})
    }

    /// As [`LinearOperator::apply_gram`], and instead of showing the rows of `Y = A q` it returns
    /// the lower half of `Y^T Y` (`width x width`, row-major): the sum of that of each part of the
    /// rows, in order.
    ///
    /// # Errors
    /// As [`LinearOperator::apply`].
    ///
    /// # Panics
    /// As [`LinearOperator::apply_gram`].
    fn apply_gram_squares(
        &self,
        q: &[f32],
        width: usize,
        x: &mut [f32],
        precision: Precision,
    ) -> Result<Vec<f64>> {
        let mut squares = vec![0.0; width * width];
        self.apply_gram(q, width, x, precision, &mut |rows| {
            add_squares(&mut squares, rows, width)
        })?;
        Ok(squares)
    }

    /// The squared Frobenius norm `|A|_F^2`, the sum of the squares of all entries; not finite if
    /// an entry is not.
    fn squared_norm(&self) -> f64;

    /// The same matrix with products in double precision, if it has them; the default is none.
    ///
    /// A decomposition asks for it where single precision does not reach its tolerance. The values
    /// may then be those that were rounded to `f32` for the products of this trait.
    fn double(&self) -> Option<&dyn DoubleOperator> {
        None
    }

    /// The memory that products of panels of this width take, for the estimate of
    /// [`RandomizedSvd::memory_bytes`](crate::RandomizedSvd::memory_bytes). The default is that of
    /// the default [`LinearOperator::apply_gram`], with products that take nothing.
    fn workspace(&self, width: usize) -> Workspace {
        Workspace { product: 0, gram: 4 * (self.n_rows() * width) as u64 }
    }
}

/// Adds the lower half of `Y^T Y` of some rows of `Y` to the sums, which are `width x width`,
/// row-major.
pub(crate) fn add_squares(sums: &mut [f64], rows: &[f32], width: usize) {
    let squares = gram(rows, width);
    for (row, sums) in sums.chunks_exact_mut(width.max(1)).enumerate() {
        sums.iter_mut().enumerate().for_each(|(column, sum)| *sum += squares[(row, column)]);
    }
}

/// The products of a real matrix in double precision: panels and sums are `f64`.
///
/// The shape is that of the [`LinearOperator`] that it belongs to, and so are the rules about bits
/// and threads.
pub trait DoubleOperator: Sync {
    /// Overwrites `y` (`n_rows x width`) with `A q`, where `q` is `n_columns x width`.
    ///
    /// # Errors
    /// As [`LinearOperator::apply`].
    ///
    /// # Panics
    /// If the lengths of `q` and `y` are not `n_columns * width` and `n_rows * width`.
    fn apply_double(&self, q: &[f64], width: usize, y: &mut [f64]) -> Result<()>;

    /// Overwrites `x` (`n_columns x width`) with `A^T y`, where `y` is `n_rows x width`.
    ///
    /// # Errors
    /// As [`LinearOperator::apply`].
    ///
    /// # Panics
    /// If the lengths of `y` and `x` are not `n_rows * width` and `n_columns * width`.
    fn apply_transpose_double(&self, y: &[f64], width: usize, x: &mut [f64]) -> Result<()>;

    /// `|A - B|_F^2`, where `B` is the matrix that the products in single precision are of: that
    /// of the values rounded to `f32`. The default is 0: the values are numbers of `f32`.
    fn squared_rounding(&self) -> f64 {
        0.0
    }
}

/// Checks the operands of `A q`.
#[track_caller]
pub(crate) fn assert_operands<A: LinearOperator, T>(a: &A, q: &[T], width: usize, y: &[T]) {
    assert_eq!(q.len(), a.n_columns() * width, "the panel of a product must be n_columns x width");
    assert_eq!(y.len(), a.n_rows() * width, "the result of a product must be n_rows x width");
}

/// Checks the operands of `A^T y`.
#[track_caller]
pub(crate) fn assert_transposed<A: LinearOperator, T>(a: &A, y: &[T], width: usize, x: &[T]) {
    assert_eq!(
        y.len(),
        a.n_rows() * width,
        "the panel of a transposed product must be n_rows x width"
    );
    assert_eq!(
        x.len(),
        a.n_columns() * width,
        "the result of a transposed product must be n_columns x width"
    );
}

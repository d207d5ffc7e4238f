//! All that the SVD knows of a matrix: its shape, its products with a panel of vectors, and its
//! norm.
//!
//! A panel is a dense `n x width` matrix of `f32`, row after row: row j belongs to word (or
//! document) j. The sparse product over it, the `kernel`, is here as well, because the matrices
//! that a [`LinearOperator`] is implemented for share it.

pub(crate) mod foreign;
pub(crate) mod kernel;
pub(crate) mod strips;

pub use foreign::DenseMatrix;

use crate::base::error::Result;
use crate::linalg::panel::Panel;

/// A real matrix `A` of `n_rows x n_columns`, known by its products.
///
/// Implementations must give the same bits for the same input whatever the number of threads.
pub trait LinearOperator: Sync {
    /// Number of rows: documents or context words.
    fn n_rows(&self) -> usize;

    /// Number of columns: words.
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
    fn apply(&self, q: &[f32], width: usize, y: &mut [f32]) -> Result<()>;

    /// Overwrites `x` (`n_columns x width`) with `A^T y`, where `y` is `n_rows x width`.
    ///
    /// # Errors
    /// As [`LinearOperator::apply`].
    ///
    /// # Panics
    /// If the lengths of `y` and `x` are not `n_rows * width` and `n_columns * width`.
    fn apply_transpose(&self, y: &[f32], width: usize, x: &mut [f32]) -> Result<()>;

    /// Overwrites `x` (`n_columns x width`) with `A^T (A q)`, where `q` is `n_columns x width`, and
    /// shows `visit` the rows of `A q`, each once and in order, some whole rows at a time. How they
    /// are cut depends on the matrix and the width alone.
    ///
    /// A matrix that can go through its rows in parts needs no panel of all rows, and is read once
    /// instead of twice.
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
        visit: &mut dyn FnMut(&[f32]),
    ) -> Result<()> {
        let mut y = Panel::zeros(self.n_rows() * width);
        self.apply(q, width, &mut y)?;
        visit(&y);
        self.apply_transpose(&y, width, x)
    }

    /// As [`LinearOperator::apply`], but the numbers of `q` may be rounded to 16 bits (a relative
    /// error of at most 2^-8 each), if that is faster. The sums are `f32`, as there.
    ///
    /// # Errors
    /// As [`LinearOperator::apply`].
    ///
    /// # Panics
    /// As [`LinearOperator::apply`].
    fn apply_rounded(&self, q: &[f32], width: usize, y: &mut [f32]) -> Result<()> {
        self.apply(q, width, y)
    }

    /// As [`LinearOperator::apply_transpose`], but the numbers of `y` may be rounded to 16 bits.
    ///
    /// # Errors
    /// As [`LinearOperator::apply`].
    ///
    /// # Panics
    /// As [`LinearOperator::apply_transpose`].
    fn apply_transpose_rounded(&self, y: &[f32], width: usize, x: &mut [f32]) -> Result<()> {
        self.apply_transpose(y, width, x)
    }

    /// As [`LinearOperator::apply_gram`], but the numbers of `q` and of `A q` may be rounded to 16
    /// bits.
    ///
    /// # Errors
    /// As [`LinearOperator::apply`].
    ///
    /// # Panics
    /// As [`LinearOperator::apply_gram`].
    fn apply_gram_rounded(&self, q: &[f32], width: usize, x: &mut [f32]) -> Result<()> {
        self.apply_gram(q, width, x, &mut |_| {})
    }

    /// The squared Frobenius norm `|A|_F^2`, the sum of the squares of all entries; not finite if
    /// an entry is not.
    fn squared_norm(&self) -> f64;
}

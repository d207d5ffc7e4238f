//! All that the SVD knows of a matrix: its shape, its products with a panel of vectors, and its norm.
//!
//! A panel is a dense `n x width` matrix of `f32`, row after row: row j belongs to word (or document) j. The sparse product over it, the
//! `kernel`, is here as well, because the matrices that a [`LinearOperator`] is implemented for share it.

pub(crate) mod foreign;
pub(crate) mod kernel;

pub use foreign::DenseMatrix;

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
    /// # Panics
    /// If the lengths of `q` and `y` are not `n_columns * width` and `n_rows * width`.
    fn apply(&self, q: &[f32], width: usize, y: &mut [f32]);

    /// Overwrites `x` (`n_columns x width`) with `A^T y`, where `y` is `n_rows x width`.
    ///
    /// # Panics
    /// If the lengths of `y` and `x` are not `n_rows * width` and `n_columns * width`.
    fn apply_transpose(&self, y: &[f32], width: usize, x: &mut [f32]);

    /// The squared Frobenius norm `|A|_F^2`, the sum of the squares of all entries; not finite if an entry is not.
    fn squared_norm(&self) -> f64;
}

//! How much memory a decomposition takes, known from the size of the matrix alone.

use super::symmetrized::Form;
use super::triplets::COLUMNS_AT_A_TIME;
use super::{RandomizedSvd, SvdPrecision};
use crate::operator::Workspace;

impl RandomizedSvd {
    /// Bytes of memory that the decomposition of a matrix takes at most beside the matrix: the
    /// basis, the panels, and what products of a panel of so many columns take. Unless the
    /// precision is single, there is room for the bases of both sides in double precision
    /// ([`LinearOperator::workspace`](crate::LinearOperator::workspace)). The matrix need not exist
    /// yet; [`BlockMatrix::workspace_of`](crate::matrix::BlockMatrix::workspace_of) knows the
    /// products of one that is planned.
    ///
    /// ```
    /// use eigenlex::matrix::BlockMatrix;
    /// use eigenlex::{RandomizedSvd, SvdPrecision};
    ///
    /// let workspace = BlockMatrix::workspace_of(100_000, 20_000, 5_000_000, false);
    /// let bytes = RandomizedSvd::new(100)
    ///     .precision(SvdPrecision::Single)
    ///     .memory_bytes(100_000, 20_000, false, &workspace);
    /// assert!((50 << 20..150 << 20).contains(&bytes), "{bytes}");
    /// ```
    pub fn memory_bytes(
        &self,
        n_rows: usize,
        n_columns: usize,
        is_symmetric: bool,
        workspace: &dyn Fn(usize) -> Workspace,
    ) -> u64 {
        let form = Form::new(n_rows, n_columns, is_symmetric);
        let (near, far) =
            if form == Form::Rows { (n_rows, n_columns) } else { (n_columns, n_rows) };
        let (near, far, rank) = (near as u64, far as u64, self.rank as u64);
        if self.power_iterations.is_some() {
            let width = rank.saturating_add(self.oversampling as u64).min(near.min(far));
            return 4 * width * 3 * (near + far);
        }
        let (block, basis) =
            (self.actual_block_width(), (self.actual_max_basis() as u64).min(near));
        // What a product takes beside the panels of this side.
        let product = |width: usize| match form {
            Form::Symmetric => workspace(width).product,
            Form::Columns => workspace(width).gram,
            Form::Rows => 4 * far * width as u64 + workspace(width).product,
        };
        // Iteration: the basis, twice at a restart though a third of what comes after the rank is
        // dropped; block and product. The projected problem: T, its eigenvectors twice and the
        // workspace. Panels rounded to 16 bits come on top.
        let kept = rank + (basis.saturating_sub(rank)) / 3;
        let iteration = 4 * near * (basis + kept + 4 * block as u64)
            + product(block) * 3 / 2
            + 5 * 8 * basis * basis;
        // At the end: the Ritz vectors, their products, and the vectors made of one of these; the
        // other side where it is kept.
        let width = rank.next_multiple_of(16);
        let last = match form {
            // Of the other side one panel more than on this side, and the columns that are
            // multiplied at a time.
            Form::Rows => {
                let panels = (3 * near + far).max(near + 2 * far) * width;
                4 * (panels + (near + far) * COLUMNS_AT_A_TIME as u64) + product(COLUMNS_AT_A_TIME)
            }
            _ => {
                let left = if self.left_vectors { 2 * far * width } else { 0 };
                4 * (3 * near * width + left) + product(width as usize)
            }
        };
        let single = iteration.max(last);
        if self.precision == SvdPrecision::Single {
            return single;
        }
        // Both bases, the panels of a step, the vectors at the end; B, its vectors and those of the
        // bidiagonal form.
        let columns = basis + 5 * block as u64 + rank;
        single.max(8 * (near + far) * columns + 6 * 8 * basis * basis)
    }
}

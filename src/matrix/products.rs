//! The products of a matrix in row blocks.
//!
//! `A q` goes block by block. `A^T y = sum_b A_b^T y_b` is added strip by strip (see `block`)
//! within a *leaf* of [`BLOCKS_PER_LEAF`] consecutive blocks, and the leaves in a fixed pairwise
//! tree over their numbers: 0 and 1, 2 and 3, then the pairs of pairs. At most `log2(n_leaves) + 1`
//! panels are alive at a time, and the bits depend on the cut, never on the number of threads nor
//! on where the blocks are. Another process or machine that has some of the leaves can make the
//! same sums. `A^T A q` does both products with a block before it goes to the next.

use std::ops::Range;

use super::BlockMatrix;
use super::block::Block;
use super::layout::most_batch_rows;
use super::leaf_sums::LeafSums;
use crate::base::error::Result;
use crate::counts::ENTRIES_PER_BLOCK;
use crate::linalg::gathered::Gathered;
use crate::linalg::panel::Panel;
use crate::operator::{
    DoubleOperator, LinearOperator, Precision, Workspace, assert_operands, assert_transposed,
};

/// Blocks whose transposed products are added one after the other. More of them make fewer partial
/// sums, fewer of them more parts that machines could share.
pub(crate) const BLOCKS_PER_LEAF: usize = 16;

impl BlockMatrix {
    /// Overwrites `y` with `A q`.
    fn multiply<Q: Gathered>(&self, q: Q, width: usize, y: &mut [f32]) -> Result<()> {
        let mut rest = y;
        self.for_each_block(|_, block| {
            let n_rows = block.layout().n_rows();
            let (part, tail) = std::mem::take(&mut rest).split_at_mut(n_rows * width);
            rest = tail;
            block.multiply(0..n_rows, q, width, part);
        })
    }

    /// Overwrites `x` with `A^T y`.
    fn multiply_transposed<Q: Gathered>(&self, y: Q, width: usize, x: &mut [f32]) -> Result<()> {
        if self.symmetric {
            return self.multiply(y, width, x);
        }
        let words = Q::words(width);
        let mut sums = LeafSums::new(x);
        let mut first = 0;
        self.for_each_block(|number, block| {
            let end = first + block.layout().n_rows();
            let part = y.part(first * words..end * words);
            first = end;
            block.add_transposed(
                0..block.layout().n_strips(),
                part,
                width,
                sums.leaf(number / BLOCKS_PER_LEAF),
            );
        })?;
        sums.finish();
        Ok(())
    }

    /// Overwrites `x` with `A^T A q` of a matrix that is not symmetric: `add` adds to its last
    /// argument what some strips of rows of a block make of their part of `A q`.
    fn multiply_both<Q: Gathered>(
        &self,
        q: Q,
        width: usize,
        x: &mut [f32],
        mut add: impl FnMut(&Block, Range<usize>, &[f32], &mut [f32]),
    ) -> Result<()> {
        let mut sums = LeafSums::new(x);
        let mut y = self.scratch.take(|scratch| &mut scratch.part);
        self.for_each_block(|number, block| {
            let layout = block.layout();
            for strips in layout.batches(width) {
                let rows = layout.rows_of(&strips);
                let y = part_of(&mut y, rows.len() * width);
                block.multiply(rows, q, width, y);
                add(block, strips, y, sums.leaf(number / BLOCKS_PER_LEAF));
            }
        })?;
        sums.finish();
        self.scratch.put_back(|scratch| &mut scratch.part, y);
        Ok(())
    }

    /// [`LinearOperator::apply`], of a panel that is rounded to 16 bits or not.
    pub(crate) fn product(
        &self,
        q: &[f32],
        width: usize,
        y: &mut [f32],
        rounded: bool,
    ) -> Result<()> {
        assert_operands(self, q, width, y);
        if rounded {
            return self.scratch.with_packed(
                |scratch| &mut scratch.packed,
                q,
                width,
                |q| self.multiply(q, width, y),
            );
        }
        self.multiply(q, width, y)
    }

    /// [`LinearOperator::apply_transpose`], of a panel that is rounded to 16 bits or not.
    pub(crate) fn transposed_product(
        &self,
        y: &[f32],
        width: usize,
        x: &mut [f32],
        rounded: bool,
    ) -> Result<()> {
        assert_transposed(self, y, width, x);
        if rounded {
            return self.scratch.with_packed(
                |scratch| &mut scratch.packed_part,
                y,
                width,
                |y| self.multiply_transposed(y, width, x),
            );
        }
        self.multiply_transposed(y, width, x)
    }

    /// [`LinearOperator::apply_gram`], of panels that are rounded to 16 bits or not.
    pub(crate) fn gram_product(
        &self,
        q: &[f32],
        width: usize,
        x: &mut [f32],
        rounded: bool,
        visit: &mut dyn FnMut(&[f32]),
    ) -> Result<()> {
        assert_eq!(
            (q.len(), x.len()),
            (self.n_columns * width, self.n_columns * width),
            "the panel and the result of a product must be n_columns x width"
        );
        if self.symmetric {
            let mut y = Panel::zeros(self.n_rows * width);
            self.product(q, width, &mut y, rounded)?;
            visit(&y);
            return self.product(&y, width, x, rounded);
        }
        if !rounded {
            return self.multiply_both(q, width, x, |block, strips, y, sums| {
                visit(y);
                block.add_transposed(strips, y, width, sums);
            });
        }
        let mut packed_part = self.scratch.take(|scratch| &mut scratch.packed_part);
        let result = self.scratch.with_packed(
            |scratch| &mut scratch.packed,
            q,
            width,
            |q| {
                self.multiply_both(q, width, x, |block, strips, y, sums| {
                    visit(y);
                    block.add_transposed(strips, packed_part.pack(y, width), width, sums);
                })
            },
        );
        self.scratch.put_back(|scratch| &mut scratch.packed_part, packed_part);
        result
    }

    /// The memory of the products of a matrix of this size, by the width of the panel; for an
    /// estimate before there is a matrix.
    pub fn workspace_of(
        n_rows: usize,
        n_columns: usize,
        n_nonzeros: u64,
        is_symmetric: bool,
    ) -> impl Fn(usize) -> Workspace {
        // A product across the rows holds the partial sums of a binary tree over the leaves.
        let n_leaves = n_nonzeros.div_ceil((BLOCKS_PER_LEAF * ENTRIES_PER_BLOCK) as u64).max(1);
        let partial_sums = u64::from(n_leaves.next_power_of_two().ilog2());
        move |width| {
            let n_batch_rows =
                if is_symmetric { n_rows } else { n_rows.min(most_batch_rows(width)) };
            let product =
                if is_symmetric { 0 } else { 4 * partial_sums * (n_columns * width) as u64 };
            Workspace { product, gram: product + 4 * (n_batch_rows * width) as u64 }
        }
    }
}

impl LinearOperator for BlockMatrix {
    fn n_rows(&self) -> usize {
        self.n_rows
    }

    fn n_columns(&self) -> usize {
        self.n_columns
    }

    fn is_symmetric(&self) -> bool {
        self.symmetric
    }

    fn apply(&self, q: &[f32], width: usize, y: &mut [f32], precision: Precision) -> Result<()> {
        self.product(q, width, y, is_rounded(width, precision))
    }

    fn apply_transpose(
        &self,
        y: &[f32],
        width: usize,
        x: &mut [f32],
        precision: Precision,
    ) -> Result<()> {
        self.transposed_product(y, width, x, is_rounded(width, precision))
    }

    fn apply_gram(
        &self,
        q: &[f32],
        width: usize,
        x: &mut [f32],
        precision: Precision,
        visit: &mut dyn FnMut(&[f32]),
    ) -> Result<()> {
        self.gram_product(q, width, x, is_rounded(width, precision), visit)
    }

    fn squared_norm(&self) -> f64 {
        self.squared_norm
    }

    fn double(&self) -> Option<&dyn DoubleOperator> {
        Some(self)
    }

    fn workspace(&self, width: usize) -> Workspace {
        let n_nonzeros = self.n_nonzeros() as u64;
        Self::workspace_of(self.n_rows, self.n_columns, n_nonzeros, self.symmetric)(width)
    }
}

impl DoubleOperator for BlockMatrix {
    fn apply_double(&self, q: &[f64], width: usize, y: &mut [f64]) -> Result<()> {
        assert_operands(self, q, width, y);
        let mut rest = y;
        self.for_each_block(|_, block| {
            let len = block.layout().n_rows() * width;
            let (part, tail) = std::mem::take(&mut rest).split_at_mut(len);
            rest = tail;
            block.multiply_double(q, width, part);
        })
    }

    /// Block after block is added to the same panel: that order needs no memory.
    fn apply_transpose_double(&self, y: &[f64], width: usize, x: &mut [f64]) -> Result<()> {
        assert_transposed(self, y, width, x);
        if self.symmetric {
            return self.apply_double(y, width, x);
        }
        x.fill(0.0);
        let mut rest = y;
        self.for_each_block(|_, block| {
            let (part, tail) = rest.split_at(block.layout().n_rows() * width);
            rest = tail;
            block.add_transposed_double(part, width, x);
        })
    }

    fn squared_rounding(&self) -> f64 {
        self.squared_rounding
    }
}

/// Whether panels of so many columns are rounded to 16 bits.
pub(crate) fn is_rounded(width: usize, precision: Precision) -> bool {
    // Where a row of words does not fill vectors, rounding makes a product slower.
    precision == Precision::Half && width.is_multiple_of(32)
}

/// The first `len` numbers of a panel that grows as it must.
fn part_of(panel: &mut Panel, len: usize) -> &mut [f32] {
    if panel.len() < len {
        *panel = Panel::zeros(len);
    }
    &mut panel[..len]
}

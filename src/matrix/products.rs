//! The products of a matrix in row blocks.
//!
//! `A q` goes block by block. `A^T y = sum_b A_b^T y_b` is added strip by strip (see `block`)
//! within a *leaf* of [`BLOCKS_PER_LEAF`] consecutive blocks, and the leaves in a fixed pairwise
//! tree over their numbers: 0 and 1, 2 and 3, then the pairs of pairs. At most `log2(n_leaves) + 1`
//! panels are alive at a time, and the bits depend on the cut, never on the number of threads nor
//! on where the blocks are. Whoever has some of the leaves (another process, another machine) can
//! make the same sums. `A^T A q` does both for a block while it is at hand.

use std::ops::Range;

use super::BlockMatrix;
use super::block::Block;
use super::leaf_sums::LeafSums;
use crate::base::error::Result;
use crate::linalg::gathered::Gathered;
use crate::linalg::panel::{PackedPanel, Panel};
use crate::operator::LinearOperator;

/// Blocks whose transposed products are added one after the other. More of them make fewer partial
/// sums, fewer of them more parts that machines could share.
const BLOCKS_PER_LEAF: usize = 16;

/// What a product needs beside its operands: fresh memory would cost a visit to the system a page.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Some rows of `A q`.
    part: Panel,
    packed: PackedPanel,
    packed_part: PackedPanel,
}

impl BlockMatrix {
    /// Overwrites `y` with `A q`.
    fn multiply<Q: Gathered>(&self, q: Q, width: usize, y: &mut [f32]) -> Result<()> {
        assert_eq!(y.len(), self.n_rows * width, "the result of a product must be n_rows x width");
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
        assert_eq!(
            x.len(),
            self.n_columns * width,
            "the result of a transposed product must be n_columns x width"
        );
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
        assert_eq!(
            x.len(),
            self.n_columns * width,
            "the result of a product must be n_columns x width"
        );
        let mut sums = LeafSums::new(x);
        let mut y = self.scratch(|scratch| &mut scratch.part);
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
        self.keep(|scratch| &mut scratch.part, y);
        Ok(())
    }

    /// A piece of the scratch memory; empty if another product has it.
    fn scratch<T: Default>(&self, piece: impl Fn(&mut Scratch) -> &mut T) -> T {
        self.scratch
            .lock()
            .map(|mut scratch| std::mem::take(piece(&mut scratch)))
            .unwrap_or_default()
    }

    /// Puts a piece of the scratch memory back.
    fn keep<T>(&self, piece: impl Fn(&mut Scratch) -> &mut T, value: T) {
        if let Ok(mut scratch) = self.scratch.lock() {
            *piece(&mut scratch) = value;
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

    fn apply(&self, q: &[f32], width: usize, y: &mut [f32]) -> Result<()> {
        assert_eq!(
            q.len(),
            self.n_columns * width,
            "the panel of a product must be n_columns x width"
        );
        self.multiply(q, width, y)
    }

    fn apply_transpose(&self, y: &[f32], width: usize, x: &mut [f32]) -> Result<()> {
        assert_eq!(
            y.len(),
            self.n_rows * width,
            "the panel of a transposed product must be n_rows x width"
        );
        self.multiply_transposed(y, width, x)
    }

    fn apply_gram(
        &self,
        q: &[f32],
        width: usize,
        x: &mut [f32],
        visit: &mut dyn FnMut(&[f32]),
    ) -> Result<()> {
        assert_eq!(
            q.len(),
            self.n_columns * width,
            "the panel of a product must be n_columns x width"
        );
        if self.symmetric {
            let mut y = Panel::zeros(self.n_rows * width);
            self.multiply(q, width, &mut y)?;
            visit(&y);
            return self.multiply(&*y, width, x);
        }
        self.multiply_both(q, width, x, |block, strips, y, sums| {
            visit(y);
            block.add_transposed(strips, y, width, sums);
        })
    }

    fn apply_rounded(&self, q: &[f32], width: usize, y: &mut [f32]) -> Result<()> {
        assert_eq!(
            q.len(),
            self.n_columns * width,
            "the panel of a product must be n_columns x width"
        );
        if !pays(width) {
            return self.multiply(q, width, y);
        }
        let mut packed = self.scratch(|scratch| &mut scratch.packed);
        let result = self.multiply(packed.pack(q, width), width, y);
        self.keep(|scratch| &mut scratch.packed, packed);
        result
    }

    fn apply_transpose_rounded(&self, y: &[f32], width: usize, x: &mut [f32]) -> Result<()> {
        assert_eq!(
            y.len(),
            self.n_rows * width,
            "the panel of a transposed product must be n_rows x width"
        );
        if !pays(width) {
            return self.multiply_transposed(y, width, x);
        }
        let mut packed = self.scratch(|scratch| &mut scratch.packed_part);
        let result = self.multiply_transposed(packed.pack(y, width), width, x);
        self.keep(|scratch| &mut scratch.packed_part, packed);
        result
    }

    fn apply_gram_rounded(&self, q: &[f32], width: usize, x: &mut [f32]) -> Result<()> {
        assert_eq!(
            q.len(),
            self.n_columns * width,
            "the panel of a product must be n_columns x width"
        );
        if self.symmetric {
            let mut y = Panel::zeros(self.n_rows * width);
            self.apply_rounded(q, width, &mut y)?;
            return self.apply_rounded(&y, width, x);
        }
        if !pays(width) {
            return self.apply_gram(q, width, x, &mut |_| {});
        }
        let (mut packed, mut packed_part) = (
            self.scratch(|scratch| &mut scratch.packed),
            self.scratch(|scratch| &mut scratch.packed_part),
        );
        let result =
            self.multiply_both(packed.pack(q, width), width, x, |block, strips, y, sums| {
                block.add_transposed(strips, packed_part.pack(y, width), width, sums);
            });
        self.keep(|scratch| &mut scratch.packed, packed);
        self.keep(|scratch| &mut scratch.packed_part, packed_part);
        result
    }

    fn squared_norm(&self) -> f64 {
        self.squared_norm
    }
}

/// Whether products of panels with so many columns are faster when these are rounded: not where a
/// row of words does not fill vectors.
pub(super) fn pays(width: usize) -> bool {
    width.is_multiple_of(32)
}

/// The first `len` numbers of a panel that grows as it must.
fn part_of(panel: &mut Panel, len: usize) -> &mut [f32] {
    if panel.len() < len {
        *panel = Panel::zeros(len);
    }
    &mut panel[..len]
}

//! The best rows of both sides, block by block: one task of the search.
//!
//! A block of `a` times a block of `b` is one dense product. While it is in the cache, each of its
//! values is compared with the worst of the best so far of its row and of its column.

use faer::{Accum, MatMut, MatRef};
use rayon::prelude::*;

use super::best::{Best, UnitRows};
use crate::base::progress::Progress;
use crate::linalg::instructions::arch;
use crate::linalg::product::multiply;

/// Rows of `a` in a block: with 1,024 columns a block is 1 MiB.
pub(super) const BLOCK_ROWS: usize = 256;

/// Rows of `b` in a block.
const BLOCK_COLUMNS: usize = 1024;

/// Values of a block that are compared together.
const LANES: usize = 16;

/// What is subtracted from the cosines of each row: half of its hubness, or 0; infinite for a row
/// of zeros, which is never a neighbour.
pub(super) struct Handicaps {
    a: Vec<f32>,
    b: Vec<f32>,
}

impl Handicaps {
    /// In halves: cos - r(x)/2 - r(y)/2 keeps the order, and the loop has one subtraction less.
    ///
    /// # Panics
    /// If `hubness` has another number of rows.
    pub(super) fn new(a: UnitRows<'_>, b: UnitRows<'_>, hubness: Option<[&[f32]; 2]>) -> Self {
        let handicap = |rows: UnitRows<'_>, side: usize| -> Vec<f32> {
            let lower: Vec<f32> = match hubness {
                None => vec![0.0; rows.len()],
                Some(means) => {
                    assert_eq!(means[side].len(), rows.len(), "hubness of other rows");
                    means[side].iter().map(|mean| mean / 2.0).collect()
                }
            };
            let is_zero = |row: &[f32]| row.iter().all(|&number| number == 0.0);
            rows.data
                .par_chunks_exact(rows.dim)
                .zip(&lower)
                .map(|(row, &lower)| if is_zero(row) { f32::INFINITY } else { lower })
                .collect()
        };
        Self { a: handicap(a, 0), b: handicap(b, 1) }
    }
}

/// One task: some rows of `a` against all of `b`.
pub(super) struct BlockSearch<'a> {
    pub(super) first_row: usize,
    pub(super) a: UnitRows<'a>,
    pub(super) b: UnitRows<'a>,
    pub(super) handicaps: &'a Handicaps,
}

impl BlockSearch<'_> {
    pub(super) fn run(&self, top_a: usize, top_b: usize, progress: &dyn Progress) -> (Best, Best) {
        let (dim, n, m) = (self.a.dim, self.a.len(), self.b.len());
        let mut from_a = Best::new(n, top_a);
        let mut from_b = Best::new(m, top_b);
        let mut worst_b = vec![if top_b == 0 { f32::INFINITY } else { f32::NEG_INFINITY }; m];
        let mut block = vec![0.0f32; BLOCK_ROWS * BLOCK_COLUMNS];
        let arch = arch();
        for first_row in (0..n).step_by(BLOCK_ROWS) {
            if progress.is_cancelled() {
                break;
            }
            let n_rows = BLOCK_ROWS.min(n - first_row);
            let rows = MatRef::from_row_major_slice(
                &self.a.data[first_row * dim..][..n_rows * dim],
                n_rows,
                dim,
            );
            for first_column in (0..m).step_by(BLOCK_COLUMNS) {
                let n_columns = BLOCK_COLUMNS.min(m - first_column);
                let columns = MatRef::from_row_major_slice(
                    &self.b.data[first_column * dim..][..n_columns * dim],
                    n_columns,
                    dim,
                );
                let block = &mut block[..n_rows * n_columns];
                let product = MatMut::from_row_major_slice_mut(block, n_rows, n_columns);
                multiply(product, Accum::Replace, rows, columns.transpose());
                arch.dispatch(BlockScan {
                    block,
                    first_row,
                    first_column,
                    n_columns,
                    handicap_a: &self.handicaps.a[self.first_row + first_row..],
                    handicap_b: &self.handicaps.b[first_column..][..n_columns],
                    id_of_first_row: (self.first_row + first_row) as u32,
                    from_a: &mut from_a,
                    from_b: &mut from_b,
                    worst_b: &mut worst_b[first_column..][..n_columns],
                });
            }
            progress.advance(n_rows as u64);
        }
        (from_a, from_b)
    }
}

/// Compares each value of a block with the worst of the best of its row and of its column.
struct BlockScan<'a> {
    block: &'a [f32],
    first_row: usize,
    first_column: usize,
    n_columns: usize,
    handicap_a: &'a [f32],
    handicap_b: &'a [f32],
    id_of_first_row: u32,
    from_a: &'a mut Best,
    from_b: &'a mut Best,
    worst_b: &'a mut [f32],
}

impl pulp::NullaryFnOnce for BlockScan<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self {
            block,
            first_row,
            first_column,
            n_columns,
            handicap_a,
            handicap_b,
            id_of_first_row,
            from_a,
            from_b,
            worst_b,
        } = self;
        for (row, numbers) in block.chunks_exact(n_columns).enumerate() {
            let own = handicap_a[row];
            // A row of zeros has no neighbours and is no neighbour.
            if own == f32::INFINITY {
                continue;
            }
            let asks = from_a.top > 0;
            let mut worst = if asks { from_a.worst(first_row + row) } else { f32::INFINITY };
            for begin in (0..n_columns).step_by(LANES) {
                let end = (begin + LANES).min(n_columns);
                let (numbers, lower, worst_column) =
                    (&numbers[begin..end], &handicap_b[begin..end], &worst_b[begin..end]);
                let mut is_better = false;
                if end - begin == LANES {
                    for lane in 0..LANES {
                        is_better |= (numbers[lane] - lower[lane] > worst)
                            | (numbers[lane] - own > worst_column[lane]);
                    }
                } else {
                    is_better = true;
                }
                if !is_better {
                    continue;
                }
                for column in begin..end {
                    if handicap_b[column] == f32::INFINITY {
                        continue;
                    }
                    let number = block[row * n_columns + column];
                    let score = number - handicap_b[column];
                    if score > worst {
                        from_a.insert(first_row + row, score, (first_column + column) as u32);
                        worst = from_a.worst(first_row + row);
                    }
                    let score = number - own;
                    if score > worst_b[column] {
                        from_b.insert(first_column + column, score, id_of_first_row + row as u32);
                        worst_b[column] = from_b.worst(first_column + column);
                    }
                }
            }
        }
    }
}

//! Products of a basis in `f64` with a panel of few columns.
//!
//! In: rows of a basis, any distance apart, and a row-major panel. Out: `Q^T w` or `w - Q h`. A
//! general product packs its operands first, which takes longer than the product where each number
//! is used only a few times. The orders of the sums are fixed by the sizes.

#![expect(
    clippy::needless_range_loop,
    reason = "an iterator is not always compiled with the loop around it"
)]

use pulp::NullaryFnOnce;

/// Columns of the panel and rows that are worked on together, in registers.
const TILE: usize = 16;
const ROWS_PER_TILE: usize = 4;

/// Sums of a row by a column.
const LANES: usize = 8;

/// Some columns, to be multiplied with a panel of few columns: nothing is packed for that, as it is
/// for a general product.
#[derive(Clone, Copy)]
pub(super) struct Narrow<'a> {
    /// Rows, `stride` apart, of which the first `n_columns` numbers count.
    pub(super) values: &'a [f64],
    pub(super) stride: usize,
    pub(super) n_columns: usize,
}

impl<'a> Narrow<'a> {
    #[inline(always)]
    fn row(self, row: usize) -> &'a [f64] {
        &self.values[row * self.stride..][..self.n_columns]
    }

    /// Some rows from `row` on; the first stands for those beyond the `rows` that there are.
    #[inline(always)]
    fn tile_rows(self, row: usize, rows: usize) -> [&'a [f64]; ROWS_PER_TILE] {
        let mut tile = [self.row(row); ROWS_PER_TILE];
        for r in 1..rows {
            tile[r] = self.row(row + r);
        }
        tile
    }

    /// `sums += Q^T w`, `n_columns x width`; rows are added four at a time, in order.
    #[inline(always)]
    fn add_inner(self, w: &[f64], width: usize, sums: &mut [f64]) {
        let n_rows = w.len() / width;
        let in_tiles = width / TILE * TILE;
        let mut first = 0;
        while first < in_tiles {
            let mut row = 0;
            while row < n_rows {
                let mut w_rows = [[0.0; TILE]; ROWS_PER_TILE];
                let rows = ROWS_PER_TILE.min(n_rows - row);
                for r in 0..rows {
                    for c in 0..TILE {
                        w_rows[r][c] = w[(row + r) * width + first + c];
                    }
                }
                // Rows of `w` beyond the last are zero.
                let q = self.tile_rows(row, rows);
                for i in 0..self.n_columns {
                    let sums = &mut sums[i * width + first..][..TILE];
                    let q = [q[0][i], q[1][i], q[2][i], q[3][i]];
                    for c in 0..TILE {
                        sums[c] += (q[0] * w_rows[0][c] + q[1] * w_rows[1][c])
                            + (q[2] * w_rows[2][c] + q[3] * w_rows[3][c]);
                    }
                }
                row += ROWS_PER_TILE;
            }
            first += TILE;
        }
        for column in in_tiles..width {
            for row in 0..n_rows {
                let (q, factor) = (self.row(row), w[row * width + column]);
                for i in 0..self.n_columns {
                    sums[i * width + column] += q[i] * factor;
                }
            }
        }
    }

    /// `w -= Q h`, for `h` of `n_columns x width`; an element is summed in the order of the
    /// columns.
    #[inline(always)]
    fn subtract_product(self, h: &[f64], w: &mut [f64], width: usize) {
        let n_rows = w.len() / width;
        let in_tiles = width / TILE * TILE;
        let mut first = 0;
        while first < in_tiles {
            let mut row = 0;
            while row < n_rows {
                let rows = ROWS_PER_TILE.min(n_rows - row);
                let q = self.tile_rows(row, rows);
                let mut sums = [[0.0; TILE]; ROWS_PER_TILE];
                for i in 0..self.n_columns {
                    let h = &h[i * width + first..][..TILE];
                    for r in 0..ROWS_PER_TILE {
                        let q = q[r][i];
                        for c in 0..TILE {
                            sums[r][c] += q * h[c];
                        }
                    }
                }
                for r in 0..rows {
                    let w = &mut w[(row + r) * width + first..][..TILE];
                    for c in 0..TILE {
                        w[c] -= sums[r][c];
                    }
                }
                row += ROWS_PER_TILE;
            }
            first += TILE;
        }
        for column in in_tiles..width {
            for row in 0..n_rows {
                let (q, mut sums) = (self.row(row), [0.0; LANES]);
                for i in 0..self.n_columns {
                    sums[i % LANES] += q[i] * h[i * width + column];
                }
                let halves =
                    [sums[0] + sums[4], sums[1] + sums[5], sums[2] + sums[6], sums[3] + sums[7]];
                w[row * width + column] -= (halves[0] + halves[2]) + (halves[1] + halves[3]);
            }
        }
    }
}

// A closure is not always compiled with the instructions that it is dispatched to; these are.

pub(super) struct AddInner<'a> {
    pub(super) q: Narrow<'a>,
    pub(super) w: &'a [f64],
    pub(super) width: usize,
    pub(super) sums: &'a mut [f64],
}

impl NullaryFnOnce for AddInner<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.q.add_inner(self.w, self.width, self.sums);
    }
}

pub(super) struct Subtract<'a> {
    pub(super) q: Narrow<'a>,
    pub(super) h: &'a [f64],
    pub(super) w: &'a mut [f64],
    pub(super) width: usize,
}

impl NullaryFnOnce for Subtract<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.q.subtract_product(self.h, self.w, self.width);
    }
}

//! The two dense products that keep a basis orthogonal, on row-major panels: `h = q^T w` and
//! `w += q h`.
//!
//! In: chunks of panels, `q` of `n x m` and `w` of `n x width`, whose rows are read one after the
//! other. A tile of [`TILE`] columns (or rows) of the result by two vectors stays in registers. A
//! general matrix product packs its operands first, which these narrow panels do not repay: within
//! a decomposition it took 1.4 times as long. The instruction set is chosen at run time by
//! [`pulp`]; every element is summed in the order of the rows (of the columns of `q`), so the width
//! of the vectors does not show in the result.

use pulp::{Simd, WithSimd};

use super::instructions::{dispatch, mul_add};

/// Columns of `q`, or rows of `w`, in a tile: with two vectors each they fill the registers of
/// AVX-512 and NEON by half, and give enough independent sums.
const TILE: usize = 8;

/// The same for AVX2, which has 16 registers.
const SMALL_TILE: usize = 4;

/// `h += q^T w` (`m x width`, row-major) over the rows of a chunk.
pub(crate) fn add_inner(q: &[f32], m: usize, w: &[f32], width: usize, h: &mut [f32]) {
    assert_eq!(
        (q.len() / m, h.len()),
        (w.len() / width, m * width),
        "the panels must have the same rows, the result m x width numbers"
    );
    dispatch(Inner { q, m, w, width, h });
}

/// `w += q h` for the rows of a chunk, with `h` of `m x width`, row-major.
pub(crate) fn add_product(q: &[f32], m: usize, h: &[f32], width: usize, w: &mut [f32]) {
    assert_eq!(
        (q.len() / m, h.len()),
        (w.len() / width, m * width),
        "the panels must have the same rows, the factor m x width numbers"
    );
    dispatch(Product { q, m, h, width, w });
}

struct Inner<'a> {
    q: &'a [f32],
    m: usize,
    w: &'a [f32],
    width: usize,
    h: &'a mut [f32],
}

struct Product<'a> {
    q: &'a [f32],
    m: usize,
    h: &'a [f32],
    width: usize,
    w: &'a mut [f32],
}

/// A result that is made tile by tile: rows `first ..` by columns `column ..`.
trait Tiled {
    /// Rows and columns of the result.
    fn shape(&self) -> (usize, usize);

    /// Makes a tile of `T` rows by `V` vectors; returns `T`.
    fn tile<S: Simd, const T: usize, const V: usize>(
        &mut self,
        simd: S,
        first: usize,
        column: usize,
    ) -> usize;

    /// Makes the last columns, fewer than a vector holds, of one row; returns 1.
    fn last_columns<S: Simd>(&mut self, simd: S, first: usize, column: usize) -> usize;
}

/// Goes through all tiles.
#[inline(always)]
fn make_tiles<S: Simd>(simd: S, mut task: impl Tiled) {
    let (n_rows, width) = task.shape();
    let mut column = 0;
    while column < width {
        let vectors = ((width - column) / S::F32_LANES).min(2);
        let mut first = 0;
        while first < n_rows {
            let left = n_rows - first;
            first += match vectors {
                2 if left >= TILE && S::F32_LANES != 8 => {
                    task.tile::<S, TILE, 2>(simd, first, column)
                }
                2 if left >= SMALL_TILE => task.tile::<S, SMALL_TILE, 2>(simd, first, column),
                2 => task.tile::<S, 1, 2>(simd, first, column),
                1 if left >= TILE => task.tile::<S, TILE, 1>(simd, first, column),
                1 => task.tile::<S, 1, 1>(simd, first, column),
                _ => task.last_columns(simd, first, column),
            };
        }
        column = if vectors == 0 { width } else { column + vectors * S::F32_LANES };
    }
}

impl WithSimd for Inner<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        make_tiles(simd, self);
    }
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        make_tiles(simd, self);
    }
}

impl Tiled for Inner<'_> {
    #[inline(always)]
    fn shape(&self) -> (usize, usize) {
        (self.m, self.width)
    }

    /// Loops over indices, not iterators, so that everything is inlined into the function with the
    /// target's features.
    #[inline(always)]
    fn tile<S: Simd, const T: usize, const V: usize>(
        &mut self,
        simd: S,
        first: usize,
        column: usize,
    ) -> usize {
        let (m, width, span) = (self.m, self.width, V * S::F32_LANES);
        let mut sums = [[simd.splat_f32s(0.0); V]; T];
        for row in 0..self.w.len() / width {
            let (w, _) = S::as_simd_f32s(&self.w[row * width + column..][..span]);
            let w = &w[..V];
            let q = &self.q[row * m + first..][..T];
            for t in 0..T {
                let q = simd.splat_f32s(q[t]);
                for v in 0..V {
                    sums[t][v] = mul_add(simd, q, w[v], sums[t][v]);
                }
            }
        }
        for (t, sums) in sums.iter().enumerate() {
            let (h, _) = S::as_mut_simd_f32s(&mut self.h[(first + t) * width + column..][..span]);
            for v in 0..V {
                h[v] = simd.add_f32s(h[v], sums[v]);
            }
        }
        T
    }

    #[inline(always)]
    fn last_columns<S: Simd>(&mut self, simd: S, first: usize, column: usize) -> usize {
        let (m, width) = (self.m, self.width);
        let mut sum = simd.splat_f32s(0.0);
        for row in 0..self.w.len() / width {
            let w = simd.partial_load_f32s(&self.w[row * width + column..(row + 1) * width]);
            sum = mul_add(simd, simd.splat_f32s(self.q[row * m + first]), w, sum);
        }
        let h = &mut self.h[first * width + column..(first + 1) * width];
        simd.partial_store_f32s(h, simd.add_f32s(simd.partial_load_f32s(h), sum));
        1
    }
}

impl Tiled for Product<'_> {
    #[inline(always)]
    fn shape(&self) -> (usize, usize) {
        (self.w.len() / self.width, self.width)
    }

    #[inline(always)]
    fn tile<S: Simd, const T: usize, const V: usize>(
        &mut self,
        simd: S,
        first: usize,
        column: usize,
    ) -> usize {
        let (m, width, span) = (self.m, self.width, V * S::F32_LANES);
        let mut sums = [[simd.splat_f32s(0.0); V]; T];
        let q = &self.q[first * m..(first + T) * m];
        for c in 0..m {
            let (h, _) = S::as_simd_f32s(&self.h[c * width + column..][..span]);
            let h = &h[..V];
            for t in 0..T {
                let q = simd.splat_f32s(q[t * m + c]);
                for v in 0..V {
                    sums[t][v] = mul_add(simd, q, h[v], sums[t][v]);
                }
            }
        }
        for (t, sums) in sums.iter().enumerate() {
            let (w, _) = S::as_mut_simd_f32s(&mut self.w[(first + t) * width + column..][..span]);
            for v in 0..V {
                w[v] = simd.add_f32s(w[v], sums[v]);
            }
        }
        T
    }

    #[inline(always)]
    fn last_columns<S: Simd>(&mut self, simd: S, first: usize, column: usize) -> usize {
        let (m, width) = (self.m, self.width);
        let mut sum = simd.splat_f32s(0.0);
        for c in 0..m {
            let h = simd.partial_load_f32s(&self.h[c * width + column..(c + 1) * width]);
            sum = mul_add(simd, simd.splat_f32s(self.q[first * m + c]), h, sum);
        }
        let w = &mut self.w[first * width + column..(first + 1) * width];
        simd.partial_store_f32s(w, simd.add_f32s(simd.partial_load_f32s(w), sum));
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(len: usize, step: usize) -> Vec<f32> {
        (0..len).map(|i| ((i * step % 23) as f32 - 11.0) / 4.0).collect()
    }

    #[test]
    fn every_width_agrees_with_the_plain_loops() {
        // All numbers are small multiples of 1/16, so every order of summation is exact.
        for n in [1, 3, 8, 37] {
            for m in [1, 5, 8, 16, 29] {
                for width in [1, 3, 8, 16, 17, 32, 45, 64] {
                    let (q, w, h) = (panel(n * m, 7), panel(n * width, 5), panel(m * width, 3));
                    let (mut inner, mut product) = (h.clone(), w.clone());
                    add_inner(&q, m, &w, width, &mut inner);
                    add_product(&q, m, &h, width, &mut product);
                    for (i, inner) in inner.iter().enumerate() {
                        let (c, j) = (i / width, i % width);
                        assert_eq!(
                            *inner,
                            h[i] + (0..n).map(|r| q[r * m + c] * w[r * width + j]).sum::<f32>(),
                            "{n} {m} {width}"
                        );
                    }
                    for (i, product) in product.iter().enumerate() {
                        let (r, j) = (i / width, i % width);
                        assert_eq!(
                            *product,
                            w[i] + (0..m).map(|c| q[r * m + c] * h[c * width + j]).sum::<f32>(),
                            "{n} {m} {width}"
                        );
                    }
                }
            }
        }
    }
}

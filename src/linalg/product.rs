//! The product of two dense matrices, with the same bits on every processor.
//!
//! In: `a` of `m x k` and `b` of `k x n`, in `f32` or `f64`, with any strides; `c` of `m x n`, whose
//! rows or columns are contiguous. Out: `c = a b` or `c += a b`.
//!
//! An element is summed over stretches of [`DEPTH`] products: each stretch on its own from zero, in
//! the order of `k`, with one rounding for a product and its addition in `f32`, two in `f64`; then added to the
//! element. That order depends on `k` alone. How the work is cut (Goto & van de Geijn 2008) does not
//! show: a block of `a` stays in the second-level cache, packed so that a tile of rows by
//! [`VECTORS`] vectors reads it in order while its sums stay in registers.

use std::cell::RefCell;

use faer::{Accum, MatMut, MatRef};
use pulp::{Simd, WithSimd};

use super::instructions::{dispatch, exact_mul_add, mul_add};

/// Products that are summed before they are added to the result; part of the definition of the
/// result.
const DEPTH: usize = 320;

/// Rows of `a` in a block, at most: with [`DEPTH`] columns of `f32` 192 KiB.
const BLOCK_ROWS: usize = 192;

/// Columns of `b` in a block, at most: with [`DEPTH`] rows of `f32` 1 MiB.
const BLOCK_COLUMNS: usize = 1024;

/// Columns of a matrix that are packed at a time, so that what they are packed into stays in the
/// first-level cache.
const COLUMNS_PACKED: usize = 16;

/// Vectors in a row of a tile.
const VECTORS: usize = 2;

/// A number of a matrix.
pub(crate) trait Number: Copy + Default + 'static {
    /// A vector of this number.
    type Vector<S: Simd>: Copy;

    fn lanes<S: Simd>() -> usize;
    fn each<S: Simd>(simd: S, value: Self) -> Self::Vector<S>;
    fn vectors<S: Simd>(numbers: &[Self]) -> &[Self::Vector<S>];
    fn vectors_mut<S: Simd>(numbers: &mut [Self]) -> &mut [Self::Vector<S>];
    fn add<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    /// `a b + c`: rounded once in `f32`, twice in `f64`.
    fn mul_add<S: Simd>(
        simd: S,
        a: Self::Vector<S>,
        b: Self::Vector<S>,
        c: Self::Vector<S>,
    ) -> Self::Vector<S>;
    /// `a b + c`, where the product needs no rounding.
    fn exact_mul_add<S: Simd>(
        simd: S,
        a: Self::Vector<S>,
        b: Self::Vector<S>,
        c: Self::Vector<S>,
    ) -> Self::Vector<S>;
    /// `a + b`.
    fn plus(self, other: Self) -> Self;
    /// Calls a function with memory of this thread that is used again.
    fn with_memory<R>(function: impl FnOnce(&mut Packed<Self>) -> R) -> R;
}

macro_rules! number {
    ($number:ident, $vectors:ident, $lanes:ident, $each:ident, $slice:ident, $slice_mut:ident,
     $add:ident, $mul_add:expr, $exact_mul_add:expr) => {
        impl Number for $number {
            type Vector<S: Simd> = S::$vectors;

            #[inline(always)]
            fn lanes<S: Simd>() -> usize {
                S::$lanes
            }

            #[inline(always)]
            fn each<S: Simd>(simd: S, value: Self) -> S::$vectors {
                simd.$each(value)
            }

            #[inline(always)]
            fn vectors<S: Simd>(numbers: &[Self]) -> &[S::$vectors] {
                S::$slice(numbers).0
            }

            #[inline(always)]
            fn vectors_mut<S: Simd>(numbers: &mut [Self]) -> &mut [S::$vectors] {
                S::$slice_mut(numbers).0
            }

            #[inline(always)]
            fn add<S: Simd>(simd: S, a: S::$vectors, b: S::$vectors) -> S::$vectors {
                simd.$add(a, b)
            }

            #[inline(always)]
            fn mul_add<S: Simd>(
                simd: S,
                a: S::$vectors,
                b: S::$vectors,
                c: S::$vectors,
            ) -> S::$vectors {
                $mul_add(simd, a, b, c)
            }

            #[inline(always)]
            fn exact_mul_add<S: Simd>(
                simd: S,
                a: S::$vectors,
                b: S::$vectors,
                c: S::$vectors,
            ) -> S::$vectors {
                $exact_mul_add(simd, a, b, c)
            }

            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self + other
            }

            fn with_memory<R>(function: impl FnOnce(&mut Packed<Self>) -> R) -> R {
                thread_local! {
                    static MEMORY: RefCell<Packed<$number>> = RefCell::default();
                }
                MEMORY.with_borrow_mut(function)
            }
        }
    };
}

/// `a b + c`, rounded twice.
#[inline(always)]
fn mul_add_twice<S: Simd>(simd: S, a: S::f64s, b: S::f64s, c: S::f64s) -> S::f64s {
    simd.add_f64s(simd.mul_f64s(a, b), c)
}

number!(
    f32,
    f32s,
    F32_LANES,
    splat_f32s,
    as_simd_f32s,
    as_mut_simd_f32s,
    add_f32s,
    mul_add,
    mul_add
);
number!(
    f64,
    f64s,
    F64_LANES,
    splat_f64s,
    as_simd_f64s,
    as_mut_simd_f64s,
    add_f64s,
    mul_add_twice,
    exact_mul_add
);

/// Packed blocks of both matrices, and a tile of the result.
#[derive(Default)]
pub(crate) struct Packed<T> {
    a: Vec<T>,
    b: Vec<T>,
    tile: Vec<T>,
}

/// `c = a b`, or `c += a b`.
///
/// # Panics
/// If the shapes do not fit, or neither the rows nor the columns of `c` are contiguous.
pub(crate) fn multiply<T: Number>(
    c: MatMut<'_, T>,
    accumulate: Accum,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
) {
    multiply_as::<T, false>(c, accumulate, a, b);
}

/// The same for numbers of `f32` that are stored as `f64`: their products are exact, and so it does
/// not matter whether a processor rounds them. It is faster than [`multiply`].
pub(crate) fn multiply_widened(
    c: MatMut<'_, f64>,
    accumulate: Accum,
    a: MatRef<'_, f64>,
    b: MatRef<'_, f64>,
) {
    multiply_as::<f64, true>(c, accumulate, a, b);
}

fn multiply_as<T: Number, const EXACT: bool>(
    c: MatMut<'_, T>,
    accumulate: Accum,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
) {
    assert_eq!(
        (c.nrows(), c.ncols(), a.ncols()),
        (a.nrows(), b.ncols(), b.nrows()),
        "the shapes of a product"
    );
    // Of the transposed product the rows are contiguous.
    let (c, a, b) = match c.col_stride() == 1 || c.ncols() == 1 {
        true => (c, a, b),
        false => (c.transpose_mut(), b.transpose(), a.transpose()),
    };
    let (n_rows, n_columns) = c.shape();
    if n_rows == 0 || n_columns == 0 {
        return;
    }
    T::with_memory(|memory| dispatch(Product::<T, EXACT> { c, accumulate, a, b, memory }));
}

struct Product<'a, T, const EXACT: bool> {
    c: MatMut<'a, T>,
    accumulate: Accum,
    a: MatRef<'a, T>,
    b: MatRef<'a, T>,
    memory: &'a mut Packed<T>,
}

impl<T: Number, const EXACT: bool> WithSimd for Product<'_, T, EXACT> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // 24, 12 or 16 sums, of 32, 16 or 32 registers.
        match S::REGISTER_COUNT {
            32.. if T::lanes::<S>() * size_of::<T>() == 64 => self.tiled::<S, 8>(simd),
            32.. => self.tiled::<S, 8>(simd),
            _ if T::lanes::<S>() * size_of::<T>() == 32 => self.tiled::<S, 6>(simd),
            _ => self.tiled::<S, 4>(simd),
        }
    }
}

impl<T: Number, const EXACT: bool> Product<'_, T, EXACT> {
    #[inline(always)]
    fn tiled<S: Simd, const ROWS: usize>(self, simd: S) {
        let Self { mut c, accumulate, a, b, memory } = self;
        let Packed { a: packed_a, b: packed_b, tile } = memory;
        let (n_rows, n_columns, depth) = (a.nrows(), b.ncols(), a.ncols());
        let width = VECTORS * T::lanes::<S>();
        if depth == 0 && matches!(accumulate, Accum::Replace) {
            c.fill(T::default());
        }
        tile.resize(ROWS * width, T::default());
        for first_column in (0..n_columns).step_by(BLOCK_COLUMNS) {
            let columns = BLOCK_COLUMNS.min(n_columns - first_column);
            for first in (0..depth).step_by(DEPTH) {
                let n_products = DEPTH.min(depth - first);
                let b = b.submatrix(first, first_column, n_products, columns);
                pack(b.transpose(), width, packed_b);
                let is_replaced = first == 0 && matches!(accumulate, Accum::Replace);
                for first_row in (0..n_rows).step_by(BLOCK_ROWS) {
                    let rows = BLOCK_ROWS.min(n_rows - first_row);
                    pack(a.submatrix(first_row, first, rows, n_products), ROWS, packed_a);
                    let c = c.as_mut().submatrix_mut(first_row, first_column, rows, columns);
                    let block = Block { n_products, is_replaced, a: packed_a, b: packed_b };
                    block.multiply::<S, ROWS, EXACT>(simd, c, tile);
                }
            }
        }
    }
}

/// The rows of a matrix in groups of `height`, each column by column; the last group is filled up
/// with zeros.
#[inline(always)]
fn pack<T: Number>(matrix: MatRef<'_, T>, height: usize, packed: &mut Vec<T>) {
    let (n_rows, n_columns) = matrix.shape();
    let n_groups = n_rows.div_ceil(height);
    packed.resize(n_groups * height * n_columns, T::default());
    for (group, packed) in packed.chunks_exact_mut(height * n_columns).enumerate() {
        let first = group * height;
        let n = height.min(n_rows - first);
        let rows = matrix.subrows(first, n);
        if n < height {
            packed.fill(T::default());
        }
        if rows.row_stride() == 1 {
            for (packed, column) in packed.chunks_exact_mut(height).zip(rows.col_iter()) {
                let column = column.try_as_col_major().expect("its rows lie side by side");
                packed[..n].copy_from_slice(column.as_slice());
            }
            continue;
        }
        for first in (0..n_columns).step_by(COLUMNS_PACKED) {
            let places = first..n_columns.min(first + COLUMNS_PACKED);
            for row in 0..n {
                let numbers = rows.row(row);
                match numbers.try_as_row_major() {
                    Some(numbers) => {
                        let numbers = &numbers.as_slice()[..places.end];
                        for place in places.start..places.end {
                            packed[place * height + row] = numbers[place];
                        }
                    }
                    None => {
                        for place in places.start..places.end {
                            packed[place * height + row] = numbers[place];
                        }
                    }
                }
            }
        }
    }
}

/// A packed block of each matrix.
struct Block<'a, T> {
    n_products: usize,
    /// Whether the product replaces what is in the result, or is added to it.
    is_replaced: bool,
    a: &'a [T],
    b: &'a [T],
}

impl<T: Number> Block<'_, T> {
    #[inline(always)]
    fn multiply<S: Simd, const ROWS: usize, const EXACT: bool>(
        &self,
        simd: S,
        mut c: MatMut<'_, T>,
        tile: &mut [T],
    ) {
        let width = VECTORS * T::lanes::<S>();
        let (n_rows, n_columns) = c.shape();
        for (group, b) in self.b.chunks_exact(width * self.n_products).enumerate() {
            let first_column = group * width;
            let columns = width.min(n_columns - first_column);
            for (group, a) in self.a.chunks_exact(ROWS * self.n_products).enumerate() {
                let first_row = group * ROWS;
                let rows = ROWS.min(n_rows - first_row);
                sum_tile::<T, S, ROWS, EXACT>(simd, a, b, tile);
                for (row, sums) in tile.chunks_exact(width).take(rows).enumerate() {
                    let c = c.as_mut().row_mut(first_row + row);
                    let mut c = c.subcols_mut(first_column, columns);
                    match c.as_mut().try_as_row_major_mut() {
                        Some(c) => self.set::<S>(simd, c.as_slice_mut(), sums),
                        None => panic!("neither the rows nor the columns of c are contiguous"),
                    }
                }
            }
        }
    }

    /// Writes the sums of a row of a tile.
    #[inline(always)]
    fn set<S: Simd>(&self, simd: S, c: &mut [T], sums: &[T]) {
        let n = c.len();
        if self.is_replaced {
            c.copy_from_slice(&sums[..n]);
            return;
        }
        if n == sums.len() {
            let c = T::vectors_mut::<S>(c);
            for (c, &sum) in c.iter_mut().zip(T::vectors::<S>(sums)) {
                *c = T::add(simd, *c, sum);
            }
            return;
        }
        for (c, &sum) in c.iter_mut().zip(sums) {
            *c = c.plus(sum);
        }
    }
}

/// The sums of one tile: `ROWS` rows by [`VECTORS`] vectors.
#[inline(always)]
fn sum_tile<T: Number, S: Simd, const ROWS: usize, const EXACT: bool>(
    simd: S,
    a: &[T],
    b: &[T],
    tile: &mut [T],
) {
    let mut sums = [[T::each(simd, T::default()); VECTORS]; ROWS];
    let b = T::vectors::<S>(b);
    let n_products = a.len() / ROWS;
    // Loops over indices, so that everything is inlined into the function with the instructions of
    // the processor, and the sums stay in its registers.
    for place in 0..n_products {
        let a = &a[place * ROWS..][..ROWS];
        let b = &b[place * VECTORS..][..VECTORS];
        for row in 0..ROWS {
            let a = T::each(simd, a[row]);
            for vector in 0..VECTORS {
                sums[row][vector] = match EXACT {
                    true => T::exact_mul_add(simd, a, b[vector], sums[row][vector]),
                    false => T::mul_add(simd, a, b[vector], sums[row][vector]),
                };
            }
        }
    }
    let tile = &mut T::vectors_mut::<S>(tile)[..ROWS * VECTORS];
    for row in 0..ROWS {
        for vector in 0..VECTORS {
            tile[row * VECTORS + vector] = sums[row][vector];
        }
    }
}

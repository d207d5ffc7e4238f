//! The product of two dense matrices, with the same bits on every processor.
//!
//! In: `a` of `m x k` and `b` of `k x n`, in `f32` or `f64`, with any strides; `c` of `m x n`,
//! whose rows or columns are contiguous. Out: `c = a b` or `c += a b`.
//!
//! An element is summed over stretches of [`DEPTH`] products: each stretch on its own from zero, in
//! the order of `k`, with one rounding for a product and its addition in `f32`, two in `f64`; then
//! added to the element. That order depends on `k` alone. How the work is cut (Goto & van de Geijn
//! 2008) does not show: a block of `a` stays in the second-level cache, packed so that a tile of
//! rows by [`VECTORS`] vectors reads it in order while its sums stay in registers.

#![expect(
    clippy::manual_memcpy,
    clippy::needless_range_loop,
    reason = "an iterator, or a call to copy memory, is not compiled with the loop around it"
)]

use std::array;
use std::cell::RefCell;
use std::ops::Range;

use faer::{Accum, MatMut, MatRef, RowMut};
use pulp::{Simd, WithSimd};

use crate::linalg::instructions::{dispatch, exact_mul_add, mul_add};

/// Products that are summed before they are added to the result; part of the definition of the
/// result.
const DEPTH: usize = 320;

/// Rows of `a` in a block, at most: with [`DEPTH`] columns of `f32` 192 KiB.
const BLOCK_ROWS: usize = 192;

/// Columns of `b` in a block, at most: with [`DEPTH`] rows of `f32` 1 MiB.
const BLOCK_COLUMNS: usize = 1024;

/// Rows and columns that are packed together.
const SQUARE: usize = 8;

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

/// Packed blocks of both matrices, and a row of a tile.
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
    let (c, a, b) = match c.col_stride() == 1 {
        true => (c, a, b),
        false => (c.transpose_mut(), b.transpose(), a.transpose()),
    };
    // As slices, since what is called for each tile must be nothing but loops.
    let contiguous = "the rows or the columns of the result must be contiguous";
    let rows = c.row_iter_mut().map(|row| row.try_as_row_major_mut().expect(contiguous));
    let c: Vec<&mut [T]> = rows.map(RowMut::as_slice_mut).collect();
    if a.nrows() == 0 || b.ncols() == 0 {
        return;
    }
    T::with_memory(|memory| dispatch(Product::<T, EXACT> { c, accumulate, a, b, memory }));
}

struct Product<'a, T, const EXACT: bool> {
    /// The rows.
    c: Vec<&'a mut [T]>,
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
            c.iter_mut().for_each(|row| row.fill(T::default()));
        }
        tile.resize(width, T::default());
        for first_column in (0..n_columns).step_by(BLOCK_COLUMNS) {
            let columns = BLOCK_COLUMNS.min(n_columns - first_column);
            for first in (0..depth).step_by(DEPTH) {
                let n_products = DEPTH.min(depth - first);
                let b = b.submatrix(first, first_column, n_products, columns);
                pack::<T, S>(b.transpose(), width, packed_b);
                let is_replaced = first == 0 && matches!(accumulate, Accum::Replace);
                for first_row in (0..n_rows).step_by(BLOCK_ROWS) {
                    let rows = BLOCK_ROWS.min(n_rows - first_row);
                    pack::<T, S>(a.submatrix(first_row, first, rows, n_products), ROWS, packed_a);
                    let block = Block {
                        n_products,
                        is_replaced,
                        a: packed_a,
                        b: packed_b,
                        columns: first_column..first_column + columns,
                    };
                    let c = &mut c[first_row..first_row + rows];
                    block.multiply::<S, ROWS, EXACT>(simd, c, tile);
                }
            }
        }
    }
}

/// The rows of a matrix in groups of `height`, each column by column; the last group is filled up
/// with zeros.
///
/// Here and below are loops over indices, so that everything is inlined into the function with the
/// instructions of the processor, and the sums stay in its registers.
#[inline(always)]
fn pack<T: Number, S: Simd>(matrix: MatRef<'_, T>, height: usize, packed: &mut Vec<T>) {
    let (n_rows, n_columns) = matrix.shape();
    let n_groups = n_rows.div_ceil(height);
    let n_packed = n_groups * height * n_columns;
    if packed.len() < n_packed {
        packed.resize(n_packed, T::default());
    }
    if matrix.row_stride() == 1 {
        for column in 0..n_columns {
            let numbers = matrix.col(column).try_as_col_major().expect("a stride of 1");
            pack_column::<T, S>(numbers.as_slice(), column, n_columns, height, packed);
        }
        return;
    }
    for group in 0..n_groups {
        let packed = &mut packed[group * height * n_columns..][..height * n_columns];
        let n = height.min(n_rows - group * height);
        let rows = matrix.subrows(group * height, n);
        if n < height {
            packed.fill(T::default());
        }
        let mut row = 0;
        while row + SQUARE <= n && rows.col_stride() == 1 {
            let slice = |row: usize| rows.row(row).try_as_row_major().expect("a stride of 1");
            let numbers: [&[T]; SQUARE] = array::from_fn(|it| slice(row + it).as_slice());
            pack_rows(&numbers, row, height, packed);
            row += SQUARE;
        }
        for row in row..n {
            for column in 0..n_columns {
                packed[column * height + row] = rows[(row, column)];
            }
        }
    }
}

/// Packs a column of a matrix of `n_columns`.
#[inline(always)]
fn pack_column<T: Number, S: Simd>(
    numbers: &[T],
    column: usize,
    n_columns: usize,
    height: usize,
    packed: &mut [T],
) {
    let n_rows = numbers.len();
    let mut first = 0;
    while first < n_rows {
        let n = height.min(n_rows - first);
        let start = first * n_columns + column * height;
        let packed = &mut packed[start..start + height];
        let numbers = &numbers[first..first + n];
        if n == VECTORS * T::lanes::<S>() {
            // So few and so many at a time, that no call to copy memory is made of it.
            let packed = &mut T::vectors_mut::<S>(packed)[..VECTORS];
            let numbers = &T::vectors::<S>(numbers)[..VECTORS];
            for vector in 0..VECTORS {
                packed[vector] = numbers[vector];
            }
        } else {
            for row in 0..n {
                packed[row] = numbers[row];
            }
            for row in n..height {
                packed[row] = T::default();
            }
        }
        first += height;
    }
}

/// Packs [`SQUARE`] rows from row `first_row` of a group on, in squares, which the compiler turns
/// in registers.
#[inline(always)]
fn pack_rows<T: Number>(rows: &[&[T]; SQUARE], first_row: usize, height: usize, packed: &mut [T]) {
    let n_columns = rows[0].len();
    let in_squares = n_columns / SQUARE * SQUARE;
    let mut first = 0;
    while first < in_squares {
        let mut square = [[T::default(); SQUARE]; SQUARE];
        for row in 0..SQUARE {
            let numbers = &rows[row][first..first + SQUARE];
            for place in 0..SQUARE {
                square[place][row] = numbers[place];
            }
        }
        for place in 0..SQUARE {
            let start = (first + place) * height + first_row;
            let packed = &mut packed[start..start + SQUARE];
            for row in 0..SQUARE {
                packed[row] = square[place][row];
            }
        }
        first += SQUARE;
    }
    for place in in_squares..n_columns {
        for row in 0..SQUARE {
            packed[place * height + first_row + row] = rows[row][place];
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
    /// The columns of the result.
    columns: Range<usize>,
}

impl<T: Number> Block<'_, T> {
    /// `c`: some rows of the result.
    #[inline(always)]
    fn multiply<S: Simd, const ROWS: usize, const EXACT: bool>(
        &self,
        simd: S,
        c: &mut [&mut [T]],
        tile: &mut [T],
    ) {
        let width = VECTORS * T::lanes::<S>();
        let (a_len, b_len) = (ROWS * self.n_products, width * self.n_products);
        let mut first_column = self.columns.start;
        let mut group = 0;
        while first_column < self.columns.end {
            let columns = first_column..self.columns.end.min(first_column + width);
            let b = &self.b[group * b_len..][..b_len];
            let mut first_row = 0;
            while first_row < c.len() {
                let a = &self.a[first_row * self.n_products..][..a_len];
                let sums = sum_tile::<T, S, ROWS, EXACT>(simd, a, b);
                let rows = first_row..c.len().min(first_row + ROWS);
                if rows.len() == ROWS && columns.len() == width {
                    for row in 0..ROWS {
                        let c = &mut c[first_row + row][columns.start..columns.end];
                        self.set_vectors::<S>(simd, c, &sums[row]);
                    }
                } else {
                    for row in 0..rows.len() {
                        let vectors = &mut T::vectors_mut::<S>(tile)[..VECTORS];
                        for vector in 0..VECTORS {
                            vectors[vector] = sums[row][vector];
                        }
                        let c = &mut c[first_row + row][columns.start..columns.end];
                        self.set(c, &tile[..columns.len()]);
                    }
                }
                first_row += ROWS;
            }
            (first_column, group) = (columns.end, group + 1);
        }
    }

    /// Writes the sums of a row of a tile.
    #[inline(always)]
    fn set_vectors<S: Simd>(&self, simd: S, c: &mut [T], sums: &[T::Vector<S>; VECTORS]) {
        let c = &mut T::vectors_mut::<S>(c)[..VECTORS];
        for vector in 0..VECTORS {
            c[vector] = match self.is_replaced {
                true => sums[vector],
                false => T::add(simd, c[vector], sums[vector]),
            };
        }
    }

    /// Writes some sums of a row of a tile.
    #[inline(always)]
    fn set(&self, c: &mut [T], sums: &[T]) {
        let n = c.len();
        let sums = &sums[..n];
        for column in 0..n {
            c[column] = match self.is_replaced {
                true => sums[column],
                false => c[column].plus(sums[column]),
            };
        }
    }
}

/// The sums of one tile: `ROWS` rows by [`VECTORS`] vectors.
#[inline(always)]
fn sum_tile<T: Number, S: Simd, const ROWS: usize, const EXACT: bool>(
    simd: S,
    a: &[T],
    b: &[T],
) -> [[T::Vector<S>; VECTORS]; ROWS] {
    let mut sums = [[T::each(simd, T::default()); VECTORS]; ROWS];
    let b = T::vectors::<S>(b);
    let n_products = a.len() / ROWS;
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
    sums
}

#[cfg(test)]
mod tests;

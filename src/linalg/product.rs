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
        let is_square = n == height && height.is_multiple_of(SQUARE);
        let in_squares = if is_square && rows.col_stride() == 1 {
            pack_squares(rows, height, packed)
        } else {
            0
        };
        for row in 0..n {
            let numbers = rows.row(row);
            for place in in_squares..n_columns {
                packed[place * height + row] = numbers[place];
            }
        }
    }
}

/// Packs what fills squares of [`SQUARE`] rows and columns, which the compiler turns in registers;
/// returns how many columns these are.
#[inline(always)]
fn pack_squares<T: Number>(rows: MatRef<'_, T>, height: usize, packed: &mut [T]) -> usize {
    let in_squares = rows.ncols() / SQUARE * SQUARE;
    for first in (0..in_squares).step_by(SQUARE) {
        for first_row in (0..height).step_by(SQUARE) {
            let mut square = [[T::default(); SQUARE]; SQUARE];
            for row in 0..SQUARE {
                let numbers = rows.row(first_row + row).subcols(first, SQUARE);
                let numbers = numbers.try_as_row_major().expect("its columns lie side by side");
                let numbers = numbers.as_slice();
                for place in 0..SQUARE {
                    square[place][row] = numbers[place];
                }
            }
            for place in 0..SQUARE {
                let start = (first + place) * height + first_row;
                packed[start..start + SQUARE].copy_from_slice(&square[place]);
            }
        }
    }
    in_squares
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
                let sums = sum_tile::<T, S, ROWS, EXACT>(simd, a, b);
                if rows == ROWS && columns == width {
                    let c = c.as_mut().submatrix_mut(first_row, first_column, ROWS, width);
                    self.set_tile::<S, ROWS>(simd, c, &sums);
                    continue;
                }
                let vectors = T::vectors_mut::<S>(tile);
                for row in 0..ROWS {
                    for vector in 0..VECTORS {
                        vectors[row * VECTORS + vector] = sums[row][vector];
                    }
                }
                for (row, sums) in tile.chunks_exact(width).take(rows).enumerate() {
                    let c = c.as_mut().row_mut(first_row + row);
                    let mut c = c.subcols_mut(first_column, columns);
                    match c.as_mut().try_as_row_major_mut() {
                        Some(c) => self.set(c.as_slice_mut(), sums),
                        None => panic!("neither the rows nor the columns of c are contiguous"),
                    }
                }
            }
        }
    }

    /// Writes the sums of a whole tile.
    #[inline(always)]
    fn set_tile<S: Simd, const ROWS: usize>(
        &self,
        simd: S,
        mut c: MatMut<'_, T>,
        sums: &[[T::Vector<S>; VECTORS]; ROWS],
    ) {
        for row in 0..ROWS {
            let c = c.as_mut().row_mut(row).try_as_row_major_mut();
            let c = T::vectors_mut::<S>(c.expect("its rows are contiguous").as_slice_mut());
            let c = &mut c[..VECTORS];
            for vector in 0..VECTORS {
                c[vector] = match self.is_replaced {
                    true => sums[row][vector],
                    false => T::add(simd, c[vector], sums[row][vector]),
                };
            }
        }
    }

    /// Writes some sums of a row of a tile.
    #[inline(always)]
    fn set(&self, c: &mut [T], sums: &[T]) {
        if self.is_replaced {
            let n = c.len();
            c.copy_from_slice(&sums[..n]);
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
) -> [[T::Vector<S>; VECTORS]; ROWS] {
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
    sums
}

#[cfg(test)]
mod tests {
    use faer::Mat;

    use super::*;

    /// Multiples of 1/8 up to 2 in size: their products and sums are exact in any order.
    fn matrix<T: From<f32>>(n_rows: usize, n_columns: usize, step: usize) -> Mat<T> {
        Mat::from_fn(n_rows, n_columns, |i, j| {
            (((i * 31 + j * 7) * step % 33) as f32 / 8.0 - 2.0).into()
        })
    }

    fn check<T: Number + From<f32> + Into<f64> + faer::traits::ComplexField>() {
        for (m, k, n) in [
            (1, 1, 1),
            (7, 5, 3),
            (8, 320, 32),
            (9, 321, 33),
            (200, 17, 70),
            (3, 700, 1100),
            (5, 0, 4),
        ] {
            let (a, b) = (matrix::<T>(m, k, 3), matrix::<T>(k, n, 5));
            let before = matrix::<T>(m, n, 11);
            let expected = |i: usize, j: usize| -> f64 {
                (0..k).map(|l| a[(i, l)].into() * b[(l, j)].into()).sum()
            };
            let (a_rows, b_rows) = (a.transpose().to_owned(), b.transpose().to_owned());
            for accumulate in [Accum::Replace, Accum::Add] {
                for (a, b) in [
                    (a.as_ref(), b.as_ref()),
                    (a_rows.transpose(), b.as_ref()),
                    (a.as_ref(), b_rows.transpose()),
                    (a_rows.transpose(), b_rows.transpose()),
                ] {
                    let (mut c, mut c_rows) = (before.clone(), before.transpose().to_owned());
                    multiply(c.as_mut(), accumulate, a, b);
                    multiply(c_rows.as_mut().transpose_mut(), accumulate, a, b);
                    for i in 0..m {
                        for j in 0..n {
                            let added: f64 = match accumulate {
                                Accum::Replace => 0.0,
                                Accum::Add => before[(i, j)].into(),
                            };
                            let expected = expected(i, j) + added;
                            assert_eq!(c[(i, j)].into(), expected, "{m} {k} {n}: {i} {j}");
                            assert_eq!(c_rows[(j, i)].into(), expected, "{m} {k} {n}: {i} {j}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn every_shape_and_order_agrees_with_the_plain_loop() {
        check::<f32>();
        check::<f64>();
    }

    /// The definition of the result, by the plainest loops.
    fn by_definition(a: MatRef<'_, f32>, b: MatRef<'_, f32>) -> Mat<f32> {
        Mat::from_fn(a.nrows(), b.ncols(), |i, j| {
            let mut result = 0.0;
            for first in (0..a.ncols()).step_by(DEPTH) {
                let stretch = first..a.ncols().min(first + DEPTH);
                let sum = stretch.fold(0.0f32, |sum, l| a[(i, l)].mul_add(b[(l, j)], sum));
                result = if first == 0 { sum } else { result + sum };
            }
            result
        })
    }

    #[test]
    fn the_bits_are_those_of_the_definition_with_any_instructions() {
        use pulp::{Arch, Scalar, Scalar128b, Scalar256b, Scalar512b};
        let number = |i: usize, j: usize| ((i * 7919 + j * 104_729) % 1009) as f32 / 337.0 - 1.5;
        for (m, k, n) in [(5, 9, 7), (37, 650, 41), (64, 321, 100)] {
            let a = Mat::from_fn(m, k, number);
            let b = Mat::from_fn(k, n, |i, j| number(j + 3, i));
            let expected = by_definition(a.as_ref(), b.as_ref());
            let mut c = Mat::zeros(m, n);
            macro_rules! with {
                ($run:expr) => {
                    c.fill(f32::NAN);
                    f32::with_memory(|memory| {
                        $run(Product::<f32, false> {
                            c: c.as_mut().transpose_mut(),
                            accumulate: Accum::Replace,
                            a: b.transpose(),
                            b: a.transpose(),
                            memory,
                        })
                    });
                    assert!(c == expected, "{m} {k} {n}");
                };
            }
            with!(|task: Product<'_, f32, false>| Arch::new().dispatch(task));
            with!(|task: Product<'_, f32, false>| task.with_simd(Scalar));
            with!(|task: Product<'_, f32, false>| task.with_simd(Scalar128b));
            with!(|task: Product<'_, f32, false>| task.with_simd(Scalar256b));
            with!(|task: Product<'_, f32, false>| task.with_simd(Scalar512b));
            #[cfg(target_arch = "x86_64")]
            if let Some(avx2) = pulp::x86::V3::try_new() {
                with!(|task: Product<'_, f32, false>| Arch::V3(avx2).dispatch(task));
            }
        }
    }

    #[test]
    #[should_panic(expected = "the shapes of a product")]
    fn shapes_that_do_not_fit_are_a_programming_error() {
        let (a, b, mut c) = (Mat::<f32>::zeros(2, 3), Mat::zeros(2, 3), Mat::zeros(2, 3));
        multiply(c.as_mut(), Accum::Replace, a.as_ref(), b.as_ref());
    }
}

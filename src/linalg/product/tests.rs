use faer::Mat;

use super::*;

/// Multiples of 1/8 up to 2 in size: their products and sums are exact in any order.
fn matrix<T: From<f32>>(n_rows: usize, n_columns: usize, step: usize) -> Mat<T> {
    Mat::from_fn(n_rows, n_columns, |i, j| {
        (((i * 31 + j * 7) * step % 33) as f32 / 8.0 - 2.0).into()
    })
}

fn check<T: Number + From<f32> + Into<f64> + faer::traits::ComplexField>() {
    for (m, k, n) in
        [(1, 1, 1), (7, 5, 3), (8, 320, 32), (9, 321, 33), (200, 17, 70), (3, 700, 1100), (5, 0, 4)]
    {
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
                        c: c.col_iter_mut()
                            .map(|column| column.try_as_col_major_mut().unwrap().as_slice_mut())
                            .collect(),
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

//! The truncated SVD in double precision, against spectra that are known.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use eigenlex::{DenseMatrix, LinearOperator, RandomizedSvd, Svd, SvdPrecision};
use sprs::CsMatI;

/// Numbers of both signs from a linear congruence.
fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (state >> 11) as f64 / 2f64.powi(52) - 1.0
    };
    (0..n).map(next).collect()
}

/// The reflection `1 - 2 w w^T / w^T w` of each row of a matrix.
fn reflect_rows(rows: &mut [Vec<f64>], w: &[f64]) {
    let square: f64 = w.iter().map(|x| x * x).sum();
    for row in rows {
        let along: f64 = row.iter().zip(w).map(|(a, w)| a * w).sum();
        row.iter_mut().zip(w).for_each(|(a, w)| *a -= 2.0 * along / square * w);
    }
}

fn transposed(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..rows[0].len()).map(|j| rows.iter().map(|row| row[j]).collect()).collect()
}

fn sparse(rows: &[Vec<f64>]) -> CsMatI<f64, u32, usize> {
    let (mut offsets, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
    for row in rows {
        for (column, &value) in row.iter().enumerate().filter(|(_, value)| **value != 0.0) {
            columns.push(column as u32);
            values.push(value);
        }
        offsets.push(columns.len());
    }
    CsMatI::new((rows.len(), rows[0].len()), offsets, columns, values)
}

/// A matrix with these singular values, full: a diagonal between reflections of both sides.
fn matrix(n_rows: usize, n_columns: usize, spectrum: &[f64]) -> CsMatI<f64, u32, usize> {
    let mut rows = vec![vec![0.0; n_columns]; n_rows];
    spectrum.iter().enumerate().for_each(|(i, &s)| rows[i][i] = s);
    reflect_rows(&mut rows, &numbers(n_columns, 1));
    let mut columns = transposed(&rows);
    reflect_rows(&mut columns, &numbers(n_rows, 2));
    sparse(&transposed(&columns))
}

/// Every value within `error` of the spectrum, and every residual, seen by products of our own,
/// within `residual`: both as parts of `s_1`.
#[track_caller]
fn assert_exact(a: &dyn LinearOperator, svd: &Svd, spectrum: &[f64], error: f64, residual: f64) {
    let (rank, largest) = (svd.rank(), spectrum[0]);
    for (found, expected) in svd.singular_values.iter().zip(spectrum) {
        assert!((found - expected).abs() <= error * largest, "{found} against {expected}");
    }
    let vectors = svd.double.as_ref().expect("a result in double precision");
    let (v, u) = (&vectors.v, vectors.u.as_ref().expect("left vectors"));
    let double = a.double().expect("products in double precision");
    let (mut y, mut x) = (vec![0.0; u.len()], vec![0.0; v.len()]);
    double.apply_double(v, rank, &mut y).unwrap();
    double.apply_transpose_double(u, rank, &mut x).unwrap();
    for (product, near) in [(&y, u), (&x, v)] {
        for (i, &s) in svd.singular_values.iter().enumerate() {
            let rows = product.chunks_exact(rank).zip(near.chunks_exact(rank));
            let square: f64 = rows.map(|(product, near)| (product[i] - s * near[i]).powi(2)).sum();
            assert!(square.sqrt() <= residual * largest, "triplet {i}: {:e}", square.sqrt());
        }
    }
    for panel in [u, v] {
        for (i, j) in (0..rank).flat_map(|i| (0..=i).map(move |j| (i, j))) {
            let inner: f64 = panel.chunks_exact(rank).map(|row| row[i] * row[j]).sum();
            assert!((inner - f64::from(u8::from(i == j))).abs() < 1e-13, "vectors {i} and {j}");
        }
    }
}

fn exact(rank: usize) -> RandomizedSvd {
    RandomizedSvd::new(rank).tolerance(1e-10).left_vectors(true)
}

#[test]
fn a_graded_spectrum_is_found_to_its_end() {
    // From 1 to 1e-12 within the rank, and on below it.
    let spectrum: Vec<f64> = (0..270).map(|i| 10f64.powf(-12.0 * f64::from(i) / 19.0)).collect();
    for (n_rows, n_columns) in [(300, 270), (270, 310)] {
        let a = matrix(n_rows, n_columns, &spectrum);
        for precision in [SvdPrecision::Auto, SvdPrecision::Double] {
            let svd = exact(20).precision(precision).decompose(&a, &()).unwrap();
            assert!(svd.converged);
            assert_exact(&a, &svd, &spectrum, 1e-14, 1e-14);
        }
    }
}

#[test]
fn a_gap_of_three_orders_of_magnitude_is_no_hurdle() {
    // As of a chemical plant: five values near 3e5, the others from 3e4 on down.
    let tail = (0..275).map(|i| 3e4 * 0.8_f64.powi(i));
    let spectrum: Vec<f64> =
        [318_951.0, 317_252.0, 316_949.0, 316_847.0, 316_687.0].into_iter().chain(tail).collect();
    let a = matrix(290, 280, &spectrum);
    let single = exact(20).precision(SvdPrecision::Single).decompose(&a, &()).unwrap();
    assert!(single.double.is_none());
    let svd = exact(20).decompose(&a, &()).unwrap();
    assert!(svd.residuals.iter().all(|&residual| residual < 1e-10), "{:?}", svd.residuals);
    assert_exact(&a, &svd, &spectrum, 1e-14, 1e-12);
}

#[test]
fn equal_singular_values_are_all_found() {
    // More of them than a block has columns, and a rank that cuts through them.
    let spectrum: Vec<f64> = (0..280).map(|i| if i < 40 { 2.0 } else { 0.5 }).collect();
    let a = matrix(280, 290, &spectrum);
    for rank in [25, 60] {
        let svd = exact(rank).precision(SvdPrecision::Double).decompose(&a, &()).unwrap();
        assert_exact(&a, &svd, &spectrum, 1e-13, 1e-12);
    }
}

#[test]
fn a_matrix_of_small_rank_has_zeros_and_orthonormal_vectors() {
    let spectrum: Vec<f64> = [5.0, 4.0, 1e-9].into_iter().chain([0.0; 260]).collect();
    let a = matrix(270, 263, &spectrum);
    let svd = exact(10).precision(SvdPrecision::Double).decompose(&a, &()).unwrap();
    assert!(svd.converged);
    assert_exact(&a, &svd, &spectrum, 1e-14, 1e-14);
}

#[test]
fn numbers_beyond_the_range_of_f32_are_decomposed() {
    let spectrum: Vec<f64> = (0..260).map(|i| 1e60 * 0.7_f64.powi(i)).collect();
    let a = matrix(260, 260, &spectrum);
    let svd = exact(8).decompose(&a, &()).unwrap();
    assert_exact(&a, &svd, &spectrum, 1e-14, 1e-11);
}

#[test]
fn numbers_below_the_range_of_f32_are_decomposed_or_refused() {
    let spectrum: Vec<f64> = (0..260).map(|i| 0.7_f64.powi(i)).collect();
    let a = matrix(260, 262, &spectrum);
    let scaled = |factor: f64| a.map(|&value| value * factor);
    let tiny = spectrum.iter().map(|s| s * 1e-100).collect::<Vec<f64>>();
    let svd = exact(8).decompose(&scaled(1e-100), &()).unwrap();
    assert_exact(&scaled(1e-100), &svd, &tiny, 1e-14, 1e-11);
    let refusal = |config: RandomizedSvd, factor: f64| {
        config.decompose(&scaled(factor), &()).unwrap_err().to_string()
    };
    for config in [exact(8).precision(SvdPrecision::Single), exact(8).power_iterations(2)] {
        let said = refusal(config, 1e-100);
        assert!(said.contains("values of the matrix are below the range of f32"), "{said}");
    }
    let said = refusal(exact(8), 1e-140);
    assert!(said.contains("scale the matrix"), "{said}");
}

#[test]
fn what_single_precision_missed_is_found() {
    // More equal values than a block has vectors.
    let spectrum: Vec<f64> = (0..300).map(|i| if i < 20 { 1.0 } else { 0.9 }).collect();
    let a = matrix(300, 300, &spectrum);
    let svd = exact(20).decompose(&a, &()).unwrap();
    assert_exact(&a, &svd, &spectrum, 1e-13, 1e-11);
}

#[test]
fn a_small_matrix_is_decomposed_densely() {
    // The Hilbert matrix of order 40, whose values fall to 1e-17; its trace is known.
    let entry = |i: usize, j: usize| 1.0 / (i + j + 1) as f64;
    let rows: Vec<Vec<f64>> = (0..40).map(|i| (0..40).map(|j| entry(i, j)).collect()).collect();
    let a = sparse(&rows);
    let svd = exact(40).decompose(&a, &()).unwrap();
    let trace: f64 = (0..40).map(|i| entry(i, i)).sum();
    assert!((svd.singular_values.iter().sum::<f64>() - trace).abs() < 1e-14);
    assert_exact(&a, &svd, &svd.singular_values, 0.0, 1e-15 * 10.0);
}

#[test]
fn a_large_hilbert_matrix_agrees_with_the_dense_decomposition_of_its_core() {
    // Of order 300 its rank is about 25 in double precision.
    let entry = |i: usize, j: usize| 1.0 / (i + j + 1) as f64;
    let rows: Vec<Vec<f64>> = (0..300).map(|i| (0..300).map(|j| entry(i, j)).collect()).collect();
    let a = sparse(&rows);
    let svd = exact(15).decompose(&a, &()).unwrap();
    assert_exact(&a, &svd, &svd.singular_values, 0.0, 1e-15 * 10.0);
    // It is positive definite, so the sum of its values is its trace.
    let trace: f64 = (0..300).map(|i| entry(i, i)).sum();
    let sum: f64 = svd.singular_values.iter().sum();
    assert!(sum < trace && trace - sum < 1e-4, "{sum} of {trace}");
}

#[test]
fn single_precision_stays_where_it_suffices() {
    let spectrum: Vec<f64> = (0..280).map(|i| 1.0 / f64::from(i + 1)).collect();
    let a = matrix(280, 280, &spectrum);
    let find = |precision| RandomizedSvd::new(20).precision(precision).decompose(&a, &()).unwrap();
    let auto = find(SvdPrecision::Auto);
    assert_eq!(auto, find(SvdPrecision::Single));
    assert!(auto.double.is_none() && auto.converged);
}

#[test]
fn any_number_of_threads_gives_the_same_bits_in_double_precision() {
    let spectrum: Vec<f64> = (0..290).map(|i| 10f64.powf(f64::from(-i) / 20.0)).collect();
    let a = matrix(6000, 290, &spectrum);
    let digest = |n_threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        pool.install(|| exact(30).decompose(&a, &()).unwrap().digest())
    };
    let one = digest(1);
    assert_eq!([digest(2), digest(3), digest(8)], [one.clone(), one.clone(), one]);
}

#[test]
fn what_has_no_double_products_is_refused_or_stays_single() {
    struct Single(DenseMatrix);
    impl LinearOperator for Single {
        fn n_rows(&self) -> usize {
            self.0.n_rows()
        }
        fn n_columns(&self) -> usize {
            self.0.n_columns()
        }
        fn apply(
            &self,
            q: &[f32],
            width: usize,
            y: &mut [f32],
            precision: eigenlex::Precision,
        ) -> eigenlex::Result<()> {
            self.0.apply(q, width, y, precision)
        }
        fn apply_transpose(
            &self,
            y: &[f32],
            width: usize,
            x: &mut [f32],
            precision: eigenlex::Precision,
        ) -> eigenlex::Result<()> {
            self.0.apply_transpose(y, width, x, precision)
        }
        fn squared_norm(&self) -> f64 {
            self.0.squared_norm()
        }
    }
    let a = Single(DenseMatrix::from_rows(&[[3.0, 1.0], [0.0, -5.0], [0.3, 0.1]]));
    let svd = RandomizedSvd::new(2).tolerance(1e-12).decompose(&a, &()).unwrap();
    assert!(svd.double.is_none() && svd.converged);
    let refusal = RandomizedSvd::new(2).precision(SvdPrecision::Double).decompose(&a, &());
    assert_eq!(
        refusal.unwrap_err().to_string(),
        "precision is double, expected auto or single: this matrix has no products in double \
         precision"
    );
    let plain = RandomizedSvd::new(2).precision(SvdPrecision::Double).power_iterations(2);
    assert!(plain.check().unwrap_err().to_string().starts_with("precision is double"));
}

//! The parts that cannot be reached from outside: the Lanczos iteration on matrices that
//! `decompose` takes the dense way.

use super::lanczos::{Limits, ritz_vectors};
use super::*;
use crate::linalg::dense::inner;
use crate::operator::DenseMatrix;

/// `n_rows x n_columns` numbers of both signs from a quadratic congruence.
fn matrix(n_rows: usize, n_columns: usize) -> DenseMatrix {
    let entry = |i: usize, j: usize| ((i * i * 31 + j * 17 + i * j * 7) % 101) as f32 / 50.0 - 1.0;
    DenseMatrix::from_rows(
        &(0..n_rows)
            .map(|i| (0..n_columns).map(|j| entry(i, j)).collect::<Vec<f32>>())
            .collect::<Vec<_>>(),
    )
}

fn symmetric(n: usize) -> DenseMatrix {
    let a = matrix(n, n);
    let entry = |i: usize, j: usize| a.values()[i * n + j] + a.values()[j * n + i];
    DenseMatrix::from_rows(
        &(0..n).map(|i| (0..n).map(|j| entry(i, j)).collect::<Vec<f32>>()).collect::<Vec<_>>(),
    )
}

fn limits(rank: usize, tolerance: f64) -> Limits {
    Limits { rank, tolerance, block_width: 4, max_basis: 60, max_products: 100_000, seed: 1 }
}

fn lanczos(a: &DenseMatrix, form: Form, rank: usize, block_width: usize, max_basis: usize) -> Svd {
    let limits = Limits { block_width, max_basis, ..limits(rank, 1e-4) };
    let operator = Symmetrized { a, form, precision: Precision::Full };
    let ritz = ritz_vectors(&operator, &limits, Resume::default(), &mut 0, &()).unwrap().unwrap();
    triplets::extract(a, form, ritz.vectors, ritz.width, rank, true, ritz.products).unwrap()
}

fn assert_agree(found: &Svd, exact: &Svd, tolerance: f64) {
    for (found, exact) in found.singular_values.iter().zip(&exact.singular_values) {
        assert!((found - exact).abs() < tolerance * found.max(1.0), "{found} against {exact}");
    }
    for (panel, rank) in [(&found.v, found.rank()), (found.u.as_ref().unwrap(), found.rank())] {
        let gram = inner(panel, rank, panel, rank);
        for i in 0..rank {
            for j in 0..rank {
                assert!(
                    (gram[(i, j)] - f64::from(u8::from(i == j))).abs() < 1e-4,
                    "vectors {i} and {j}: {}",
                    gram[(i, j)]
                );
            }
        }
    }
}

#[test]
fn every_form_agrees_with_the_dense_decomposition() {
    for (n_rows, n_columns, form) in [
        (150, 60, Form::Columns),
        (60, 150, Form::Rows),
        (90, 90, Form::Columns),
        (1, 9, Form::Rows),
    ] {
        let a = matrix(n_rows, n_columns);
        let side = n_rows.min(n_columns);
        for rank in [1, 7, side] {
            let rank = rank.min(side);
            let exact = triplets::dense_triplets(&a, rank, true).unwrap();
            for block_width in [1, 8, 64] {
                let found = lanczos(&a, form, rank, block_width.min(side), side);
                assert_agree(&found, &exact, 1e-4);
            }
        }
    }
}

#[test]
fn a_symmetric_matrix_with_eigenvalues_of_both_signs() {
    let a = symmetric(80);
    for rank in [5, 80] {
        let exact = triplets::dense_triplets(&a, rank, true).unwrap();
        let found = lanczos(&a, Form::Symmetric, rank, 8, 80);
        assert_agree(&found, &exact, 1e-4);
    }
}

#[test]
fn restarts_reach_the_same_triplets() {
    let a = matrix(200, 120);
    let exact = triplets::dense_triplets(&a, 10, true).unwrap();
    for block_width in [1, 4] {
        let found = lanczos(&a, Form::Columns, 10, block_width, 30);
        assert_agree(&found, &exact, 1e-4);
        assert!(found.residuals.iter().all(|&residual| residual < 1e-4), "{:?}", found.residuals);
    }
    let a = symmetric(150);
    let exact = triplets::dense_triplets(&a, 10, true).unwrap();
    assert_agree(&lanczos(&a, Form::Symmetric, 10, 4, 30), &exact, 1e-4);
}

#[test]
fn an_exhausted_krylov_space_goes_on_with_random_vectors() {
    // Rank 3, and 50 equal singular values: a block of 4 exhausts both spaces at once.
    let rank_3: Vec<Vec<f32>> = (0..70)
        .map(|i| {
            (0..50)
                .map(|j| ((i % 3) * 2 + 1) as f32 * f32::from(u8::from(i % 3 == j % 3)))
                .collect()
        })
        .collect();
    let identity: Vec<Vec<f32>> =
        (0..50).map(|i| (0..50).map(|j| f32::from(u8::from(i == j))).collect()).collect();
    for (rows, form) in
        [(rank_3, Form::Columns), (identity.clone(), Form::Symmetric), (identity, Form::Columns)]
    {
        let a = DenseMatrix::from_rows(&rows);
        let exact = triplets::dense_triplets(&a, 20, true).unwrap();
        assert_agree(&lanczos(&a, form, 20, 4, 50), &exact, 2e-4);
    }
}

/// A sparse matrix whose columns fall off as the words of a language do.
fn zipf(n_rows: usize, n_columns: usize) -> DenseMatrix {
    let entry = |i: usize, j: usize| {
        if (i * 37 + j * j * 11) % 13 < 3 {
            ((i + 5 * j) % 7 + 1) as f32 / (j as f32 + 3.0)
        } else {
            0.0
        }
    };
    DenseMatrix::from_rows(
        &(0..n_rows)
            .map(|i| (0..n_columns).map(|j| entry(i, j)).collect::<Vec<f32>>())
            .collect::<Vec<_>>(),
    )
}

#[test]
fn residuals_of_the_recurrence_are_those_that_products_measure() {
    for (a, form) in [
        (zipf(400, 300), Form::Columns),
        (zipf(300, 400), Form::Rows),
        (symmetric(300), Form::Symmetric),
    ] {
        let limits = limits(6, 1e-2);
        let operator = Symmetrized { a: &a, form, precision: Precision::Full };
        let mut ritz =
            ritz_vectors(&operator, &limits, Resume::default(), &mut 0, &()).unwrap().unwrap();
        let confirm =
            |ritz: &_, limits: &_| confirm::confirmed_triplets(&operator, ritz, limits, true);
        let confirmed = confirm(&ritz, &limits).unwrap().unwrap();

        // Below the rounding of f32, and where the recurrence is wrong, the triplets are to be
        // measured.
        let tight = Limits { tolerance: 1e-9, ..limits };
        assert!(confirm(&ritz, &tight).unwrap().is_none());
        ritz.residuals.iter_mut().for_each(|residual| *residual /= 3.0);
        assert!(confirm(&ritz, &limits).unwrap().is_none());

        let measured =
            triplets::extract(&a, form, ritz.vectors, ritz.width, limits.rank, true, ritz.products)
                .unwrap();
        assert_recurrence(&confirmed, &measured, form);
    }
}

/// The residuals that the recurrence gives against those that products measure.
fn assert_recurrence(confirmed: &Svd, measured: &Svd, form: Form) {
    assert!(confirmed.products < measured.products + 2 * 16);
    let mut compared = 0;
    for i in 0..confirmed.rank() {
        let (s, exact) = (confirmed.singular_values[i], measured.singular_values[i]);
        assert!((s - exact).abs() < 1e-4 * exact, "{s} against {exact}");
        let (known, found) = (confirmed.residuals[i], measured.residuals[i]);
        // The measured ones are those of vectors that were turned once more within their space.
        if found > 1e-4 {
            assert!(
                (known / found).ln().abs() < 0.2,
                "{form:?}, triplet {i}: {known} against {found}"
            );
            compared += 1;
        }
    }
    assert!(compared > 0, "{:?}", measured.residuals);
    assert_agree(confirmed, measured, 1e-4);
}

/// Multiplies by the matrix after adding to each number a relative error of up to `error`, which
/// depends on the place alone.
struct Rough<'a> {
    a: &'a DenseMatrix,
    error: f32,
}

impl Rough<'_> {
    fn roughened(&self, q: &[f32]) -> Vec<f32> {
        q.iter()
            .enumerate()
            .map(|(i, q)| q * (1.0 + self.error * ((i * 7919 % 1009) as f32 / 504.0 - 1.0)))
            .collect()
    }
}

impl LinearOperator for Rough<'_> {
    fn n_rows(&self) -> usize {
        self.a.n_rows()
    }

    fn n_columns(&self) -> usize {
        self.a.n_columns()
    }

    fn apply(&self, q: &[f32], width: usize, y: &mut [f32], precision: Precision) -> Result<()> {
        match precision {
            Precision::Full => self.a.apply(q, width, y, precision),
            Precision::Half => self.a.apply(&self.roughened(q), width, y, precision),
        }
    }

    fn apply_transpose(
        &self,
        y: &[f32],
        width: usize,
        x: &mut [f32],
        precision: Precision,
    ) -> Result<()> {
        self.a.apply_transpose(y, width, x, precision)
    }

    fn squared_norm(&self) -> f64 {
        self.a.squared_norm()
    }
}

/// `max |A^T A v - s^2 v| / (s s_rank)`, in plain loops.
fn largest_residual(a: &DenseMatrix, svd: &Svd) -> f64 {
    let (n, rank) = (a.n_columns(), svd.rank());
    let (mut y, mut x) = (vec![0.0; a.n_rows() * rank], vec![0.0; n * rank]);
    a.apply(&svd.v, rank, &mut y, Precision::Full).unwrap();
    a.apply_transpose(&y, rank, &mut x, Precision::Full).unwrap();
    let square = |i: usize, s: f64| {
        (0..n)
            .map(|j| (f64::from(x[j * rank + i]) - s * s * f64::from(svd.v[j * rank + i])).powi(2))
            .sum::<f64>()
    };
    let smallest = svd.singular_values[rank - 1];
    svd.singular_values
        .iter()
        .enumerate()
        .map(|(i, &s)| square(i, s).sqrt() / (s * smallest))
        .fold(0.0, f64::max)
}

#[test]
fn rounded_products_are_in_the_residuals_and_too_rough_ones_are_not_taken() {
    let entry = |i: usize, j: usize| {
        if (i * 37 + j * j * 11) % 13 < 3 {
            ((i + 5 * j) % 7 + 1) as f32 / (j as f32 + 3.0).sqrt()
        } else {
            0.0
        }
    };
    let a = DenseMatrix::from_rows(
        &(0..500).map(|i| (0..400).map(|j| entry(i, j)).collect::<Vec<f32>>()).collect::<Vec<_>>(),
    );
    let solver = RandomizedSvd { tolerance: 1e-2, block_width: Some(8), ..RandomizedSvd::new(12) };
    let exact = solver.decompose(&a, &()).unwrap();
    assert!(exact.converged);
    let mut products = Vec::new();
    for error in [1e-4, 2e-3, 0.3] {
        let svd = solver.decompose(&Rough { a: &a, error }, &()).unwrap();
        let (known, residual) =
            (svd.residuals.iter().copied().fold(0.0, f64::max), largest_residual(&a, &svd));
        assert!(
            svd.converged && residual < 1.2e-2,
            "error {error}: {known} stated, {residual} measured"
        );
        assert!(residual < 1.5 * known, "error {error}: {known} stated, {residual} measured");
        for (s, exact) in svd.singular_values.iter().zip(&exact.singular_values) {
            assert!((s - exact).abs() < 1e-3 * exact, "error {error}: {s} against {exact}");
        }
        products.push(svd.products);
    }
    // What is much too rough is given up for exact products, and the work of both is counted.
    assert!(products[2] > exact.products, "{products:?} against {}", exact.products);
    // A tight tolerance does not try.
    let tight = RandomizedSvd { tolerance: 1e-4, ..solver };
    assert_eq!(
        tight.decompose(&a, &()).unwrap(),
        tight.decompose(&Rough { a: &a, error: 0.3 }, &()).unwrap()
    );
}

/// Stops the iteration as soon as another state is kept than the one that was there at the
/// beginning.
struct StopAtState<'a> {
    file: &'a std::path::Path,
    first: Option<Vec<u8>>,
    n_told: std::sync::atomic::AtomicUsize,
}

impl Progress for StopAtState<'_> {
    fn is_cancelled(&self) -> bool {
        std::fs::read(self.file).ok() != self.first
    }

    fn tell(&self, sentence: &str) {
        assert!(sentence.starts_with("the decomposition resumes after "), "{sentence}");
        self.n_told.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn an_iteration_that_is_stopped_at_every_restart_ends_with_the_same_bits() {
    use crate::storage::checkpoints::{CheckpointFolder, CheckpointKey, CheckpointSlot};

    // Noise: a flat spectrum, which takes restarts.
    let row = |i: u64| {
        (0..400).map(|j| crate::base::random::uniform(5, i, j) as f32 - 0.5).collect::<Vec<f32>>()
    };
    let a = DenseMatrix::from_rows(&(0..700).map(row).collect::<Vec<_>>());
    let parent = tempfile::tempdir().unwrap();
    for tolerance in [1e-2, 1e-5] {
        let shape =
            RandomizedSvd { block_width: Some(32), max_basis: Some(140), ..RandomizedSvd::new(40) };
        let solver = RandomizedSvd { tolerance, left_vectors: true, ..shape };
        let expected = solver.decompose(&a, &()).unwrap();
        let folder = CheckpointFolder::open(&parent.path().join(tolerance.to_string())).unwrap();
        let kept = CheckpointSlot { folder: &folder, key: CheckpointKey::of(&tolerance) };
        let file = folder.path().join("svd");
        let mut n_stops = 0;
        let found = loop {
            let progress =
                StopAtState { file: &file, first: std::fs::read(&file).ok(), n_told: 0.into() };
            let result = solver.decompose_kept(&a, Some(kept), &progress);
            assert_eq!(progress.n_told.into_inner(), usize::from(n_stops > 0));
            match result {
                Err(Error::Interrupted) => n_stops += 1,
                result => break result.unwrap(),
            }
        };
        assert!(n_stops >= 2, "{n_stops} stops");
        assert_eq!((found.products, &found.residuals), (expected.products, &expected.residuals));
        assert_eq!(found.singular_values, expected.singular_values);
        assert!(found.v == expected.v && found.u == expected.u);
    }
}

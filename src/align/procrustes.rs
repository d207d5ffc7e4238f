//! The orthogonal Procrustes problem and its relatives on small dense matrices, in `f64` and in one
//! thread: the same bits everywhere.
//!
//! In: the cross-covariance `X^T Y` of matched rows (`dim x dim`). Out: the orthogonal `Q` that
//! minimises `|X Q - Y|_F`: with `X^T Y = U S V^T` it is `Q = U V^T` (Schönemann 1966).

use faer::{Mat, MatRef};
use rayon::prelude::*;

use crate::base::error::{Error, Result};
use crate::base::progress::Stage;
use crate::linalg::dense::{product, symmetric_eigen, thin_svd};

/// Matched rows that one task sums, in `f64`; fixed, so that nothing depends on the threads.
const ROWS_PER_TASK: usize = 1024;

/// The orthogonal matrix `Q` that best maps the rows of `X` to the rows of `Y`, from `X^T Y`.
///
/// # Errors
/// [`Error::NotFinite`] if the matrix is not finite.
pub(crate) fn procrustes(cross: MatRef<'_, f64>) -> Result<Mat<f64>> {
    let (u, _, v) = decomposed(cross)?;
    Ok(product(u.as_ref(), v.transpose()))
}

/// `X^T diag(weights) Y` over matched rows of two row-major `f32` panels of `dim` columns, summed
/// in `f64` in a fixed order.
pub(crate) fn cross_covariance(
    x: &[f32],
    y: &[f32],
    dim: usize,
    pairs: &[(u32, u32)],
    weights: Option<&[f32]>,
) -> Mat<f64> {
    let partial: Vec<Mat<f64>> = pairs
        .par_chunks(ROWS_PER_TASK)
        .enumerate()
        .map(|(task, pairs)| {
            let row = |panel: &[f32], id: u32| panel[id as usize * dim..][..dim].to_vec();
            let weight = |place: usize| {
                weights.map_or(1.0, |weights| f64::from(weights[task * ROWS_PER_TASK + place]))
            };
            let left: Vec<f64> = pairs
                .iter()
                .enumerate()
                .flat_map(|(place, pair)| {
                    row(x, pair.0).into_iter().map(move |number| f64::from(number) * weight(place))
                })
                .collect();
            let right: Vec<f64> =
                pairs.iter().flat_map(|pair| row(y, pair.1)).map(f64::from).collect();
            let left = MatRef::from_row_major_slice(&left, pairs.len(), dim);
            let right = MatRef::from_row_major_slice(&right, pairs.len(), dim);
            product(left.transpose(), right)
        })
        .collect();
    partial.into_iter().fold(Mat::zeros(dim, dim), |sum, partial| sum + partial)
}

/// `(u, s, v)` with falling `s`.
pub(crate) fn decomposed(a: MatRef<'_, f64>) -> Result<(Mat<f64>, Vec<f64>, Mat<f64>)> {
    refuse_not_finite(a)?;
    thin_svd(a).map_err(|_| no_convergence())
}

/// `f` applied to the eigenvalues of a symmetric matrix, of which the lower half is read.
pub(crate) fn of_eigenvalues(a: MatRef<'_, f64>, f: impl Fn(f64) -> f64) -> Result<Mat<f64>> {
    refuse_not_finite(a)?;
    let n = a.nrows();
    let (values, e) = symmetric_eigen(a).map_err(|_| no_convergence())?;
    let scaled = Mat::from_fn(n, n, |i, j| e[(i, j)] * f(values[j]));
    Ok(product(scaled.as_ref(), e.transpose()))
}

fn refuse_not_finite(a: MatRef<'_, f64>) -> Result<()> {
    let is_finite = (0..a.ncols()).all(|j| (0..a.nrows()).all(|i| a[(i, j)].is_finite()));
    if is_finite {
        Ok(())
    } else {
        Err(Error::NotFinite {
            stage: Stage::Align,
            place: "an inner product of matched vectors".to_owned(),
        })
    }
}

fn no_convergence() -> Error {
    Error::NotFinite {
        stage: Stage::Align,
        place: "a small dense eigenproblem, which did not converge".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::uniform;

    fn random(n: usize, m: usize, seed: u64) -> Mat<f64> {
        Mat::from_fn(n, m, |i, j| uniform(seed, i as u64, j as u64) - 0.5)
    }

    fn largest(a: &Mat<f64>) -> f64 {
        (0..a.ncols())
            .flat_map(|j| (0..a.nrows()).map(move |i| (i, j)))
            .map(|(i, j)| a[(i, j)].abs())
            .fold(0.0, f64::max)
    }

    #[test]
    fn a_rotation_is_found_again() {
        let rotation = procrustes(random(7, 7, 1).as_ref()).unwrap();
        let identity = Mat::from_fn(7, 7, |i, j| f64::from(u8::from(i == j)));
        assert!(largest(&(product(rotation.transpose(), rotation.as_ref()) - &identity)) < 1e-14);
        let x = random(40, 7, 2);
        let y = product(x.as_ref(), rotation.as_ref());
        let rows = |a: &Mat<f64>| -> Vec<f32> {
            (0..40).flat_map(|i| (0..7).map(move |j| a[(i, j)] as f32)).collect()
        };
        let pairs: Vec<(u32, u32)> = (0..40).map(|i| (i, i)).collect();
        let found =
            procrustes(cross_covariance(&rows(&x), &rows(&y), 7, &pairs, None).as_ref()).unwrap();
        assert!(largest(&(found - rotation)) < 1e-6);
    }

    #[test]
    fn no_rotation_nearby_is_better() {
        let (x, y) = (random(30, 4, 3), random(30, 4, 4));
        let q = procrustes(product(x.transpose(), y.as_ref()).as_ref()).unwrap();
        let loss = |q: &Mat<f64>| (product(x.as_ref(), q.as_ref()) - &y).squared_norm_l2();
        for seed in 0..50 {
            let nudged = q.clone() + random(4, 4, 100 + seed) * faer::Scale(0.05);
            let other = procrustes(nudged.as_ref()).unwrap();
            assert!(loss(&q) <= loss(&other) + 1e-12);
        }
    }

    #[test]
    fn a_covariance_whitens() {
        let x = random(50, 5, 9);
        let gram = product(x.transpose(), x.as_ref());
        let root = of_eigenvalues(gram.as_ref(), |value| 1.0 / value.sqrt()).unwrap();
        let white = product(x.as_ref(), root.as_ref());
        let identity = Mat::from_fn(5, 5, |i, j| f64::from(u8::from(i == j)));
        assert!(largest(&(product(white.transpose(), white.as_ref()) - identity)) < 1e-12);
        let message =
            procrustes(Mat::from_fn(2, 2, |_, _| f64::NAN).as_ref()).unwrap_err().to_string();
        assert_eq!(
            message,
            "align: a value is not finite (NaN or infinity) at an inner product of matched vectors"
        );
    }
}

//! The symmetric map of Artetxe, Labaka & Agirre 2018 ("Generalizing and improving bilingual word
//! embedding mappings with a multi-step framework of linear transformations", AAAI, section 3), by
//! its numbered steps.
//!
//! In: the covariances `X^T X`, `Y^T Y` and `X^T Y` of matched rows, `dim x dim`. Out: one matrix
//! for each side. Step 1 whitens both sides, step 2 rotates them onto each other by `U S V^T`, the
//! SVD of their cross-covariance, step 3 weights the components by `S^power`, so that those that
//! the two languages share count more, step 4 reverses the whitening in the new axes. Step 5,
//! cutting off the last components, is not done: the weights do that softly.

use faer::{Mat, MatRef};

use super::procrustes::{decomposed, of_eigenvalues};
use crate::base::error::Result;
use crate::base::functions::pow;
use crate::linalg::dense::product;

/// Share of the mean variance that is added to each variance before whitening, so that few pairs do
/// not amplify directions of little variance.
const RIDGE: f64 = 1e-3;

/// The two matrices, source and target, from the covariances of matched rows; `power` is the
/// exponent of step 3, 0.5 on each side in the paper.
pub(crate) fn symmetric(
    xx: MatRef<'_, f64>,
    yy: MatRef<'_, f64>,
    xy: MatRef<'_, f64>,
    power: f64,
) -> Result<(Mat<f64>, Mat<f64>)> {
    // Step 1.
    let (white_x, colour_x) = whitening(xx)?;
    let (white_y, colour_y) = whitening(yy)?;
    // Step 2.
    let (u, s, v) =
        decomposed(product(product(white_x.as_ref(), xy).as_ref(), white_y.as_ref()).as_ref())?;
    let side = |white: &Mat<f64>, colour: &Mat<f64>, axes: &Mat<f64>| {
        let rotated = product(white.as_ref(), axes.as_ref());
        // Step 3.
        let weighted = Mat::from_fn(rotated.nrows(), rotated.ncols(), |i, j| {
            rotated[(i, j)] * pow(s[j].max(0.0), power)
        });
        // Step 4.
        let back = product(product(axes.transpose(), colour.as_ref()).as_ref(), axes.as_ref());
        product(weighted.as_ref(), back.as_ref())
    };
    Ok((side(&white_x, &colour_x, &u), side(&white_y, &colour_y, &v)))
}

/// `C^(-1/2)` and `C^(1/2)` of a covariance with its ridge.
fn whitening(covariance: MatRef<'_, f64>) -> Result<(Mat<f64>, Mat<f64>)> {
    let n = covariance.nrows();
    let ridge = RIDGE * (0..n).map(|i| covariance[(i, i)]).sum::<f64>() / n as f64;
    let root = |value: f64| (value.max(0.0) + ridge).max(f64::MIN_POSITIVE).sqrt();
    Ok((of_eigenvalues(covariance, |value| 1.0 / root(value))?, of_eigenvalues(covariance, root)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::uniform;

    #[test]
    fn a_rotated_space_comes_back_onto_itself() {
        let x =
            Mat::from_fn(200, 6, |i, j| (uniform(5, i as u64, j as u64) - 0.5) / (1.0 + j as f64));
        let q = super::super::procrustes::procrustes(
            Mat::from_fn(6, 6, |i, j| uniform(6, i as u64, j as u64) - 0.5).as_ref(),
        )
        .unwrap();
        let y = product(x.as_ref(), q.as_ref());
        let gram = |a: &Mat<f64>, b: &Mat<f64>| product(a.transpose(), b.as_ref());
        let (mx, my) =
            symmetric(gram(&x, &x).as_ref(), gram(&y, &y).as_ref(), gram(&x, &y).as_ref(), 0.5)
                .unwrap();
        let (a, b) = (product(x.as_ref(), mx.as_ref()), product(y.as_ref(), my.as_ref()));
        assert!((a - b).norm_max() < 1e-9);
    }
}

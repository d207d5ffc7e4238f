//! From Ritz pairs whose residuals are known to singular triplets, without products that measure
//! them: a few random ones confirm them.
//!
//! In: `M z_i = lambda_i z_i + r_i` with the lengths `|r_i|` that the recurrence gives ([`Ritz`]).
//! Out: an [`Svd`], or none if the squares that `M` is made of leave the smallest triplets to
//! rounding, or if the recurrence is not confirmed: the triplets are then measured
//! ([`super::triplets`]).
//!
//! For a panel `G` of random signs, `|G^T r|^2` over its columns has the mean `|r|^2` (Johnson &
//! Lindenstrauss 1984; Achlioptas 2003), and `G^T r_i = (M G)^T z_i - lambda_i G^T z_i` for all i
//! at once: [`PROBES`] columns are multiplied instead of one for each triplet. They are multiplied
//! in full `f32`, also where the iteration rounded its panels to 16 bits: what that did to each
//! triplet is known from the probes alone, within a quarter, and is added to the residuals.

use faer::Mat;

use super::lanczos::{Limits, Ritz};
use super::random::sign_panel;
use super::result::Svd;
use super::symmetrized::{Form, Symmetrized};
use super::triplets::{fix_signs, normalize, products_of, turned};
use crate::base::error::Result;
use crate::linalg::dense::{columns_of, inner};
use crate::linalg::panel::Panel;

/// Random vectors: the length of all residuals together is then known within a fifth, seldom within
/// more than a half.
const PROBES: usize = 16;

/// The probed residuals may be so many times as long as those of the recurrence, all together,
/// before these are not believed.
const AGREEMENT: f64 = 1.5;

/// Adds to the squared residuals of the recurrence what rounded products did, of which it knows
/// nothing: the mean of what the probes find beyond it; or all that the probes find of a triplet,
/// where that is more than chance explains.
fn add_rounding(squares: &mut [f64], probed: &[f64]) {
    let beyond: f64 =
        squares.iter().zip(probed).map(|(square, probed)| (probed - square).max(0.0)).sum();
    let mean = beyond / squares.len() as f64;
    for (square, &probed) in squares.iter_mut().zip(probed) {
        let is_explained = probed <= AGREEMENT * AGREEMENT * *square;
        *square += mean;
        if !is_explained {
            *square = square.max(probed);
        }
    }
}

/// The triplets of the wanted Ritz pairs, of which there may be more; `operator` multiplies in
/// full.
pub(super) fn confirmed_triplets(
    operator: &Symmetrized<'_>,
    ritz: &Ritz,
    limits: &Limits,
    left_vectors: bool,
) -> Result<Option<Svd>> {
    let form = operator.form;
    let values = &ritz.values[..limits.rank];
    let s: Vec<f64> = values.iter().map(|&value| form.singular(value)).collect();
    let near = columns_of(&ritz.vectors, ritz.width, 0, limits.rank);
    let Some(squares) = confirmed_squares(operator, ritz, &s, &near, limits)? else {
        return Ok(None);
    };

    let a = operator.a;
    let mut products = ritz.products + PROBES * operator.products_per_column();
    // The vectors of the other side.
    let mut other = |n_rows: usize, transposed: bool| -> Result<Panel> {
        let mut y = products_of(a, &ritz.vectors, ritz.width, limits.rank, n_rows, transposed)?;
        products += limits.rank;
        normalize(&mut y, &s)?;
        Ok(y)
    };
    let (v, u) = match form {
        Form::Symmetric if left_vectors => {
            let u = turned(&near, values);
            (near.into_vec(), Some(u))
        }
        Form::Columns if left_vectors => {
            let u = other(a.n_rows(), false)?;
            (near.into_vec(), Some(u.into_vec()))
        }
        Form::Symmetric | Form::Columns => (near.into_vec(), None),
        Form::Rows => {
            let v = other(a.n_columns(), true)?;
            (v.into_vec(), left_vectors.then(|| near.into_vec()))
        }
    };
    let mut svd = Svd::assemble(a, s, v, u, squares, products);
    fix_signs(&mut svd);
    Ok(Some(svd))
}

/// The squared residuals of the triplets with singular values `s` and vectors `near` on the side of
/// the operator, if the probes confirm them.
fn confirmed_squares(
    operator: &Symmetrized<'_>,
    ritz: &Ritz,
    s: &[f64],
    near: &[f32],
    limits: &Limits,
) -> Result<Option<Vec<f64>>> {
    let form = operator.form;
    let (largest, smallest) = (s[0], s[limits.rank - 1]);
    let rounding = f64::from(f32::EPSILON) * form.eigenvalue(largest);
    if rounding > limits.tolerance * form.eigenvalue(smallest) {
        return Ok(None);
    }
    // A residual of the squared problem is s times as long as that of the triplet.
    let scale: Vec<f64> =
        s.iter().map(|&s| if form == Form::Symmetric { 1.0 } else { 1.0 / s }).collect();
    let mut squares: Vec<f64> = ritz.residuals[..limits.rank]
        .iter()
        .zip(&scale)
        .map(|(r, scale)| (r * r + rounding * rounding) * scale * scale)
        .collect();
    let probed = probe(operator, near, &ritz.values[..limits.rank], &scale, limits.seed)?;
    if ritz.rounded {
        add_rounding(&mut squares, &probed);
        let allowed = limits.tolerance * smallest;
        if squares.iter().any(|&square| square.is_nan() || square > allowed * allowed) {
            return Ok(None);
        }
    } else {
        let probed: f64 = probed.iter().sum();
        if probed.is_nan() || probed > AGREEMENT * AGREEMENT * squares.iter().sum::<f64>() {
            return Ok(None);
        }
    }
    Ok(Some(squares))
}

/// The squared residuals of the pairs `values`, `near` that the probes see, each times `scale^2`.
fn probe(
    operator: &Symmetrized<'_>,
    near: &[f32],
    values: &[f64],
    scale: &[f64],
    seed: u64,
) -> Result<Vec<f64>> {
    let rank = values.len();
    let n = near.len() / rank;
    // Other numbers than those of the start, on which the residuals depend.
    let probe = sign_panel(!seed, n, PROBES);
    let mut product = Panel::zeros(n * PROBES);
    operator.apply(&probe, PROBES, &mut product, &mut Panel::default())?;
    let (product, probe) = (inner(&product, PROBES, near, rank), inner(&probe, PROBES, near, rank));
    let probed =
        Mat::from_fn(PROBES, rank, |p, i| (product[(p, i)] - values[i] * probe[(p, i)]) * scale[i]);
    Ok((0..rank).map(|i| probed.col(i).squared_norm_l2() / PROBES as f64).collect())
}

//! The plain randomized scheme of Halko, Martinsson & Tropp (2011), algorithms 4.4 and 5.1: for
//! comparison with other libraries.
//!
//! In: a matrix `A` (`n x d`), the number of power iterations q. Out: an orthonormal panel
//! (`n x l`, `l = rank + oversampling`) whose range is that of `(A A^T)^q A omega` for a random
//! `omega`, orthonormalised after every product (subspace iteration).

use super::random::gaussian_panel;
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::linalg::dense::{factor, squared_distances, straighten};
use crate::linalg::panel::Panel;
use crate::operator::{LinearOperator, Precision};

/// An orthonormal panel of `n_rows x width` near the range of `A`, row-major, and its width: at
/// most `width`, less if `A` has a smaller rank.
pub(super) fn range_of(
    a: &dyn LinearOperator,
    mut width: usize,
    power_iterations: usize,
    seed: u64,
    products: &mut usize,
    progress: &dyn Progress,
) -> Result<(Panel, usize)> {
    let mut left = Panel::zeros(a.n_rows() * width);
    let omega = gaussian_panel(seed, a.n_columns(), 0, width);
    a.apply(&omega, width, &mut left, Precision::Full)?;
    *products += width;
    let mut q = orthonormal(left, &mut width)?;
    for iteration in 0..power_iterations {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let mut right = Panel::zeros(a.n_columns() * width);
        a.apply_transpose(&q, width, &mut right, Precision::Full)?;
        *products += width;
        let z = orthonormal(right, &mut width)?;
        let mut left = Panel::zeros(a.n_rows() * width);
        a.apply(&z, width, &mut left, Precision::Full)?;
        *products += width;
        q = orthonormal(left, &mut width)?;
        progress.note(&format!(
            "power iteration {} of {power_iterations}, {products} products",
            iteration + 1
        ));
    }
    Ok((q, width))
}

/// Orthonormal columns with the same range; directions at the rounding of `f32` are dropped.
fn orthonormal(w: Panel, width: &mut usize) -> Result<Panel> {
    let lengths = squared_distances(&w, &w, &vec![0.0; *width]);
    let longest = lengths.into_iter().fold(0.0, f64::max).sqrt();
    let first = factor(w, *width, 2.0 * f64::from(f32::EPSILON) * longest, *width, false)?;
    *width = first.r.nrows();
    // The first factor is as orthonormal as the condition of w allows; the second mends it, the
    // third is for ill-conditioned panels.
    let second = straighten(first.x, *width)?;
    Ok(straighten(second.x, *width)?.x)
}

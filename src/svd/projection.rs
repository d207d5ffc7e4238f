//! The projected eigenproblem of the iteration, and the residuals of its Ritz pairs.
//!
//! In: `T = Q^T M Q` (`m x m`) and the coupling `C` of the basis to the block that comes after it.
//! Out: all Ritz values and vectors, and for the wanted ones `|M z - theta z| = |C s_last|`
//! (Parlett 1998, chapter 13).

use std::ops::Range;

use faer::{Mat, MatRef};

use super::symmetrized::Form;
use crate::base::error::Result;
use crate::linalg::dense::{norm, product, symmetric_eigen};

/// Part of the tolerance that the Ritz residuals may use; the rest is for the rounding of the
/// vectors.
pub(super) const SAFETY: f64 = 0.95;

/// The projected problem: `T = Q^T M Q` for the finished columns of the basis, and the block that
/// comes after them.
pub(super) struct Projection {
    /// `m x m`, symmetric.
    pub(super) t: Mat<f64>,
    /// The columns among the m to which the next block is coupled.
    pub(super) coupled: Range<usize>,
    /// `next block x coupled`.
    pub(super) coupling: Mat<f64>,
}

/// The Ritz values and their residuals at one size of the basis.
pub(super) struct Check {
    /// All Ritz values, the wanted ones first.
    pub(super) values: Vec<f64>,
    /// `m x m`: the eigenvectors of `T` in the same order.
    pub(super) vectors: Mat<f64>,
    /// `|M z - theta z|` of the wanted ones.
    pub(super) residuals: Vec<f64>,
    /// Leading triplets whose residual is within the tolerance.
    pub(super) n_converged: usize,
    /// The worst residual among the wanted, as a multiple of what is allowed.
    pub(super) excess: f64,
}

impl Projection {
    /// Adds the current block: `T` gains its couplings and its own `alpha`.
    pub(super) fn extend(&mut self, alpha: MatRef<'_, f64>) {
        let (m, width) = (self.t.nrows(), alpha.nrows());
        let old = &self.t;
        let (coupled, coupling) = (&self.coupled, &self.coupling);
        let couple = |i: usize, j: usize| {
            if coupled.contains(&j) { coupling[(i - m, j - coupled.start)] } else { 0.0 }
        };
        self.t = Mat::from_fn(m + width, m + width, |i, j| match (i < m, j < m) {
            (true, true) => old[(i, j)],
            (false, true) => couple(i, j),
            (true, false) => couple(j, i),
            (false, false) => 0.5 * (alpha[(i - m, j - m)] + alpha[(j - m, i - m)]),
        });
    }

    /// Solves the projected eigenproblem and measures the residuals of the `rank` wanted pairs.
    pub(super) fn check(&self, form: Form, rank: usize, tolerance: f64) -> Result<Check> {
        let m = self.t.nrows();
        let n_found = rank.min(m);
        let (values, vectors) = self.ritz_pairs(form)?;
        let last =
            product(self.coupling.as_ref(), vectors.as_ref().get(self.coupled.clone(), ..n_found));
        let (largest, smallest) = (form.singular(values[0]), form.singular(values[n_found - 1]));
        let residuals: Vec<f64> = (0..n_found).map(|i| norm(last.col(i).iter())).collect();
        let excess = |i: usize| {
            let residual = residuals[i];
            // |A^T u - s v| = |A^T A v - s^2 v| / s, so a residual of the squared problem may be s
            // times as large. Below the rounding of f32 products there is nothing to gain.
            let factor = if form == Form::Symmetric { 1.0 } else { form.singular(values[i]) };
            let allowed = (SAFETY * tolerance * smallest * factor)
                .max(0.5 * f64::from(f32::EPSILON) * form.eigenvalue(largest));
            if residual == 0.0 { 0.0 } else { residual / allowed }
        };
        let excesses: Vec<f64> = (0..n_found).map(excess).collect();
        let n_converged = excesses.iter().take_while(|&&excess| excess <= 1.0).count();
        let worst =
            if m < rank { f64::INFINITY } else { excesses.iter().copied().fold(0.0, f64::max) };
        Ok(Check { values, vectors, residuals, n_converged, excess: worst })
    }

    /// All Ritz values and the eigenvectors of `T`, the wanted ones first.
    fn ritz_pairs(&self, form: Form) -> Result<(Vec<f64>, Mat<f64>)> {
        let m = self.t.nrows();
        let (rising, unordered) = symmetric_eigen(self.t.as_ref())?;
        let size = |i: usize| if form == Form::Symmetric { rising[i].abs() } else { rising[i] };
        let mut order: Vec<usize> = (0..m).collect();
        order.sort_by(|&i, &j| size(j).total_cmp(&size(i)).then(j.cmp(&i)));
        let values: Vec<f64> = order.iter().map(|&i| rising[i]).collect();
        let vectors = Mat::from_fn(m, m, |i, j| unordered[(i, order[j])]);
        Ok((values, vectors))
    }

    /// The problem after a restart that keeps the first `n_kept` Ritz vectors as the basis, and
    /// their coordinates in the basis before: `T` is diagonal with a border.
    pub(super) fn restart<'a>(&mut self, check: &'a Check, n_kept: usize) -> MatRef<'a, f64> {
        let kept = check.vectors.as_ref().get(.., ..n_kept);
        self.coupling = product(self.coupling.as_ref(), kept.get(self.coupled.clone(), ..));
        self.coupled = 0..n_kept;
        self.t = Mat::from_fn(n_kept, n_kept, |i, j| if i == j { check.values[i] } else { 0.0 });
        kept
    }
}

//! The relaxed CSLS criterion: a linear map that brings known translations near each other, by the
//! same CSLS score that retrieval uses.
//!
//! In: rows of both languages, pairs, and a first map. Out: a `dim x dim` matrix that is no longer
//! orthogonal. Joulin, Bojanowski, Mikolov, Jégou & Grave 2018 ("Loss in translation", EMNLP,
//! section 3) minimise over `W`, for the pairs (x, y),
//!
//! `-2 x W y + mean over the k nearest y' of (x W) of x W y' + mean over the k nearest (x' W) of y
//! of x' W y`,
//!
//! which is convex, here by full-batch subgradient steps; a step that raises the loss is undone and
//! halved. The nearest are found among the frequent words.

use faer::Mat;

use super::procrustes::cross_covariance;
use super::retrieval::{CSLS_NEIGHBORS, UnitRows, best_both};
use super::side::row_major;
use crate::base::error::Result;
use crate::linalg::dense::product;
use faer::MatRef;

/// The largest number of steps.
const STEPS: usize = 10;

/// Length of the first step, as in the authors' program.
const FIRST_STEP: f64 = 1.0;

/// Both languages, and how many of the frequent words may be neighbours.
pub(crate) struct Relaxed<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) y: &'a [f32],
    pub(crate) dim: usize,
    pub(crate) n_words: usize,
}

impl Relaxed<'_> {
    /// Descends from `start`; `note` receives each step and may stop it.
    pub(crate) fn descend(
        &self,
        pairs: &[(u32, u32)],
        start: Mat<f64>,
        note: &dyn Fn(&str) -> Result<()>,
    ) -> Result<Mat<f64>> {
        let (mut best, mut step) = (start, FIRST_STEP);
        let (mut loss, mut gradient) = self.loss(pairs, &best);
        for number in 0..STEPS {
            let moved =
                Mat::from_fn(self.dim, self.dim, |i, j| best[(i, j)] - step * gradient[(i, j)]);
            let (new_loss, new_gradient) = self.loss(pairs, &moved);
            note(&format!("relaxed CSLS, step {}: loss {new_loss:.5}", number + 1))?;
            if new_loss < loss {
                (best, loss, gradient) = (moved, new_loss, new_gradient);
            } else {
                step /= 2.0;
            }
        }
        Ok(best)
    }

    /// The loss and its subgradient (`dim x dim`), per pair.
    fn loss(&self, pairs: &[(u32, u32)], w: &Mat<f64>) -> (f64, Mat<f64>) {
        let dim = self.dim;
        let mapped = |rows: &[f32]| multiplied(rows, dim, w);
        let gather = |rows: &[f32], ids: &mut dyn Iterator<Item = u32>| -> Vec<f32> {
            ids.flat_map(|id| rows[id as usize * dim..][..dim].iter().copied()).collect()
        };
        let cut = |rows: &[f32]| rows.len().min(self.n_words * dim);
        let all = mapped(&self.x[..cut(self.x)]);
        let sources = mapped(&gather(self.x, &mut pairs.iter().map(|pair| pair.0)));
        let targets = gather(self.y, &mut pairs.iter().map(|pair| pair.1));
        let (near_sources, _) = best_both(
            UnitRows::new(&sources, dim),
            UnitRows::new(&self.y[..cut(self.y)], dim),
            CSLS_NEIGHBORS,
            0,
            None,
        );
        let (near_targets, _) = best_both(
            UnitRows::new(&targets, dim),
            UnitRows::new(&all, dim),
            CSLS_NEIGHBORS,
            0,
            None,
        );
        let (mut terms, mut weights) = (Vec::new(), Vec::new());
        for (row, &(s, t)) in pairs.iter().enumerate() {
            terms.push((s, t));
            weights.push(-2.0f32);
            let (n_y, n_x) = (near_sources.row(row).count(), near_targets.row(row).count());
            for (other, _) in near_sources.row(row) {
                terms.push((s, other));
                weights.push(1.0 / n_y as f32);
            }
            for (other, _) in near_targets.row(row) {
                terms.push((other, t));
                weights.push(1.0 / n_x as f32);
            }
        }
        // The loss is linear in W as long as the neighbours stay the same: loss = <gradient, W>.
        let sum = cross_covariance(self.x, self.y, dim, &terms, Some(&weights));
        let n = pairs.len() as f64;
        let gradient = Mat::from_fn(dim, dim, |i, j| sum[(i, j)] / n);
        let loss = (0..dim)
            .flat_map(|j| (0..dim).map(move |i| (i, j)))
            .map(|(i, j)| gradient[(i, j)] * w[(i, j)])
            .sum();
        (loss, gradient)
    }
}

/// Rows times a matrix, without scaling to unit length.
fn multiplied(rows: &[f32], dim: usize, w: &Mat<f64>) -> Vec<f32> {
    let n = rows.len() / dim;
    let wide: Vec<f64> = rows.iter().map(|&number| f64::from(number)).collect();
    row_major(&product(MatRef::from_row_major_slice(&wide, n, dim), w.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::{Normalization, NormalizationStep};
    use crate::query::scattered;

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let rows = |n| {
            Normalization::fit(
                &scattered(n, 6),
                vec![1.0; 6],
                &[NormalizationStep::Unit],
                usize::MAX,
            )
            .unwrap()
            .1
            .data
        };
        let (x, y) = (rows(60), rows(80)[6 * 6..].to_vec());
        let pairs: Vec<(u32, u32)> =
            (0..40).filter(|id| id % 7 != 6 && (id + 6) % 7 != 6).map(|id| (id, id)).collect();
        let relaxed = Relaxed { x: &x, y: &y, dim: 6, n_words: 1000 };
        let w =
            Mat::from_fn(6, 6, |i, j| f64::from(u8::from(i == j)) + 0.01 * (i as f64 - j as f64));
        let (_, gradient) = relaxed.loss(&pairs, &w);
        for (i, j) in [(0, 0), (2, 5), (4, 1)] {
            let nudged = |by: f64| {
                relaxed
                    .loss(
                        &pairs,
                        &Mat::from_fn(6, 6, |k, l| {
                            w[(k, l)] + if (k, l) == (i, j) { by } else { 0.0 }
                        }),
                    )
                    .0
            };
            let difference = (nudged(1e-4) - nudged(-1e-4)) / 2e-4;
            assert!(
                (difference - gradient[(i, j)]).abs() < 1e-3,
                "{difference} {}",
                gradient[(i, j)]
            );
        }
        let start = relaxed.loss(&pairs, &w).0;
        let end = relaxed.descend(&pairs, w, &|_| Ok(())).unwrap();
        assert!(relaxed.loss(&pairs, &end).0 < start);
    }
}

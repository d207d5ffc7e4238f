//! The principal axes of one language, and its rows with another spectrum.
//!
//! In: rows of `n x dim`, the most frequent word first. Out: rows in the coordinates of the
//! [`LEADING`] principal axes, whose standard deviations are raised to a power such that a given
//! number of dimensions is effective. The number of effective dimensions is the participation ratio
//! `(sum v_i)^2 / sum v_i^2` of the variances.

use faer::{Mat, MatRef};

use super::learner::RowPair;
use super::procrustes::{cross_covariance, decomposed};
use super::profiles::unit_rows;
use super::side::row_major;
use crate::base::error::Result;
use crate::base::functions::pow;
use crate::linalg::dense::product;

/// The leading principal axes of one language.
pub(super) struct Axes {
    /// `dim x leading`, the one along which the rows vary most first.
    axes: Mat<f64>,
    /// The variances along them, in falling order.
    variances: Vec<f64>,
    dim: usize,
}

impl Axes {
    pub(super) fn new(rows: &[f32], dim: usize) -> Result<Self> {
        let n = (rows.len() / dim).min(WEIGHTED_WORDS);
        let same: Vec<RowPair> = (0..n as u32).map(|row| (row, row)).collect();
        let weights: Vec<f32> = (1..=n).map(|rank| (rank as f32).sqrt().recip()).collect();
        let (axes, variances, _) =
            decomposed(cross_covariance(rows, rows, dim, &same, Some(&weights)).as_ref())?;
        let leading = LEADING.min(dim);
        Ok(Self {
            axes: axes.subcols(0, leading).to_owned(),
            variances: variances[..leading].to_vec(),
            dim,
        })
    }

    pub(super) fn leading(&self) -> usize {
        self.variances.len()
    }

    /// The first `n_rows` rows in the coordinates of the axes, scaled to `effective` effective
    /// dimensions, as unit rows: `n_rows x leading`.
    pub(super) fn turned(&self, rows: &[f32], n_rows: usize, effective: f64) -> Vec<f32> {
        let (dim, leading) = (self.dim, self.leading());
        let power = self.power_for(effective);
        let largest = self.variances[0];
        let scaled = Mat::from_fn(dim, leading, |i, j| {
            self.axes[(i, j)] * pow(deviation_ratio(self.variances[j], largest), power - 1.0)
        });
        let rows = &rows[..rows.len().min(n_rows * dim)];
        let wide: Vec<f64> = rows.iter().map(|&number| f64::from(number)).collect();
        let turned =
            product(MatRef::from_row_major_slice(&wide, rows.len() / dim, dim), scaled.as_ref());
        let mut turned = row_major(&turned);
        unit_rows(&mut turned, leading);
        let n = turned.len() / leading;
        let mean: Vec<f32> = (0..leading)
            .map(|j| {
                ((0..n).map(|i| f64::from(turned[i * leading + j])).sum::<f64>() / n.max(1) as f64)
                    as f32
            })
            .collect();
        for row in
            turned.chunks_exact_mut(leading).filter(|row| row.iter().any(|&number| number != 0.0))
        {
            row.iter_mut().zip(&mean).for_each(|(number, mean)| *number -= mean);
        }
        unit_rows(&mut turned, leading);
        turned
    }

    /// The power of the standard deviations that gives this many effective dimensions. Their number
    /// falls as the power rises.
    fn power_for(&self, effective: f64) -> f64 {
        let (mut low, mut high) = POWERS;
        for _ in 0..40 {
            let middle = f64::midpoint(low, high);
            if self.effective_dimensions(middle) > effective { low = middle } else { high = middle }
        }
        f64::midpoint(low, high)
    }

    fn effective_dimensions(&self, power: f64) -> f64 {
        let raised = self
            .variances
            .iter()
            .map(|&variance| pow(deviation_ratio(variance, self.variances[0]), 2.0 * power));
        let (sum, squares) = raised.fold((0.0, 0.0), |(sum, squares), variance| {
            (sum + variance, squares + variance * variance)
        });
        sum * sum / squares
    }
}

/// A standard deviation as a share of the largest; above 0, because 0 has no negative power.
fn deviation_ratio(variance: f64, largest: f64) -> f64 {
    (variance / largest.max(f64::MIN_POSITIVE)).max(1e-12).sqrt()
}

/// Principal axes that the starts use.
pub(super) const LEADING: usize = 100;

/// The axes are those of this many frequent words, each with the weight `1 / sqrt(rank)`. With
/// equal weights the many rare words decide, and correct pairs come far more slowly.
const WEIGHTED_WORDS: usize = 20_000;

/// The range of powers of the standard deviations, from a flat spectrum to a steep one.
const POWERS: (f64, f64) = (0.0, 16.0);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::uniform;

    #[test]
    fn the_spectrum_is_brought_to_the_asked_dimensions() {
        let spread = |axis: usize| 1.0 / (1.0 + axis as f64).powf(0.3);
        let mut rows: Vec<f32> = (0..3_000 * 40)
            .map(|at| {
                ((uniform(7, (at / 40) as u64, (at % 40) as u64) - 0.5) * spread(at % 40)) as f32
            })
            .collect();
        unit_rows(&mut rows, 40);
        let axes = Axes::new(&rows, 40).unwrap();
        for effective in [20.0, 8.0] {
            assert!(
                (axes.effective_dimensions(axes.power_for(effective)) - effective).abs() < 1e-6
            );
        }
        let flat = axes.effective_dimensions(0.0);
        assert!((flat - 40.0).abs() < 1e-9, "{flat}");
    }
}

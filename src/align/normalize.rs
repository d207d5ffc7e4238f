//! Normalization of vectors before they are mapped: cut to some dimensions, weighted by the
//! spectrum, scaled to unit length, centred, and scaled to unit length again (Artetxe, Labaka &
//! Agirre 2016, section 2.3; Xing et al. 2015).
//!
//! In: vectors of `n x dim_in`. Out: rows of `n x dim`, and a [`Normalization`] that keeps the
//! means, so that it treats new vectors of the same space like those that it was fitted on. A
//! vector of length 0, before or after centring, has no direction: its row is zeros, and it is
//! never used.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::base::error::Result;
use crate::linalg::dot::{length_of, write_unit};
use crate::vectors::WordVectors;

/// Rows that one task takes; fixed, so that nothing depends on the number of threads.
const ROWS_PER_TASK: usize = 1024;

/// One step of a normalization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NormalizationStep {
    /// Divide each vector by its length.
    Unit,
    /// Subtract the mean of all vectors from each.
    Center,
}

impl NormalizationStep {
    /// The usual three: unit, center, unit.
    pub const DEFAULT: [Self; 3] = [Self::Unit, Self::Center, Self::Unit];
}

/// The normalization of the vectors of one language.
#[derive(Debug, Clone, PartialEq)]
pub struct Normalization {
    /// Dimensions of the vectors before the normalization.
    pub dim_in: usize,
    /// Factors for the first `dim` components; the others are cut off.
    pub scale: Vec<f32>,
    /// The steps, in order.
    pub steps: Vec<NormalizationStep>,
    /// The mean that each [`NormalizationStep::Center`] subtracts, `dim` values each, one after the
    /// other.
    pub means: Vec<f32>,
}

/// Normalized rows, `n x dim`; rows without a direction are zeros.
#[derive(Debug, Clone)]
pub struct NormalizedRows {
    /// Row after row.
    pub data: Vec<f32>,
    /// Values in a row.
    pub dim: usize,
    /// Number of rows without a direction.
    pub n_zero: usize,
}

impl NormalizedRows {
    /// Whether a row has a direction.
    ///
    /// # Panics
    /// If `row` is not below the number of rows.
    pub fn has_direction(&self, row: u32) -> bool {
        self.data[row as usize * self.dim..][..self.dim].iter().any(|&number| number != 0.0)
    }
}

impl Normalization {
    /// Fits the steps on the first `max_words` vectors and returns them normalized: `scale` holds
    /// the factors of the first `scale.len()` components, all 1 for no weighting.
    ///
    /// # Errors
    /// [`Error::NotFinite`](crate::Error::NotFinite) if a vector is not finite.
    ///
    /// # Panics
    /// If `scale` is empty or longer than the vectors.
    pub fn fit(
        vectors: &WordVectors,
        scale: Vec<f32>,
        steps: &[NormalizationStep],
        max_words: usize,
    ) -> Result<(Self, NormalizedRows)> {
        vectors.lengths()?;
        let (n_words, dim_in, dim) = (vectors.len().min(max_words), vectors.dim(), scale.len());
        assert!(dim > 0 && dim <= dim_in, "{dim} factors for {dim_in} dimensions");
        let mut normalization = Self { dim_in, scale, steps: Vec::new(), means: Vec::new() };
        let mut rows = normalization.apply(&vectors.as_slice()[..n_words * dim_in]);
        for &step in steps {
            normalization.steps.push(step);
            let mean = match step {
                NormalizationStep::Unit => Vec::new(),
                NormalizationStep::Center => mean_row(&rows.data, dim),
            };
            rows.data.par_chunks_mut(ROWS_PER_TASK * dim).for_each(|rows| {
                rows.chunks_exact_mut(dim).for_each(|row| do_step(step, &mean, row));
            });
            normalization.means.extend(mean);
        }
        rows.n_zero = n_zero(&rows.data, dim);
        Ok((normalization, rows))
    }

    /// Dimensions after the normalization.
    pub fn dim(&self) -> usize {
        self.scale.len()
    }

    /// Normalizes any vectors of the space that this was fitted on.
    ///
    /// # Panics
    /// If `vectors` are not whole rows of `dim_in` values.
    pub fn apply(&self, vectors: &[f32]) -> NormalizedRows {
        let (dim_in, dim) = (self.dim_in, self.dim());
        assert_eq!(vectors.len() % dim_in, 0, "{} numbers in rows of {dim_in}", vectors.len());
        let mut data = vec![0.0; vectors.len() / dim_in * dim];
        data.par_chunks_mut(ROWS_PER_TASK * dim)
            .zip(vectors.par_chunks(ROWS_PER_TASK * dim_in))
            .for_each(|(rows, vectors)| {
                for (row, vector) in rows.chunks_exact_mut(dim).zip(vectors.chunks_exact(dim_in)) {
                    self.apply_to_row(vector, row);
                }
            });
        let n_zero = n_zero(&data, dim);
        NormalizedRows { data, dim, n_zero }
    }

    fn apply_to_row(&self, vector: &[f32], row: &mut [f32]) {
        for ((out, &number), &factor) in row.iter_mut().zip(vector).zip(&self.scale) {
            *out = number * factor;
        }
        let mut means = self.means.chunks_exact(self.dim());
        for &step in &self.steps {
            let mean = match step {
                NormalizationStep::Unit => &[],
                NormalizationStep::Center => means.next().expect("a mean for each centring"),
            };
            do_step(step, mean, row);
        }
    }
}

fn do_step(step: NormalizationStep, mean: &[f32], row: &mut [f32]) {
    let length = length_of(row);
    if length == 0.0 {
        // Centring must not give a direction to a vector that had none.
        row.fill(0.0);
        return;
    }
    match step {
        NormalizationStep::Unit => {
            let vector = row.to_vec();
            write_unit(&vector, length, row);
        }
        NormalizationStep::Center => {
            row.iter_mut().zip(mean).for_each(|(number, mean)| *number -= mean)
        }
    }
}

/// The mean of the rows that are not zero, summed in `f64` in fixed chunks.
fn mean_row(rows: &[f32], dim: usize) -> Vec<f32> {
    let partial: Vec<(Vec<f64>, usize)> = rows
        .par_chunks(ROWS_PER_TASK * dim)
        .map(|rows| {
            let mut sum = vec![0.0f64; dim];
            let mut n = 0;
            for row in rows.chunks_exact(dim).filter(|row| length_of(row) > 0.0) {
                n += 1;
                sum.iter_mut().zip(row).for_each(|(sum, &number)| *sum += f64::from(number));
            }
            (sum, n)
        })
        .collect();
    let n: usize = partial.iter().map(|(_, n)| n).sum();
    let mut mean = vec![0.0f64; dim];
    for (partial, _) in &partial {
        mean.iter_mut().zip(partial).for_each(|(mean, sum)| *mean += sum);
    }
    mean.into_iter().map(|sum| (sum / n.max(1) as f64) as f32).collect()
}

fn n_zero(rows: &[f32], dim: usize) -> usize {
    rows.par_chunks_exact(dim).filter(|row| length_of(row) == 0.0).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::scattered;

    #[test]
    fn unit_center_unit_agrees_with_the_definition_and_zeros_stay_out() {
        let vectors = scattered(3000, 5);
        let (normalization, rows) =
            Normalization::fit(&vectors, vec![1.0; 5], &NormalizationStep::DEFAULT, 3000).unwrap();
        assert_eq!(rows.n_zero, 3000 / 7);
        let unit = |v: &[f64]| -> Vec<f64> {
            let length = v.iter().map(|x| x * x).sum::<f64>().sqrt();
            v.iter().map(|x| x / length).collect()
        };
        let units: Vec<Vec<f64>> = (0..3000)
            .filter(|row| row % 7 != 6)
            .map(|row| {
                unit(
                    &vectors.as_slice()[row * 5..][..5]
                        .iter()
                        .map(|&x| f64::from(x))
                        .collect::<Vec<_>>(),
                )
            })
            .collect();
        let mean: Vec<f64> =
            (0..5).map(|j| units.iter().map(|u| u[j]).sum::<f64>() / units.len() as f64).collect();
        let expected = unit(&units[0].iter().zip(&mean).map(|(u, m)| u - m).collect::<Vec<_>>());
        for (found, expected) in rows.data[..5].iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-6);
        }
        assert_eq!(rows.data[6 * 5..7 * 5], [0.0; 5]);
        // New vectors of the same space are treated the same, bit for bit.
        assert_eq!(normalization.apply(&vectors.as_slice()[..100 * 5]).data, rows.data[..100 * 5]);
    }

    #[test]
    fn a_cut_and_a_weight_come_first() {
        let vectors = scattered(50, 4);
        let (normalization, rows) =
            Normalization::fit(&vectors, vec![2.0, 0.5], &[NormalizationStep::Unit], 10).unwrap();
        assert_eq!((normalization.dim(), rows.data.len(), normalization.means.len()), (2, 20, 0));
        let (a, b) = (2.0 * vectors.as_slice()[0], 0.5 * vectors.as_slice()[1]);
        assert!((rows.data[0] - a / (a * a + b * b).sqrt()).abs() < 1e-6);
    }
}

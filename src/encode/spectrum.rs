//! What the singular values tell of the number of components: the loss of each, and where their fall levels off.
//!
//! In: singular values and `|X|_F^2`. Out: the share of `|X|_F^2` that the first k components leave, by Eckart & Young (1936) without forming
//! anything; and the elbow, by the profile likelihood of Zhu & Ghodsi (2006, "Automatic dimensionality selection from the scree plot via the
//! use of profile likelihood").

use serde::Serialize;

use crate::model::Spectrum;

/// The losses of a model on its own corpus.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Losses {
    /// `1 - sum_{i<=k} s_i^2 / |X|_F^2`: entry k, from 0 to the rank.
    pub reconstruction: Vec<f64>,
}

impl Losses {
    /// Of a decomposition.
    pub fn of(spectrum: &Spectrum) -> Self {
        let mut left = spectrum.squared_norm;
        let after = spectrum.singular_values.iter().map(|value| {
            left -= value * value;
            (left / spectrum.squared_norm).max(0.0)
        });
        Self { reconstruction: std::iter::once(1.0).chain(after).collect() }
    }
}

/// The elbow of falling numbers: how many belong to the first of two groups, if both are normal with means of their own and one variance and
/// the cut is where that is likeliest. From 1 to the number of values less one; 0 for fewer than three values.
///
/// ```
/// assert_eq!(eigenlex::encode::elbow(&[9.0, 8.5, 8.0, 2.0, 1.9, 1.8, 1.7]), 3);
/// ```
pub fn elbow(values: &[f64]) -> usize {
    let n = values.len();
    if n < 3 {
        return 0;
    }
    // Sums of squared distances from the mean of each part, by running sums.
    let prefix = |f: &dyn Fn(f64) -> f64| {
        let mut sum = 0.0;
        std::iter::once(0.0)
            .chain(values.iter().map(|&value| {
                sum += f(value);
                sum
            }))
            .collect::<Vec<f64>>()
    };
    let (sums, squares) = (prefix(&|value| value), prefix(&|value| value * value));
    let scatter = |from: usize, to: usize| {
        let sum = sums[to] - sums[from];
        squares[to] - squares[from] - sum * sum / (to - from) as f64
    };
    // With one variance for both, the likelihood is greatest where the scatter is least.
    (1..n)
        .min_by(|&left, &right| {
            let scatter = |cut: usize| scatter(0, cut) + scatter(cut, n);
            scatter(left).total_cmp(&scatter(right))
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_fall_from_one_to_what_is_not_explained() {
        let spectrum = Spectrum {
            shape: (3, 3),
            singular_values: vec![3.0, 2.0],
            residuals: vec![0.0; 2],
            squared_norm: 14.0,
            explained: 13.0 / 14.0,
            products: 0,
            converged: true,
        };
        let losses = Losses::of(&spectrum).reconstruction;
        assert!(losses.iter().zip([1.0, 5.0 / 14.0, 1.0 / 14.0]).all(|(found, expected)| (found - expected).abs() < 1e-12), "{losses:?}");
    }

    #[test]
    fn the_elbow_is_where_the_likelihood_is_greatest() {
        let values = [10.0, 7.0, 6.5, 3.0, 2.5, 2.4, 2.2, 2.1, 2.0, 1.9];
        // By the definition: the log likelihood of two normal groups with the pooled variance.
        let likelihood = |cut: usize| {
            let (first, second) = values.split_at(cut);
            let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
            let scatter = |part: &[f64]| part.iter().map(|x| (x - mean(part)).powi(2)).sum::<f64>();
            let variance = (scatter(first) + scatter(second)) / (values.len() - 2) as f64;
            -(values.len() as f64) / 2.0 * variance.ln() - (scatter(first) + scatter(second)) / (2.0 * variance)
        };
        let best = (1..values.len()).max_by(|&a, &b| likelihood(a).total_cmp(&likelihood(b))).unwrap();
        assert_eq!(elbow(&values), best);
        assert_eq!((elbow(&[]), elbow(&[1.0, 0.5])), (0, 0));
    }
}

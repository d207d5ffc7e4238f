//! What the singular values say about the number of components: the loss of each, and whether there
//! is a gap between them.
//!
//! In: singular values and `|X|_F^2`. Out: the share of `|X|_F^2` that the first k components do
//! not explain, by Eckart & Young (1936); and the gap, if there is one. The profile likelihood of
//! Zhu & Ghodsi (2006) does not help here: it assumes two groups of values with one variance, so on
//! a spectrum that falls like a power it separates the first one or two values for any texts.

use serde::Serialize;

use crate::model::Spectrum;

/// The losses of a model on its own corpus.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpectrumLosses {
    /// `1 - sum_{i<=k} s_i^2 / |X|_F^2`: entry k, from 0 to the rank.
    pub reconstruction: Vec<f64>,
}

impl SpectrumLosses {
    /// The losses of a decomposition.
    pub fn new(spectrum: &Spectrum) -> Self {
        let mut left = spectrum.squared_norm;
        let after = spectrum.singular_values.iter().map(|value| {
            left -= value * value;
            (left / spectrum.squared_norm).max(0.0)
        });
        Self { reconstruction: std::iter::once(1.0).chain(after).collect() }
    }
}

/// The least ratio of a singular value to the next at a gap.
///
/// Spectra of texts fall gradually, like a power of the number: beyond the first value the largest
/// ratio is 1.3 to 1.7 (20 Newsgroups and novels, all recipes), and its place has no meaning.
pub const GAP: f64 = 2.0;

/// The number of components before a gap in falling singular values: the last that is at least
/// [`GAP`] times the next, where that ratio is largest. The first component is skipped, since it
/// mostly reflects word frequencies and document lengths. `None` if there is no such gap: then the
/// singular values show no preference.
///
/// ```
/// use eigenlex::encode::gap;
/// assert_eq!(gap(&[20.0, 8.5, 8.0, 2.0, 1.9, 1.8, 1.7]), Some(3));
/// assert_eq!(gap(&[31.4, 14.5, 9.9, 7.8, 7.0, 5.6]), None);
/// ```
pub fn gap(values: &[f64]) -> Option<usize> {
    let mut best: Option<(f64, usize)> = None;
    for (place, pair) in values.windows(2).enumerate().skip(1) {
        let ratio = if pair[1] > 0.0 { pair[0] / pair[1] } else { f64::INFINITY };
        if pair[0] > 0.0 && ratio >= GAP && best.is_none_or(|(largest, _)| ratio > largest) {
            best = Some((ratio, place + 1));
        }
    }
    best.map(|(_, k)| k)
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
        let losses = SpectrumLosses::new(&spectrum).reconstruction;
        assert!(
            losses
                .iter()
                .zip([1.0, 5.0 / 14.0, 1.0 / 14.0])
                .all(|(found, expected)| (found - expected).abs() < 1e-12),
            "{losses:?}"
        );
    }

    #[test]
    fn a_gap_is_found_and_a_gradual_fall_shows_no_preference() {
        // Four subjects and noise, with a first component of frequencies.
        assert_eq!(gap(&[40.0, 5.0, 4.8, 4.7, 1.0, 0.99, 0.98]), Some(4));
        // A power of the number, as texts have it, and the first values of 20 Newsgroups and of
        // novels.
        let power: Vec<f64> = (1..300).map(|k| 30.0 / f64::from(k).powf(0.6)).collect();
        assert_eq!(gap(&power), None);
        assert_eq!(gap(&[31.38, 14.48, 9.88, 7.77, 7.03, 5.59, 4.93]), None);
        assert_eq!(gap(&[39.11, 12.23, 7.34, 5.59, 4.97, 4.35]), None);
        // A matrix of rank 2; nothing to compare.
        assert_eq!(gap(&[3.0, 2.0, 0.0, 0.0]), Some(2));
        assert_eq!((gap(&[]), gap(&[1.0]), gap(&[9.0, 1.0])), (None, None, None));
    }
}

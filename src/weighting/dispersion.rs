//! Dispersion: how evenly the tokens of a word are spread over a corpus, and the weight that words
//! with a low dispersion have in the decomposition.
//!
//! The name of a person or a place is frequent in a few texts and occurs nowhere else, so its
//! contexts describe those texts. The other words occur everywhere. Without a correction, the
//! decomposition spends many of its dimensions on names. So a word with a low dispersion gets less
//! weight there: column j is multiplied by `min(1, e_j / a)`, where `e_j` is the number of
//! stretches of text that hold word j over the number that would if its tokens fell anywhere,
//! `K (1 - (1 - 1/K)^c_j)` for `c_j` tokens and K stretches: `-log2 e_j` is the residual inverse
//! document frequency of Church & Gale 1995 ("Inverse document frequency: a measure of deviations
//! from Poisson"), of stretches for documents. The factor leaves the direction of column j as it
//! is, and reduces its influence on the other vectors.
//!
//! In: token ids, or the counts of stretches. Out: a number a word. Cost: one pass over the tokens;
//! memory: 16 bytes a word and thread.

use crate::base::functions::pow;
use crate::vocab::stretches::STRETCH;

/// For each word its dispersion, above 0, from its tokens and the stretches that hold it; about 1
/// for a word whose tokens lie anywhere.
///
/// ```
/// // 8,000 tokens are 2 stretches; a word of 2 tokens is expected in 2 (1 - 1/4) = 1.5 of them.
/// let dispersion = eigenlex::weighting::dispersion(&[2, 2, 7996], &[1, 2, 2]);
/// assert!((dispersion[0] - 2.0 / 3.0).abs() < 1e-12 && (dispersion[1] - 4.0 / 3.0).abs() < 1e-12);
/// ```
///
/// # Panics
/// If there are not as many counts of stretches as of tokens.
pub fn dispersion(counts: &[u64], stretches: &[u64]) -> Vec<f64> {
    assert_eq!(counts.len(), stretches.len(), "a number of stretches for each word");
    let n_tokens: u64 = counts.iter().sum();
    let n_stretches = n_tokens.div_ceil(STRETCH as u64).max(1) as f64;
    let expected = |count: u64| n_stretches * (1.0 - pow(1.0 - 1.0 / n_stretches, count as f64));
    counts
        .iter()
        .zip(stretches)
        .map(
            |(&count, &stretches)| {
                if count == 0 { 1.0 } else { stretches as f64 / expected(count) }
            },
        )
        .collect()
}

/// The factors of the columns of words: `min(1, e_j / whole_from)`.
pub(crate) fn dispersion_factors(counts: &[u64], stretches: &[u64], whole_from: f64) -> Vec<f64> {
    dispersion(counts, stretches)
        .into_iter()
        .map(|dispersion| (dispersion / whole_from).min(1.0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bursty_word_is_less_even_than_one_spread_out() {
        // Word 1 eight times in one stretch of eight, word 2 once in each of the eight.
        let expected = 8.0 * (1.0 - 0.875f64.powi(8));
        let found = dispersion(&[8 * 4000 - 16, 8, 8], &[8, 1, 8]);
        assert!((found[0] - 1.0).abs() < 1e-12);
        assert!(
            (found[1] - 1.0 / expected).abs() < 1e-12 && (found[2] - 8.0 / expected).abs() < 1e-12
        );
    }

    #[test]
    fn only_words_below_the_bound_weigh_less() {
        // 8,000 tokens are 2 stretches; a word of 2 tokens is expected in 1.5 of them, one of 3 in
        // 1.75.
        let factors = dispersion_factors(&[2, 3, 7995], &[1, 2, 2], 0.8);
        assert!((factors[0] - 1.0 / 1.5 / 0.8).abs() < 1e-12);
        assert_eq!(factors[1..], [1.0, 1.0]);
    }

    #[test]
    fn a_word_without_a_token_weighs_what_it_weighed() {
        assert_eq!(dispersion(&[0, 5], &[0, 1])[0], 1.0);
    }
}

//! Long documents as several passages.
//!
//! Nearly every word stands somewhere in each of a few long documents, such as novels; how many
//! documents have a word then says little. How many passages have it says more.

use crate::base::functions::pow;

/// Tokens of a passage. From 500 to 2,000 the names of groups of 20 Newsgroups are equally good
/// (`docs/benchmarks/documents.md`).
pub(super) const PASSAGE_TOKENS: f64 = 500.0;

/// The expected share of `n_passages` equal passages that tokens at random places meet: `1 - (1 - 1
/// / n_passages)^n_tokens`, and 1 in a document of one passage or less.
pub(super) fn presence(n_tokens: f64, n_passages: f64) -> f64 {
    if n_passages > 1.0 { 1.0 - pow(1.0 - 1.0 / n_passages, n_tokens) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn presence_is_the_expected_share_of_passages() {
        // By the definition: tokens are thrown at passages, all ways equally likely.
        for (n_passages, n_tokens) in [(1u32, 1u32), (2, 1), (2, 3), (3, 2), (4, 4)] {
            let ways = u64::from(n_passages).pow(n_tokens);
            let met = (0..ways).map(|mut way| {
                let mut hit = BTreeSet::new();
                (0..n_tokens).for_each(|_| {
                    hit.insert(way % u64::from(n_passages));
                    way /= u64::from(n_passages);
                });
                hit.len() as u64
            });
            let share = met.sum::<u64>() as f64 / (ways * u64::from(n_passages)) as f64;
            assert!((presence(n_tokens.into(), n_passages.into()) - share).abs() < 1e-12);
        }
        assert_eq!(presence(1.0, 0.3), 1.0);
    }
}

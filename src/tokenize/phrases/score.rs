//! How strongly two neighbouring words belong together: normalised pointwise mutual information,
//! and the log-likelihood ratio.
//!
//! In: the four sums of a 2 x 2 table over all pairs of neighbouring tokens. Out: a score, and
//! whether it passes.
//!
//! | | right word is `y` | another |
//! |---|---|---|
//! | left word is `x` | `pair` | `left - pair` |
//! | another | `right - pair` | the rest of `total` |
//!
//! The two criteria look for different things. NPMI asks whether the words are seen *mostly
//! together*, whatever their counts: `new york`, but not `of the`, whose words go with anything.
//! The G-test asks whether they are seen together *more often than chance explains*: with enough
//! text that is true of `of the` too, so it finds the usual turns of a language as well as its
//! names.

use serde::{Deserialize, Serialize};

use crate::base::error::{Error, Result};
use crate::base::functions::{erfc, ln};

/// What makes two words a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum PhraseScore {
    /// Normalised pointwise mutual information (Bouma 2009):
    /// `ln(p(x, y) / (p(x) p(y))) / -ln p(x, y)`; -1 for words that never meet, 0 for words that
    /// meet as often as by chance, 1 for words that are never seen apart.
    Npmi {
        /// The least score of a phrase, from -1 to 1. Default [`PhraseScore::NPMI_THRESHOLD`].
        threshold: f64,
    },
    /// The log-likelihood ratio (Dunning 1993): `G^2 = 2 sum O ln(O / E)` over the four cells, with
    /// the expected counts `E = row sum * column sum / total`. If the words were independent it
    /// would be distributed as chi-square with one degree of freedom, which gives a p-value. Only
    /// words that meet more often than expected pass.
    GTest {
        /// The largest p-value of a phrase, above 0 and at most 1, after multiplication with the
        /// number of pairs tested (Bonferroni): the chance that even one phrase of a corpus of
        /// independent words would pass. Default [`PhraseScore::G_TEST_THRESHOLD`].
        threshold: f64,
    },
}

/// The table of two words: how often they are neighbours, how often each stands on its side, and
/// all pairs of neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PairTable {
    pub(super) pair: u64,
    pub(super) left: u64,
    pub(super) right: u64,
    pub(super) total: u64,
}

impl PhraseScore {
    /// Of the English Wikipedia and of novels it takes names and compounds (`new york`,
    /// `prime minister`) and leaves grammar (`of the`).
    pub const NPMI_THRESHOLD: f64 = 0.5;

    /// One chance in a hundred that the whole list holds a single accident.
    pub const G_TEST_THRESHOLD: f64 = 0.01;

    /// NPMI with its default threshold.
    pub fn npmi() -> Self {
        Self::Npmi { threshold: Self::NPMI_THRESHOLD }
    }

    /// The G-test with its default threshold.
    pub fn g_test() -> Self {
        Self::GTest { threshold: Self::G_TEST_THRESHOLD }
    }

    /// Refuses thresholds that make no sense.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn check(self) -> Result<()> {
        let (threshold, is_in_range, expected) = match self {
            Self::Npmi { threshold } => (
                threshold,
                (-1.0..=1.0).contains(&threshold),
                "a number from -1 to 1 (normalised PMI)",
            ),
            Self::GTest { threshold } => (
                threshold,
                threshold > 0.0 && threshold <= 1.0,
                "a number above 0 and at most 1 (a corrected p-value)",
            ),
        };
        if is_in_range {
            return Ok(());
        }
        Err(Error::Parameter {
            name: "phrase_threshold",
            found: threshold.to_string(),
            expected: expected.to_owned(),
        })
    }

    /// The score of two words if it makes them a phrase, among `n_tested` pairs.
    pub(super) fn passing(self, table: PairTable, n_tested: u64) -> Option<f64> {
        match self {
            Self::Npmi { threshold } => Some(table.npmi()).filter(|&score| score >= threshold),
            Self::GTest { threshold } => {
                let g = table.g_squared();
                (table.is_attracted() && chi_square_tail(g) * n_tested as f64 <= threshold)
                    .then_some(g)
            }
        }
    }
}

impl Default for PhraseScore {
    fn default() -> Self {
        Self::npmi()
    }
}

/// The probability that a chi-square variable with one degree of freedom, the square of a standard
/// normal one, is above `x`.
fn chi_square_tail(x: f64) -> f64 {
    erfc((x / 2.0).max(0.0).sqrt())
}

impl PairTable {
    /// Normalised pointwise mutual information, from -1 to 1; for words that do not meet the limit
    /// -1, and 1 if there is no other pair.
    pub(super) fn npmi(self) -> f64 {
        if self.pair == 0 {
            return -1.0;
        }
        if self.pair == self.total {
            return 1.0;
        }
        let [pair, left, right, total] =
            [self.pair, self.left, self.right, self.total].map(|count| count as f64);
        // Rounding may lead a hair's breadth out of the range, and so across a threshold of 1.
        (ln(pair * total / (left * right)) / ln(total / pair)).clamp(-1.0, 1.0)
    }

    /// The log-likelihood ratio, at least 0.
    pub(super) fn g_squared(self) -> f64 {
        let Self { pair, left, right, total } = self;
        let cells = [
            (pair, left, right),
            (left - pair, left, total - right),
            (right - pair, total - left, right),
            (total + pair - left - right, total - left, total - right),
        ];
        // O ln(O / E) goes to 0 with O.
        let term = |(observed, row, column): (u64, u64, u64)| match observed {
            0 => 0.0,
            _ => {
                observed as f64 * ln(observed as f64 / (row as f64 * column as f64 / total as f64))
            }
        };
        (2.0 * cells.into_iter().map(term).sum::<f64>()).max(0.0)
    }

    /// Whether the words meet more often than `left * right / total` times.
    pub(super) fn is_attracted(self) -> bool {
        u128::from(self.pair) * u128::from(self.total)
            > u128::from(self.left) * u128::from(self.right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Of 8 pairs, 4 have the left word, 2 the right word, 2 both.
    const TABLE: PairTable = PairTable { pair: 2, left: 4, right: 2, total: 8 };

    #[test]
    fn normalised_pmi_of_a_small_table() {
        // p(x, y) = 2/8, p(x) p(y) = 4/8 * 2/8 = 1/8: ln 2 / -ln(1/4) = 1/2.
        assert!((TABLE.npmi() - 0.5).abs() < 1e-15);
        // Never apart: ln(1 / p) / -ln p = 1. As by chance: 2 = 4 * 4 / 8, ln 1 = 0. Never
        // together: the limit.
        assert!((PairTable { pair: 3, left: 3, right: 3, total: 8 }.npmi() - 1.0).abs() < 1e-15);
        assert_eq!(PairTable { pair: 2, left: 4, right: 4, total: 8 }.npmi(), 0.0);
        assert_eq!(PairTable { pair: 0, left: 4, right: 4, total: 8 }.npmi(), -1.0);
        assert_eq!(PairTable { pair: 8, left: 8, right: 8, total: 8 }.npmi(), 1.0);
    }

    #[test]
    fn log_likelihood_of_a_small_table() {
        // Observed 2 2 / 0 4; expected 4*2/8 = 1, 4*6/8 = 3, 1, 3. G^2 = 2 (2 ln 2 + 2 ln(2/3) + 0
        // + 4 ln(4/3)) = 24 ln 2 - 12 ln 3.
        assert!((TABLE.g_squared() - (24.0 * 2f64.ln() - 12.0 * 3f64.ln())).abs() < 1e-12);
        assert!((TABLE.g_squared() - 3.452185).abs() < 1e-6);
        assert!(PairTable { pair: 2, left: 4, right: 4, total: 8 }.g_squared() < 1e-12);
    }

    #[test]
    fn the_table_of_dunning_has_his_ratio() {
        // Dunning 1993, table 2, `the swiss`: 110 together, 2442 other pairs with the one, 111 with
        // the other, 29114 with neither: 270.72.
        let table = PairTable {
            pair: 110,
            left: 2442 + 110,
            right: 111 + 110,
            total: 110 + 2442 + 111 + 29114,
        };
        assert!((table.g_squared() - 270.72).abs() < 0.01, "{}", table.g_squared());
    }

    #[test]
    fn the_tail_of_the_chi_square_is_that_of_the_printed_tables() {
        for (x, p) in [(3.841_459, 0.05), (6.634_897, 0.01), (10.827_566, 0.001)] {
            assert!((chi_square_tail(x) / p - 1.0).abs() < 1e-6);
        }
        assert_eq!((chi_square_tail(0.0), chi_square_tail(1e5)), (1.0, 0.0));
    }

    #[test]
    fn the_p_value_is_corrected_for_the_number_of_pairs() {
        // G^2 = 3.452 has p = 0.0632.
        let passes = |threshold, n_tested| {
            PhraseScore::GTest { threshold }.passing(TABLE, n_tested).is_some()
        };
        assert!(passes(0.064, 1) && !passes(0.063, 1));
        assert!(passes(0.64, 10) && !passes(0.63, 10));
    }

    #[test]
    fn words_that_avoid_each_other_are_no_phrase() {
        // 1 pair where 1000 * 1000 / 10000 = 100 are expected: as unlikely by chance as an
        // attraction.
        let table = PairTable { pair: 1, left: 1000, right: 1000, total: 10_000 };
        assert!(table.g_squared() > 100.0);
        assert_eq!(PhraseScore::g_test().passing(table, 1), None);
    }

    #[test]
    fn a_threshold_out_of_range_is_refused() {
        for score in [
            PhraseScore::Npmi { threshold: 1.1 },
            PhraseScore::Npmi { threshold: f64::NAN },
            PhraseScore::GTest { threshold: 0.0 },
        ] {
            let error = score.check().unwrap_err().to_string();
            assert!(error.starts_with("phrase_threshold is "), "{error}");
        }
        for score in [
            PhraseScore::Npmi { threshold: -1.0 },
            PhraseScore::GTest { threshold: 1.0 },
            PhraseScore::default(),
        ] {
            assert!(score.check().is_ok());
        }
    }

    proptest! {
        #[test]
        fn scores_stay_in_their_ranges(
            pair in 0u64..50,
            left in 0u64..1000,
            right in 0u64..1000,
            rest in 0u64..1_000_000,
        ) {
            let table = PairTable {
                pair,
                left: left + pair,
                right: right + pair,
                total: pair + left + right + rest,
            };
            prop_assume!(table.total > 0);
            prop_assert!((-1.0..=1.0).contains(&table.npmi()));
            prop_assert!(table.g_squared() >= 0.0 && table.g_squared().is_finite());
            // Both say the same about the direction.
            prop_assert!(pair == table.total || table.npmi() <= 1e-12 || table.is_attracted());
        }
    }
}

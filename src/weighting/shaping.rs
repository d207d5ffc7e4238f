//! How much each word shapes the space: factors of the columns and rows of the weighted counts.
//!
//! A decomposition gives its dimensions to what is large. Three kinds of words are larger than
//! what they tell about others, so their columns, which they are themselves, get less weight:
//!
//! - names, which cluster in few texts: times `min(1, e_j / a)` with the
//!   [dispersion](super::dispersion) `e_j`;
//! - very frequent words: times `(1 + f_j / t)^(-1/2)` with the relative frequency `f_j`, as
//!   word2vec draws fewer of their tokens (Mikolov et al. 2013, section 2.3);
//! - numerals: times 0.1. As contexts they are left out: which number stands beside a word tells
//!   little.
//!
//! A factor leaves the direction of a column as it is: each word has a vector all the same.
//!
//! In: the vocabulary. Out: a factor for each column, and one for each row. Linear in the words.

use serde::Serialize;

use super::dispersion::dispersion_factors;
use crate::vocab::Vocab;

/// The factor of the column of a numeral.
const NUMERAL: f64 = 0.1;

/// Where more of all tokens are numerals, these are what the text is about.
const MOST_NUMERALS: f64 = 0.25;

/// Which words shape the space less.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shaping {
    /// The dispersion below which a word weighs less, from 0 to 1; 0 for none.
    pub(crate) dispersion: f64,
    /// The relative frequency at which the weight of a word is divided by the root of 2; 0 for
    /// none.
    pub(crate) damping: f64,
    /// Whether numerals shape the space as words do.
    pub(crate) numerals: bool,
}

/// The factors of columns, one a word, and of rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Factors {
    pub(crate) columns: Vec<f64>,
    /// Empty where all are 1.
    pub(crate) rows: Vec<f64>,
}

impl Shaping {
    /// Whether all words shape the space alike.
    pub(crate) fn is_even(&self) -> bool {
        self.dispersion == 0.0 && self.damping == 0.0 && self.numerals
    }

    /// The factors of a matrix with windows, of which the rows are the first words, as many as
    /// there are contexts, once for each side. `None` if all are 1.
    pub(crate) fn factors(&self, vocab: &Vocab, n_rows: usize, n_sides: usize) -> Option<Factors> {
        if self.is_even() {
            return None;
        }
        let mut columns = match self.dispersion {
            0.0 => vec![1.0; vocab.words.len()],
            bound => dispersion_factors(&vocab.counts, &vocab.stretches, bound),
        };
        let n_tokens = vocab.counts.iter().sum::<u64>() as f64;
        if self.damping > 0.0 {
            for (factor, &count) in columns.iter_mut().zip(&vocab.counts) {
                *factor /= (1.0 + count as f64 / n_tokens / self.damping).sqrt();
            }
        }
        let mut rows = Vec::new();
        let numerals: Vec<usize> = vocab
            .words
            .iter()
            .enumerate()
            .filter(|(_, word)| is_numeral(word))
            .map(|it| it.0)
            .collect();
        let n_numerals: u64 = numerals.iter().map(|&word| vocab.counts[word]).sum();
        if !self.numerals && n_numerals as f64 <= MOST_NUMERALS * n_tokens {
            let n_contexts = n_rows / n_sides;
            rows = vec![1.0; n_rows];
            for word in numerals {
                columns[word] *= NUMERAL;
                for side in 0..n_sides {
                    if word < n_contexts {
                        rows[side * n_contexts + word] = 0.0;
                    }
                }
            }
        }
        Some(Factors { columns, rows })
    }
}

/// Whether a word is mostly a number, of any script: `1984`, `3.14`, `19th`, but not `mp3`.
fn is_numeral(word: &str) -> bool {
    let count = |is: fn(char) -> bool| word.chars().filter(|&letter| is(letter)).count();
    let n_digits = count(char::is_numeric);
    n_digits > 0 && n_digits >= count(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocab(words: &[&str], counts: &[u64]) -> Vocab {
        Vocab {
            words: words.iter().copied().collect(),
            counts: counts.to_vec(),
            document_frequencies: counts.to_vec(),
            stretches: vec![1; words.len()],
            n_distinct: words.len(),
            n_tokens: counts.iter().sum(),
        }
    }

    #[test]
    fn numerals_of_any_script() {
        for word in ["1984", "3.14", "1,000", "19th", "1990s", "٣", "²", "½"] {
            assert!(is_numeral(word), "{word}");
        }
        for word in ["mp3", "a", "b2b", "item456", "--", "", "covid19"] {
            assert!(!is_numeral(word), "{word}");
        }
    }

    #[test]
    fn factors_by_hand() {
        let shaping = Shaping { dispersion: 0.0, damping: 0.1, numerals: false };
        // 0.5, 0.3, 0.1 and 0.1 of the tokens; two sides of three contexts.
        let vocab = vocab(&["the", "of", "1984", "house"], &[50, 30, 10, 10]);
        let factors = shaping.factors(&vocab, 6, 2).unwrap();
        let half = 0.5f64.sqrt();
        let expected = [6f64.powf(-0.5), 0.5, 0.1 * half, half];
        for (found, expected) in factors.columns.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found}, expected {expected}");
        }
        assert_eq!(factors.rows, [1.0, 1.0, 0.0, 1.0, 1.0, 0.0]);
        let one_side = shaping.factors(&vocab, 2, 1).unwrap();
        assert_eq!(one_side.rows, [1.0, 1.0]);
    }

    #[test]
    fn a_text_of_numerals_is_about_them() {
        let shaping = Shaping { dispersion: 0.0, damping: 0.0, numerals: false };
        let factors = shaping.factors(&vocab(&["1", "2", "a"], &[5, 5, 5]), 6, 2).unwrap();
        assert_eq!(factors, Factors { columns: vec![1.0; 3], rows: Vec::new() });
        let even = Shaping { numerals: true, ..shaping };
        assert_eq!(even.factors(&vocab(&["1"], &[5]), 2, 2), None);
    }
}

//! Downsampling of frequent words, as in word2vec: in expectation on the counts, or by dropping
//! tokens at random before anything is counted.
//!
//! In: how often each word occurs, and either a [`CountMatrix`] or [`WordSequences`]. Out: the same
//! with fewer tokens of frequent words, in place, or in other files if the sequences are in files.
//! A token of word i, whose share of all kept tokens is `f_i`, is kept with the probability
//! `p_i = min(1, sqrt(T / f_i) + T / f_i)` for the threshold `T`. That is the formula of word2vec's
//! program; Mikolov et al. 2013 (section 2.3) print `sqrt(T / f_i)`. Levy, Goldberg & Dagan 2015
//! (section 3.1) compare dropping tokens before windows are formed, which widens windows, and
//! after.
//!
//! In expectation, and exactly: each token stays or goes on its own, so of the `c_ij` pairs of a
//! token of word i and one of word j within a window `c_ij p_i p_j` are left on average, where a
//! dropped token leaves its place empty, and of `c_ij` tokens of word j in document i `c_ij p_j`.
//! Cost: one pass over the entries, or over the tokens; memory: 8 bytes a word.

use serde::{Deserialize, Serialize};

use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::random::uniform;
use crate::counts::{Contexts, CountMatrix};
use crate::vocab::WordSequences;

/// The row of the table of random numbers that the draws are taken from; no matrix has so many, so
/// the start of the SVD takes others.
const DRAWS: u64 = u64::MAX;

/// How frequent words are downsampled.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subsampling {
    /// The share of the tokens, above 0, from which on a word counts as frequent: a word stays
    /// whole up to 2.6 times this share (where `sqrt(T / f) + T / f = 1`). Usual: 1e-3 to 1e-5.
    pub threshold: f64,
    /// Whether tokens are dropped by a seeded draw before windows are formed, so that windows close
    /// up over them, as in word2vec. Default: no, the expected counts are taken.
    #[serde(default)]
    pub random: bool,
}

impl Subsampling {
    /// Refuses parameters that make no sense.
    ///
    /// # Errors
    /// A threshold that is not a finite number above 0.
    pub fn check(&self) -> Result<()> {
        if self.threshold > 0.0 && self.threshold.is_finite() {
            return Ok(());
        }
        Err(Error::Parameter {
            name: "subsample",
            found: self.threshold.to_string(),
            expected: "a finite number above 0".to_owned(),
        })
    }

    /// For each word, given how often it occurs, the probability that one of its tokens stays:
    /// `min(1, sqrt(T / f) + T / f)`, above 0.
    ///
    /// ```
    /// let subsampling = eigenlex::weighting::Subsampling { threshold: 0.01, random: false };
    /// // Shares 0.64 and 0.36: sqrt(0.01 / 0.64) + 0.01 / 0.64 = 0.125 + 0.015625.
    /// let shares = subsampling.kept_shares(&[64, 36]);
    /// assert!((shares[0] - 0.140625).abs() < 1e-12);
    /// ```
    pub fn kept_shares(&self, counts: &[u64]) -> Vec<f64> {
        let n_tokens: u64 = counts.iter().sum();
        let kept = |&count: &u64| {
            // A word without a token has nothing to drop.
            let ratio =
                if count == 0 { 1.0 } else { self.threshold * n_tokens as f64 / count as f64 };
            (ratio.sqrt() + ratio).min(1.0)
        };
        counts.iter().map(kept).collect()
    }

    /// Replaces the counts by those that dropping tokens with these probabilities leaves on
    /// average: `c_ij p_i p_j` for windows, with i the context word of the row, `c_ij p_j` for
    /// documents. A symmetric matrix stays symmetric; entries too small for an `f32` are dropped.
    ///
    /// # Errors
    /// No entry is left, or an interruption.
    ///
    /// # Panics
    /// If there are not as many shares as columns.
    pub(crate) fn scale(
        counts: &mut CountMatrix,
        contexts: &Contexts,
        shares: &[f64],
        progress: &dyn Progress,
    ) -> Result<()> {
        assert_eq!(shares.len(), counts.n_columns(), "a share for each word");
        let n_entries = counts.n_nonzeros() as u64;
        progress.start(Stage::Subsample, Some(n_entries));
        let n_rows = counts.n_rows();
        Self::scale_rows(counts, 0, n_rows, contexts, shares)?;
        progress.advance(n_entries);
        progress.finish();
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        if counts.n_nonzeros() == 0 {
            return Err(nothing_left(counts.n_rows(), counts.n_columns()));
        }
        Ok(())
    }

    /// The same for some rows, from `first_row` on, of a matrix of `n_rows` rows; none need be
    /// left.
    ///
    /// # Errors
    /// Rows on the disk that cannot be read or written.
    pub(crate) fn scale_rows(
        rows: &mut CountMatrix,
        first_row: usize,
        n_rows: usize,
        contexts: &Contexts,
        shares: &[f64],
    ) -> Result<()> {
        match contexts {
            Contexts::Documents => {
                rows.map(|_, word, count| (f64::from(count) * shares[word]) as f32)
            }
            Contexts::Window { .. } => {
                // With the sides apart, the rows of all context words stand there once for each
                // side.
                let n_contexts = (n_rows / contexts.rows_per_context()).max(1);
                rows.map(|row, word, count| {
                    let context = (first_row + row) % n_contexts;
                    (f64::from(count) * (shares[context] * shares[word])) as f32
                })
            }
        }
    }

    /// Drops tokens, each with the probability of its word and by a draw that depends on nothing
    /// but the seed and the token's place in the corpus. Sequences stay, if only as empty ones.
    /// What is in files goes to other files.
    ///
    /// # Errors
    /// No token is left, a failure of the file system, or an interruption.
    ///
    /// # Panics
    /// If a token has no share.
    pub(crate) fn draw(
        sequences: WordSequences,
        shares: &[f64],
        seed: u64,
        progress: &dyn Progress,
    ) -> Result<WordSequences> {
        let n_tokens = sequences.n_tokens() as u64;
        progress.start(Stage::Subsample, Some(n_tokens));
        let drawn = Self::draw_from(sequences, 0, shares, seed, progress)?;
        progress.advance(n_tokens);
        progress.finish();
        if drawn.n_tokens() == 0 {
            return Err(nothing_left(drawn.n_sequences(), shares.len()));
        }
        Ok(drawn)
    }
}

impl Subsampling {
    /// The same for some sequences, of which the first token has a place among all tokens; none
    /// need be left.
    ///
    /// # Errors
    /// A failure of the file system, or an interruption.
    pub(crate) fn draw_from(
        sequences: WordSequences,
        first: u64,
        shares: &[f64],
        seed: u64,
        progress: &dyn Progress,
    ) -> Result<WordSequences> {
        let stays = |position: usize, word: usize| {
            shares[word] >= 1.0 || uniform(seed, DRAWS, first + position as u64) < shares[word]
        };
        sequences.filter_map(progress, |position, id| stays(position, id as usize).then_some(id))
    }
}

fn nothing_left(n_rows: usize, n_columns: usize) -> Error {
    Error::ZeroMatrix { n_rows, n_columns, stage: Stage::Subsample }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::WordId;
    use crate::counts::{ContextSides, CountSettings, DistanceWeights};

    /// `a b a a`, `b a c a`: a 5, b 2, c 1 of 8 tokens.
    const DOCUMENTS: [&[u32]; 2] = [&[0, 1, 0, 0], &[1, 0, 2, 0]];
    const COUNTS: [u64; 3] = [5, 2, 1];

    fn sequences(documents: &[&[u32]]) -> WordSequences {
        let ends = documents.iter().scan(0, |end, document| {
            *end += document.len();
            Some(*end)
        });
        WordSequences::new(documents.concat().into_iter().map(WordId).collect(), ends.collect())
    }

    fn window(size: usize, context_sides: ContextSides, max_contexts: Option<usize>) -> Contexts {
        Contexts::Window {
            size,
            distance_weights: DistanceWeights::Flat,
            context_sides,
            max_contexts,
        }
    }

    fn count(sequences: &WordSequences, contexts: &Contexts, n_words: usize) -> CountMatrix {
        contexts
            .count(sequences, n_words, CountSettings::default(), &())
            .expect("the corpus is small")
    }

    fn draw(sequences: WordSequences, shares: &[f64], seed: u64) -> Result<WordSequences> {
        Subsampling::draw(sequences, shares, seed, &())
    }

    fn dense(matrix: &CountMatrix) -> Vec<Vec<f64>> {
        let mut rows = vec![vec![0.0; matrix.n_columns()]; matrix.n_rows()];
        let mut first_row = 0;
        for block in matrix.to_csr_blocks().unwrap() {
            for (&value, (row, column)) in block.iter() {
                rows[first_row + row as usize][column as usize] = f64::from(value);
            }
            first_row += block.rows();
        }
        rows
    }

    #[track_caller]
    fn scaled_is(contexts: &Contexts, expected: &[[f64; 3]]) {
        let mut counts = count(&sequences(&DOCUMENTS), contexts, 3);
        // Whole probabilities of two: every product is exact.
        Subsampling::scale(&mut counts, contexts, &[0.25, 0.5, 1.0], &())
            .expect("entries are left");
        assert_eq!(dense(&counts), expected);
    }

    #[test]
    fn the_probabilities_by_hand() {
        // T / f: 0.04 / 0.64 = 1/16, so 1/4 + 1/16; 0.04 / 0.32 = 1/8; 0.04 / 0.04 = 1, so 1 + 1,
        // of which 1 is left.
        let shares = Subsampling { threshold: 0.04, random: false }.kept_shares(&[16, 8, 1]);
        let expected = [0.3125, 0.125_f64.sqrt() + 0.125, 1.0];
        assert!(
            shares.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12),
            "{shares:?}"
        );
    }

    #[test]
    fn expected_counts_by_hand() {
        // Documents: a b a a has 3 a and 1 b; b a c a has 2 a, 1 b, 1 c.
        scaled_is(&Contexts::Documents, &[[0.75, 0.5, 0.0], [0.5, 0.5, 1.0]]);
        // Neighbours on either side: a-b 2 + 1, a-a 1, a-c 2; a pair of two a is counted from both
        // ends: c_aa = 2. p_a p_a = 1/16, p_a p_b = 1/8, p_a p_c = 1/4.
        let together =
            [[2.0 / 16.0, 3.0 / 8.0, 2.0 / 4.0], [3.0 / 8.0, 0.0, 0.0], [2.0 / 4.0, 0.0, 0.0]];
        scaled_is(&window(1, ContextSides::Joint, None), &together);
        scaled_is(&window(1, ContextSides::Joint, Some(2)), &together[..2]);
        // After a: b 1, a 1, c 1; after b: a 2; after c: a 1. Before a: a 1, b 2, c 1; before b: a
        // 1; before c: a 1.
        let after =
            [[1.0 / 16.0, 1.0 / 8.0, 1.0 / 4.0], [2.0 / 8.0, 0.0, 0.0], [1.0 / 4.0, 0.0, 0.0]];
        let before =
            [[1.0 / 16.0, 2.0 / 8.0, 1.0 / 4.0], [1.0 / 8.0, 0.0, 0.0], [1.0 / 4.0, 0.0, 0.0]];
        scaled_is(&window(1, ContextSides::Separate, None), &[after, before].concat());
        // Two context words: rows a and b after, then a and b before.
        scaled_is(
            &window(1, ContextSides::Separate, Some(2)),
            &[&after[..2], &before[..2]].concat(),
        );
    }

    #[test]
    fn the_mean_of_many_draws_is_the_expectation() {
        let shares = Subsampling { threshold: 0.05, random: true }.kept_shares(&COUNTS);
        // Long documents, so that a mean of few draws is close: the two above, 200 times each.
        let documents = DOCUMENTS.map(|document| document.repeat(200));
        let documents: Vec<&[u32]> = documents.iter().map(Vec::as_slice).collect();
        let mut expected = count(&sequences(&documents), &Contexts::Documents, 3);
        Subsampling::scale(&mut expected, &Contexts::Documents, &shares, &())
            .expect("entries are left");
        const N_DRAWS: u64 = 200;
        let mut mean = [[0.0; 3]; 2];
        for seed in 0..N_DRAWS {
            let drawn = draw(sequences(&documents), &shares, seed).expect("tokens are left");
            for (mean, row) in mean.iter_mut().zip(dense(&count(&drawn, &Contexts::Documents, 3))) {
                mean.iter_mut().zip(row).for_each(|(mean, count)| *mean += count / N_DRAWS as f64);
            }
        }
        for (mean, expected) in mean.into_iter().zip(dense(&expected)) {
            for (mean, expected) in mean.into_iter().zip(expected) {
                // A count of at most 600 tokens has a deviation of at most 12.3, the mean of 200
                // one of 0.87; expected are 100 and more.
                assert!((mean - expected).abs() < 4.0, "{mean} and {expected}");
            }
        }
    }

    #[test]
    fn a_draw_closes_windows_up() {
        // Word 1 hardly ever stays: over 1,000 tokens of it, 0 and 2 become neighbours.
        let document = [&[0][..], &[1; 1000], &[2]].concat();
        let drawn = sequences(&[&document, &[1]]);
        let drawn = draw(drawn, &[1.0, 1e-9, 1.0], 42).expect("tokens are left");
        assert_eq!(drawn.sequence(0).unwrap(), [WordId(0), WordId(2)]);
        assert_eq!(drawn.sequence(1).unwrap(), []);
    }

    #[test]
    fn a_threshold_that_is_no_share_is_refused() {
        for (threshold, found) in
            [(0.0, "0"), (-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")]
        {
            let error = Subsampling { threshold, random: false }.check().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("subsample is {found}, expected a finite number above 0")
            );
        }
    }

    #[test]
    fn a_threshold_that_leaves_nothing_is_an_error() {
        let shares = Subsampling { threshold: 1e-300, random: false }.kept_shares(&COUNTS);
        let mut counts = count(&sequences(&DOCUMENTS), &Contexts::Documents, 3);
        let error =
            Subsampling::scale(&mut counts, &Contexts::Documents, &shares, &()).unwrap_err();
        let says = "the 2 x 3 matrix has no entry other than zero";
        assert_eq!(error.to_string(), says);
        assert_eq!(draw(sequences(&DOCUMENTS), &shares, 1).unwrap_err().to_string(), says);
    }
}

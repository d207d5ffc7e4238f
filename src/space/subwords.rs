//! Subwords: after the decomposition, a word's vector is mixed with what its spelling predicts.
//!
//! fastText (Bojanowski et al. 2017) learns a vector for every n-gram of letters while it trains.
//! Here they are learned from the vectors of the words, by one ridge regression (`ridge.rs`): the
//! n-grams of 3 to 6 letters of `<word>` predict the vector of word w at length 1, `u_w`, as `p_w`.
//! The vector becomes `|v_w| (u_w + a d_w p_w)`.
//!
//! The spelling of *walked* says nearly all about it, that of *Oslo* nothing. Names cluster in few
//! texts, so `d_w = min(1, e_w / e)^2` with the dispersion `e_w` of the word
//! ([`dispersion`](crate::weighting::dispersion)). In the regression a word counts as much as
//! `d_w (min(n_w, 1000) / 1000)^(1/2)`, where `n_w` is how often it occurs. In a prediction n-grams
//! at the beginning of a word count whole, those within it 0.7 times, and those at its end
//! `m / (m + N/1000)` times, where m of all N words have it: a long ending of few words is a stem.
//!
//! Cost: linear in words, n-grams and dimensions; [`STRIP`] dimensions at a time. The bits do not
//! depend on the number of threads.

use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::ngram_vectors::{KeptNGrams, NGramVectors, length};
use super::ngrams::NGrams;
use super::ridge::Ridge;
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::storage::row_list::{RowList, Strips};
use crate::vocab::Vocab;
use crate::weighting::dispersion::dispersion_factors;

/// From this count on a word counts fully in the regression.
const WHOLE_COUNT: f64 = 1000.0;

/// Dimensions that are learned at a time, at the most: several numbers for each and every n-gram
/// are in memory.
pub(crate) const STRIP: usize = 64;

/// The same, at the least.
pub(crate) const FEWEST_COLUMNS: usize = 8;

/// Bytes for each word while n-grams are found, at the most: a table of all n-grams, and the list
/// of each word's. The 90,000 words of English articles take 300.
const FINDING_BYTES_PER_WORD: u64 = 800;

/// N-grams that enough words have, for each word, at the most: 1.3 for the same words.
const SHARED_PER_WORD: u64 = 3;

/// Bytes for each word of the lists of these n-grams, both ways, and of what is known of each word
/// and n-gram.
const SHARED_BYTES_PER_WORD: u64 = 8 * 25 + 24 * SHARED_PER_WORD + 80;

/// How much of what its spelling predicts is added to a word's vector.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subwords {
    /// How many times the prediction is added to the vector at length 1; above 0.
    pub strength: f64,
    /// The penalty on the length of the n-grams' vectors, lambda of the ridge regression; above 0.
    pub penalty: f64,
    /// The dispersion, from 0 to 1, below which a word takes less: in proportion to the square of
    /// its dispersion. 0 treats all words alike.
    pub dispersion: f64,
}

impl Default for Subwords {
    fn default() -> Self {
        Self { strength: 3.0, penalty: 0.6, dispersion: 0.7 }
    }
}

impl Subwords {
    /// Refuses parameters that make no sense.
    ///
    /// # Errors
    /// A strength or a penalty that is not a finite number above 0, or a dispersion that is not
    /// from 0 to 1.
    pub fn check(&self) -> Result<()> {
        let refuse = |name, value: f64, expected: &str| {
            Err(Error::Parameter { name, found: value.to_string(), expected: expected.to_owned() })
        };
        for (name, value) in [("subwords", self.strength), ("subword_penalty", self.penalty)] {
            if !(value > 0.0 && value.is_finite()) {
                return refuse(name, value, "a finite number above 0");
            }
        }
        if !(0.0..=1.0).contains(&self.dispersion) {
            return refuse("subword_dispersion", self.dispersion, "a number from 0 to 1");
        }
        Ok(())
    }

    /// Bytes that [`Subwords::add`] takes at the most with rows in files, `n_columns` of them at a
    /// time: the n-grams while they are found, or those that words share and the numbers of a
    /// strip.
    pub(crate) fn memory_bytes(n_words: usize, n_columns: usize) -> u64 {
        let n_words = n_words as u64;
        // Four panels of n-grams; the words, and what is predicted.
        let panels = 4 * n_columns as u64 * (4 * SHARED_PER_WORD + 2);
        n_words * FINDING_BYTES_PER_WORD.max(SHARED_BYTES_PER_WORD + panels)
    }

    /// The largest number of columns at a time, at most [`STRIP`], that fits into so many bytes;
    /// [`FEWEST_COLUMNS`] if none does.
    pub(crate) fn columns_within(n_words: usize, n_bytes: u64) -> usize {
        (FEWEST_COLUMNS..=STRIP)
            .rev()
            .find(|&n_columns| Self::memory_bytes(n_words, n_columns) <= n_bytes)
            .unwrap_or(FEWEST_COLUMNS)
    }

    /// Adds to the vectors of all words, `n_words x dim`, what their spelling predicts: `n_columns`
    /// columns at a time, which do not show in the result. Rows go to temporary files in `folder`
    /// if there is one. Returns the n-grams' vectors too.
    ///
    /// # Errors
    /// A failure of the file system, or an interruption.
    pub(crate) fn add(
        &self,
        vectors: RowList,
        vocab: &Vocab,
        n_columns: usize,
        folder: Option<&Path>,
        progress: &dyn Progress,
    ) -> Result<(RowList, NGramVectors)> {
        let (n_words, dim) = (vocab.words.len(), vectors.width());
        let mut lengths: Vec<f64> = Vec::with_capacity(n_words);
        vectors.for_each_part(|_, rows| {
            lengths.par_extend(rows.par_chunks(dim).map(length));
            Ok(())
        })?;
        let shares = self.shares(vocab);
        let weight = |word: usize| {
            let by_count = (vocab.counts[word] as f64 / WHOLE_COUNT).min(1.0).sqrt();
            // A vector of zeros has no direction to learn from.
            if lengths[word] > 0.0 { (by_count * shares[word]) as f32 } else { 0.0 }
        };
        let weights = (0..n_words).map(weight).collect();
        let ridge = Ridge::new(NGrams::shared(&vocab.words), weights, self.penalty);
        let mut predicted = Strips::new(n_words);
        let mut kept = KeptNGrams::of(ridge.grams());
        let mut n_reported = 0;
        while predicted.width() < dim {
            let columns = predicted.width()..dim.min(predicted.width() + n_columns);
            let width = columns.len();
            let mut strip = vectors.columns(columns.clone())?;
            strip.par_chunks_mut(width).zip(&lengths).for_each(|(row, &length)| {
                let scale = if length > 0.0 { length.recip() as f32 } else { 0.0 };
                row.iter_mut().for_each(|value| *value *= scale);
            });
            let mut grams = ridge.solve(strip, width, progress)?;
            ridge.weigh(&mut grams, width);
            kept.push(&grams, width, folder)?;
            predicted.push(width, ridge.predict(&grams, width), folder)?;
            let n_done = (n_words * columns.end / dim) as u64;
            progress.advance(n_done - n_reported);
            n_reported = n_done;
        }
        drop(ridge);
        let vectors = vectors.change(|first, rows| {
            let predicted = predicted.read(first..first + rows.len() / dim)?;
            let rows = rows.par_chunks_mut(dim).zip(predicted.par_chunks(dim));
            rows.enumerate().for_each(|(row, (vector, predicted))| {
                let word = first + row;
                let factor = (self.strength * lengths[word] * shares[word]) as f32;
                vector.iter_mut().zip(predicted).for_each(|(value, said)| *value += factor * said);
            });
            Ok(())
        })?;
        let ngrams = kept.into_vectors(&vectors)?;
        Ok((vectors, ngrams))
    }

    /// For each word, how much spelling says of it, from 0 to 1.
    fn shares(&self, vocab: &Vocab) -> Vec<f64> {
        if self.dispersion == 0.0 {
            return vec![1.0; vocab.words.len()];
        }
        let factors = dispersion_factors(&vocab.counts, &vocab.stretches, self.dispersion);
        factors.into_iter().map(|factor| factor * factor).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use faer::Mat;
    use faer::linalg::solvers::Solve as _;

    use super::*;
    use crate::base::random::uniform;
    use crate::space::ngrams::MarkedWord;

    fn vocab(spellings: &[&str], counts: &[u64], stretches: &[u64]) -> Vocab {
        Vocab {
            words: spellings.iter().copied().collect(),
            counts: counts.to_vec(),
            document_frequencies: counts.to_vec(),
            stretches: stretches.to_vec(),
            n_distinct: counts.len(),
            n_tokens: counts.iter().sum(),
        }
    }

    /// The vectors with what the spelling predicts, in memory and in files, and some columns at a
    /// time: the same bits.
    fn add(subwords: Subwords, vectors: &[f32], vocab: &Vocab) -> Vec<f32> {
        let folder = tempfile::tempdir().unwrap();
        let dim = vectors.len() / vocab.words.len();
        let added = |n_columns: usize, folder: Option<&Path>| {
            let list = RowList::from_vec(dim, vectors.to_vec(), folder).unwrap();
            let (vectors, _) = subwords.add(list, vocab, n_columns, folder, &()).unwrap();
            vectors.into_floats().unwrap()
        };
        let whole = added(STRIP, None);
        for n_columns in [1, 8, 17, STRIP] {
            assert!(
                added(n_columns, None) == whole && added(n_columns, Some(folder.path())) == whole,
                "{n_columns} columns"
            );
        }
        whole.into_vec()
    }

    const SPELLINGS: [&str; 14] = [
        "walk", "walked", "walking", "walks", "talk", "talked", "talking", "banana", "bananas",
        "of", "anan", "qqq", "stalking", "talks",
    ];

    /// The normal equations as a dense system, in `f64`.
    fn predicted_by_definition(
        vocab: &Vocab,
        units: &[Vec<f64>],
        weights: &[f64],
        penalty: f64,
    ) -> Vec<Vec<f64>> {
        let sets: Vec<BTreeSet<String>> = vocab
            .words
            .iter()
            .map(|word| MarkedWord::new(word).n_grams().map(str::to_owned).collect())
            .collect();
        let mut n_words_of: BTreeMap<&str, usize> = BTreeMap::new();
        sets.iter().flatten().for_each(|gram| *n_words_of.entry(gram).or_default() += 1);
        let grams: Vec<&str> =
            n_words_of.iter().filter(|&(_, &n)| n >= 3).map(|(&gram, _)| gram).collect();
        assert!(grams.len() > 10);
        let m = Mat::from_fn(sets.len(), grams.len(), |word, gram| {
            let n_known = grams.iter().filter(|&&gram| sets[word].contains(gram)).count();
            if sets[word].contains(grams[gram]) { (n_known as f64).sqrt().recip() } else { 0.0 }
        });
        let u = Mat::from_fn(units.len(), units[0].len(), |word, column| units[word][column]);
        let weighted =
            Mat::from_fn(m.nrows(), m.ncols(), |word, gram| weights[word] * m[(word, gram)]);
        let mut normal = weighted.transpose() * &m;
        (0..grams.len()).for_each(|gram| normal[(gram, gram)] += penalty);
        let mut solution = normal.partial_piv_lu().solve(weighted.transpose() * &u);
        for (row, gram) in grams.iter().enumerate() {
            let n_words = n_words_of[gram] as f64;
            let share = match (gram.starts_with('<'), gram.ends_with('>')) {
                (true, _) => 1.0,
                (_, true) => n_words / (n_words + sets.len() as f64 / 1000.0),
                _ => 0.7,
            };
            (0..u.ncols()).for_each(|column| solution[(row, column)] *= share);
        }
        let predicted = &m * solution;
        (0..sets.len())
            .map(|word| (0..u.ncols()).map(|column| predicted[(word, column)]).collect())
            .collect()
    }

    #[test]
    fn equals_the_definition() {
        let (dim, n_words) = (70, SPELLINGS.len());
        let counts: Vec<u64> = (0..n_words as u64).map(|word| 3000 / (word + 1)).collect();
        let stretches: Vec<u64> = (0..n_words as u64).map(|word| 1 + word % 3).collect();
        let vocab = vocab(&SPELLINGS, &counts, &stretches);
        let before: Vec<f32> =
            (0..n_words * dim).map(|at| uniform(3, at as u64, 0) as f32 - 0.4).collect();
        let subwords = Subwords { strength: 0.7, penalty: 0.5, dispersion: 0.9 };

        let lengths: Vec<f64> = before.chunks(dim).map(length).collect();
        let units: Vec<Vec<f64>> = before
            .chunks(dim)
            .zip(&lengths)
            .map(|(row, length)| row.iter().map(|&value| f64::from(value) / length).collect())
            .collect();
        let dispersion = crate::weighting::dispersion(&counts, &stretches);
        let share = |word: usize| (dispersion[word] / 0.9).min(1.0).powi(2);
        let weight = |word: usize| share(word) * (counts[word].min(1000) as f64 / 1000.0).sqrt();
        let weights: Vec<f64> = (0..n_words).map(weight).collect();
        let predicted = predicted_by_definition(&vocab, &units, &weights, subwords.penalty);
        assert!(dispersion.iter().any(|&e| e < 0.9) && dispersion.iter().any(|&e| e > 0.9));
        let found = add(subwords, &before, &vocab);
        for word in 0..n_words {
            let share = 0.7 * share(word);
            for column in 0..dim {
                let expected =
                    lengths[word] * (units[word][column] + share * predicted[word][column]);
                let found = f64::from(found[word * dim + column]);
                assert!((found - expected).abs() < 1e-3, "{found}, expected {expected}");
            }
        }
        // Words without shared n-grams stay as they are.
        let stays = |word: usize| found[word * dim..][..dim] == before[word * dim..][..dim];
        assert!(stays(9) && stays(11) && !stays(0));
    }

    #[test]
    fn zero_vectors_and_foreign_words_are_finite() {
        let spellings = ["house", "houses", "housed", "of"];
        let vocab = vocab(&spellings, &[5, 5, 5, 5], &[1, 1, 1, 1]);
        let subwords = Subwords { dispersion: 0.0, ..Subwords::default() };
        let found = add(subwords, &[0.0, 0.0, 3.0, 4.0, 1.0, 0.0, 1.0, 2.0], &vocab);
        assert!(found.iter().all(|value| value.is_finite()));
        assert_eq!((&found[..2], &found[6..]), (&[0.0, 0.0][..], &[1.0, 2.0][..]));
    }

    #[test]
    fn words_of_no_shared_spelling_stay() {
        let vocab = vocab(&["of", "house"], &[5, 5], &[1, 1]);
        let found = add(Subwords::default(), &[1.0, 2.0, 3.0, 4.0], &vocab);
        assert_eq!(found, [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn n_grams_of_a_word() {
        let word = MarkedWord::new("añb");
        assert_eq!(
            word.n_grams().collect::<Vec<_>>(),
            ["<añ", "añb", "ñb>", "<añb", "añb>", "<añb>"]
        );
        assert_eq!(word.shortest_n_grams().collect::<Vec<_>>(), ["<añ", "añb", "ñb>"]);
        assert_eq!(MarkedWord::new("ab").n_grams().count(), 0);
        assert_eq!(MarkedWord::new("ab").shortest_n_grams().count(), 0);
        assert_eq!(MarkedWord::new("aaaa").n_grams().count(), 4 + 3 + 2 + 1);
    }
}

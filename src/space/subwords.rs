//! Subword smoothing: after the decomposition, the vector of a rare word moves towards those of the
//! words that share its n-grams of letters.
//!
//! fastText (Bojanowski et al. 2017) learns a vector for every n-gram; here the vector of an n-gram
//! is the mean of the words that have it. With `u_j` the vector of word j at length 1, `n_j` how
//! often it occurs and `q_j = n_j / (n_j + 50)`, the n-grams predict for word j `s_j = sum over g
//! of f_g^(-1/2) * (sum over i != j with g of q_i u_i) / (sum over i with g of q_i)`, where `f_g`
//! counts the words with n-gram g, at least two. The mean of all `s_j` is subtracted, and the
//! vector becomes `|v_j| (u_j + a c / (c + n_j) * s_j / |s_j|)`. The n-grams are those of 3 to 6
//! letters of `<word>`; a word that shares none, and a vector that is zero, stay as they are.
//!
//! Cost: two passes over some 25 n-grams a word, [`STRIP`] dimensions at a time. The bits do not
//! depend on the number of threads: the vector of an n-gram is added up by one task in the order of
//! the words, that of a word in the order of its n-grams.

use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::mean::mean;
use super::ngrams::{NGrams, add};
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::base::words::Words;
use crate::storage::row_list::{RowList, Strips};

/// A word of this count contributes half as much to its n-grams as the most frequent words.
const HALF_TRUSTED: f64 = 50.0;

/// Dimensions that are added up at a time, at the most: a number for each and every n-gram is in
/// memory.
pub(crate) const STRIP: usize = 64;

/// The same, at the least.
pub(crate) const FEWEST_COLUMNS: usize = 8;

/// Bytes for each word while n-grams are found, at the most: a table of all n-grams, and the list
/// of each word's. The 90,000 words of English articles take 300.
const FINDING_BYTES_PER_WORD: u64 = 800;

/// N-grams that two words have, for each word, at the most: 2.2 for the same words.
const SHARED_PER_WORD: u64 = 4;

/// Bytes for each word of the lists of these n-grams, both ways, and of what is known of each word
/// and n-gram.
const SHARED_BYTES_PER_WORD: u64 = 8 * 25 + 24 * SHARED_PER_WORD + 80;

/// How much rare words borrow from words with similar spelling.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubwordSmoothing {
    /// The length of what is added to the vector of the rarest word, relative to that vector; above
    /// 0.
    pub strength: f64,
    /// The count at which the borrowing is halved; above 0.
    pub half_count: f64,
}

impl SubwordSmoothing {
    /// Refuses parameters that make no sense.
    ///
    /// # Errors
    /// A strength or a count that is not a finite number above 0.
    pub fn check(&self) -> Result<()> {
        for (name, value) in
            [("subword_smoothing", self.strength), ("subword_half_count", self.half_count)]
        {
            if !(value > 0.0 && value.is_finite()) {
                return Err(Error::Parameter {
                    name,
                    found: value.to_string(),
                    expected: "a finite number above 0".to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Bytes that [`SubwordSmoothing::lean`] takes at the most with rows in files, `n_columns` of
    /// them at a time: the n-grams while they are found, or those that words share and the numbers
    /// of a strip.
    pub(crate) fn memory_bytes(n_words: usize, n_columns: usize) -> u64 {
        let n_words = n_words as u64;
        let sums = 4 * n_columns as u64 * (SHARED_PER_WORD + 2);
        n_words * FINDING_BYTES_PER_WORD.max(SHARED_BYTES_PER_WORD + sums)
    }

    /// The largest number of columns at a time, at most [`STRIP`], that fits into so many bytes;
    /// [`FEWEST_COLUMNS`] if none does.
    pub(crate) fn columns_within(n_words: usize, n_bytes: u64) -> usize {
        (FEWEST_COLUMNS..=STRIP)
            .rev()
            .find(|&n_columns| Self::memory_bytes(n_words, n_columns) <= n_bytes)
            .unwrap_or(FEWEST_COLUMNS)
    }

    /// Moves the vectors of all words, `n_words x dim`, `n_columns` columns at a time, which do not
    /// show in the result; `counts` says how often each word occurs. Rows go to temporary files in
    /// `folder` if there is one.
    ///
    /// # Errors
    /// A failure of the file system, or an interruption.
    pub(crate) fn lean(
        &self,
        vectors: RowList,
        words: &Words,
        counts: &[u64],
        n_columns: usize,
        folder: Option<&Path>,
        progress: &dyn Progress,
    ) -> Result<RowList> {
        let (n_words, dim) = (words.len(), vectors.width());
        let spelling = Spelling::new(&vectors, words, counts)?;
        let mut said = Strips::new(n_words);
        let mut squares = vec![0.0_f64; n_words];
        let mut n_reported = 0;
        while said.width() < dim {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let columns = said.width()..dim.min(said.width() + n_columns);
            let strip =
                spelling.say(vectors.columns(columns.clone())?, columns.len(), &mut squares);
            said.push(columns.len(), strip, folder)?;
            let n_done = (n_words * columns.end / dim) as u64;
            progress.advance(n_done - n_reported);
            n_reported = n_done;
        }
        // How far each word moves along what its n-grams say.
        let factors: Vec<f32> = (0..n_words)
            .map(|word| {
                let said_length = squares[word].sqrt();
                let leaning =
                    self.strength * self.half_count / (self.half_count + counts[word] as f64);
                let length = spelling.lengths[word];
                if said_length > 0.0 { (length * leaning / said_length) as f32 } else { 0.0 }
            })
            .collect();
        drop(spelling);
        vectors.change(|first, rows| {
            let said = said.read(first..first + rows.len() / dim)?;
            rows.par_chunks_mut(dim).zip(said.par_chunks(dim)).zip(&factors[first..]).for_each(
                |((vector, said), &factor)| {
                    if factor != 0.0 {
                        add(vector, said, factor);
                    }
                },
            );
            Ok(())
        })
    }
}

/// What the spelling of all words says of each, some dimensions at a time.
struct Spelling {
    grams: NGrams,
    /// The length of each vector.
    lengths: Vec<f64>,
    /// What a word adds to its n-grams is its vector times this.
    shares: Vec<f32>,
    /// The weight of each n-gram.
    weights: Vec<f32>,
    /// For each word, the sum of the weights of its n-grams.
    own: Vec<f32>,
    /// The number of all words over that of those with n-grams.
    scale: f32,
}

impl Spelling {
    fn new(vectors: &RowList, words: &Words, counts: &[u64]) -> Result<Self> {
        let n_words = words.len();
        let grams = NGrams::new(words);
        let mut lengths: Vec<f64> = Vec::with_capacity(n_words);
        vectors.for_each_part(|_, rows| {
            lengths.par_extend(rows.par_chunks(vectors.width()).map(length));
            Ok(())
        })?;
        let trust: Vec<f64> =
            counts.iter().map(|&count| count as f64 / (count as f64 + HALF_TRUSTED)).collect();
        let shares: Vec<f32> = trust
            .iter()
            .zip(&lengths)
            .map(|(trust, &length)| if length > 0.0 { (trust / length) as f32 } else { 0.0 })
            .collect();
        let weights = grams.weights(&trust);
        let own: Vec<f32> = (0..n_words)
            .map(|word| grams.of_word(word).iter().map(|&gram| weights[gram as usize]).sum())
            .collect();
        let n_leaning = (0..n_words).filter(|&word| !grams.of_word(word).is_empty()).count();
        let scale = n_words as f32 / n_leaning.max(1) as f32;
        Ok(Self { grams, lengths, shares, weights, own, scale })
    }

    /// What the n-grams say of all words in `width` dimensions, of which `strip` are the vectors,
    /// without its mean; its squares are added to `squares`.
    fn say(&self, strip: Vec<f32>, width: usize, squares: &mut [f64]) -> Vec<f32> {
        let sums = self.grams.sums(&strip, width, &self.shares);
        let mut said = vec![0.0; self.lengths.len() * width];
        said.par_chunks_mut(width).enumerate().for_each(|(word, said)| {
            for &gram in self.grams.of_word(word) {
                add(said, &sums[gram as usize * width..][..width], self.weights[gram as usize]);
            }
            add(said, &strip[word * width..][..width], -self.own[word] * self.shares[word]);
        });
        drop((strip, sums));
        // Words without n-grams have zeros here: the mean is that of the others.
        let mean: Vec<f32> =
            mean(&said, width).into_iter().map(|value| value * self.scale).collect();
        said.par_chunks_mut(width).zip(squares).enumerate().for_each(|(word, (said, squares))| {
            if !self.grams.of_word(word).is_empty() {
                add(said, &mean, -1.0);
                *squares = said
                    .iter()
                    .fold(*squares, |sum, &value| sum + f64::from(value) * f64::from(value));
            }
        });
        said
    }
}

fn length(vector: &[f32]) -> f64 {
    vector.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::base::random::uniform;
    use crate::space::ngrams::n_grams_of;

    fn words(spellings: &[&str]) -> Words {
        spellings.iter().copied().collect()
    }

    fn assert_near(found: &[f32], expected: &[f64], tolerance: f64) {
        assert_eq!(found.len(), expected.len());
        assert!(
            found
                .iter()
                .zip(expected)
                .all(|(&found, expected)| (f64::from(found) - expected).abs() < tolerance),
            "{found:?} {expected:?}"
        );
    }

    /// The vectors of words that lean on others, in memory and in files, and some columns at a
    /// time: the same bits.
    fn lean(setting: SubwordSmoothing, vectors: &[f32], words: &Words, counts: &[u64]) -> Vec<f32> {
        let folder = tempfile::tempdir().unwrap();
        let leant = |n_columns: usize, folder: Option<&Path>| {
            let list =
                RowList::from_vec(vectors.len() / words.len(), vectors.to_vec(), folder).unwrap();
            setting
                .lean(list, words, counts, n_columns, folder, &())
                .unwrap()
                .into_floats()
                .unwrap()
        };
        let whole = leant(STRIP, None);
        for n_columns in [1, 8, 17, STRIP] {
            assert!(
                leant(n_columns, None) == whole && leant(n_columns, Some(folder.path())) == whole,
                "{n_columns} columns"
            );
        }
        whole.into_vec()
    }

    #[test]
    fn n_grams_of_a_word() {
        assert_eq!(
            n_grams_of("<añb>").collect::<Vec<_>>(),
            ["<añ", "añb", "ñb>", "<añb", "añb>", "<añb>"]
        );
        assert_eq!(n_grams_of("<ab>").count(), 0);
        assert_eq!(n_grams_of("<aaaa>").count(), 4 + 3 + 2 + 1);
    }

    /// `abc` and `abd` share `<ab` alone, `xyz` nothing. What `<ab` says of `abc` is (0, t), of
    /// `abd` (t, 0); without their mean and at length 1 that is (-r, r) and (r, -r) with r the root
    /// of 1/2. Both occur 100 times, so they lean by 0.5 * 100 / 200.
    #[test]
    fn hand_worked_words() {
        let vectors = [1.0, 0.0, 0.0, 2.0, 1.0, 1.0];
        let vectors = lean(
            SubwordSmoothing { strength: 0.5, half_count: 100.0 },
            &vectors,
            &words(&["abc", "abd", "xyz"]),
            &[100, 100, 7],
        );
        let r = 0.5_f64.sqrt();
        assert_near(
            &vectors,
            &[1.0 - 0.25 * r, 0.25 * r, 2.0 * 0.25 * r, 2.0 - 2.0 * 0.25 * r, 1.0, 1.0],
            1e-6,
        );
    }

    #[test]
    fn nothing_to_lean_on_and_zero_vectors_stay() {
        let setting = SubwordSmoothing { strength: 1.0, half_count: 1.0 };
        let vectors = lean(setting, &[1.0, 2.0, 3.0, 4.0], &words(&["of", "house"]), &[5, 5]);
        assert_eq!(vectors, [1.0, 2.0, 3.0, 4.0]);
        let vectors = lean(setting, &[0.0, 0.0, 3.0, 4.0], &words(&["houses", "house"]), &[5, 5]);
        assert_eq!(vectors[..2], [0.0, 0.0]);
        assert!(vectors.iter().all(|value| value.is_finite()));
    }

    /// The length of a row, and the row at length 1.
    fn unit(row: &[f64]) -> (f64, Vec<f64>) {
        let length = row.iter().map(|value| value * value).sum::<f64>().sqrt();
        (length, row.iter().map(|value| value / length).collect::<Vec<f64>>())
    }

    /// What the n-grams say of each word, if they say anything, by the definition.
    fn said_by_definition(
        spellings: &[&str],
        counts: &[u64],
        rows: &[(f64, Vec<f64>)],
    ) -> Vec<Option<Vec<f64>>> {
        let (n_words, dim) = (spellings.len(), rows[0].1.len());
        let sets: Vec<BTreeSet<String>> = spellings
            .iter()
            .map(|word| {
                let letters: Vec<char> = format!("<{word}>").chars().collect();
                let sizes = if letters.len() < 5 { 0..0 } else { 3..7 };
                sizes
                    .flat_map(|size| {
                        letters
                            .windows(size)
                            .map(|window| window.iter().collect::<String>())
                            .collect::<Vec<_>>()
                    })
                    .collect()
            })
            .collect();
        let trust: Vec<f64> =
            counts.iter().map(|&count| count as f64 / (count as f64 + 50.0)).collect();
        (0..n_words)
            .map(|j| {
                let mut said = None;
                for gram in &sets[j] {
                    let having: Vec<usize> =
                        (0..n_words).filter(|&i| sets[i].contains(gram)).collect();
                    if having.len() < 2 {
                        continue;
                    }
                    let weight = (having.len() as f64).powf(-0.5)
                        / having.iter().map(|&i| trust[i]).sum::<f64>();
                    let said = said.get_or_insert_with(|| vec![0.0; dim]);
                    for &i in having.iter().filter(|&&i| i != j) {
                        (0..dim).for_each(|d| said[d] += weight * trust[i] * rows[i].1[d]);
                    }
                }
                said
            })
            .collect()
    }

    /// The definition, pair by pair of words, in `f64`.
    #[test]
    fn equals_the_definition() {
        let spellings = [
            "walk", "walked", "walking", "walks", "talk", "talked", "talking", "banana", "bananas",
            "of", "anan", "qqq",
        ];
        let (dim, n_words) = (70, spellings.len());
        let counts: Vec<u64> = (0..n_words as u64).map(|word| 1000 / (word + 1)).collect();
        let before: Vec<f32> =
            (0..n_words * dim).map(|at| uniform(3, at as u64, 0) as f32 - 0.4).collect();
        let setting = SubwordSmoothing { strength: 0.7, half_count: 200.0 };

        let rows: Vec<(f64, Vec<f64>)> = before
            .chunks(dim)
            .map(|row| unit(&row.iter().map(|&value| f64::from(value)).collect::<Vec<f64>>()))
            .collect();
        let said = said_by_definition(&spellings, &counts, &rows);
        let leaning: Vec<&Vec<f64>> = said.iter().flatten().collect();
        assert!(leaning.len() > 5 && leaning.len() < n_words);
        let mean: Vec<f64> = (0..dim)
            .map(|d| leaning.iter().map(|said| said[d]).sum::<f64>() / leaning.len() as f64)
            .collect();
        let expected: Vec<f64> = (0..n_words)
            .flat_map(|j| {
                let (length, row) = &rows[j];
                let added = said[j].as_ref().map(|said| {
                    unit(
                        &said
                            .iter()
                            .zip(&mean)
                            .map(|(said, mean)| said - mean)
                            .collect::<Vec<f64>>(),
                    )
                    .1
                });
                let share =
                    setting.strength * setting.half_count / (setting.half_count + counts[j] as f64);
                (0..dim)
                    .map(|d| {
                        length * (row[d] + added.as_ref().map_or(0.0, |added| share * added[d]))
                    })
                    .collect::<Vec<f64>>()
            })
            .collect();

        let found = lean(setting, &before, &words(&spellings), &counts);
        assert_near(&found, &expected, 1e-5);
    }
}

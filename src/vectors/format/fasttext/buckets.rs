//! Which rows fastText adds up for a word.
//!
//! In: words, and n-grams with vectors. Out: for any word its buckets that are in use, and how many
//! rows fastText divides by. Where several n-grams fall into a bucket, it is that of the n-gram
//! that most words have.

use super::quantizer::{Codes, Quantizer};
use super::{END_OF_LINE, LETTERS};
use crate::base::error::{Error, Result};
use crate::base::progress::Stage;
use crate::base::words::{WordId, Words};
use crate::space::hashed_ngrams::hash;
use crate::space::ngram_vectors::NGramVectors;

/// The buckets, and which n-gram each holds.
pub(super) struct Buckets {
    n_buckets: u32,
    /// The buckets in use, ascending, each with the number of its n-gram.
    owners: Vec<(u32, WordId)>,
    /// Whether fastText leaves out the buckets that are not in use; else their rows are zeros, and
    /// it divides by their number too.
    only_used: bool,
}

impl Buckets {
    /// Gives each n-gram its bucket.
    pub(super) fn new(
        words: &Words,
        ngrams: &NGramVectors,
        n_buckets: u32,
        only_used: bool,
    ) -> Self {
        let ngrams = ngrams.ngrams();
        let mut n_words_of = vec![0u32; ngrams.len()];
        for word in words.iter() {
            let marked = marked(word);
            let known = n_grams(&marked).into_iter().filter_map(|gram| ngrams.id(gram));
            known.for_each(|id| n_words_of[id.index()] += 1);
        }
        let mut owners: Vec<(u32, WordId)> = (0..ngrams.len() as u32)
            .map(|id| (hash(ngrams.spelling(WordId(id))) % n_buckets, WordId(id)))
            .collect();
        owners.sort_unstable_by_key(|&(bucket, id)| {
            (bucket, std::cmp::Reverse(n_words_of[id.index()]), id.index())
        });
        owners.dedup_by_key(|&mut (bucket, _)| bucket);
        Self { n_buckets, owners, only_used }
    }

    /// Number of buckets in use.
    pub(super) fn n_used(&self) -> usize {
        self.owners.len()
    }

    /// The buckets in use, ascending.
    pub(super) fn used_buckets(&self) -> impl Iterator<Item = u32> {
        self.owners.iter().map(|&(bucket, _)| bucket)
    }

    /// The places, among the buckets in use, of the n-grams of a word; one that is there twice
    /// counts twice. Returns how many rows, besides the word's own, fastText divides by.
    pub(super) fn of_word(&self, word: &str, places: &mut Vec<usize>) -> usize {
        places.clear();
        if word == END_OF_LINE {
            return 0;
        }
        let marked = marked(word);
        let n_grams = n_grams(&marked);
        places.extend(n_grams.iter().filter_map(|gram| {
            let bucket = hash(gram) % self.n_buckets;
            self.owners.binary_search_by_key(&bucket, |&(bucket, _)| bucket).ok()
        }));
        if self.only_used { places.len() } else { n_grams.len() }
    }

    /// The row at a place.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if a value is NaN or infinite; a temporary file that cannot be read.
    pub(super) fn row(&self, place: usize, grams: &GramRows<'_>, dim: usize) -> Result<Vec<f32>> {
        let row = self.sum_of(&[place], grams, dim)?;
        if row.iter().all(|value| value.is_finite()) {
            return Ok(row);
        }
        let place =
            format!("the vector of an n-gram, in fastText's bucket {}", self.owners[place].0);
        Err(Error::NotFinite { stage: Stage::Write, place })
    }

    /// The sum of the rows at some places.
    ///
    /// # Errors
    /// A temporary file that cannot be read.
    pub(super) fn sum_of(
        &self,
        places: &[usize],
        grams: &GramRows<'_>,
        dim: usize,
    ) -> Result<Vec<f32>> {
        let mut sum = vec![0.0; dim];
        places.iter().try_for_each(|&place| grams.add(place, self.owners[place].1, &mut sum))?;
        Ok(sum)
    }
}

/// The rows of the n-grams.
pub(super) enum GramRows<'a> {
    /// Their vectors, times a number.
    Exact { ngrams: &'a NGramVectors, scale: f32 },
    /// What remains of them as codes, in the order of the buckets in use.
    Quantized { codes: &'a Codes, quantizer: &'a Quantizer },
}

impl GramRows<'_> {
    /// Adds the row of an n-gram, that has this place among the buckets in use.
    fn add(&self, place: usize, ngram: WordId, sum: &mut [f32]) -> Result<()> {
        match self {
            Self::Exact { ngrams, scale } => {
                let vector = ngrams.vector(ngram.index())?;
                sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += scale * value);
            }
            Self::Quantized { codes, quantizer } => quantizer.add(codes, place, sum),
        }
        Ok(())
    }
}

/// A word between its marks.
fn marked(word: &str) -> String {
    ["<", word, ">"].concat()
}

/// The n-grams of a marked word, in fastText's order.
fn n_grams(marked: &str) -> Vec<&str> {
    let mut bounds: Vec<usize> = marked.char_indices().map(|(at, _)| at).collect();
    let n_letters = bounds.len();
    bounds.push(marked.len());
    let mut grams = Vec::new();
    for first in 0..n_letters {
        let ends = first + LETTERS.start()..=n_letters.min(first + LETTERS.end());
        grams.extend(ends.map(|end| &marked[bounds[first]..bounds[end]]));
    }
    grams
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a_and_fasttexts() {
        // Published vectors of FNV-1a; bytes below 128 are the same signed.
        assert_eq!(hash(""), 0x811C_9DC5);
        assert_eq!(hash("a"), 0xE40C_292C);
        assert_eq!(hash("foobar"), 0xBF9C_F968);
        // What fastText 0.9.2 itself answers, of that many buckets.
        assert_eq!(hash("añ") % 2_147_483_647, 1_974_508_389);
    }

    #[test]
    fn n_grams_have_three_to_six_letters() {
        let expected = ["<añ", "<año", "<año>", "año", "año>", "ño>"];
        assert_eq!(n_grams("<año>"), expected);
        assert_eq!(n_grams("<a>"), ["<a>"]);
        assert_eq!(n_grams("<>"), [""; 0]);
        assert_eq!(n_grams("<abcdef>").len(), 6 + 5 + 4 + 3);
    }
}

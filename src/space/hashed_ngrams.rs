//! The vectors of n-grams that fastText keeps: a row for each bucket into which n-grams are hashed.
//!
//! In: the rows of a file of fastText, or of finalfusion's from it. Out: for any spelling the mean
//! of the rows of its n-grams, which is what fastText answers for an unknown word (Bojanowski et
//! al. 2017, "Enriching word vectors with subword information"). n-grams are hashed with FNV-1a of
//! 32 bits, with bytes from 128 on as negative numbers.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use crate::storage::file_bytes::FileBytes;

/// The end of a line, which fastText takes for a word without n-grams.
const END_OF_LINE: &str = "</s>";

/// Letters of an n-gram at most: a file that says more lies, and every word would be cut at every
/// pair of places.
pub(crate) const LONGEST_NGRAM: usize = 100;

/// Vectors of hashed n-grams, from which any spelling gets a vector.
pub struct HashedNGrams {
    letters: RangeInclusive<usize>,
    n_buckets: u32,
    dim: usize,
    /// The rows of buckets that are in use, if only these are kept.
    used: Option<BTreeMap<u32, u32>>,
    rows: BucketRows,
}

/// Gives a row of values.
pub(crate) trait RowSource: Send + Sync {
    /// Adds the row to a sum.
    fn add(&self, row: usize, sum: &mut [f32]);
}

/// The rows of the buckets, from a certain row of a file on.
pub(crate) struct BucketRows {
    /// The rows of the whole file.
    pub(crate) source: Box<dyn RowSource>,
    /// The row of the first bucket.
    pub(crate) first: usize,
}

impl HashedNGrams {
    /// The n-grams of so many letters, hashed into so many buckets; `used` has the row of each
    /// bucket that has one, if not all have.
    ///
    /// # Panics
    /// If there is no bucket.
    pub(crate) fn new(
        letters: RangeInclusive<usize>,
        n_buckets: u32,
        dim: usize,
        used: Option<BTreeMap<u32, u32>>,
        rows: BucketRows,
    ) -> Self {
        assert!(n_buckets > 0, "n-grams are hashed into buckets");
        Self { letters, n_buckets, dim, used, rows }
    }

    /// Length of each vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of buckets.
    pub fn n_buckets(&self) -> u32 {
        self.n_buckets
    }

    /// Letters in an n-gram, its marks included.
    pub fn letters(&self) -> RangeInclusive<usize> {
        self.letters.clone()
    }

    /// The vector of a spelling: the mean of the rows of its n-grams; `None` if it has none.
    pub fn predict(&self, word: &str) -> Option<Vec<f32>> {
        let mut sum = vec![0.0; self.dim];
        let n_grams = self.add(word, &mut sum);
        let has_direction = sum.iter().any(|&value| value != 0.0);
        let is_finite = sum.iter().all(|value| value.is_finite());
        (n_grams > 0 && has_direction && is_finite).then(|| {
            sum.iter_mut().for_each(|value| *value /= n_grams as f32);
            sum
        })
    }

    /// The vector of a known word, whose own row is in the file.
    pub(crate) fn of_known(&self, word: &str, row: usize, vector: &mut [f32]) {
        vector.fill(0.0);
        self.rows.source.add(row, vector);
        let n_rows = 1 + self.add(word, vector);
        vector.iter_mut().for_each(|value| *value /= n_rows as f32);
    }

    /// Adds the rows of the n-grams of a word; returns how many these are.
    fn add(&self, word: &str, sum: &mut [f32]) -> usize {
        if word == END_OF_LINE {
            return 0;
        }
        let mut n_rows = 0;
        for hash in hashes(word, &self.letters) {
            let bucket = hash % self.n_buckets;
            let row = match &self.used {
                None => Some(bucket),
                Some(used) => used.get(&bucket).copied(),
            };
            if let Some(row) = row {
                self.rows.source.add(self.rows.first + row as usize, sum);
                n_rows += 1;
            }
        }
        n_rows
    }
}

impl fmt::Debug for HashedNGrams {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HashedNGrams")
            .field("letters", &self.letters)
            .field("n_buckets", &self.n_buckets)
            .field("dim", &self.dim)
            .finish_non_exhaustive()
    }
}

/// Rows of 32-bit floats in a file, from a byte on.
pub(crate) struct FloatRows {
    pub(crate) bytes: FileBytes,
    pub(crate) start: usize,
    pub(crate) dim: usize,
}

impl RowSource for FloatRows {
    fn add(&self, row: usize, sum: &mut [f32]) {
        let bytes = &self.bytes[self.start + row * self.dim * 4..][..self.dim * 4];
        for (sum, bytes) in sum.iter_mut().zip(bytes.chunks_exact(4)) {
            *sum += f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
    }
}

/// The hashes of the n-grams of a word between its marks, in fastText's order.
fn hashes(word: &str, letters: &RangeInclusive<usize>) -> Vec<u32> {
    let marked = ["<", word, ">"].concat();
    let mut bounds: Vec<usize> = marked.char_indices().map(|(at, _)| at).collect();
    let n_letters = bounds.len();
    bounds.push(marked.len());
    let mut all = Vec::new();
    for first in 0..n_letters {
        for n in letters.clone() {
            let end = first + n;
            if end > n_letters {
                break;
            }
            // A mark alone is no n-gram.
            if n == 1 && (first == 0 || end == n_letters) {
                continue;
            }
            all.push(hash(&marked[bounds[first]..bounds[end]]));
        }
    }
    all
}

/// FNV-1a of 32 bits (Fowler, Noll and Vo), with bytes from 128 on as negative numbers.
pub(crate) fn hash(gram: &str) -> u32 {
    gram.bytes().fold(2_166_136_261, |hash, byte| {
        (hash ^ i32::from(byte.cast_signed()) as u32).wrapping_mul(16_777_619)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row r of two values is (r, 1).
    struct Numbered;

    impl RowSource for Numbered {
        fn add(&self, row: usize, sum: &mut [f32]) {
            sum[0] += row as f32;
            sum[1] += 1.0;
        }
    }

    fn grams(letters: RangeInclusive<usize>, used: Option<BTreeMap<u32, u32>>) -> HashedNGrams {
        HashedNGrams::new(letters, 7, 2, used, BucketRows { source: Box::new(Numbered), first: 10 })
    }

    #[test]
    fn an_unknown_word_has_the_mean_of_its_buckets() {
        // `<ab>` has the 3-grams `<ab` and `ab>`.
        let buckets = ["<ab", "ab>"].map(|gram| hash(gram) % 7);
        let mean = (buckets[0] + buckets[1]) as f32 / 2.0 + 10.0;
        assert_eq!(grams(3..=3, None).predict("ab"), Some(vec![mean, 1.0]));
        assert_eq!(grams(5..=6, None).predict("ab"), None);
        assert_eq!(grams(3..=3, None).predict("</s>"), None);
        // Of the buckets that are not kept there is no row, and they do not count.
        let used = BTreeMap::from([(buckets[0], 3)]);
        let expected = if buckets[0] == buckets[1] { 2.0 } else { 1.0 };
        let mut sum = vec![0.0; 2];
        assert_eq!(grams(3..=3, Some(used)).add("ab", &mut sum) as f32, expected);
        assert_eq!(sum, [13.0 * expected, expected]);
    }

    #[test]
    fn a_known_word_counts_its_own_row() {
        let buckets = ["<ab", "ab>"].map(|gram| hash(gram) % 7);
        let mut vector = [0.0; 2];
        grams(3..=3, None).of_known("ab", 4, &mut vector);
        assert_eq!(vector[0], (4 + 20 + buckets[0] + buckets[1]) as f32 / 3.0);
    }

    #[test]
    fn marks_alone_are_no_n_grams() {
        // `<`, `a`, `>`, and `<a`, `a>`.
        assert_eq!(hashes("a", &(1..=1)), [hash("a")]);
        assert_eq!(hashes("a", &(1..=2)), [hash("<a"), hash("a"), hash("a>")]);
    }
}

//! Word vectors: an ordered vocabulary and one contiguous vector per word.
//!
//! In: `n_words` distinct words and an `n_words x dim` matrix of `f32`, row after row, owned or
//! lying in a mapped file. Out: the vector of a word, its Euclidean length, and a digest of
//! everything. `format` reads and writes files, `query` compares vectors.

pub mod format;
pub(crate) mod rounded;

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;
use rounded::RoundedVectors;

use crate::base::digest::Digest;
use crate::base::error::{Error, Result};
use crate::base::progress::Stage;
use crate::base::words::{WordId, Words};
use crate::linalg::dot::length_of;
use crate::storage::floats::Floats;

/// Rows whose lengths one task takes; fixed, so that nothing depends on the number of threads.
const ROWS_PER_TASK: usize = 1024;

/// Questions that are answered from the vectors themselves before these are rounded: rounding takes
/// about as long as so many answers.
const QUESTIONS_BEFORE_ROUNDING: u32 = 6;

/// Fewer values than these, 4 MiB, stay in the processor's cache: rounding gains nothing.
const LEAST_ROUNDED: usize = 1 << 20;

/// A vocabulary with one vector of `dim` numbers for each word; word 0 is the most frequent where
/// the source knows frequencies.
///
/// Opening a file: [`WordVectors::open`]. Comparing: the module [`query`](crate::query).
///
/// ```
/// use eigenlex::{WordVectors, Words};
/// let words: Words = ["king", "queen"].into_iter().collect();
/// let vectors = WordVectors::new(words, 3, vec![1.0, 0.0, 2.0, 1.0, 1.0, 2.0]);
/// let queen = vectors.id("queen").expect("listed above");
/// assert_eq!(vectors.vector(queen), [1.0, 1.0, 2.0]);
/// ```
pub struct WordVectors {
    words: Words,
    dim: usize,
    data: Floats,
    /// The Euclidean lengths, where a file has them.
    norms: Option<Floats>,
    lengths: OnceLock<Lengths>,
    n_questions: AtomicU32,
    rounded: OnceLock<RoundedVectors>,
}

struct Lengths {
    lengths: Floats,
    /// The first row that holds NaN or infinity, or is so long that its length is no `f32`.
    not_finite: Option<WordId>,
}

impl WordVectors {
    /// Puts words and vectors together: `data` holds `words.len() x dim` numbers, the vector of
    /// word 0 first.
    ///
    /// # Panics
    /// If `data.len()` is not `words.len() * dim`, or `dim` is 0.
    pub fn new(words: Words, dim: usize, data: Vec<f32>) -> Self {
        Self::from_floats(words, dim, data.into())
    }

    /// The same with values that lie elsewhere, such as in a mapped file.
    pub(crate) fn from_floats(words: Words, dim: usize, data: Floats) -> Self {
        let vectors = Self {
            words,
            dim,
            data,
            norms: None,
            lengths: OnceLock::new(),
            n_questions: AtomicU32::new(0),
            rounded: OnceLock::new(),
        };
        let (n_words, n_numbers) = (vectors.len(), vectors.as_slice().len());
        assert!(dim > 0, "vectors need at least one dimension");
        assert_eq!(
            Some(n_numbers),
            n_words.checked_mul(dim),
            "{n_words} words of {dim} dimensions, {n_numbers} numbers"
        );
        vectors
    }

    /// The same with Euclidean lengths that a file has.
    ///
    /// # Panics
    /// If there are not as many as words.
    #[must_use]
    pub(crate) fn with_norms(self, norms: Option<Floats>) -> Self {
        let n_norms = norms.as_ref().map_or(self.len(), |norms| norms.len());
        assert_eq!(n_norms, self.len(), "a length for each word");
        Self { norms, ..self }
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is no word.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Number of dimensions of each vector, at least 1.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The words, in the order of the vectors.
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// The position of a word in exactly this spelling.
    pub fn id(&self, word: &str) -> Option<WordId> {
        self.words.id(word)
    }

    /// The vector of a word: `dim` numbers.
    ///
    /// # Panics
    /// If `id` is not below [`WordVectors::len`].
    pub fn vector(&self, id: WordId) -> &[f32] {
        assert!(id.index() < self.len(), "word {} of {}", id.0, self.len());
        &self.as_slice()[id.index() * self.dim..][..self.dim]
    }

    /// All numbers: `n_words x dim`, row after row.
    pub fn as_slice(&self) -> &[f32] {
        &self.data
    }

    /// Lets the pages of some vectors leave memory, where these are in a mapped file.
    pub(crate) fn release(&self, rows: Range<usize>) {
        self.data.release(rows.start * self.dim..rows.end * self.dim);
    }

    /// The Euclidean length of each vector, computed once when first asked for.
    ///
    /// A vector that is zero (or shorter than the smallest normal `f32`) has length 0 here: it has
    /// no direction, is never the answer to a query, and cannot be asked about.
    ///
    /// # Errors
    /// [`Error::NotFinite`] names the first word with a number that is NaN or infinite.
    pub fn lengths(&self) -> Result<&[f32]> {
        let found = self.lengths.get_or_init(|| self.compute_lengths());
        match found.not_finite {
            None => Ok(&found.lengths),
            Some(id) => Err(self.not_finite(id)),
        }
    }

    /// The length of one vector that a query starts from.
    ///
    /// # Errors
    /// [`Error::NothingFound`] if the vector is zero; [`Error::NotFinite`] as for
    /// [`WordVectors::lengths`].
    pub fn length(&self, id: WordId) -> Result<f32> {
        let length = self.lengths()?[id.index()];
        // A length that a file has says nothing of numbers that were damaged since.
        if self.norms.is_some() && !self.vector(id).iter().all(|number| number.is_finite()) {
            return Err(self.not_finite(id));
        }
        if length > 0.0 {
            return Ok(length);
        }
        let reason = "its vector is zero, so it has no direction and no cosine".to_owned();
        Err(Error::NothingFound { query: self.words.spelling(id).to_owned(), reason })
    }

    /// The vectors rounded to a byte a value, for a question that would read all of them; `None`
    /// for the first few questions, and where there is little to read.
    ///
    /// They take a quarter of the memory of the vectors, as long as these are there.
    pub(crate) fn rounded(&self) -> Result<Option<&RoundedVectors>> {
        if let Some(rounded) = self.rounded.get() {
            return Ok(Some(rounded));
        }
        let n_questions = self.n_questions.fetch_add(1, Ordering::Relaxed);
        if n_questions < QUESTIONS_BEFORE_ROUNDING || self.as_slice().len() < LEAST_ROUNDED {
            return Ok(None);
        }
        let lengths = self.lengths()?;
        let round = || RoundedVectors::new(self.dim, self.as_slice(), lengths);
        Ok(Some(self.rounded.get_or_init(round)))
    }

    /// SHA-256, in hexadecimal, over everything: `n_words` and `dim` as little-endian `u64`; all
    /// numbers as little-endian `f32`, row after row; then each word as its number of bytes
    /// (little-endian `u64`) and its UTF-8 bytes.
    ///
    /// Equal digests mean equal vectors, bit for bit, whatever the file format.
    pub fn digest(&self) -> String {
        let digest = Digest::new().number(self.len() as u64).number(self.dim as u64);
        let digest = self.data.added_to(digest);
        self.words.iter().fold(digest, Digest::text).to_hex()
    }

    /// Whether the numbers are in memory, and not in a mapped file.
    #[cfg(test)]
    pub(crate) fn is_owned(&self) -> bool {
        self.data.is_owned()
    }

    fn compute_lengths(&self) -> Lengths {
        if let Some(norms) = &self.norms {
            let not_finite = norms.iter().position(|norm| !norm.is_finite());
            let not_finite = not_finite.map(|row| WordId(row as u32));
            return Lengths { lengths: norms.clone(), not_finite };
        }
        let mut lengths = vec![0.0f32; self.len()];
        let numbers = self.as_slice();
        lengths
            .par_chunks_mut(ROWS_PER_TASK)
            .zip(numbers.par_chunks(ROWS_PER_TASK * self.dim))
            .for_each(|(lengths, rows)| {
                for (length, row) in lengths.iter_mut().zip(rows.chunks_exact(self.dim)) {
                    *length = length_of(row);
                }
            });
        let not_finite =
            lengths.iter().position(|length| !length.is_finite()).map(|row| WordId(row as u32));
        Lengths { lengths: lengths.into(), not_finite }
    }

    /// The error of a word whose vector is not finite.
    pub(crate) fn not_finite(&self, id: WordId) -> Error {
        Error::NotFinite { stage: Stage::Read, place: self.place_of_not_finite(id) }
    }

    fn place_of_not_finite(&self, id: WordId) -> String {
        let word = self.words.spelling(id);
        match self.vector(id).iter().position(|number| !number.is_finite()) {
            Some(component) => format!("component {} of the vector of `{word}`", component + 1),
            None => format!("the length of the vector of `{word}`"),
        }
    }
}

impl fmt::Debug for WordVectors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("WordVectors")
            .field("n_words", &self.len())
            .field("dim", &self.dim)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::dot::dot;

    fn two() -> WordVectors {
        WordVectors::new(["a", "b"].into_iter().collect(), 2, vec![3.0, 4.0, 0.0, 0.0])
    }

    #[test]
    fn a_zero_vector_has_no_direction_and_says_so() {
        let vectors = two();
        assert_eq!(vectors.lengths().unwrap(), [5.0, 0.0]);
        assert_eq!(vectors.length(WordId(0)).unwrap(), 5.0);
        let message = vectors.length(WordId(1)).unwrap_err().to_string();
        assert_eq!(
            message,
            "nothing found for `b`: its vector is zero, so it has no direction and no cosine"
        );
    }

    #[test]
    fn a_number_that_is_not_finite_is_named() {
        let words: Words = ["a", "b"].into_iter().collect();
        let vectors = WordVectors::new(words, 2, vec![1.0, 2.0, 0.5, f32::NAN]);
        let message = vectors.lengths().unwrap_err().to_string();
        assert_eq!(
            message,
            "read: a value is not finite (NaN or infinity) at component 2 of the vector of `b`"
        );
    }

    #[test]
    fn the_digest_is_sha_256_over_shape_numbers_and_words() {
        use sha2::Digest as _;
        let mut bytes = Vec::new();
        bytes.extend(2u64.to_le_bytes());
        bytes.extend(2u64.to_le_bytes());
        [3.0f32, 4.0, 0.0, 0.0].iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        for word in ["a", "b"] {
            bytes.extend(1u64.to_le_bytes());
            bytes.extend(word.as_bytes());
        }
        let expected: String =
            sha2::Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(two().digest(), expected);
    }

    #[test]
    fn the_dot_product_agrees_with_a_plain_loop() {
        for n in [0, 1, 15, 16, 17, 100] {
            let left: Vec<f32> = (0..n).map(|i| (i as f32 * 0.37).sin()).collect();
            let right: Vec<f32> = (0..n).map(|i| (i as f32 * 0.11).cos()).collect();
            let plain: f64 =
                left.iter().zip(&right).map(|(&l, &r)| f64::from(l) * f64::from(r)).sum();
            assert!((f64::from(dot(&left, &right)) - plain).abs() < 1e-5, "{n}");
        }
    }

    #[test]
    #[should_panic(expected = "2 words of 2 dimensions, 3 numbers")]
    fn numbers_that_do_not_fill_the_matrix_are_a_programming_error() {
        WordVectors::new(["a", "b"].into_iter().collect(), 2, vec![1.0; 3]);
    }
}

//! The vectors of n-grams of letters: what gives a word that no text had a vector.
//!
//! In: the solution of the regression of subwords (`ridge.rs`), or the file `subwords.safetensors`
//! of a model. Out: for any spelling, `n^(-1/2) * (sum of the vectors of its n known n-grams)`: the
//! direction in which words of such a spelling lie. Its length says little. And the mean of the
//! rarer half of all words, which `query` takes from a guess.
//!
//! Kept are the n-grams of at least [`KEPT_WORDS`] words, as 16-bit floats (IEEE 754 binary16). On
//! English articles these are 65,000 of 113,000 n-grams, 39 MB at 300 dimensions;
//! `docs/benchmarks/words.md` says what that loses. Memory: the file is mapped, and a guess reads
//! some twenty rows of it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::path::Path;

use half::f16;
use rayon::prelude::*;

use super::ngrams::{MarkedWord, NGrams};
use crate::base::error::{Error, Result};
use crate::base::progress::Stage;
use crate::base::words::{WordId, Words};
use crate::storage::mmap::MappedFile;
use crate::storage::row_list::{RowList, Strips};

/// Words that have an n-gram whose vector is kept, at the least.
const KEPT_WORDS: usize = 5;

/// Vectors of n-grams of letters, from which any spelling gets a vector.
pub struct NGramVectors {
    ngrams: Words,
    dim: usize,
    rows: Rows,
    common: Vec<f32>,
}

/// The bits of 16-bit floats, row after row.
enum Rows {
    /// As they were made.
    Made(Strips<u16>),
    /// In a mapped file, little-endian, from this byte on.
    Mapped(MappedFile, usize),
}

impl NGramVectors {
    /// Number of n-grams.
    pub fn len(&self) -> usize {
        self.ngrams.len()
    }

    /// Whether there is none: then no word can be guessed.
    pub fn is_empty(&self) -> bool {
        self.ngrams.is_empty()
    }

    /// Length of each vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The n-grams, in the order of the vectors; `<` and `>` mark the ends of a word.
    pub fn ngrams(&self) -> &Words {
        &self.ngrams
    }

    /// The vector of the n-gram with this number: `dim` values.
    ///
    /// # Errors
    /// A temporary file that cannot be read.
    ///
    /// # Panics
    /// If there are not so many n-grams.
    pub fn vector(&self, ngram: usize) -> Result<Vec<f32>> {
        let bits = self.bits(ngram..ngram + 1)?;
        Ok(bits.iter().map(|&bits| f16::from_bits(bits).to_f32()).collect())
    }

    /// What rare words have in common: the mean of the vectors, at length 1, of the less frequent
    /// half of all words.
    pub fn common(&self) -> &[f32] {
        &self.common
    }

    /// The vector that the n-grams of a word predict: `dim` values, of which only the direction
    /// means something. `None` if it has no n-gram that words of the corpus share; words of one or
    /// two letters have none. [`query::guess`](crate::query::guess) looks at known words besides,
    /// and guesses better.
    ///
    /// The word is taken as it is: a model lower-cases it first if its corpus was
    /// ([`Model::vector_of`](crate::Model::vector_of)).
    ///
    /// ```
    /// use eigenlex::{Corpus, EmbedConfig};
    ///
    /// let corpus = Corpus::open("corpora/english.txt")?;
    /// let model = eigenlex::embed(&corpus, &EmbedConfig::window().dim(50), &())?;
    /// let ngrams = model.ngrams.as_ref().expect("windows are embedded with subwords");
    /// assert_eq!(ngrams.predict("kingliness")?.expect("it begins like king").len(), 50);
    /// assert_eq!(ngrams.predict("qqqq")?, None);
    /// # Ok::<(), eigenlex::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFinite`] if a value is NaN or infinite; a temporary file that cannot be read.
    pub fn predict(&self, word: &str) -> Result<Option<Vec<f32>>> {
        let marked = MarkedWord::new(word);
        // In the order of the list, whatever their order in the word.
        let known: BTreeSet<WordId> =
            marked.n_grams().filter_map(|gram| self.ngrams.id(gram)).collect();
        if known.is_empty() {
            return Ok(None);
        }
        let mut sum = vec![0.0; self.dim];
        for id in &known {
            let bits = self.bits(id.index()..id.index() + 1)?;
            sum.iter_mut().zip(&*bits).for_each(|(sum, &bits)| {
                *sum += f16::from_bits(bits).to_f32();
            });
        }
        let scale = (known.len() as f64).sqrt().recip() as f32;
        sum.iter_mut().for_each(|value| *value *= scale);
        if sum.iter().any(|value| !value.is_finite()) {
            let place = format!("the n-grams of `{word}`");
            return Err(Error::NotFinite { stage: Stage::Read, place });
        }
        let has_direction = sum.iter().any(|&value| value != 0.0);
        Ok(has_direction.then_some(sum))
    }

    /// The vectors that lie in a mapped file as little-endian 16-bit floats, from byte `start` on.
    pub(crate) fn mapped(ngrams: Words, file: MappedFile, start: usize, common: Vec<f32>) -> Self {
        Self { ngrams, dim: common.len(), rows: Rows::Mapped(file, start), common }
    }

    /// Vectors in memory, as the bits of 16-bit floats, row after row.
    ///
    /// # Panics
    /// If there are not `dim` values for each n-gram.
    pub(crate) fn from_bits(ngrams: Words, dim: usize, bits: Vec<u16>, common: Vec<f32>) -> Self {
        let mut strips = Strips::new(ngrams.len());
        strips.push(dim, bits, None).expect("lists in memory cannot fail");
        Self { ngrams, dim, rows: Rows::Made(strips), common }
    }

    /// The bits of the 16-bit floats of some rows.
    ///
    /// # Errors
    /// A temporary file that cannot be read.
    pub(crate) fn bits(&self, rows: Range<usize>) -> Result<Cow<'_, [u16]>> {
        match &self.rows {
            Rows::Made(strips) => strips.read(rows),
            Rows::Mapped(file, start) => {
                let row_bytes = 2 * self.dim;
                let bytes =
                    &file.bytes()[start + rows.start * row_bytes..start + rows.end * row_bytes];
                Ok(bytes.as_chunks::<2>().0.iter().map(|&it| u16::from_le_bytes(it)).collect())
            }
        }
    }
}

impl fmt::Debug for NGramVectors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NGramVectors")
            .field("len", &self.len())
            .field("dim", &self.dim)
            .finish_non_exhaustive()
    }
}

/// The vectors of the n-grams that are kept, as they are made.
pub(super) struct KeptNGrams {
    /// Their numbers in the regression, and their spellings.
    kept: Vec<u32>,
    spellings: Words,
    strips: Strips<u16>,
}

impl KeptNGrams {
    /// None of the columns yet.
    pub(super) fn of(grams: &NGrams) -> Self {
        let kept: Vec<u32> = (0..grams.len() as u32)
            .filter(|&gram| grams.of_gram(gram).len() >= KEPT_WORDS)
            .collect();
        let spellings = kept.iter().map(|&gram| grams.spelling(gram)).collect();
        let strips = Strips::new(kept.len());
        Self { kept, spellings, strips }
    }

    /// Appends columns of the vectors of all n-grams, `n_grams x width`; they go to a temporary
    /// file in `folder` if there is one.
    ///
    /// # Errors
    /// A full disk or another failure of the file system.
    pub(super) fn push(
        &mut self,
        grams: &[f32],
        width: usize,
        folder: Option<&Path>,
    ) -> Result<()> {
        let mut columns = vec![0; self.kept.len() * width];
        columns.par_chunks_mut(width).zip(&self.kept).for_each(|(row, &gram)| {
            let values = &grams[gram as usize * width..][..width];
            row.iter_mut().zip(values).for_each(|(bits, &value)| {
                *bits = f16::from_f32(value).to_bits();
            });
        });
        self.strips.push(width, columns, folder)
    }

    /// All of them, with what the rarer half of the words have in common: of the vectors of all
    /// words, which stand by falling frequency.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(super) fn into_vectors(self, words: &RowList) -> Result<NGramVectors> {
        let Self { spellings, strips, .. } = self;
        let dim = strips.width();
        let mut sum = vec![0.0f64; dim];
        let first = words.n_rows() / 2;
        words.for_each_part(|start, rows| {
            let rare = rows.chunks_exact(dim).skip(first.saturating_sub(start));
            for values in rare {
                let length = length(values);
                if length > 0.0 {
                    sum.iter_mut()
                        .zip(values)
                        .for_each(|(sum, &it)| *sum += f64::from(it) / length);
                }
            }
            Ok(())
        })?;
        let n_rare = (words.n_rows() - first).max(1) as f64;
        let common = sum.into_iter().map(|sum| (sum / n_rare) as f32).collect();
        Ok(NGramVectors { ngrams: spellings, dim, rows: Rows::Made(strips), common })
    }
}

/// The Euclidean length.
pub(super) fn length(vector: &[f32]) -> f64 {
    vector.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>().sqrt()
}

//! Finding the vectors of the words of a question.
//!
//! In: a spelling. Out: the word of the vocabulary with its vector; or, where n-gram vectors are
//! given, the vector that the spelling of an unknown word predicts.

use std::borrow::Cow;

use super::guess::guess;
use super::spelling::{find, resolve};
use crate::base::error::Result;
use crate::base::words::WordId;
use crate::linalg::dot::length_of;
use crate::space::hashed_ngrams::HashedNGrams;
use crate::space::ngram_vectors::NGramVectors;
use crate::vectors::WordVectors;

/// A word of a question, with its vector.
#[derive(Debug, Clone, PartialEq)]
pub struct WordVector<'a> {
    /// The word as it is in the vocabulary, or as it was asked for.
    pub word: Cow<'a, str>,
    /// The word of the vocabulary; `None` if the vector was guessed from the spelling.
    pub id: Option<WordId>,
    /// `dim` values. Of a guess only the direction means something.
    pub vector: Cow<'a, [f32]>,
}

impl<'a> WordVector<'a> {
    /// A word of the vocabulary.
    ///
    /// # Panics
    /// If `id` is not below the number of words.
    pub fn known(vectors: &'a WordVectors, id: WordId) -> Self {
        Self {
            word: vectors.words().spelling(id).into(),
            id: Some(id),
            vector: vectors.vector(id).into(),
        }
    }

    /// Whether the vector was guessed from the spelling.
    pub fn is_guessed(&self) -> bool {
        self.id.is_none()
    }

    /// The Euclidean length of the vector, which is not zero.
    ///
    /// # Errors
    /// As [`WordVectors::length`].
    pub(super) fn length(&self, vectors: &WordVectors) -> Result<f32> {
        self.id.map_or_else(|| Ok(length_of(&self.vector)), |id| vectors.length(id))
    }
}

/// Where the words of a question are looked up.
#[derive(Clone, Copy)]
pub struct Lookup<'a, 'n> {
    vectors: &'a WordVectors,
    normalize: &'n dyn Fn(&str) -> String,
    ngrams: Option<&'a NGramVectors>,
    hashed: Option<&'a HashedNGrams>,
}

impl<'a, 'n> Lookup<'a, 'n> {
    /// Words are looked up as they are, then as `normalize` spells them; unknown words are errors.
    pub fn new(vectors: &'a WordVectors, normalize: &'n dyn Fn(&str) -> String) -> Self {
        Self { vectors, normalize, ngrams: None, hashed: None }
    }

    /// With n-gram vectors, unknown words get the vector that their spelling predicts.
    #[must_use]
    pub fn guessing(self, ngrams: impl Into<Option<&'a NGramVectors>>) -> Self {
        Self { ngrams: ngrams.into(), ..self }
    }

    /// With the n-grams of a file of fastText, unknown words get the vector that fastText gives
    /// them.
    #[must_use]
    pub fn with_fasttext(self, hashed: impl Into<Option<&'a HashedNGrams>>) -> Self {
        Self { hashed: hashed.into(), ..self }
    }

    /// The vectors in which words are looked up.
    pub fn vectors(&self) -> &'a WordVectors {
        self.vectors
    }

    /// Whether a word is in the vocabulary, as [`Lookup::find`] finds it.
    pub(super) fn is_known(&self, word: &str) -> bool {
        find(self.vectors, word, self.normalize).is_some()
    }

    /// The word with its vector.
    ///
    /// # Errors
    /// [`Error::UnknownWord`](crate::Error::UnknownWord) with the spellings near it, for a word
    /// that is not in the vocabulary; with n-gram vectors, for one that shares no n-gram with known
    /// words.
    ///
    /// # Panics
    /// If the n-gram vectors do not have the dimensions of the others.
    pub fn find(&self, word: &str) -> Result<WordVector<'a>> {
        let unknown = match resolve(self.vectors, word, self.normalize) {
            Ok(id) => return Ok(WordVector::known(self.vectors, id)),
            Err(unknown) => unknown,
        };
        if let Some(vector) = self.hashed.and_then(|hashed| hashed.predict(word)) {
            return Ok(WordVector {
                word: word.to_owned().into(),
                id: None,
                vector: vector.into(),
            });
        }
        let Some(ngrams) = self.ngrams else { return Err(unknown) };
        match guess(self.vectors, ngrams, &(self.normalize)(word))? {
            Some(vector) => {
                Ok(WordVector { word: word.to_owned().into(), id: None, vector: vector.into() })
            }
            None => Err(unknown),
        }
    }
}

/// The cosine of the vectors of two words, from -1 to 1.
///
/// # Errors
/// [`Error::NothingFound`](crate::Error::NothingFound) if one of the vectors is zero;
/// [`Error::NotFinite`](crate::Error::NotFinite) if a vector of the vocabulary is not finite.
pub fn cosine(vectors: &WordVectors, left: &WordVector, right: &WordVector) -> Result<f32> {
    // Neither is zero or not finite. The lengths are computed again in f64, so that the cosine of a
    // word with itself is 1 and not 0.99999994.
    left.length(vectors)?;
    right.length(vectors)?;
    let product = |left: &[f32], right: &[f32]| -> f64 {
        left.iter().zip(right).map(|(&left, &right)| f64::from(left) * f64::from(right)).sum()
    };
    let (left, right) = (&*left.vector, &*right.vector);
    Ok((product(left, right) / (product(left, left).sqrt() * product(right, right).sqrt()))
        .clamp(-1.0, 1.0) as f32)
}

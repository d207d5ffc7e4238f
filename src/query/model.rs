//! Questions about words as methods of [`Model`] and [`WordVectors`].
//!
//! A model normalizes the words of a question as it did those of its corpus, so `King` finds
//! `king`; vectors from a file need exact spellings.

use super::expression::Expression;
use super::math::{Method, math};
use super::neighbors::{Neighbor, Search, neighbors, similarity};
use super::odd_one_out::odd_one_out;
use super::spelling::resolve;
use crate::base::error::Result;
use crate::base::words::WordId;
use crate::model::Model;
use crate::vectors::WordVectors;

/// Turns the spelling in a question into that of the vocabulary.
type Normalize<'a> = &'a dyn Fn(&str) -> String;

/// Vectors, and how the words of a question are spelled in them.
struct Asked<'a> {
    vectors: &'a WordVectors,
    normalize: Normalize<'a>,
}

impl Asked<'_> {
    fn id(&self, word: &str) -> Result<WordId> {
        resolve(self.vectors, word, self.normalize)
    }

    fn math(&self, expression: &str) -> Result<Vec<Neighbor>> {
        let words = expression.parse::<Expression>()?.resolve(self.vectors, self.normalize)?;
        math(self.vectors, &words, Method::default(), &Search::default())
    }

    fn neighbors(&self, word: &str, top: usize) -> Result<Vec<Neighbor>> {
        neighbors(self.vectors, self.id(word)?, &Search { top, ..Search::default() })
    }

    fn similarity(&self, left: &str, right: &str) -> Result<f32> {
        similarity(self.vectors, self.id(left)?, self.id(right)?)
    }

    fn odd_one_out(&self, words: &[&str]) -> Result<Vec<Neighbor>> {
        let ids = words.iter().map(|word| self.id(word)).collect::<Result<Vec<WordId>>>()?;
        odd_one_out(self.vectors, &ids)
    }
}

impl Model {
    fn asked<T>(&self, question: impl FnOnce(Asked) -> Result<T>) -> Result<T> {
        let normalize = |word: &str| self.tokenizer.normalize(word);
        question(Asked { vectors: &self.vectors, normalize: &normalize })
    }

    /// Word math: the ten words nearest to a sum of words, best first, without the words of the
    /// question.
    ///
    /// ```
    /// use eigenlex::{Corpus, EmbedConfig};
    ///
    /// let corpus = Corpus::open("corpora/english.txt")?;
    /// let model = eigenlex::embed(&corpus, &EmbedConfig::window().dim(50), &())?;
    /// assert_eq!(model.math("king - man + woman")?[0].word, "queen");
    /// # Ok::<(), eigenlex::Error>(())
    /// ```
    ///
    /// The method is 3CosMul; [`query::math`](crate::query::math) offers another, and other numbers
    /// of answers. [`Expression`] has the grammar.
    ///
    /// # Errors
    /// [`Error::Expression`](crate::Error::Expression),
    /// [`Error::UnknownWord`](crate::Error::UnknownWord) with spellings near it, or
    /// [`Error::NothingFound`](crate::Error::NothingFound) if the terms cancel each other.
    pub fn math(&self, expression: &str) -> Result<Vec<Neighbor>> {
        self.asked(|asked| asked.math(expression))
    }

    /// The `top` words with the greatest cosine to a word, best first, without the word itself.
    ///
    /// # Errors
    /// [`Error::UnknownWord`](crate::Error::UnknownWord); a `top` of 0; a word whose vector is
    /// zero.
    pub fn neighbors(&self, word: &str, top: usize) -> Result<Vec<Neighbor>> {
        self.asked(|asked| asked.neighbors(word, top))
    }

    /// The cosine of two words' vectors, from -1 to 1.
    ///
    /// # Errors
    /// [`Error::UnknownWord`](crate::Error::UnknownWord); a word whose vector is zero.
    pub fn similarity(&self, left: &str, right: &str) -> Result<f32> {
        self.asked(|asked| asked.similarity(left, right))
    }

    /// The words of a set, each with its mean cosine to the others, the odd one first.
    ///
    /// # Errors
    /// [`Error::UnknownWord`](crate::Error::UnknownWord); fewer than three words; a word whose
    /// vector is zero.
    pub fn odd_one_out(&self, words: &[&str]) -> Result<Vec<Neighbor>> {
        self.asked(|asked| asked.odd_one_out(words))
    }

    /// The vector of a word: `dim` values.
    ///
    /// # Errors
    /// [`Error::UnknownWord`](crate::Error::UnknownWord) with spellings near it.
    pub fn vector(&self, word: &str) -> Result<&[f32]> {
        let id = self.asked(|asked| asked.id(word))?;
        Ok(self.vectors.vector(id))
    }
}

impl WordVectors {
    fn asked(&self) -> Asked<'_> {
        Asked { vectors: self, normalize: &str::to_owned }
    }

    /// Word math, as [`Model::math`], with words in their exact spelling.
    ///
    /// ```
    /// use eigenlex::{WordVectors, Words};
    /// let words: Words = ["man", "woman", "king", "queen", "apple"].into_iter().collect();
    /// let vectors = WordVectors::new(words, 3, vec![
    ///     1.0, 0.0, 0.1, 0.0, 1.0, 0.1, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.5, 0.5, -1.0,
    /// ]);
    /// assert_eq!(vectors.math("king - man + woman")?[0].word, "queen");
    /// # Ok::<(), eigenlex::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Model::math`].
    pub fn math(&self, expression: &str) -> Result<Vec<Neighbor>> {
        self.asked().math(expression)
    }

    /// The `top` words nearest to a word, as [`Model::neighbors`].
    ///
    /// # Errors
    /// As [`Model::neighbors`].
    pub fn neighbors(&self, word: &str, top: usize) -> Result<Vec<Neighbor>> {
        self.asked().neighbors(word, top)
    }

    /// The cosine of two words' vectors, as [`Model::similarity`].
    ///
    /// # Errors
    /// As [`Model::similarity`].
    pub fn similarity(&self, left: &str, right: &str) -> Result<f32> {
        self.asked().similarity(left, right)
    }

    /// The odd word of a set, as [`Model::odd_one_out`].
    ///
    /// # Errors
    /// As [`Model::odd_one_out`].
    pub fn odd_one_out(&self, words: &[&str]) -> Result<Vec<Neighbor>> {
        self.asked().odd_one_out(words)
    }
}

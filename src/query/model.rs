//! Questions about words as methods of [`Model`] and [`WordVectors`].
//!
//! A model normalizes the words of a question as it did those of its corpus, so `King` finds
//! `king`; vectors from a file need exact spellings.

use super::expression::Expression;
use super::lookup::{Lookup, WordVector, cosine};
use super::math::{Method, math};
use super::neighbors::{Neighbor, Search, neighbors_of};
use super::odd_one_out::{SetWord, odd_one_out};
use crate::base::error::Result;
use crate::base::words::WordId;
use crate::model::Model;
use crate::vectors::WordVectors;

/// How the words of a question are found.
struct Asked<'a, 'n>(Lookup<'a, 'n>);

impl Asked<'_, '_> {
    fn id(&self, word: &str) -> Result<WordId> {
        let found = self.0.find(word)?;
        Ok(found.id.expect("nothing is guessed where no n-grams are given"))
    }

    fn math(&self, expression: &str) -> Result<Vec<Neighbor>> {
        let words = expression.parse::<Expression>()?.resolve(&self.0)?;
        math(self.0.vectors(), &words, Method::default(), &Search::default())
    }

    fn neighbors(&self, word: &str, top: usize) -> Result<Vec<Neighbor>> {
        neighbors_of(self.0.vectors(), &self.0.find(word)?, &Search { top, ..Search::default() })
    }

    fn similarity(&self, left: &str, right: &str) -> Result<f32> {
        cosine(self.0.vectors(), &self.0.find(left)?, &self.0.find(right)?)
    }

    fn odd_one_out(&self, words: &[&str]) -> Result<Vec<SetWord>> {
        let set = words.iter().map(|word| self.0.find(word)).collect::<Result<Vec<_>>>()?;
        odd_one_out(self.0.vectors(), &set)
    }
}

impl Model {
    fn asked<T>(&self, question: impl FnOnce(Asked) -> Result<T>) -> Result<T> {
        let normalize = |word: &str| self.tokenizer.normalize(word);
        question(Asked(Lookup::new(&self.vectors, &normalize)))
    }

    /// The vector of a word; of an unknown word the one that its spelling predicts
    /// ([`query::guess`](crate::query::guess)), which is marked as guessed.
    ///
    /// ```
    /// use eigenlex::{Corpus, EmbedConfig};
    /// use eigenlex::query::{self, Search};
    ///
    /// let corpus = Corpus::open("corpora/english.txt")?;
    /// let model = eigenlex::embed(&corpus, &EmbedConfig::window().dim(50), &())?;
    /// let word = model.vector_of("queenly")?;
    /// assert!(word.is_guessed());
    /// let near = query::neighbors_of(&model.vectors, &word, &Search::new(5))?;
    /// assert!(near.iter().any(|neighbor| neighbor.word == "queen"));
    /// # Ok::<(), eigenlex::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownWord`](crate::Error::UnknownWord) for an unknown word that shares no
    /// n-gram of letters with known ones, or if the model has no n-gram vectors.
    pub fn vector_of<'a>(&'a self, word: &str) -> Result<WordVector<'a>> {
        let normalize = |word: &str| self.tokenizer.normalize(word);
        Lookup::new(&self.vectors, &normalize).guessing(self.ngrams.as_ref()).find(word)
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
    pub fn odd_one_out(&self, words: &[&str]) -> Result<Vec<SetWord>> {
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
    fn asked(&self) -> Asked<'_, '_> {
        Asked(Lookup::new(self, &str::to_owned))
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
    pub fn odd_one_out(&self, words: &[&str]) -> Result<Vec<SetWord>> {
        self.asked().odd_one_out(words)
    }
}

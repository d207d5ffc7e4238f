//! Questions about words of two languages, in one call each.

use super::dictionary::{Dictionary, DictionaryPairs, lookup};
use super::map::AlignmentMap;
use super::retrieval::{Retrieval, UnitRows};
use super::side::{Language, MapForm};
use super::translate::{Translation, Translator};
use crate::base::error::Result;
use crate::query::resolve;
use crate::vectors::WordVectors;

impl Dictionary {
    /// The pairs of which both words have a vector, for
    /// [`AlignMethod::Supervised`](super::AlignMethod::Supervised), and how many these are.
    pub fn look_up(&self, source: &WordVectors, target: &WordVectors) -> DictionaryPairs {
        let id = |vectors: &WordVectors, entry: &str| lookup(vectors.words(), entry, usize::MAX);
        self.pairs(|entry| id(source, entry), |entry| id(target, entry))
    }
}

impl AlignmentMap {
    /// The `top` translations of a word of the source language, best first, by CSLS.
    ///
    /// Each call maps all vectors of both languages, `source` and `target`; for a great many words
    /// map them once, with [`AlignmentMap::apply`], and make a [`Translator`].
    ///
    /// # Errors
    /// [`Error::UnknownWord`](crate::Error::UnknownWord).
    ///
    /// # Panics
    /// If the vectors have not the dimensions of those that were aligned.
    pub fn translate(
        &self,
        word: &str,
        source: &WordVectors,
        target: &WordVectors,
        top: usize,
    ) -> Result<Vec<Translation>> {
        let id = resolve(source, word, &str::to_lowercase)?;
        let dim = self.dim();
        let from = self.apply(Language::Source, MapForm::Weighted, source.as_slice()).data;
        let to = self.apply(Language::Target, MapForm::Weighted, target.as_slice()).data;
        let (from, to) = (UnitRows::new(&from, dim), UnitRows::new(&to, dim));
        let row = &from.data[id.index() * dim..][..dim];
        Ok(Translator::new(from, to, target.words()).translate(row, top, Retrieval::Csls))
    }
}

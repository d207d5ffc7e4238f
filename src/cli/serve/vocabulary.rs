//! The words of a model or of a file of vectors, as a server has them: opened once, ready for many
//! who ask at once.
//!
//! In: a path. Out: words found by their spelling or by its beginning, their vectors and counts.
//! What is computed at the first question is computed before there is one: two threads that wait
//! for it could wait for each other.

use std::path::Path;

use anyhow::Result;
use eigenlex::query::{Lookup, Search, WordVector, find, nearest};
use eigenlex::{Error, Model, WordId, WordVectors};
use rayon::prelude::*;

use super::scan::Scan;
use crate::cli::queries::Opened;

/// Questions after which vectors are rounded, see `vectors/mod.rs`.
const QUESTIONS: usize = 8;

/// Words with vectors.
pub(super) struct Vocabulary {
    source: Source,
    spellings: Spellings,
    pub(super) scan: Scan,
}

enum Source {
    Model(Box<Model>),
    File(Box<Opened>),
}

impl Vocabulary {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let source = if Model::is_at(path) {
            Source::Model(Box::new(Model::open(path)?))
        } else {
            Source::File(Box::new(Opened::open(path)?))
        };
        let vectors = source.vectors();
        let lengths = vectors.lengths()?;
        let spellings = Spellings::of(vectors);
        if let Some(first) = lengths.iter().position(|&length| length > 0.0) {
            let vector = vectors.vector(WordId(first as u32));
            for _ in 0..QUESTIONS {
                nearest(vectors, vector, &[], &Search::new(1))?;
            }
        }
        Ok(Self { source, spellings, scan: Scan::default() })
    }

    pub(super) fn vectors(&self) -> &WordVectors {
        self.source.vectors()
    }

    pub(super) fn model(&self) -> Option<&Model> {
        match &self.source {
            Source::Model(model) => Some(model),
            Source::File(_) => None,
        }
    }

    fn normalize(&self, word: &str) -> String {
        match &self.source {
            Source::Model(model) => model.tokenizer.normalize(word),
            Source::File(opened) => opened.normalize(word),
        }
    }

    /// Looks words up; unknown ones are guessed from their letters if `guesses` asks for it.
    ///
    /// # Errors
    /// Guesses are asked of vectors that have no n-grams; errors of `ask`.
    pub(super) fn look_up<T>(
        &self,
        guesses: bool,
        ask: impl FnOnce(&Lookup) -> Result<T>,
    ) -> Result<T> {
        let normalize = |word: &str| self.normalize(word);
        match (&self.source, guesses) {
            (Source::Model(model), true) => {
                let ngrams = model.ngrams.as_ref().ok_or(Error::NoNGrams)?;
                ask(&Lookup::new(&model.vectors, &normalize).guessing(ngrams))
            }
            (Source::File(_), true) => Err(Error::NoNGrams.into()),
            (_, false) => ask(&Lookup::new(self.vectors(), &normalize)),
        }
    }

    /// A word as a person wrote it, with its vector.
    pub(super) fn find(&self, word: &str, guesses: bool) -> Result<WordVector<'static>> {
        self.look_up(guesses, |lookup| {
            let WordVector { word, id, vector } = lookup.find(word)?;
            let (word, vector) = (word.into_owned().into(), vector.into_owned().into());
            Ok(WordVector { word, id, vector })
        })
    }

    /// The word that a spelling is read as, if there is one.
    pub(super) fn id(&self, word: &str) -> Option<WordId> {
        find(self.vectors(), word, &|word| self.normalize(word))
    }

    /// How often a word occurs, and in how many documents.
    pub(super) fn counts(&self, id: WordId) -> Option<[u64; 2]> {
        let model = self.model()?;
        Some([model.counts[id.index()], model.document_frequencies[id.index()]])
    }

    /// The words that begin so, in any case: how many, and a page of them, the most frequent first.
    pub(super) fn beginning_with(
        &self,
        begin: &str,
        offset: usize,
        most: usize,
    ) -> (usize, Vec<WordId>) {
        self.spellings.beginning_with(begin, offset, most)
    }
}

impl Source {
    fn vectors(&self) -> &WordVectors {
        match self {
            Self::Model(model) => &model.vectors,
            Self::File(opened) => &opened.vectors,
        }
    }
}

/// Lower-cased spellings in alphabetical order.
struct Spellings {
    text: String,
    /// For each word in the order of the alphabet where its spelling ends in `text`, and its id.
    ends: Vec<(usize, u32)>,
}

impl Spellings {
    fn of(vectors: &WordVectors) -> Self {
        let words = vectors.words();
        let mut lower: Vec<(String, u32)> = (0..words.len() as u32)
            .into_par_iter()
            .map(|id| (words.spelling(WordId(id)).to_lowercase(), id))
            .collect();
        lower.par_sort_unstable();
        let (mut text, mut ends) = (String::new(), Vec::with_capacity(lower.len()));
        for (spelling, id) in lower {
            text += &spelling;
            ends.push((text.len(), id));
        }
        Self { text, ends }
    }

    fn spelling(&self, place: usize) -> &str {
        let begin = if place == 0 { 0 } else { self.ends[place - 1].0 };
        &self.text[begin..self.ends[place].0]
    }

    fn beginning_with(&self, begin: &str, offset: usize, most: usize) -> (usize, Vec<WordId>) {
        let n_words = self.ends.len();
        let page = |ids: &mut dyn Iterator<Item = u32>| -> Vec<WordId> {
            ids.skip(offset).take(most).map(WordId).collect()
        };
        if begin.is_empty() {
            return (n_words, page(&mut (0..n_words as u32)));
        }
        let begin = begin.to_lowercase();
        let first = first_place(n_words, |place| self.spelling(place) < begin.as_str());
        let n_found =
            first_place(n_words - first, |place| self.spelling(first + place).starts_with(&begin));
        let mut ids: Vec<u32> = self.ends[first..first + n_found].iter().map(|it| it.1).collect();
        let last = offset.saturating_add(most);
        if last < ids.len() {
            ids.select_nth_unstable(last);
            ids.truncate(last);
        }
        ids.sort_unstable();
        (n_found, page(&mut ids.into_iter()))
    }
}

/// The first of `n` places of which something is not true that is true of those before.
fn first_place(n: usize, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use eigenlex::Words;
    use proptest::prelude::*;

    use super::*;

    fn vectors(words: &[String]) -> WordVectors {
        let words: Words = words.iter().map(String::as_str).collect();
        let n = words.len();
        WordVectors::new(words, 1, vec![1.0; n])
    }

    proptest! {
        #[test]
        fn words_are_found_by_their_beginning(
            words in prop::collection::btree_set("[abA\u{e9}]{1,4}", 0..30),
            begin in "[abA\u{e9}]{0,2}",
            offset in 0usize..5,
            most in 1usize..6,
        ) {
            // An order that is not the alphabet's.
            let mut words: Vec<String> = words.into_iter().collect();
            words.sort_by_key(|word| (word.len(), word.chars().rev().collect::<String>()));
            let vectors = vectors(&words);
            let starts = |word: &&String| word.to_lowercase().starts_with(&begin.to_lowercase());
            let all: Vec<&String> = words.iter().filter(starts).collect();
            let (n, found) = Spellings::of(&vectors).beginning_with(&begin, offset, most);
            prop_assert_eq!(n, all.len());
            let found: Vec<&str> =
                found.into_iter().map(|id| vectors.words().spelling(id)).collect();
            let expected: Vec<&String> = all.into_iter().skip(offset).take(most).collect();
            prop_assert_eq!(found, expected);
        }
    }
}

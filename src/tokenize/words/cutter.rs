//! The tokenizer `words` with its settings made ready, and what becomes of a word that was found:
//! the optional steps, from elision to stems.

use std::collections::HashSet;
use std::sync::Arc;

use super::changes::WordChanges;
use super::classes::{APOSTROPHE, COMPLEX, Classes, EMOJI_PART, PICTOGRAPH};
use super::cleaning::Cleaning;
use super::config::{Hyphens, Numbers, WordsConfig};
use super::stem::Stemmer;
use crate::base::error::Result;
use crate::tokenize::segment::Segmenter;

/// Cuts texts into words.
#[derive(Clone)]
pub(in crate::tokenize) struct WordCutter {
    pub(super) config: Arc<WordsConfig>,
    pub(super) cleaning: Cleaning,
    /// What the rules must look at.
    pub(super) complex: u32,
    /// Whether a word that was found is a token as it is.
    is_plain: bool,
    pub(super) segmenter: Segmenter,
    stop_words: Arc<HashSet<String>>,
    stemmer: Option<Stemmer>,
}

impl WordCutter {
    /// Makes settings ready.
    ///
    /// # Errors
    /// Stems are asked for, and the library was built without the feature `stem`.
    pub(in crate::tokenize) fn new(config: &WordsConfig) -> Result<Self> {
        let cleaning = Cleaning {
            classes: Classes::of(config.normalization),
            emoji: config.emoji,
            hyphens: config.hyphens == Hyphens::Keep,
        };
        let complex = COMPLEX | if config.emoji { EMOJI_PART | PICTOGRAPH } else { 0 };
        let mut cutter = Self {
            config: Arc::new(config.clone()),
            cleaning,
            complex,
            is_plain: config.elision.is_none() && config.numbers == Numbers::Keep,
            segmenter: Segmenter::new(&config.dictionary),
            stop_words: Arc::default(),
            stemmer: None,
        };
        let mut stop_words = HashSet::new();
        for line in &config.stop_words {
            cutter.cut(line, &mut WordChanges::default(), &mut |word, _| {
                stop_words.insert(word.to_owned());
            });
        }
        cutter.stop_words = Arc::new(stop_words);
        cutter.stemmer = config.stem.map(Stemmer::new).transpose()?;
        cutter.is_plain &= cutter.stop_words.is_empty() && cutter.stemmer.is_none();
        Ok(cutter)
    }

    /// Calls `visit` with the tokens that a word becomes, and with whether they begin with a
    /// capital letter in the text. `word` is in lower case; `is_capital`: in the text it begins
    /// with a capital letter; `has_letter`: it holds a letter; `rest` is the text behind it.
    pub(super) fn finish(
        &self,
        word: &str,
        is_capital: bool,
        has_letter: bool,
        rest: &str,
        visit: &mut impl FnMut(&str, bool),
    ) {
        if self.is_plain {
            return visit(word, is_capital);
        }
        if !has_letter {
            return self.number(word, visit);
        }
        let Some(language) = self.config.elision else {
            return self.token(word, is_capital, visit);
        };
        let mut word = word;
        while let Some((elided, behind)) = language.split(word) {
            self.token(elided, is_capital, visit);
            word = behind;
        }
        // As before white space: `l' homme`, and a query for `l'`.
        if self.begins_with_apostrophe(rest) && language.is_elided(word) {
            self.token(&format!("{word}'"), is_capital, visit);
        } else {
            self.token(word, is_capital, visit);
        }
    }

    fn begins_with_apostrophe(&self, text: &str) -> bool {
        let is_apostrophe =
            |first: char| first == '\'' || self.cleaning.classes.class(first) & APOSTROPHE != 0;
        text.chars().next().is_some_and(is_apostrophe)
    }

    fn number(&self, word: &str, visit: &mut impl FnMut(&str, bool)) {
        match self.config.numbers {
            Numbers::Keep => self.token(word, false, visit),
            Numbers::Drop => {}
            Numbers::Mask => {
                let masked = |character: char| if character.is_numeric() { '0' } else { character };
                self.token(&word.chars().map(masked).collect::<String>(), false, visit);
            }
        }
    }

    fn token(&self, word: &str, is_capital: bool, visit: &mut impl FnMut(&str, bool)) {
        if self.stop_words.contains(word) {
            return;
        }
        match &self.stemmer {
            Some(stemmer) => stemmer.stem(word, |stem| visit(stem, is_capital)),
            None => visit(word, is_capital),
        }
    }
}

//! Expressions over words: `king - man + woman`, `2*(king - man)`, `0.5*paris + "new york"`,
//! `king : man :: queen : ?`.
//!
//! In: text. Out: terms, each a word with a weight; `parser` has the grammar. A weighted sum has
//! one form without parentheses, and that is what is kept: `king - (man - woman)` has the terms
//! `king`, `-man` and `woman`.

mod characters;
mod items;
mod parser;
mod unspaced;

use std::fmt;
use std::str::FromStr;

use self::characters::{closing_quotes, is_special, operator, sign};
use self::parser::{leading_factor, parse};
use self::unspaced::with_spaces;
use super::lookup::{Lookup, WordVector};
use super::math::WeightedWord;
use crate::base::error::{Error, Result};

pub use items::words_of_line;
pub use parser::Term;

/// A weighted sum of words, at least one.
///
/// ```
/// use eigenlex::query::Expression;
/// let expression: Expression = "2*(king - man) + 'new york'".parse()?;
/// let weights: Vec<f64> = expression.terms().iter().map(|term| term.weight).collect();
/// assert_eq!(weights, [2.0, -2.0, 1.0]);
/// assert_eq!(expression.to_string(), "2*king - 2*man + \"new york\"");
/// # Ok::<(), eigenlex::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    terms: Vec<Term>,
}

impl Expression {
    /// The terms, in the order of the text.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Looks up each word; the words come in the order of the terms.
    ///
    /// # Errors
    /// As [`Lookup::find`], for the first word that is not found;
    /// [`Error::UnspacedExpression`] if it is made of known words with signs between them.
    pub fn resolve<'a>(&self, lookup: &Lookup<'a, '_>) -> Result<Vec<WeightedWord<'a>>> {
        let word =
            |term: &Term| Ok(WeightedWord { word: find(lookup, &term.word)?, weight: term.weight });
        self.terms.iter().map(word).collect()
    }
}

fn find<'a>(lookup: &Lookup<'a, '_>, word: &str) -> Result<WordVector<'a>> {
    lookup.find(word).map_err(|error| match (error, with_spaces(word, lookup)) {
        (Error::UnknownWord { word, .. }, Some(spaced)) => {
            Error::UnspacedExpression { word, spaced }
        }
        (error, _) => error,
    })
}

impl FromStr for Expression {
    type Err = Error;

    /// # Errors
    /// [`Error::Expression`] with the position of the first unexpected character.
    fn from_str(text: &str) -> Result<Self> {
        Ok(Self { terms: parse(text)? })
    }
}

/// Writes the expression such that reading it gives the same one.
impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, term) in self.terms.iter().enumerate() {
            match (index, term.weight < 0.0) {
                (0, false) => {}
                (0, true) => formatter.write_str("-")?,
                (_, false) => formatter.write_str(" + ")?,
                (_, true) => formatter.write_str(" - ")?,
            }
            if term.weight.abs() != 1.0 {
                write!(formatter, "{}*", term.weight.abs())?;
            }
            let word = &term.word;
            if is_plain(word) {
                formatter.write_str(word)?;
            } else {
                let quote = if word.contains('"') && !word.contains('\'') { '\'' } else { '"' };
                let doubled = word.replace(quote, &format!("{quote}{quote}"));
                write!(formatter, "{quote}{doubled}{quote}")?;
            }
        }
        Ok(())
    }
}

/// Whether a word needs no quotes, wherever it stands.
fn is_plain(word: &str) -> bool {
    let begins = |character: char| {
        sign(character).is_some()
            || !closing_quotes(character).is_empty()
            || operator(character).is_some()
            || matches!(character, ':' | '\u{FF1A}' | '\u{2236}' | '\u{2237}')
    };
    !word.starts_with(begins)
        && !word.contains(is_special)
        && !word.ends_with(':')
        && word != "?"
        && leading_factor(word).is_none()
}

#[cfg(test)]
mod tests;

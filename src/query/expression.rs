//! Expressions over words: `king - man + woman`, `2*king - man`, `0.5 * paris + "new york"`.
//!
//! In: text. Out: terms, each a word with a weight. The grammar, in which `space` is any white
//! space:
//!
//! ```text
//! expression = [sign] term { space sign term }
//! sign       = "+" | "-"
//! term       = [number "*"] word          with spaces anywhere between
//! number     = digits ["." digits]
//! word       = any characters but spaces, not beginning with a quote or a sign
//!            | '"' any characters but '"' '"' | "'" any characters but "'" "'"
//! ```
//!
//! `+` and `-` are signs only at the start or after a space, so that `mother-in-law` and `c++` are
//! words.

use std::fmt;
use std::str::FromStr;

use super::lookup::Lookup;
use super::math::WeightedWord;
use crate::base::error::{Error, Result};

/// A word and its weight.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Finite and not zero; negative for a word that is subtracted.
    pub weight: f64,
    /// The word as it was written, without quotes; not empty.
    pub word: String,
}

/// A weighted sum of words, at least one.
///
/// ```
/// use eigenlex::query::Expression;
/// let expression: Expression = "2*king - man + 'new york'".parse()?;
/// let weights: Vec<f64> = expression.terms().iter().map(|term| term.weight).collect();
/// assert_eq!(weights, [2.0, -1.0, 1.0]);
/// assert_eq!(expression.to_string(), "2*king - man + \"new york\"");
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

    /// Looks up each word.
    ///
    /// # Errors
    /// As [`Lookup::find`], for the first word that is not found.
    pub fn resolve<'a>(&self, lookup: &Lookup<'a, '_>) -> Result<Vec<WeightedWord<'a>>> {
        let word =
            |term: &Term| Ok(WeightedWord { word: lookup.find(&term.word)?, weight: term.weight });
        self.terms.iter().map(word).collect()
    }
}

impl FromStr for Expression {
    type Err = Error;

    /// # Errors
    /// [`Error::Expression`] with the position of the first unexpected character.
    fn from_str(text: &str) -> Result<Self> {
        let mut parser = Parser { text, position: 0 };
        let mut terms = Vec::new();
        loop {
            let before = parser.position;
            parser.skip_blanks();
            if !terms.is_empty() && parser.position == before && !parser.rest().is_empty() {
                return Err(parser.expected("a space after the closing quote"));
            }
            if !terms.is_empty() && parser.rest().is_empty() {
                return Ok(Self { terms });
            }
            let is_negative = match parser.rest().chars().next() {
                Some(sign @ ('+' | '-')) => {
                    parser.position += 1;
                    sign == '-'
                }
                _ if terms.is_empty() => false,
                _ => return Err(parser.expected("`+` or `-`")),
            };
            let (weight, word) = parser.term()?;
            terms.push(Term { weight: if is_negative { -weight } else { weight }, word });
        }
    }
}

/// Reads from left to right; `position` is the byte offset of a character.
struct Parser<'t> {
    text: &'t str,
    position: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.position..]
    }

    fn skip_blanks(&mut self) {
        self.position = self.text.len() - self.rest().trim_start().len();
    }

    fn expected(&self, expected: &'static str) -> Error {
        let position = self.text[..self.position].chars().count() + 1;
        Error::Expression { expression: self.text.to_owned(), position, expected }
    }

    fn term(&mut self) -> Result<(f64, String)> {
        self.skip_blanks();
        let weight = match weight_prefix(self.rest()) {
            None => 1.0,
            Some((number, length)) => {
                let weight: f64 = number.parse().unwrap_or(f64::INFINITY);
                if weight == 0.0 || !weight.is_finite() {
                    return Err(self.expected("a weight above zero that is not too large"));
                }
                self.position += length;
                self.skip_blanks();
                weight
            }
        };
        Ok((weight, self.word()?))
    }

    fn word(&mut self) -> Result<String> {
        let rest = self.rest();
        match rest.chars().next() {
            None | Some('+' | '-') => Err(self.expected("a word")),
            Some(quote @ ('"' | '\'')) => match rest[1..].find(quote) {
                Some(0) => Err(self.expected("a word between the quotes")),
                Some(length) => {
                    self.position += length + 2;
                    Ok(rest[1..=length].to_owned())
                }
                None => {
                    self.position = self.text.len();
                    Err(self.expected("a closing quote"))
                }
            },
            Some(_) => {
                let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
                self.position += length;
                Ok(rest[..length].to_owned())
            }
        }
    }
}

/// `number *` at the beginning of a term: the number, and the length of both in bytes.
fn weight_prefix(text: &str) -> Option<(&str, usize)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(text);
    if length == 0 {
        return None;
    }
    if let Some(fraction) = text[length..].strip_prefix('.') {
        match digits(fraction) {
            0 => return None,
            n_digits => length += 1 + n_digits,
        }
    }
    let after = text[length..].trim_start();
    after.starts_with('*').then(|| (&text[..length], text.len() - after.len() + 1))
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
            let word = &term.word;
            // After a weight, `2*x` is a word; without a weight it is not.
            if term.weight.abs() != 1.0 || weight_prefix(word).is_some() {
                write!(formatter, "{}*", term.weight.abs())?;
            }
            if is_plain(word) {
                formatter.write_str(word)?;
            } else {
                let quote = if word.contains('"') { '\'' } else { '"' };
                write!(formatter, "{quote}{word}{quote}")?;
            }
        }
        Ok(())
    }
}

fn is_plain(word: &str) -> bool {
    !word.starts_with(['+', '-', '"', '\'']) && !word.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Vec<(f64, String)> {
        text.parse::<Expression>()
            .unwrap()
            .terms
            .into_iter()
            .map(|term| (term.weight, term.word))
            .collect()
    }

    #[track_caller]
    fn gives(text: &str, terms: &[(f64, &str)]) {
        let terms: Vec<(f64, String)> =
            terms.iter().map(|&(weight, word)| (weight, word.to_owned())).collect();
        assert_eq!(parse(text), terms, "{text}");
    }

    #[track_caller]
    fn fails(text: &str, at: usize, what: &str) {
        match text.parse::<Expression>() {
            Err(Error::Expression { position, expected, .. }) => {
                assert_eq!((position, expected), (at, what), "{text}")
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn signs_weights_and_quotes_are_understood() {
        gives("king - man + woman", &[(1.0, "king"), (-1.0, "man"), (1.0, "woman")]);
        gives("  king -man\t+woman ", &[(1.0, "king"), (-1.0, "man"), (1.0, "woman")]);
        gives("2*king - 0.5 * man", &[(2.0, "king"), (-0.5, "man")]);
        gives("-king + man", &[(-1.0, "king"), (1.0, "man")]);
        gives("- 3 *king", &[(-3.0, "king")]);
        gives("'new york' - \"don't\"", &[(1.0, "new york"), (-1.0, "don't")]);
        gives(
            "mother-in-law + c++ - don't",
            &[(1.0, "mother-in-law"), (1.0, "c++"), (-1.0, "don't")],
        );
        gives("2024 - 3.5 + '2*x'", &[(1.0, "2024"), (-1.0, "3.5"), (1.0, "2*x")]);
        gives("राजा - आदमी", &[(1.0, "राजा"), (-1.0, "आदमी")]);
    }

    #[test]
    fn the_first_character_that_does_not_fit_is_named() {
        fails("", 1, "a word");
        fails("  ", 3, "a word");
        fails("king man", 6, "`+` or `-`");
        fails("é man", 3, "`+` or `-`");
        fails("king -", 7, "a word");
        fails("king - - man", 8, "a word");
        fails("king + 2*", 10, "a word");
        fails("0*king", 1, "a weight above zero that is not too large");
        fails("'new york", 10, "a closing quote");
        fails("king - ''", 8, "a word between the quotes");
        fails("'a''b'", 4, "a space after the closing quote");
        fails(&format!("{}*a", "9".repeat(400)), 1, "a weight above zero that is not too large");
        let message = "king man".parse::<Expression>().unwrap_err().to_string();
        assert!(
            message.starts_with(
                "cannot read the expression `king man` at character 6: expected `+` or `-`"
            ),
            "{message}"
        );
    }

    #[test]
    fn a_word_like_a_weight_with_both_quotes_in_it_is_shown_and_read_again() {
        for text in ["2*2*b'*\"*+2 +w", "1*2*'\"", "'2*x' - \"3 * y\""] {
            let expression: Expression = text.parse().unwrap();
            assert_eq!(expression.to_string().parse::<Expression>().unwrap(), expression, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_what_is_shown_is_read_again(
            text in "([-+*'\" .0-9a\u{a0}é]|-man|\"x y\"| [+-] ){0,14}",
        ) {
            if let Ok(expression) = text.parse::<Expression>() {
                let again: Expression = expression.to_string().parse().unwrap();
                prop_assert_eq!(&again, &expression);
            }
        }

        #[test]
        fn any_text_at_all_is_read_or_refused(text in any::<String>()) {
            let _ = text.parse::<Expression>();
        }
    }
}

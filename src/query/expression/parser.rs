//! The text of an expression, read from left to right by recursive descent.
//!
//! In: text. Out: its terms, with parentheses multiplied out. The grammar, in which spaces may
//! stand anywhere between the symbols:
//!
//! ```text
//! expression = sum | analogy
//! analogy    = item ":" item "::" item [ ":" item ]    one item is "?", or the last is left out
//! item       = "?" | product
//! sum        = [sign] product { sign product }
//! product    = { number { "/" number } "*" } factor { ( "*" | "/" ) number }
//! factor     = "(" sum ")" | word
//! sign       = "+" | "-"          at the beginning, after a space, a quoted word or a parenthesis
//! number     = digits [ "." digits ] [ "e" [ "-" ] digits ]
//! word       = a quoted word, in which the quote itself is written twice
//!            | characters up to a space, or up to a ")" of an open parenthesis
//! ```
//!
//! The signs, parentheses, colons and question marks of Chinese and Japanese keyboards, which are
//! as wide as their letters, count as the others. Square and curly brackets belong to words: one
//! that has no partner in its word is refused, since it is meant as a parenthesis.
//!
//! `mother-in-law`, `c++` and `and/or` are words, since their signs follow no space; a word cannot
//! begin with a sign or a quote unless it is quoted. `king*2` is `2*king`.

use super::characters::{
    closes, closing_quotes, colons, is_blank, leading_colons, opens, operator, sign,
};
use crate::base::error::{Error, Result};

/// Parentheses within parentheses: far more than a person writes, and few enough for any stack.
const MOST_OPEN: usize = 64;

/// A word and its weight.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Finite and not zero; negative for a word that is subtracted.
    pub weight: f64,
    /// The word as it was written, without quotes; not empty.
    pub word: String,
}

/// The terms of an expression, at least one, in the order of the text.
pub(super) fn parse(text: &str) -> Result<Vec<Term>> {
    let is_double_colon = |piece: &str| leading_colons(piece) == (2, piece.len());
    if !text.split_whitespace().any(is_double_colon) {
        return Parser::new(text).whole_sum();
    }
    let analogy = |colons| Parser { colons, ..Parser::new(text) }.analogy();
    analogy(Colons::EndWords).or_else(|error| {
        // `king:man :: queen:?`; or the two colons are a part of a quoted word.
        analogy(Colons::CutWords).or_else(|_| Parser::new(text).whole_sum()).or(Err(error))
    })
}

/// What colons are in words without quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Colons {
    /// Letters.
    Letters,
    /// They end a word where they stand at its end.
    EndWords,
    /// They end a word anywhere but at its beginning.
    CutWords,
}

/// Reads from left to right; `position` is the byte offset of a character.
struct Parser<'t> {
    text: &'t str,
    position: usize,
    /// Parentheses that are open.
    n_open: usize,
    colons: Colons,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, position: 0, n_open: 0, colons: Colons::Letters }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.position..]
    }

    fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_blanks(&mut self) {
        self.position = self.text.len() - self.rest().trim_start_matches(is_blank).len();
    }

    /// Takes the next character if it is a certain one.
    fn take(&mut self, is_it: impl Fn(char) -> bool) -> bool {
        let next = self.next().filter(|&next| is_it(next));
        self.position += next.map_or(0, char::len_utf8);
        next.is_some()
    }

    fn expected<T>(&self, expected: &'static str) -> Result<T> {
        self.expected_at(self.position, expected)
    }

    fn expected_at<T>(&self, position: usize, expected: &'static str) -> Result<T> {
        let position = self.text[..position].chars().count() + 1;
        Err(Error::Expression { expression: self.text.to_owned(), position, expected })
    }

    fn whole_sum(mut self) -> Result<Vec<Term>> {
        let terms = self.sum()?;
        match self.next() {
            None => Ok(terms),
            Some(next) if closes(next) => self.expected("`(` before this `)`"),
            Some(_) if self.is_after_number() => self.expected("`*`, `+` or `-`"),
            Some(_) => self.expected("`+` or `-`"),
        }
    }

    /// Whether a number stands before this place, which may be meant as a factor: `2 (king)`.
    fn is_after_number(&self) -> bool {
        let before = self.text[..self.position].trim_end();
        let begins = |it: char| is_blank(it) || opens(it);
        let number = before.rsplit(begins).next().unwrap_or_default();
        !number.is_empty() && number_length(number) == number.len()
    }

    /// Products with signs, up to the end or to what is no sign.
    fn sum(&mut self) -> Result<Vec<Term>> {
        let mut terms: Vec<Term> = Vec::new();
        loop {
            self.skip_blanks();
            let sign = self.next().and_then(sign);
            if sign.is_some() {
                self.position += self.next().map_or(0, char::len_utf8);
            } else if !terms.is_empty() {
                return Ok(terms);
            }
            let mut product = self.product()?;
            if sign == Some(true) {
                product.iter_mut().for_each(|term| term.weight = -term.weight);
            }
            terms.append(&mut product);
        }
    }

    /// `a : b :: c : ?`: a is to b as c is to what is asked for, `b - a + c`.
    fn analogy(&mut self) -> Result<Vec<Term>> {
        /// The weights of the others for each place of the question mark.
        const WEIGHTS: [[f64; 4]; 4] = [
            [0.0, 1.0, 1.0, -1.0],
            [1.0, 0.0, -1.0, 1.0],
            [1.0, -1.0, 0.0, 1.0],
            [-1.0, 1.0, 1.0, 0.0],
        ];
        let mut items = vec![self.item()?];
        for (wanted, expected) in [(1, "`:`"), (2, "`::`"), (1, "`:`")] {
            self.skip_blanks();
            if items.len() == 3 && self.rest().is_empty() {
                break;
            }
            let (n_colons, length) = leading_colons(self.rest());
            if n_colons != wanted {
                return self.expected(expected);
            }
            self.position += length;
            self.skip_blanks();
            if items.len() == 3 && self.rest().is_empty() {
                break;
            }
            items.push(self.item()?);
        }
        items.resize(4, None);
        self.skip_blanks();
        if !self.rest().is_empty() {
            return self.expected("the end of `a : b :: c : ?`");
        }
        if items.iter().filter(|item| item.is_none()).count() != 1 {
            return self.expected("one `?` in `a : b :: c : ?`");
        }
        let asked = items.iter().position(Option::is_none).unwrap_or(3);
        let mut terms = Vec::new();
        for (item, weight) in items.into_iter().zip(WEIGHTS[asked]) {
            let item = item.into_iter().flatten();
            terms.extend(item.map(|term| Term { weight: weight * term.weight, ..term }));
        }
        Ok(terms)
    }

    /// One of the four of an analogy; `None` for the question mark.
    fn item(&mut self) -> Result<Option<Vec<Term>>> {
        self.skip_blanks();
        let marks = ['?', '\u{FF1F}'];
        if let Some(after) = self.rest().strip_prefix(marks)
            && after.chars().next().is_none_or(|it| is_blank(it) || colons(it) > 0)
        {
            self.position = self.text.len() - after.len();
            return Ok(None);
        }
        self.product().map(Some)
    }

    fn product(&mut self) -> Result<Vec<Term>> {
        self.skip_blanks();
        let mut weight = 1.0;
        while let Some((number, length)) = leading_factor(self.rest()) {
            weight = self.usable(weight * number, self.position)?;
            self.position += length;
            self.skip_blanks();
        }
        let start = self.position;
        let mut terms = self.factor()?;
        self.scale(&mut terms, weight, start)?;
        loop {
            let before = self.position;
            self.skip_blanks();
            let Some(is_division) = self.next().and_then(operator) else {
                self.position = before;
                return Ok(terms);
            };
            self.position += self.next().map_or(0, char::len_utf8);
            self.skip_blanks();
            let at = self.position;
            let length = number_length(self.rest());
            let after = self.rest()[length..].chars().next();
            if length == 0 || after.is_some_and(|it| it.is_alphanumeric() || it == '.') {
                return self.expected("a number");
            }
            let number = value(&self.rest()[..length]);
            self.position += length;
            let factor = if is_division { 1.0 / number } else { number };
            let factor = self.usable(factor, at)?;
            self.scale(&mut terms, factor, at)?;
        }
    }

    fn scale(&self, terms: &mut [Term], factor: f64, at: usize) -> Result<()> {
        for term in terms {
            term.weight = self.usable(term.weight * factor, at)?;
        }
        Ok(())
    }

    /// Refuses a weight that nothing can be done with.
    fn usable(&self, weight: f64, at: usize) -> Result<f64> {
        if weight == 0.0 || !weight.is_finite() {
            return self.expected_at(at, "a weight above zero that is not too large");
        }
        Ok(weight)
    }

    /// A parenthesis or a word.
    fn factor(&mut self) -> Result<Vec<Term>> {
        match self.next() {
            Some(next) if opens(next) => self.parenthesis(),
            Some(quote) if self.is_quote(quote) => {
                let word = self.quoted(quote)?;
                self.after_quote()?;
                Ok(vec![Term { weight: 1.0, word }])
            }
            Some(character) if sign(character).is_none() && !closes(character) => self.bare(),
            _ => self.expected("a word"),
        }
    }

    fn parenthesis(&mut self) -> Result<Vec<Term>> {
        if self.n_open == MOST_OPEN {
            return self.expected("at most 64 open parentheses");
        }
        self.n_open += 1;
        self.take(opens);
        let terms = self.sum()?;
        if !self.take(closes) {
            return self.expected(match (self.rest().is_empty(), self.is_after_number()) {
                (true, _) => "`)`",
                (false, true) => "`*`, `+`, `-` or `)`",
                (false, false) => "`+`, `-` or `)`",
            });
        }
        self.n_open -= 1;
        Ok(terms)
    }

    /// Whether the next character begins a quoted word. One that is an apostrophe too, as in
    /// `\u{2018}tis`, does so only where its partner follows.
    fn is_quote(&self, next: char) -> bool {
        let closing = closing_quotes(next);
        !closing.is_empty() && (next != '\u{2018}' || self.rest().contains(closing))
    }

    fn quoted(&mut self, opening: char) -> Result<String> {
        let closing = closing_quotes(opening);
        let start = self.position;
        self.position += opening.len_utf8();
        let mut word = String::new();
        loop {
            let rest = self.rest();
            let end = rest.char_indices().find(|(_, character)| closing.contains(character));
            let Some((length, quote)) = end else {
                self.position = self.text.len();
                return self.expected("a closing quote");
            };
            word += &rest[..length];
            self.position += length + quote.len_utf8();
            if !self.take(|next| next == quote) {
                break;
            }
            word.push(quote);
        }
        if word.is_empty() {
            return self.expected_at(start, "a word between the quotes");
        }
        Ok(word)
    }

    /// Refuses letters that follow a quoted word without a space.
    fn after_quote(&self) -> Result<()> {
        let is_end = |it: char| {
            is_blank(it)
                || sign(it).is_some()
                || operator(it).is_some()
                || closes(it)
                || colons(it) > 0
        };
        match self.next() {
            Some(after) if !is_end(after) => self.expected("a space after the closing quote"),
            _ => Ok(()),
        }
    }

    /// A word without quotes, and the numbers that it is multiplied by, as in `king*2`.
    fn bare(&mut self) -> Result<Vec<Term>> {
        let (rest, start) = (self.rest(), self.position);
        let (mut opened, mut unmatched, mut end) = (Vec::new(), None, rest.len());
        for (offset, character) in rest.char_indices() {
            match character {
                it if opens(it) && offset > 0 && number_length(rest) == offset => {
                    return self.expected_at(start + offset, "`*` before `(`");
                }
                it if opens(it) => opened.push(offset),
                it if closes(it) && opened.pop().is_none() => {
                    if self.n_open > 0 {
                        end = offset;
                        break;
                    }
                    unmatched = unmatched.or(Some(offset));
                }
                it if it.is_whitespace() => {
                    end = offset;
                    break;
                }
                _ => {}
            }
        }
        let mut word = &rest[..end];
        // A smiley is a word.
        if word.contains(char::is_alphanumeric) {
            if let Some(&offset) = opened.first() {
                let expected = "a space or `*` before `(`, or quotes around the word";
                return self.expected_at(start + offset, expected);
            }
            if let Some(offset) = unmatched {
                let expected = "`(` before this `)`, or quotes around the word";
                return self.expected_at(start + offset, expected);
            }
            if let Some(offset) = lone_bracket(word) {
                let expected = "a parenthesis in place of this bracket, or quotes around the word";
                return self.expected_at(start + offset, expected);
            }
        }
        let is_colon = |it: char| colons(it) > 0;
        if self.colons != Colons::Letters {
            let trimmed = word.trim_end_matches(is_colon);
            word = if trimmed.is_empty() { word } else { trimmed };
        }
        if self.colons == Colons::CutWords && !word.starts_with(is_colon) {
            word = word.split(is_colon).next().unwrap_or(word);
        }
        self.position += word.len();
        let mut terms = vec![Term { weight: 1.0, word: String::new() }];
        while let Some((front, factor)) = trailing_factor(word) {
            self.scale(&mut terms, factor, start + front.len() + 1)?;
            word = front;
        }
        terms[0].word = word.to_owned();
        Ok(terms)
    }
}

/// The first square or curly bracket of a word that has no partner in it.
fn lone_bracket(word: &str) -> Option<usize> {
    let mut opened = Vec::new();
    for (offset, character) in word.char_indices() {
        match character {
            '[' => opened.push((offset, ']')),
            '{' => opened.push((offset, '}')),
            ']' | '}' if opened.pop_if(|(_, closing)| *closing == character).is_none() => {
                return Some(offset);
            }
            _ => {}
        }
    }
    opened.first().map(|&(offset, _)| offset)
}

/// The bytes of a number at the beginning of a text: `2`, `0.5`, `.5`, `1e3`, `1e-3`.
fn number_length(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let fraction = text[whole..].strip_prefix('.').map_or(0, digits);
    if whole + fraction == 0 {
        return 0;
    }
    let length = whole + if fraction > 0 { fraction + 1 } else { 0 };
    let Some(exponent) = text[length..].strip_prefix(['e', 'E']) else { return length };
    let bare = exponent.strip_prefix('-').unwrap_or(exponent);
    match digits(bare) {
        0 => length,
        n_digits => length + 1 + exponent.len() - bare.len() + n_digits,
    }
}

/// A number as [`number_length`] measures it.
fn value(digits: &str) -> f64 {
    digits.parse().unwrap_or(f64::INFINITY)
}

/// `number *` or `number / number *` at the beginning of a product: its value, and its bytes.
pub(super) fn leading_factor(text: &str) -> Option<(f64, usize)> {
    let (mut factor, mut rest, mut divides) = (1.0, text, false);
    loop {
        let length = number_length(rest);
        if length == 0 {
            return None;
        }
        let number = value(&rest[..length]);
        factor = if divides { factor / number } else { factor * number };
        rest = rest[length..].trim_start();
        let character = rest.chars().next()?;
        divides = operator(character)?;
        rest = &rest[character.len_utf8()..];
        if !divides {
            return Some((factor, text.len() - rest.len()));
        }
        rest = rest.trim_start();
    }
}

/// `word*number`: the word and the number.
pub(super) fn trailing_factor(text: &str) -> Option<(&str, f64)> {
    let (front, digits) = text.rsplit_once('*')?;
    let is_number = !digits.is_empty() && number_length(digits) == digits.len();
    (is_number && !front.is_empty()).then(|| (front, value(digits)))
}

//! An expression whose spaces are missing, such as `king-man+woman`.
//!
//! In: a word that is not in the vocabulary. Out: the same with spaces around its signs, if what
//! stands between them are known words.

use super::parser::{operator, sign};
use crate::query::lookup::Lookup;

/// `king - man + woman` for `king-man+woman`; `None` if a part is unknown, or there is one alone.
pub(super) fn with_spaces(word: &str, lookup: &Lookup) -> Option<String> {
    let is_sign = |it: char| {
        sign(it).is_some() || operator(it).is_some() || matches!(it, ':' | '=' | '(' | ')')
    };
    let parts: Vec<&str> = word.split(is_sign).filter(|part| !part.is_empty()).collect();
    let is_known = |part: &&str| part.parse::<f64>().is_ok() || lookup.is_known(part);
    let n_words = parts.iter().filter(|part| lookup.is_known(part)).count();
    if n_words < 2 || !parts.iter().all(|part| is_known(&part)) {
        return None;
    }
    let mut spaced = String::new();
    let mut before = ' ';
    for character in word.chars() {
        let is_spaced = is_sign(character)
            && operator(character).is_none()
            && !matches!(character, '(' | ')')
            && !(character == ':' && before == ':');
        match character {
            ':' if before == ':' => spaced.insert(spaced.trim_end().len(), ':'),
            _ if is_spaced && !before.is_whitespace() => {
                spaced.push(' ');
                spaced.push(if sign(character) == Some(true) { '-' } else { character });
                spaced.push(' ');
            }
            _ => spaced.push(character),
        }
        before = character;
    }
    Some(spaced.trim().to_owned())
}

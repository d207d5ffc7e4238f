//! An expression whose spaces are missing, such as `king-man+woman`.
//!
//! In: a word that is not in the vocabulary. Out: the same with spaces around its signs, if known
//! words stand between them.

use super::parser::{operator, sign};
use crate::query::lookup::Lookup;

/// `king - man + woman` for `king-man+woman`; `None` if a part is unknown, or there is one alone.
pub(super) fn with_spaces(word: &str, lookup: &Lookup) -> Option<String> {
    let is_sign = |it: char| {
        sign(it).is_some() || operator(it).is_some() || matches!(it, ':' | '=' | '(' | ')')
    };
    let parts: Vec<&str> = word.split(is_sign).filter(|part| !part.is_empty()).collect();
    let n_known = parts.iter().filter(|part| lookup.is_known(part)).count();
    let is_part = |part: &&str| {
        lookup.is_known(part)
            || part.parse::<f64>().is_ok()
            || (*part == "?" && word.contains("::"))
    };
    if n_known < 2 || !parts.iter().all(is_part) {
        return None;
    }
    let mut spaced = String::new();
    for character in word.chars() {
        match character {
            // The second of two colons.
            ':' if spaced.ends_with(": ") => spaced.insert(spaced.len() - 1, ':'),
            _ if sign(character) == Some(true) => spaced += " - ",
            '+' | ':' | '=' => {
                spaced.push(' ');
                spaced.push(character);
                spaced.push(' ');
            }
            _ => spaced.push(character),
        }
    }
    Some(spaced.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Words;
    use crate::vectors::WordVectors;

    #[test]
    fn spaces_are_put_around_the_signs_between_known_words() {
        let words: Words = ["king", "man", "woman", "queen", "in"].into_iter().collect();
        let vectors = WordVectors::new(words, 1, vec![1.0; 5]);
        let lookup = Lookup::new(&vectors, &str::to_lowercase);
        for (word, spaced) in [
            ("king-man+woman", Some("king - man + woman")),
            ("King\u{2212}man", Some("King - man")),
            ("2*(king-man)", Some("2*(king - man)")),
            ("king:man::queen:?", Some("king : man :: queen : ?")),
            ("king:man::queen", Some("king : man :: queen")),
            ("king-man=queen", Some("king - man = queen")),
            ("mother-in-law", None),
            ("kingman", None),
            ("king-", None),
        ] {
            assert_eq!(with_spaces(word, &lookup).as_deref(), spaced, "{word}");
        }
    }
}

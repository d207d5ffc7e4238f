//! An expression whose spaces are missing, such as `king-man+woman` and `king/2`.
//!
//! In: a word that is not in the vocabulary. Out: the same with spaces around its signs, and a
//! point for a decimal comma, if known words and numbers stand between them.

use super::characters::{operator, sign};
use super::parser::parse;
use crate::query::lookup::Lookup;

/// `king - man + woman` for `king-man+woman`; `None` if a part is unknown, or there is one alone,
/// or the result is no expression of known words.
pub(super) fn with_spaces(word: &str, lookup: &Lookup) -> Option<String> {
    let is_sign = |it: char| {
        sign(it).is_some() || operator(it).is_some() || matches!(it, ':' | '=' | '(' | ')')
    };
    let parts: Vec<&str> = word.split(is_sign).filter(|part| !part.is_empty()).collect();
    let n_known = parts.iter().filter(|part| lookup.is_known(part)).count();
    let is_number = |part: &str| part.replacen(',', ".", 1).parse::<f64>().is_ok();
    let is_part = |part: &&str| {
        lookup.is_known(part) || is_number(part) || (*part == "?" && word.contains("::"))
    };
    if n_known == 0 || parts.len() < 2 || !parts.iter().all(is_part) {
        return None;
    }
    let mut spaced = String::new();
    let mut characters = word.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            // A decimal comma.
            ',' if characters.peek().is_some_and(char::is_ascii_digit)
                && spaced.ends_with(|it: char| it.is_ascii_digit()) =>
            {
                spaced.push('.');
            }
            // The second of two colons.
            ':' if spaced.ends_with(": ") => spaced.insert(spaced.len() - 1, ':'),
            _ if sign(character) == Some(true) => spaced += " - ",
            _ if operator(character) == Some(true) => spaced += " / ",
            '+' | ':' | '=' => {
                spaced.push(' ');
                spaced.push(character);
                spaced.push(' ');
            }
            _ => spaced.push(character),
        }
    }
    let spaced = spaced.trim();
    let is_sum = || {
        let terms = parse(spaced);
        terms.is_ok_and(|terms| terms.iter().all(|term| lookup.is_known(&term.word)))
    };
    // `king - man = queen` is no sum, but a person sees what it lacks.
    (spaced.contains('=') || is_sum()).then(|| spaced.to_owned())
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
            ("king/2", Some("king / 2")),
            ("0,5*king", Some("0.5*king")),
            ("0,5*king-man/2", Some("0.5*king - man / 2")),
            ("mother-in-law", None),
            ("king/man", None),
            ("2/king", None),
            ("king-2", None),
            ("2,5", None),
            ("kingman", None),
            ("king-", None),
        ] {
            assert_eq!(with_spaces(word, &lookup).as_deref(), spaced, "{word}");
        }
    }
}

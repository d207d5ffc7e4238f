//! Finding a word as a person wrote it, and what an unknown one may have meant.
//!
//! In: a spelling. Out: the word, or the words at the smallest Damerau-Levenshtein distance
//! (insertions, deletions, substitutions and swaps of neighbours count 1 each; Damerau 1964), the
//! more frequent first among equals. The distance costs a microsecond; two lower bounds that cost a
//! few nanoseconds, the difference of lengths and of the sets of letters, spare it for nearly all
//! of a million words.

use rayon::prelude::*;
use unicode_normalization::UnicodeNormalization as _;

use crate::base::error::{Error, Result};
use crate::base::words::{WordId, Words};
use crate::vectors::WordVectors;

/// How many suggestions a message can hold.
const SUGGESTIONS: usize = 5;

/// A message shows no longer words whole.
const MOST_CHARACTERS: usize = 200;

/// Words that one task compares.
const WORDS_PER_TASK: usize = 4096;

/// Apostrophes within words, the most frequent first. Our own models have the first alone; vectors
/// of other programs may have any.
const APOSTROPHES: [char; 3] = ['\'', '\u{2019}', '\u{2BC}'];

/// The position of a word: in exactly this spelling, else with its letters and accents composed,
/// else as `normalize` spells it, else with another apostrophe.
///
/// The `normalize` of a tokenizer keeps the signs of `C++`, so that it is not taken for `c`.
///
/// # Errors
/// [`Error::UnknownWord`] with up to five spellings near it.
pub fn resolve(
    vectors: &WordVectors,
    word: &str,
    normalize: &dyn Fn(&str) -> String,
) -> Result<WordId> {
    find(vectors, word, normalize).ok_or_else(|| {
        let normalized = normalize(word);
        // The word without its signs first: `c` for `c++`.
        let bare = normalized.trim_matches(|it: char| !it.is_alphanumeric());
        let mut near: Vec<WordId> = find(vectors, bare, normalize).into_iter().collect();
        let others = nearest_spellings(vectors.words(), &normalized, SUGGESTIONS);
        near.extend(others.into_iter().filter(|id| !near.contains(id)).collect::<Vec<_>>());
        near.truncate(SUGGESTIONS);
        let suggestions =
            near.into_iter().map(|id| vectors.words().spelling(id).to_owned()).collect();
        Error::UnknownWord { word: word.to_owned(), suggestions }
    })
}

/// As [`resolve`], without suggestions, which take a pass over all words; `None` for an unknown
/// word.
pub fn find(
    vectors: &WordVectors,
    word: &str,
    normalize: &dyn Fn(&str) -> String,
) -> Option<WordId> {
    // Vectors with capital letters have `É`, which keyboards and names of files may give as two
    // characters.
    let composed = || vectors.id(&word.nfc().collect::<String>());
    vectors.id(word).or_else(composed).or_else(|| {
        let normalized = normalize(word);
        vectors.id(&normalized).or_else(|| with_apostrophe(vectors, &normalized))
    })
}

/// The position of a word with another apostrophe than in `word`.
fn with_apostrophe(vectors: &WordVectors, word: &str) -> Option<WordId> {
    if !word.contains(APOSTROPHES) {
        return None;
    }
    let spelt = |other: char| word.replace(APOSTROPHES, other.encode_utf8(&mut [0; 4]));
    APOSTROPHES.into_iter().find_map(|other| vectors.id(&spelt(other)))
}

/// At most `top` words that are spelt nearly like `word`: by distance, then by id. Words of up to 3
/// characters may differ by 1, of up to 7 by 2, longer ones by 3. Nothing is near a word of more
/// than 200 characters: a message does not show it whole.
pub fn nearest_spellings(words: &Words, word: &str, top: usize) -> Vec<WordId> {
    let n_characters = word.chars().count();
    let bound = match n_characters {
        n if n == 0 || n > MOST_CHARACTERS => return Vec::new(),
        1..=3 => 1,
        4..=7 => 2,
        _ => 3,
    };
    let letters = letter_set(word);
    let n_tasks = words.len().div_ceil(WORDS_PER_TASK);
    let mut near: Vec<(usize, WordId)> = (0..n_tasks)
        .into_par_iter()
        .flat_map_iter(|task| {
            let ids = task * WORDS_PER_TASK..words.len().min((task + 1) * WORDS_PER_TASK);
            ids.map(|id| WordId(id as u32)).filter_map(|id| {
                let other = words.spelling(id);
                // Bytes bound characters from above, and a character has at most four.
                if other.len() > 4 * (n_characters + bound) || other.len() + bound < n_characters {
                    return None;
                }
                if other.chars().count().abs_diff(n_characters) > bound {
                    return None;
                }
                // A substitution changes the set of letters in two places, every other edit in one
                // or none.
                if (letter_set(other) ^ letters).count_ones() as usize > 2 * bound {
                    return None;
                }
                let distance = strsim::damerau_levenshtein(word, other);
                // A distance that leaves no character in place is no likeness.
                (distance <= bound && distance < n_characters).then_some((distance, id))
            })
        })
        .collect();
    near.sort_unstable();
    near.truncate(top);
    near.into_iter().map(|(_, id)| id).collect()
}

/// The letters of a word, thrown into 64 bins.
fn letter_set(word: &str) -> u64 {
    word.chars().fold(0, |set, character| set | 1 << (u32::from(character) % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors() -> WordVectors {
        let words: Words = ["the", "king", "kings", "queen", "ring", "koenigin", "königin", "kin"]
            .into_iter()
            .collect();
        let n_words = words.len();
        WordVectors::new(words, 1, vec![1.0; n_words])
    }

    #[test]
    fn a_word_is_found_exactly_before_it_is_normalised() {
        let words: Words = ["paris", "Paris"].into_iter().collect();
        let vectors = WordVectors::new(words, 1, vec![1.0; 2]);
        let lower = |word: &str| word.to_lowercase();
        assert_eq!(resolve(&vectors, "Paris", &lower).unwrap(), WordId(1));
        assert_eq!(resolve(&vectors, "PARIS", &lower).unwrap(), WordId(0));
    }

    #[test]
    fn a_decomposed_letter_is_found_in_its_case() {
        let words: Words = ["émile", "Émile"].into_iter().collect();
        let vectors = WordVectors::new(words, 1, vec![1.0; 2]);
        let find = |word: &str| find(&vectors, word, &|it: &str| it.to_lowercase().nfc().collect());
        assert_eq!(find("E\u{301}mile"), Some(WordId(1)));
        assert_eq!(find("e\u{301}mile"), Some(WordId(0)));
    }

    #[test]
    fn a_word_is_found_with_another_apostrophe() {
        let words: Words = ["don’t", "can't", "пʼять"].into_iter().collect();
        let vectors = WordVectors::new(words, 1, vec![1.0; 3]);
        let find = |word: &str| resolve(&vectors, word, &str::to_lowercase).ok();
        assert_eq!(find("Don't"), Some(WordId(0)));
        assert_eq!(find("can’t"), Some(WordId(1)));
        assert_eq!(find("п'ять"), Some(WordId(2)));
        assert_eq!(find("won't"), None);
    }

    #[test]
    fn an_unknown_word_comes_with_the_nearest_spellings() {
        let suggestions = |word: &str| {
            let lower = |word: &str| word.to_lowercase();
            match resolve(&vectors(), word, &lower) {
                Err(Error::UnknownWord { word: asked, suggestions }) if asked == word => {
                    suggestions
                }
                other => panic!("{other:?}"),
            }
        };
        // One edit each to `king` and `kings`; two to `ring` and `kin`.
        assert_eq!(suggestions("Kingg"), ["king", "kings", "ring", "kin"]);
        assert_eq!(suggestions("zzzzzz"), [""; 0]);
        let message = resolve(&vectors(), "zzzzzz", &str::to_owned).unwrap_err().to_string();
        assert_eq!(message, "the word `zzzzzz` is not in the vocabulary");
    }

    #[test]
    fn swaps_count_once_and_letters_beyond_ascii_are_letters() {
        let words = vectors();
        let near = |word: &str| {
            nearest_spellings(words.words(), word, 1)
                .into_iter()
                .map(|id| words.words().spelling(id))
                .collect::<Vec<_>>()
        };
        assert_eq!(near("qeuen"), ["queen"]);
        assert_eq!(near("königen"), ["königin"]);
        assert_eq!(near(""), [""; 0]);
        assert_eq!(near("x"), [""; 0]);
        // A word that no message shows whole.
        let long = "k".repeat(MOST_CHARACTERS);
        for (n_more, n_near) in [(0, 1), (1, 0)] {
            let word = format!("{long}{}", "k".repeat(n_more));
            let words: Words = [long.as_str()].into_iter().collect();
            assert_eq!(nearest_spellings(&words, &word, 1).len(), n_near);
        }
    }

    #[test]
    fn the_filters_lose_nothing_that_the_distance_would_find() {
        let words = vectors();
        for word in ["kign", "rings", "te", "quen", "konigin", "th"] {
            let n_characters = word.chars().count();
            let bound = if n_characters <= 3 {
                1
            } else if n_characters <= 7 {
                2
            } else {
                3
            };
            let expected = words
                .words()
                .iter()
                .filter(|other| strsim::damerau_levenshtein(word, other) <= bound)
                .count();
            assert_eq!(nearest_spellings(words.words(), word, 100).len(), expected, "{word}");
        }
    }
}

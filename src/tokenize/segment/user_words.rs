//! Words that a user wants whole, found before the dictionaries are asked.
//!
//! In: a list of words, and a run of text. Out: the first of these words in the run, the longest
//! that begins there. Looked up by hash: for each first character, the lengths of its words.

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashSet};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::GraphemeCursor;

/// A user's words.
#[derive(Debug)]
pub(super) struct UserWords {
    words: HashSet<String, FixedState>,
    /// Lengths in bytes of the words that begin with a character, the longest first.
    lengths: HashMap<char, Vec<usize>, FixedState>,
}

impl UserWords {
    /// The words in Normalization Form C. What follows white space is left out, as the counts in
    /// dictionaries of other programs.
    pub(super) fn new(list: &[String]) -> Self {
        let hasher = FixedState::with_seed(0);
        let mut words = HashSet::with_hasher(hasher.clone());
        let mut lengths: HashMap<char, Vec<usize>, _> = HashMap::with_hasher(hasher);
        for word in list {
            let word: String = word.split_whitespace().next().unwrap_or_default().nfc().collect();
            if let Some(first) = word.chars().next() {
                lengths.entry(first).or_default().push(word.len());
                words.insert(word);
            }
        }
        for lengths in lengths.values_mut() {
            lengths.sort_unstable_by(|a, b| b.cmp(a));
            lengths.dedup();
        }
        Self { words, lengths }
    }

    /// The bytes of the first place in `run`, and there of the longest word; it begins and ends
    /// between grapheme clusters.
    pub(super) fn find(&self, run: &str) -> Option<std::ops::Range<usize>> {
        if self.words.is_empty() {
            return None;
        }
        run.char_indices().find_map(|(start, character)| {
            let lengths = self.lengths.get(&character)?;
            let ends = lengths.iter().map(|length| start + length);
            let mut words = ends.filter(|&end| {
                let word = run.get(start..end);
                word.is_some_and(|word| self.words.contains(word)) && is_border(run, end)
            });
            let end = words.next()?;
            is_border(run, start).then_some(start..end)
        })
    }
}

/// Whether a word may end and begin at this place, a border of characters.
pub(super) fn is_border(run: &str, at: usize) -> bool {
    let is_mark = run[at..].chars().next().is_some_and(is_combining_mark);
    let mut cursor = GraphemeCursor::new(at, run.len(), true);
    at == 0 || (!is_mark && cursor.is_boundary(run, 0).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &[&str], run: &str) -> Option<String> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        UserWords::new(&words).find(run).map(|bytes| run[bytes].to_owned())
    }

    #[test]
    fn the_longest_word_at_the_first_place_is_found() {
        assert_eq!(
            found(&["多様", "生物多様性", "生物"], "海の生物多様性と").unwrap(),
            "生物多様性"
        );
        assert_eq!(found(&["多様", "生物"], "海の生物多様性と").unwrap(), "生物");
        assert_eq!(found(&["多様"], "海の生物"), None);
        assert_eq!(found(&[], "海の生物"), None);
        assert_eq!(found(&["", " "], "海の生物"), None);
        assert_eq!(found(&["生物 100 n"], "海の生物").unwrap(), "生物");
    }

    #[test]
    fn a_word_ends_before_no_mark() {
        // กา is no part of the syllable กา้.
        assert_eq!(found(&["กา"], "กา\u{e49}กา").unwrap(), "กา");
        assert_eq!(UserWords::new(&["กา".to_owned()]).find("กา\u{e49}กา").unwrap().start, 9);
    }

    #[test]
    fn words_are_compared_in_normal_form() {
        // か with the voicing mark of its own is が.
        assert_eq!(found(&["か\u{3099}ん"], "がんの").unwrap(), "がん");
    }
}

//! An ordered list of distinct words: position `i` is word `i`, and back from the spelling to the
//! position.
//!
//! The spellings lie one after the other in one buffer. The index is a hash table of positions,
//! built once when a spelling is first looked up; it is never iterated, so nothing depends on the
//! order of hashing.

use std::hash::BuildHasher;
use std::sync::OnceLock;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// The position of a word in its vocabulary: 0 is the most frequent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WordId(pub u32);

impl WordId {
    /// The position as an index into rows.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Distinct words in a fixed order, found by position or by spelling.
#[derive(Debug, Clone)]
pub struct Words {
    bytes: String,
    /// `n_words + 1` byte offsets into `bytes`.
    offsets: Vec<usize>,
    index: OnceLock<HashTable<u32>>,
}

/// A word as it stands in a table of tab-separated values: backslash, tab and line ends as `\\`,
/// `\t`, `\n`, `\r`.
pub(crate) fn escaped(word: &str) -> String {
    let mut escaped = String::with_capacity(word.len());
    for character in word.chars() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            '\t' => escaped.push_str("\\t"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The word that [`escaped`], or [`Cell`](crate::vectors::format::Cell), has written so; `None` if
/// they write none so.
pub(crate) fn unescaped(field: &str) -> Option<String> {
    let mut word = String::with_capacity(field.len());
    let mut characters = field.chars();
    while let Some(character) = characters.next() {
        word.push(match character {
            '\\' => match characters.next()? {
                '\\' => '\\',
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                'u' => {
                    let digits: String =
                        characters.by_ref().take_while(|&digit| digit != '}').collect();
                    char::from_u32(u32::from_str_radix(digits.strip_prefix('{')?, 16).ok()?)?
                }
                _ => return None,
            },
            other => other,
        });
    }
    Some(word)
}

/// Hashing with a fixed seed: the same table on every run.
#[inline]
pub(crate) fn hash_word(word: &str) -> u64 {
    FixedState::default().hash_one(word)
}

impl Words {
    /// An empty list.
    pub fn new() -> Self {
        Self { bytes: String::new(), offsets: vec![0], index: OnceLock::new() }
    }

    /// Appends a word without looking whether it is there already; [`Words::first_duplicate`] tells
    /// afterwards.
    ///
    /// # Panics
    /// With more than `u32::MAX` words.
    pub fn push(&mut self, word: &str) -> WordId {
        let id = u32::try_from(self.len()).expect("at most u32::MAX words");
        self.bytes.push_str(word);
        self.offsets.push(self.bytes.len());
        self.index = OnceLock::new();
        WordId(id)
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is no word.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The spelling of word `id`.
    ///
    /// # Panics
    /// If `id` is not below [`Words::len`].
    #[inline]
    pub fn spelling(&self, id: WordId) -> &str {
        &self.bytes[self.offsets[id.index()]..self.offsets[id.index() + 1]]
    }

    /// Whether word `id` is spelled so: faster than to compare [`Words::spelling`].
    ///
    /// # Panics
    /// If `id` is not below [`Words::len`].
    #[inline]
    pub(crate) fn is_spelled(&self, id: WordId, word: &str) -> bool {
        let (start, end) = (self.offsets[id.index()], self.offsets[id.index() + 1]);
        end - start == word.len() && self.bytes.as_bytes()[start..end] == *word.as_bytes()
    }

    /// The position of a spelling, or `None` if it is not in the list. The first of several equal
    /// ones.
    pub fn id(&self, word: &str) -> Option<WordId> {
        let index = self.index.get_or_init(|| self.build_index());
        index.find(hash_word(word), |&id| self.spelling(WordId(id)) == word).map(|&id| WordId(id))
    }

    /// The words in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.offsets.windows(2).map(|pair| &self.bytes[pair[0]..pair[1]])
    }

    /// The first word that stands at an earlier position too.
    pub fn first_duplicate(&self) -> Option<WordId> {
        (0..self.len() as u32).map(WordId).find(|&id| self.id(self.spelling(id)) != Some(id))
    }

    /// All spellings in one string, and the `n_words + 1` byte offsets that cut it.
    pub fn parts(&self) -> (&str, &[usize]) {
        (&self.bytes, &self.offsets)
    }

    fn build_index(&self) -> HashTable<u32> {
        let mut index: HashTable<u32> = HashTable::with_capacity(self.len());
        for (id, word) in self.iter().enumerate() {
            let hash = hash_word(word);
            if index.find(hash, |&other| self.spelling(WordId(other)) == word).is_none() {
                index.insert_unique(hash, id as u32, |&other| {
                    hash_word(self.spelling(WordId(other)))
                });
            }
        }
        index
    }
}

impl Default for Words {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> FromIterator<&'a str> for Words {
    fn from_iter<I: IntoIterator<Item = &'a str>>(words: I) -> Self {
        let mut list = Self::new();
        for word in words {
            list.push(word);
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_by_its_spelling_and_its_position() {
        let words: Words = ["the", "", "हिन्दी", "ọ̀rọ̀"].into_iter().collect();
        assert_eq!(words.len(), 4);
        for (position, word) in words.iter().enumerate() {
            assert_eq!(words.id(word), Some(WordId(position as u32)));
            assert_eq!(words.spelling(WordId(position as u32)), word);
        }
        assert_eq!(words.id("of"), None);
        assert_eq!(words.first_duplicate(), None);
    }

    #[test]
    fn a_word_in_a_table_is_read_back() {
        for word in ["", "new_york", "tab\there", "back\\slash", "back\\tslash", "a\r\n"] {
            assert!(!escaped(word).contains(['\t', '\n', '\r']));
            assert_eq!(unescaped(&escaped(word)).as_deref(), Some(word));
        }
        assert_eq!((unescaped("a\\"), unescaped("\\a")), (None, None));
    }

    #[test]
    fn a_repeated_word_is_named() {
        let words: Words = ["a", "b", "a"].into_iter().collect();
        assert_eq!(words.id("a"), Some(WordId(0)));
        assert_eq!(words.first_duplicate(), Some(WordId(2)));
    }
}

//! An ordered list of distinct words: position `i` is word `i`, and back from the spelling to the
//! position.
//!
//! The spellings lie one after the other in one buffer, in memory or in a file. The index is a hash
//! table of positions, built once when a spelling is first looked up, or lying in the file too; it
//! is never iterated, so nothing depends on the order of hashing.

use std::fmt;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use rayon::prelude::*;

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
    spellings: Spellings,
    index: OnceLock<HashTable<u32>>,
    /// Whether a stored index finds every word, once that was looked at.
    is_index_right: OnceLock<bool>,
    /// Spellings that a stored index has not found.
    n_missed: Arc<AtomicU32>,
}

#[derive(Debug, Clone)]
enum Spellings {
    Owned {
        bytes: String,
        /// `n_words + 1` byte offsets into `bytes`.
        offsets: Vec<usize>,
    },
    Stored(Arc<dyn StoredWords>),
}

/// Words that lie elsewhere, such as in a mapped file.
pub(crate) trait StoredWords: fmt::Debug + Send + Sync {
    /// All spellings one after the other.
    fn spellings(&self) -> &[u8];

    /// The `n_words + 1` offsets that cut them.
    fn offsets(&self) -> &[usize];

    /// The index that [`Words::stored_index`] makes; empty if none is stored.
    fn index(&self) -> &[u32];
}

/// What is wrong with stored words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoredFault {
    /// The spellings are not UTF-8 from this byte on.
    NotUtf8(usize),
    /// An offset that does not rise, or lies within a character: its number and value.
    Offset(usize, usize),
    /// The offsets end here, and not at the end of the spellings.
    End(usize),
}

/// A place in a stored index that holds no word.
const EMPTY: u32 = u32::MAX;

/// Spellings that are looked for among all, before a stored index is looked at as a whole.
const MISSES_BEFORE_CHECK: u32 = 64;

/// Words that a task looks at.
const WORDS_PER_TASK: usize = 1 << 14;

/// Words that are looked at together. Where they are ASCII, no offset can lie within a character.
const WORDS_PER_BLOCK: usize = 64;

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

/// The hash of a stored index: FNV-1a of 64 bits (Fowler, Noll & Vo), its upper half folded in. It
/// stands in files, so it never changes.
fn stored_hash(word: &str) -> u64 {
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
    let hash = word.bytes().fold(0xCBF2_9CE4_8422_2325, fold);
    hash ^ (hash >> 32)
}

impl Words {
    /// An empty list.
    pub fn new() -> Self {
        Self::of(Spellings::Owned { bytes: String::new(), offsets: vec![0] })
    }

    fn of(spellings: Spellings) -> Self {
        let (index, is_index_right, n_missed) = Default::default();
        Self { spellings, index, is_index_right, n_missed }
    }

    /// Words that lie elsewhere; nothing is copied. Without a stored index, whether they are
    /// distinct is for the caller to ask ([`Words::first_duplicate`]).
    ///
    /// # Errors
    /// Spellings that are not UTF-8, or offsets that do not cut them.
    ///
    /// # Panics
    /// With more than `u32::MAX` words, or without an offset.
    pub(crate) fn stored(words: Arc<dyn StoredWords>) -> Result<Self, StoredFault> {
        let (bytes, offsets) = (words.spellings(), words.offsets());
        assert!(u32::try_from(offsets.len() - 1).is_ok(), "at most u32::MAX words");
        if offsets[0] != 0 {
            return Err(StoredFault::Offset(0, offsets[0]));
        }
        let n_tasks = (offsets.len() - 1).div_ceil(WORDS_PER_TASK);
        let faults = (0..n_tasks).into_par_iter().map(|task| {
            let first = task * WORDS_PER_TASK;
            let last = (first + WORDS_PER_TASK).min(offsets.len() - 1);
            check_part(bytes, &offsets[first..=last], first)
        });
        if let Some(fault) = faults.find_map_first(|fault| fault) {
            return Err(fault);
        }
        let end = offsets[offsets.len() - 1];
        if end != bytes.len() {
            return Err(StoredFault::End(end));
        }
        Ok(Self::of(Spellings::Stored(words)))
    }

    /// Appends a word without looking whether it is there already; [`Words::first_duplicate`] tells
    /// afterwards.
    ///
    /// # Panics
    /// With more than `u32::MAX` words.
    pub fn push(&mut self, word: &str) -> WordId {
        let id = u32::try_from(self.len()).expect("at most u32::MAX words");
        if let Spellings::Stored(_) = self.spellings {
            let (bytes, offsets) = self.parts();
            let (bytes, offsets) = (bytes.to_owned(), offsets.to_vec());
            self.spellings = Spellings::Owned { bytes, offsets };
        }
        if let Spellings::Owned { bytes, offsets } = &mut self.spellings {
            bytes.push_str(word);
            offsets.push(bytes.len());
        }
        (self.index, self.is_index_right, self.n_missed) = Default::default();
        WordId(id)
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.offsets().len() - 1
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
        let offsets = self.offsets();
        let range = offsets[id.index()]..offsets[id.index() + 1];
        match &self.spellings {
            Spellings::Owned { bytes, .. } => &bytes[range],
            Spellings::Stored(words) => text_of(&words.spellings()[range]),
        }
    }

    /// Whether word `id` is spelled so: faster than to compare [`Words::spelling`].
    ///
    /// # Panics
    /// If `id` is not below [`Words::len`].
    #[inline]
    pub(crate) fn is_spelled(&self, id: WordId, word: &str) -> bool {
        let offsets = self.offsets();
        let (start, end) = (offsets[id.index()], offsets[id.index() + 1]);
        end - start == word.len() && self.bytes()[start..end] == *word.as_bytes()
    }

    /// The position of a spelling, or `None` if it is not in the list. The first of several equal
    /// ones.
    pub fn id(&self, word: &str) -> Option<WordId> {
        if let Spellings::Stored(words) = &self.spellings
            && !words.index().is_empty()
        {
            let found = self.find_stored(words.index(), word);
            if found.is_some() || !self.is_missed(words.index(), word) {
                return found;
            }
        }
        let index = self.index.get_or_init(|| self.build_index());
        let is_it = |&id: &u32| self.is_spelled(WordId(id), word);
        index.find(hash_word(word), is_it).map(|&id| WordId(id))
    }

    /// The words in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        (0..self.len()).map(|id| self.spelling(WordId(id as u32)))
    }

    /// The first word that stands at an earlier position too.
    pub fn first_duplicate(&self) -> Option<WordId> {
        (0..self.len() as u32).map(WordId).find(|&id| self.id(self.spelling(id)) != Some(id))
    }

    /// All spellings in one string, and the `n_words + 1` byte offsets that cut it.
    pub fn parts(&self) -> (&str, &[usize]) {
        let text = match &self.spellings {
            Spellings::Owned { bytes, .. } => bytes,
            Spellings::Stored(words) => text_of(words.spellings()),
        };
        (text, self.offsets())
    }

    /// The index as it is stored beside the spellings: a table of `2^b` places, at most half of
    /// them taken, each the position of a word or `u32::MAX`. A word stands at its hash modulo the
    /// number of places, or at the next free place behind.
    pub(crate) fn stored_index(&self) -> Vec<u32> {
        let mut places = vec![EMPTY; (2 * self.len()).next_power_of_two().max(2)];
        let mask = places.len() - 1;
        for (id, word) in self.iter().enumerate() {
            let mut place = stored_hash(word) as usize & mask;
            while places[place] != EMPTY {
                place = (place + 1) & mask;
            }
            places[place] = id as u32;
        }
        places
    }

    /// Whether a word that a stored index does not find is there all the same: the words of a file
    /// may have been changed, and its index not. The first such words are looked for among all
    /// spellings; where there are many, the index is looked at as a whole, which takes as long as
    /// some hundreds of them.
    fn is_missed(&self, places: &[u32], word: &str) -> bool {
        if let Some(is_right) = self.is_index_right.get() {
            return !is_right;
        }
        if self.n_missed.fetch_add(1, Ordering::Relaxed) >= MISSES_BEFORE_CHECK {
            return !self.is_index_right.get_or_init(|| self.is_index(places));
        }
        let is_missed = self.holds(word);
        if is_missed {
            // Another thread may have said so already.
            let _ = self.is_index_right.set(false);
        }
        is_missed
    }

    /// Whether a spelling is in the list, by looking at all of them.
    fn holds(&self, word: &str) -> bool {
        let (bytes, offsets) = (self.bytes(), self.offsets());
        if word.is_empty() {
            return offsets.windows(2).any(|pair| pair[0] == pair[1]);
        }
        let finder = memchr::memmem::Finder::new(word.as_bytes());
        let mut from = 0;
        // Two places may overlap: `aa` stands twice in `aaa`.
        while let Some(begin) = finder.find(&bytes[from..]).map(|at| from + at) {
            // Empty words begin there too.
            let first = offsets.partition_point(|&offset| offset < begin);
            let begins = offsets[first..].iter().take_while(|&&offset| offset == begin).count();
            if begins > 0 && offsets.get(first + begins) == Some(&(begin + word.len())) {
                return true;
            }
            from = begin + 1;
        }
        false
    }

    /// Whether a stored index finds each word where it stands.
    pub(crate) fn is_index(&self, places: &[u32]) -> bool {
        let mut ids = (0..self.len() as u32).map(WordId);
        ids.all(|id| self.find_stored(places, self.spelling(id)) == Some(id))
    }

    fn find_stored(&self, places: &[u32], word: &str) -> Option<WordId> {
        let first = stored_hash(word) as usize % places.len();
        let (behind, before) = (places[first..].iter(), places[..first].iter());
        behind
            .chain(before)
            .take_while(|&&id| id != EMPTY)
            .map(|&id| WordId(id))
            // A place of a damaged index may lie behind the last word.
            .find(|&id| id.index() < self.len() && self.is_spelled(id, word))
    }

    #[inline]
    fn bytes(&self) -> &[u8] {
        match &self.spellings {
            Spellings::Owned { bytes, .. } => bytes.as_bytes(),
            Spellings::Stored(words) => words.spellings(),
        }
    }

    #[inline]
    fn offsets(&self) -> &[usize] {
        match &self.spellings {
            Spellings::Owned { offsets, .. } => offsets,
            Spellings::Stored(words) => words.offsets(),
        }
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

/// Bytes that were found to be UTF-8 when the words were opened.
fn text_of(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("looked at when the words were opened")
}

/// The fault of a part of stored words, whose first offset has the number `first`.
fn check_part(bytes: &[u8], offsets: &[usize], first: usize) -> Option<StoredFault> {
    let n_words = offsets.len() - 1;
    (0..n_words).step_by(WORDS_PER_BLOCK).find_map(|begin| {
        let block = &offsets[begin..=n_words.min(begin + WORDS_PER_BLOCK)];
        let (start, end) = (block[0], block[block.len() - 1]);
        let rises = block.windows(2).fold(true, |rises, pair| rises & (pair[0] <= pair[1]));
        match bytes.get(start..end) {
            Some(text) if rises && text.is_ascii() => None,
            _ => check_block(bytes, block, first + begin),
        }
    })
}

/// The same for a block, with a look at each word.
fn check_block(bytes: &[u8], offsets: &[usize], first: usize) -> Option<StoredFault> {
    let mut start = offsets[0];
    let of = |number: usize| StoredFault::Offset(first + number, offsets[number]);
    if let Some(number) = (1..offsets.len())
        .find(|&number| offsets[number] < std::mem::replace(&mut start, offsets[number]))
    {
        return Some(of(number));
    }
    let (start, end) = (offsets[0], start);
    let Some(part) = bytes.get(start..end) else {
        let is_behind = |&number: &usize| offsets[number] > bytes.len();
        return (0..offsets.len()).find(is_behind).map(of);
    };
    match std::str::from_utf8(part) {
        Ok(text) => {
            let is_within = |&number: &usize| !text.is_char_boundary(offsets[number] - start);
            (0..offsets.len()).find(is_within).map(of)
        }
        // A block may end or begin within a character, by a wrong offset.
        Err(fault)
            if fault.error_len().is_none()
                && bytes.get(end).is_some_and(|byte| byte & 0xC0 == 0x80) =>
        {
            Some(of(offsets.len() - 1))
        }
        Err(fault) if fault.valid_up_to() == 0 && part[0] & 0xC0 == 0x80 && start > 0 => {
            Some(of(0))
        }
        Err(fault) => Some(StoredFault::NotUtf8(start + fault.valid_up_to())),
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
#[path = "words_tests.rs"]
mod tests;

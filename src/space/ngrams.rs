//! The n-grams of letters that words share.
//!
//! In: words. Out: for each word its n-grams of 3 to 6 letters of `<word>`, and for each n-gram its
//! words. N-grams of fewer than [`LEAST_WORDS`] words are left out.

use hashbrown::HashTable;

use crate::base::words::{WordId, Words, hash_word};

/// Letters in an n-gram.
const LETTERS: std::ops::RangeInclusive<usize> = 3..=6;

/// Words that have an n-gram, at the least: one of two words would say of each what the other is.
pub(super) const LEAST_WORDS: u32 = 3;

/// Which words have which n-grams, and back. Both are lists one after the other with their ends.
pub(crate) struct NGrams {
    spellings: Words,
    by_word: Lists,
    by_gram: Lists,
}

struct Lists {
    offsets: Vec<usize>,
    items: Vec<u32>,
}

impl Lists {
    fn get(&self, list: usize) -> &[u32] {
        &self.items[self.offsets[list]..self.offsets[list + 1]]
    }

    fn len(&self) -> usize {
        self.offsets.len() - 1
    }
}

impl NGrams {
    /// Finds the n-grams that enough words share.
    pub(super) fn shared(words: &Words) -> Self {
        Self::of_at_least(LEAST_WORDS, words)
    }

    /// Finds all n-grams.
    pub(crate) fn all(words: &Words) -> Self {
        Self::of_at_least(1, words)
    }

    fn of_at_least(least_words: u32, words: &Words) -> Self {
        let mut found = Found::default();
        let mut n_words_of: Vec<u32> = Vec::new();
        let mut all = Lists { offsets: vec![0], items: Vec::new() };
        let mut marked = MarkedWord::default();
        for word in words.iter() {
            let start = all.items.len();
            marked.set(word);
            all.items.extend(marked.n_grams().map(|gram| found.number(gram)));
            n_words_of.resize(found.spellings.len(), 0);
            all.items[start..].sort_unstable();
            let mut last = None;
            let mut end = start;
            for at in start..all.items.len() {
                let gram = all.items[at];
                if last != Some(gram) {
                    all.items[end] = gram;
                    n_words_of[gram as usize] += 1;
                    (last, end) = (Some(gram), end + 1);
                }
            }
            all.items.truncate(end);
            all.offsets.push(end);
        }
        Self::renumbered(&all, &n_words_of, &found.spellings, least_words)
    }

    /// The n-grams of enough words, numbered anew.
    fn renumbered(all: &Lists, n_words_of: &[u32], found: &Words, least_words: u32) -> Self {
        let mut spellings = Words::new();
        let mut renumbered = vec![None; n_words_of.len()];
        let mut offsets = vec![0];
        let enough = |&(_, &n_words): &(usize, &u32)| n_words >= least_words;
        for (gram, &n_words) in n_words_of.iter().enumerate().filter(enough) {
            renumbered[gram] = Some(spellings.push(found.spelling(WordId(gram as u32))).0);
            offsets.push(offsets[offsets.len() - 1] + n_words as usize);
        }
        let mut next = offsets.clone();
        let mut by_gram = Lists { items: vec![0; offsets[offsets.len() - 1]], offsets };
        let mut by_word =
            Lists { offsets: vec![0], items: Vec::with_capacity(by_gram.items.len()) };
        for word in 0..all.len() {
            for gram in all.get(word).iter().filter_map(|&gram| renumbered[gram as usize]) {
                by_word.items.push(gram);
                by_gram.items[next[gram as usize]] = word as u32;
                next[gram as usize] += 1;
            }
            by_word.offsets.push(by_word.items.len());
        }
        Self { spellings, by_word, by_gram }
    }

    /// The n-grams of a word.
    pub(crate) fn of_word(&self, word: usize) -> &[u32] {
        self.by_word.get(word)
    }

    /// The words of an n-gram.
    pub(crate) fn of_gram(&self, gram: u32) -> &[u32] {
        self.by_gram.get(gram as usize)
    }

    /// The number of an n-gram, if it is among them.
    pub(crate) fn number(&self, gram: &str) -> Option<u32> {
        self.spellings.id(gram).map(|id| id.0)
    }

    /// The spelling of an n-gram, with its marks.
    pub(crate) fn spelling(&self, gram: u32) -> &str {
        self.spellings.spelling(WordId(gram))
    }

    /// Number of words.
    pub(crate) fn n_words(&self) -> usize {
        self.by_word.len()
    }

    /// Number of n-grams.
    pub(super) fn len(&self) -> usize {
        self.by_gram.len()
    }
}

/// All n-grams that were seen, numbered as they came.
#[derive(Default)]
struct Found {
    spellings: Words,
    numbers: HashTable<u32>,
}

impl Found {
    fn number(&mut self, gram: &str) -> u32 {
        let Self { spellings, numbers } = self;
        let hash = hash_word(gram);
        let known = numbers.find(hash, |&number| spellings.spelling(WordId(number)) == gram);
        if let Some(&number) = known {
            return number;
        }
        let number = spellings.push(gram).0;
        numbers.insert_unique(hash, number, |&other| hash_word(spellings.spelling(WordId(other))));
        number
    }
}

/// A word between its marks, and where its letters begin.
#[derive(Debug, Default)]
pub(crate) struct MarkedWord {
    text: String,
    bounds: Vec<usize>,
}

impl MarkedWord {
    /// A word with its marks.
    pub(crate) fn new(word: &str) -> Self {
        let mut marked = Self::default();
        marked.set(word);
        marked
    }

    /// Puts another word in the place of this one.
    pub(crate) fn set(&mut self, word: &str) {
        self.text.clear();
        self.text.extend(["<", word, ">"]);
        self.bounds.clear();
        self.bounds.extend(self.text.char_indices().map(|(at, _)| at));
        self.bounds.push(self.text.len());
    }

    /// Its n-grams, the shortest first, some maybe twice; none of a word of less than three
    /// letters, which is little but its marks.
    pub(crate) fn n_grams(&self) -> impl Iterator<Item = &str> {
        let sizes = if self.n_letters() < 5 { 0..0 } else { *LETTERS.start()..LETTERS.end() + 1 };
        sizes.flat_map(|size| self.n_grams_of_size(size))
    }

    /// The shortest of its n-grams: a longer one is only shared with those in it.
    pub(crate) fn shortest_n_grams(&self) -> impl Iterator<Item = &str> {
        let size = if self.n_letters() < 5 { self.bounds.len() } else { *LETTERS.start() };
        self.n_grams_of_size(size)
    }

    /// Its letters, the marks included.
    fn n_letters(&self) -> usize {
        self.bounds.len() - 1
    }

    fn n_grams_of_size(&self, size: usize) -> impl Iterator<Item = &str> {
        let firsts = 0..(self.n_letters() + 1).saturating_sub(size);
        firsts.map(move |first| &self.text[self.bounds[first]..self.bounds[first + size]])
    }
}

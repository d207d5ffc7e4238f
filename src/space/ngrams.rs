//! The n-grams of letters that words share.
//!
//! In: words. Out: for each word its n-grams of 3 to 6 letters of `<word>`, and for each n-gram its
//! words. N-grams of fewer than [`LEAST_WORDS`] words are left out.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::base::words::Words;

/// Letters in an n-gram.
const LETTERS: std::ops::RangeInclusive<usize> = 3..=6;

/// Words that have an n-gram, at the least: one of two words would say of each what the other is.
pub(super) const LEAST_WORDS: u32 = 3;

/// Which words have which n-grams, and back. Both are lists one after the other with their ends.
pub(super) struct NGrams {
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
    /// Finds the n-grams of all words.
    pub(super) fn new(words: &Words) -> Self {
        let mut marked = String::new();
        let mut ends = Vec::with_capacity(words.len() + 1);
        ends.push(0);
        for word in words.iter() {
            marked.push('<');
            marked.push_str(word);
            marked.push('>');
            ends.push(marked.len());
        }
        let mut numbers: HashMap<&str, u32, FixedState> = HashMap::default();
        let mut n_words_of: Vec<u32> = Vec::new();
        let mut all = Lists { offsets: vec![0], items: Vec::new() };
        for pair in ends.windows(2) {
            let start = all.items.len();
            for gram in n_grams_of(&marked[pair[0]..pair[1]]) {
                let number = *numbers.entry(gram).or_insert_with(|| {
                    n_words_of.push(0);
                    n_words_of.len() as u32 - 1
                });
                all.items.push(number);
            }
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
        Self::shared(&all, &n_words_of)
    }

    /// The n-grams of enough words, numbered anew.
    fn shared(all: &Lists, n_words_of: &[u32]) -> Self {
        let mut renumbered = vec![None; n_words_of.len()];
        let mut offsets = vec![0];
        let enough = |&(_, &n_words): &(usize, &u32)| n_words >= LEAST_WORDS;
        for (gram, &n_words) in n_words_of.iter().enumerate().filter(enough) {
            renumbered[gram] = Some(offsets.len() as u32 - 1);
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
        Self { by_word, by_gram }
    }

    /// The n-grams of a word.
    pub(super) fn of_word(&self, word: usize) -> &[u32] {
        self.by_word.get(word)
    }

    /// The words of an n-gram.
    pub(super) fn of_gram(&self, gram: usize) -> &[u32] {
        self.by_gram.get(gram)
    }

    /// Number of words.
    pub(super) fn n_words(&self) -> usize {
        self.by_word.len()
    }

    /// Number of n-grams.
    pub(super) fn len(&self) -> usize {
        self.by_gram.len()
    }
}

/// The n-grams of a marked word, some maybe twice; none of a word of less than three letters, which
/// is little but its marks.
pub(super) fn n_grams_of(marked: &str) -> impl Iterator<Item = &str> {
    let bounds: Vec<usize> =
        marked.char_indices().map(|(at, _)| at).chain([marked.len()]).collect();
    let n_letters = bounds.len() - 1;
    let sizes = if n_letters < 5 { 0..0 } else { *LETTERS.start()..LETTERS.end() + 1 };
    sizes.flat_map(move |size| {
        let bounds = bounds.clone();
        (0..(n_letters + 1).saturating_sub(size))
            .map(move |first| &marked[bounds[first]..bounds[first + size]])
    })
}

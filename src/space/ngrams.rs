//! The n-grams of letters that words share.
//!
//! In: words. Out: for each word its n-grams of 3 to 6 letters of `<word>`, and for each n-gram its
//! words. N-grams of one word alone are left out.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use rayon::prelude::*;

use crate::base::words::Words;

/// Letters in an n-gram.
const LETTERS: std::ops::RangeInclusive<usize> = 3..=6;

/// `sum += factor * row`.
pub(super) fn add(sum: &mut [f32], row: &[f32], factor: f32) {
    sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += factor * value);
}

/// Which words have which n-grams, and back; n-grams of one word alone are left out. Both are lists
/// one after the other with their ends.
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

    /// The n-grams that two words have, numbered anew.
    fn shared(all: &Lists, n_words_of: &[u32]) -> Self {
        let mut renumbered = vec![None; n_words_of.len()];
        let mut offsets = vec![0];
        for (gram, &n_words) in n_words_of.iter().enumerate().filter(|&(_, &n_words)| n_words > 1) {
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

    /// `f_g^(-1/2) / (sum of trust)` for each n-gram.
    pub(super) fn weights(&self, trust: &[f64]) -> Vec<f32> {
        let weight = |gram: usize| {
            let words = self.by_gram.get(gram);
            let sum: f64 = words.iter().map(|&word| trust[word as usize]).sum();
            if sum > 0.0 { ((words.len() as f64).sqrt() * sum).recip() as f32 } else { 0.0 }
        };
        (0..self.by_gram.len()).map(weight).collect()
    }

    /// The sums over the words of each n-gram, of vectors of `width` numbers.
    pub(super) fn sums(&self, vectors: &[f32], width: usize, shares: &[f32]) -> Vec<f32> {
        let mut sums = vec![0.0; self.by_gram.len() * width];
        sums.par_chunks_mut(width).enumerate().for_each(|(gram, sum)| {
            for &word in self.by_gram.get(gram) {
                let word = word as usize;
                add(sum, &vectors[word * width..][..width], shares[word]);
            }
        });
        sums
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

//! How many stretches of text hold each word: what the dispersion of a word is computed from.
//!
//! In: the tokens of a corpus in order. Out: for each word the number of stretches of 4,000 tokens
//! that hold it. Cost: one pass over the tokens. Memory: 16 bytes a word and thread.

use rayon::prelude::*;

use crate::base::words::WordId;

/// Tokens of a stretch: a long article, a chapter.
pub(crate) const STRETCH: usize = 4000;

/// Counts the stretches that hold each word, from the tokens of a corpus in order.
pub(crate) struct Stretches {
    counts: Vec<u64>,
    /// For each word the stretch that it was met in last, or 0: stretch k is remembered as k + 1.
    last: Vec<u64>,
    n_tokens: u64,
}

impl Stretches {
    pub(crate) fn new(n_words: usize) -> Self {
        Self { counts: vec![0; n_words], last: vec![0; n_words], n_tokens: 0 }
    }

    /// Goes on with the next tokens.
    pub(crate) fn add(&mut self, ids: impl IntoIterator<Item = WordId>) {
        for id in ids {
            let stretch = self.n_tokens / STRETCH as u64 + 1;
            self.counts[id.index()] += u64::from(self.last[id.index()] != stretch);
            self.last[id.index()] = stretch;
            self.n_tokens += 1;
        }
    }

    pub(crate) fn into_counts(self) -> Vec<u64> {
        self.counts
    }
}

/// For each of `n_words` words the number of stretches that hold it. Sums of whole numbers: the
/// same on any number of threads.
pub(crate) fn count_stretches(ids: &[WordId], n_words: usize) -> Vec<u64> {
    let part_length =
        ids.len().div_ceil(rayon::current_num_threads()).next_multiple_of(STRETCH).max(STRETCH);
    let parts: Vec<Vec<u64>> = ids
        .par_chunks(part_length)
        .map(|part| {
            let mut stretches = Stretches::new(n_words);
            stretches.add(part.iter().copied());
            stretches.into_counts()
        })
        .collect();
    let mut total = vec![0; n_words];
    for part in &parts {
        total.iter_mut().zip(part).for_each(|(total, count)| *total += count);
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_that_hold_a_word_are_counted() {
        // Word 0 everywhere, word 1 eight times in one stretch, word 2 once in each of eight.
        let mut ids = vec![WordId(0); 8 * STRETCH];
        (0..8).for_each(|place| {
            (ids[STRETCH + place], ids[place * STRETCH + 100]) = (WordId(1), WordId(2))
        });
        for n_threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            assert_eq!(pool.install(|| count_stretches(&ids, 3)), [8, 1, 8]);
        }
    }
}

//! Runs of neighbouring words that hold about equally many tokens: how counting is divided.

use std::ops::Range;

/// Words whose positions are found together, and the tasks that they are divided into.
pub(super) struct Scan {
    pub(super) run: WordRun,
    pub(super) tasks: Vec<WordRun>,
}

/// A run of neighbouring words, with the number of tokens of each.
pub(super) struct WordRun {
    pub(super) first_word: u32,
    pub(super) counts: Vec<usize>,
    pub(super) n_tokens: usize,
}

impl WordRun {
    pub(super) fn new(first_word: u32, counts: Vec<usize>) -> Self {
        Self { first_word, n_tokens: counts.iter().sum(), counts }
    }

    /// The words.
    pub(super) fn words(&self) -> Range<u32> {
        self.first_word..self.first_word + self.counts.len() as u32
    }

    /// Cuts the run into at most about `n_parts` runs of equally many tokens; a word is never
    /// divided.
    pub(super) fn cut(&self, n_parts: usize) -> Vec<Self> {
        let share = self.n_tokens.div_ceil(n_parts).max(1);
        let mut parts = Vec::with_capacity(n_parts);
        let empty = |first_word| Self { first_word, counts: Vec::new(), n_tokens: 0 };
        let mut part = empty(self.first_word);
        for (word, &count) in (self.first_word..).zip(&self.counts) {
            part.counts.push(count);
            part.n_tokens += count;
            if part.n_tokens >= share {
                parts.push(std::mem::replace(&mut part, empty(word + 1)));
            }
        }
        if !part.counts.is_empty() {
            parts.push(part);
        }
        parts
    }
}

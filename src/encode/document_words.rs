//! The words of documents with their counts: what a search for words looks at, beside the codes,
//! which know meanings.
//!
//! In: the tokens of documents, all of them, those that are no words of the model too. Out: for
//! each row, a document or a part of one, its different words with their counts, and its number of
//! tokens. BM25 (Robertson & Zaragoza 2009, "The probabilistic relevance framework: BM25 and
//! beyond", section 3; the idf of Lucene, above 0) scores the rows that hold a word of a query:
//!
//! `score = sum over w of q_w ln(1 + (n - df_w + 0.5) / (df_w + 0.5)) c_w (k1 + 1) / (c_w + k1 (1 -
//! b + b l / L))`
//!
//! with `q_w` and `c_w` the counts of word w in the query and the row, `df_w` the rows that hold
//! it, of n, `l` the tokens of the row and `L` their mean. Cost of a query: one pass over all words
//! of all rows, in parallel over blocks of rows; 8 bytes a word of a row, half of what its code
//! takes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use pulp::bytemuck::{self, Pod};
use rayon::prelude::*;

use crate::base::words::{Words, hash_word};
use crate::storage::mmap::MappedFile;
use crate::tokenize::Interner;

/// How fast more of the same word ceases to count, and how much long documents are discounted: the
/// usual values, which measured best on 20 Newsgroups too (`docs/benchmarks/documents.md`).
pub(super) const K1: f64 = 1.2;
pub(super) const B: f64 = 0.75;

/// Rows that one task looks through.
const ROWS_PER_TASK: usize = 4096;

/// The words of documents in rows.
#[derive(Debug, Clone)]
pub struct DocumentWords {
    /// All spellings one after the other, and where each begins; at the end, where the last ends.
    spellings: StoredValues<u8>,
    spelling_offsets: StoredValues<u64>,
    /// Where the words of each row begin; at the end, where those of the last end.
    offsets: StoredValues<u64>,
    ids: StoredValues<u32>,
    counts: StoredValues<u32>,
    /// Tokens of each row.
    lengths: StoredValues<u32>,
}

/// The tensors of [`DocumentWords`] in a file, in the order in which they stand there, with the
/// type of each.
pub(super) const TENSORS: [(&str, &str); 6] = [
    ("word_offsets", "U64"),
    ("word_spelling_offsets", "U64"),
    ("word_ids", "U32"),
    ("word_counts", "U32"),
    ("document_lengths", "U32"),
    ("word_spellings", "U8"),
];

/// Values in memory, or in a part of a mapped file.
#[derive(Debug, Clone)]
pub(super) enum StoredValues<T> {
    Owned(Vec<T>),
    Mapped(Arc<MappedFile>, Range<usize>),
}

impl<T: Pod> StoredValues<T> {
    /// The little-endian numbers in a range of a file, in place where that can be.
    pub(super) fn from_file(file: &Arc<MappedFile>, range: Range<usize>) -> Self {
        let bytes = &file.bytes()[range.clone()];
        if cfg!(target_endian = "little") && bytemuck::try_cast_slice::<u8, T>(bytes).is_ok() {
            return Self::Mapped(Arc::clone(file), range);
        }
        Self::from_bytes(bytes)
    }

    /// A copy of little-endian numbers.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let number = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            if cfg!(target_endian = "big") {
                bytes.reverse();
            }
            bytemuck::pod_read_unaligned(&bytes)
        };
        Self::Owned(bytes.chunks_exact(size_of::<T>()).map(number).collect())
    }

    fn as_slice(&self) -> &[T] {
        match self {
            Self::Owned(numbers) => numbers,
            Self::Mapped(file, range) => bytemuck::cast_slice(&file.bytes()[range.clone()]),
        }
    }
}

/// What the words of a query find in a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WordMatch {
    /// The row.
    pub row: usize,
    /// BM25, above 0.
    pub score: f64,
    /// BM25 over the greatest that a row could have, `sum over w of q_w idf_w (k1 + 1)`; above 0,
    /// below 1.
    pub relative: f64,
    /// The share of the query that stands in the row, `sum over w in the row of q_w idf_w` over
    /// that of all words that any row holds; above 0, at most 1.
    pub coverage: f64,
}

impl DocumentWords {
    /// Puts the parts of a file together; `None` if they do not fit each other.
    pub(super) fn from_parts(
        spellings: StoredValues<u8>,
        spelling_offsets: StoredValues<u64>,
        offsets: StoredValues<u64>,
        ids: StoredValues<u32>,
        counts: StoredValues<u32>,
        lengths: StoredValues<u32>,
    ) -> Option<Self> {
        let fits = |offsets: &[u64], end: usize| {
            offsets.first() == Some(&0)
                && offsets.last() == Some(&(end as u64))
                && offsets.is_sorted()
        };
        let n_spellings = spelling_offsets.as_slice().len().checked_sub(1)?;
        let is_whole = fits(spelling_offsets.as_slice(), spellings.as_slice().len())
            && fits(offsets.as_slice(), ids.as_slice().len())
            && ids.as_slice().len() == counts.as_slice().len()
            && lengths.as_slice().len() + 1 == offsets.as_slice().len()
            && ids.as_slice().par_iter().all(|&id| (id as usize) < n_spellings);
        is_whole.then_some(Self { spellings, spelling_offsets, offsets, ids, counts, lengths })
    }

    /// Rows.
    pub fn n_rows(&self) -> usize {
        self.lengths.as_slice().len()
    }

    /// Different words.
    pub fn n_words(&self) -> usize {
        self.spelling_offsets.as_slice().len() - 1
    }

    /// The words of a row with their counts, by their numbers.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (&str, u32)> {
        let range = self.range(row);
        let entries = self.ids.as_slice()[range.clone()].iter().zip(&self.counts.as_slice()[range]);
        entries.map(|(&id, &count)| (self.spelling(id), count))
    }

    /// Tokens of a row.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn n_tokens(&self, row: usize) -> u32 {
        self.lengths.as_slice()[row]
    }

    /// The numbers of the different words of a row.
    pub(super) fn row_ids(&self, row: usize) -> &[u32] {
        &self.ids.as_slice()[self.range(row)]
    }

    /// The counts of the different words of a row, in the order of [`DocumentWords::row_ids`].
    pub(super) fn row_counts(&self, row: usize) -> &[u32] {
        &self.counts.as_slice()[self.range(row)]
    }

    fn range(&self, row: usize) -> Range<usize> {
        let offsets = self.offsets.as_slice();
        offsets[row] as usize..offsets[row + 1] as usize
    }

    pub(super) fn spelling(&self, id: u32) -> &str {
        let offsets = self.spelling_offsets.as_slice();
        let bytes = &self.spellings.as_slice()
            [offsets[id as usize] as usize..offsets[id as usize + 1] as usize];
        // The file of another program may hold anything; a word that is no text matches nothing.
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// Scores the rows that hold words of a query, given with their counts; by rising row.
    pub fn search(&self, query: &BTreeMap<String, u32>) -> Vec<WordMatch> {
        self.look_up(query).1
    }

    /// The inverse document frequency of each word of a query, 0 for one that no row holds, in the
    /// order of the query; and the matches.
    pub(super) fn look_up(&self, query: &BTreeMap<String, u32>) -> (Vec<f64>, Vec<WordMatch>) {
        let found = self.occurrences(&self.slots(query));
        let mut frequencies = vec![0u64; query.len()];
        found.iter().flatten().for_each(|&(_, slot, _)| frequencies[slot as usize] += 1);
        let n_rows = self.n_rows() as f64;
        let idf = |&frequency: &u64| match frequency {
            0 => 0.0,
            frequency => (1.0 + (n_rows - frequency as f64 + 0.5) / (frequency as f64 + 0.5)).ln(),
        };
        let idfs: Vec<f64> = frequencies.iter().map(idf).collect();
        // A word that no row holds can be neither found nor missed.
        let factors: Vec<f64> =
            idfs.iter().zip(query.values()).map(|(idf, &count)| idf * f64::from(count)).collect();
        let matches = self.matches(&found, &factors);
        (idfs, matches)
    }

    /// Where the rows hold words of a query: row, position in the query and count. Those of a row
    /// come by rising number of the word, the order in which the row has them.
    fn occurrences(&self, slots: &[u32]) -> Vec<Vec<(usize, u32, u32)>> {
        (0..self.n_rows().div_ceil(ROWS_PER_TASK))
            .into_par_iter()
            .map(|task| {
                let rows = task * ROWS_PER_TASK..((task + 1) * ROWS_PER_TASK).min(self.n_rows());
                let mut found = Vec::new();
                for row in rows {
                    for (&id, &count) in self.row_ids(row).iter().zip(self.row_counts(row)) {
                        if slots[id as usize] != 0 {
                            found.push((row, slots[id as usize] - 1, count));
                        }
                    }
                }
                found
            })
            .collect()
    }

    /// The scores of the rows with words of a query; `factors` are `q_w idf_w` of its words.
    fn matches(&self, found: &[Vec<(usize, u32, u32)>], factors: &[f64]) -> Vec<WordMatch> {
        let (lengths, n_rows) = (self.lengths.as_slice(), self.n_rows() as f64);
        let mean = lengths.iter().map(|&length| f64::from(length)).sum::<f64>() / n_rows.max(1.0);
        let whole: f64 = factors.iter().sum();
        let mut matches: Vec<WordMatch> = Vec::new();
        for &(row, slot, count) in found.iter().flatten() {
            let relative = if mean > 0.0 { f64::from(lengths[row]) / mean } else { 1.0 };
            let count = f64::from(count);
            let coverage = factors[slot as usize];
            let score = coverage * count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * relative));
            match matches.last_mut() {
                Some(last) if last.row == row => {
                    (last.score, last.coverage) = (last.score + score, last.coverage + coverage)
                }
                _ => matches.push(WordMatch { row, score, relative: 0.0, coverage }),
            }
        }
        for it in &mut matches {
            it.relative = it.score / (whole * (K1 + 1.0));
            it.coverage /= whole;
        }
        matches
    }

    /// For each word of the rows its position in the query, from 1, or 0.
    fn slots(&self, query: &BTreeMap<String, u32>) -> Vec<u32> {
        let words: Vec<&str> = query.keys().map(String::as_str).collect();
        let longest = query.keys().map(String::len).max().unwrap_or(0);
        let offsets = self.spelling_offsets.as_slice();
        let of_word = |id: usize| {
            let is_long = (offsets[id + 1] - offsets[id]) as usize > longest;
            if is_long {
                0
            } else {
                words
                    .binary_search(&self.spelling(id as u32))
                    .map_or(0, |position| position as u32 + 1)
            }
        };
        (0..self.n_words()).into_par_iter().map(of_word).collect()
    }
}

/// Gathers the words of documents.
#[derive(Default)]
pub(crate) struct DocumentWordsBuilder {
    spellings: Interner,
}

/// The words of one row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct RowWords {
    /// Numbers of words, rising.
    pub(super) ids: Vec<u32>,
    pub(super) counts: Vec<u32>,
    pub(super) n_tokens: u32,
}

impl DocumentWordsBuilder {
    /// All different words by their numbers.
    pub(super) fn words(&self) -> &Words {
        self.spellings.words()
    }

    /// The number of a word.
    pub(super) fn number(&mut self, word: &str) -> u32 {
        self.spellings.intern(word, hash_word(word))
    }
}

impl RowWords {
    /// Of the numbers of the tokens, which are sorted.
    pub(super) fn new(numbers: &mut [u32]) -> Self {
        numbers.sort_unstable();
        let (mut ids, mut counts) = (Vec::new(), Vec::new());
        for equal in numbers.chunk_by(|a, b| a == b) {
            ids.push(equal[0]);
            counts.push(equal.len() as u32);
        }
        Self { ids, counts, n_tokens: numbers.len() as u32 }
    }
}

impl DocumentWords {
    /// The words of rows that are held in memory.
    pub(super) fn from_rows(
        rows: impl IntoIterator<Item = RowWords>,
        builder: &DocumentWordsBuilder,
    ) -> Self {
        let (mut offsets, mut ids, mut counts, mut lengths) =
            (vec![0u64], Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            ids.extend(row.ids);
            counts.extend(row.counts);
            offsets.push(ids.len() as u64);
            lengths.push(row.n_tokens);
        }
        let (text, ends) = builder.spellings.words().parts();
        Self {
            spellings: StoredValues::Owned(text.as_bytes().to_vec()),
            spelling_offsets: StoredValues::Owned(ends.iter().map(|&end| end as u64).collect()),
            offsets: StoredValues::Owned(offsets),
            ids: StoredValues::Owned(ids),
            counts: StoredValues::Owned(counts),
            lengths: StoredValues::Owned(lengths),
        }
    }
}

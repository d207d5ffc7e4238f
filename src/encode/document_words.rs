//! The words of documents with their counts, for searches by words; the codes serve searches by
//! meaning.
//!
//! In: all tokens of documents, also those that are not words of the model. Out: for each row,
//! which is a document or a part of one, its distinct words with their counts, and its number of
//! tokens. BM25 (Robertson & Zaragoza 2009, "The probabilistic relevance framework: BM25 and
//! beyond", section 3; the idf of Lucene, above 0) scores the rows with a word of a query:
//!
//! `score = sum over w of q_w ln(1 + (n - df_w + 0.5) / (df_w + 0.5)) c_w (k1 + 1) / (c_w + k1 (1 -
//! b + b l / L))`
//!
//! with `q_w` and `c_w` the counts of word w in the query and the row, `df_w` the number of rows
//! with it, of n, `l` the tokens of the row and `L` their mean. Cost of a query: one pass over all
//! words of all rows, in parallel over blocks of rows; 8 bytes a word of a row, half of the bytes
//! of its code.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use pulp::bytemuck::{self, Pod};
use rayon::prelude::*;

use crate::base::functions::ln;
use crate::base::words::{Words, hash_word};
use crate::storage::mmap::MappedFile;
use crate::tokenize::Interner;

/// The saturation of repeated words, and the discount of long documents: the usual values, which
/// were also best on 20 Newsgroups (`docs/benchmarks/documents.md`).
pub(super) const K1: f64 = 1.2;
pub(super) const B: f64 = 0.75;

/// Rows that one task scans.
const ROWS_PER_TASK: usize = 4096;

/// The words of documents in rows.
#[derive(Debug, Clone)]
pub struct DocumentWords {
    /// All spellings one after the other, and the offset of each; at the end, that of the end.
    pub(super) spellings: StoredValues<u8>,
    pub(super) spelling_offsets: StoredValues<u64>,
    /// The offset of the words of each row; at the end, that of the end.
    pub(super) offsets: StoredValues<u64>,
    pub(super) ids: StoredValues<u32>,
    pub(super) counts: StoredValues<u32>,
    /// Tokens of each row.
    pub(super) lengths: StoredValues<u32>,
}

/// The tensors of [`DocumentWords`] in a file, in their order, with the type of each.
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
    /// The little-endian values in a range of a file, in place if possible.
    pub(super) fn from_file(file: &Arc<MappedFile>, range: Range<usize>) -> Self {
        let bytes = &file.bytes()[range.clone()];
        if cfg!(target_endian = "little") && bytemuck::try_cast_slice::<u8, T>(bytes).is_ok() {
            return Self::Mapped(Arc::clone(file), range);
        }
        Self::from_bytes(bytes)
    }

    /// A copy of little-endian values.
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

    pub(super) fn as_slice(&self) -> &[T] {
        match self {
            Self::Owned(numbers) => numbers,
            Self::Mapped(file, range) => bytemuck::cast_slice(&file.bytes()[range.clone()]),
        }
    }
}

/// How well a row matches the words of a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WordMatch {
    /// The row.
    pub row: usize,
    /// BM25, above 0.
    pub score: f64,
    /// BM25 over the greatest that a row could have, `sum over w of q_w idf_w (k1 + 1)`; above 0,
    /// below 1.
    pub relative: f64,
    /// The share of the query that is in the row: `sum over w in the row of q_w idf_w` over the
    /// same sum for all words that any row has; above 0, at most 1.
    pub coverage: f64,
}

impl DocumentWords {
    /// Itself if its parts match each other.
    pub(super) fn checked(self) -> Option<Self> {
        let fits = |offsets: &[u64], end: usize| {
            offsets.first() == Some(&0)
                && offsets.last() == Some(&(end as u64))
                && offsets.is_sorted()
        };
        let n_spellings = self.spelling_offsets.as_slice().len().checked_sub(1)?;
        let ids = self.ids.as_slice();
        let is_whole = fits(self.spelling_offsets.as_slice(), self.spellings.as_slice().len())
            && fits(self.offsets.as_slice(), ids.len())
            && ids.len() == self.counts.as_slice().len()
            && self.lengths.as_slice().len() + 1 == self.offsets.as_slice().len()
            && ids.par_iter().all(|&id| (id as usize) < n_spellings);
        is_whole.then_some(self)
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.lengths.as_slice().len()
    }

    /// Number of distinct words.
    pub fn n_words(&self) -> usize {
        self.spelling_offsets.as_slice().len() - 1
    }

    /// The words of a row with their counts, in the order of their numbers.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (&str, u32)> {
        let range = self.range(row);
        let entries = self.ids.as_slice()[range.clone()].iter().zip(&self.counts.as_slice()[range]);
        entries.map(|(&id, &count)| (self.spelling(id), count))
    }

    /// Number of tokens of a row.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn n_tokens(&self, row: usize) -> u32 {
        self.lengths.as_slice()[row]
    }

    /// The numbers of the distinct words of a row.
    pub(super) fn row_ids(&self, row: usize) -> &[u32] {
        &self.ids.as_slice()[self.range(row)]
    }

    /// The counts of the distinct words of a row, in the order of [`DocumentWords::row_ids`].
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
        // The file of another program may hold any bytes; a word that is not UTF-8 matches nothing.
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// Scores the rows with words of a query, given with their counts; by rising row.
    pub fn search(&self, query: &BTreeMap<String, u32>) -> Vec<WordMatch> {
        self.look_up(query).1
    }

    /// The inverse document frequency of each word of a query, 0 for a word of no row, in the order
    /// of the query; and the matches.
    pub(super) fn look_up(&self, query: &BTreeMap<String, u32>) -> (Vec<f64>, Vec<WordMatch>) {
        let found = self.occurrences(&self.slots(query));
        let mut frequencies = vec![0u64; query.len()];
        found.iter().flatten().for_each(|&(_, slot, _)| frequencies[slot as usize] += 1);
        let n_rows = self.n_rows() as f64;
        let idf = |&frequency: &u64| match frequency {
            0 => 0.0,
            frequency => ln(1.0 + (n_rows - frequency as f64 + 0.5) / (frequency as f64 + 0.5)),
        };
        let idfs: Vec<f64> = frequencies.iter().map(idf).collect();
        // A word of no row can be neither found nor missed.
        let factors: Vec<f64> =
            idfs.iter().zip(query.values()).map(|(idf, &count)| idf * f64::from(count)).collect();
        let matches = self.matches(&found, &factors);
        (idfs, matches)
    }

    /// The occurrences of words of a query in the rows: row, position in the query and count. Those
    /// of a row are in the order of the numbers of the words.
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
    /// All distinct words by their numbers.
    pub(super) fn words(&self) -> &Words {
        self.spellings.words()
    }

    /// The number of a word.
    pub(super) fn number(&mut self, word: &str) -> u32 {
        self.spellings.intern(word, hash_word(word))
    }
}

impl RowWords {
    /// From the numbers of the tokens, which are sorted here.
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
    /// The words of rows in memory.
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

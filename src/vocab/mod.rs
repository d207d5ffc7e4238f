//! Which words there are: counts, document frequencies, cutoffs.
//!
//! In: [`Tokens`], whose ids are in order of first occurrence. Out: a [`Vocab`] ordered by count
//! (down), then by the bytes of the spelling, and the tokens renumbered to it, those of dropped
//! words left out.

mod long;
pub(crate) mod stretches;

pub(crate) use long::{AnySequences, LongSequences};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::words::{WordId, Words};
use crate::tokenize::Tokens;
use crate::vocab::stretches::count_stretches;

/// Which words are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cutoff {
    /// Words with fewer occurrences are dropped. Default 5.
    pub min_count: u64,
    /// At most this many words are kept, the most frequent ones. Default: all.
    pub max_words: Option<usize>,
}

impl Default for Cutoff {
    fn default() -> Self {
        Self { min_count: 5, max_words: None }
    }
}

impl Cutoff {
    /// The ids of the words that are kept, the most frequent first, equal counts by bytes.
    ///
    /// # Errors
    /// No word passes.
    pub(crate) fn order(self, spellings: &Words, counts: &[u64]) -> Result<Vec<u32>> {
        let n_distinct = spellings.len();
        let spelling = |id: u32| spellings.spelling(WordId(id));
        let mut order: Vec<u32> =
            (0..n_distinct as u32).filter(|&id| counts[id as usize] >= self.min_count).collect();
        let before = |a: &u32, b: &u32| {
            counts[*b as usize]
                .cmp(&counts[*a as usize])
                .then_with(|| spelling(*a).cmp(spelling(*b)))
        };
        order.par_sort_unstable_by(before);
        order.truncate(self.max_words.unwrap_or(usize::MAX));
        if order.is_empty() {
            let most_frequent =
                (0..n_distinct as u32).min_by(before).expect("a corpus has a token");
            return Err(Error::NoWordPasses {
                n_words: n_distinct,
                word: spelling(most_frequent).to_owned(),
                count: counts[most_frequent as usize],
                min_count: self.min_count,
            });
        }
        Ok(order)
    }
}

/// The words of a corpus with how often and in how many documents they occur.
#[derive(Debug)]
pub struct Vocab {
    /// The spellings, the most frequent first, equal counts by bytes.
    pub words: Words,
    /// For each word its number of tokens.
    pub counts: Vec<u64>,
    /// For each word the number of documents that hold it.
    pub document_frequencies: Vec<u64>,
    /// For each word the number of stretches of 4,000 kept tokens that hold it: what
    /// [`dispersion`](crate::weighting::dispersion) takes.
    pub stretches: Vec<u64>,
    /// Number of distinct words before the cutoff.
    pub n_distinct: usize,
    /// Number of tokens before the cutoff.
    pub n_tokens: u64,
}

/// A corpus as the ids of the kept words, one sequence after the other: documents, or sentences
/// where windows end with them.
#[derive(Debug, Clone)]
pub struct WordSequences {
    ids: Vec<WordId>,
    ends: Vec<usize>,
}

impl Vocab {
    /// Counts the words, drops those below the cutoff, and renumbers the tokens.
    ///
    /// Documents or sentences of which no token is left stay as empty ones, so that document
    /// numbers do not change.
    ///
    /// # Errors
    /// No word passes the cutoff, or an interruption.
    pub fn count(
        tokens: Tokens,
        cutoff: Cutoff,
        progress: &dyn Progress,
    ) -> Result<(Self, WordSequences)> {
        let (n_distinct, n_tokens) = (tokens.spellings.len(), tokens.ids.len() as u64);
        progress.start(Stage::Vocabulary, Some(n_distinct as u64));
        let (counts, document_frequencies) = count_ids(&tokens);
        let order = cutoff.order(&tokens.spellings, &counts)?;
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }

        let mut new_ids = vec![None; n_distinct];
        for (position, &id) in order.iter().enumerate() {
            new_ids[id as usize] = Some(WordId(position as u32));
        }
        let sequences = WordSequences::renumber(
            tokens.ids,
            tokens.sentence_ends.unwrap_or(tokens.document_ends),
            &new_ids,
        );
        let vocab = Self {
            words: order.iter().map(|&id| tokens.spellings.spelling(WordId(id))).collect(),
            counts: order.iter().map(|&id| counts[id as usize]).collect(),
            document_frequencies: order
                .iter()
                .map(|&id| document_frequencies[id as usize])
                .collect(),
            stretches: count_stretches(&sequences.ids, order.len()),
            n_distinct,
            n_tokens,
        };
        progress.advance(n_distinct as u64);
        progress.finish();
        Ok((vocab, sequences))
    }
}

/// Occurrences of each id, and documents that hold it. Sums of whole numbers: the same however the
/// documents are divided.
fn count_ids(tokens: &Tokens) -> (Vec<u64>, Vec<u64>) {
    let n_distinct = tokens.spellings.len();
    let n_documents = tokens.document_ends.len();
    let n_parts = rayon::current_num_threads().min(n_documents);
    let parts: Vec<(Vec<u64>, Vec<u64>)> = (0..n_parts)
        .into_par_iter()
        .map(|part| {
            let mut counts = vec![0u64; n_distinct];
            let mut frequencies = vec![0u64; n_distinct];
            // 0 is no document yet, so document d is remembered as d + 1.
            let mut last_document = vec![0usize; n_distinct];
            for document in part * n_documents / n_parts..(part + 1) * n_documents / n_parts {
                let start = if document == 0 { 0 } else { tokens.document_ends[document - 1] };
                for &id in &tokens.ids[start..tokens.document_ends[document]] {
                    let id = id as usize;
                    counts[id] += 1;
                    frequencies[id] += u64::from(last_document[id] != document + 1);
                    last_document[id] = document + 1;
                }
            }
            (counts, frequencies)
        })
        .collect();
    let add = |mut total: Vec<u64>, part: &[u64]| {
        total.iter_mut().zip(part).for_each(|(total, part)| *total += part);
        total
    };
    parts
        .into_iter()
        .reduce(|total, part| (add(total.0, &part.0), add(total.1, &part.1)))
        .unwrap_or_else(|| (vec![0; n_distinct], vec![0; n_distinct]))
}

impl WordSequences {
    /// Sequences of word ids: `ends[i]` is the end of sequence i in `ids`.
    ///
    /// # Panics
    /// If the ends decrease, or the last is not the number of ids.
    pub fn new(ids: Vec<WordId>, ends: Vec<usize>) -> Self {
        assert!(ends.is_sorted(), "ends decrease");
        assert_eq!(
            ends.last().copied().unwrap_or(0),
            ids.len(),
            "the last sequence ends at the last token"
        );
        Self { ids, ends }
    }

    /// The same sequences in the new ids; tokens without one are left out. The tokens are not held
    /// twice: numbers of one size, collected from the vector that they stand in, take the places
    /// that they had.
    fn renumber(ids: Vec<u32>, mut ends: Vec<usize>, new_ids: &[Option<WordId>]) -> Self {
        let (mut start, mut n_kept) = (0, 0);
        for end in &mut ends {
            n_kept += ids[start..*end].iter().filter(|&&id| new_ids[id as usize].is_some()).count();
            start = std::mem::replace(end, n_kept);
        }
        let mut ids: Vec<WordId> = ids.into_iter().filter_map(|id| new_ids[id as usize]).collect();
        ids.shrink_to_fit();
        Self { ids, ends }
    }

    /// Bytes of ids and ends.
    pub(crate) fn memory_bytes(&self) -> u64 {
        (size_of::<WordId>() * self.ids.capacity() + size_of::<usize>() * self.ends.capacity())
            as u64
    }

    /// Drops the tokens for which `keep(position among all tokens, word)` is false, asked in order;
    /// sequences stay, if only as empty ones.
    pub(crate) fn retain(&mut self, keep: impl Fn(usize, WordId) -> bool) {
        let (mut start, mut n_kept) = (0, 0);
        for end in &mut self.ends {
            for position in start..*end {
                let id = self.ids[position];
                if keep(position, id) {
                    self.ids[n_kept] = id;
                    n_kept += 1;
                }
            }
            start = *end;
            *end = n_kept;
        }
        self.ids.truncate(n_kept);
    }

    /// The ids of all tokens, sequence after sequence.
    pub fn ids(&self) -> &[WordId] {
        &self.ids
    }

    /// Where each sequence ends in [`WordSequences::ids`].
    pub fn ends(&self) -> &[usize] {
        &self.ends
    }

    /// Number of sequences.
    pub fn n_sequences(&self) -> usize {
        self.ends.len()
    }

    /// The ids of sequence `sequence`.
    ///
    /// # Panics
    /// If there are not that many sequences.
    pub fn sequence(&self, sequence: usize) -> &[WordId] {
        let start = if sequence == 0 { 0 } else { self.ends[sequence - 1] };
        &self.ids[start..self.ends[sequence]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenize::CorpusReport;

    /// Three documents: `b a b`, `c a`, `a d b`: a 3, b 3, c 1, d 1.
    fn tokens() -> Tokens {
        Tokens {
            spellings: ["b", "a", "c", "d"].into_iter().collect(),
            ids: vec![0, 1, 0, 2, 1, 1, 3, 0],
            document_ends: vec![3, 5, 8],
            sentence_ends: None,
            report: CorpusReport::default(),
        }
    }

    #[test]
    fn words_are_ordered_by_count_then_bytes() {
        let (vocab, sequences) =
            Vocab::count(tokens(), Cutoff { min_count: 1, max_words: None }, &()).unwrap();
        assert_eq!(vocab.words.iter().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
        assert_eq!(vocab.counts, [3, 3, 1, 1]);
        assert_eq!(vocab.document_frequencies, [3, 2, 1, 1]);
        assert_eq!(sequences.sequence(0), [WordId(1), WordId(0), WordId(1)]);
    }

    #[test]
    fn dropped_words_leave_the_sequences() {
        let (vocab, sequences) =
            Vocab::count(tokens(), Cutoff { min_count: 2, max_words: Some(1) }, &()).unwrap();
        assert_eq!((vocab.words.len(), vocab.n_distinct, vocab.n_tokens), (1, 4, 8));
        assert_eq!(sequences.ends(), [1, 2, 3]);
    }

    #[test]
    fn a_cutoff_above_every_count_is_refused() {
        let error =
            Vocab::count(tokens(), Cutoff { min_count: 9, max_words: None }, &()).unwrap_err();
        assert!(error.to_string().contains("`a`, occurs 3 time(s), below 9"), "{error}");
    }
}

//! Which words there are: counts, document frequencies, cutoffs.
//!
//! In: [`Tokens`], whose ids are in order of first occurrence. Out: a [`Vocab`] ordered by count
//! (down), then by the bytes of the spelling, and the tokens renumbered to it, those of dropped
//! words left out.

mod sequences;
mod share;
pub(crate) mod stretches;

pub(crate) use sequences::TokenSlice;
pub use sequences::WordSequences;
pub(crate) use share::{KeptShare, StretchCounts};

use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::base::budget::MemoryBudget;
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::words::{WordId, Words};
use crate::storage::value_list::AT_A_TIME;
use crate::tokenize::{LEVERS, Tokens};
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

impl Vocab {
    /// Counts the words, drops those below the cutoff, and renumbers the tokens.
    ///
    /// Documents or sentences of which no token is left stay as empty ones, so that document
    /// numbers do not change.
    ///
    /// # Errors
    /// No word passes the cutoff, an interruption, or a failure of the file system where the tokens
    /// are in files.
    pub fn count(
        tokens: Tokens,
        cutoff: Cutoff,
        progress: &dyn Progress,
    ) -> Result<(Self, WordSequences)> {
        Self::count_within(tokens, cutoff, MemoryBudget::default(), progress)
    }

    /// As [`Vocab::count`], on as many threads as the budget has room for.
    ///
    /// # Errors
    /// As [`Vocab::count`], and more memory than the budget.
    pub(crate) fn count_within(
        tokens: Tokens,
        cutoff: Cutoff,
        budget: MemoryBudget,
        progress: &dyn Progress,
    ) -> Result<(Self, WordSequences)> {
        let (n_distinct, n_tokens) = (tokens.spellings.len(), tokens.n_tokens() as u64);
        let n_parts = n_parts_within(&tokens, budget)?;
        progress.start(Stage::Vocabulary, Some(n_distinct as u64));
        let Occurrences { counts, frequencies } = Occurrences::count(&tokens, n_parts, progress)?;
        let order = cutoff.order(&tokens.spellings, &counts)?;
        let mut new_ids = vec![None; n_distinct];
        for (position, &id) in order.iter().enumerate() {
            new_ids[id as usize] = Some(position as u32);
        }
        let of_order = |of_ids: &[u64]| order.iter().map(|&id| of_ids[id as usize]).collect();
        let words = order.iter().map(|&id| tokens.spellings.spelling(WordId(id))).collect();
        let (ids, ends) = tokens.into_sequences();
        let sequences = WordSequences::from_lists(ids, ends)
            .filter_map(progress, |_, id| new_ids[id as usize])?;
        let vocab = Self {
            words,
            counts: of_order(&counts),
            document_frequencies: of_order(&frequencies),
            stretches: count_stretches(&sequences, order.len(), n_parts)?,
            n_distinct,
            n_tokens,
        };
        progress.advance(n_distinct as u64);
        progress.finish();
        Ok((vocab, sequences))
    }
}

/// How many parts of the tokens are counted side by side: as many as there are threads, or as the
/// budget has room for.
///
/// # Errors
/// More memory than the budget even for one.
fn n_parts_within(tokens: &Tokens, budget: MemoryBudget) -> Result<usize> {
    let room = budget.room().unwrap_or(u64::MAX);
    let n_parts = (1..=rayon::current_num_threads())
        .rev()
        .find(|&n_parts| counting_bytes(tokens, n_parts) <= room)
        .unwrap_or(1);
    budget.check(Stage::Vocabulary, counting_bytes(tokens, n_parts), LEVERS)?;
    Ok(n_parts)
}

/// Bytes of the spellings, the sums and the new numbers, for each distinct word.
const WORD_BYTES: u64 = 64;

/// Bytes of the three tables that count a part of the tokens, for each distinct word.
const PART_WORD_BYTES: u64 = 24;

/// Bytes that are read of files for a part, or wait to be written.
const PART_BYTES: u64 = 12 * AT_A_TIME as u64;

/// Bytes held while the words are counted in so many parts, and the tokens renumbered.
fn counting_bytes(tokens: &Tokens, n_parts: usize) -> u64 {
    let n_parts = n_parts as u64;
    let read = if tokens.is_on_disk() { n_parts * PART_BYTES } else { tokens.memory_bytes() };
    read + tokens.spellings.len() as u64 * (WORD_BYTES + n_parts * PART_WORD_BYTES)
}

/// How often each id occurs, and how many documents hold it.
struct Occurrences {
    counts: Vec<u64>,
    frequencies: Vec<u64>,
}

impl Occurrences {
    /// Counts runs of documents side by side. Sums of whole numbers: the same however the documents
    /// are divided.
    fn count(tokens: &Tokens, n_parts: usize, progress: &dyn Progress) -> Result<Self> {
        let n_documents = tokens.n_documents();
        let n_parts = n_parts.min(n_documents).max(1);
        let of_part = |part: usize| {
            let documents = part * n_documents / n_parts..(part + 1) * n_documents / n_parts;
            Self::of_documents(tokens, documents, progress)
        };
        let parts = (0..n_parts).into_par_iter().map(of_part).collect::<Result<Vec<_>>>()?;
        let add = |total: &mut [u64], part: &[u64]| {
            total.iter_mut().zip(part).for_each(|(total, part)| *total += part);
        };
        let sum = parts.into_iter().reduce(|mut total, part| {
            add(&mut total.counts, &part.counts);
            add(&mut total.frequencies, &part.frequencies);
            total
        });
        Ok(sum.expect("there is at least one part"))
    }

    fn of_documents(
        tokens: &Tokens,
        documents: Range<usize>,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let n_distinct = tokens.spellings.len();
        let mut counts = vec![0u64; n_distinct];
        let mut frequencies = vec![0u64; n_distinct];
        // 0 is no document yet, so document d is remembered as d + 1.
        let mut last_document = vec![0u64; n_distinct];
        let mut document = 1;
        tokens.documents().for_each_piece::<Error>(documents, |ids, is_end| {
            for &id in ids {
                let id = id as usize;
                counts[id] += 1;
                frequencies[id] += u64::from(last_document[id] != document);
                last_document[id] = document;
            }
            document += u64::from(is_end);
            if (!is_end || document.is_multiple_of(DOCUMENTS_PER_LOOK)) && progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            Ok(())
        })?;
        Ok(Self { counts, frequencies })
    }
}

/// After so many documents it is looked whether the count is to be stopped.
const DOCUMENTS_PER_LOOK: u64 = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Three documents: `b a b`, `c a`, `a d b`: a 3, b 3, c 1, d 1.
    fn tokens() -> Tokens {
        let spellings = ["b", "a", "c", "d"].into_iter().collect();
        Tokens::for_tests(spellings, vec![0, 1, 0, 2, 1, 1, 3, 0], vec![3, 5, 8], None, None)
    }

    #[test]
    fn words_are_ordered_by_count_then_bytes() {
        let (vocab, sequences) =
            Vocab::count(tokens(), Cutoff { min_count: 1, max_words: None }, &()).unwrap();
        assert_eq!(vocab.words.iter().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
        assert_eq!(vocab.counts, [3, 3, 1, 1]);
        assert_eq!(vocab.document_frequencies, [3, 2, 1, 1]);
        assert_eq!(sequences.sequence(0).unwrap(), [WordId(1), WordId(0), WordId(1)]);
    }

    #[test]
    fn dropped_words_leave_the_sequences() {
        let (vocab, sequences) =
            Vocab::count(tokens(), Cutoff { min_count: 2, max_words: Some(1) }, &()).unwrap();
        assert_eq!((vocab.words.len(), vocab.n_distinct, vocab.n_tokens), (1, 4, 8));
        assert_eq!(*sequences.ends().unwrap(), [1, 2, 3]);
    }

    #[test]
    fn a_cutoff_above_every_count_is_refused() {
        let error =
            Vocab::count(tokens(), Cutoff { min_count: 9, max_words: None }, &()).unwrap_err();
        assert!(error.to_string().contains("`a`, occurs 3 time(s), below 9"), "{error}");
    }

    proptest! {
        #[test]
        fn the_vocabulary_is_the_same_in_memory_in_files_and_in_any_number_of_parts(
            documents in prop::collection::vec(prop::collection::vec(0u32..6, 0..30), 1..9),
            n_parts in 1usize..9,
        ) {
            let ids = documents.concat();
            prop_assume!(!ids.is_empty());
            let ends: Vec<u64> = documents
                .iter()
                .scan(0, |end, document| {
                    *end += document.len() as u64;
                    Some(*end)
                })
                .collect();
            let folder = tempfile::tempdir().unwrap();
            // By definition.
            let count = |word: u32| ids.iter().filter(|&&id| id == word).count() as u64;
            let holding = |word: u32| {
                documents.iter().filter(|document| document.contains(&word)).count() as u64
            };
            for folder in [None, Some(folder.path())] {
                let spellings = ["a", "b", "c", "d", "e", "f"].into_iter().collect();
                let tokens = Tokens::for_tests(spellings, ids.clone(), ends.clone(), None, folder);
                let Occurrences { counts, frequencies } =
                    Occurrences::count(&tokens, n_parts, &()).unwrap();
                prop_assert_eq!(counts, (0..6).map(count).collect::<Vec<_>>());
                prop_assert_eq!(frequencies, (0..6).map(holding).collect::<Vec<_>>());
                let (vocab, sequences) =
                    Vocab::count(tokens, Cutoff { min_count: 1, max_words: None }, &()).unwrap();
                prop_assert_eq!(sequences.is_on_disk(), folder.is_some());
                let spelled: Vec<&str> = sequences
                    .ids()
                    .unwrap()
                    .iter()
                    .map(|&id| vocab.words.spelling(WordId(id)))
                    .collect();
                let expected: Vec<&str> =
                    ids.iter().map(|&id| ["a", "b", "c", "d", "e", "f"][id as usize]).collect();
                prop_assert_eq!(spelled, expected);
                prop_assert_eq!(&*sequences.ends().unwrap(), &ends);
            }
        }
    }
}

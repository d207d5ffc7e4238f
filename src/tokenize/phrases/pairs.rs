//! How often two words are neighbours: one pass over the token ids.
//!
//! In: [`Tokens`]. Out: every pair of words that stand side by side in a document at least
//! `min_count` times, with its count, and the sums of the 2 x 2 tables. The left words are divided
//! among the threads; each thread reads all ids once and lays the right neighbours of its words in
//! rows, as in a counting sort, and a dense table then counts one row after the other. A row is
//! written by one thread in the order of the text, so the result is the same on any number of
//! threads.

use std::ops::Range;

use rayon::prelude::*;

use super::score::PairTable;
use crate::base::budget::MemoryBudget;
use crate::base::error::{Error, Lever, Result};
use crate::base::progress::{Progress, Stage};
use crate::tokenize::Tokens;

/// Each scan of the ids is read by one thread; more of them would only wait for memory.
const MOST_SCANS: usize = 16;

/// A word below the minimum count.
const RARE: u32 = u32::MAX;

/// Two words that stand side by side, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) left: u32,
    pub(super) right: u32,
    pub(super) count: u64,
}

/// The frequent pairs of a corpus, and what their scores need.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pairs {
    /// By the id of the left word, then in the order in which the right words are first met.
    pub(super) frequent: Vec<Pair>,
    /// Distinct pairs of words that reach the minimum count each, whatever the count of the pair.
    pub(super) n_distinct: u64,
    /// For each id, how many tokens of it have a right neighbour.
    lefts: Vec<u64>,
    /// For each id, how many tokens of it have a left neighbour.
    rights: Vec<u64>,
    /// All pairs of neighbours.
    total: u64,
}

impl Pairs {
    /// Counts the pairs; a pair is kept if it occurs at least `min_count` times.
    ///
    /// # Errors
    /// More memory than the budget, or an interruption.
    pub(super) fn count(
        tokens: &Tokens,
        min_count: u64,
        budget: MemoryBudget,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let n_threads = rayon::current_num_threads();
        budget.check(
            Stage::Phrases,
            memory_bytes(tokens, min_count, n_threads),
            &[Lever::CorpusSize, Lever::PhraseMinCount],
        )?;
        let counts = count_ids(&tokens.ids, tokens.spellings.len());
        let (mut lefts, mut rights) = (counts.clone(), counts.clone());
        for document in tokens.documents() {
            if let ([first, ..], [.., last]) = (document, document) {
                rights[*first as usize] -= 1;
                lefts[*last as usize] -= 1;
            }
        }
        let total = lefts.iter().sum();

        // Frequent words alone, renumbered: their rows lie close together.
        let frequent_ids: Vec<u32> =
            (0..counts.len() as u32).filter(|&id| counts[id as usize] >= min_count).collect();
        let mut numbers = vec![RARE; counts.len()];
        for (number, &id) in frequent_ids.iter().enumerate() {
            numbers[id as usize] = number as u32;
        }
        drop(counts);
        let row_lengths: Vec<u64> = frequent_ids.iter().map(|&id| lefts[id as usize]).collect();
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let shares = shares(&row_lengths, n_threads.min(MOST_SCANS));
        let parts: Vec<(Vec<Pair>, u64)> = shares
            .into_par_iter()
            .map(|share| {
                count_rows(tokens, &frequent_ids, &numbers, &row_lengths, share, min_count)
            })
            .collect();
        let n_distinct = parts.iter().map(|part| part.1).sum();
        let frequent = parts.into_iter().map(|part| part.0).collect::<Vec<_>>().concat();
        progress.advance(tokens.ids.len() as u64);
        Ok(Self { frequent, n_distinct, lefts, rights, total })
    }

    /// The 2 x 2 table of a pair.
    pub(super) fn table(&self, pair: &Pair) -> PairTable {
        PairTable {
            pair: pair.count,
            left: self.lefts[pair.left as usize],
            right: self.rights[pair.right as usize],
            total: self.total,
        }
    }
}

/// Bytes held while pairs are counted: the tokens and the rows of right neighbours (4 bytes a token
/// each), some tables over the distinct words, and the pairs found, of which there are at most
/// `n_tokens / min_count`, twice while they are put together.
fn memory_bytes(tokens: &Tokens, min_count: u64, n_threads: usize) -> u64 {
    let n_tokens = tokens.ids.len() as u64;
    let n_words = tokens.spellings.len() as u64;
    let tokens_bytes = 4 * tokens.ids.capacity() as u64
        + 8 * tokens.document_ends.capacity() as u64
        + 64 * n_words;
    let pairs_bytes = 2 * size_of::<Pair>() as u64 * (n_tokens / min_count.max(1));
    tokens_bytes + 4 * n_tokens + n_words * (48 + 24 * n_threads as u64) + pairs_bytes
}

/// Occurrences of each id. Sums of whole numbers: the same however the ids are divided.
fn count_ids(ids: &[u32], n_distinct: usize) -> Vec<u64> {
    let part_length = ids.len().div_ceil(rayon::current_num_threads()).max(1);
    let parts: Vec<Vec<u64>> = ids
        .par_chunks(part_length)
        .map(|part| {
            let mut counts = vec![0u64; n_distinct];
            part.iter().for_each(|&id| counts[id as usize] += 1);
            counts
        })
        .collect();
    let add = |mut total: Vec<u64>, part: Vec<u64>| {
        total.iter_mut().zip(part).for_each(|(total, part)| *total += part);
        total
    };
    parts.into_iter().reduce(add).unwrap_or_else(|| vec![0; n_distinct])
}

/// Cuts the words into at most `n` runs with about as many tokens each.
fn shares(row_lengths: &[u64], n: usize) -> Vec<Range<usize>> {
    let total: u64 = row_lengths.iter().sum();
    let target = total.div_ceil(n as u64).max(1);
    let mut shares = Vec::with_capacity(n);
    let (mut start, mut sum) = (0, 0);
    for (number, &length) in row_lengths.iter().enumerate() {
        sum += length;
        if sum >= target || number + 1 == row_lengths.len() {
            shares.push(start..number + 1);
            (start, sum) = (number + 1, 0);
        }
    }
    shares
}

/// The frequent pairs whose left words are `share` of the frequent words, and how many distinct
/// pairs there are.
fn count_rows(
    tokens: &Tokens,
    frequent_ids: &[u32],
    numbers: &[u32],
    row_lengths: &[u64],
    share: Range<usize>,
    min_count: u64,
) -> (Vec<Pair>, u64) {
    // Row r begins at starts[r]; it has room for every right neighbour, rare ones included, and is
    // filled up to ends[r].
    let mut starts = Vec::with_capacity(share.len());
    let mut length = 0;
    for &row_length in &row_lengths[share.clone()] {
        starts.push(length);
        length += row_length as usize;
    }
    let mut ends = starts.clone();
    let mut rows = vec![0u32; length];
    for document in tokens.documents() {
        let mut numbers = document.iter().map(|&id| numbers[id as usize]);
        let Some(mut left) = numbers.next() else { continue };
        for right in numbers {
            // A word before the share wraps around to a row beyond it.
            let row = (left as usize).wrapping_sub(share.start);
            if right != RARE && row < ends.len() {
                rows[ends[row]] = right;
                ends[row] += 1;
            }
            left = right;
        }
    }

    let mut counts = vec![0u64; frequent_ids.len()];
    let mut met: Vec<u32> = Vec::new();
    let (mut pairs, mut n_distinct) = (Vec::new(), 0);
    for (row, (&start, &end)) in starts.iter().zip(&ends).enumerate() {
        for &right in &rows[start..end] {
            let count = &mut counts[right as usize];
            if *count == 0 {
                met.push(right);
            }
            *count += 1;
        }
        n_distinct += met.len() as u64;
        let left = frequent_ids[share.start + row];
        for right in met.drain(..) {
            let count = std::mem::take(&mut counts[right as usize]);
            if count >= min_count {
                pairs.push(Pair { left, right: frequent_ids[right as usize], count });
            }
        }
    }
    (pairs, n_distinct)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::tokenize::CorpusReport;
    use proptest::prelude::*;

    /// Documents of words from 0 to 9.
    fn tokens(documents: &[Vec<u32>]) -> Tokens {
        let mut document_ends = Vec::new();
        let mut end = 0;
        for document in documents {
            end += document.len();
            document_ends.push(end);
        }
        Tokens {
            spellings: ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].into_iter().collect(),
            ids: documents.concat(),
            document_ends,
            sentence_ends: None,
            report: CorpusReport::default(),
        }
    }

    fn count(tokens: &Tokens, min_count: u64) -> Pairs {
        Pairs::count(tokens, min_count, MemoryBudget::default(), &())
            .expect("no budget and no interruption")
    }

    #[test]
    fn pairs_do_not_cross_the_end_of_a_document() {
        // `a b a b` and `b a`: a b twice, b a twice, and not b b.
        let pairs = count(&tokens(&[vec![0, 1, 0, 1], vec![], vec![1, 0]]), 1);
        assert_eq!(
            pairs.frequent,
            [Pair { left: 0, right: 1, count: 2 }, Pair { left: 1, right: 0, count: 2 }]
        );
        // a is 3 times in the text, once without a right neighbour and once without a left one; so
        // is b.
        assert_eq!(
            (pairs.lefts[0], pairs.rights[0], pairs.lefts[1], pairs.rights[1], pairs.total),
            (2, 2, 2, 2, 4)
        );
        assert_eq!(
            pairs.table(&pairs.frequent[0]),
            PairTable { pair: 2, left: 2, right: 2, total: 4 }
        );
    }

    #[test]
    fn a_budget_too_small_is_refused() {
        let budget = MemoryBudget { bytes: Some(1000) };
        let error = Pairs::count(&tokens(&[vec![0, 1]]), 1, budget, &()).unwrap_err();
        assert!(error.to_string().starts_with("phrases needs about 32.0 MiB of memory"), "{error}");
        assert!(
            error
                .to_string()
                .ends_with("or lower the size of the corpus, or raise --phrase-min-count"),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn counts_are_those_of_a_naive_loop(
            documents in prop::collection::vec(prop::collection::vec(0u32..10, 0..12), 0..12),
            min_count in 1u64..4,
        ) {
            let tokens = tokens(&documents);
            let mut words: BTreeMap<u32, u64> = BTreeMap::new();
            let mut naive: BTreeMap<(u32, u32), u64> = BTreeMap::new();
            for document in &documents {
                document.iter().for_each(|&word| *words.entry(word).or_default() += 1);
                document.windows(2).for_each(|pair| *naive.entry((pair[0], pair[1])).or_default() += 1);
            }
            let total: u64 = naive.values().sum();
            let is_frequent = |word: &u32| words[word] >= min_count;
            let n_distinct = naive.keys().filter(|(left, right)| is_frequent(left) && is_frequent(right)).count() as u64;
            let side = |word: u32, of: fn(&(u32, u32)) -> u32| naive.iter().filter(|(pair, _)| of(pair) == word).map(|it| it.1).sum::<u64>();

            let single = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(|| count(&tokens, min_count));
            for n_threads in [2, 3, 8] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
                prop_assert_eq!(&pool.install(|| count(&tokens, min_count)), &single);
            }
            prop_assert_eq!((single.total, single.n_distinct), (total, n_distinct));
            for pair in &single.frequent {
                let table = PairTable {
                    pair: naive[&(pair.left, pair.right)],
                    left: side(pair.left, |pair| pair.0),
                    right: side(pair.right, |pair| pair.1),
                    total,
                };
                prop_assert_eq!(single.table(pair), table);
            }
            let found: BTreeMap<(u32, u32), u64> = single.frequent.iter().map(|pair| ((pair.left, pair.right), pair.count)).collect();
            naive.retain(|_, count| *count >= min_count);
            prop_assert_eq!(found, naive);
        }
    }
}

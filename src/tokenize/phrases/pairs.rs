//! How often two words are neighbours.
//!
//! In: [`Tokens`]. Out: every pair of words that stand side by side in a document at least
//! `min_count` times, with its count, and the sums of the 2 x 2 tables. The left words are divided
//! into shares; a thread reads all ids for a share and lays the right neighbours of its words in
//! rows, as in a counting sort, and a dense table then counts one row after the other. A row is
//! written by one thread in the order of the text, so the result is the same on any number of
//! threads, and with any number of shares.
//!
//! Memory: four bytes for each token of the shares that are counted at the same time. Where that is
//! more than there is, the shares are smaller, and the ids are read more often.

use std::ops::Range;

use rayon::prelude::*;

use super::score::PairTable;
use crate::base::budget::MemoryBudget;
use crate::base::error::{Error, Lever, Result};
use crate::base::progress::{Progress, Stage};
use crate::storage::value_list::{AT_A_TIME, ValueList};
use crate::tokenize::Tokens;

/// Each scan of the ids is read by one thread; more of them at a time would only wait for memory.
const MOST_SCANS: usize = 16;

/// How often all ids are read at most for want of memory.
const MOST_ROUNDS: usize = 64;

/// Bytes for each thread that reads ids and ends of documents from files.
const READ_BYTES: u64 = 8 * AT_A_TIME as u64;

/// What to change when the pairs do not fit.
pub(super) const LEVERS: &[Lever] = &[Lever::CorpusSize, Lever::PhraseMinCount];

/// A word below the minimum count.
const RARE: u32 = u32::MAX;

/// Two words that stand side by side, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) left: u32,
    pub(super) right: u32,
    pub(super) count: u64,
}

impl Pair {
    /// The pair as two numbers, for a list.
    fn packed(self) -> [u64; 2] {
        [u64::from(self.left) << 32 | u64::from(self.right), self.count]
    }

    /// The pair that was packed so.
    pub(super) fn unpacked([words, count]: [u64; 2]) -> Self {
        Self { left: (words >> 32) as u32, right: words as u32, count }
    }
}

/// The frequent pairs of a corpus, and what their scores need.
#[derive(Debug)]
pub(super) struct Pairs {
    /// Packed, by the id of the left word, then in the order in which the right words are first
    /// met.
    frequent: ValueList<[u64; 2]>,
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
    /// More memory than the budget, a failure of the file system, or an interruption.
    pub(super) fn count(
        tokens: &Tokens,
        min_count: u64,
        budget: MemoryBudget,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let memory = PairMemory::new(tokens, min_count, budget)?;
        let counts = count_ids(&tokens.ids, tokens.spellings.len())?;
        let (lefts, rights) = with_neighbors(tokens, &counts)?;
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
        let n_at_once = rayon::current_num_threads().min(MOST_SCANS);
        let shares = memory.shares(&row_lengths, n_at_once)?;
        let counting = Counting { tokens, frequent_ids, numbers, row_lengths, min_count };
        let (mut frequent, mut n_distinct) = (tokens.ids.empty_like()?, 0);
        for round in shares.chunks(n_at_once) {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let of_share = |share: &Range<usize>| counting.count_rows(share.clone());
            for (pairs, n) in round.par_iter().map(of_share).collect::<Result<Vec<_>>>()? {
                frequent.append(pairs)?;
                n_distinct += n;
            }
        }
        progress.advance(tokens.n_tokens() as u64);
        Ok(Self { frequent, n_distinct, lefts, rights, total })
    }

    /// Calls `visit` with all frequent pairs in order, many at a time.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(super) fn for_each_part(
        &self,
        mut visit: impl FnMut(&[[u64; 2]]) -> Result<()>,
    ) -> Result<()> {
        self.frequent.for_each_part(AT_A_TIME, |_, pairs| visit(pairs))
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        self.frequent.memory_bytes() + 8 * (self.lefts.len() + self.rights.len()) as u64
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

/// What counting pairs takes, and what it may take.
struct PairMemory {
    budget: MemoryBudget,
    /// Bytes that do not depend on the shares.
    fixed: u64,
    /// Bytes for each token of the shares that are counted at the same time: its right neighbour,
    /// and the pairs found, at most `1 / min_count` of the tokens, in vectors that may have grown
    /// to twice that.
    per_token: u64,
}

impl PairMemory {
    fn new(tokens: &Tokens, min_count: u64, budget: MemoryBudget) -> Result<Self> {
        let n_words = tokens.spellings.len() as u64;
        let n_threads = rayon::current_num_threads() as u64;
        let pair_bytes = size_of::<[u64; 2]>() as u64;
        // The tokens, and the pairs that were found; or what is read of files.
        let lists = if tokens.is_on_disk() {
            n_threads * READ_BYTES
        } else {
            tokens.memory_bytes() + pair_bytes * (tokens.n_tokens() as u64 / min_count)
        };
        let fixed = lists + n_words * (64 + 48 + 24 * n_threads);
        budget.check(Stage::Phrases, fixed, LEVERS)?;
        Ok(Self { budget, fixed, per_token: 4 + (2 * pair_bytes).div_ceil(min_count) })
    }

    /// The shares of the left words, of which `n_at_once` are counted at the same time: as many as
    /// make the rows of each time fit.
    ///
    /// # Errors
    /// More memory than the budget however many there are.
    fn shares(&self, row_lengths: &[u64], n_at_once: usize) -> Result<Vec<Range<usize>>> {
        let mut n_rounds = 1;
        loop {
            let shares = shares(row_lengths, n_at_once * n_rounds);
            let tokens_of = |share: &Range<usize>| row_lengths[share.clone()].iter().sum::<u64>();
            let rounds = shares.chunks(n_at_once);
            let most = rounds.map(|round| round.iter().map(tokens_of).sum::<u64>()).max();
            let needed = self.fixed + self.per_token * most.unwrap_or(0);
            match self.budget.check(Stage::Phrases, needed, LEVERS) {
                Err(_) if n_rounds < MOST_ROUNDS => n_rounds *= 2,
                checked => return checked.map(|()| shares),
            }
        }
    }
}

/// Occurrences of each id. Sums of whole numbers: the same however the ids are divided.
fn count_ids(ids: &ValueList<u32>, n_distinct: usize) -> Result<Vec<u64>> {
    let part_length = ids.len().div_ceil(rayon::current_num_threads()).max(1);
    let starts: Vec<usize> = (0..ids.len()).step_by(part_length).collect();
    let of_part = |&start: &usize| {
        let mut counts = vec![0u64; n_distinct];
        let range = start..(start + part_length).min(ids.len());
        ids.for_each_part_of(range, AT_A_TIME, |_, part| {
            part.iter().for_each(|&id| counts[id as usize] += 1);
            Ok(())
        })?;
        Ok(counts)
    };
    let add = |mut total: Vec<u64>, part: Vec<u64>| {
        total.iter_mut().zip(part).for_each(|(total, part)| *total += part);
        total
    };
    let parts = starts.par_iter().map(of_part).collect::<Result<Vec<_>>>()?;
    Ok(parts.into_iter().reduce(add).unwrap_or_else(|| vec![0; n_distinct]))
}

/// Given how often each id occurs, how many of its tokens have a right neighbour in their document,
/// and how many a left one.
fn with_neighbors(tokens: &Tokens, counts: &[u64]) -> Result<(Vec<u64>, Vec<u64>)> {
    let (mut lefts, mut rights) = (counts.to_vec(), counts.to_vec());
    let mut last = None;
    tokens.documents().for_each_piece::<Error>(0..tokens.n_documents(), |ids, is_end| {
        if let (None, Some(&first)) = (last, ids.first()) {
            rights[first as usize] -= 1;
        }
        last = ids.last().copied().or(last);
        if let (true, Some(id)) = (is_end, last) {
            lefts[id as usize] -= 1;
            last = None;
        }
        Ok(())
    })?;
    Ok((lefts, rights))
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

/// What all shares know.
struct Counting<'a> {
    tokens: &'a Tokens,
    /// The ids of the frequent words.
    frequent_ids: Vec<u32>,
    /// For each id its place among them, or [`RARE`].
    numbers: Vec<u32>,
    /// For each frequent word, how many of its tokens have a right neighbour.
    row_lengths: Vec<u64>,
    min_count: u64,
}

impl Counting<'_> {
    /// The frequent pairs whose left words are `share` of the frequent words, and how many distinct
    /// pairs there are.
    fn count_rows(&self, share: Range<usize>) -> Result<(Vec<[u64; 2]>, u64)> {
        let Self { frequent_ids, min_count, .. } = self;
        let rows = self.rows(share.clone())?;
        let mut counts = vec![0u64; frequent_ids.len()];
        let mut met: Vec<u32> = Vec::new();
        let (mut pairs, mut n_distinct) = (Vec::new(), 0);
        for (row, &left) in frequent_ids[share].iter().enumerate() {
            for &right in &rows.rights[rows.starts[row]..rows.ends[row]] {
                let count = &mut counts[right as usize];
                if *count == 0 {
                    met.push(right);
                }
                *count += 1;
            }
            n_distinct += met.len() as u64;
            for right in met.drain(..) {
                let count = std::mem::take(&mut counts[right as usize]);
                if count >= *min_count {
                    pairs.push(Pair { left, right: frequent_ids[right as usize], count }.packed());
                }
            }
        }
        Ok((pairs, n_distinct))
    }

    /// The frequent right neighbours of each word of a share.
    fn rows(&self, share: Range<usize>) -> Result<Neighbors> {
        let mut starts = Vec::with_capacity(share.len());
        let mut length = 0;
        for &row_length in &self.row_lengths[share.clone()] {
            starts.push(length);
            length += row_length as usize;
        }
        let mut rows = Neighbors { ends: starts.clone(), starts, rights: vec![0u32; length] };
        // The last word of a document that continues in the next piece.
        let mut carried = None;
        let documents = self.tokens.documents();
        documents.for_each_piece::<Error>(0..documents.len(), |ids, is_end| {
            let mut numbers = ids.iter().map(|&id| self.numbers[id as usize]);
            let Some(mut left) = carried.take().or_else(|| numbers.next()) else { return Ok(()) };
            for right in numbers {
                // A word before the share wraps around to a row beyond it.
                let row = (left as usize).wrapping_sub(share.start);
                if right != RARE && row < rows.ends.len() {
                    rows.rights[rows.ends[row]] = right;
                    rows.ends[row] += 1;
                }
                left = right;
            }
            carried = (!is_end).then_some(left);
            Ok(())
        })?;
        Ok(rows)
    }
}

/// The right neighbours of some words: row r begins at `starts[r]`, has room for every one of them,
/// rare words included, and is filled up to `ends[r]`.
struct Neighbors {
    starts: Vec<usize>,
    ends: Vec<usize>,
    rights: Vec<u32>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use proptest::prelude::*;

    /// Documents of words from 0 to 9.
    fn tokens(documents: &[Vec<u32>], folder: Option<&Path>) -> Tokens {
        let mut document_ends = Vec::new();
        let mut end = 0;
        for document in documents {
            end += document.len() as u64;
            document_ends.push(end);
        }
        let spellings = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].into_iter().collect();
        Tokens::for_tests(spellings, documents.concat(), document_ends, None, folder)
    }

    fn frequent(pairs: &Pairs) -> Vec<Pair> {
        let mut frequent = Vec::new();
        pairs
            .for_each_part(|part| {
                frequent.extend(part.iter().copied().map(Pair::unpacked));
                Ok(())
            })
            .unwrap();
        frequent
    }

    /// All that was found.
    type All = (Vec<Pair>, u64, Vec<u64>, Vec<u64>, u64);

    fn all(pairs: &Pairs) -> All {
        let Pairs { n_distinct, lefts, rights, total, .. } = pairs;
        (frequent(pairs), *n_distinct, lefts.clone(), rights.clone(), *total)
    }

    fn count(tokens: &Tokens, min_count: u64) -> Pairs {
        Pairs::count(tokens, min_count, MemoryBudget::default(), &())
            .expect("no budget and no interruption")
    }

    #[test]
    fn pairs_do_not_cross_the_end_of_a_document() {
        // `a b a b` and `b a`: a b twice, b a twice, and not b b.
        let pairs = count(&tokens(&[vec![0, 1, 0, 1], vec![], vec![1, 0]], None), 1);
        assert_eq!(
            frequent(&pairs),
            [Pair { left: 0, right: 1, count: 2 }, Pair { left: 1, right: 0, count: 2 }]
        );
        // a is 3 times in the text, once without a right neighbour and once without a left one; so
        // is b.
        assert_eq!(
            (pairs.lefts[0], pairs.rights[0], pairs.lefts[1], pairs.rights[1], pairs.total),
            (2, 2, 2, 2, 4)
        );
        assert_eq!(
            pairs.table(&frequent(&pairs)[0]),
            PairTable { pair: 2, left: 2, right: 2, total: 4 }
        );
    }

    #[test]
    fn a_budget_too_small_is_refused() {
        let budget = MemoryBudget { bytes: Some(1000) };
        let error = Pairs::count(&tokens(&[vec![0, 1]], None), 1, budget, &()).unwrap_err();
        assert!(error.to_string().starts_with("phrases needs about 32.0 MiB of memory"), "{error}");
        let Error::MemoryBudget { levers, .. } = error else { panic!("{error}") };
        assert_eq!(levers, [Lever::CorpusSize, Lever::PhraseMinCount]);
    }

    #[test]
    fn with_little_memory_the_ids_are_read_more_often_for_the_same_pairs() {
        let folder = tempfile::tempdir().unwrap();
        let words = (0..400_000_u64).map(|place| (place * place + place / 7) % 10);
        let documents: Vec<Vec<u32>> = words
            .map(|word| word as u32)
            .collect::<Vec<_>>()
            .chunks(1000)
            .map(<[u32]>::to_vec)
            .collect();
        let tokens = tokens(&documents, Some(folder.path()));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        pool.install(|| {
            let expected = all(&count(&tokens, 10));
            let fixed = MemoryBudget::FIXED_BYTES + 2 * READ_BYTES + 10 * (64 + 48 + 48);
            // All rows take 8 bytes for each of 399,600 pairs: half of them, a tenth, and less than
            // one word's.
            for (bytes, fits) in [(1_600_000, true), (900_000, true), (100_000, false)] {
                let budget = MemoryBudget { bytes: Some(fixed + bytes) };
                match Pairs::count(&tokens, 10, budget, &()) {
                    Ok(pairs) => assert!(fits && all(&pairs) == expected),
                    Err(error) => assert!(!fits && matches!(error, Error::MemoryBudget { .. })),
                }
            }
        });
    }

    proptest! {
        #[test]
        fn counts_are_those_of_a_naive_loop(
            documents in prop::collection::vec(prop::collection::vec(0u32..10, 0..12), 0..12),
            min_count in 1u64..4,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let [tokens, on_disk] =
                [None, Some(folder.path())].map(|folder| tokens(&documents, folder));
            let mut words: BTreeMap<u32, u64> = BTreeMap::new();
            let mut naive: BTreeMap<(u32, u32), u64> = BTreeMap::new();
            for document in &documents {
                document.iter().for_each(|&word| *words.entry(word).or_default() += 1);
                document
                    .windows(2)
                    .for_each(|pair| *naive.entry((pair[0], pair[1])).or_default() += 1);
            }
            let total: u64 = naive.values().sum();
            let is_frequent = |word: &u32| words[word] >= min_count;
            let n_distinct = naive
                .keys()
                .filter(|(left, right)| is_frequent(left) && is_frequent(right))
                .count() as u64;
            let side = |word: u32, of: fn(&(u32, u32)) -> u32| {
                naive.iter().filter(|(pair, _)| of(pair) == word).map(|it| it.1).sum::<u64>()
            };

            let single = rayon::ThreadPoolBuilder::new()
                .num_threads(1)
                .build()
                .unwrap()
                .install(|| count(&tokens, min_count));
            for n_threads in [2, 3, 8] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
                prop_assert_eq!(all(&pool.install(|| count(&tokens, min_count))), all(&single));
                prop_assert_eq!(all(&pool.install(|| count(&on_disk, min_count))), all(&single));
            }
            prop_assert_eq!((single.total, single.n_distinct), (total, n_distinct));
            for pair in &frequent(&single) {
                let table = PairTable {
                    pair: naive[&(pair.left, pair.right)],
                    left: side(pair.left, |pair| pair.0),
                    right: side(pair.right, |pair| pair.1),
                    total,
                };
                prop_assert_eq!(single.table(pair), table);
            }
            let found: BTreeMap<(u32, u32), u64> = frequent(&single)
                .iter()
                .map(|pair| ((pair.left, pair.right), pair.count))
                .collect();
            naive.retain(|_, count| *count >= min_count);
            prop_assert_eq!(found, naive);
        }
    }
}

//! Putting the two words of a phrase together, wherever they stand side by side.
//!
//! In: token ids and the phrases of one pass. Out: the ids with each joined pair as one.
//!
//! Phrases overlap: in `toys r us` both `toys r` and `r us` may be one, and only one of them can
//! have the `r`. Of overlapping phrases that with the highest score is joined first, of equal ones
//! the leftmost, and so on with what is left. (Joining from left to right, as word2phrase and
//! gensim do, would take `toys r` whatever the scores.)

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashTable};
use rayon::prelude::*;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Phrase;
use super::batches::{Batch, Batches};
use crate::base::error::Result;
use crate::base::words::Words;
use crate::tokenize::Tokens;

/// Tokens joined by one task: so many that a task is worth starting, so few that all threads have
/// some.
const SEGMENT_TOKENS: usize = 1 << 16;

/// Tokens that are joined together where they are in files: some segments for each thread.
const BATCH_TOKENS: usize = 1 << 20;

/// The phrases of one pass as ids of a list of words.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    /// Which words begin a phrase, and which end one: most pairs are decided by these alone.
    begins: Vec<bool>,
    ends: Vec<bool>,
    table: HashTable<Rule>,
}

#[derive(Debug, Clone, Copy)]
struct Rule {
    left: u32,
    right: u32,
    joined: u32,
    score: f64,
    /// Which of the phrases.
    number: u32,
}

fn hash_pair(left: u32, right: u32) -> u64 {
    FixedState::default().hash_one((left, right))
}

impl Rules {
    /// The phrases whose two words are among `words`; what they become is appended to `words`
    /// unless it is there.
    pub(super) fn new(phrases: &[Phrase], words: &mut Words) -> Self {
        // Look up all before anything is appended, for that takes the index of the words apart.
        let id = |word: &str| words.id(word).map(|id| id.0);
        let known: Vec<(usize, &Phrase, u32, u32, Option<u32>)> = phrases
            .iter()
            .enumerate()
            .filter_map(|(number, phrase)| {
                Some((number, phrase, id(&phrase.left)?, id(&phrase.right)?, id(&phrase.phrase)))
            })
            .collect();
        let mut appended: HashMap<&str, u32, FixedState> = HashMap::default();
        let mut table = HashTable::with_capacity(known.len());
        for (number, phrase, left, right, joined) in known {
            let joined = joined.unwrap_or_else(|| {
                *appended.entry(&phrase.phrase).or_insert_with(|| words.push(&phrase.phrase).0)
            });
            let rule = Rule { left, right, joined, score: phrase.score, number: number as u32 };
            table.insert_unique(hash_pair(left, right), rule, |rule| {
                hash_pair(rule.left, rule.right)
            });
        }
        let (mut begins, mut ends) = (vec![false; words.len()], vec![false; words.len()]);
        for rule in &table {
            begins[rule.left as usize] = true;
            ends[rule.right as usize] = true;
        }
        Self { begins, ends, table }
    }

    fn find(&self, left: u32, right: u32) -> Option<&Rule> {
        let is_one = |words: &[bool], id: u32| words.get(id as usize).copied().unwrap_or(false);
        if !is_one(&self.begins, left) || !is_one(&self.ends, right) {
            return None;
        }
        self.table.find(hash_pair(left, right), |rule| rule.left == left && rule.right == right)
    }

    /// Joins the phrases within one document or a part of it; the result stands at its beginning,
    /// and its length comes back. `visit` is called with the number of each phrase that was joined,
    /// and where its left word stood.
    pub(super) fn join(&self, ids: &mut [u32], mut visit: impl FnMut(usize, usize)) -> usize {
        let mut overlapping = Vec::new();
        let (mut read, mut written) = (0, 0);
        while read < ids.len() {
            // Phrases that begin at one token after the other: each overlaps the next.
            overlapping.clear();
            let mut token = read;
            while let Some(&rule) =
                ids.get(token + 1).and_then(|&right| self.find(ids[token], right))
            {
                overlapping.push(rule);
                token += 1;
            }
            if overlapping.is_empty() {
                ids[written] = ids[read];
                (read, written) = (read + 1, written + 1);
                continue;
            }
            let is_joined = choose(&overlapping);
            let mut number = 0;
            while number <= overlapping.len() {
                if is_joined.get(number).copied().unwrap_or(false) {
                    ids[written] = overlapping[number].joined;
                    visit(overlapping[number].number as usize, read + number);
                    number += 2;
                } else {
                    ids[written] = ids[read + number];
                    number += 1;
                }
                written += 1;
            }
            read += overlapping.len() + 1;
        }
        written
    }

    /// Joins the phrases of all documents, on all threads; how often each of the `n_phrases` was
    /// joined comes back. A sentence that ends within a phrase ends behind it from now on.
    ///
    /// In place where the tokens are in memory, otherwise from file to file, a batch at a time.
    ///
    /// # Errors
    /// A failure of the file system.
    pub(super) fn join_tokens(&self, tokens: &mut Tokens, n_phrases: usize) -> Result<Vec<u64>> {
        // Sums of whole numbers: the same in any order.
        let counts: Vec<AtomicU64> = (0..n_phrases).map(|_| AtomicU64::new(0)).collect();
        let n_at_once = if tokens.is_on_disk() { BATCH_TOKENS } else { usize::MAX };
        let mut batches = Batches::new(tokens)?;
        while let Some(mut batch) = batches.next(n_at_once, |ids, end| self.last_cut(ids, end))? {
            self.join_batch(&mut batch, &counts);
            batches.write(batch)?;
        }
        batches.finish();
        Ok(counts.into_iter().map(AtomicU64::into_inner).collect())
    }

    /// Joins the phrases of a batch.
    fn join_batch(&self, batch: &mut Batch, counts: &[AtomicU64]) {
        let Batch { ids, document_ends, sentence_ends } = batch;
        let cuts = self.cuts(ids, document_ends);
        let mut segments: Vec<Segment<'_>> = Vec::with_capacity(cuts.len());
        let (mut rest, mut start) = (ids.as_mut_slice(), 0);
        let mut ends = document_ends.as_mut_slice();
        let mut sentence_ends = sentence_ends.as_mut_slice();
        for &cut in &cuts {
            let up_to = |ends: &[u64]| ends.partition_point(|&end| end <= cut as u64);
            segments.push(Segment {
                start,
                ids: rest.split_off_mut(..cut - start).expect("cuts ascend"),
                ends: ends.split_off_mut(..up_to(ends)).expect("a part"),
                sentence_ends: sentence_ends.split_off_mut(..up_to(sentence_ends)).expect("a part"),
            });
            start = cut;
        }
        let lengths: Vec<usize> =
            segments.par_iter_mut().map(|segment| self.join_segment(segment, counts)).collect();
        let mut written = 0;
        for (segment, length) in segments.iter_mut().zip(&lengths) {
            let ends = segment.ends.iter_mut().chain(segment.sentence_ends.iter_mut());
            ends.for_each(|end| *end += written as u64);
            written += length;
        }
        drop(segments);

        let (mut start, mut written) = (0, 0);
        for (cut, length) in cuts.into_iter().zip(lengths) {
            ids.copy_within(start..start + length, written);
            (start, written) = (cut, written + length);
        }
        ids.truncate(written);
    }

    /// Where segments of a batch end: at the end of a document, or between two tokens that are no
    /// phrase.
    fn cuts(&self, ids: &[u32], document_ends: &[u64]) -> Vec<usize> {
        let is_cut = |position: usize| {
            position == ids.len()
                || document_ends.binary_search(&(position as u64)).is_ok()
                || self.find(ids[position - 1], ids[position]).is_none()
        };
        let mut cuts = Vec::new();
        let mut position = 0;
        while position < ids.len() {
            position = (position + SEGMENT_TOKENS).min(ids.len());
            while !is_cut(position) {
                position += 1;
            }
            cuts.push(position);
        }
        cuts
    }

    /// The last place in some ids where a batch may end: at the end of a document, of which
    /// `last_end` is the last one among them, or between two tokens that are no phrase; 0 if there
    /// is none.
    fn last_cut(&self, ids: &[u32], last_end: usize) -> usize {
        (last_end + 1..ids.len())
            .rev()
            .find(|&position| self.find(ids[position - 1], ids[position]).is_none())
            .unwrap_or(last_end)
    }

    /// Joins the phrases of each document or part of one in a segment, moves them together, and
    /// returns their length. The ends of the documents and sentences are then counted from the
    /// beginning of the segment.
    fn join_segment(&self, segment: &mut Segment<'_>, counts: &[AtomicU64]) -> usize {
        let Segment { start, ids, ends, sentence_ends } = segment;
        let length = ids.len();
        let (mut read, mut written) = (0, 0);
        // Where the right words of joined phrases ended.
        let mut joined = Vec::new();
        let mut join_up_to = |end: usize| {
            let length = self.join(&mut ids[read..end], |number, left| {
                counts[number].fetch_add(1, Ordering::Relaxed);
                joined.push(read + left + 2);
            });
            ids.copy_within(read..read + length, written);
            (read, written) = (end, written + length);
            written
        };
        for end in ends.iter_mut() {
            *end = join_up_to(*end as usize - *start) as u64;
        }
        let length = join_up_to(length);
        let mut n_joined = 0;
        for end in sentence_ends.iter_mut() {
            let place = *end as usize - *start;
            n_joined += joined[n_joined..].iter().take_while(|&&joined| joined <= place).count();
            *end = (place - n_joined) as u64;
        }
        length
    }
}

/// A part of a batch that no phrase crosses the borders of, with the ends of documents and
/// sentences in it.
struct Segment<'a> {
    start: usize,
    ids: &'a mut [u32],
    ends: &'a mut [u64],
    sentence_ends: &'a mut [u64],
}

/// Which of a row of phrases are joined, where each overlaps the one before and the one after: the
/// best first.
///
/// Whether a phrase is joined depends on its better neighbours alone: it is, unless one of them is.
/// One that is better than the next can so be decided from left to right, and then one that is
/// worse than the next from right to left.
fn choose(phrases: &[Rule]) -> Vec<bool> {
    let yields_to_next = |number: usize| {
        phrases.get(number + 1).is_some_and(|next| next.score > phrases[number].score)
    };
    let mut is_joined = vec![false; phrases.len()];
    let previous_is_joined = |is_joined: &[bool], number: usize| {
        number > 0 && !yields_to_next(number - 1) && is_joined[number - 1]
    };
    for number in 0..phrases.len() {
        is_joined[number] = !yields_to_next(number) && !previous_is_joined(&is_joined, number);
    }
    for number in (0..phrases.len()).rev() {
        if yields_to_next(number) {
            is_joined[number] = !is_joined[number + 1] && !previous_is_joined(&is_joined, number);
        }
    }
    is_joined
}

#[cfg(test)]
#[path = "join_tests.rs"]
mod tests;

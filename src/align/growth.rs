//! Self-learning from the frequent words to all: each round learns the re-weighted map of the pairs
//! and takes the mutually nearest pairs under it, and every few rounds the number of words doubles.
//!
//! In: pairs of the [`FREQUENT`] most frequent words. Out: pairs of as many words as asked for
//! (Artetxe, Labaka & Agirre 2018, section 3.3).

use super::learner::{Learner, RowPair, work_of_round};
use super::verdict::{HELD_OUT_WORDS, JUDGED};
use crate::base::error::Result;

/// Number of frequent words that self-learning begins with.
pub(super) const FREQUENT: usize = 2_000;

/// Rounds for each number of words but the last.
const GROWING_ROUNDS: usize = 3;

/// Rounds with the last number of words.
const WEIGHTED_ROUNDS: usize = 3;

/// The multiplications of [`grow`], and of the checks after it.
pub(super) fn work_of_growing(learner: &Learner<'_>, last_words: usize) -> u64 {
    let n_words = learner.n_x().max(learner.n_y());
    let of_round = |n_used: usize| work_of_round(n_words.min(n_used), learner.dim);
    let (mut n_used, mut work) = (FREQUENT.min(last_words), 0);
    while n_used < last_words && n_used < n_words {
        n_used = (2 * n_used).min(last_words);
        if n_used < last_words {
            work += GROWING_ROUNDS as u64 * of_round(n_used);
        }
    }
    work + WEIGHTED_ROUNDS as u64 * of_round(n_used)
        + 2 * of_round(last_words.min(HELD_OUT_WORDS))
        + of_round(last_words.max(JUDGED))
}

/// Extends `pairs` to more and more words; the pairs `given` always stay among them.
pub(super) fn grow(
    learner: &Learner<'_>,
    mut pairs: Vec<RowPair>,
    given: &[RowPair],
    last_words: usize,
) -> Result<Vec<RowPair>> {
    let n_words = learner.n_x().max(learner.n_y());
    let note = |n_used: usize, round: usize, pairs: &[RowPair]| {
        // The limit may be above the number of words.
        learner.note(&format!(
            "{} words, round {}: {} pairs",
            n_used.min(n_words),
            round + 1,
            pairs.len()
        ))
    };
    learner.work.expect(learner.work.done() + work_of_growing(learner, last_words));
    let mut n_used = FREQUENT.min(last_words);
    while n_used < last_words && n_used < n_words {
        n_used = (2 * n_used).min(last_words);
        if n_used < last_words {
            for round in 0..GROWING_ROUNDS {
                pairs = learner.weighted(&union(pairs, given), n_used)?.mutual();
                note(n_used, round, &pairs)?;
            }
        }
    }
    for round in 0..WEIGHTED_ROUNDS {
        pairs = learner.weighted(&union(pairs, given), n_used)?.mutual();
        note(n_used, round, &pairs)?;
    }
    Ok(union(pairs, given))
}

/// Both lists together, sorted, each pair once.
pub(super) fn union(mut pairs: Vec<RowPair>, given: &[RowPair]) -> Vec<RowPair> {
    pairs.extend_from_slice(given);
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

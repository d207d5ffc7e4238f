//! Cross-validation of a map: which pairs are found by maps that were learned without them.
//!
//! In: the pairs that a map was learned from, and pairs to ask. Out: how many of them are found
//! again. The sources are cut into folds; the map of the pairs of all other folds answers for the
//! sources of a fold, by CSLS among the frequent words. A map that only fits its own pairs fails
//! here.
//!
//! A map of half of the pairs is worse than the map of all, unless there are many. So there are two
//! folds if the pairs are many, else ten (Kohavi 1995 compares both).

use super::learner::{Candidates, Learner, RowPair};
use super::report::FoundAgain;
use crate::base::error::Result;
use crate::base::random::bits_at;

/// Number of frequent words among which pairs are found again.
pub(super) const HELD_OUT_WORDS: usize = 10_000;

/// The same with ten folds, which take five times as long for as many words.
const HELD_OUT_WORDS_OF_FEW: usize = 5_000;

/// So many pairs for each dimension are enough for a map of half of them.
const MANY_PAIRS: usize = 8;

/// Folds, with few pairs.
const FOLDS_OF_FEW: u64 = 10;

/// The seed of the folds; any would do.
const FOLD_SEED: u64 = 1966;

/// How many of `pairs` the maps of their two halves find. Pairs that the learning chose fit each
/// other even if they are wrong, the more so the more of them the map has seen; so halves.
pub(super) fn found_by_halves(
    learner: &Learner<'_>,
    pairs: &[RowPair],
    n_words: usize,
) -> Result<FoundAgain> {
    let [found] = found_by_folds(learner, pairs, [pairs], n_words.min(HELD_OUT_WORDS), 2)?;
    Ok(found)
}

/// For each list of `asked`, which rise by source, how many are found by maps of `learned` without
/// the fold of their source.
pub(super) fn found_again<const N: usize>(
    learner: &Learner<'_>,
    learned: &[RowPair],
    asked: [&[RowPair]; N],
    n_words: usize,
) -> Result<[FoundAgain; N]> {
    let (n_folds, most_words) = match learned.len() >= MANY_PAIRS * learner.dim {
        true => (2, HELD_OUT_WORDS),
        false => (FOLDS_OF_FEW, HELD_OUT_WORDS_OF_FEW),
    };
    found_by_folds(learner, learned, asked, n_words.min(most_words), n_folds)
}

fn found_by_folds<const N: usize>(
    learner: &Learner<'_>,
    learned: &[RowPair],
    asked: [&[RowPair]; N],
    n_words: usize,
    n_folds: u64,
) -> Result<[FoundAgain; N]> {
    let mut sums = [FoundAgain::default(); N];
    for fold in 0..n_folds {
        let is_held = |pair: &RowPair| bits_at(FOLD_SEED, u64::from(pair.0), 0) % n_folds == fold;
        let of_others: Vec<RowPair> =
            learned.iter().copied().filter(|pair| !is_held(pair)).collect();
        let of_fold =
            asked.map(|list| -> Vec<RowPair> { list.iter().copied().filter(is_held).collect() });
        if of_others.is_empty() || of_fold.iter().all(Vec::is_empty) {
            continue;
        }
        let candidates = learner.weighted(&of_others, n_words)?;
        for (sum, held) in sums.iter_mut().zip(&of_fold) {
            sum.add(answered(&candidates, held));
        }
    }
    Ok(sums)
}

/// How many of `asked` are the first answer, of those whose words are among the candidates. Of
/// several targets of a source any is correct.
fn answered(candidates: &Candidates, asked: &[RowPair]) -> FoundAgain {
    let (n_x, n_y) = (candidates.from_x.len(), candidates.from_y.len());
    let mut sum = FoundAgain::default();
    for targets in asked.chunk_by(|left, right| left.0 == right.0) {
        let source = targets[0].0 as usize;
        if source < n_x && targets.iter().any(|pair| (pair.1 as usize) < n_y) {
            let answer = candidates.from_x.row(source).next().map(|it| it.0);
            sum.asked += 1;
            sum.found += usize::from(targets.iter().any(|pair| Some(pair.1) == answer));
        }
    }
    sum
}

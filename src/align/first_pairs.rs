//! The first pairs: from no pairs, or from a few given ones, to the mutually nearest pairs of the
//! frequent words.
//!
//! In: normalized rows of two languages, and pairs or none. Out: pairs of the [`FREQUENT`] most
//! frequent words that a map of the given spaces can be learned from, and the share of them on
//! which several starts agree.
//!
//! **Which space.** In a space whose components have nearly equal variances, which is best for
//! words, wrong pairs fit almost as well as correct ones, and learning sticks. Two languages share
//! most of what varies most. So both are rotated to their principal axes, cut to the leading ones,
//! and the standard deviations are raised to a power, found for each language, that gives a fixed
//! number of effective dimensions (`axes.rs`). There is one start for each number in
//! [`EFFECTIVE_DIMENSIONS`].
//!
//! **How a start learns.** By self-learning with dropout (`dropout.rs`), then by a few rounds in
//! the given space.
//!
//! **Agreement.** A start that stopped may have exchanged groups of words for others of the same
//! shape (days for seasons), and each start exchanges other groups. So a pair that more than half
//! of the starts found is far more often correct. These pairs begin one more attempt, directly in
//! the given space. The attempt with the most mutually nearest pairs wins. On the sample corpora
//! this raises the share of correct translations from one half to four fifths.
//!
//! Cost of a round: `6 n^2 LEADING` operations and `4 n^2` comparisons with n = [`FREQUENT`]. The
//! memory is that of the profiles, `8 n^2` bytes with n = [`PROFILED`].

use super::axes::Axes;
use super::config::AlignConfig;
use super::dropout::Frequent;
use super::growth::{FREQUENT, work_of_growing};
use super::learner::{Learner, RowPair, work_of_round};
use super::profiles::from_profiles;
use super::retrieval;
use super::retrieval::CSLS_NEIGHBORS;
use crate::base::error::{Error, Result};
use crate::base::functions::log2;
use crate::base::random::bits_at;

/// Words whose profiles are compared: Artetxe et al. 2018 take 4,000.
const PROFILED: usize = 4_000;

/// The spectra of the starts. Fewer effective dimensions recover from worse pairs, more of them
/// find better pairs.
const EFFECTIVE_DIMENSIONS: [f64; 3] = [20.0, 11.0, 6.0];

/// Rounds that one share of the candidates usually takes, for the forecast.
const USUAL_ROUNDS: u64 = 12;

/// A round with dropout takes as long as this many comparisons of all words, for the forecast.
const DRAWING: u64 = 3;

/// The profiles of a start take as long as this many rounds, for the forecast.
const ROUNDS_OF_PROFILES: u64 = 30;

/// Rounds in the given space at the end of a start.
const SETTLING_ROUNDS: usize = 8;

/// The first pairs, and how reliable they are.
pub(super) struct FirstPairs {
    /// Mutually nearest pairs, by rising source.
    pub(super) pairs: Vec<RowPair>,
    /// The share of them that another start found too, on average.
    pub(super) agreement: f64,
}

/// The peak memory in bytes of a start from no pairs with so many rows: the profiles of both sides.
pub(super) fn memory_bytes(n_rows: [usize; 2]) -> u64 {
    let profiled = n_rows[0].min(n_rows[1]).min(PROFILED) as u64;
    2 * 4 * profiled * profiled + retrieval::memory_bytes(2 * profiled as usize, CSLS_NEIGHBORS)
}

/// Finds pairs of the most frequent words, from the pairs `given`, or from the profiles of the
/// words if none are given.
pub(super) fn first_pairs(
    learner: &Learner<'_>,
    given: &[RowPair],
    config: &AlignConfig,
) -> Result<FirstPairs> {
    let starts = SpectrumStarts {
        learner,
        given,
        config,
        axes: [Axes::new(learner.x, learner.dim)?, Axes::new(learner.y, learner.dim)?],
        n_words: FREQUENT.min(config.self_learning_words),
    };
    let mut runs = Vec::with_capacity(EFFECTIVE_DIMENSIONS.len());
    for start in 0..EFFECTIVE_DIMENSIONS.len() {
        runs.push(starts.run(start)?);
    }
    let n_starts = runs.len();
    let common = found_by_most(&runs);
    if common.len() >= 2 {
        let pairs = settled(learner, common, starts.n_words)?;
        learner.note(&format!("from the pairs that the starts agree on: {} pairs", pairs.len()))?;
        runs.push(pairs);
    }
    // The earlier of equals.
    let best = (0..runs.len())
        .max_by_key(|&run| (runs[run].len(), std::cmp::Reverse(run)))
        .expect("several starts");
    let agreement = mean_agreement(&runs[..n_starts], &runs[best], best);
    Ok(FirstPairs { pairs: runs.swap_remove(best), agreement })
}

/// The starts, one for each number of effective dimensions.
struct SpectrumStarts<'a> {
    learner: &'a Learner<'a>,
    given: &'a [RowPair],
    config: &'a AlignConfig,
    axes: [Axes; 2],
    /// Words of each side that are paired.
    n_words: usize,
}

impl SpectrumStarts<'_> {
    /// Runs one start; returns its last pairs.
    fn run(&self, start: usize) -> Result<Vec<RowPair>> {
        let (learner, n_starts) = (self.learner, EFFECTIVE_DIMENSIONS.len());
        let (effective, n_rows) = (EFFECTIVE_DIMENSIONS[start], self.n_rows());
        let x = self.axes[0].turned(learner.x, n_rows, effective);
        let y = self.axes[1].turned(learner.y, n_rows, effective);
        let dim = self.axes[0].leading();
        let of_start = format!("start {} of {n_starts}", start + 1);
        learner.progress.note(&format!("{of_start}, profiles of words"));
        let profiled;
        let first = if self.given.is_empty() {
            profiled = from_profiles(&x, &y, dim)?;
            &profiled
        } else {
            self.given
        };
        if first.len() < 2 {
            return Err(Error::FewPairs { usable: first.len(), given: first.len(), needed: 2 });
        }
        let seed = bits_at(self.config.seed, start as u64, 0);
        let frequent = Frequent { x: &x, y: &y, dim, n_words: self.n_words, seed };
        let of_round = DRAWING * work_of_round(self.n_words, dim);
        if self.given.is_empty() {
            learner.work.add(ROUNDS_OF_PROFILES * of_round);
        }
        let before = learner.work.done();
        let pairs = frequent.learn(first, &|round, objective, keep| {
            learner.work.add(of_round);
            learner.work.expect(self.expected_work(
                start,
                before,
                of_round * (round + rounds_left(keep)),
            ));
            learner.note(&format!("{of_start}, round {round}, objective {objective:.3}"))
        })?;
        let pairs = settled(learner, pairs, self.n_words)?;
        learner.note(&format!("{of_start}: {} pairs", pairs.len()))?;
        Ok(pairs)
    }

    /// Rows of each side that a start needs.
    fn n_rows(&self) -> usize {
        let rows = self.given.iter().map(|&(s, t)| s.max(t) as usize + 1);
        rows.max().unwrap_or(PROFILED).max(FREQUENT)
    }

    /// The expected work of the whole alignment during a start: `before` was done before it, and
    /// its rounds take `rounds` in all. The rounds of a start are known once it has ended; a later
    /// start may take as long as those before it, or, during the first, as this one.
    fn expected_work(&self, start: usize, before: u64, rounds: u64) -> u64 {
        let learner = self.learner;
        let of_settling = SETTLING_ROUNDS as u64 * work_of_round(self.n_words, learner.dim);
        let here = of_settling + rounds;
        let of_start = (before + if start == 0 { here } else { 0 }) / start.max(1) as u64;
        let later = of_start * (EFFECTIVE_DIMENSIONS.len() - start - 1) as u64
            + of_settling
            + work_of_growing(learner, self.config.self_learning_words);
        before + here + later
    }
}

/// The rounds that a start usually still takes when it keeps this share of the candidates, which
/// doubles up to 1.
fn rounds_left(keep: f64) -> u64 {
    let doublings = log2(1.0 / keep).ceil().max(0.0) as u64 + 1;
    USUAL_ROUNDS * doublings
}

/// A few rounds in the given space.
fn settled(learner: &Learner<'_>, mut pairs: Vec<RowPair>, n_words: usize) -> Result<Vec<RowPair>> {
    for _ in 0..SETTLING_ROUNDS {
        pairs = learner.weighted(&pairs, n_words)?.mutual();
    }
    Ok(pairs)
}

/// The pairs that more than half of the runs have.
fn found_by_most(runs: &[Vec<RowPair>]) -> Vec<RowPair> {
    let mut all = runs.concat();
    all.sort_unstable();
    all.chunk_by(|a, b| a == b)
        .filter(|same| 2 * same.len() > runs.len())
        .map(|same| same[0])
        .collect()
}

/// The mean over the starts, except start `number`, of the share of the best pairs that each has.
fn mean_agreement(starts: &[Vec<RowPair>], best: &[RowPair], number: usize) -> f64 {
    let shared = |start: &Vec<RowPair>| {
        start.iter().filter(|pair| best.binary_search(pair).is_ok()).count() as f64
            / best.len().max(1) as f64
    };
    let others: Vec<f64> = starts
        .iter()
        .enumerate()
        .filter(|&(start, _)| start != number)
        .map(|(_, start)| shared(start))
        .collect();
    others.iter().sum::<f64>() / others.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_is_the_share_that_the_others_have_too() {
        let runs = [
            vec![(0, 0), (1, 1), (2, 2), (3, 3)],
            vec![(0, 0), (1, 2)],
            vec![(0, 0), (1, 1), (2, 2), (4, 4)],
        ];
        assert!((mean_agreement(&runs, &runs[0], 0) - (0.25 + 0.75) / 2.0).abs() < 1e-12);
        // Those of the last attempt come from no start.
        assert_eq!(found_by_most(&runs), [(0, 0), (1, 1), (2, 2)]);
        assert!(
            (mean_agreement(&runs, &found_by_most(&runs), 3) - (1.0 + 1.0 / 3.0 + 1.0) / 3.0).abs()
                < 1e-12
        );
    }
}

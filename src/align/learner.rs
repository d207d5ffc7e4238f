//! A round of self-learning: the pairs that a map of other pairs leads to.
//!
//! In: the normalized rows of both, `n x dim`, and pairs of row numbers. Out: for the frequent
//! words of either side the best of the other under the re-weighted map of the pairs, by CSLS, and
//! the pairs that are each other's best.

use std::sync::atomic::{AtomicU64, Ordering};

use faer::Mat;

use super::normalize::NormalizedRows;
use super::procrustes::cross_covariance;
use super::retrieval::{Best, Hubness, UnitRows, best_both};
use super::reweight::symmetric;
use super::side::{mapped, row_major};
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::base::random::bits_at;

/// Row numbers of a source and a target word.
pub(super) type RowPair = (u32, u32);

/// Dimensions for each pair that the maps of two halves agree on, at the most: fewer pairs are no
/// start for the next maps.
const MOST_DIMENSIONS_A_PAIR: usize = 2;

/// Both languages, and the settings of the maps between them.
pub(super) struct Learner<'a> {
    pub(super) x: &'a [f32],
    pub(super) y: &'a [f32],
    pub(super) dim: usize,
    pub(super) power: f64,
    pub(super) progress: &'a dyn Progress,
    pub(super) work: Work,
}

/// The work done so far and expected in all, in multiplications, for the forecast of the time left.
#[derive(Default)]
pub(super) struct Work {
    done: AtomicU64,
    expected: AtomicU64,
}

impl Work {
    /// Adds work that was done.
    pub(super) fn add(&self, done: u64) {
        self.done.fetch_add(done, Ordering::Relaxed);
    }

    pub(super) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Sets the work expected in all.
    pub(super) fn expect(&self, expected: u64) {
        self.expected.store(expected, Ordering::Relaxed);
    }
}

/// Multiplications of a round that compares `n_words` of both sides in both directions, once for
/// their hubness and once for the best.
pub(super) fn work_of_round(n_words: usize, dim: usize) -> u64 {
    2 * (n_words * n_words * dim) as u64
}

impl<'a> Learner<'a> {
    pub(super) fn new(
        x: &'a NormalizedRows,
        y: &'a NormalizedRows,
        power: f64,
        progress: &'a dyn Progress,
    ) -> Self {
        Self { x: &x.data, y: &y.data, dim: x.dim, power, progress, work: Work::default() }
    }

    pub(super) fn n_x(&self) -> usize {
        self.x.len() / self.dim
    }

    pub(super) fn n_y(&self) -> usize {
        self.y.len() / self.dim
    }

    /// Candidates under the re-weighted map of some pairs.
    pub(super) fn weighted(&self, pairs: &[(u32, u32)], n_words: usize) -> Result<Candidates> {
        let (a, b) = self.symmetric(pairs)?;
        self.work.add(work_of_round(self.n_x().max(self.n_y()).min(n_words), self.dim));
        let x = mapped(&self.x[..self.n_x().min(n_words) * self.dim], self.dim, &row_major(&a));
        let y = mapped(&self.y[..self.n_y().min(n_words) * self.dim], self.dim, &row_major(&b));
        Ok(self.candidates(&x, &y))
    }

    /// The pairs that the map of either half of `pairs` finds, each other's best under both. A
    /// wrong pair bends the map that it helped to make so that it is found again; the other half
    /// knows nothing of it. `seed` says how the pairs are halved.
    ///
    /// If they agree on too few to go on from, those of the map of all pairs.
    pub(super) fn agreed(
        &self,
        pairs: &[RowPair],
        n_words: usize,
        seed: u64,
    ) -> Result<Vec<RowPair>> {
        let is_first =
            |pair: &RowPair| bits_at(seed, u64::from(pair.0), u64::from(pair.1)) & 1 == 0;
        let (first, second): (Vec<RowPair>, Vec<RowPair>) =
            pairs.iter().copied().partition(is_first);
        let least = self.dim.div_ceil(MOST_DIMENSIONS_A_PAIR);
        if first.len().min(second.len()) >= least {
            let found = self.weighted(&first, n_words)?.mutual();
            let mut agreed = self.weighted(&second, n_words)?.mutual();
            agreed.retain(|pair| found.binary_search(pair).is_ok());
            if agreed.len() >= least {
                return Ok(agreed);
            }
        }
        Ok(self.weighted(pairs, n_words)?.mutual())
    }

    fn candidates(&self, x: &[f32], y: &[f32]) -> Candidates {
        let (a, b) = (UnitRows::new(x, self.dim), UnitRows::new(y, self.dim));
        let (from_x, from_y) = best_both(a, b, 1, 1, Some(&Hubness::new(a, b)));
        Candidates { from_x, from_y }
    }

    pub(super) fn symmetric(&self, pairs: &[(u32, u32)]) -> Result<(Mat<f64>, Mat<f64>)> {
        let sources: Vec<RowPair> = pairs.iter().map(|&(s, _)| (s, s)).collect();
        let targets: Vec<RowPair> = pairs.iter().map(|&(_, t)| (t, t)).collect();
        let xy = cross_covariance(self.x, self.y, self.dim, pairs, None);
        let xx = cross_covariance(self.x, self.x, self.dim, &sources, None);
        let yy = cross_covariance(self.y, self.y, self.dim, &targets, None);
        symmetric(xx.as_ref(), yy.as_ref(), xy.as_ref(), self.power)
    }

    /// Pairs of frequent words that are each other's best without any map.
    pub(super) fn mutual_unmapped(&self, n_words: usize) -> Vec<RowPair> {
        let first = |rows: &'_ [f32]| rows.len().min(n_words * self.dim);
        let (a, b) = (
            UnitRows::new(&self.x[..first(self.x)], self.dim),
            UnitRows::new(&self.y[..first(self.y)], self.dim),
        );
        let (from_x, from_y) = best_both(a, b, 1, 1, Some(&Hubness::new(a, b)));
        Candidates { from_x, from_y }.mutual()
    }

    /// Reports progress.
    ///
    /// # Errors
    /// [`Error::Interrupted`] if it was cancelled.
    pub(super) fn note(&self, note: &str) -> Result<()> {
        self.progress.note(note);
        self.progress.advance(1);
        let (done, expected) = (self.work.done(), self.work.expected.load(Ordering::Relaxed));
        if done > 0 && expected > 0 {
            self.progress.forecast((done as f64 / expected as f64).min(1.0));
        }
        if self.progress.is_cancelled() { Err(Error::Interrupted) } else { Ok(()) }
    }
}

/// Candidates of the frequent words in both directions, by CSLS.
pub(super) struct Candidates {
    pub(super) from_x: Best,
    pub(super) from_y: Best,
}

impl Candidates {
    /// Pairs that are each other's best, by rising source.
    pub(super) fn mutual(&self) -> Vec<(u32, u32)> {
        let best = |of: &Best, row: u32| of.row(row as usize).next().map(|it| it.0);
        (0..self.from_x.len() as u32)
            .filter_map(|row| {
                best(&self.from_x, row)
                    .filter(|&other| best(&self.from_y, other) == Some(row))
                    .map(|other| (row, other))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::uniform;

    const DIM: usize = 40;
    const N: usize = 400;

    /// Points in groups, so that neighbours are easily taken for each other; the other side has
    /// them with noise of its own.
    fn rows(noise_seed: u64, noise: f64) -> NormalizedRows {
        let mut data: Vec<f32> = (0..N * DIM)
            .map(|at| {
                let (row, column) = ((at / DIM) as u64, (at % DIM) as u64);
                let group = uniform(1, row / 8, column) - 0.5;
                let own = uniform(2, row, column) - 0.5;
                let noise = noise * (uniform(noise_seed, row, column) - 0.5);
                (group + 0.4 * own + noise) as f32
            })
            .collect();
        crate::align::profiles::unit_rows(&mut data, DIM);
        NormalizedRows { data, dim: DIM, n_zero: 0 }
    }

    fn share_right(pairs: &[RowPair]) -> f64 {
        pairs.iter().filter(|(s, t)| s == t).count() as f64 / pairs.len() as f64
    }

    #[test]
    fn pairs_that_halves_agree_on_are_more_often_right() {
        let (x, y) = (rows(3, 0.8), rows(4, 0.8));
        let learner = Learner::new(&x, &y, 0.5, &());
        // Every other pair is of the neighbour in the group.
        let pairs: Vec<RowPair> =
            (0..N as u32).map(|row| (row, if row % 2 == 0 { row } else { row ^ 2 })).collect();
        let of_all = learner.weighted(&pairs, N).unwrap().mutual();
        let agreed = learner.agreed(&pairs, N, 42).unwrap();
        assert!(agreed.len() >= DIM / 2 && agreed.len() < of_all.len(), "{}", agreed.len());
        let (of_all, agreed) = (share_right(&of_all), share_right(&agreed));
        assert!(agreed > of_all + 0.02, "{agreed} of those agreed on, {of_all} of all");
    }

    #[test]
    fn too_few_pairs_are_not_halved() {
        let (x, y) = (rows(3, 0.1), rows(4, 0.1));
        let learner = Learner::new(&x, &y, 0.5, &());
        let pairs: Vec<RowPair> = (0..36).map(|row| (row, row)).collect();
        let expected = learner.weighted(&pairs, N).unwrap().mutual();
        assert_eq!(learner.agreed(&pairs, N, 42).unwrap(), expected);
    }
}

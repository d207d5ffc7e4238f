//! Which candidates may be among the best, where a score is known only to lie in an interval.
//!
//! In: candidates with the least and the most that their score can be. Kept: those whose most is
//! not below the `top`-th greatest least, so that none of the best is dropped. Several tasks share
//! what a candidate needs, which only drops more of what cannot be among the best: what is kept
//! depends on the threads, but the best of it do not.

use std::sync::atomic::{AtomicI32, Ordering};

use super::top::keep_best;
use crate::base::words::WordId;

/// The least score that a candidate of any task needs.
pub(super) struct Needed(AtomicI32);

impl Default for Needed {
    fn default() -> Self {
        Self(AtomicI32::new(ordered(f32::NEG_INFINITY)))
    }
}

impl Needed {
    fn score(&self) -> f32 {
        let ordered = self.0.load(Ordering::Relaxed);
        f32::from_bits((ordered ^ (ordered >> 31 & i32::MAX)) as u32)
    }

    fn raise(&self, score: f32) {
        self.0.fetch_max(ordered(score), Ordering::Relaxed);
    }
}

/// A whole number that is greater for a greater number, as by [`f32::total_cmp`].
fn ordered(number: f32) -> i32 {
    let bits = number.to_bits() as i32;
    bits ^ (bits >> 31 & i32::MAX)
}

/// The interval of a score.
#[derive(Clone, Copy)]
pub(super) struct Between {
    pub(super) least: f32,
    pub(super) most: f32,
}

impl Between {
    /// Nothing is known.
    pub(super) const ANYTHING: Self = Self { least: f32::NEG_INFINITY, most: f32::INFINITY };
}

/// Candidates of one task.
pub(super) struct Likely<'a> {
    top: usize,
    needed: &'a Needed,
    /// What a candidate needs, as far as this task knows.
    score: f32,
    kept: Vec<(Between, WordId)>,
    /// Candidates to keep before those that have become unlikely are dropped.
    room: usize,
}

impl<'a> Likely<'a> {
    /// For the `top` best, at least 1.
    pub(super) fn new(top: usize, needed: &'a Needed) -> Self {
        Self { top, needed, score: needed.score(), kept: Vec::new(), room: Self::room(top) }
    }

    fn room(n_kept: usize) -> usize {
        2 * n_kept.max(16)
    }

    /// What a candidate needs.
    #[inline(always)]
    pub(super) fn needed(&self) -> f32 {
        self.score
    }

    /// Looks at a candidate.
    pub(super) fn add(&mut self, between: Between, id: WordId) {
        if between.most >= self.score {
            self.kept.push((between, id));
            if self.kept.len() >= self.room {
                self.drop_unlikely();
                self.room = Self::room(self.kept.len().max(self.top));
            }
        }
    }

    fn drop_unlikely(&mut self) {
        if self.kept.len() >= self.top {
            let mut best: Vec<_> = self.kept.iter().map(|(it, id)| (it.least, *id)).collect();
            keep_best(&mut best, self.top);
            self.needed.raise(worst(&best));
        }
        self.score = self.needed.score();
        self.kept.retain(|(between, _)| between.most >= self.score);
    }

    /// The best of the candidates by their scores, at most `top`, in any order.
    pub(super) fn best(mut self, score: impl Fn(WordId) -> f32) -> Vec<(f32, WordId)> {
        self.drop_unlikely();
        let mut scored: Vec<_> = self.kept.iter().map(|&(_, id)| (score(id), id)).collect();
        keep_best(&mut scored, self.top);
        if scored.len() == self.top {
            self.needed.raise(worst(&scored));
        }
        scored
    }
}

/// The least score. NaN is above all others, as it is among the answers.
fn worst(scored: &[(f32, WordId)]) -> f32 {
    scored.iter().map(|&(score, _)| score).fold(f32::INFINITY, f32::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_order() {
        let rising = [f32::NEG_INFINITY, -2.0, -1e-40, 0.0, 1e-40, 0.5, f32::INFINITY];
        assert!(rising.windows(2).all(|pair| ordered(pair[0]) < ordered(pair[1])));
        for number in rising {
            let needed = Needed::default();
            needed.raise(number);
            needed.raise(f32::NEG_INFINITY);
            assert_eq!(needed.score(), number);
        }
    }

    #[test]
    fn no_candidate_that_may_be_among_the_best_is_dropped() {
        // The score of candidate `i` is anywhere within 0.1 of a middle that jumps about.
        let middle = |id: u32| (id * 7919 % 1000) as f32 / 1000.0;
        let score = |id: WordId| middle(id.0) + ((id.0 % 3) as f32 - 1.0) / 10.0;
        for top in [1, 5, 40, 2000] {
            let needed = Needed::default();
            let mut found = Vec::new();
            for task in 0..4 {
                let mut likely = Likely::new(top, &needed);
                for id in task * 250..(task + 1) * 250 {
                    let (least, most) = (middle(id) - 0.1, middle(id) + 0.1);
                    likely.add(Between { least, most }, WordId(id));
                }
                found.append(&mut likely.best(score));
            }
            let mut all: Vec<_> = (0..1000).map(|id| (score(WordId(id)), WordId(id))).collect();
            assert_eq!(
                crate::query::best_first(found, top),
                crate::query::best_first(std::mem::take(&mut all), top)
            );
        }
    }

    #[test]
    fn a_candidate_of_which_nothing_is_known_is_scored() {
        let needed = Needed::default();
        let mut likely = Likely::new(1, &needed);
        (0..100).for_each(|id| likely.add(Between { least: 0.5, most: 0.6 }, WordId(id)));
        likely.add(Between::ANYTHING, WordId(100));
        let found = likely.best(|id| if id.0 == 100 { f32::NAN } else { 0.55 });
        assert!(found.len() == 1 && found[0].0.is_nan());
    }
}

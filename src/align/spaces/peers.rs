//! The two controls that a distance is compared with: words of like frequency, and shuffled words.
//!
//! In: the words that two slices share, by falling frequency, and the distance between any two
//! places. Out: for each word whether it moved.
//!
//! - The **peers** of a word are the [`PEERS`] shared words nearest to it in frequency (by the rank
//!   in the slice where it is rarer). Their median distance is typical of a word that did not
//!   change. The score is the number of robust standard deviations (median absolute deviation times
//!   1.4826) above it, on the scale `-artanh(cos)`. On that scale the spread of cosines is even
//!   (Fisher 1915), and the tail of words that did not change is short.
//! - The **shuffled** peers pair each peer of the earlier slice with another peer of the later one:
//!   the distance between unrelated words. If the peers are no nearer to themselves than that,
//!   nothing can be said of such words.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::base::functions::atanh;
use crate::base::random::bits_at;

/// Shared words of like frequency that a word is compared with.
pub const PEERS: usize = 500;

/// With fewer peers than this the answer is [`Movement::CannotTell`].
const LEAST_PEERS: usize = 50;

/// The seed of the control's order; any would do.
const CONTROL_SEED: u64 = 2016;

/// A normal distribution's standard deviation in units of its median absolute deviation.
const DEVIATIONS: f64 = 1.4826;

/// Cosines above this differ only by the rounding of `f32`, and count as this.
const LARGEST_COSINE: f64 = 1.0 - 1e-6;

/// Robust standard deviations above its peers from which a word has moved.
const MOVED: f64 = 4.0;

/// Robust standard deviations above its peers up to which a word has stayed.
const STAYED: f64 = 2.0;

/// A distance is no less than chance if more than this share of the shuffled pairs is as near.
const CHANCE: f64 = 0.05;

/// What a distance means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Movement {
    /// Much farther than words of like frequency.
    Moved,
    /// No farther than words of like frequency.
    Stayed,
    /// Between the two, or words of like frequency are too few, or lie as far from themselves as
    /// from others.
    CannotTell,
}

impl Movement {
    /// The plain words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Stayed => "stayed",
            Self::CannotTell => "cannot tell",
        }
    }
}

/// The words that two slices share, by falling frequency.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) entries: Vec<SharedWord>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct SharedWord {
    pub(super) earlier: u32,
    pub(super) later: u32,
    distance: f32,
    /// The distance to the later place of another word of like frequency.
    shuffled: f32,
}

/// How far a word moved, and what that means; the fields of [`DriftStep`](super::DriftStep).
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged {
    pub(super) distance: f64,
    pub(super) typical: f64,
    pub(super) score: f64,
    pub(super) percentile: f64,
    pub(super) shuffled: f64,
    pub(super) movement: Movement,
}

impl Compared {
    /// Takes the distances of the words that two slices share, given by their ids in either slice.
    pub(super) fn new(
        mut pairs: Vec<(u32, u32)>,
        distance: impl Fn(u32, u32) -> f32 + Sync,
    ) -> Self {
        pairs.sort_by_key(|&(left, right)| (left.max(right), left));
        // The control: within each run of peers the later places in an order that has nothing to do
        // with the words.
        let mut partner = vec![0usize; pairs.len()];
        for begin in (0..pairs.len()).step_by(PEERS) {
            let mut order: Vec<usize> = (begin..pairs.len().min(begin + PEERS)).collect();
            order.sort_by_key(|&place| bits_at(CONTROL_SEED, place as u64, 0));
            order
                .iter()
                .zip(order.iter().cycle().skip(1))
                .for_each(|(&place, &next)| partner[place] = next);
        }
        let entry = |(&(left, right), &other): (&(u32, u32), &usize)| SharedWord {
            earlier: left,
            later: right,
            distance: distance(left, right),
            shuffled: distance(left, pairs[other].1),
        };
        Self { entries: pairs.par_iter().zip(&partner).map(entry).collect() }
    }

    /// Compares the word at a place with its peers and their shuffled pairs.
    pub(super) fn judge(&self, place: usize) -> Judged {
        let n = self.entries.len();
        let begin = place.saturating_sub(PEERS / 2).min(n.saturating_sub(PEERS + 1));
        let around = begin..n.min(begin + PEERS + 1);
        let own = self.entries[place].distance;
        let peers =
            || around.clone().filter(move |&peer| peer != place).map(|peer| &self.entries[peer]);
        let distances: Vec<f64> = peers().map(|peer| f64::from(peer.distance)).collect();
        let n_peers = distances.len();
        let typical = median(distances.clone());
        let middle = fisher(typical);
        let deviation = DEVIATIONS
            * median(distances.iter().map(|&distance| (fisher(distance) - middle).abs()).collect());
        let above = fisher(f64::from(own)) - middle;
        // Peers that all moved by the same, as in copies of one slice, leave nothing to divide by.
        let score = if deviation > 0.0 { above / deviation } else { 0.0 };
        let share = |n: usize| if n_peers == 0 { 0.0 } else { n as f64 / n_peers as f64 };
        let shuffled_within = |distance: f64| {
            share(peers().filter(|peer| f64::from(peer.shuffled) <= distance).count())
        };
        let shuffled = shuffled_within(f64::from(own));
        let movement = if n_peers < LEAST_PEERS || shuffled_within(typical) > CHANCE {
            Movement::CannotTell
        } else if score >= MOVED {
            Movement::Moved
        } else if score <= STAYED && shuffled <= CHANCE {
            Movement::Stayed
        } else {
            Movement::CannotTell
        };
        let percentile =
            share(distances.iter().filter(|&&distance| distance < f64::from(own)).count());
        Judged { distance: f64::from(own), typical, score, percentile, shuffled, movement }
    }
}

/// A distance on Fisher's scale: minus the inverse hyperbolic tangent of the cosine.
fn fisher(distance: f64) -> f64 {
    -atanh((1.0 - distance).clamp(-LARGEST_COSINE, LARGEST_COSINE))
}

/// The median, of an even number the lower of the two; 0 of nothing.
fn median(mut numbers: Vec<f64>) -> f64 {
    if numbers.is_empty() {
        return 0.0;
    }
    let middle = (numbers.len() - 1) / 2;
    *numbers.select_nth_unstable_by(middle, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_lower_of_the_two_in_the_middle() {
        assert_eq!(
            [median(vec![]), median(vec![3.0, 1.0, 2.0]), median(vec![4.0, 1.0, 3.0, 2.0])],
            [0.0, 2.0, 2.0]
        );
    }
}

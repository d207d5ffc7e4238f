//! A slice of a corpus, and what stands around the words in it: the sums of rows of whole numbers.

use std::ops::Range;

use super::distance::DistanceWeights;
use super::surroundings::{Gathered, Starts};
use super::tally::{Sum, Tally};
use crate::base::random::bits_at;
use crate::vocab::TokenSlice;

/// On which side of the context word the counted words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Both,
    After,
    Before,
}

/// Occurrences of a word whose surroundings are fetched together: about as many as a core can wait
/// for at a time.
const GATHERED: usize = 16;

/// The row of the table of random numbers that the sizes of windows are drawn from; no matrix has
/// so many, and subsampling takes another.
const WINDOW_DRAWS: u64 = u64::MAX - 1;

/// What the distances of a window weigh, as whole numbers.
pub(super) struct Weights {
    /// For the distances from 1 to the window.
    of_distance: Vec<u64>,
    /// The whole number that stands for weight 1.
    pub(super) scale: f64,
    /// The seed, if the sizes of windows are drawn.
    pub(super) drawn: Option<u64>,
}

impl Weights {
    /// For a window of so many tokens on either side.
    pub(super) fn new(distance_weights: DistanceWeights, window: usize, seed: u64) -> Self {
        let (of_distance, scale) = distance_weights.scaled(window);
        let drawn = (distance_weights == DistanceWeights::Random).then_some(seed);
        Self { of_distance, scale: scale as f64, drawn }
    }

    /// Whether the sums of a word that stands at so many places have room in 32 bits.
    fn is_narrow(&self, n_positions: usize) -> bool {
        // The most that an occurrence of a word can add to one sum, on both sides.
        let most = 2 * self.of_distance.iter().sum::<u64>();
        most.checked_mul(n_positions as u64).is_some_and(|most| most <= u64::from(u32::MAX))
    }
}

/// What a task adds up in.
pub(super) struct Scratch {
    gathered: Gathered,
    narrow: Tally<u32>,
    wide: Tally<u64>,
}

impl Scratch {
    /// Bytes of it.
    pub(super) fn memory_bytes(n_words: usize) -> u64 {
        Tally::<u32>::memory_bytes(n_words) + Tally::<u64>::memory_bytes(n_words)
    }

    pub(super) fn new(n_words: usize, weights: &Weights) -> Self {
        Self {
            gathered: Gathered::default(),
            narrow: Tally::new(n_words, &weights.of_distance),
            wide: Tally::new(n_words, &weights.of_distance),
        }
    }
}

/// What a row counts: words on these sides, of the columns below a limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    pub(super) direction: Direction,
    pub(super) limit: u32,
}

impl Reach {
    /// All columns.
    pub(super) fn all(direction: Direction) -> Self {
        Self { direction, limit: u32::MAX }
    }
}

/// Neighbouring tokens of a corpus, all of them or some with as many beside them as a window
/// reaches.
pub(super) struct Slice<'a> {
    ids: &'a [u32],
    /// Where the first of the ids stands in the corpus.
    first: usize,
    /// Those that are counted; the others are their neighbours alone.
    core: Range<usize>,
    starts: Starts,
    weights: &'a Weights,
}

impl<'a> Slice<'a> {
    /// Tokens of which those in `core`, counted among all tokens of the corpus, are looked at.
    pub(super) fn new(
        tokens: &'a TokenSlice<'_>,
        core: Range<usize>,
        weights: &'a Weights,
    ) -> Self {
        let TokenSlice { ids, start, .. } = tokens;
        let starts = Starts::new(ids.len(), tokens.ends());
        let core = core.start - start..core.end - start;
        Self { ids, first: *start, core, starts, weights }
    }

    /// How often each word from `first_word` on, `n_words` of them, stands in the core.
    pub(super) fn occurrences(&self, first_word: u32, n_words: usize) -> Vec<usize> {
        let mut counts = vec![0; n_words];
        for id in &self.ids[self.core.clone()] {
            if let Some(count) = counts.get_mut(id.wrapping_sub(first_word) as usize) {
                *count += 1;
            }
        }
        counts
    }

    /// Where the words from `first_word` on stand in the core, given how often each does.
    pub(super) fn positions(&self, first_word: u32, counts: &[usize]) -> Positions {
        let mut next = Vec::with_capacity(counts.len());
        let mut n_positions = 0;
        for count in counts {
            next.push(n_positions);
            n_positions += count;
        }
        let mut positions = vec![0; n_positions];
        let n_words = counts.len() as u32;
        for (position, id) in (self.core.start..).zip(&self.ids[self.core.clone()]) {
            let word = id.wrapping_sub(first_word);
            if word < n_words {
                let slot = &mut next[word as usize];
                positions[*slot] = position;
                *slot += 1;
            }
        }
        Positions { first_word, ends: next, positions }
    }

    /// Adds up what stands around one word at some places, and calls `visit` with each column and
    /// its sum, by column.
    pub(super) fn for_each_sum(
        &self,
        positions: &[usize],
        reach: Reach,
        scratch: &mut Scratch,
        mut visit: impl FnMut(u32, u64),
    ) {
        let Scratch { gathered, narrow, wide } = scratch;
        if self.weights.is_narrow(positions.len()) {
            self.add_up(positions, reach, gathered, narrow);
            narrow.drain(|column, sum| visit(column, sum.into()));
        } else {
            self.add_up(positions, reach, gathered, wide);
            wide.drain(visit);
        }
    }

    fn add_up<S: Sum>(
        &self,
        positions: &[usize],
        reach: Reach,
        gathered: &mut Gathered,
        tally: &mut Tally<S>,
    ) {
        // The surroundings of a rare word lie far apart: copied first, without a branch between
        // them, they are fetched together.
        for positions in positions.chunks(GATHERED) {
            gathered.clear();
            for &position in positions {
                if reach.direction != Direction::After {
                    self.gather_before(position, gathered);
                }
                if reach.direction != Direction::Before {
                    self.gather_after(position, gathered);
                }
            }
            gathered.for_each_side(|side| tally.add(side, reach.limit));
        }
    }

    fn gather_before(&self, position: usize, gathered: &mut Gathered) {
        let n = self.starts.before(position, self.weights.of_distance.len());
        let side = self.ids[position - n..position].iter().rev();
        match self.weights.drawn {
            None => gathered.push(side.copied()),
            Some(seed) => {
                let reaching = side
                    .zip(1..)
                    .filter(|&(_, distance)| self.reaches(seed, position - distance, distance));
                gathered.push(reaching.map(|(&id, _)| id));
            }
        }
    }

    fn gather_after(&self, position: usize, gathered: &mut Gathered) {
        let n = self.starts.after(position, self.weights.of_distance.len());
        let side = self.ids[position + 1..=position + n].iter();
        match self.weights.drawn {
            None => gathered.push(side.copied()),
            Some(seed) => {
                let reaching = side
                    .zip(1..)
                    .filter(|&(_, distance)| self.reaches(seed, position + distance, distance));
                gathered.push(reaching.map(|(&id, _)| id));
            }
        }
    }

    /// Whether the window of the token at `position` reaches so far. Drawn windows weigh 1 wherever
    /// they reach.
    fn reaches(&self, seed: u64, position: usize, distance: usize) -> bool {
        // The high half of the product with 64 random bits is from 0 up to, but without, the
        // window.
        let place = (self.first + position) as u64;
        let window = self.weights.of_distance.len() as u128;
        let size = (u128::from(bits_at(seed, WINDOW_DRAWS, place)) * window) >> 64;
        distance as u128 <= size + 1
    }
}

/// Where some words, which follow one another, stand in a slice.
pub(super) struct Positions {
    first_word: u32,
    /// For each word the end of its positions.
    ends: Vec<usize>,
    /// Ascending, word after word.
    positions: Vec<usize>,
}

impl Positions {
    pub(super) fn of_word(&self, word: u32) -> &[usize] {
        let word = (word - self.first_word) as usize;
        let start = if word == 0 { 0 } else { self.ends[word - 1] };
        &self.positions[start..self.ends[word]]
    }
}

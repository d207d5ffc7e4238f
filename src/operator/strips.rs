//! The product of a sparse matrix that is cut into strips, each of which gathers from a run of
//! panel rows that stays in cache.
//!
//! In: strips and a panel `q`. Out: rows of `y`, to which each strip adds in turn. A gather over a
//! whole panel would read it from memory again and again; the rows that a strip gathers from fit
//! into the second-level cache of a core.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::kernel::{ENTRIES_PER_TASK, SparseView, Task, Value};
use crate::linalg::gathered::Gathered;
use crate::linalg::instructions::dispatch;

/// Most words of a panel's rows that go through the strips together: a strip of 4,096 panel rows is
/// then 1 MiB.
const WORDS_PER_TILE: usize = 64;

/// Tasks of a product in strips for each thread: enough to share the work evenly, few enough that a
/// run of panel rows is gathered from often once it is in cache.
const STRIP_TASKS_PER_THREAD: usize = 4;

/// The entries of a sparse matrix that gather from a short run of panel rows, which stays in cache
/// meanwhile.
#[derive(Debug)]
pub(crate) struct Strip<'a, N> {
    /// The rows of the result to which something is added, rising.
    pub(crate) places: &'a [u32],
    /// A row of entries for each of these places; its columns are numbers of panel rows within the
    /// run.
    pub(crate) entries: SparseView<'a, u32, u16, N>,
    /// The run of panel rows.
    pub(crate) sources: Range<usize>,
}

/// A sparse matrix cut into strips.
#[derive(Debug)]
pub(crate) struct Strips<'a, N>(pub(crate) Vec<Strip<'a, N>>);

impl<N: Value> Strips<'_, N> {
    /// Adds the product with the panel `q` to the rows `places` of the result, of which `y`
    /// (`places x width`) are the numbers; with `fresh` they are set to zero before.
    ///
    /// Each task takes a range of places through all strips, so every element is summed by one task
    /// in the order of the strips, and the bits do not depend on how many tasks there are.
    ///
    /// # Panics
    /// If `y` is not `places x width`, or an entry lies outside `q`.
    pub(crate) fn multiply<Q: Gathered>(
        &self,
        q: Q,
        width: usize,
        places: Range<usize>,
        y: &mut [f32],
        fresh: bool,
    ) {
        assert_eq!(
            y.len(),
            places.len() * width,
            "the result of a product must have a row for each place"
        );
        let tasks: Vec<_> = self
            .parts(places, width, y)
            .into_iter()
            .map(|(places, y)| StripTask { strips: &self.0, places, q, width, y, fresh })
            .collect();
        tasks.into_par_iter().with_max_len(1).for_each(dispatch);
    }

    /// The tasks of a product: ranges of places, each with its part of the result.
    pub(super) fn parts<'y, T>(
        &self,
        places: Range<usize>,
        width: usize,
        y: &'y mut [T],
    ) -> Vec<(Range<u32>, &'y mut [T])> {
        let n_entries = self.entries_before(places.end) - self.entries_before(places.start);
        let most = n_entries.div_ceil(ENTRIES_PER_TASK).max(1);
        let most = most.min(STRIP_TASKS_PER_THREAD * rayon::current_num_threads());
        let (mut rest, mut first, mut parts) = (y, places.start, Vec::new());
        for end in self.cut(places, most) {
            let (part, tail) = rest.split_at_mut((end - first) * width);
            rest = tail;
            parts.push((first as u32..end as u32, part));
            first = end;
        }
        parts
    }

    /// The entries of all places before `place`.
    fn entries_before(&self, place: usize) -> usize {
        self.0
            .iter()
            .map(|strip| {
                strip.entries.offset(strip.places.partition_point(|&p| (p as usize) < place))
            })
            .sum()
    }

    /// The ends of at most `n_ranges` ranges of places that hold about equally many entries, found
    /// by halving.
    fn cut(&self, places: Range<usize>, n_ranges: usize) -> Vec<usize> {
        let before = self.entries_before(places.start);
        let total = self.entries_before(places.end) - before;
        let mut ends = Vec::new();
        let mut last = places.start;
        for range in 1..n_ranges {
            let (mut low, mut high) = (last, places.end);
            while low < high {
                let middle = low.midpoint(high);
                if (self.entries_before(middle) - before) * n_ranges < range * total {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            if low > last && low < places.end {
                ends.push(low);
                last = low;
            }
        }
        ends.push(places.end);
        ends
    }
}

/// A product in strips for a range of places; no two tasks write to the same place.
struct StripTask<'a, N, Q> {
    strips: &'a [Strip<'a, N>],
    places: Range<u32>,
    q: Q,
    width: usize,
    y: &'a mut [f32],
    fresh: bool,
}

impl<N: Value, Q: Gathered> WithSimd for StripTask<'_, N, Q> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if self.fresh {
            self.y.fill(0.0);
        }
        // A few columns of the panels at a time go through all strips: what a strip gathers from
        // stays in cache however wide the panels are.
        let words = Q::words(self.width);
        let mut first_word = 0;
        while first_word < words {
            let some = first_word..words.min(first_word + WORDS_PER_TILE);
            for strip in self.strips {
                let first = strip.places.partition_point(|&place| place < self.places.start);
                let end = strip.places.partition_point(|&place| place < self.places.end);
                let mut task = Task {
                    matrix: strip.entries,
                    rows: first..end,
                    places: Some((strip.places, self.places.start)),
                    q: self.q.part(strip.sources.start * words..strip.sources.end * words),
                    width: self.width,
                    y: &mut *self.y,
                };
                task.multiply(simd, some.clone());
            }
            first_word = some.end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::kernel::One;

    #[test]
    fn strips_add_to_their_places() {
        // Two strips of panel rows 0..2 and 2..5; place 3 has entries in both, place 9 in the
        // second only.
        let ones = [One, One];
        let first = Strip {
            places: &[3],
            entries: SparseView { offsets: &[0, 2], columns: &[0, 1], values: &ones },
            sources: 0..2,
        };
        let second = Strip {
            places: &[3, 9],
            entries: SparseView { offsets: &[0, 1, 2], columns: &[0, 2], values: &ones },
            sources: 2..5,
        };
        let strips = Strips(vec![first, second]);
        let q = [1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0, 5.0, 50.0];
        for ends in [&[12][..], &[3, 4, 12]] {
            let mut y = vec![1.0; 12 * 2];
            let starts = std::iter::once(&0).chain(ends);
            for (&start, &end) in starts.zip(ends) {
                strips.multiply(&q[..], 2, start..end, &mut y[start * 2..end * 2], start == 3);
            }
            let mut expected = vec![1.0; 24];
            expected[18..20].copy_from_slice(&[6.0, 51.0]);
            expected[6..8].copy_from_slice(if ends.len() == 3 {
                &[6.0, 60.0]
            } else {
                &[7.0, 61.0]
            });
            assert_eq!(y, expected);
        }
        assert_eq!(strips.cut(0..12, 2), [4, 12]);
        assert_eq!(strips.cut(4..12, 3), [10, 12]);
    }
}

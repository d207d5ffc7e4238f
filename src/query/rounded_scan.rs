//! The best candidates of all, found in vectors that are rounded to a byte a value.
//!
//! In: rounded vectors, the exact ones, a score. Out: the best candidates, the same, bit for bit,
//! as if every exact vector had been scored: the rounded ones bound each score, and what may be
//! among the best is scored exactly.

use rayon::prelude::*;

use super::likely::{Between, Likely, Needed};
use super::neighbors::Scorer;
use super::top::{best_first, keep_best};
use crate::base::words::WordId;
use crate::linalg::instructions::arch;
use crate::vectors::WordVectors;
use crate::vectors::rounded::{RoundedQuery, RoundedVectors};

/// Rows that one task looks at.
const ROWS_PER_TASK: usize = 4096;

/// Rows that are read in turn, far from each other: a core reads memory about twice as fast in
/// several places as in one.
const STREAMS: usize = 4;

/// By how much the cosines of two orders of summing `dim` products may differ, at most: each is off
/// by `dim` roundings of 2^-24 (Higham 2002, section 3.1).
pub(super) fn margin(dim: usize) -> f32 {
    (dim + 4) as f32 * 2.0 * f32::EPSILON
}

/// A search in rounded vectors.
pub(super) struct RoundedScan<'a, S> {
    vectors: &'a WordVectors,
    lengths: &'a [f32],
    rounded: &'a RoundedVectors,
    excluded: &'a [WordId],
    top: usize,
    score: &'a S,
    queries: Vec<RoundedQuery>,
    margin: f32,
    needed: Needed,
}

impl<'a, S: Scorer> RoundedScan<'a, S> {
    pub(super) fn new(
        vectors: &'a WordVectors,
        lengths: &'a [f32],
        rounded: &'a RoundedVectors,
        excluded: &'a [WordId],
        top: usize,
        score: &'a S,
    ) -> Self {
        let queries = score.units().chunks_exact(vectors.dim()).map(RoundedQuery::new).collect();
        let (margin, needed) = (margin(vectors.dim()), Needed::default());
        Self { vectors, lengths, rounded, excluded, top, score, queries, margin, needed }
    }

    /// The `top` best, best first.
    pub(super) fn best(&self) -> Vec<(f32, WordId)> {
        let found = (0..self.rounded.len().div_ceil(ROWS_PER_TASK))
            .into_par_iter()
            .map(|number| arch().dispatch(ScanTask { scan: self, number }))
            .reduce(Vec::new, |mut left, mut right| {
                left.append(&mut right);
                keep_best(&mut left, self.top);
                left
            });
        best_first(found, self.top)
    }
}

/// The rows of one task.
struct ScanTask<'a, 'b, S> {
    scan: &'a RoundedScan<'b, S>,
    number: usize,
}

impl<S: Scorer> pulp::NullaryFnOnce for ScanTask<'_, '_, S> {
    type Output = Vec<(f32, WordId)>;

    #[inline(always)]
    fn call(self) -> Self::Output {
        let RoundedScan { vectors, lengths, rounded, excluded, score, queries, .. } = self.scan;
        let first = self.number * ROWS_PER_TASK;
        let rows = first..rounded.len().min(first + ROWS_PER_TASK);
        let mut likely = Likely::new(self.scan.top, &self.scan.needed);
        let mut cosines = vec![(0.0f32, 0.0f32); queries.len()];
        // Loops, since a closure is not compiled for the instructions of the machine.
        let part = rows.len().div_ceil(STREAMS);
        for place in 0..part {
            for stream in 0..STREAMS {
                let row = rows.start + stream * part + place;
                if row >= rows.end {
                    break;
                }
                let (values, worth) = (rounded.values(row), rounded.row(row));
                for (cosine, query) in cosines.iter_mut().zip(queries) {
                    let (middle, error) = worth.cosine(query.dot(values), query);
                    *cosine = (middle, error + self.scan.margin);
                }
                let id = WordId(row as u32);
                // An error without a bound makes NaN of some scores.
                let is_unlikely = score.greatest(&cosines) < likely.needed();
                if !is_unlikely && lengths[row] > 0.0 && !excluded.contains(&id) {
                    likely.add(between(*score, &cosines), id);
                }
            }
        }
        likely.best(|id| score.score(vectors.vector(id), lengths[id.index()]))
    }
}

/// The interval of a score.
fn between<S: Scorer>(score: &S, cosines: &[(f32, f32)]) -> Between {
    if cosines.iter().any(|(_, error)| !error.is_finite()) {
        return Between::ANYTHING;
    }
    Between { least: score.least(cosines), most: score.greatest(cosines) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{Method, Search, WeightedWord, WordVector, math, nearest};
    use crate::query::{Neighbor, scattered};

    /// Asks the same of vectors that are read as they are, and of vectors that are rounded.
    fn compare(often: &WordVectors, ask: impl Fn(&WordVectors) -> Vec<Neighbor>) {
        let exact = ask(&scattered(60_000, 20));
        while often.rounded().unwrap().is_none() {}
        assert_eq!(ask(often), exact);
    }

    #[test]
    fn rounded_vectors_give_the_answers_of_the_exact_ones() {
        let often = scattered(60_000, 20);
        for (number, top) in [(0, 1), (1, 10), (2, 3000)] {
            let search = Search::new(top);
            compare(&often, |vectors| {
                let vector = vectors.vector(WordId(number));
                nearest(vectors, vector, &[WordId(number), WordId(99)], &search).unwrap()
            });
            for weights in [[1.0, 1.0, -1.0], [1.0, -1.0, -0.5], [2.0, 1.0, 0.25]] {
                for method in [Method::Add, Method::Mul] {
                    compare(&often, |vectors| {
                        let word = |id: u32| WordVector::known(vectors, WordId(id));
                        let terms: Vec<_> = (number..)
                            .zip(weights)
                            .map(|(id, weight)| WeightedWord { word: word(id), weight })
                            .collect();
                        math(vectors, &terms, method, &search).unwrap()
                    });
                }
            }
        }
    }
}

//! The nearest words of many vectors at once: all vectors are read once, and not once a query.
//!
//! In: queries as unit vectors. Out: for each the words of the greatest cosine, best first, the
//! same, bit for bit, as if it had been asked alone. A task takes a block of rows through all
//! queries, a few rows and queries at a time, so that each number that is loaded serves several
//! products; a row that cannot be among the best so far is dropped at once.

use rayon::prelude::*;

use super::neighbors::{Neighbor, Search, named, unit_of};
use super::top::{best_first, check_top, keep_best};
use super::{Restriction, WordVector};
use crate::base::error::Result;
use crate::base::words::WordId;
use crate::linalg::dot::dots;
use crate::vectors::WordVectors;

/// Candidates of a task.
const CANDIDATES_PER_TASK: usize = 2048;

/// Candidates that go through all queries together: at 300 dimensions they stay in a second-level
/// cache.
const CANDIDATES_AT_A_TIME: usize = 128;

/// Queries that go through the vectors together: what they have found so far is small.
const QUERIES_AT_A_TIME: usize = 1024;

/// More than what rounding makes of a cosine: a row below the worst of the best by so much is none
/// of them.
const MARGIN: f32 = 1e-5;

/// The words nearest to each of several words, without the word itself: as
/// [`neighbors_of`](super::neighbors_of) for each, but much faster.
///
/// # Errors
/// As [`neighbors_of`](super::neighbors_of) for the first word that has an error.
pub fn neighbors_of_many(
    vectors: &WordVectors,
    words: &[WordVector],
    search: &Search,
) -> Result<Vec<Vec<Neighbor>>> {
    check_top(search.top)?;
    let queries = words.iter().map(|word| {
        word.length(vectors)?;
        Ok(Query { unit: unit_of(&word.vector)?, excluded: word.id })
    });
    let queries = queries.collect::<Result<Vec<_>>>()?;
    let mut found = Vec::with_capacity(queries.len());
    for queries in queries.chunks(QUERIES_AT_A_TIME) {
        found.extend(best_of_many(vectors, queries, search)?);
    }
    Ok(found)
}

struct Query {
    unit: Vec<f32>,
    excluded: Option<WordId>,
}

/// What queries are asked of.
#[derive(Clone, Copy)]
struct Candidates<'a> {
    n_words: usize,
    dim: usize,
    numbers: &'a [f32],
    lengths: &'a [f32],
    restriction: Option<&'a Restriction>,
    queries: &'a [Query],
    top: usize,
}

impl<'a> Candidates<'a> {
    fn len(&self) -> usize {
        self.restriction.map_or(self.n_words, |restriction| restriction.ids().len())
    }

    #[inline(always)]
    fn id(&self, position: usize) -> WordId {
        self.restriction.map_or(WordId(position as u32), |restriction| restriction.ids()[position])
    }

    #[inline(always)]
    fn row(&self, id: WordId) -> &'a [f32] {
        &self.numbers[id.index() * self.dim..][..self.dim]
    }
}

/// The best of a query so far.
struct Best {
    scored: Vec<(f32, WordId)>,
    /// No candidate with a lower cosine is among the best.
    worst: f32,
}

impl Best {
    #[inline(always)]
    fn offer(&mut self, product: f32, length: f32, id: WordId, top: usize) {
        // What is no number is found, and refused later.
        if product >= self.worst * length || product.is_nan() {
            self.keep((product / length).clamp(-1.0, 1.0), id, top);
        }
    }

    #[inline(never)]
    fn keep(&mut self, cosine: f32, id: WordId, top: usize) {
        self.scored.push((cosine, id));
        if self.scored.len() >= 2 * top.max(16) {
            keep_best(&mut self.scored, top);
            let worst = self.scored.iter().map(|&(cosine, _)| cosine).fold(1.0, f32::min);
            self.worst = worst - MARGIN;
        }
    }
}

/// The best of a block of candidates for every query.
struct Task<'a> {
    candidates: Candidates<'a>,
    number: usize,
}

impl Task<'_> {
    /// Some queries, beginning with number `first`, and some candidates.
    #[inline(always)]
    fn score<const Q: usize>(&self, first: usize, ids: &[WordId], best: &mut [Best]) {
        let Candidates { lengths, queries, top, .. } = self.candidates;
        let mut units: [&[f32]; Q] = [&[]; Q];
        for query in 0..Q {
            units[query] = &queries[first + query].unit;
        }
        let mut place = 0;
        while place + 2 <= ids.len() {
            let (a, b) = (ids[place], ids[place + 1]);
            let products = dots([self.candidates.row(a), self.candidates.row(b)], units);
            for query in 0..Q {
                let excluded = queries[first + query].excluded;
                let best = &mut best[first + query];
                for (id, product) in [(a, products[0][query]), (b, products[1][query])] {
                    if excluded != Some(id) {
                        best.offer(product, lengths[id.index()], id, top);
                    }
                }
            }
            place += 2;
        }
        if place < ids.len() {
            let id = ids[place];
            let [products] = dots([self.candidates.row(id)], units);
            for query in 0..Q {
                if queries[first + query].excluded != Some(id) {
                    best[first + query].offer(products[query], lengths[id.index()], id, top);
                }
            }
        }
    }
}

impl pulp::NullaryFnOnce for Task<'_> {
    type Output = Vec<Vec<(f32, WordId)>>;

    #[inline(always)]
    fn call(self) -> Self::Output {
        let candidates = &self.candidates;
        let begin = self.number * CANDIDATES_PER_TASK;
        let end = (begin + CANDIDATES_PER_TASK).min(candidates.len());
        let n_queries = candidates.queries.len();
        let mut best: Vec<Best> =
            (0..n_queries).map(|_| Best { scored: Vec::new(), worst: f32::NEG_INFINITY }).collect();
        let mut ids = Vec::with_capacity(CANDIDATES_AT_A_TIME);
        for start in (begin..end).step_by(CANDIDATES_AT_A_TIME) {
            let positions = start..end.min(start + CANDIDATES_AT_A_TIME);
            let has_direction = |id: &WordId| candidates.lengths[id.index()] > 0.0;
            ids.clear();
            ids.extend(positions.map(|position| candidates.id(position)).filter(has_direction));
            let mut first = 0;
            while first + 4 <= n_queries {
                self.score::<4>(first, &ids, &mut best);
                first += 4;
            }
            for first in first..n_queries {
                self.score::<1>(first, &ids, &mut best);
            }
        }
        let kept = |mut best: Best| {
            keep_best(&mut best.scored, candidates.top);
            best.scored
        };
        best.into_iter().map(kept).collect()
    }
}

fn best_of_many(
    vectors: &WordVectors,
    queries: &[Query],
    search: &Search,
) -> Result<Vec<Vec<Neighbor>>> {
    let restriction = search.restrict_to.as_ref();
    let lengths = vectors.lengths()?;
    let candidates = Candidates {
        n_words: vectors.len(),
        dim: vectors.dim(),
        numbers: vectors.as_slice(),
        lengths,
        restriction,
        queries,
        top: search.top,
    };
    let found = (0..candidates.len().div_ceil(CANDIDATES_PER_TASK))
        .into_par_iter()
        .map(|number| pulp::Arch::new().dispatch(Task { candidates, number }))
        .reduce_with(|mut left, right| {
            for (left, mut right) in left.iter_mut().zip(right) {
                left.append(&mut right);
                keep_best(left, search.top);
            }
            left
        });
    let found = found.unwrap_or_else(|| vec![Vec::new(); queries.len()]);
    found.into_iter().map(|scored| named(vectors, best_first(scored, search.top))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::neighbors::tests::scattered;
    use crate::query::neighbors_of;

    #[test]
    fn many_queries_have_the_answers_of_each_alone() {
        for (n_words, dim, n_queries, top) in
            [(5000u32, 20usize, 11u32, 7usize), (100, 3, 4, 200), (4100, 33, 1, 1), (7, 5, 3, 3)]
        {
            let vectors = scattered(n_words, dim);
            let known = |id: u32| WordVector::known(&vectors, WordId(id));
            let words: Vec<_> =
                (0..n_queries).map(|number| known(number * 3 % 6 + number / 7 * 7)).collect();
            let some = Restriction::new((0..n_words).step_by(3).map(WordId));
            for restriction in [None, Some(some)] {
                let search = Search::new(top).restrict_to(restriction);
                let together = neighbors_of_many(&vectors, &words, &search).unwrap();
                for (word, found) in words.iter().zip(together) {
                    assert_eq!(found, neighbors_of(&vectors, word, &search).unwrap());
                }
            }
        }
    }

    #[test]
    fn no_query_and_no_candidate_are_no_answer() {
        let vectors = scattered(10, 4);
        assert!(neighbors_of_many(&vectors, &[], &Search::default()).unwrap().is_empty());
        let none = Search::new(3).restrict_to(Restriction::new([]));
        let words = [WordVector::known(&vectors, WordId(0))];
        assert_eq!(neighbors_of_many(&vectors, &words, &none).unwrap(), [vec![]]);
    }
}

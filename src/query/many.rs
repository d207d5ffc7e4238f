//! The nearest words of many vectors at once: the vectors are read once for all, and not once a
//! query.
//!
//! In: queries as unit vectors. Out: for each the words of the greatest cosine, best first, the
//! same, bit for bit, as if it had been asked alone. A task multiplies a block of rows by a block
//! of queries, which is fast, but rounds in an order of its own. So the products only choose who
//! may be among the best: whatever the rounding of `n` numbers can hide is kept (Higham 2002,
//! section 3.1), and scored once more by the dot product of a single query.

use faer::{Accum, MatMut, MatRef};
use rayon::prelude::*;

use super::WordVector;
use super::likely::{Between, Likely, Needed};
use super::neighbors::{CosineScorer, Neighbor, Scorer, Search, named, unit_of};
use super::rounded_scan::margin;
use super::top::{best_first, check_top, keep_best};
use crate::base::error::Result;
use crate::base::words::WordId;
use crate::linalg::product::multiply;
use crate::vectors::WordVectors;

/// Candidates of a task.
const CANDIDATES_PER_TASK: usize = 2048;

/// Queries that a block of rows is multiplied by: with as many candidates they make 2 MiB of
/// products.
const QUERIES_AT_A_TIME: usize = 256;

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
        Ok(Query { scorer: CosineScorer { unit: unit_of(&word.vector)? }, excluded: word.id })
    });
    let queries = queries.collect::<Result<Vec<_>>>()?;
    let candidates = Candidates { vectors, lengths: vectors.lengths()?, search };
    let mut found = Vec::with_capacity(queries.len());
    for queries in queries.chunks(QUERIES_AT_A_TIME) {
        found.extend(candidates.best_of(queries)?);
    }
    Ok(found)
}

struct Query {
    scorer: CosineScorer,
    excluded: Option<WordId>,
}

/// A word with its score.
type Scored = (f32, WordId);

/// What queries are asked of.
#[derive(Clone, Copy)]
struct Candidates<'a> {
    vectors: &'a WordVectors,
    lengths: &'a [f32],
    search: &'a Search,
}

impl Candidates<'_> {
    fn best_of(&self, queries: &[Query]) -> Result<Vec<Vec<Neighbor>>> {
        let (vectors, top) = (self.vectors, self.search.top);
        let needed: Vec<Needed> = queries.iter().map(|_| Needed::default()).collect();
        let units: Vec<f32> = queries.iter().flat_map(|it| &it.scorer.unit).copied().collect();
        let restriction = self.search.restrict_to.as_ref();
        let n_candidates = restriction.map_or(vectors.len(), |restriction| restriction.ids().len());
        let found = (0..n_candidates.div_ceil(CANDIDATES_PER_TASK))
            .into_par_iter()
            .map(|task| {
                let first = task * CANDIDATES_PER_TASK;
                let range = first..n_candidates.min(first + CANDIDATES_PER_TASK);
                match restriction {
                    None => {
                        let ids: Vec<WordId> = range.clone().map(|id| WordId(id as u32)).collect();
                        let dim = vectors.dim();
                        let rows = &vectors.as_slice()[range.start * dim..range.end * dim];
                        self.best_of_rows(queries, &needed, &units, &ids, rows)
                    }
                    Some(restriction) => {
                        let ids = &restriction.ids()[range];
                        let rows: Vec<f32> =
                            ids.iter().flat_map(|&id| vectors.vector(id)).copied().collect();
                        self.best_of_rows(queries, &needed, &units, ids, &rows)
                    }
                }
            })
            .reduce_with(|mut left, right| {
                for (left, mut right) in left.iter_mut().zip(right) {
                    left.append(&mut right);
                    keep_best(left, top);
                }
                left
            });
        let found = found.unwrap_or_else(|| vec![Vec::new(); queries.len()]);
        found.into_iter().map(|scored| named(vectors, best_first(scored, top))).collect()
    }

    /// The best of some rows for each query. `units`: the queries, one after the other.
    fn best_of_rows(
        &self,
        queries: &[Query],
        needed: &[Needed],
        units: &[f32],
        ids: &[WordId],
        rows: &[f32],
    ) -> Vec<Vec<Scored>> {
        let (dim, n_rows) = (self.vectors.dim(), ids.len());
        let mut products = vec![0.0f32; n_rows * queries.len()];
        multiply(
            MatMut::from_column_major_slice_mut(&mut products, n_rows, queries.len()),
            Accum::Replace,
            MatRef::from_row_major_slice(rows, n_rows, dim),
            MatRef::from_row_major_slice(units, queries.len(), dim).transpose(),
        );
        queries
            .iter()
            .zip(needed)
            .zip(products.chunks_exact(n_rows))
            .map(|((query, needed), products)| self.best_of_query(query, needed, products, ids))
            .collect()
    }

    /// The best rows for a query, whose products with them are known but for rounding.
    fn best_of_query(
        &self,
        query: &Query,
        needed: &Needed,
        products: &[f32],
        ids: &[WordId],
    ) -> Vec<Scored> {
        let margin = margin(self.vectors.dim());
        let mut likely = Likely::new(self.search.top, needed);
        for (&product, &id) in products.iter().zip(ids) {
            let length = self.lengths[id.index()];
            // What is no number is found, and refused later.
            let is_unlikely = product < (likely.needed() - margin) * length;
            if !is_unlikely && length > 0.0 && query.excluded != Some(id) {
                let cosine = product / length;
                let between = Between { least: cosine - margin, most: cosine + margin };
                likely.add(if cosine.is_nan() { Between::ANYTHING } else { between }, id);
            }
        }
        likely.best(|id| query.scorer.score(self.vectors.vector(id), self.lengths[id.index()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::neighbors::tests::scattered;
    use crate::query::{Restriction, neighbors_of};

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

//! Self-learning with dropout (Artetxe, Labaka & Agirre 2018, section 3.3): each round sees only a
//! random share of the candidates, so that wrong pairs do not persist.
//!
//! In: unit rows of both languages, and first pairs. Out: pairs that are each other's best. A round
//! maps the source words by orthogonal Procrustes, and takes for each word of either side the best
//! by CSLS among random candidates, of which a share is kept. The share doubles when the mean
//! cosine of the best stops rising.
//!
//! A hash of seed, round and the two words decides whether a candidate is kept: the same on any
//! number of threads.

use faer::{Accum, MatMut, MatRef};
use rayon::prelude::*;

use super::learner::RowPair;
use super::procrustes::{cross_covariance, procrustes};
use super::retrieval::{Hubness, UnitRows};
use super::side::{mapped, row_major};
use crate::base::error::Result;
use crate::base::random::bits_at;
use crate::linalg::instructions::arch;
use crate::linalg::product::multiply;

/// The frequent words of both languages, as unit rows of few dimensions.
pub(super) struct Frequent<'a> {
    pub(super) x: &'a [f32],
    pub(super) y: &'a [f32],
    pub(super) dim: usize,
    /// Number of words of each side that take part.
    pub(super) n_words: usize,
    pub(super) seed: u64,
}

/// The result of a round: for each word of one side its best of the other.
struct Found {
    /// Among the candidates that were kept.
    drawn: Vec<Option<u32>>,
    /// Among all candidates.
    best: Vec<Option<u32>>,
    /// The mean over the words of the cosine with the nearest.
    cosine: f64,
}

impl Frequent<'_> {
    /// Self-learning with dropout; returns the mutually nearest pairs of the last round. `note`
    /// receives the number of the round, the objective and the share kept, and may stop it.
    pub(super) fn learn(
        &self,
        first: &[RowPair],
        note: &dyn Fn(u64, f64, f64) -> Result<()>,
    ) -> Result<Vec<RowPair>> {
        let mut pairs = first.to_vec();
        let (mut keep, mut highest, mut since) = (FIRST_KEEP, f64::NEG_INFINITY, 0);
        let mut mutual = Vec::new();
        for round in 0..MOST_ROUNDS {
            let (from_x, from_y) = self.round(&pairs, keep, round)?;
            mutual = (0..from_x.best.len() as u32)
                .filter_map(|row| {
                    from_x.best[row as usize]
                        .filter(|&other| from_y.best[other as usize] == Some(row))
                        .map(|other| (row, other))
                })
                .collect();
            pairs.clear();
            pairs.extend(
                from_x
                    .drawn
                    .iter()
                    .enumerate()
                    .filter_map(|(row, other)| Some((row as u32, (*other)?))),
            );
            pairs.extend(
                from_y
                    .drawn
                    .iter()
                    .enumerate()
                    .filter_map(|(row, other)| Some(((*other)?, row as u32))),
            );
            if pairs.is_empty() {
                break;
            }
            let objective = f64::midpoint(from_x.cosine, from_y.cosine);
            note(round + 1, objective, keep)?;
            if objective > highest + LEAST_RISE {
                (highest, since) = (objective, 0);
            } else {
                since += 1;
            }
            if since >= PATIENCE[usize::from(keep > FIRST_KEEP)] {
                if keep >= 1.0 {
                    break;
                }
                (keep, since) = ((2.0 * keep).min(1.0), 0);
            }
        }
        Ok(mutual)
    }

    /// One round, in both directions.
    fn round(&self, pairs: &[RowPair], keep: f64, round: u64) -> Result<(Found, Found)> {
        let dim = self.dim;
        let rotation = procrustes(cross_covariance(self.x, self.y, dim, pairs, None).as_ref())?;
        let first = |rows: &[f32]| rows.len().min(self.n_words * dim);
        let x = mapped(&self.x[..first(self.x)], dim, &row_major(&rotation));
        let y = &self.y[..first(self.y)];
        let hubness = Hubness::new(UnitRows::new(&x, dim), UnitRows::new(y, dim));
        let key = |side: u64| bits_at(self.seed, round, side);
        // Together, so that no core waits for the last task of one direction.
        Ok(rayon::join(
            || CandidateDraw::new(&x, y, dim, &hubness.b, keep, key(0)).best(),
            || CandidateDraw::new(y, &x, dim, &hubness.a, keep, key(1)).best(),
        ))
    }
}

/// One direction of a round: the rows of `b` as candidates for the rows of `a`.
struct CandidateDraw<'a> {
    a: &'a [f32],
    b: &'a [f32],
    dim: usize,
    /// For each row of `b` half of its hubness; infinite for a row of zeros, which is never a
    /// neighbour.
    lower: Vec<f32>,
    /// A candidate is kept if its hash is at most this.
    threshold: u32,
    key: u64,
}

impl<'a> CandidateDraw<'a> {
    fn new(a: &'a [f32], b: &'a [f32], dim: usize, hubness: &[f32], keep: f64, key: u64) -> Self {
        let is_zero = |row: &[f32]| row.iter().all(|&number| number == 0.0);
        let lower = b
            .chunks_exact(dim)
            .zip(hubness)
            .map(|(row, mean)| if is_zero(row) { f32::INFINITY } else { mean / 2.0 })
            .collect();
        let threshold = (keep * f64::from(u32::MAX)).round() as u32;
        Self { a, b, dim, lower, threshold, key }
    }

    /// For each row of `a` its best of `b` by CSLS, among all and among those that a hash keeps.
    fn best(&self) -> Found {
        let n = self.a.len() / self.dim;
        let mut rows = vec![(None, None, 0.0f32); n];
        rows.par_chunks_mut(ROWS_PER_TASK)
            .zip(self.a.par_chunks(ROWS_PER_TASK * self.dim))
            .enumerate()
            .for_each(|(task, (rows, asked))| self.task(task, rows, asked));
        let cosine = rows.iter().map(|row| f64::from(row.2)).sum::<f64>() / n.max(1) as f64;
        Found {
            drawn: rows.iter().map(|row| row.0).collect(),
            best: rows.iter().map(|row| row.1).collect(),
            cosine,
        }
    }

    fn task(&self, task: usize, rows: &mut [RowAnswer], asked: &[f32]) {
        let (dim, m) = (self.dim, self.b.len() / self.dim);
        let mut cosines = vec![0.0f32; rows.len() * m];
        multiply(
            MatMut::from_row_major_slice_mut(&mut cosines, rows.len(), m),
            Accum::Replace,
            MatRef::from_row_major_slice(asked, rows.len(), dim),
            MatRef::from_row_major_slice(self.b, m, dim).transpose(),
        );
        let arch = arch();
        let mut hidden = vec![0.0f32; m];
        for (place, (answer, cosines)) in
            rows.iter_mut().zip(cosines.chunks_exact_mut(m)).enumerate()
        {
            if asked[place * dim..][..dim].iter().any(|&number| number != 0.0) {
                let key = bits_at(self.key, (task * ROWS_PER_TASK + place) as u64, 0) as u32;
                let (lower, threshold) = (&self.lower[..], self.threshold);
                *answer =
                    arch.dispatch(Draw { cosines, lower, hidden: &mut hidden, key, threshold });
            }
        }
    }
}

/// For one row: its best of the columns that the hash keeps, its best of all, and its largest
/// cosine.
type RowAnswer = (Option<u32>, Option<u32>, f32);

/// Finds the [`RowAnswer`] of one row.
struct Draw<'a> {
    cosines: &'a mut [f32],
    lower: &'a [f32],
    hidden: &'a mut [f32],
    key: u32,
    threshold: u32,
}

impl pulp::NullaryFnOnce for Draw<'_> {
    type Output = RowAnswer;

    #[inline(always)]
    fn call(self) -> Self::Output {
        let Self { cosines, lower, hidden, key, threshold } = self;
        let nearest = most(cosines);
        cosines.iter_mut().zip(lower).for_each(|(cosine, lower)| *cosine -= lower);
        hide(cosines, hidden, key, threshold);
        (place_of(hidden, most(hidden)), place_of(cosines, most(cosines)), nearest)
    }
}

/// Copies the scores of the kept columns, and writes `-inf` for the others.
#[inline(always)]
fn hide(scores: &[f32], hidden: &mut [f32], key: u32, threshold: u32) {
    for (column, (hidden, &score)) in hidden.iter_mut().zip(scores).enumerate() {
        // The finalizer of MurmurHash3 (Appleby 2011) on the column's number.
        let mut hash = (column as u32).wrapping_mul(0x9E37_79B1) ^ key;
        hash = (hash ^ (hash >> 16)).wrapping_mul(0x85EB_CA6B);
        hash = (hash ^ (hash >> 13)).wrapping_mul(0xC2B2_AE35);
        hash ^= hash >> 16;
        *hidden = if hash <= threshold { score } else { f32::NEG_INFINITY };
    }
}

/// The largest value.
#[inline(always)]
fn most(scores: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let whole = scores.chunks_exact(LANES);
    let rest = whole.remainder();
    for scores in whole {
        for (most, &score) in lanes.iter_mut().zip(scores) {
            *most = if score > *most { score } else { *most };
        }
    }
    lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max)
}

/// The position of the largest value, the first of equals; `None` if it is `-inf`.
#[inline(always)]
fn place_of(scores: &[f32], most: f32) -> Option<u32> {
    if most == f32::NEG_INFINITY {
        None
    } else {
        scores.iter().position(|&score| score == most).map(|place| place as u32)
    }
}

/// Share of the candidates that are kept at the beginning.
const FIRST_KEEP: f64 = 0.1;

/// Rounds without a better objective after which more candidates are kept: with the first share,
/// when the search is free, and with later shares.
const PATIENCE: [usize; 2] = [20, 5];

/// The least rise of the objective that counts; its random variation is half of that.
const LEAST_RISE: f64 = 1e-3;

/// The largest number of rounds of a start.
const MOST_ROUNDS: u64 = 500;

/// Values that are compared together.
const LANES: usize = 16;

/// Rows of a product that one task makes: the other side is packed anew for each task.
const ROWS_PER_TASK: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::profiles::unit_rows;
    use crate::base::random::uniform;

    fn rows(n: usize, dim: usize, seed: u64) -> Vec<f32> {
        let mut rows: Vec<f32> = (0..n * dim)
            .map(|at| (uniform(seed, (at / dim) as u64, (at % dim) as u64) - 0.5) as f32)
            .collect();
        unit_rows(&mut rows, dim);
        rows
    }

    #[test]
    fn all_is_kept_or_a_share_of_it() {
        let scores = vec![1.0f32; 100_000];
        let mut hidden = vec![0.0; scores.len()];
        for (keep, share) in [(u32::MAX, 1.0), (u32::MAX / 10, 0.1)] {
            hide(&scores, &mut hidden, 1234, keep);
            let kept =
                hidden.iter().filter(|&&score| score == 1.0).count() as f64 / scores.len() as f64;
            assert!((kept - share).abs() < 0.005, "{kept} of {share}");
        }
    }

    #[test]
    fn the_best_of_all_is_the_nearest_less_its_hubness() {
        let (a, b) = (rows(150, 6, 1), rows(170, 6, 2));
        let hubness: Vec<f32> = (0..170).map(|at| uniform(3, at, 0) as f32).collect();
        let found = CandidateDraw::new(&a, &b, 6, &hubness, 1.0, 9).best();
        assert_eq!(found.best, found.drawn);
        for (row, best) in a.chunks_exact(6).zip(&found.best) {
            let score = |at: usize| {
                row.iter().zip(&b[at * 6..][..6]).map(|(p, q)| f64::from(p * q)).sum::<f64>()
                    - f64::from(hubness[at]) / 2.0
            };
            let truth = (0..170).map(score).fold(f64::NEG_INFINITY, f64::max);
            assert!((score(best.unwrap() as usize) - truth).abs() < 1e-6);
        }
    }
}

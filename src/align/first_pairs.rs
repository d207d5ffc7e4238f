//! First pairs: from nothing, or from a few given ones, to the mutually nearest pairs of the
//! frequent words.
//!
//! In: normalized rows of two languages, and pairs or none. Out: pairs of the [`FREQUENT`] most
//! frequent words that a map of the given spaces can be learned from, and the share of them on
//! which several starts agree.
//!
//! **Where it looks.** In a space whose components weigh alike, as is best for words, wrong pairs
//! fit almost as well as right ones: the learning sticks. Two languages share most what varies
//! most. So both are turned to their principal axes, cut to [`LEADING`] of them, and the standard
//! deviations are raised to a power, found for each language, that leaves a given number of
//! effective dimensions (the participation ratio `(sum v_i)^2 / sum v_i^2` of the variances). There
//! is one start for each number in [`EFFECTIVE_DIMENSIONS`].
//!
//! **How it learns** (Artetxe, Labaka & Agirre 2018, section 3.3). A round maps the source words by
//! orthogonal Procrustes, and takes for each word of either side the best by CSLS among random
//! candidates, of which a share is kept; the share doubles when the mean cosine of the best stops
//! rising. A few rounds in the given space follow.
//!
//! **What starts agree on.** A start that stands still has parts of the vocabulary exchanged for
//! others of the same shape (days for seasons), each start other parts; so a pair that more than
//! half of the starts found is far more often right. These pairs begin a last attempt, in the given
//! space at once. The attempt with most mutually nearest pairs wins. On the sample corpora it
//! raises the share of right translations from one half to four fifths.
//!
//! A candidate is kept or not by a hash of seed, start, round and the two words: the same on any
//! number of threads. Cost of a round: `6 n^2 LEADING` operations and `4 n^2` comparisons with n =
//! [`FREQUENT`]; of memory, the `8 n^2` bytes of the profiles of [`PROFILED`] words are the most.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::AlignConfig;
use super::learn::work_of_growing;
use super::learner::{Learner, Pair, mapped, work_of_round};
use super::map::row_major;
use super::procrustes::{cross_covariance, decomposed, procrustes};
use super::profiles::{from_profiles, unit_rows};
use super::retrieval;
use super::retrieval::{CSLS_NEIGHBORS, Hubness, Rows};
use crate::base::error::{Error, Result};
use crate::base::random::bits_at;
use crate::linalg::dense::product;

/// Words that self-learning begins on.
pub(super) const FREQUENT: usize = 2_000;

/// Words whose profiles are compared: Artetxe et al. 2018 take 4,000.
const PROFILED: usize = 4_000;

/// Words that the principal axes are those of, each with the weight `1 / sqrt(rank)`: with equal
/// weights the many rare words decide, and rightly matched pairs come far more slowly.
const SPREAD_OF: usize = 20_000;

/// Principal axes that the starts look along.
const LEADING: usize = 100;

/// The spectra that the starts look at: fewer effective dimensions find their way from worse pairs,
/// more of them find better ones.
const EFFECTIVE_DIMENSIONS: [f64; 3] = [20.0, 11.0, 6.0];

/// Powers of the standard deviations that are tried, from no spectrum at all to a steep one.
const POWERS: (f64, f64) = (0.0, 16.0);

/// Share of the candidates that are kept at first.
const FIRST_KEEP: f64 = 0.1;

/// Rounds without a better objective after which more candidates are kept: at first, when it may
/// look for its way, and later.
const PATIENCE: [usize; 2] = [20, 5];

/// Least rise of the objective that counts: it trembles by half as much.
const LEAST_RISE: f64 = 1e-3;

/// Rounds of a start at most, whatever the objective does.
const MOST_ROUNDS: u64 = 500;

/// Rounds that a share of the candidates usually takes.
const USUAL_ROUNDS: u64 = 12;

/// A round draws among its candidates besides comparing them, and takes so many times as long as
/// the comparison.
const DRAWING: u64 = 3;

/// The profiles that a start begins with take as long as so many rounds.
const ROUNDS_OF_PROFILES: u64 = 30;

/// Rounds in the given space.
const SETTLING_ROUNDS: usize = 8;

/// Numbers that are looked at together.
const LANES: usize = 16;

/// Rows of a product that one task makes.
const ROWS_PER_TASK: usize = 64;

/// First pairs, and how far they can be relied on.
pub(super) struct Beginning {
    /// Mutually nearest pairs, by rising source.
    pub(super) pairs: Vec<Pair>,
    /// The share of them that each start found, but the one that they come from, on average.
    pub(super) agreement: f64,
}

/// Bytes that it takes at its peak to begin from nothing with so many rows: the profiles of both
/// sides.
pub(super) fn memory_bytes(n_rows: [usize; 2]) -> u64 {
    let profiled = n_rows[0].min(n_rows[1]).min(PROFILED) as u64;
    2 * 4 * profiled * profiled + retrieval::memory_bytes(2 * profiled as usize, CSLS_NEIGHBORS)
}

/// Pairs of the most frequent words: learned from `given`, or from the profiles of the words where
/// nothing is given.
pub(super) fn begin(
    learner: &Learner<'_>,
    given: &[Pair],
    config: &AlignConfig,
) -> Result<Beginning> {
    let sides = [Axes::of(learner.x, learner.dim)?, Axes::of(learner.y, learner.dim)?];
    let mut runs = Vec::with_capacity(EFFECTIVE_DIMENSIONS.len());
    for (start, &effective) in EFFECTIVE_DIMENSIONS.iter().enumerate() {
        let most = given
            .iter()
            .map(|&(s, t)| s.max(t) as usize + 1)
            .max()
            .unwrap_or(PROFILED)
            .max(FREQUENT);
        let x = sides[0].turned(learner.x, most, effective);
        let y = sides[1].turned(learner.y, most, effective);
        let dim = sides[0].leading();
        learner.progress.note(&format!(
            "start {} of {}, profiles of words",
            start + 1,
            EFFECTIVE_DIMENSIONS.len()
        ));
        let profiled;
        let first = if given.is_empty() {
            profiled = from_profiles(&x, &y, dim)?;
            &profiled
        } else {
            given
        };
        if first.len() < 2 {
            return Err(Error::FewPairs { usable: first.len(), given: first.len(), needed: 2 });
        }
        let frequent = Frequent {
            x: &x,
            y: &y,
            dim,
            cutoff: FREQUENT.min(config.self_learning_words),
            seed: bits_at(config.seed, start as u64, 0),
        };
        let n_starts = EFFECTIVE_DIMENSIONS.len();
        let of_round = DRAWING * work_of_round(frequent.cutoff, dim);
        if given.is_empty() {
            learner.work.add(ROUNDS_OF_PROFILES * of_round);
        }
        let before = learner.work.done();
        let of_settling = SETTLING_ROUNDS as u64 * work_of_round(frequent.cutoff, learner.dim);
        let mut pairs = frequent.learn(first, &|round, objective, keep| {
            learner.work.add(of_round);
            // The rounds of a start are known when it has ended; those that begin may take as long
            // as the others, or as is usual.
            let here = of_settling + of_round * (round + rounds_left(keep));
            let of_start = (before + if start == 0 { here } else { 0 }) / start.max(1) as u64;
            let later = of_start * (n_starts - start - 1) as u64
                + of_settling
                + work_of_growing(learner, config.self_learning_words);
            learner.work.expect(before + here + later);
            learner.note(&format!(
                "start {} of {n_starts}, round {round}, objective {objective:.3}",
                start + 1
            ))
        })?;
        pairs = settled(learner, pairs, frequent.cutoff)?;
        learner.note(&format!("start {} of {n_starts}: {} pairs", start + 1, pairs.len()))?;
        runs.push(pairs);
    }
    let n_starts = runs.len();
    let common = found_by_most(&runs);
    if common.len() >= 2 {
        let pairs = settled(learner, common, FREQUENT.min(config.self_learning_words))?;
        learner.note(&format!("from what the starts agree on: {} pairs", pairs.len()))?;
        runs.push(pairs);
    }
    // The earlier of equals.
    let best = (0..runs.len())
        .max_by_key(|&run| (runs[run].len(), std::cmp::Reverse(run)))
        .expect("several starts");
    let agreement = mean_agreement(&runs[..n_starts], &runs[best], best);
    Ok(Beginning { pairs: runs.swap_remove(best), agreement })
}

/// Rounds that a start will usually still take when it keeps this share of the candidates: it
/// doubles up to 1.
fn rounds_left(keep: f64) -> u64 {
    let doublings = (1.0 / keep).log2().ceil().max(0.0) as u64 + 1;
    USUAL_ROUNDS * doublings
}

/// A few rounds in the given space.
fn settled(learner: &Learner<'_>, mut pairs: Vec<Pair>, cutoff: usize) -> Result<Vec<Pair>> {
    for _ in 0..SETTLING_ROUNDS {
        pairs = learner.weighted(&pairs, cutoff)?.mutual();
    }
    Ok(pairs)
}

/// The pairs that more than half of the runs have.
fn found_by_most(runs: &[Vec<Pair>]) -> Vec<Pair> {
    let mut all = runs.concat();
    all.sort_unstable();
    all.chunk_by(|a, b| a == b)
        .filter(|same| 2 * same.len() > runs.len())
        .map(|same| same[0])
        .collect()
}

/// The share of the best pairs that each start has, but the start of that number, on average.
fn mean_agreement(starts: &[Vec<Pair>], best: &[Pair], number: usize) -> f64 {
    let shared = |start: &Vec<Pair>| {
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

/// The principal axes of one language.
struct Axes {
    /// `dim x leading`, the one along which the rows vary most first.
    axes: Mat<f64>,
    /// The variances along them, falling.
    variances: Vec<f64>,
    dim: usize,
}

impl Axes {
    fn of(rows: &[f32], dim: usize) -> Result<Self> {
        let n = (rows.len() / dim).min(SPREAD_OF);
        let same: Vec<Pair> = (0..n as u32).map(|row| (row, row)).collect();
        let weights: Vec<f32> = (1..=n).map(|rank| (rank as f32).sqrt().recip()).collect();
        let (axes, variances, _) =
            decomposed(cross_covariance(rows, rows, dim, &same, Some(&weights)).as_ref())?;
        let leading = LEADING.min(dim);
        Ok(Self {
            axes: axes.subcols(0, leading).to_owned(),
            variances: variances[..leading].to_vec(),
            dim,
        })
    }

    fn leading(&self) -> usize {
        self.variances.len()
    }

    /// The first `n_rows` rows along the axes, with about so many effective dimensions, as unit
    /// rows: `n_rows x leading`.
    fn turned(&self, rows: &[f32], n_rows: usize, effective: f64) -> Vec<f32> {
        let (dim, leading) = (self.dim, self.leading());
        let power = self.power_for(effective);
        let largest = self.variances[0];
        let scaled = Mat::from_fn(dim, leading, |i, j| {
            self.axes[(i, j)] * deviation_ratio(self.variances[j], largest).powf(power - 1.0)
        });
        let rows = &rows[..rows.len().min(n_rows * dim)];
        let wide: Vec<f64> = rows.iter().map(|&number| f64::from(number)).collect();
        let turned =
            product(MatRef::from_row_major_slice(&wide, rows.len() / dim, dim), scaled.as_ref());
        let mut turned = row_major(&turned);
        unit_rows(&mut turned, leading);
        let n = turned.len() / leading;
        let mean: Vec<f32> = (0..leading)
            .map(|j| {
                ((0..n).map(|i| f64::from(turned[i * leading + j])).sum::<f64>() / n.max(1) as f64)
                    as f32
            })
            .collect();
        for row in
            turned.chunks_exact_mut(leading).filter(|row| row.iter().any(|&number| number != 0.0))
        {
            row.iter_mut().zip(&mean).for_each(|(number, mean)| *number -= mean);
        }
        unit_rows(&mut turned, leading);
        turned
    }

    /// The power of the standard deviations at which so many dimensions are effective: they fall as
    /// it rises.
    fn power_for(&self, effective: f64) -> f64 {
        let (mut low, mut high) = POWERS;
        for _ in 0..40 {
            let middle = f64::midpoint(low, high);
            if self.effective_dimensions(middle) > effective { low = middle } else { high = middle }
        }
        f64::midpoint(low, high)
    }

    fn effective_dimensions(&self, power: f64) -> f64 {
        let raised = self
            .variances
            .iter()
            .map(|&variance| deviation_ratio(variance, self.variances[0]).powf(2.0 * power));
        let (sum, squares) = raised.fold((0.0, 0.0), |(sum, squares), variance| {
            (sum + variance, squares + variance * variance)
        });
        sum * sum / squares
    }
}

/// A standard deviation as a share of the largest, kept from 0, which has no negative power.
fn deviation_ratio(variance: f64, largest: f64) -> f64 {
    (variance / largest.max(f64::MIN_POSITIVE)).max(1e-12).sqrt()
}

/// The frequent words of both languages, as unit rows of few dimensions.
struct Frequent<'a> {
    x: &'a [f32],
    y: &'a [f32],
    dim: usize,
    cutoff: usize,
    seed: u64,
}

/// What a round found: for each word of one side its best of the other.
struct Found {
    /// Of those that were kept.
    drawn: Vec<Option<u32>>,
    /// Of all.
    best: Vec<Option<u32>>,
    /// The mean cosine of the nearest.
    cosine: f64,
}

impl Frequent<'_> {
    /// Self-learning with dropping; returns the mutually nearest pairs at its end.
    fn learn(
        &self,
        first: &[Pair],
        note: &dyn Fn(u64, f64, f64) -> Result<()>,
    ) -> Result<Vec<Pair>> {
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
    fn round(&self, pairs: &[Pair], keep: f64, round: u64) -> Result<(Found, Found)> {
        let dim = self.dim;
        let rotation = procrustes(cross_covariance(self.x, self.y, dim, pairs, None).as_ref())?;
        let first = |rows: &[f32]| rows.len().min(self.cutoff * dim);
        let x = mapped(&self.x[..first(self.x)], dim, &row_major(&rotation));
        let y = &self.y[..first(self.y)];
        let hubness = Hubness::of(Rows::new(&x, dim), Rows::new(y, dim));
        let key = |side: u64| bits_at(self.seed, round, side);
        Ok((
            best_of_drawn(&x, y, dim, &hubness.b, keep, key(0)),
            best_of_drawn(y, &x, dim, &hubness.a, keep, key(1)),
        ))
    }
}

/// For each row of `a` its best of `b` by CSLS, of all and of those that a hash keeps.
fn best_of_drawn(a: &[f32], b: &[f32], dim: usize, hubness: &[f32], keep: f64, key: u64) -> Found {
    let (n, m) = (a.len() / dim, b.len() / dim);
    // Rows of zeros are nobody's neighbour.
    let lower: Vec<f32> = b
        .chunks_exact(dim)
        .zip(hubness)
        .map(
            |(row, mean)| {
                if row.iter().all(|&number| number == 0.0) { f32::INFINITY } else { mean / 2.0 }
            },
        )
        .collect();
    let arch = pulp::Arch::new();
    let threshold = (keep * f64::from(u32::MAX)).round() as u32;
    let columns = MatRef::from_row_major_slice(b, m, dim);
    let mut rows = vec![(None, None, 0.0f32); n];
    rows.par_chunks_mut(ROWS_PER_TASK).zip(a.par_chunks(ROWS_PER_TASK * dim)).enumerate().for_each(
        |(task, (rows, part))| {
            let mut cosines = vec![0.0f32; rows.len() * m];
            let product = MatMut::from_row_major_slice_mut(&mut cosines, rows.len(), m);
            matmul(
                product,
                Accum::Replace,
                MatRef::from_row_major_slice(part, rows.len(), dim),
                columns.transpose(),
                1.0,
                Par::Seq,
            );
            let mut hidden = vec![0.0f32; m];
            for (place, (answer, cosines)) in
                rows.iter_mut().zip(cosines.chunks_exact_mut(m)).enumerate()
            {
                if part[place * dim..][..dim].iter().any(|&number| number != 0.0) {
                    let key = bits_at(key, (task * ROWS_PER_TASK + place) as u64, 0) as u32;
                    *answer = arch.dispatch(Draw {
                        cosines,
                        lower: &lower,
                        hidden: &mut hidden,
                        key,
                        threshold,
                    });
                }
            }
        },
    );
    let cosine = rows.iter().map(|row| f64::from(row.2)).sum::<f64>() / n.max(1) as f64;
    Found {
        drawn: rows.iter().map(|row| row.0).collect(),
        best: rows.iter().map(|row| row.1).collect(),
        cosine,
    }
}

/// One row: its best of the columns that the hash keeps, its best of all, and its largest cosine.
struct Draw<'a> {
    cosines: &'a mut [f32],
    lower: &'a [f32],
    hidden: &'a mut [f32],
    key: u32,
    threshold: u32,
}

impl pulp::NullaryFnOnce for Draw<'_> {
    type Output = (Option<u32>, Option<u32>, f32);

    #[inline(always)]
    fn call(self) -> Self::Output {
        let Self { cosines, lower, hidden, key, threshold } = self;
        let nearest = most(cosines);
        cosines.iter_mut().zip(lower).for_each(|(cosine, lower)| *cosine -= lower);
        hide(cosines, hidden, key, threshold);
        (place_of(hidden, most(hidden)), place_of(cosines, most(cosines)), nearest)
    }
}

/// Copies the scores of the columns that the hash keeps, and `-inf` for the others.
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

/// The largest number.
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

/// The place of the largest number, the first of equals; `None` if it is `-inf`.
#[inline(always)]
fn place_of(scores: &[f32], most: f32) -> Option<u32> {
    if most == f32::NEG_INFINITY {
        None
    } else {
        scores.iter().position(|&score| score == most).map(|place| place as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::uniform;

    fn rows(n: usize, dim: usize, seed: u64, spread: impl Fn(usize) -> f64) -> Vec<f32> {
        let mut rows: Vec<f32> = (0..n * dim)
            .map(|at| {
                ((uniform(seed, (at / dim) as u64, (at % dim) as u64) - 0.5) * spread(at % dim))
                    as f32
            })
            .collect();
        unit_rows(&mut rows, dim);
        rows
    }

    #[test]
    fn the_spectrum_is_brought_to_the_asked_dimensions() {
        let rows = rows(3_000, 40, 7, |axis| 1.0 / (1.0 + axis as f64).powf(0.3));
        let axes = Axes::of(&rows, 40).unwrap();
        for effective in [20.0, 8.0] {
            assert!(
                (axes.effective_dimensions(axes.power_for(effective)) - effective).abs() < 1e-6
            );
        }
        let flat = axes.effective_dimensions(0.0);
        assert!((flat - 40.0).abs() < 1e-9, "{flat}");
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
        let (a, b) = (rows(150, 6, 1, |_| 1.0), rows(170, 6, 2, |_| 1.0));
        let hubness: Vec<f32> = (0..170).map(|at| uniform(3, at, 0) as f32).collect();
        let found = best_of_drawn(&a, &b, 6, &hubness, 1.0, 9);
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

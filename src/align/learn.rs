//! From normalized rows of two languages to the matrices of a map: pairs, the map of the pairs, better pairs under that map, and so on.
//!
//! In: the rows of both languages, `n x dim`, and the pairs of a dictionary or of identical words, or none. Out: the orthogonal and the re-weighted
//! matrices, and the verdict. Without pairs it begins with those of `initial.rs`. A round of self-learning (Artetxe, Labaka & Agirre 2018,
//! section 3.3) maps the frequent words, takes for each word its best by CSLS in both directions, and learns the next map from these pairs:
//!
//! 1. On [`FIRST_CUTOFF`] words, orthogonal maps; each word's best are kept with a probability that begins at [`FIRST_KEEP`] and doubles when the
//!    objective, the mean CSLS of the pairs, stops rising. So it gets out of bad beginnings. This is done from several starts, and the start with the
//!    greatest objective goes on.
//! 2. On twice as many words, and again, up to the cutoff, without dropping.
//! 3. On the cutoff, from mutually nearest pairs alone, with the re-weighted map of `reweight.rs`. The pairs of a dictionary always stay among them.
//!
//! A word dropped for a round is redrawn by a counter (seed, start and round, word and place): the same on any number of threads.

use faer::{Mat, MatRef};

use super::initial::{from_profiles, unit_rows};
use super::map::{SideMap, multiply, row_major};
use super::normalize::{Normalization, NormalizedRows};
use super::procrustes::{cross_covariance, decomposed, procrustes};
use super::rcsls::Relaxed;
use super::retrieval::{Best, Hubness, Rows, best_both};
use super::reweight::symmetric;
use super::verdict::{AlignmentReport, Signs, judge};
use super::{AlignConfig, AlignMethod, Criterion};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::random::{bits_at, uniform};
use crate::svd::product;

/// Words whose profiles are compared: Artetxe et al. 2018 take 4,000.
const PROFILED: usize = 4_000;

/// Words that self-learning begins on.
const FIRST_CUTOFF: usize = 2_000;

/// Share of the candidates that are kept at first.
const FIRST_KEEP: f64 = 0.1;

/// Candidates of each word that a pair is drawn from: with [`FIRST_KEEP`] the first that is kept is the tenth on average, and one word of sixty
/// has none.
const CANDIDATES: usize = 40;

/// Principal components of each language that self-learning begins on: they are what two languages share most, and a map of few dimensions has
/// less room to fit wrong pairs.
const FIRST_DIM: usize = 100;

/// Rounds without a better objective after which more candidates are kept.
const PATIENCE: usize = 20;

/// Least rise of the objective that counts.
const LEAST_RISE: f64 = 1e-4;

/// Rounds on a cutoff at most, whatever the objective does.
const MOST_ROUNDS: usize = 500;

/// Rounds on each larger cutoff.
const GROWING_ROUNDS: usize = 3;

/// Rounds with re-weighting.
const WEIGHTED_ROUNDS: usize = 3;

/// Starts of an alignment without a dictionary.
const STARTS: u64 = 3;

/// Frequent words that held-out pairs are looked for among.
const HELD_OUT_CUTOFF: usize = 10_000;

/// The seed of the two halves; any would do.
const FOLD_SEED: u64 = 1966;

/// Row numbers of a source and a target word.
type Pair = (u32, u32);

/// The matrices of both sides, and how it went.
pub(crate) struct Learned {
    pub(crate) source: SideMap,
    pub(crate) target: SideMap,
    pub(crate) report: AlignmentReport,
}

/// Learns from rows, and from pairs where there are any.
pub(crate) fn learn(
    x: &NormalizedRows,
    y: &NormalizedRows,
    pairs: &[(u32, u32)],
    config: &AlignConfig,
    progress: &dyn Progress,
) -> Result<Learned> {
    let learner = Learner { x: &x.data, y: &y.data, dim: x.dim, power: config.reweight, progress };
    let usable: Vec<(u32, u32)> =
        pairs.iter().copied().filter(|&(s, t)| has_direction(&x.data, x.dim, s) && has_direction(&y.data, y.dim, t)).collect();
    let needed = match config.method {
        AlignMethod::Supervised => x.dim,
        AlignMethod::SemiSupervised | AlignMethod::Identical => 2,
        AlignMethod::Unsupervised | AlignMethod::Shared => 0,
    };
    if usable.len() < needed {
        return Err(Error::FewPairs { usable: usable.len(), given: pairs.len(), needed });
    }
    let mut agreement = None;
    let last = match config.method {
        AlignMethod::Supervised => joined(usable, &[]),
        AlignMethod::SemiSupervised => {
            let start = if usable.len() >= 4 * x.dim { usable.clone() } else { learner.begin_from(&usable, config)?.pairs };
            learner.grow(start, &usable, config.cutoff)?
        }
        AlignMethod::Shared => unreachable!("nothing is learned of a shared space"),
        AlignMethod::Identical => {
            let start = learner.begin_from(&usable, config)?.pairs;
            learner.grow(start, &[], config.cutoff)?
        }
        AlignMethod::Unsupervised => {
            let (small_x, small_y, dim) = learner.leading(PROFILED)?;
            let first = from_profiles(&small_x, &small_y, dim)?;
            if first.len() < 2 {
                return Err(Error::FewPairs { usable: first.len(), given: first.len(), needed: 2 });
            }
            let small = Learner { x: &small_x, y: &small_y, dim, ..learner };
            let runs = (0..STARTS).map(|start| small.self_learn(&first, config, start)).collect::<Result<Vec<Run>>>()?;
            let best =
                (0..runs.len()).max_by(|&l, &r| runs[l].objective.total_cmp(&runs[r].objective).then(r.cmp(&l))).expect("several starts");
            agreement = Some(mean_agreement(&runs, best));
            learner.grow(runs[best].pairs.clone(), &[], config.cutoff)?
        }
    };
    let mut maps = learner.maps(&last)?;
    if config.criterion == Criterion::Rcsls {
        let rotation = procrustes(cross_covariance(&x.data, &y.data, x.dim, &last, None).as_ref())?;
        let relaxed = Relaxed { x: &x.data, y: &y.data, dim: x.dim, cutoff: config.cutoff };
        maps.0.weighted = row_major(&relaxed.descend(&last, rotation, &|note| learner.note(note))?);
        maps.1.weighted.clone_from(&maps.1.rotation);
    }
    let held_out = learner.held_out(&last, config.cutoff)?;
    let report = judge(x, y, &maps, Signs { pairs: last.len(), given: config.method == AlignMethod::Supervised, agreement, held_out });
    Ok(Learned { source: maps.0, target: maps.1, report })
}

/// What the words that find each other in a space that is given, not learned, tell of it: their number, and whether a map of one half of them
/// finds the other half.
pub(crate) fn signs_of_shared(x: &NormalizedRows, y: &NormalizedRows, config: &AlignConfig) -> Result<Signs> {
    let learner = Learner { x: &x.data, y: &y.data, dim: x.dim, power: config.reweight, progress: &() };
    let pairs = learner.mutual_as_they_lie(config.cutoff);
    Ok(Signs { pairs: pairs.len(), given: false, agreement: None, held_out: learner.held_out(&pairs, config.cutoff)? })
}

fn has_direction(rows: &[f32], dim: usize, row: u32) -> bool {
    rows[row as usize * dim..][..dim].iter().any(|&number| number != 0.0)
}

/// The end of one start.
struct Run {
    /// Mutually nearest pairs, by rising source.
    pairs: Vec<(u32, u32)>,
    objective: f64,
}

/// The share of the pairs of the best run that each other run has too, on average.
fn mean_agreement(runs: &[Run], best: usize) -> f64 {
    let shared = |run: &Run| {
        let same = run.pairs.iter().filter(|pair| runs[best].pairs.binary_search(pair).is_ok()).count();
        same as f64 / runs[best].pairs.len().max(1) as f64
    };
    let others = runs.iter().enumerate().filter(|&(number, _)| number != best);
    others.map(|(_, run)| shared(run)).sum::<f64>() / (runs.len() - 1).max(1) as f64
}

/// Both languages, and how maps are made of pairs.
struct Learner<'a> {
    x: &'a [f32],
    y: &'a [f32],
    dim: usize,
    power: f64,
    progress: &'a dyn Progress,
}

/// Candidates of the frequent words in both directions, by CSLS.
struct Candidates {
    from_x: Best,
    from_y: Best,
}

impl Candidates {
    /// Pairs that are each other's best, by rising source.
    fn mutual(&self) -> Vec<(u32, u32)> {
        let best = |of: &Best, row: u32| of.of(row as usize).next().map(|it| it.0);
        (0..self.from_x.len() as u32)
            .filter_map(|row| best(&self.from_x, row).filter(|&other| best(&self.from_y, other) == Some(row)).map(|other| (row, other)))
            .collect()
    }

    /// For each word of either side its best candidate of those that are kept, with the probability `keep`.
    fn drawn(&self, keep: f64, seed: u64, round: u64) -> Vec<(u32, u32)> {
        let draw = |of: &Best, row: usize, side: u64| {
            of.of(row).enumerate().find(|&(place, _)| {
                keep >= 1.0 || uniform(seed.wrapping_add(round << 1).wrapping_add(side), row as u64, place as u64) < keep
            })
        };
        let mut pairs: Vec<(u32, u32)> =
            (0..self.from_x.len()).filter_map(|row| draw(&self.from_x, row, 0).map(|(_, (other, _))| (row as u32, other))).collect();
        pairs.extend((0..self.from_y.len()).filter_map(|row| draw(&self.from_y, row, 1).map(|(_, (other, _))| (other, row as u32))));
        pairs
    }

    /// The mean CSLS of each word with its best, in both directions.
    fn objective(&self) -> f64 {
        let sum = |of: &Best| (0..of.len()).filter_map(|row| of.of(row).next()).map(|(_, score)| f64::from(score)).sum::<f64>();
        (sum(&self.from_x) + sum(&self.from_y)) / (self.from_x.len() + self.from_y.len()).max(1) as f64
    }
}

impl Learner<'_> {
    fn n_x(&self) -> usize {
        self.x.len() / self.dim
    }

    fn n_y(&self) -> usize {
        self.y.len() / self.dim
    }

    /// The first rows of both languages in their own leading principal components, at most [`FIRST_DIM`], as unit rows.
    fn leading(&self, n_rows: usize) -> Result<(Vec<f32>, Vec<f32>, usize)> {
        let dim = FIRST_DIM.min(self.dim);
        let side = |rows: &[f32]| -> Result<Vec<f32>> {
            let rows = &rows[..rows.len().min(n_rows * self.dim)];
            let n = rows.len() / self.dim;
            let same: Vec<(u32, u32)> = (0..n as u32).map(|row| (row, row)).collect();
            let (axes, ..) = decomposed(cross_covariance(rows, rows, self.dim, &same, None).as_ref())?;
            let wide: Vec<f64> = rows.iter().map(|&number| f64::from(number)).collect();
            let cut = product(MatRef::from_row_major_slice(&wide, n, self.dim), axes.as_ref().subcols(0, dim));
            let mut cut = row_major(&cut);
            unit_rows(&mut cut, dim);
            Ok(cut)
        };
        Ok((side(self.x)?, side(self.y)?, dim))
    }

    /// Self-learning from some pairs in the leading components.
    fn begin_from(&self, first: &[(u32, u32)], config: &AlignConfig) -> Result<Run> {
        let most = first.iter().map(|&(s, t)| s.max(t) as usize + 1).max().unwrap_or(0).max(FIRST_CUTOFF);
        let (x, y, dim) = self.leading(most)?;
        Learner { x: &x, y: &y, dim, ..*self }.self_learn(first, config, 0)
    }

    /// Self-learning on the most frequent words, with dropping.
    fn self_learn(&self, first: &[(u32, u32)], config: &AlignConfig, start: u64) -> Result<Run> {
        let seed = config.seed.wrapping_add(start << 32);
        let cutoff = FIRST_CUTOFF.min(config.cutoff);
        let mut candidates = self.orthogonal(first, cutoff, CANDIDATES)?;
        let (mut keep, mut best, mut since) = (FIRST_KEEP, f64::NEG_INFINITY, 0);
        for round in 0..MOST_ROUNDS as u64 {
            let pairs = candidates.drawn(keep, seed, round);
            if pairs.is_empty() {
                break;
            }
            candidates = self.orthogonal(&pairs, cutoff, CANDIDATES)?;
            let objective = candidates.objective();
            self.note(&format!("start {}, {cutoff} words, round {}: objective {objective:.4}, keeping {keep:.1}", start + 1, round + 1))?;
            if objective > best + LEAST_RISE {
                (best, since) = (objective, 0);
            } else {
                since += 1;
            }
            if since >= PATIENCE {
                if keep >= 1.0 {
                    break;
                }
                (keep, since) = ((2.0 * keep).min(1.0), 0);
            }
        }
        Ok(Run { objective: candidates.objective(), pairs: candidates.mutual() })
    }

    /// Goes on with more and more words; the pairs `given` always count.
    fn grow(&self, mut pairs: Vec<(u32, u32)>, given: &[(u32, u32)], last_cutoff: usize) -> Result<Vec<(u32, u32)>> {
        let mut cutoff = FIRST_CUTOFF.min(last_cutoff);
        while cutoff < last_cutoff && cutoff < self.n_x().max(self.n_y()) {
            cutoff = (2 * cutoff).min(last_cutoff);
            if cutoff < last_cutoff {
                for round in 0..GROWING_ROUNDS {
                    pairs = self.weighted(&joined(pairs, given), cutoff)?.mutual();
                    self.note(&format!("{cutoff} words, round {}: {} pairs", round + 1, pairs.len()))?;
                }
            }
        }
        for round in 0..WEIGHTED_ROUNDS {
            pairs = self.weighted(&joined(pairs, given), cutoff)?.mutual();
            self.note(&format!("{cutoff} words, round {}: {} pairs", round + 1, pairs.len()))?;
        }
        Ok(joined(pairs, given))
    }

    /// Candidates under the orthogonal map of some pairs.
    fn orthogonal(&self, pairs: &[(u32, u32)], cutoff: usize, top: usize) -> Result<Candidates> {
        let rotation = procrustes(cross_covariance(self.x, self.y, self.dim, pairs, None).as_ref())?;
        let x = mapped(&self.x[..self.n_x().min(cutoff) * self.dim], self.dim, &row_major(&rotation));
        let y = &self.y[..self.n_y().min(cutoff) * self.dim];
        Ok(self.candidates(&x, y, top))
    }

    /// Candidates under the re-weighted map of some pairs.
    fn weighted(&self, pairs: &[(u32, u32)], cutoff: usize) -> Result<Candidates> {
        let (a, b) = self.symmetric(pairs)?;
        let x = mapped(&self.x[..self.n_x().min(cutoff) * self.dim], self.dim, &row_major(&a));
        let y = mapped(&self.y[..self.n_y().min(cutoff) * self.dim], self.dim, &row_major(&b));
        Ok(self.candidates(&x, &y, 1))
    }

    fn candidates(&self, x: &[f32], y: &[f32], top: usize) -> Candidates {
        let (a, b) = (Rows::new(x, self.dim), Rows::new(y, self.dim));
        let (from_x, from_y) = best_both(a, b, top, top, Some(&Hubness::of(a, b)));
        Candidates { from_x, from_y }
    }

    fn symmetric(&self, pairs: &[(u32, u32)]) -> Result<(Mat<f64>, Mat<f64>)> {
        let sources: Vec<Pair> = pairs.iter().map(|&(s, _)| (s, s)).collect();
        let targets: Vec<Pair> = pairs.iter().map(|&(_, t)| (t, t)).collect();
        let xy = cross_covariance(self.x, self.y, self.dim, pairs, None);
        let xx = cross_covariance(self.x, self.x, self.dim, &sources, None);
        let yy = cross_covariance(self.y, self.y, self.dim, &targets, None);
        symmetric(xx.as_ref(), yy.as_ref(), xy.as_ref(), self.power)
    }

    /// The orthogonal and the re-weighted map of matched rows.
    fn maps(&self, pairs: &[(u32, u32)]) -> Result<(SideMap, SideMap)> {
        let dim = self.dim;
        let rotation = procrustes(cross_covariance(self.x, self.y, dim, pairs, None).as_ref())?;
        let weighted = self.symmetric(pairs)?;
        let side = |rotation: &Mat<f64>, weighted: &Mat<f64>| {
            let nothing = Normalization { dim_in: dim, scale: vec![1.0; dim], steps: Vec::new(), means: Vec::new() };
            SideMap { normalization: nothing, rotation: row_major(rotation), weighted: row_major(weighted) }
        };
        let identity = Mat::from_fn(dim, dim, |i, j| f64::from(u8::from(i == j)));
        Ok((side(&rotation, &weighted.0), side(&identity, &weighted.1)))
    }

    /// Pairs of frequent words that are each other's best where both languages lie now.
    fn mutual_as_they_lie(&self, cutoff: usize) -> Vec<Pair> {
        let first = |rows: &'_ [f32]| rows.len().min(cutoff * self.dim);
        let (a, b) = (Rows::new(&self.x[..first(self.x)], self.dim), Rows::new(&self.y[..first(self.y)], self.dim));
        let (from_x, from_y) = best_both(a, b, 1, 1, Some(&Hubness::of(a, b)));
        Candidates { from_x, from_y }.mutual()
    }

    /// Two-fold check: the share of the pairs of one half that the map of the other half finds again, by CSLS among the frequent words. A map that
    /// has only fitted its pairs does not.
    fn held_out(&self, pairs: &[(u32, u32)], cutoff: usize) -> Result<f64> {
        let is_first = |pair: &(u32, u32)| bits_at(FOLD_SEED, u64::from(pair.0), 0) & 1 == 0;
        let (first, second): (Vec<Pair>, Vec<Pair>) = pairs.iter().copied().partition(is_first);
        let cutoff = cutoff.min(HELD_OUT_CUTOFF);
        let (mut found, mut asked) = (0usize, 0usize);
        for (learned, held) in [(&first, &second), (&second, &first)] {
            if learned.is_empty() {
                continue;
            }
            let best = self.weighted(learned, cutoff)?.from_x;
            // By source: any of its targets is right.
            for targets in held.chunk_by(|left, right| left.0 == right.0) {
                let source = targets[0].0 as usize;
                if source < best.len() && targets.iter().any(|pair| (pair.1 as usize) < cutoff) {
                    asked += 1;
                    let answer = best.of(source).next().map(|it| it.0);
                    found += usize::from(targets.iter().any(|pair| Some(pair.1) == answer));
                }
            }
        }
        Ok(if asked == 0 { 0.0 } else { found as f64 / asked as f64 })
    }

    /// Tells how far it is, and stops if it should.
    fn note(&self, note: &str) -> Result<()> {
        self.progress.note(note);
        self.progress.advance(1);
        if self.progress.is_cancelled() { Err(Error::Interrupted) } else { Ok(()) }
    }
}

/// Both lists, those of the second not twice.
fn joined(mut pairs: Vec<(u32, u32)>, given: &[(u32, u32)]) -> Vec<(u32, u32)> {
    pairs.extend_from_slice(given);
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// Rows of one side in the common space.
pub(crate) fn mapped(rows: &[f32], dim: usize, matrix: &[f32]) -> Vec<f32> {
    let mut rows = rows.to_vec();
    multiply(&mut rows, dim, matrix);
    rows
}

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

use faer::Mat;

use super::initial::from_profiles;
use super::map::{SideMap, multiply, row_major};
use super::normalize::{Normalization, NormalizedRows};
use super::procrustes::{cross_covariance, procrustes};
use super::rcsls::Relaxed;
use super::retrieval::{Best, Hubness, Rows, best_both};
use super::reweight::symmetric;
use super::verdict::{AlignmentReport, judge};
use super::{AlignConfig, AlignMethod, Criterion};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::random::uniform;

/// Words whose profiles are compared: Artetxe et al. 2018 take 4,000.
const PROFILED: usize = 4_000;

/// Words that self-learning begins on.
const FIRST_CUTOFF: usize = 2_000;

/// Share of the candidates that are kept at first.
const FIRST_KEEP: f64 = 0.1;

/// Candidates of each word that a pair is drawn from.
const CANDIDATES: usize = 10;

/// Rounds without a better objective after which more candidates are kept.
const PATIENCE: usize = 8;

/// Least rise of the objective that counts.
const LEAST_RISE: f64 = 1e-4;

/// Rounds on a cutoff at most, whatever the objective does.
const MOST_ROUNDS: usize = 250;

/// Rounds on each larger cutoff.
const GROWING_ROUNDS: usize = 3;

/// Rounds with re-weighting.
const WEIGHTED_ROUNDS: usize = 3;

/// Starts of an alignment without a dictionary.
const STARTS: u64 = 3;

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
        AlignMethod::Unsupervised => 0,
    };
    if usable.len() < needed {
        return Err(Error::FewPairs { usable: usable.len(), given: pairs.len(), needed });
    }
    let mut agreement = None;
    let last = match config.method {
        AlignMethod::Supervised => usable,
        AlignMethod::SemiSupervised => {
            let start = if usable.len() >= 4 * x.dim { usable.clone() } else { learner.begin_from(&usable, config, 0)?.pairs };
            learner.grow(start, &usable, config.cutoff)?
        }
        AlignMethod::Identical => {
            let start = learner.begin_from(&usable, config, 0)?.pairs;
            learner.grow(start, &[], config.cutoff)?
        }
        AlignMethod::Unsupervised => {
            let (n_x, n_y) = (PROFILED.min(learner.n_x()), PROFILED.min(learner.n_y()));
            let first = from_profiles(&x.data[..n_x * x.dim], &y.data[..n_y * x.dim], x.dim)?;
            if first.len() < 2 {
                return Err(Error::FewPairs { usable: first.len(), given: first.len(), needed: 2 });
            }
            let runs = (0..STARTS).map(|start| learner.begin_from(&first, config, start)).collect::<Result<Vec<Run>>>()?;
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
    let mut report = judge(x, y, &maps, last.len());
    report.agree(agreement);
    Ok(Learned { source: maps.0, target: maps.1, report })
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

    /// Self-learning on the most frequent words, with dropping.
    fn begin_from(&self, first: &[(u32, u32)], config: &AlignConfig, start: u64) -> Result<Run> {
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
        let (sources, targets): (Vec<(u32, u32)>, Vec<(u32, u32)>) = pairs.iter().map(|&(s, t)| ((s, s), (t, t))).unzip();
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

//! From normalized rows of two languages to the matrices of a map: pairs, the map of the pairs,
//! better pairs under that map, and so on.
//!
//! In: the rows of both languages, `n x dim`, and the pairs of a dictionary or of identical words,
//! or none. Out: the orthogonal and the re-weighted matrices, and the verdict. Where the pairs are
//! few or none, `begin.rs` finds those of the most frequent words. From there it goes on with twice
//! as many words, and again, up to the cutoff: each round learns the re-weighted map of
//! `reweight.rs` and takes the mutually nearest pairs under it, by CSLS (self-learning, Artetxe,
//! Labaka & Agirre 2018, section 3.3). The pairs of a dictionary always stay among them.

use faer::Mat;

use super::first_pairs;
use super::first_pairs::{FREQUENT, begin};
use super::learner::{Learner, Pair, Work, work_of_round};
use super::map::{SideMap, row_major};
use super::normalize::{Normalization, NormalizedRows};
use super::procrustes::{cross_covariance, procrustes};
use super::rcsls::Relaxed;
use super::retrieval;
use super::retrieval::CSLS_NEIGHBORS;
use super::verdict::{AlignmentReport, JUDGED, Signs, judge};
use super::{AlignConfig, AlignMethod, Criterion};
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::base::random::bits_at;

/// Rounds on each larger cutoff.
const GROWING_ROUNDS: usize = 3;

/// Rounds with re-weighting.
const WEIGHTED_ROUNDS: usize = 3;

/// Frequent words that held-out pairs are looked for among.
const HELD_OUT_CUTOFF: usize = 10_000;

/// The seed of the two halves; any would do.
const FOLD_SEED: u64 = 1966;

/// The matrices of both sides, and how it went.
pub(crate) struct Learned {
    pub(crate) source: SideMap,
    pub(crate) target: SideMap,
    pub(crate) report: AlignmentReport,
}

/// Bytes that learning from so many rows takes at its peak, without the rows: the frequent words of
/// both sides before and after a map, and their candidates; and the profiles that it begins with,
/// whose memory may not have gone back to the system by then.
pub(crate) fn memory_bytes(n_rows: [usize; 2], dim: usize, config: &AlignConfig) -> u64 {
    let frequent: usize =
        n_rows.iter().map(|&n| n.min(config.self_learning_words.max(JUDGED))).sum();
    let mapped = 8 * (frequent * dim) as u64 + retrieval::memory_bytes(frequent, CSLS_NEIGHBORS);
    let beginning = if config.method == AlignMethod::Unsupervised {
        first_pairs::memory_bytes(n_rows)
    } else {
        0
    };
    mapped + beginning
}

/// Learns from rows, and from pairs where there are any.
pub(crate) fn learn(
    x: &NormalizedRows,
    y: &NormalizedRows,
    pairs: &[(u32, u32)],
    config: &AlignConfig,
    progress: &dyn Progress,
) -> Result<Learned> {
    let learner = Learner {
        x: &x.data,
        y: &y.data,
        dim: x.dim,
        power: config.reweight,
        progress,
        work: Work::default(),
    };
    let usable: Vec<(u32, u32)> =
        pairs.iter().copied().filter(|&(s, t)| x.has_direction(s) && y.has_direction(t)).collect();
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
            let start = if usable.len() >= 4 * x.dim {
                usable.clone()
            } else {
                begin(&learner, &usable, config)?.pairs
            };
            grow(&learner, start, &usable, config.self_learning_words)?
        }
        AlignMethod::Shared => unreachable!("nothing is learned of a shared space"),
        AlignMethod::Identical => {
            let start = begin(&learner, &usable, config)?.pairs;
            grow(&learner, start, &[], config.self_learning_words)?
        }
        AlignMethod::Unsupervised => {
            let beginning = begin(&learner, &[], config)?;
            agreement = Some(beginning.agreement);
            grow(&learner, beginning.pairs, &[], config.self_learning_words)?
        }
    };
    let mut maps = maps(&learner, &last)?;
    if config.criterion == Criterion::Rcsls {
        let rotation = procrustes(cross_covariance(&x.data, &y.data, x.dim, &last, None).as_ref())?;
        let relaxed =
            Relaxed { x: &x.data, y: &y.data, dim: x.dim, cutoff: config.self_learning_words };
        maps.0.weighted = row_major(&relaxed.descend(&last, rotation, &|note| learner.note(note))?);
        maps.1.weighted.clone_from(&maps.1.rotation);
    }
    let held_out = held_out(&learner, &last, config.self_learning_words)?;
    let report = judge(
        x,
        y,
        &maps,
        Signs {
            pairs: last.len(),
            given: config.method == AlignMethod::Supervised,
            agreement,
            held_out,
        },
    );
    Ok(Learned { source: maps.0, target: maps.1, report })
}

/// What the words that find each other in a space that is given, not learned, tell of it: their
/// number, and whether a map of one half of them finds the other half.
pub(crate) fn signs_of_shared(
    x: &NormalizedRows,
    y: &NormalizedRows,
    config: &AlignConfig,
) -> Result<Signs> {
    let learner = Learner {
        x: &x.data,
        y: &y.data,
        dim: x.dim,
        power: config.reweight,
        progress: &(),
        work: Work::default(),
    };
    let pairs = learner.mutual_as_they_lie(config.self_learning_words);
    Ok(Signs {
        pairs: pairs.len(),
        given: false,
        agreement: None,
        held_out: held_out(&learner, &pairs, config.self_learning_words)?,
    })
}

/// The multiplications of [`grow`], and of what comes after it.
pub(super) fn work_of_growing(learner: &Learner<'_>, last_cutoff: usize) -> u64 {
    let n_words = learner.n_x().max(learner.n_y());
    let of_round = |cutoff: usize| work_of_round(n_words.min(cutoff), learner.dim);
    let (mut cutoff, mut work) = (FREQUENT.min(last_cutoff), 0);
    while cutoff < last_cutoff && cutoff < n_words {
        cutoff = (2 * cutoff).min(last_cutoff);
        if cutoff < last_cutoff {
            work += GROWING_ROUNDS as u64 * of_round(cutoff);
        }
    }
    work + WEIGHTED_ROUNDS as u64 * of_round(cutoff)
        + 2 * of_round(last_cutoff.min(HELD_OUT_CUTOFF))
        + of_round(last_cutoff.max(JUDGED))
}

/// Goes on with more and more words; the pairs `given` always count.
fn grow(
    learner: &Learner<'_>,
    mut pairs: Vec<(u32, u32)>,
    given: &[(u32, u32)],
    last_cutoff: usize,
) -> Result<Vec<(u32, u32)>> {
    let n_words = learner.n_x().max(learner.n_y());
    let note = |cutoff: usize, round: usize, pairs: &[(u32, u32)]| {
        // The cutoff may be beyond the words that there are.
        learner.note(&format!(
            "{} words, round {}: {} pairs",
            cutoff.min(n_words),
            round + 1,
            pairs.len()
        ))
    };
    learner.work.expect(learner.work.done() + work_of_growing(learner, last_cutoff));
    let mut cutoff = FREQUENT.min(last_cutoff);
    while cutoff < last_cutoff && cutoff < n_words {
        cutoff = (2 * cutoff).min(last_cutoff);
        if cutoff < last_cutoff {
            for round in 0..GROWING_ROUNDS {
                pairs = learner.weighted(&joined(pairs, given), cutoff)?.mutual();
                note(cutoff, round, &pairs)?;
            }
        }
    }
    for round in 0..WEIGHTED_ROUNDS {
        pairs = learner.weighted(&joined(pairs, given), cutoff)?.mutual();
        note(cutoff, round, &pairs)?;
    }
    Ok(joined(pairs, given))
}

/// The orthogonal and the re-weighted map of matched rows.
fn maps(learner: &Learner<'_>, pairs: &[(u32, u32)]) -> Result<(SideMap, SideMap)> {
    let dim = learner.dim;
    let rotation = procrustes(cross_covariance(learner.x, learner.y, dim, pairs, None).as_ref())?;
    let weighted = learner.symmetric(pairs)?;
    let side = |rotation: &Mat<f64>, weighted: &Mat<f64>| {
        let nothing = Normalization {
            dim_in: dim,
            scale: vec![1.0; dim],
            steps: Vec::new(),
            means: Vec::new(),
        };
        SideMap {
            normalization: nothing,
            rotation: row_major(rotation),
            weighted: row_major(weighted),
        }
    };
    let identity = Mat::from_fn(dim, dim, |i, j| f64::from(u8::from(i == j)));
    Ok((side(&rotation, &weighted.0), side(&identity, &weighted.1)))
}

/// Two-fold check: the share of the pairs of one half that the map of the other half finds again,
/// by CSLS among the frequent words. A map that has only fitted its pairs does not.
fn held_out(learner: &Learner<'_>, pairs: &[(u32, u32)], cutoff: usize) -> Result<f64> {
    let is_first = |pair: &(u32, u32)| bits_at(FOLD_SEED, u64::from(pair.0), 0) & 1 == 0;
    let (first, second): (Vec<Pair>, Vec<Pair>) = pairs.iter().copied().partition(is_first);
    let cutoff = cutoff.min(HELD_OUT_CUTOFF);
    let (mut found, mut asked) = (0usize, 0usize);
    for (learned, held) in [(&first, &second), (&second, &first)] {
        if learned.is_empty() {
            continue;
        }
        let best = learner.weighted(learned, cutoff)?.from_x;
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

/// Both lists, those of the second not twice.
fn joined(mut pairs: Vec<(u32, u32)>, given: &[(u32, u32)]) -> Vec<(u32, u32)> {
    pairs.extend_from_slice(given);
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

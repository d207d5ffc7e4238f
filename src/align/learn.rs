//! From normalized rows of two languages to the matrices of a map: pairs, the map of the pairs,
//! better pairs under that map, and so on.
//!
//! In: the rows of both languages, `n x dim`, and the pairs of a dictionary or of identical words,
//! or none. Out: the orthogonal and the re-weighted matrices, and the verdict. If the pairs are few
//! or none, `first_pairs.rs` finds those of the most frequent words; `growth.rs` then extends them
//! to more words. The pairs of a dictionary always stay among them.

use faer::Mat;

use super::config::{AlignConfig, AlignMethod, Criterion};
use super::cross_validation::{found_again, found_by_halves};
use super::first_pairs;
use super::first_pairs::first_pairs;
use super::growth::{FREQUENT, grow, union};
use super::learner::{Learner, RowPair};
use super::normalize::{Normalization, NormalizedRows};
use super::procrustes::{cross_covariance, procrustes};
use super::rcsls::Relaxed;
use super::report::AlignmentReport;
use super::retrieval;
use super::retrieval::CSLS_NEIGHBORS;
use super::side::{SideMap, row_major};
use super::similar_spelling;
use super::verdict::{JUDGED, Signs, judge};
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;

/// So many pairs for each dimension are enough for a map of all words.
const MANY_PAIRS: usize = 4;

/// The pairs that the learning starts from, as row numbers.
pub(super) enum Known {
    /// All pairs; self-learning adds none.
    All(Vec<RowPair>),
    /// Correct pairs, which self-learning extends and keeps.
    Some(Vec<RowPair>),
    /// Likely pairs, which self-learning may drop.
    Likely(Vec<RowPair>),
    /// No pairs.
    Nothing,
    /// Pairs that self-learning found in another space of the same words, unless it chose none, and
    /// correct ones, which it keeps.
    Found(LastPairs, Vec<RowPair>),
}

/// The pairs that a map is learned from, and where they are from.
pub(super) struct LastPairs {
    pub(super) pairs: Vec<RowPair>,
    /// Whether self-learning chose some of them.
    pub(super) chosen: bool,
    /// The share of the first pairs that another start finds too, if there were several starts.
    pub(super) agreement: Option<f64>,
}

impl LastPairs {
    fn given(pairs: Vec<RowPair>) -> Self {
        Self { pairs: union(pairs, &[]), chosen: false, agreement: None }
    }
}

impl Known {
    /// The pairs that the user vouches for.
    fn vouched(&self) -> &[RowPair] {
        match self {
            Self::All(pairs) | Self::Some(pairs) | Self::Found(_, pairs) => pairs,
            Self::Likely(_) | Self::Nothing => &[],
        }
    }

    fn pairs(&self) -> &[RowPair] {
        match self {
            Self::All(pairs) | Self::Some(pairs) | Self::Likely(pairs) => pairs,
            Self::Found(found, _) => &found.pairs,
            Self::Nothing => &[],
        }
    }

    /// The least number of pairs.
    fn needed(&self, dim: usize) -> usize {
        match self {
            Self::All(_) => dim,
            Self::Some(_) | Self::Likely(_) | Self::Found(..) => 2,
            Self::Nothing => 0,
        }
    }
}

/// The matrices of both sides, and the report on them.
pub(super) struct LearnedMap {
    pub(super) source: SideMap,
    pub(super) target: SideMap,
    pub(super) report: AlignmentReport,
    /// The pairs that they were learned from.
    pub(super) pairs: LastPairs,
}

/// The peak memory of learning from `n_rows` rows, in bytes, without the rows: the frequent words
/// of both sides before and after a map, and their candidates; and the profiles of the first pairs,
/// whose memory the system may not have back by then.
pub(super) fn memory_bytes(
    n_rows: [usize; 2],
    dim: usize,
    method: AlignMethod<'_>,
    config: &AlignConfig,
) -> u64 {
    let frequent: usize =
        n_rows.iter().map(|&n| n.min(config.self_learning_words.max(JUDGED))).sum();
    let mapped = 8 * (frequent * dim) as u64 + retrieval::memory_bytes(frequent, CSLS_NEIGHBORS);
    let of_start = match method {
        AlignMethod::Unsupervised => first_pairs::memory_bytes(n_rows),
        AlignMethod::SimilarSpelling => similar_spelling::memory_bytes(n_rows),
        _ => 0,
    };
    mapped + of_start
}

/// Learns the matrices of both sides. `same` are words of equal spelling, by which the map is
/// judged.
pub(super) fn learn(
    x: &NormalizedRows,
    y: &NormalizedRows,
    known: &Known,
    same: &[RowPair],
    config: &AlignConfig,
    progress: &dyn Progress,
) -> Result<LearnedMap> {
    let learner = Learner::new(x, y, config.reweight, progress);
    let (given, needed) = (known.pairs(), known.needed(x.dim));
    let usable_of = |pairs: &[RowPair]| -> Vec<RowPair> {
        let has_directions = |&(s, t): &RowPair| x.has_direction(s) && y.has_direction(t);
        pairs.iter().copied().filter(has_directions).collect()
    };
    let usable = usable_of(given);
    if usable.len() < needed {
        return Err(Error::FewPairs { usable: usable.len(), given: given.len(), needed });
    }
    let last = last_pairs(&learner, known, usable, config)?;
    let pairs = &last.pairs;
    let mut maps = maps(&learner, pairs)?;
    if config.criterion == Criterion::Rcsls {
        let cross = cross_covariance(&x.data, &y.data, x.dim, pairs, None);
        let start = procrustes(cross.as_ref())?;
        let relaxed =
            Relaxed { x: &x.data, y: &y.data, dim: x.dim, n_words: config.self_learning_words };
        maps.0.weighted = row_major(&relaxed.descend(pairs, start, &|note| learner.note(note))?);
        maps.1.weighted.clone_from(&maps.1.rotation);
    }
    let n_words = config.self_learning_words;
    // Pairs that halves agree on would be found by halves: those of the map itself tell more.
    let found = match last.chosen {
        false => pairs.clone(),
        true => learner.weighted(pairs, n_words)?.mutual(),
    };
    let (vouched, same) = (union(usable_of(known.vouched()), &[]), usable_of(same));
    let held_out = found_by_halves(&learner, &found, n_words)?;
    let [given, identical] = found_again(&learner, &found, [&vouched, &same], n_words)?;
    let signs = Signs {
        pairs: pairs.len(),
        chosen: last.chosen,
        held_out,
        given,
        identical,
        agreement: last.agreement,
    };
    let report = judge(x, y, &maps, signs);
    Ok(LearnedMap { source: maps.0, target: maps.1, report, pairs: last })
}

/// The pairs that the map is learned from.
fn last_pairs(
    learner: &Learner<'_>,
    known: &Known,
    usable: Vec<RowPair>,
    config: &AlignConfig,
) -> Result<LastPairs> {
    let (n_words, seed) = (config.self_learning_words, config.seed);
    // A few pairs are first extended among the most frequent words.
    let first_or = |usable: Vec<RowPair>| match usable.len() >= MANY_PAIRS * learner.dim {
        true => Ok((usable, None)),
        false => {
            let first = first_pairs(learner, &usable, config)?;
            Result::Ok((first.pairs, Some(first.agreement)))
        }
    };
    let grown = |given: &[RowPair]| {
        let (start, agreement) = first_or(usable.clone())?;
        let pairs = grow(learner, start, given, n_words, seed)?;
        Result::Ok(LastPairs { pairs, chosen: true, agreement })
    };
    match known {
        Known::All(_) => Ok(LastPairs::given(usable)),
        Known::Some(_) => grown_or_given(learner, grown(&usable)?, usable),
        Known::Likely(_) => grown_or_given(learner, grown(&[])?, usable),
        Known::Nothing => grown(&[]),
        Known::Found(found, given) if found.chosen => {
            let pairs = union(learner.agreed(&usable, n_words, seed)?, given);
            Ok(LastPairs { pairs, chosen: true, agreement: found.agreement })
        }
        Known::Found(..) => Ok(LastPairs::given(usable)),
    }
}

/// The pairs of self-learning, or those that it began with if these find each other far better:
/// where words are few, self-learning has too little to learn from.
fn grown_or_given(
    learner: &Learner<'_>,
    grown: LastPairs,
    given: Vec<RowPair>,
) -> Result<LastPairs> {
    let given = LastPairs::given(given);
    let [of_grown] = found_again(learner, &grown.pairs, [&given.pairs], FREQUENT)?;
    let [of_given] = found_again(learner, &given.pairs, [&given.pairs], FREQUENT)?;
    Ok(if of_given.at_least() > of_grown.at_most() { given } else { grown })
}

/// The orthogonal and the re-weighted map of matched rows.
fn maps(learner: &Learner<'_>, pairs: &[RowPair]) -> Result<(SideMap, SideMap)> {
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

//! From the vectors of two languages to a map into one space.
//!
//! In: both languages, and what the learning starts from. Out: an [`AlignmentMap`] with its report.

use super::config::{AlignConfig, AlignMethod};
use super::input::{AlignInput, common_dim, identical_words, telling_words};
use super::learn;
use super::learn::{Known, LastPairs};
use super::map::{AlignmentMap, MapDescription};
use super::normalize::NormalizedRows;
use super::report::AlignmentReport;
use super::side::SideMap;
use super::similar_spelling::similar_words;
use crate::base::error::{Lever, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::words::WordId;
use crate::vectors::WordVectors;

/// Learns a map from two languages into one space.
///
/// # Errors
/// [`Error::DifferentDimensions`](crate::Error::DifferentDimensions);
/// [`Error::FewPairs`](crate::Error::FewPairs) if there are too few pairs;
/// [`Error::NotFinite`](crate::Error::NotFinite); [`Error::Parameter`](crate::Error::Parameter);
/// [`Error::MemoryBudget`](crate::Error::MemoryBudget);
/// [`Error::Interrupted`](crate::Error::Interrupted).
pub fn align(
    source: &AlignInput<'_>,
    target: &AlignInput<'_>,
    method: AlignMethod<'_>,
    config: &AlignConfig,
    progress: &dyn Progress,
) -> Result<AlignmentMap> {
    let has_plain = [source, target].iter().any(|input| input.without_subwords.is_some());
    if has_plain && !matches!(method, AlignMethod::Supervised(_)) {
        return align_by_plain_vectors(source, target, method, config, progress);
    }
    Ok(align_from(source, target, Start::Method(method), config, progress)?.0)
}

/// What the learning starts from.
enum Start<'a> {
    Method(AlignMethod<'a>),
    /// Pairs that self-learning found in the vectors without subwords.
    Found(LastPairs, AlignMethod<'a>),
}

/// Learns a map, and returns the pairs that it was learned from too.
///
/// # Errors
/// As [`align`].
fn align_from(
    source: &AlignInput<'_>,
    target: &AlignInput<'_>,
    start: Start<'_>,
    config: &AlignConfig,
    progress: &dyn Progress,
) -> Result<(AlignmentMap, LastPairs)> {
    let (Start::Method(method) | Start::Found(_, method)) = &start;
    let method = *method;
    let dim = common_dim(source.vectors.dim(), target.vectors.dim(), config.dim)?;
    config.memory.check(
        Stage::Align,
        memory_bytes(&[source, target], dim, method, config),
        MEMORY_LEVERS,
    )?;
    progress.start(Stage::Align, None);
    let (source_normalization, x) = source.normalized(dim, config)?;
    let (target_normalization, y) = target.normalized(dim, config)?;
    let within = |pairs: &[(WordId, WordId)]| {
        let n_rows = |rows: &NormalizedRows| rows.data.len() / dim;
        let rows = pairs.iter().map(|(s, t)| (s.0, t.0));
        rows.filter(|&(s, t)| (s as usize) < n_rows(&x) && (t as usize) < n_rows(&y)).collect()
    };
    let known = match (start, method) {
        (Start::Found(found, _), AlignMethod::SemiSupervised(pairs)) => {
            Known::Found(found, within(pairs))
        }
        (Start::Found(found, _), _) => Known::Found(found, Vec::new()),
        (_, AlignMethod::Supervised(pairs)) => Known::All(within(pairs)),
        (_, AlignMethod::SemiSupervised(pairs)) => Known::Some(within(pairs)),
        (_, AlignMethod::Identical) => {
            let words = identical_words(source.vectors, target.vectors, config.max_words);
            Known::Likely(within(&words))
        }
        (_, AlignMethod::SimilarSpelling) => {
            let (source, target) = (source.vectors.words(), target.vectors.words());
            Known::Likely(within(&similar_words(source, target, config.max_words)))
        }
        (_, AlignMethod::Unsupervised) => Known::Nothing,
    };
    let zero_vectors = (x.n_zero, y.n_zero);
    let same = within(&telling_words(source.vectors, target.vectors, config.max_words));
    let learned = learn::learn(&x, &y, &known, &same, config, progress)?;
    progress.finish();
    let report = AlignmentReport { zero_vectors, ..learned.report };
    let description = MapDescription::new([source, target], dim, method.name(), config, report);
    let source = SideMap { normalization: source_normalization, ..learned.source };
    let target = SideMap { normalization: target_normalization, ..learned.target };
    Ok((AlignmentMap::new(description, source, target), learned.pairs))
}

/// Finds pairs by self-learning on the vectors without subwords, and learns the map of the whole
/// vectors from those of them that hold there.
///
/// # Errors
/// As [`align`].
fn align_by_plain_vectors(
    source: &AlignInput<'_>,
    target: &AlignInput<'_>,
    method: AlignMethod<'_>,
    config: &AlignConfig,
    progress: &dyn Progress,
) -> Result<AlignmentMap> {
    let (plain_source, plain_target) = (source.plain(), target.plain());
    let start = Start::Method(method);
    let (found, pairs) = align_from(&plain_source, &plain_target, start, config, progress)?;
    let start = Start::Found(pairs, method);
    let (mut map, _) = align_from(source, target, start, config, progress)?;
    let first = found.description.report;
    let report = &mut map.description.report;
    // A map from pairs that cannot be trusted cannot be either, however well it fits them.
    if first.verdict > report.verdict {
        (report.verdict, report.sentence) = (first.verdict, first.sentence);
    }
    Ok(map)
}

/// The peak memory in bytes: the vectors of all languages, two of them normalized, and the
/// learning.
pub(super) fn memory_bytes(
    inputs: &[&AlignInput<'_>],
    dim: usize,
    method: AlignMethod<'_>,
    config: &AlignConfig,
) -> u64 {
    let n_numbers = |vectors: &WordVectors| vectors.as_slice().len();
    let given: usize = inputs
        .iter()
        .map(|input| n_numbers(input.vectors) + input.without_subwords.map_or(0, n_numbers))
        .sum();
    let mut n_rows: Vec<usize> =
        inputs.iter().map(|input| input.vectors.len().min(config.max_words)).collect();
    n_rows.sort_unstable();
    let largest = [n_rows[n_rows.len() - 1], n_rows[n_rows.len() - 2]];
    let rows = 4 * (given + (largest[0] + largest[1]) * dim) as u64;
    rows + learn::memory_bytes(largest, dim, method, config)
}

/// The settings that lower it.
pub(super) const MEMORY_LEVERS: &[Lever] = &[Lever::MaxWords, Lever::SelfLearningWords, Lever::Dim];

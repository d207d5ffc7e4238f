//! From the vectors of two languages to a map into one space.
//!
//! In: both languages, and what the learning starts from. Out: an [`AlignmentMap`] with its report.

use super::config::{AlignConfig, AlignMethod};
use super::input::{AlignInput, common_dim, identical_words};
use super::learn;
use super::learn::Known;
use super::map::{AlignmentMap, MapDescription};
use super::normalize::NormalizedRows;
use super::report::AlignmentReport;
use super::side::SideMap;
use crate::base::error::{Lever, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::words::WordId;

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
    let known = match method {
        AlignMethod::Supervised(pairs) => Known::All(within(pairs)),
        AlignMethod::SemiSupervised(pairs) => Known::Some(within(pairs)),
        AlignMethod::Identical => Known::Likely(within(&identical_words(
            source.vectors,
            target.vectors,
            config.max_words,
        ))),
        AlignMethod::Unsupervised => Known::Nothing,
    };
    let zero_vectors = (x.n_zero, y.n_zero);
    let learned = learn::learn(&x, &y, &known, config, progress)?;
    progress.finish();
    let report = AlignmentReport { zero_vectors, ..learned.report };
    let description = MapDescription::new([source, target], dim, method.name(), config, report);
    let source = SideMap { normalization: source_normalization, ..learned.source };
    let target = SideMap { normalization: target_normalization, ..learned.target };
    Ok(AlignmentMap { description, source, target })
}

/// The peak memory in bytes: the vectors of all languages, two of them normalized, and the
/// learning.
pub(super) fn memory_bytes(
    inputs: &[&AlignInput<'_>],
    dim: usize,
    method: AlignMethod<'_>,
    config: &AlignConfig,
) -> u64 {
    let given: usize = inputs.iter().map(|input| input.vectors.as_slice().len()).sum();
    let mut n_rows: Vec<usize> =
        inputs.iter().map(|input| input.vectors.len().min(config.max_words)).collect();
    n_rows.sort_unstable();
    let largest = [n_rows[n_rows.len() - 1], n_rows[n_rows.len() - 2]];
    let rows = 4 * (given + (largest[0] + largest[1]) * dim) as u64;
    rows + learn::memory_bytes(largest, dim, method, config)
}

/// The settings that lower it.
pub(super) const MEMORY_LEVERS: &[Lever] = &[Lever::MaxWords, Lever::SelfLearningWords, Lever::Dim];

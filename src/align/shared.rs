//! A map for vectors that lie in one space already, such as those of
//! [`embed_parallel`](crate::embed_parallel): nothing is learned, both sides keep their
//! coordinates, and everything that uses a map can use it.
//!
//! In: two sets of vectors whose dimensions mean the same. Out: an [`AlignmentMap`] whose
//! matrices are the identity, with its verdict.

use super::config::{AlignConfig, Criterion, MethodName};
use super::input::{AlignInput, common_dim};
use super::map::{AlignmentMap, MapDescription};
use super::normalize::{Normalization, NormalizationStep};
use super::report::AlignmentReport;
use super::side::SideMap;
use super::verdict::{judge, signs_of_shared};
use crate::base::error::Result;

/// The map that keeps both sides as they are, at unit length.
///
/// # Errors
/// [`Error::DifferentDimensions`](crate::Error::DifferentDimensions);
/// [`Error::NotFinite`](crate::Error::NotFinite).
pub fn shared_space(source: &AlignInput<'_>, target: &AlignInput<'_>) -> Result<AlignmentMap> {
    let dim = common_dim(source.vectors.dim(), target.vectors.dim(), None)?;
    let config = AlignConfig {
        criterion: Criterion::Procrustes,
        normalization: vec![NormalizationStep::Unit],
        ..AlignConfig::default()
    };
    let fit = |input: &AlignInput<'_>| {
        Normalization::fit(input.vectors, vec![1.0; dim], &config.normalization, config.max_words)
    };
    let ((source_normalization, x), (target_normalization, y)) = (fit(source)?, fit(target)?);
    let identity: Vec<f32> =
        (0..dim * dim).map(|place| if place % (dim + 1) == 0 { 1.0 } else { 0.0 }).collect();
    let side = |normalization| SideMap {
        normalization,
        rotation: identity.clone(),
        weighted: identity.clone(),
    };
    let maps = (side(source_normalization), side(target_normalization));
    let report = AlignmentReport {
        zero_vectors: (x.n_zero, y.n_zero),
        ..judge(&x, &y, &maps, signs_of_shared(&x, &y, &config)?)
    };
    let description =
        MapDescription::new([source, target], dim, MethodName::Shared, &config, report);
    Ok(AlignmentMap::new(description, maps.0, maps.1))
}

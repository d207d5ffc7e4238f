//! Several languages in one space: each is laid over one of them, the hub, by its own alignment,
//! and any two meet in the hub's space.
//!
//! In: the hub, the other languages, and for each maybe a dictionary into the hub. Out:
//! [`CommonSpaces`]. The orthogonal map of a language is that of its alignment, since an alignment
//! leaves the target's axes as they are. The re-weighted maps of an alignment change both sides,
//! `x A` and `h B`, and for each language `B` is another: so a language goes back into the hub's
//! own axes by `A B^-1` and then, as the hub does, through one and the same `G`, with `G G^T` the
//! mean over the languages of `B B^T` (each scaled to the same trace). With one language besides
//! the hub, every cosine is that of the alignment.

use faer::{Mat, MatRef};

use super::{
    CommonSpaces, Joined, NamedSpace, SPACES_VERSION, SpacesDescription, common_dim, names_of,
};
use crate::align::map::{SideMap, row_major};
use crate::align::normalize::NormalizationStep;
use crate::align::procrustes::{decomposed, of_eigenvalues};
use crate::align::verdict::AlignmentReport;
use crate::align::{AlignConfig, AlignInput, MEMORY_LEVER, align, memory_bytes};
use crate::base::error::Result;
use crate::base::progress::{Progress, Stage};
use crate::base::words::WordId;
use crate::linalg::dense::product;

/// Singular values below this share of the largest are taken for it where a matrix is inverted.
const LEAST: f64 = 1e-4;

/// Lays each of `others` over `hub`; `dictionaries[i]` pairs words of `others[i]` with words of the
/// hub where the method needs it.
///
/// # Errors
/// As [`align`], and [`Error::UnequalDimensions`](crate::Error::UnequalDimensions).
///
/// # Panics
/// If `others` is empty, or there are dictionaries, but not as many as `others`.
pub fn hub(
    hub: &AlignInput<'_>,
    others: &[AlignInput<'_>],
    dictionaries: Option<&[Vec<(WordId, WordId)>]>,
    config: &AlignConfig,
    progress: &dyn Progress,
) -> Result<CommonSpaces> {
    assert!(!others.is_empty(), "a hub without other languages");
    assert!(
        dictionaries.is_none_or(|it| it.len() == others.len()),
        "a dictionary for each of {} languages",
        others.len()
    );
    let inputs: Vec<&AlignInput<'_>> = std::iter::once(hub).chain(others).collect();
    let dims: Vec<_> =
        inputs.iter().map(|input| (input.path.clone(), input.vectors.dim())).collect();
    let dim = common_dim(&dims, config.dim)?;
    config.memory.check(Stage::Align, memory_bytes(&inputs, dim, config), MEMORY_LEVER)?;
    let names = names_of(&inputs.iter().map(|input| input.path.clone()).collect::<Vec<_>>())?;
    let mut maps = Vec::with_capacity(others.len());
    for (place, other) in others.iter().enumerate() {
        maps.push(align(
            other,
            hub,
            dictionaries.map(|it| it[place].as_slice()),
            config,
            progress,
        )?);
    }
    let metrics: Vec<Mat<f64>> =
        maps.iter().map(|map| metric(&matrix(&map.target.weighted, dim))).collect();
    let mean = metrics.iter().fold(Mat::<f64>::zeros(dim, dim), |sum, metric| sum + metric);
    let shared =
        of_eigenvalues(mean.as_ref(), |value| (value.max(0.0) / metrics.len() as f64).sqrt())?;
    let mut sides = vec![SideMap { weighted: row_major(&shared), ..maps[0].target.clone() }];
    let mut reports: Vec<AlignmentReport> = Vec::new();
    for map in maps {
        let back = inverse(matrix(&map.target.weighted, dim).as_ref())?;
        let weighted = product(
            product(matrix(&map.source.weighted, dim).as_ref(), back.as_ref()).as_ref(),
            shared.as_ref(),
        );
        sides.push(SideMap { weighted: row_major(&weighted), ..map.source });
        reports.push(map.description.report);
    }
    let spaces = names
        .into_iter()
        .zip(&inputs)
        .map(|(name, input)| NamedSpace { name, space: input.space(config.max_words) })
        .collect();
    let joined = Joined::Hub { method: config.method, criterion: config.criterion, reports };
    Ok(CommonSpaces {
        description: describe(dim, &config.normalization, config.seed, spaces, joined),
        sides,
    })
}

/// The description of some spaces that this program joins.
pub(super) fn describe(
    dim: usize,
    normalization: &[NormalizationStep],
    seed: u64,
    spaces: Vec<NamedSpace>,
    joined: Joined,
) -> SpacesDescription {
    SpacesDescription {
        spaces_version: SPACES_VERSION,
        program: concat!("eigenlex ", env!("CARGO_PKG_VERSION")).to_owned(),
        dim,
        normalization: normalization.to_vec(),
        seed,
        spaces,
        joined,
    }
}

/// `B B^T`, scaled to a trace of `dim`.
fn metric(b: &Mat<f64>) -> Mat<f64> {
    let metric = product(b.as_ref(), b.transpose());
    let trace: f64 = (0..b.nrows()).map(|i| metric[(i, i)]).sum();
    let scale = if trace > 0.0 { b.nrows() as f64 / trace } else { 0.0 };
    Mat::from_fn(b.nrows(), b.nrows(), |i, j| metric[(i, j)] * scale)
}

/// The inverse, with the smallest singular values held off zero.
fn inverse(b: MatRef<'_, f64>) -> Result<Mat<f64>> {
    let (u, s, v) = decomposed(b)?;
    let least = s.first().copied().unwrap_or(0.0) * LEAST;
    let scaled =
        Mat::from_fn(v.nrows(), s.len(), |i, j| v[(i, j)] / s[j].max(least).max(f64::MIN_POSITIVE));
    Ok(product(scaled.as_ref(), u.transpose()))
}

fn matrix(numbers: &[f32], dim: usize) -> Mat<f64> {
    Mat::from_fn(dim, dim, |i, j| f64::from(numbers[i * dim + j]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::{AlignMethod, Language, MapForm};
    use crate::linalg::dot::dot;
    use crate::query::scattered;
    use crate::vectors::WordVectors;

    fn turned(vectors: &WordVectors, seed: u64) -> WordVectors {
        let dim = vectors.dim();
        let random = Mat::from_fn(dim, dim, |i, j| {
            crate::base::random::uniform(seed, i as u64, j as u64) - 0.5
        });
        let (q, _, _) = decomposed(random.as_ref()).unwrap();
        let data = vectors.as_slice().chunks_exact(dim).enumerate().flat_map(|(row, x)| {
            let q = &q;
            (0..dim).map(move |j| {
                let noise =
                    0.05 * (crate::base::random::uniform(seed + 1, row as u64, j as u64) - 0.5);
                ((0..dim).map(|i| f64::from(x[i]) * q[(i, j)]).sum::<f64>()
                    * (1.0 + 0.1 * j as f64)
                    + noise) as f32
            })
        });
        WordVectors::new(vectors.words().clone(), dim, data.collect())
    }

    #[test]
    fn one_language_gives_the_cosines_of_its_alignment_and_two_meet_in_the_hub() {
        let vectors = scattered(600, 6);
        let (a, b) = (turned(&vectors, 7), turned(&vectors, 70));
        let pairs: Vec<(WordId, WordId)> = (0..600).map(|i| (WordId(i), WordId(i))).collect();
        let config = AlignConfig { method: AlignMethod::Supervised, ..AlignConfig::default() };
        let (target, first, second) =
            (AlignInput::new(&vectors, "h"), AlignInput::new(&a, "a"), AlignInput::new(&b, "b"));
        let single = align(&first, &target, Some(&pairs), &config, &()).unwrap();
        let one = hub(
            &target,
            std::slice::from_ref(&first),
            Some(std::slice::from_ref(&pairs)),
            &config,
            &(),
        )
        .unwrap()
        .between(1, 0);
        for form in [MapForm::Orthogonal, MapForm::Weighted] {
            let cosines = |map: &crate::align::AlignmentMap| -> Vec<f32> {
                let (x, y) = (
                    map.apply(Language::Source, form, a.as_slice()),
                    map.apply(Language::Target, form, vectors.as_slice()),
                );
                (0..600)
                    .map(|i| dot(&x.data[i * 6..][..6], &y.data[(i * 7 % 600) * 6..][..6]))
                    .collect()
            };
            for (found, expected) in cosines(&one).iter().zip(cosines(&single)) {
                assert!((found - expected).abs() < 1e-4, "{form:?}: {found} {expected}");
            }
        }
        let both =
            hub(&target, &[first, second], Some(&[pairs.clone(), pairs.clone()]), &config, &())
                .unwrap()
                .between(1, 2);
        let (x, y) = (
            both.apply(Language::Source, MapForm::Weighted, a.as_slice()),
            both.apply(Language::Target, MapForm::Weighted, b.as_slice()),
        );
        // Words of length 0 lie nowhere.
        for i in (0..600).filter(|i| i % 7 != 6) {
            assert!(dot(&x.data[i * 6..][..6], &y.data[i * 6..][..6]) > 0.9, "{i}");
        }
    }
}

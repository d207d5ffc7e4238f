//! Several languages in one space: each is aligned with one of them, the hub, and any two meet in
//! the hub's space.
//!
//! In: the hub, and the other languages, each with a dictionary into the hub or without. Out:
//! [`CommonSpaces`]. The orthogonal map of a language is that of its alignment, since an alignment
//! leaves the target's axes as they are. The re-weighted maps of an alignment change both sides,
//! `x A` and `h B`, and each language has another `B`. So a language is mapped back to the hub's
//! own axes by `A B^-1`, and then, like the hub, by one common `G`, with `G G^T` the mean over the
//! languages of `B B^T` (each scaled to the same trace). With one language besides the hub, every
//! cosine is that of the alignment.

use faer::{Mat, MatRef};

use super::common::{CommonSpaces, Joined, NamedSpace, SpacesDescription};
use super::names::{common_dim, names_of};
use crate::align::config::{AlignConfig, AlignMethod};
use crate::align::input::AlignInput;
use crate::align::procrustes::{decomposed, of_eigenvalues};
use crate::align::report::AlignmentReport;
use crate::align::side::{SideMap, row_major};
use crate::align::two_languages::{MEMORY_LEVERS, align, memory_bytes};
use crate::base::error::Result;
use crate::base::progress::{Progress, Stage};
use crate::linalg::dense::product;

/// In the inverse of a matrix, singular values below this share of the largest count as this share.
const LEAST: f64 = 1e-4;

/// Aligns each of `others` with `hub`. Each comes with what its learning starts from; the pairs of
/// a dictionary are of a word of that language and a word of the hub.
///
/// # Errors
/// As [`align`], and [`Error::UnequalDimensions`](crate::Error::UnequalDimensions).
///
/// # Panics
/// If `others` is empty, or their methods differ.
pub fn hub(
    hub: &AlignInput<'_>,
    others: &[(AlignInput<'_>, AlignMethod<'_>)],
    config: &AlignConfig,
    progress: &dyn Progress,
) -> Result<CommonSpaces> {
    assert!(!others.is_empty(), "a hub without other languages");
    let method = others[0].1;
    assert!(
        others.iter().all(|(_, other)| other.name() == method.name()),
        "one method for all languages of a hub"
    );
    let inputs: Vec<&AlignInput<'_>> =
        std::iter::once(hub).chain(others.iter().map(|(input, _)| input)).collect();
    let dims: Vec<_> =
        inputs.iter().map(|input| (input.path.clone(), input.vectors.dim())).collect();
    let dim = common_dim(&dims, config.dim)?;
    config.memory.check(Stage::Align, memory_bytes(&inputs, dim, method, config), MEMORY_LEVERS)?;
    let names = names_of(&inputs.iter().map(|input| input.path.clone()).collect::<Vec<_>>())?;
    let mut maps = Vec::with_capacity(others.len());
    for (other, method) in others {
        maps.push(align(other, hub, *method, config, progress)?);
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
    let joined = Joined::Hub { method: method.name(), criterion: config.criterion, reports };
    let description =
        SpacesDescription::new(dim, &config.normalization, config.seed, spaces, joined);
    Ok(CommonSpaces::new(description, sides))
}

/// `B B^T`, scaled to a trace of `dim`.
fn metric(b: &Mat<f64>) -> Mat<f64> {
    let metric = product(b.as_ref(), b.transpose());
    let trace: f64 = (0..b.nrows()).map(|i| metric[(i, i)]).sum();
    let scale = if trace > 0.0 { b.nrows() as f64 / trace } else { 0.0 };
    Mat::from_fn(b.nrows(), b.nrows(), |i, j| metric[(i, j)] * scale)
}

/// The inverse, with the smallest singular values kept away from zero.
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
    use crate::align::{Language, MapForm};
    use crate::base::words::WordId;
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
        let (config, method) = (AlignConfig::default(), AlignMethod::Supervised(&pairs));
        let (target, first, second) =
            (AlignInput::new(&vectors, "h"), AlignInput::new(&a, "a"), AlignInput::new(&b, "b"));
        let single = align(&first, &target, method, &config, &()).unwrap();
        let one = hub(&target, &[(first.clone(), method)], &config, &()).unwrap().between(1, 0);
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
            hub(&target, &[(first, method), (second, method)], &config, &()).unwrap().between(1, 2);
        let (x, y) = (
            both.apply(Language::Source, MapForm::Weighted, a.as_slice()),
            both.apply(Language::Target, MapForm::Weighted, b.as_slice()),
        );
        // Vectors of length 0 have no direction.
        for i in (0..600).filter(|i| i % 7 != 6) {
            assert!(dot(&x.data[i * 6..][..6], &y.data[i * 6..][..6]) > 0.9, "{i}");
        }
    }
}

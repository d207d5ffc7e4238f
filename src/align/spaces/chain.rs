//! Time slices of one language in one space: each slice is rotated onto the one before it, and the
//! rotations are composed back to the first (Kulkarni, Al-Rfou, Perozzi & Skiena
//! 2015; Hamilton, Leskovec & Jurafsky 2016, "Diachronic word embeddings reveal statistical laws of
//! semantic change", ACL, section 3.3: orthogonal Procrustes between neighbouring slices).
//!
//! In: the vectors of two or more slices in the order of time. Out: [`CommonSpaces`]. The pairs of
//! a step are the words that are frequent in both slices. Words that changed must not distort the
//! map, or some of their change would be reported of all others. So the map is learned from the
//! four fifths of the pairs that are nearest under it, and again from those that are nearest under
//! the new one, until they stay the same. Each round makes their squared distances smaller: these
//! are the concentration steps of least trimmed squares (Rousseeuw & Van Driessen 1999). Only
//! rotations are used, so within a slice every cosine, and word math, stays the same.

use faer::Mat;

use super::common::{ChainLink, CommonSpaces, Joined, NamedSpace, SpacesDescription};
use super::names::{common_dim, names_of};
use crate::align::config::{AlignConfig, AlignMethod};
use crate::align::input::{AlignInput, identical_words};
use crate::align::normalize::{Normalization, NormalizedRows};
use crate::align::procrustes::{cross_covariance, procrustes};
use crate::align::side::{SideMap, mapped, row_major};
use crate::align::two_languages::{MEMORY_LEVERS, memory_bytes};
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::linalg::dense::product;
use crate::linalg::dot::dot;

/// The number of frequent words of each slice that a step is learned from, by default.
pub const SLICE_WORDS: usize = 20_000;

/// The share of the pairs that a step is learned from: the fifth that moved most is left out.
const KEPT_SHARE: (usize, usize) = (4, 5);

/// The largest number of rounds; about five are usual.
const ROUNDS: usize = 20;

/// Rotates each slice onto the one before it; the common space is that of the first. Of `config`,
/// the normalization, `dim`, `sigma_exponent`, `max_words`, `self_learning_words` and `memory` are
/// used.
///
/// # Errors
/// [`Error::UnequalDimensions`]; [`Error::FewSharedWords`]; [`Error::Parameter`];
/// [`Error::NotFinite`]; [`Error::MemoryBudget`]; [`Error::Interrupted`].
///
/// # Panics
/// If there are fewer than two slices.
pub fn chain(
    slices: &[AlignInput<'_>],
    config: &AlignConfig,
    progress: &dyn Progress,
) -> Result<CommonSpaces> {
    assert!(slices.len() >= 2, "{} slice(s) in a chain", slices.len());
    let dims: Vec<_> =
        slices.iter().map(|slice| (slice.path.clone(), slice.vectors.dim())).collect();
    let dim = common_dim(&dims, config.dim)?;
    config.memory.check(
        Stage::Align,
        memory_bytes(&slices.iter().collect::<Vec<_>>(), dim, AlignMethod::Identical, config),
        MEMORY_LEVERS,
    )?;
    let names = names_of(&slices.iter().map(|slice| slice.path.clone()).collect::<Vec<_>>())?;
    progress.start(Stage::Align, None);
    let mut composed = Mat::from_fn(dim, dim, |i, j| f64::from(u8::from(i == j)));
    let (first, mut before) = slices[0].normalized(dim, config)?;
    let mut sides = vec![side(first, &composed)];
    let mut links = Vec::with_capacity(slices.len() - 1);
    for neighbors in slices.windows(2) {
        let (normalization, rows) = neighbors[1].normalized(dim, config)?;
        let step = step(&neighbors[0], &neighbors[1], &before, &rows, config.self_learning_words)?;
        composed = product(step.rotation.as_ref(), composed.as_ref());
        sides.push(side(normalization, &composed));
        progress.note(&format!(
            "{}: {} of {} shared words kept",
            names[sides.len() - 1],
            step.link.kept,
            step.link.shared
        ));
        progress.advance(1);
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        links.push(step.link);
        before = rows;
    }
    progress.finish();
    let spaces = names
        .into_iter()
        .zip(slices)
        .map(|(name, slice)| NamedSpace { name, space: slice.space(config.max_words) })
        .collect();
    let joined = Joined::Chain { links };
    let description =
        SpacesDescription::new(dim, &config.normalization, config.seed, spaces, joined);
    Ok(CommonSpaces::new(description, sides))
}

fn side(normalization: Normalization, rotation: &Mat<f64>) -> SideMap {
    let rotation = row_major(rotation);
    SideMap { normalization, weighted: rotation.clone(), rotation }
}

/// A slice rotated onto the one before it.
struct Step {
    /// From the later slice to the earlier.
    rotation: Mat<f64>,
    link: ChainLink,
}

fn step(
    earlier: &AlignInput<'_>,
    later: &AlignInput<'_>,
    x: &NormalizedRows,
    y: &NormalizedRows,
    n_words: usize,
) -> Result<Step> {
    let dim = x.dim;
    // From the later slice to the earlier, as the rotation.
    let shared: Vec<(u32, u32)> = identical_words(later.vectors, earlier.vectors, n_words)
        .iter()
        .map(|(later, earlier)| (later.0, earlier.0))
        .filter(|&(later, earlier)| {
            (later as usize) < y.data.len() / dim && (earlier as usize) < x.data.len() / dim
        })
        .filter(|&(later, earlier)| y.has_direction(later) && x.has_direction(earlier))
        .collect();
    let needed = (dim * KEPT_SHARE.1).div_ceil(KEPT_SHARE.0);
    if shared.len() < needed {
        return Err(Error::FewSharedWords {
            earlier: earlier.path.clone(),
            later: later.path.clone(),
            shared: shared.len(),
            needed,
        });
    }
    let n_kept = shared.len() * KEPT_SHARE.0 / KEPT_SHARE.1;
    let mut kept = shared.clone();
    for _ in 0..ROUNDS {
        let rotation = procrustes(cross_covariance(&y.data, &x.data, dim, &kept, None).as_ref())?;
        let nearest = nearest(&similarities(&rotation, &shared, y, x), n_kept);
        let next: Vec<(u32, u32)> = nearest.iter().map(|&place| shared[place]).collect();
        if next == kept {
            break;
        }
        kept = next;
    }
    let rotation = procrustes(cross_covariance(&y.data, &x.data, dim, &kept, None).as_ref())?;
    let mean = |pairs: &[(u32, u32)]| {
        let sum: f64 = similarities(&rotation, pairs, y, x)
            .iter()
            .map(|&similarity| f64::from(similarity))
            .sum();
        sum / pairs.len() as f64
    };
    let link = ChainLink {
        shared: shared.len(),
        kept: kept.len(),
        kept_similarity: mean(&kept),
        similarity: mean(&shared),
    };
    Ok(Step { rotation, link })
}

/// The cosine of each pair under a rotation of the first side.
fn similarities(
    rotation: &Mat<f64>,
    pairs: &[(u32, u32)],
    y: &NormalizedRows,
    x: &NormalizedRows,
) -> Vec<f32> {
    let dim = x.dim;
    let row = |rows: &NormalizedRows, row: u32| rows.data[row as usize * dim..][..dim].to_vec();
    let from: Vec<f32> = pairs.iter().flat_map(|&(later, _)| row(y, later)).collect();
    let turned = mapped(&from, dim, &row_major(rotation));
    pairs
        .iter()
        .zip(turned.chunks_exact(dim))
        .map(|(&(_, earlier), turned)| dot(turned, &row(x, earlier)))
        .collect()
}

/// The positions of the `n` largest, rising; the first of equals.
fn nearest(similarities: &[f32], n: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..similarities.len()).collect();
    places.sort_by(|&left, &right| {
        similarities[right].total_cmp(&similarities[left]).then(left.cmp(&right))
    });
    places.truncate(n);
    places.sort_unstable();
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::{Language, MapForm};
    use crate::base::random::uniform;
    use crate::query::scattered;
    use crate::vectors::WordVectors;

    const DIM: usize = 5;

    /// The same points rotated, except the words from `first_changed` on, which are elsewhere.
    fn turned(vectors: &WordVectors, seed: u64, first_changed: usize) -> WordVectors {
        let random = Mat::from_fn(DIM, DIM, |i, j| uniform(seed, i as u64, j as u64) - 0.5);
        let q = procrustes(random.as_ref()).unwrap();
        let data = vectors.as_slice().chunks_exact(DIM).enumerate().flat_map(|(row, x)| {
            let turned: Vec<f32> = (0..DIM)
                .map(|j| (0..DIM).map(|i| f64::from(x[i]) * q[(i, j)]).sum::<f64>() as f32)
                .collect();
            // All words that changed are turned by the same further quarter: the worst case for a
            // map that includes them.
            if row >= first_changed {
                vec![turned[1], -turned[0], turned[2], turned[3], turned[4]]
            } else {
                turned
            }
        });
        WordVectors::new(vectors.words().clone(), DIM, data.collect())
    }

    fn config() -> AlignConfig {
        // Without a mean, which changed words move.
        AlignConfig {
            normalization: vec![crate::align::NormalizationStep::Unit],
            ..AlignConfig::default()
        }
    }

    #[test]
    fn words_that_changed_do_not_bend_the_map() {
        let first = scattered(1000, DIM);
        let (second, third) = (turned(&first, 5, 880), turned(&first, 6, 1000));
        let slices = [
            AlignInput::new(&first, "1"),
            AlignInput::new(&second, "2"),
            AlignInput::new(&third, "3"),
        ];
        let spaces = chain(&slices, &config(), &()).unwrap();
        for (slice, vectors) in [(1, &second), (2, &third)] {
            let map = spaces.between(slice, 0);
            let (x, y) = (
                map.apply(Language::Source, MapForm::Orthogonal, vectors.as_slice()),
                map.apply(Language::Target, MapForm::Orthogonal, first.as_slice()),
            );
            for row in (0..880).filter(|row| row % 7 != 6) {
                assert!(
                    dot(&x.data[row * DIM..][..DIM], &y.data[row * DIM..][..DIM]) > 0.99999,
                    "slice {slice}, word {row}"
                );
            }
        }
        let Joined::Chain { links } = &spaces.description.joined else { panic!("a chain") };
        let shared = 1000 - 1000 / 7;
        assert!(links.iter().all(|link| (link.shared, link.kept) == (shared, shared * 4 / 5)
            && link.kept_similarity > 0.99999));
        // The plain map, by its definition, is distorted if nothing is left out.
        let pairs: Vec<(u32, u32)> =
            (0..1000).filter(|row| row % 7 != 6).map(|row| (row, row)).collect();
        let rows = |vectors: &WordVectors| {
            Normalization::fit(vectors, vec![1.0; DIM], &config().normalization, 1000).unwrap().1
        };
        let (x, y) = (rows(&first), rows(&second));
        let plain =
            procrustes(cross_covariance(&y.data, &x.data, DIM, &pairs, None).as_ref()).unwrap();
        assert!(
            similarities(&plain, &pairs[..700], &y, &x)
                .iter()
                .any(|&similarity| similarity < 0.99999)
        );
    }

    #[test]
    fn composed_rotations_are_orthogonal() {
        let first = scattered(300, DIM);
        let others: Vec<WordVectors> = (0..6).map(|seed| turned(&first, 10 + seed, 280)).collect();
        let mut slices = vec![AlignInput::new(&first, "0")];
        slices.extend(
            others
                .iter()
                .enumerate()
                .map(|(place, vectors)| AlignInput::new(vectors, (place + 1).to_string())),
        );
        let spaces = chain(&slices, &AlignConfig::default(), &()).unwrap();
        for side in &spaces.sides {
            for (i, j) in (0..DIM).flat_map(|i| (0..DIM).map(move |j| (i, j))) {
                let product: f64 = (0..DIM)
                    .map(|k| {
                        f64::from(side.rotation[k * DIM + i])
                            * f64::from(side.rotation[k * DIM + j])
                    })
                    .sum();
                assert!((product - f64::from(u8::from(i == j))).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn slices_without_shared_words_are_refused() {
        let first = scattered(300, DIM);
        let names: Vec<String> = (0..300).map(|word| format!("x{word}")).collect();
        let other = WordVectors::new(
            names.iter().map(String::as_str).collect(),
            DIM,
            first.as_slice().to_vec(),
        );
        let slices = [AlignInput::new(&first, "1"), AlignInput::new(&other, "2")];
        let message = chain(&slices, &config(), &()).unwrap_err().to_string();
        let expected = "`1` and `2` share 0 of their frequent words (each with a vector that is \
                        not zero), at least 7 are needed";
        assert_eq!(message, expected);
        let slices = [AlignInput::new(&first, "1"), AlignInput::new(&first, "2")];
        let message = chain(&slices, &AlignConfig { self_learning_words: 6, ..config() }, &())
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("share 6 of") && message.ends_with("at least 7 are needed"),
            "{message}"
        );
    }
}

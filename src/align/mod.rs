//! Two languages laid over each other: from their vectors, and a dictionary or none, to a map into
//! one space, with a verdict on it.
//!
//! In: two [`WordVectors`] of one dimension (or cut to one), and maybe a [`Dictionary`]. Out: an
//! [`AlignmentMap`], whose report says whether it can be trusted; [`best_both`] finds translations
//! in the common space by cosine or by CSLS.
//!
//! ```
//! use eigenlex::align::{self, AlignConfig, AlignInput, AlignMethod, Language, MapForm};
//! use eigenlex::{WordId, WordVectors, Words};
//! // The same five points, seen from two sides.
//! let points = [[1.0, 0.2], [0.3, 1.0], [-1.0, 0.4], [0.1, -1.0], [0.9, -0.6]];
//! let words = |language: &str| -> Words {
//!     let names: Vec<String> = (0..5).map(|i| format!("{language}{i}")).collect();
//!     names.iter().map(String::as_str).collect()
//! };
//! let source = WordVectors::new(words("a"), 2, points.concat());
//! let target = WordVectors::new(words("b"), 2, points.iter().flat_map(|&[x, y]| [y, -x]).collect());
//! let pairs: Vec<(WordId, WordId)> = (0..5).map(|i| (WordId(i), WordId(i))).collect();
//! let config = AlignConfig { method: AlignMethod::Supervised, ..AlignConfig::default() };
//! let map = align::align(&AlignInput::new(&source, "a"), &AlignInput::new(&target, "b"), Some(&pairs), &config, &())?;
//! let a = map.apply(Language::Source, MapForm::Orthogonal, source.as_slice());
//! let b = map.apply(Language::Target, MapForm::Orthogonal, target.as_slice());
//! assert!(a.data.iter().zip(&b.data).all(|(a, b)| (a - b).abs() < 1e-5));
//! # Ok::<(), eigenlex::Error>(())
//! ```

// In the order of the data.
mod dictionary;

mod normalize;

mod procrustes;

mod reweight;

mod retrieval;

mod translate;

mod tensors;

mod map;

mod learner;

mod verdict;

mod rcsls;

mod profiles;

mod first_pairs;

mod learn;

mod shared;

mod spaces;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use dictionary::{Coverage, Dictionary, DictionaryPairs, lookup};
pub use map::{AlignmentMap, Language, MAP_VERSION, MapDescription, MapForm, MappedSpace, SideMap};
pub use normalize::{Normalization, NormalizationStep, NormalizedRows};
pub use retrieval::{Best, CSLS_NEIGHBORS, Hubness, Retrieval, Rows, best_both};
pub use shared::shared_space;
pub use spaces::{ChainLink, CommonSpaces, Joined, NamedSpace, SPACES_VERSION, SpacesDescription};
pub use spaces::{
    Drift, DriftOf, DriftStep, Movement, PEERS, Place, SLICE_CUTOFF, WordDrift, chain, hub,
};
pub use translate::{CANDIDATES, InducedPair, Translation, Translator, induce};
pub use verdict::{AlignmentReport, Verdict};

use crate::base::budget::MemoryBudget;
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::words::WordId;
use crate::vectors::WordVectors;

/// What the learning begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlignMethod {
    /// A dictionary, and nothing else.
    Supervised,
    /// A dictionary, however small, that self-learning goes on from.
    SemiSupervised,
    /// Words that are spelled the same in both languages, numerals among them, that self-learning
    /// goes on from.
    Identical,
    /// Nothing: the shapes of the two spaces alone.
    Unsupervised,
    /// Nothing is learned: both sides lie in one space already, see [`shared_space`].
    Shared,
}

/// What the last step optimises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Criterion {
    /// The distance of the pairs: orthogonal, and with whitening and re-weighting.
    Procrustes,
    /// The relaxed CSLS of the pairs (Joulin et al. 2018); no longer orthogonal.
    Rcsls,
}

/// How to align.
#[derive(Debug, Clone, PartialEq)]
pub struct AlignConfig {
    /// What the learning begins with.
    pub method: AlignMethod,
    /// What the last step optimises.
    pub criterion: Criterion,
    /// What is done to each vector first.
    pub normalization: Vec<NormalizationStep>,
    /// Keep only so many of the first dimensions of both; `None` for all, which must then be
    /// equally many.
    pub dim: Option<usize>,
    /// Weight the components of a model as `S^p` with this `p` instead of its own; `None` for its
    /// own. Vectors without singular values stay.
    pub sigma_exponent: Option<f64>,
    /// Learn and judge on the first so many words of each side at most.
    pub max_words: usize,
    /// Self-learning ends on so many of the most frequent words of each side.
    pub self_learning_words: usize,
    /// Exponent of the shared variances in the symmetric re-weighting.
    pub reweight: f64,
    /// The seed of what is random.
    pub seed: u64,
    /// What may be held in memory, both sides as they come included.
    pub memory: MemoryBudget,
}

impl Default for AlignConfig {
    fn default() -> Self {
        Self {
            method: AlignMethod::Unsupervised,
            criterion: Criterion::Procrustes,
            normalization: NormalizationStep::DEFAULT.to_vec(),
            dim: None,
            sigma_exponent: None,
            max_words: 200_000,
            self_learning_words: 20_000,
            reweight: 0.5,
            seed: 42,
            memory: MemoryBudget::default(),
        }
    }
}

/// One language as it comes.
#[derive(Debug, Clone)]
pub struct AlignInput<'a> {
    /// Words and vectors, the most frequent first.
    pub vectors: &'a WordVectors,
    /// Where they are, for the map.
    pub path: PathBuf,
    /// The singular values of the components and the exponent that they are weighted with, where
    /// that is known.
    pub spectrum: Option<(Vec<f64>, f64)>,
}

impl<'a> AlignInput<'a> {
    /// Vectors of which nothing more is known.
    pub fn new(vectors: &'a WordVectors, path: impl Into<PathBuf>) -> Self {
        Self { vectors, path: path.into(), spectrum: None }
    }

    /// The factors that weight the first `dim` components as `S^exponent`.
    fn scale(&self, dim: usize, exponent: Option<f64>) -> Vec<f32> {
        match (&self.spectrum, exponent) {
            (Some((values, own)), Some(exponent)) if values.len() >= dim => {
                values[..dim].iter().map(|value| value.powf(exponent - own) as f32).collect()
            }
            _ => vec![1.0; dim],
        }
    }

    fn space(&self, max_words: usize) -> MappedSpace {
        MappedSpace {
            path: self.path.clone(),
            digest: self.vectors.digest(),
            n_words: self.vectors.len(),
            dim_in: self.vectors.dim(),
            max_words: max_words.min(self.vectors.len()),
        }
    }
}

/// Words that are spelled the same on both sides, by rising source.
pub fn identical_words(
    source: &WordVectors,
    target: &WordVectors,
    max_words: usize,
) -> Vec<(WordId, WordId)> {
    let limit = |vectors: &WordVectors| vectors.len().min(max_words);
    (0..limit(source) as u32)
        .map(WordId)
        .filter_map(|id| {
            let other = target
                .id(source.words().spelling(id))
                .filter(|other| other.index() < limit(target))?;
            Some((id, other))
        })
        .collect()
}

/// Learns a map from two languages into one space.
///
/// `dictionary` holds pairs of word ids; it is needed for [`AlignMethod::Supervised`] and
/// [`AlignMethod::SemiSupervised`], and left out otherwise.
///
/// # Errors
/// [`Error::DifferentDimensions`]; [`Error::FewPairs`] if the pairs do not suffice;
/// [`Error::NotFinite`]; [`Error::Parameter`]; [`Error::MemoryBudget`]; [`Error::Interrupted`].
///
/// # Panics
/// If the dictionary is missing where it is needed, or a word id is not below the number of words.
pub fn align(
    source: &AlignInput<'_>,
    target: &AlignInput<'_>,
    dictionary: Option<&[(WordId, WordId)]>,
    config: &AlignConfig,
    progress: &dyn Progress,
) -> Result<AlignmentMap> {
    if config.method == AlignMethod::Shared {
        return shared_space(source, target);
    }
    let dim = common_dim(source.vectors.dim(), target.vectors.dim(), config.dim)?;
    config.memory.check(
        Stage::Align,
        memory_bytes(&[source, target], dim, config),
        MEMORY_LEVER,
    )?;
    progress.start(Stage::Align, None);
    let side = |input: &AlignInput<'_>| {
        Normalization::fit(
            input.vectors,
            input.scale(dim, config.sigma_exponent),
            &config.normalization,
            config.max_words,
        )
    };
    let ((source_normalization, x), (target_normalization, y)) = (side(source)?, side(target)?);
    let pairs: Vec<(u32, u32)> = match config.method {
        AlignMethod::Supervised | AlignMethod::SemiSupervised => {
            let pairs = dictionary.expect("a dictionary, as this method needs it");
            let limit = |rows: &NormalizedRows| rows.data.len() / dim;
            pairs
                .iter()
                .map(|(s, t)| (s.0, t.0))
                .filter(|&(s, t)| (s as usize) < limit(&x) && (t as usize) < limit(&y))
                .collect()
        }
        AlignMethod::Identical => identical_words(source.vectors, target.vectors, config.max_words)
            .iter()
            .map(|(s, t)| (s.0, t.0))
            .collect(),
        AlignMethod::Unsupervised | AlignMethod::Shared => Vec::new(),
    };
    let zero_vectors = (x.n_zero, y.n_zero);
    let learned = learn::learn(&x, &y, &pairs, config, progress)?;
    progress.finish();
    let description =
        describe(source, target, dim, config, AlignmentReport { zero_vectors, ..learned.report });
    let source = SideMap { normalization: source_normalization, ..learned.source };
    let target = SideMap { normalization: target_normalization, ..learned.target };
    Ok(AlignmentMap { description, source, target })
}

/// Bytes at the peak: all languages as they come, two of them normalized, and what learning takes.
fn memory_bytes(inputs: &[&AlignInput<'_>], dim: usize, config: &AlignConfig) -> u64 {
    let given: usize = inputs.iter().map(|input| input.vectors.as_slice().len()).sum();
    let mut n_rows: Vec<usize> =
        inputs.iter().map(|input| input.vectors.len().min(config.max_words)).collect();
    n_rows.sort_unstable();
    let largest = [n_rows[n_rows.len() - 1], n_rows[n_rows.len() - 2]];
    4 * (given + (largest[0] + largest[1]) * dim) as u64 + learn::memory_bytes(largest, dim, config)
}

/// What makes it less.
const MEMORY_LEVER: &str = "--max-words, --cutoff or --dim";

/// What stands in the map beside its numbers.
fn describe(
    source: &AlignInput<'_>,
    target: &AlignInput<'_>,
    dim: usize,
    config: &AlignConfig,
    report: AlignmentReport,
) -> MapDescription {
    MapDescription {
        map_version: MAP_VERSION,
        program: concat!("eigenlex ", env!("CARGO_PKG_VERSION")).to_owned(),
        source: source.space(config.max_words),
        target: target.space(config.max_words),
        dim,
        method: config.method,
        criterion: config.criterion,
        normalization: config.normalization.clone(),
        seed: config.seed,
        report,
    }
}

/// The dimensions that both sides are cut to.
fn common_dim(source: usize, target: usize, asked: Option<usize>) -> Result<usize> {
    match asked {
        None if source != target => {
            Err(Error::DifferentDimensions { source_dim: source, target_dim: target })
        }
        None => Ok(source),
        Some(dim) if dim == 0 || dim > source.min(target) => Err(Error::Parameter {
            name: "dim",
            found: dim.to_string(),
            expected: format!(
                "from 1 to {}, the dimensions that both sides have",
                source.min(target)
            ),
        }),
        Some(dim) => Ok(dim),
    }
}

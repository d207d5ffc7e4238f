//! Aligning two languages: from their vectors, with or without a dictionary, to a map into one
//! space in which translations are near each other, with a verdict on it.
//!
//! In: two [`WordVectors`](crate::WordVectors) of one dimension (or cut to one), and maybe a
//! [`Dictionary`]. Out: an [`AlignmentMap`], whose report says whether it can be trusted;
//! [`best_both`] finds translations in the common space by cosine or by CSLS.
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
//! let turned = points.iter().flat_map(|&[x, y]| [y, -x]);
//! let target = WordVectors::new(words("b"), 2, turned.collect());
//! let pairs: Vec<(WordId, WordId)> = (0..5).map(|i| (WordId(i), WordId(i))).collect();
//! let (a, b) = (AlignInput::new(&source, "a"), AlignInput::new(&target, "b"));
//! let map = align::align(&a, &b, AlignMethod::Supervised(&pairs), &AlignConfig::default(), &())?;
//! let a = map.apply(Language::Source, MapForm::Orthogonal, source.as_slice());
//! let b = map.apply(Language::Target, MapForm::Orthogonal, target.as_slice());
//! assert!(a.data.iter().zip(&b.data).all(|(a, b)| (a - b).abs() < 1e-5));
//! # Ok::<(), eigenlex::Error>(())
//! ```

// In the order of the data.
mod dictionary_columns;

mod dictionary;

mod similar_spelling;

mod normalize;

mod side;

mod config;

mod input;

mod report;

mod map_file;

mod map;

mod procrustes;

mod reweight;

mod best;

mod block_search;

mod retrieval;

mod translate;

mod learner;

mod cross_validation;

mod verdict;

mod rcsls;

mod profiles;

mod axes;

mod dropout;

mod growth;

mod first_pairs;

mod learn;

mod two_languages;

mod shared;

mod spaces;

mod words;

pub use config::{AlignConfig, AlignMethod, Criterion, MethodName};
pub use dictionary::{Coverage, Dictionary, DictionaryPairs, lookup};
pub use input::{AlignInput, identical_words};
pub use map::{AlignmentMap, MAP_VERSION, MapDescription};
pub use normalize::{Normalization, NormalizationStep, NormalizedRows};
pub use report::{AlignmentReport, FoundAgain, Verdict};
pub use retrieval::{Best, CSLS_NEIGHBORS, Hubness, Retrieval, UnitRows, best_both};
pub use shared::shared_space;
pub use side::{Language, MapForm, MappedSpace, SideMap};
pub use spaces::{ChainLink, CommonSpaces, Joined, NamedSpace, SPACES_VERSION, SpacesDescription};
pub use spaces::{
    Drift, DriftOf, DriftStep, Movement, PEERS, SLICE_WORDS, SlicePlace, WordDrift, chain, hub,
};
pub use translate::{CANDIDATES, InducedPair, Translation, Translator, induce};
pub use two_languages::align;

//! The recipes: sets of parameters with a name.

use serde::{Deserialize, Serialize};

use super::EmbedConfig;
use crate::base::budget::MemoryBudget;
use crate::counts::Contexts;
use crate::space::subwords::Subwords;
use crate::svd::RandomizedSvd;
use crate::tokenize::TokenizerConfig;
use crate::vocab::Cutoff;
use crate::weighting::formulas::Weighting;

/// A named set of parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Recipe {
    /// Word vectors from nearby words; measured best for word math and similarity together.
    /// Co-occurrences with the 20,000 most frequent words within 15 tokens of a sentence, weighted
    /// by `1/d`, left and right contexts separate. Square-root transform, in which
    /// names, very frequent words and numerals weigh less; `V S^0.25` without the first component
    /// and the mean; 30,000 words are decomposed, the others folded in; subwords.
    #[default]
    Window,
    /// Latent semantic analysis in its plainest form: documents by words, 0 or 1, `V` (Deerwester
    /// et al. 1990).
    Lsa,
    /// What measured best for documents: to search, compare, group and classify them. Whole
    /// documents by words, square-root transform with the power 0.75, which lets common words weigh
    /// less than 0.5 does, `V S^0.75` without the first component.
    Documents,
    /// Passages of 200 tokens by words, square-root transform, `V S^0.75` without the first
    /// component: for networks, and for the words of parallel texts, whose lines stay whole.
    Passages,
}

impl Default for EmbedConfig {
    fn default() -> Self {
        Self::recipe(Recipe::default())
    }
}

impl EmbedConfig {
    /// [`Recipe::Window`]: for words.
    pub fn window() -> Self {
        Self::recipe(Recipe::Window)
    }

    /// [`Recipe::Documents`]: for documents.
    pub fn documents() -> Self {
        Self::recipe(Recipe::Documents)
    }

    /// [`Recipe::Passages`]: for networks and parallel texts.
    pub fn passages() -> Self {
        Self::recipe(Recipe::Passages)
    }

    /// [`Recipe::Lsa`]: latent semantic analysis in its plainest form.
    pub fn lsa() -> Self {
        Self::recipe(Recipe::Lsa)
    }

    /// The parameters of a recipe, with 300 dimensions.
    pub fn recipe(recipe: Recipe) -> Self {
        let square_root = Weighting::SquareRoot { power: 0.5 };
        let (contexts, document_tokens, weighting, sigma_exponent, drop_components) = match recipe {
            Recipe::Window => (Contexts::default(), None, square_root, 0.25, 1),
            Recipe::Lsa => (Contexts::Documents, None, Weighting::Binary, 0.0, 0),
            Recipe::Documents => {
                (Contexts::Documents, None, Weighting::SquareRoot { power: 0.75 }, 0.75, 1)
            }
            Recipe::Passages => (Contexts::Documents, Some(200), square_root, 0.75, 1),
        };
        let svd = RandomizedSvd::default();
        let is_window = contexts != Contexts::Documents;
        Self {
            tokenizer: TokenizerConfig::default(),
            phrases: None,
            document_tokens,
            cutoff: Cutoff::default(),
            subsample: None,
            contexts,
            sentences: is_window,
            weighting,
            dispersion: if is_window { 0.4 } else { 0.0 },
            damping: if is_window { 0.001 } else { 0.0 },
            numerals: !is_window,
            fit_words: is_window.then_some(30_000),
            dim: 300,
            lower_dim: false,
            seed: 42,
            tolerance: svd.tolerance,
            max_products: svd.max_products,
            power_iterations: svd.power_iterations,
            oversampling: svd.oversampling,
            drop_components,
            sigma_exponent,
            add_contexts: false,
            center: is_window,
            subwords: is_window.then(Subwords::default),
            network: None,
            memory: MemoryBudget::default(),
            temporary_folder: None,
            checkpoint_folder: None,
        }
    }
}

//! A configuration step by step: methods that are called like the fields that they set.

use std::path::PathBuf;

use super::EmbedConfig;
use crate::base::budget::MemoryBudget;
use crate::counts::Contexts;
use crate::network::NetworkConfig;
use crate::space::subwords::Subwords;
use crate::tokenize::{PhraseConfig, TokenizerConfig};
use crate::weighting::formulas::Weighting;
use crate::weighting::subsample::Subsampling;

impl EmbedConfig {
    /// Sets `tokenizer`: how text becomes tokens.
    #[must_use]
    pub fn tokenizer(mut self, tokenizer: TokenizerConfig) -> Self {
        self.tokenizer = tokenizer;
        self
    }

    /// Sets `phrases`: words that belong together become one token.
    #[must_use]
    pub fn phrases(mut self, phrases: PhraseConfig) -> Self {
        self.phrases = Some(phrases);
        self
    }

    /// Sets `document_tokens`: documents are cut into documents of `n_tokens` tokens.
    #[must_use]
    pub fn document_tokens(mut self, n_tokens: impl Into<Option<usize>>) -> Self {
        self.document_tokens = n_tokens.into();
        self
    }

    /// Keeps the words that occur at least `min_count` times.
    #[must_use]
    pub fn min_count(mut self, min_count: u64) -> Self {
        self.cutoff.min_count = min_count;
        self
    }

    /// Keeps the `max_words` most frequent words.
    #[must_use]
    pub fn max_words(mut self, max_words: impl Into<Option<usize>>) -> Self {
        self.cutoff.max_words = max_words.into();
        self
    }

    /// Sets `subsample`: how frequent words are downsampled.
    #[must_use]
    pub fn subsample(mut self, subsample: Subsampling) -> Self {
        self.subsample = Some(subsample);
        self
    }

    /// Sets `contexts`: what the rows of the matrix are.
    #[must_use]
    pub fn contexts(mut self, contexts: Contexts) -> Self {
        self.contexts = contexts;
        self
    }

    /// Counts within `n_tokens` tokens on either side; contexts that were documents become the
    /// default windows first.
    #[must_use]
    pub fn window_size(mut self, n_tokens: usize) -> Self {
        if self.contexts == Contexts::Documents {
            self.contexts = Contexts::default();
        }
        if let Contexts::Window { size, .. } = &mut self.contexts {
            *size = n_tokens;
        }
        self
    }

    /// Sets `sentences`: whether windows end where sentences do.
    #[must_use]
    pub fn sentences(mut self, sentences: bool) -> Self {
        self.sentences = sentences;
        self
    }

    /// Sets `weighting`: how counts become entries.
    #[must_use]
    pub fn weighting(mut self, weighting: Weighting) -> Self {
        self.weighting = weighting;
        self
    }

    /// Sets `dispersion`, from 0 to 1; 0 switches it off.
    #[must_use]
    pub fn dispersion(mut self, dispersion: f64) -> Self {
        self.dispersion = dispersion;
        self
    }

    /// Sets `damping`, a relative frequency; 0 switches it off.
    #[must_use]
    pub fn damping(mut self, frequency: f64) -> Self {
        self.damping = frequency;
        self
    }

    /// Sets `numerals`: whether they shape the space as words do.
    #[must_use]
    pub fn numerals(mut self, numerals: bool) -> Self {
        self.numerals = numerals;
        self
    }

    /// Sets `fit_words`: the `n_words` most frequent words are decomposed, all others folded in.
    #[must_use]
    pub fn fit_words(mut self, n_words: impl Into<Option<usize>>) -> Self {
        self.fit_words = n_words.into();
        self
    }

    /// Sets the dimensions of the vectors, at least 1.
    #[must_use]
    pub fn dim(mut self, dim: usize) -> Self {
        self.dim = dim;
        self
    }

    /// Sets `lower_dim`: a small matrix lowers the dimensions.
    #[must_use]
    pub fn lower_dim(mut self, lower_dim: bool) -> Self {
        self.lower_dim = lower_dim;
        self
    }

    /// Sets the seed of all that is drawn.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the largest residual of a singular triplet, above 0 and below 1.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Takes the plain scheme with `n_iterations` power iterations instead of a tolerance.
    #[must_use]
    pub fn power_iterations(mut self, n_iterations: impl Into<Option<usize>>) -> Self {
        self.power_iterations = n_iterations.into();
        self
    }

    /// Gives up the decomposition after `n_products` products with one vector.
    #[must_use]
    pub fn max_products(mut self, n_products: impl Into<Option<usize>>) -> Self {
        self.max_products = n_products.into();
        self
    }

    /// Sets `oversampling`: columns that the plain scheme takes beyond the rank.
    #[must_use]
    pub fn oversampling(mut self, n_columns: usize) -> Self {
        self.oversampling = n_columns;
        self
    }

    /// Leaves the first `n_components` singular triplets out of the vectors.
    #[must_use]
    pub fn drop_components(mut self, n_components: usize) -> Self {
        self.drop_components = n_components;
        self
    }

    /// Sets the power `p` of `V S^p`, from 0 to 1.
    #[must_use]
    pub fn sigma_exponent(mut self, exponent: f64) -> Self {
        self.sigma_exponent = exponent;
        self
    }

    /// Sets `add_contexts`: the vector of a word as a context is added.
    #[must_use]
    pub fn add_contexts(mut self, add_contexts: bool) -> Self {
        self.add_contexts = add_contexts;
        self
    }

    /// Sets `center`: the mean of all vectors is subtracted from each.
    #[must_use]
    pub fn center(mut self, center: bool) -> Self {
        self.center = center;
        self
    }

    /// Sets `subwords`; `None` switches it off.
    #[must_use]
    pub fn subwords(mut self, subwords: impl Into<Option<Subwords>>) -> Self {
        self.subwords = subwords.into();
        self
    }

    /// Trains a network on documents instead of the decomposition. What belongs to the
    /// decomposition is switched off: no components are dropped, and the vectors are not scaled.
    ///
    /// ```
    /// use eigenlex::EmbedConfig;
    /// use eigenlex::network::{NetworkConfig, NetworkKind};
    ///
    /// let network = NetworkConfig::new(NetworkKind::Autoencoder);
    /// let config = EmbedConfig::passages().dim(50).network(network);
    /// assert_eq!((config.dim, config.drop_components), (50, 0));
    /// ```
    #[must_use]
    pub fn network(mut self, network: NetworkConfig) -> Self {
        self.network = Some(network);
        self.drop_components = 0;
        self.sigma_exponent = 0.0;
        self
    }

    /// Takes at most `bytes` of memory; see `temporary_folder` for what does not fit.
    #[must_use]
    pub fn memory(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.memory = MemoryBudget { bytes: bytes.into() };
        self
    }

    /// Puts what does not fit into the memory into temporary files in this folder.
    #[must_use]
    pub fn temporary_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.temporary_folder = Some(folder.into());
        self
    }

    /// Keeps the results of finished stages in this folder, so that an interrupted call resumes.
    #[must_use]
    pub fn checkpoint_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.checkpoint_folder = Some(folder.into());
        self
    }
}

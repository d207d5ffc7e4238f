//! All parameters on the way from texts to vectors, and the recipes: sets of parameters with a
//! name.

mod builder;
mod check;
mod recipe;

pub use recipe::Recipe;

use std::borrow::Cow;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::base::budget::MemoryBudget;
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::counts::Contexts;
use crate::network::NetworkConfig;
use crate::space::scaling::Scaling;
use crate::space::subwords::Subwords;
use crate::svd::{RandomizedSvd, SvdPrecision};
use crate::tokenize::{PhraseConfig, TokenizerConfig};
use crate::vocab::Cutoff;
use crate::weighting::formulas::Weighting;
use crate::weighting::subsample::Subsampling;

/// Every parameter of [`embed()`](crate::embed()). `EmbedConfig::default()` is [`Recipe::Window`].
///
/// A configuration begins with a recipe, and methods change its parameters:
///
/// ```
/// use eigenlex::EmbedConfig;
///
/// let config = EmbedConfig::window().dim(100).min_count(2).memory(4 << 30);
/// assert_eq!((config.dim, config.cutoff.min_count), (100, 2));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct EmbedConfig {
    /// How text becomes tokens. Default: Unicode words.
    pub tokenizer: TokenizerConfig,
    /// How words become phrases (`new_york`), before the cutoff. Default: they do not.
    #[serde(default)]
    pub phrases: Option<PhraseConfig>,
    /// Documents are cut into documents of so many tokens, at least 1. Default: they are not.
    #[serde(default)]
    pub document_tokens: Option<usize>,
    /// Which words are kept. Default: those that occur at least 5 times.
    pub cutoff: Cutoff,
    /// How frequent words are downsampled. Default: they are not.
    #[serde(default)]
    pub subsample: Option<Subsampling>,
    /// What the rows of the matrix are. Default: windows of 15 tokens on either side, weights
    /// `1/d`, the 20,000 most frequent words as contexts.
    pub contexts: Contexts,
    /// Whether windows end where sentences do
    /// ([`Tokens::read_sentences`](crate::tokenize::Tokens::read_sentences)); for windows alone.
    /// Default: they do with windows.
    #[serde(default)]
    pub sentences: bool,
    /// How counts become entries. Default: the square-root transform.
    pub weighting: Weighting,
    /// The [`dispersion`](crate::weighting::dispersion), from 0 to 1, below which a word weighs
    /// less in the decomposition: its column is multiplied by its own dispersion divided by this
    /// value. Names, which cluster in few texts, then shape the space less. 0 turns this off. It
    /// needs windows and the square-root transform. Default: 0.4 with windows, else 0.
    #[serde(default)]
    pub dispersion: f64,
    /// The relative frequency at which the weight of a word in the decomposition is divided by the
    /// root of 2: its column is divided by `sqrt(1 + f / damping)`. Very frequent words then shape
    /// the space less. 0 turns this off. It needs what `dispersion` needs. Default: 0.001 with
    /// windows, else 0.
    #[serde(default)]
    pub damping: f64,
    /// Whether numerals shape the space as words do. If not, they are no contexts, and their
    /// columns are multiplied by 0.1; where more than a quarter of all tokens are numerals, they
    /// are words. `false` needs what `dispersion` needs. Default: no with windows, else yes.
    #[serde(default = "yes")]
    pub numerals: bool,
    /// Number of most frequent words that are decomposed; all others are folded in:
    /// `v = x^T U / s` for the column x of a word. At least `dim` plus `drop_components`; `None`
    /// decomposes all words. Default: 30,000 with windows, `None` with documents.
    #[serde(default)]
    pub fit_words: Option<usize>,
    /// The dimensions of the vectors, at least 1. The decomposition finds so many singular triplets
    /// and those that `drop_components` leaves out. Default: 300.
    pub dim: usize,
    /// Whether a `dim` that is too large for the matrix is lowered, and reported to the
    /// [`Progress`](crate::Progress), instead of being an error. Default: no.
    #[serde(default)]
    pub lower_dim: bool,
    /// Seed of all that is drawn: the random start of the decomposition or the network, random
    /// windows and random subsampling. Default: 42.
    pub seed: u64,
    /// As [`RandomizedSvd::tolerance`](crate::RandomizedSvd::tolerance). Default: 1e-3.
    pub tolerance: f64,
    /// As [`RandomizedSvd::max_products`](crate::RandomizedSvd::max_products). Default: none.
    #[serde(default)]
    pub max_products: Option<usize>,
    /// As [`RandomizedSvd::power_iterations`](crate::RandomizedSvd::power_iterations). Default:
    /// none.
    #[serde(default)]
    pub power_iterations: Option<usize>,
    /// As [`RandomizedSvd::oversampling`](crate::RandomizedSvd::oversampling). Default: 10.
    pub oversampling: usize,
    /// Number of the first components that are left out of the vectors. The first one mostly
    /// carries word frequency, like the trivial first factor of correspondence analysis. Default:
    /// 0 for [`Recipe::Lsa`], else 1.
    pub drop_components: usize,
    /// Row j of `V_k S_k^p` is the vector of word j, with `p` from 0 to 1. Default: 0.25 with
    /// windows, 0.75 for [`Recipe::Documents`] and [`Recipe::Passages`], 0 for [`Recipe::Lsa`].
    pub sigma_exponent: f64,
    /// Whether the vector of a word as a context is added to its vector (`w + c`); for windows
    /// alone. Default: no.
    #[serde(default)]
    pub add_contexts: bool,
    /// Whether the mean of all vectors is subtracted from each. Default: yes with windows.
    #[serde(default)]
    pub center: bool,
    /// How much of what its spelling predicts is added to a word's vector. Default:
    /// [`Subwords::default`] with windows, `None` with documents.
    #[serde(default)]
    pub subwords: Option<Subwords>,
    /// A network that is trained on documents instead of the decomposition. `dim` and `seed` stay
    /// in use. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkConfig>,
    /// How much memory the process may take. Default: no bound.
    pub memory: MemoryBudget,
    /// A folder for temporary files, which hold what the memory budget leaves no room for. Without
    /// one, the default, tokens, counts or a matrix that do not fit are an error. It is not stored
    /// with a model.
    #[serde(skip)]
    pub temporary_folder: Option<PathBuf>,
    /// A folder for checkpoints: the results of finished stages. After a stop or a kill the same
    /// call resumes from there and ends with the same bits. The folder is made when there is
    /// something to keep; after success the caller removes it with
    /// [`remove_checkpoints`](crate::storage::remove_checkpoints). It is not stored with a model.
    /// Default: no checkpoints.
    #[serde(skip)]
    pub checkpoint_folder: Option<PathBuf>,
}

fn yes() -> bool {
    true
}

impl EmbedConfig {
    /// The rank of the decomposition: the dimensions, and the components that are left out of the
    /// vectors.
    pub(crate) fn rank(&self) -> usize {
        self.dim.saturating_add(self.drop_components)
    }

    /// The decomposition that this configuration asks for.
    pub(crate) fn solver(&self, left_vectors: bool) -> RandomizedSvd {
        RandomizedSvd {
            tolerance: self.tolerance,
            max_products: self.max_products,
            power_iterations: self.power_iterations,
            oversampling: self.oversampling,
            seed: self.seed,
            left_vectors,
            // The weights of texts are no more exact than that.
            precision: SvdPrecision::Single,
            ..RandomizedSvd::new(self.rank())
        }
    }

    /// How the singular vectors become word vectors.
    pub(crate) fn scaling(&self) -> Scaling {
        Scaling {
            drop_components: self.drop_components,
            sigma_exponent: self.sigma_exponent,
            rows_per_context: self.add_contexts.then(|| self.contexts.rows_per_context()),
            center: self.center,
        }
    }

    /// The configuration for a matrix of this shape: the dimensions are lowered to what its smaller
    /// side allows where that may be, and this is reported; a network has no such bound.
    ///
    /// # Errors
    /// [`Error::DimTooLarge`].
    pub(crate) fn for_matrix(
        &self,
        n_rows: usize,
        n_columns: usize,
        progress: &dyn Progress,
    ) -> Result<Cow<'_, Self>> {
        let largest = n_rows.min(n_columns);
        if self.network.is_some() || self.rank() <= largest {
            return Ok(Cow::Borrowed(self));
        }
        if !self.lower_dim || largest <= self.drop_components {
            return Err(Error::DimTooLarge {
                dim: self.dim,
                dropped: self.drop_components,
                n_rows,
                n_columns,
            });
        }
        let lowered = Self { dim: largest - self.drop_components, ..self.clone() };
        let (asked, dim) = (self.dim, lowered.dim);
        progress.tell(&format!(
            "the matrix is {n_rows} x {n_columns}: the vectors have {dim} dimensions instead of \
             {asked}"
        ));
        Ok(Cow::Owned(lowered))
    }
}

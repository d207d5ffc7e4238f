//! All parameters on the way from texts to vectors, and the recipes: sets of parameters with a
//! name.

use std::borrow::Cow;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::base::budget::MemoryBudget;
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::counts::Contexts;
use crate::network::NetworkConfig;
use crate::space::scaling::Scaling;
use crate::space::subwords::SubwordSmoothing;
use crate::svd::RandomizedSvd;
use crate::tokenize::{PhraseConfig, TokenizerConfig};
use crate::vocab::Cutoff;
use crate::weighting::formulas::Weighting;
use crate::weighting::subsample::Subsampling;

/// Every parameter of [`embed`](crate::embed). `EmbedConfig::default()` is [`Recipe::Window`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// How frequent words are taken down. Default: they are not.
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
    /// The [`dispersion`](crate::weighting::dispersion), from 0 to 1, from which on a word weighs
    /// whole in the decomposition; the column of a word below it is multiplied by its dispersion
    /// over this one, so that names, which crowd in few texts, shape the space less. For windows
    /// with the square-root transform alone; 0 for not. Default: 0.4 with windows.
    #[serde(default)]
    pub dispersion: f64,
    /// The decomposition sees the first so many words, which are the most frequent, and the others
    /// are folded in: `v = x^T U / s` for the column x of a word. At least the rank. Default:
    /// 50,000; none, all are seen, with documents.
    #[serde(default)]
    pub fit_words: Option<usize>,
    /// The decomposition; its rank is the dimension of the vectors and the dropped components.
    /// Default: 301.
    pub svd: RandomizedSvd,
    /// Whether the rank is lowered to the smaller side of the matrix, where it is above, and told
    /// to the [`Progress`](crate::Progress), instead of being an error. Default: no.
    #[serde(default)]
    pub lower_rank: bool,
    /// So many of the first singular triplets are left out of the vectors. Default 1 with windows:
    /// like the trivial first factor of correspondence analysis it tells how frequent a word is,
    /// not what it means.
    pub drop_components: usize,
    /// Row j of `V_k S_k^p` is the vector of word j, with `p` from 0 to 1. Default: 0.15.
    pub sigma_exponent: f64,
    /// Whether the vector of a word as a context is added to its vector (`w + c`); for windows
    /// alone. Default: no.
    #[serde(default)]
    pub add_contexts: bool,
    /// Whether the mean of all vectors is taken from each. Default: it is with windows.
    #[serde(default)]
    pub center: bool,
    /// How much rare words lean on words that are spelled alike. Default: by 0.3, half as much at
    /// 1,000 occurrences; with documents they do not.
    #[serde(default)]
    pub subword_smoothing: Option<SubwordSmoothing>,
    /// A network that is trained on documents instead of the decomposition, of whose settings the
    /// rank, which is the dimension, and the seed stay in use. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkConfig>,
    /// How much memory the process may take. Default: no bound.
    pub memory: MemoryBudget,
    /// A folder for temporary files, where what the budget leaves no room for goes; it is not
    /// stored with a model. Without one, the default, tokens, counts or a matrix that do not fit
    /// are an error.
    #[serde(skip)]
    pub temporary_folder: Option<PathBuf>,
    /// A folder where the results of finished stages are kept, so that the same call goes on from
    /// there after it was stopped or killed, and ends with the same bits; it is not stored with a
    /// model. It is made when there is something to keep, and left to the caller when all is well:
    /// remove it with [`remove_checkpoints`](crate::remove_checkpoints). Default: nothing is kept.
    #[serde(skip)]
    pub checkpoint_folder: Option<PathBuf>,
}

/// A named set of parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Recipe {
    /// Co-occurrences with the 20,000 most frequent words within 15 tokens of a sentence weighted
    /// by `1/d`, the sides apart, square-root transform, words of uneven texts weighing less,
    /// `V S^0.15` without the first component and the mean, fitted on 50,000 words, rare words
    /// leaning on their spelling: what measured best for word math and similarity together.
    #[default]
    Window,
    /// Latent semantic analysis in its plainest form: documents by words, 0 or 1, `V` (Deerwester
    /// et al. 1990).
    Lsa,
    /// What measured best for documents: to search, compare, group and classify them. Whole
    /// documents by words, square-root transform with the power 0.75, which lets common words weigh
    /// less than 0.5 does, `V S^0.75` without the first component.
    Documents,
    /// Documents cut into parts of 200 tokens by words, square-root transform, `V S^0.75` without
    /// the first component: for networks, and for the words of parallel texts (there lines stay
    /// whole).
    Passages,
}

impl Default for EmbedConfig {
    fn default() -> Self {
        Self::recipe(Recipe::default())
    }
}

impl EmbedConfig {
    /// The parameters of a recipe, with 300 dimensions.
    pub fn recipe(recipe: Recipe) -> Self {
        let square_root = Weighting::SquareRoot { power: 0.5 };
        let (contexts, document_tokens, weighting, sigma_exponent, drop_components) = match recipe {
            Recipe::Window => (Contexts::default(), None, square_root, 0.15, 1),
            Recipe::Lsa => (Contexts::Documents, None, Weighting::Binary, 0.0, 0),
            Recipe::Documents => {
                (Contexts::Documents, None, Weighting::SquareRoot { power: 0.75 }, 0.75, 1)
            }
            Recipe::Passages => (Contexts::Documents, Some(200), square_root, 0.75, 1),
        };
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
            fit_words: is_window.then_some(50_000),
            svd: RandomizedSvd::new(300 + drop_components),
            lower_rank: false,
            drop_components,
            sigma_exponent,
            add_contexts: false,
            center: is_window,
            subword_smoothing: is_window
                .then_some(SubwordSmoothing { strength: 0.3, half_count: 1000.0 }),
            network: None,
            memory: MemoryBudget::default(),
            temporary_folder: None,
            checkpoint_folder: None,
        }
    }

    /// The length of the vectors: the rank of the decomposition without the dropped components.
    pub fn dim(&self) -> usize {
        self.svd.rank.saturating_sub(self.drop_components)
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

    /// The configuration for a matrix of this shape: the rank is lowered to its smaller side where
    /// that may be, and told; a network has no such bound.
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
        if self.network.is_some() || self.svd.rank <= largest {
            return Ok(Cow::Borrowed(self));
        }
        if !self.lower_rank || largest <= self.drop_components {
            return Err(Error::DimTooLarge {
                dim: self.dim(),
                dropped: self.drop_components,
                n_rows,
                n_columns,
            });
        }
        let lowered =
            Self { svd: RandomizedSvd { rank: largest, ..self.svd.clone() }, ..self.clone() };
        let (asked, dim) = (self.dim(), lowered.dim());
        progress.tell(&format!("the matrix is {n_rows} x {n_columns}: the vectors have {dim} dimensions instead of {asked}"));
        Ok(Cow::Owned(lowered))
    }

    /// Refuses parameters that make no sense, before any work.
    ///
    /// # Errors
    /// [`Error::Parameter`], naming the first such parameter.
    pub fn check(&self) -> Result<()> {
        let refuse = |name, found: String, expected: &str| {
            Err(Error::Parameter { name, found, expected: expected.to_owned() })
        };
        if !(0.0..=1.0).contains(&self.sigma_exponent) {
            return refuse(
                "sigma_exponent",
                self.sigma_exponent.to_string(),
                "a number from 0 to 1",
            );
        }
        if !(0.0..=1.0).contains(&self.dispersion) {
            return refuse("dispersion", self.dispersion.to_string(), "a number from 0 to 1");
        }
        if self.dispersion > 0.0
            && (self.contexts == Contexts::Documents
                || !matches!(self.weighting, Weighting::SquareRoot { .. }))
        {
            return refuse(
                "dispersion",
                self.dispersion.to_string(),
                "0 but with --contexts window and --weighting square-root",
            );
        }
        if self.dim() == 0 {
            return refuse("dim", "0".to_owned(), "at least 1");
        }
        if let Some(n_words) = self.fit_words.filter(|&n_words| n_words < self.svd.rank) {
            return refuse(
                "fit_words",
                n_words.to_string(),
                &format!("at least {}, the dimension and the dropped components", self.svd.rank),
            );
        }
        if self.document_tokens == Some(0) {
            return refuse("document_tokens", "0".to_owned(), "at least 1");
        }
        if self.cutoff.max_words == Some(0) {
            return refuse("max_words", "0".to_owned(), "at least 1");
        }
        if let Some(phrases) = &self.phrases {
            phrases.check()?;
        }
        if let Some(subsampling) = &self.subsample {
            subsampling.check()?;
            if !subsampling.random && self.weighting == Weighting::Binary {
                let expected = "it at random, or another weighting: 0 or 1 does not see how large an expected count is";
                return refuse("subsample", subsampling.threshold.to_string(), expected);
            }
        }
        if let Some(subword_smoothing) = &self.subword_smoothing {
            subword_smoothing.check()?;
        }
        if self.add_contexts && self.contexts == Contexts::Documents {
            return refuse(
                "add_contexts",
                "true".to_owned(),
                "false where documents are the contexts: they are no words",
            );
        }
        if self.sentences && self.contexts == Contexts::Documents {
            return refuse(
                "sentences",
                "true".to_owned(),
                "false where documents are the contexts: there are no windows to end",
            );
        }
        if let Some(network) = &self.network {
            self.check_network(network)?;
        }
        self.contexts.check()?;
        self.weighting.check()?;
        self.svd.check()
    }

    /// A network learns from documents; what belongs to the decomposition must be off.
    fn check_network(&self, network: &NetworkConfig) -> Result<()> {
        network.check()?;
        let refuse = |name, found: &str, expected: &str| {
            let expected = format!("{expected} where the encoder is {}", network.name());
            Err(Error::Parameter { name, found: found.to_owned(), expected })
        };
        if cfg!(not(feature = "neural")) {
            return refuse("network", "given", "a program with the feature `neural`");
        }
        if self.contexts != Contexts::Documents {
            return refuse("contexts", "window", "documents");
        }
        if self.drop_components > 0 {
            return refuse("drop_components", &self.drop_components.to_string(), "0");
        }
        if self.sigma_exponent != 0.0 {
            return refuse("sigma_exponent", &self.sigma_exponent.to_string(), "0");
        }
        if let Some(n_words) = self.fit_words {
            return refuse("fit_words", &n_words.to_string(), "none");
        }
        if self.center {
            return refuse("center", "true", "false");
        }
        if self.subword_smoothing.is_some() {
            return refuse("subword_smoothing", "given", "none");
        }
        Ok(())
    }
}

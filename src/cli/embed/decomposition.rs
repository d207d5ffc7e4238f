//! The options of `embed` about the decomposition, and about what becomes of it.

use anyhow::Result;
use eigenlex::counts::Contexts;
use eigenlex::space::Subwords;
use eigenlex::{EmbedConfig, MemoryBudget};

use crate::cli::memory::parse_bytes;
use crate::cli::refusal::no_effect;

/// Length of the vectors where nothing else is asked for.
const DIM: usize = 300;

/// How the matrix is decomposed, and how singular vectors become word vectors.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Decomposition")]
pub(crate) struct DecompositionArgs {
    /// Length of the vectors [default: 300, or less if the matrix is smaller]
    ///
    /// 100 suits texts of less than a million words; 500 may help with names and places.
    #[arg(short, long, visible_aliases = ["size", "vector-size"], value_name = "K")]
    dim: Option<usize>,
    /// Fit the decomposition on the N most frequent words and fold the others in; 0 fits it on all
    /// [default: 30000 with windows]
    ///
    /// Folding in projects a word onto the components that are there. It saves time and memory, and
    /// keeps rare words from shaping the components.
    #[arg(long, value_name = "N")]
    fit_words: Option<usize>,
    /// Remove the N strongest components, which mostly carry word frequency [default: by the
    /// recipe, 1 or 0]
    #[arg(long, value_name = "N")]
    drop_components: Option<usize>,
    /// Add the vector of each word as a context to its word vector (w + c)
    #[arg(long)]
    add_contexts: bool,
    /// Subtract the mean vector from every word vector [default: true with windows]
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
    )]
    center: Option<bool>,
    /// Add to each word vector A times what its spelling predicts; 0 is off [default: 3 with
    /// windows]
    ///
    /// The n-grams of letters that words share predict their vectors (ridge regression). Set 0 if
    /// similar spelling means nothing in your texts.
    #[arg(long, allow_negative_numbers = true, value_name = "A")]
    subwords: Option<f64>,
    /// Add less to words with a dispersion below X, such as names; 0 adds as much to all [default:
    /// 0.7]
    ///
    /// In proportion to the square of the dispersion; see --dispersion.
    #[arg(long, allow_negative_numbers = true, value_name = "X")]
    subword_dispersion: Option<f64>,
    /// Penalty of the regression, above 0: more makes the spelling predict less [default: 0.6]
    #[arg(long, allow_negative_numbers = true, value_name = "L")]
    subword_penalty: Option<f64>,
    /// Exponent p of the singular values in the word vectors V S^p, from 0 to 1 [default: by the
    /// recipe]
    ///
    /// 0 treats all components alike; 1 lets the strong ones dominate.
    #[arg(short = 'p', long, value_name = "P")]
    sigma_exponent: Option<f64>,
    /// Stop when the relative residual of every singular triplet is at most R [default: 1e-3]
    ///
    /// Above 0, below 1. Lower it for more exact vectors.
    #[arg(long, value_name = "R", conflicts_with = "power_iterations")]
    tolerance: Option<f64>,
    /// Stop after N matrix-vector products, converged or not [default: 100 for each component]
    #[arg(long, value_name = "N", conflicts_with = "power_iterations")]
    max_products: Option<usize>,
    /// Use the plain randomized SVD with Q power iterations (Halko et al. 2011) instead of the
    /// Krylov method
    ///
    /// Its cost is known beforehand, but it usually does not reach the tolerance.
    #[arg(long, visible_alias = "power-iters", value_name = "Q")]
    power_iterations: Option<usize>,
    /// Extra columns of the plain randomized SVD [default: 10]
    #[arg(long, value_name = "N", requires = "power_iterations")]
    oversampling: Option<usize>,
    /// Seed of everything random: the start of the decomposition, and draws in counting
    #[arg(long, default_value_t = 42, value_name = "SEED")]
    seed: u64,
    /// Use at most this much memory, for instance 8GB or 512MiB [default: no limit]
    ///
    /// Tokens, counts, matrices and vectors that do not fit go to temporary files beside the model,
    /// with the same result.
    #[arg(long, value_parser = parse_bytes, value_name = "SIZE", help_heading = "Memory")]
    memory: Option<u64>,
}

impl DecompositionArgs {
    /// Writes the options into the configuration of a recipe, whose contexts are known.
    ///
    /// # Errors
    /// Options of the regression of subwords where there is none.
    pub(crate) fn apply(&self, config: &mut EmbedConfig) -> Result<()> {
        let default = EmbedConfig::default();
        let has_windows = config.contexts != Contexts::Documents;
        config.sigma_exponent = self.sigma_exponent.unwrap_or(config.sigma_exponent);
        config.drop_components = self.drop_components.unwrap_or(config.drop_components);
        config.add_contexts |= self.add_contexts;
        config.center = self.center.unwrap_or(config.center && has_windows);
        // Fitting on frequent words and subwords are for windows, whichever recipe.
        let of_windows = config.fit_words.or(default.fit_words).filter(|_| has_windows);
        config.fit_words = self.fit_words.or(of_windows).filter(|&n_words| n_words > 0);
        let subwords = Subwords::default();
        config.subwords = self
            .subwords
            .or(has_windows.then_some(subwords.strength))
            .filter(|&strength| strength != 0.0)
            .map(|strength| Subwords {
                strength,
                penalty: self.subword_penalty.unwrap_or(subwords.penalty),
                dispersion: self.subword_dispersion.unwrap_or(subwords.dispersion),
            });
        config.dim = self.dim.unwrap_or(DIM);
        config.lower_dim = self.dim.is_none();
        config.seed = self.seed;
        config.tolerance = self.tolerance.unwrap_or(config.tolerance);
        config.max_products = self.max_products;
        config.power_iterations = self.power_iterations;
        config.oversampling = self.oversampling.unwrap_or(config.oversampling);
        config.memory = MemoryBudget { bytes: self.memory };
        let given = [
            self.subword_penalty.map(|it| format!("--subword-penalty {it}")),
            self.subword_dispersion.map(|it| format!("--subword-dispersion {it}")),
        ];
        match given.into_iter().flatten().next() {
            Some(flag) if config.subwords.is_none() => {
                no_effect(flag, "no subwords are added", "give `--subwords` a number above 0")
            }
            _ => Ok(()),
        }
    }

    /// Writes what a network needs instead: it has no singular values and no first components.
    pub(crate) fn apply_to_network(&self, config: &mut EmbedConfig) -> Result<()> {
        let given = [
            self.tolerance.map(|it| format!("--tolerance {it}")),
            self.max_products.map(|it| format!("--max-products {it}")),
            self.power_iterations.map(|it| format!("--power-iterations {it}")),
        ];
        if let Some(flag) = given.into_iter().flatten().next() {
            let reason = "a network is trained, and no matrix decomposed";
            return no_effect(flag, reason, "use `--encoder svd`");
        }
        config.sigma_exponent = self.sigma_exponent.unwrap_or(0.0);
        config.drop_components = self.drop_components.unwrap_or(0);
        Ok(())
    }
}

//! The options of `embed` about counting: which words and documents, and which contexts.

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::EmbedConfig;
use eigenlex::counts::{ContextSides, Contexts, DistanceWeights};
use eigenlex::weighting::Subsampling;

use crate::cli::refusal::no_effect;

/// What is counted.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Counting")]
pub(crate) struct CountingArgs {
    /// Drop words that occur fewer than N times [default: 5]
    ///
    /// Lower it to 2 or 3 for a small corpus; raise it to save memory and time.
    #[arg(long, value_name = "N")]
    min_count: Option<u64>,
    /// Keep only the N most frequent words [default: all that pass --min-count]
    #[arg(long, visible_alias = "max-vocab", value_name = "N")]
    max_words: Option<usize>,
    /// Downsample words that make up more than the share T of all tokens [default: off]
    ///
    /// T is usually from 1e-3 to 1e-5. A token is kept with probability min(1, sqrt(T/f) + T/f),
    /// where f is its word's share of all tokens (word2vec). The expected counts are used, without
    /// a random draw, unless --subsample-random is given.
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    subsample: Option<f64>,
    /// Downsample by a seeded random draw of tokens, before windows are formed, as word2vec does
    #[arg(long, requires = "subsample")]
    subsample_random: bool,
    /// Cut documents into passages of N tokens, each a document of its own [default: off, or 200
    /// with the recipe passages]
    #[arg(long, value_name = "N")]
    document_tokens: Option<usize>,
    /// What words are counted in: the rows of the matrix [default: by the recipe]
    #[arg(long, value_enum, value_name = "KIND")]
    contexts: Option<ContextsName>,
    /// Context words on each side of a word, from 1 [default: 15]
    ///
    /// With a small window, words that can replace each other are similar, and counting is faster.
    /// With a large one, words that share a topic are similar.
    #[arg(short, long, value_name = "N")]
    window: Option<usize>,
    /// Where windows end [default: sentence]
    #[arg(long, value_enum, value_name = "WHERE")]
    window_boundary: Option<BoundaryName>,
    /// What a context word at distance d counts in a window of w words [default: harmonic]
    #[arg(long, value_enum, value_name = "WEIGHTS")]
    distance_weights: Option<DistanceName>,
    /// Whether left and right neighbours are separate contexts [default: separate]
    #[arg(long, value_enum, value_name = "HOW")]
    context_sides: Option<ContextSidesName>,
    /// Use only the N most frequent words as contexts; 0 uses all [default: 20000]
    ///
    /// Every word gets a vector all the same. Lower it to save memory.
    #[arg(long, value_name = "N")]
    max_contexts: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ContextsName {
    /// Words that occur in the same documents are similar
    Documents,
    /// Words that have the same neighbours are similar
    Window,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DistanceName {
    /// 1/d
    Harmonic,
    /// (w - d + 1)/w
    Linear,
    /// 1
    Flat,
    /// 1 within a window of random size, drawn from 1 to w for each token, as in word2vec
    Random,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BoundaryName {
    /// At the end of a sentence, by the rules of Unicode for any script, and at empty lines; the
    /// end of a line counts as a space
    Sentence,
    /// At the end of a document; topics then count more, grammar less
    Document,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ContextSidesName {
    /// A word before and the same word after are two contexts
    Separate,
    /// A word before and the same word after count together
    Joint,
}

impl CountingArgs {
    /// Writes the options into the configuration of a recipe.
    pub(crate) fn apply(&self, config: &mut EmbedConfig, is_parallel: bool) -> Result<()> {
        config.cutoff.min_count = self.min_count.unwrap_or(config.cutoff.min_count);
        config.cutoff.max_words = self.max_words.or(config.cutoff.max_words);
        config.subsample = self
            .subsample
            .map(|threshold| Subsampling { threshold, random: self.subsample_random });
        config.contexts = self.contexts(config.contexts)?;
        let in_documents = config.contexts == Contexts::Documents;
        config.sentences = !in_documents && self.window_boundary != Some(BoundaryName::Document);
        // The passages of a recipe are for its own contexts, and parallel texts are paired by
        // lines.
        let of_recipe = config.document_tokens.filter(|_| in_documents && !is_parallel);
        config.document_tokens = self.document_tokens.or(of_recipe);
        Ok(())
    }

    fn contexts(&self, recipe: Contexts) -> Result<Contexts> {
        let wants_window = match self.contexts {
            Some(name) => name == ContextsName::Window,
            None => matches!(recipe, Contexts::Window { .. }),
        };
        if !wants_window {
            return self.refuse_window_options().map(|()| Contexts::Documents);
        }
        let windows =
            if matches!(recipe, Contexts::Window { .. }) { recipe } else { Contexts::default() };
        let Contexts::Window { size, distance_weights, context_sides, max_contexts } = windows
        else {
            unreachable!("the default contexts are windows")
        };
        Ok(Contexts::Window {
            size: self.window.unwrap_or(size),
            distance_weights: self.distance_weights.map_or(distance_weights, DistanceName::weights),
            context_sides: match self.context_sides {
                None => context_sides,
                Some(ContextSidesName::Joint) => ContextSides::Joint,
                Some(ContextSidesName::Separate) => ContextSides::Separate,
            },
            max_contexts: match self.max_contexts {
                None => max_contexts,
                Some(0) => None,
                some => some,
            },
        })
    }

    fn refuse_window_options(&self) -> Result<()> {
        let given = [
            self.window.map(|it| format!("--window {it}")),
            self.window_boundary.map(|_| "--window-boundary".to_owned()),
            self.distance_weights.map(|_| "--distance-weights".to_owned()),
            self.context_sides.map(|_| "--context-sides".to_owned()),
            self.max_contexts.map(|it| format!("--max-contexts {it}")),
        ];
        match given.into_iter().flatten().next() {
            None => Ok(()),
            Some(flag) if self.contexts.is_some() => {
                let reason = "`--contexts documents` has no windows";
                no_effect(flag, reason, "use `--contexts window`")
            }
            Some(flag) => {
                let reason = "the recipe counts words in documents, not in windows";
                no_effect(flag, reason, "add `--contexts window`")
            }
        }
    }
}

impl DistanceName {
    fn weights(self) -> DistanceWeights {
        match self {
            Self::Harmonic => DistanceWeights::Harmonic,
            Self::Linear => DistanceWeights::Linear,
            Self::Flat => DistanceWeights::Flat,
            Self::Random => DistanceWeights::Random,
        }
    }
}

//! The options about phrases, for the commands that find them.

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::tokenize::{PhraseConfig, PhraseScore};

use super::refusal::no_effect;

/// Whether phrases are joined, and how they are found.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Phrases")]
pub(crate) struct JoinPhrasesArgs {
    /// Join words that belong together, such as `new_york`, into one token each [default: off]
    ///
    /// PASSES is the number of passes over the corpus, 1 if left out: phrases have at most 2^PASSES
    /// words.
    #[arg(
        long,
        num_args = 0..=1,
        default_missing_value = "1",
        value_parser = parse_passes,
        value_name = "PASSES",
    )]
    phrases: Option<u32>,
    #[command(flatten)]
    how: PhraseArgs,
}

/// How phrases are found.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Phrases")]
pub(crate) struct PhraseArgs {
    /// How two neighbouring words are scored [default: npmi]
    #[arg(long, value_enum, value_name = "SCORE")]
    phrase_score: Option<ScoreName>,
    /// Threshold for a pair to be a phrase [default: 0.5 with npmi, 0.01 with g-test]
    ///
    /// With npmi: pairs with a score of at least X, from -1 to 1; raise it for fewer phrases. With
    /// g-test: pairs with a p-value of at most X, corrected for the number of pairs.
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    phrase_threshold: Option<f64>,
    /// Ignore pairs that occur fewer than N times [default: 10]
    #[arg(long, value_name = "N")]
    phrase_min_count: Option<u64>,
    /// Text put between the words of a phrase [default: _]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    phrase_delimiter: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ScoreName {
    /// Normalised pointwise mutual information: high for words that occur mostly together
    Npmi,
    /// Log-likelihood ratio test: words that occur together more often than chance explains; finds
    /// `of the` too
    GTest,
}

impl JoinPhrasesArgs {
    /// How phrases are found; `None` if they are not asked for.
    pub(crate) fn resolve(&self) -> Result<Option<PhraseConfig>> {
        match self.phrases {
            Some(passes) => Ok(Some(self.how.config(passes)?)),
            None => self.how.refuse_all().map(|()| None),
        }
    }
}

impl PhraseArgs {
    /// How phrases are found in so many passes.
    pub(crate) fn config(&self, passes: u32) -> Result<PhraseConfig> {
        let score = match (self.phrase_score.unwrap_or(ScoreName::Npmi), self.phrase_threshold) {
            (ScoreName::Npmi, None) => PhraseScore::npmi(),
            (ScoreName::Npmi, Some(threshold)) => PhraseScore::Npmi { threshold },
            (ScoreName::GTest, None) => PhraseScore::g_test(),
            (ScoreName::GTest, Some(threshold)) => PhraseScore::GTest { threshold },
        };
        let mut config = PhraseConfig::default();
        (config.passes, config.score) = (passes, score);
        config.min_count = self.phrase_min_count.unwrap_or(config.min_count);
        config.delimiter = self.phrase_delimiter.clone().unwrap_or(config.delimiter);
        config.check()?;
        Ok(config)
    }

    /// Refuses all options, for phrases are not asked for.
    fn refuse_all(&self) -> Result<()> {
        let given = [
            self.phrase_score.map(|_| "--phrase-score".to_owned()),
            self.phrase_threshold.map(|it| format!("--phrase-threshold {it}")),
            self.phrase_min_count.map(|it| format!("--phrase-min-count {it}")),
            self.phrase_delimiter.as_ref().map(|it| format!("--phrase-delimiter {it}")),
        ];
        match given.into_iter().flatten().next() {
            Some(flag) => no_effect(flag, "phrases are not asked for", "add `--phrases`"),
            None => Ok(()),
        }
    }
}

/// The value of `--phrases`, which may be left out, so that a path after it is easily taken for
/// one.
fn parse_passes(text: &str) -> std::result::Result<u32, String> {
    text.parse().map_err(|_| {
        "it is not a number of passes; put the corpus before --phrases, or write --phrases=1"
            .to_owned()
    })
}

//! The options of `embed` about weighting: how counts become the entries of the matrix.

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::EmbedConfig;
use eigenlex::counts::Contexts;
use eigenlex::weighting::Weighting;

use crate::cli::refusal::no_effect;

/// How counts are weighted.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Weighting")]
pub(crate) struct WeightingArgs {
    /// How a count becomes an entry of the matrix [default: by the recipe]
    #[arg(long, value_enum, value_name = "WEIGHTING")]
    weighting: Option<WeightingName>,
    /// Exponent a of the square-root weighting, above 0 and at most 1 [default: 0.5, or 0.75 with
    /// the recipe documents]
    ///
    /// A larger exponent gives common words less weight.
    #[arg(long, value_name = "A")]
    power: Option<f64>,
    /// Exponent of the context counts in PPMI, above 0 and at most 1 [default: 0.75]
    ///
    /// Less than 1 gives rare contexts less weight (context distribution smoothing).
    #[arg(long, value_name = "A")]
    smoothing: Option<f64>,
    /// Subtract ln K from every value of PPMI, K at least 1 [default: 1]
    ///
    /// More than 1 drops weak associations, as K negative samples do in word2vec.
    #[arg(long, value_name = "K")]
    shift: Option<f64>,
    /// Give less weight to words that cluster in few texts, such as names: from 0 (off) to 1
    /// [default: 0.4 with windows]
    ///
    /// The corpus is cut into stretches of 4,000 tokens. The dispersion of a word is the number of
    /// stretches that it occurs in, divided by the number that chance would give. Below A, its
    /// weight is multiplied by dispersion / A. Set 0 if you study names.
    #[arg(long, allow_negative_numbers = true, value_name = "A")]
    dispersion: Option<f64>,
    /// Give less weight to very frequent words: divided by sqrt(1 + f / F) for a word of relative
    /// frequency f; 0 is off [default: 0.001 with windows]
    #[arg(long, allow_negative_numbers = true, value_name = "F")]
    damping: Option<f64>,
    /// Let numerals be contexts, and weigh as much as other words
    ///
    /// Without this, they get vectors but hardly shape those of other words. Where more than a
    /// quarter of all tokens are numerals, they count as words anyway.
    #[arg(long)]
    numerals: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum WeightingName {
    /// 1 where a word occurs, else 0
    Binary,
    /// The count
    Count,
    /// ln(1 + count)
    Log,
    /// The count, times ln(rows / rows that have the word)
    TfIdf,
    /// ln(1 + count), times 1 less the entropy of the word over the rows
    LogEntropy,
    /// Positive pointwise mutual information
    Ppmi,
    /// count^a / sqrt(row sum^a * column sum^a)
    SquareRoot,
}

impl WeightingArgs {
    /// Writes the options into the configuration of a recipe, whose contexts are known.
    pub(crate) fn apply(&self, config: &mut EmbedConfig) -> Result<()> {
        config.weighting = self.weighting(config.weighting)?;
        let can_disperse = config.contexts != Contexts::Documents
            && matches!(config.weighting, Weighting::SquareRoot { .. });
        config.dispersion =
            self.dispersion.unwrap_or(if can_disperse { config.dispersion } else { 0.0 });
        config.damping = self.damping.unwrap_or(if can_disperse { config.damping } else { 0.0 });
        config.numerals |= self.numerals || !can_disperse;
        Ok(())
    }

    fn weighting(&self, recipe: Weighting) -> Result<Weighting> {
        let mut weighting = self.weighting.map_or(recipe, WeightingName::weighting);
        let (mut power_used, mut ppmi_used) = (false, false);
        match &mut weighting {
            Weighting::SquareRoot { power } => {
                *power = self.power.unwrap_or(*power);
                power_used = true;
            }
            Weighting::Ppmi { smoothing, shift } => {
                *smoothing = self.smoothing.unwrap_or(*smoothing);
                *shift = self.shift.unwrap_or(*shift);
                ppmi_used = true;
            }
            _ => {}
        }
        let of_ppmi = |flag: String| {
            no_effect(flag, "it belongs to the weighting ppmi", "use `--weighting ppmi`")
        };
        match (self.power, self.smoothing, self.shift) {
            (Some(power), ..) if !power_used => no_effect(
                format!("--power {power}"),
                "it belongs to the weighting square-root",
                "use `--weighting square-root`",
            ),
            (_, Some(smoothing), _) if !ppmi_used => of_ppmi(format!("--smoothing {smoothing}")),
            (_, _, Some(shift)) if !ppmi_used => of_ppmi(format!("--shift {shift}")),
            _ => Ok(weighting),
        }
    }
}

impl WeightingName {
    fn weighting(self) -> Weighting {
        match self {
            Self::Binary => Weighting::Binary,
            Self::Count => Weighting::Count,
            Self::Log => Weighting::Log,
            Self::TfIdf => Weighting::TfIdf,
            Self::LogEntropy => Weighting::LogEntropy,
            Self::Ppmi => Weighting::Ppmi { smoothing: 0.75, shift: 1.0 },
            Self::SquareRoot => Weighting::SquareRoot { power: 0.5 },
        }
    }
}

//! What an alignment reports: the signs by which a map is judged, and the verdict on it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::dictionary::Coverage;

/// The verdict on a map, the more favourable first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The two spaces are aligned.
    Trust,
    /// Some words are aligned, many may not be: use the map with care.
    #[serde(alias = "doubt")]
    Care,
    /// No sign shows an alignment.
    DoNotTrust,
}

impl Verdict {
    /// The name in JSON; [`Display`](fmt::Display) shows it in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trust => "trust",
            Self::Care => "care",
            Self::DoNotTrust => "do-not-trust",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::DoNotTrust => "do not trust",
            _ => self.name(),
        })
    }
}

/// The report on an alignment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlignmentReport {
    /// How much of the dictionary was known; `None` without one.
    pub coverage: Option<Coverage>,
    /// Pairs that the last map was learned from.
    pub pairs: usize,
    /// Number of frequent source words that are judged.
    pub judged: usize,
    /// Share of them whose nearest target has them as its nearest source, from 0 to 1.
    pub mutual_share: f64,
    /// Mean cosine of such a word and the word at which the way back arrives, through the nearest
    /// words of either side, from -1 to 1.
    pub cycle: f64,
    /// Mean CSLS of each word with its best target, minus the same with shuffled targets (a control
    /// without correct answers).
    pub margin: f64,
    /// Share of the induced pairs that another start finds too, on average; `None` without several
    /// starts.
    pub agreement: Option<f64>,
    /// Share of the pairs of either half that a map of the other half finds again, from 0 to 1.
    pub held_out: f64,
    /// Source and target words without a direction, left out.
    pub zero_vectors: (usize, usize),
    /// The verdict.
    pub verdict: Verdict,
    /// The same in words.
    pub sentence: String,
}

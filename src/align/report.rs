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

/// How many of some pairs were found by maps that were learned without them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundAgain {
    /// Sources of which a target was the first answer.
    pub found: usize,
    /// Sources that were asked.
    pub asked: usize,
}

/// The quantile of the normal distribution for the bounds of a share: one side, 95 %.
const QUANTILE: f64 = 1.645;

impl FoundAgain {
    /// The share found, from 0 to 1; 0 if none was asked.
    pub fn share(self) -> f64 {
        if self.asked == 0 { 0.0 } else { self.found as f64 / self.asked as f64 }
    }

    /// The share is at least this, with a confidence of 95 % (Wilson 1927): 0.65 for 9 of 10, 0.84
    /// for 90 of 100, and 0 if none was asked.
    pub fn at_least(self) -> f64 {
        self.bound(-1.0)
    }

    /// The share is at most this, with a confidence of 95 %.
    pub fn at_most(self) -> f64 {
        if self.asked == 0 { 1.0 } else { self.bound(1.0) }
    }

    /// The bound of Wilson's interval on the side `sign`:
    /// `(p + z^2/2n +- z sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n)`.
    fn bound(self, sign: f64) -> f64 {
        if self.asked == 0 {
            return 0.0;
        }
        let (n, p, square) = (self.asked as f64, self.share(), QUANTILE * QUANTILE);
        let spread = (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt();
        ((p + square / (2.0 * n) + sign * QUANTILE * spread) / (1.0 + square / n)).clamp(0.0, 1.0)
    }

    pub(super) fn add(&mut self, other: Self) {
        self.found += other.found;
        self.asked += other.asked;
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
    /// Sources of the pairs that were held out.
    #[serde(default)]
    pub held_out_asked: usize,
    /// How many of the given pairs are found by maps that were learned without them; `None` without
    /// a dictionary.
    #[serde(default)]
    pub given: Option<FoundAgain>,
    /// How many words of equal spelling find each other under maps that were learned without them;
    /// `None` if no such word tells anything.
    #[serde(default)]
    pub identical: Option<FoundAgain>,
    /// Source and target words without a direction, left out.
    pub zero_vectors: (usize, usize),
    /// The verdict.
    pub verdict: Verdict,
    /// The same in words.
    pub sentence: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_answers_bound_a_share_less_than_many() {
        let found = |found, asked| FoundAgain { found, asked };
        // Wilson's formula by hand, with z^2 = 2.706: (0.9 + 0.1353 -+ 0.2066) / 1.2706.
        assert!((found(9, 10).at_least() - 0.652).abs() < 1e-3);
        assert!((found(9, 10).at_most() - 0.977).abs() < 1e-3);
        // (0.9 + 0.01353 - 0.05117) / 1.02706
        assert!((found(90, 100).at_least() - 0.840).abs() < 1e-3);
        // All of n: n / (n + z^2); none of n: z^2 / (n + z^2).
        assert!((found(5, 5).at_least() - 5.0 / 7.706).abs() < 1e-3);
        assert!((found(0, 5).at_most() - 2.706 / 7.706).abs() < 1e-3);
        assert!(found(0, 5).at_least() < 1e-9 && found(5, 5).at_most() > 1.0 - 1e-9);
    }

    #[test]
    fn where_nothing_was_asked_the_share_may_be_anything() {
        let nothing = FoundAgain::default();
        assert_eq!((nothing.share(), nothing.at_least(), nothing.at_most()), (0.0, 0.0, 1.0));
    }
}

//! How far apart two tokens stand, and on which side: what a co-occurrence counts.

use serde::{Deserialize, Serialize};

/// Numerator of the weights `1 / d` where the least common multiple of the distances is too large:
/// the weights are then exact to 1e-9.
const HARMONIC_SCALE: u64 = 1 << 32;

/// How much a co-occurrence at distance d counts, for d from 1 to the window w.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DistanceWeights {
    /// `1 / d` (Pennington et al. 2014, section 4.2). The default: it measured best.
    #[default]
    Harmonic,
    /// `(w - d + 1) / w`: what a window of random size counts on average (Mikolov et al. 2013; Levy
    /// et al. 2015, section 3.1).
    Linear,
    /// 1.
    Flat,
    /// 1 up to a distance that is drawn for each token (the one counted, not the context) from 1 to
    /// w, and 0 beyond, as word2vec's program draws the size of its window (Mikolov et al. 2013).
    /// On average that is [`DistanceWeights::Linear`]; the draw depends on the seed and the token's
    /// place in the corpus alone. Counts of tokens `i` around `j` and of `j` around `i` differ, so
    /// the matrix is not symmetric.
    Random,
}

/// Whether it matters on which side of a word its context stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContextSides {
    /// One row for each context word: symmetric, if all words are contexts.
    Joint,
    /// Two rows for each context word, one for each side on which it stands (Schütze & Pedersen
    /// 1993; Lund & Burgess 1996). The default: it measured better, above all on grammatical
    /// relations.
    #[default]
    Separate,
}

impl DistanceWeights {
    /// Whether i counts as often around j as j around i.
    pub(super) fn is_symmetric(self) -> bool {
        self != Self::Random
    }

    /// Whole numbers proportional to the weights of the distances 1 to `window`, and the number
    /// that stands for weight 1.
    pub(super) fn scaled(self, window: usize) -> (Vec<u64>, u64) {
        let distances = 1..=window as u64;
        match self {
            Self::Harmonic => {
                let multiple = distances.clone().try_fold(1u64, |multiple, d| {
                    let next = multiple / greatest_common_divisor(multiple, d) * d;
                    (next <= HARMONIC_SCALE).then_some(next)
                });
                let scale = multiple.unwrap_or(HARMONIC_SCALE);
                (distances.map(|d| (scale + d / 2) / d).collect(), scale)
            }
            Self::Linear => (distances.map(|d| window as u64 - d + 1).collect(), window as u64),
            Self::Flat | Self::Random => (distances.map(|_| 1).collect(), 1),
        }
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmonic_weights_are_exact_up_to_a_window_of_22() {
        assert_eq!(DistanceWeights::Harmonic.scaled(10).1, 2520);
        assert_eq!(DistanceWeights::Harmonic.scaled(4), (vec![12, 6, 4, 3], 12));
        assert_eq!(DistanceWeights::Harmonic.scaled(22).1, 232_792_560);
        assert_eq!(DistanceWeights::Harmonic.scaled(50).1, HARMONIC_SCALE);
        assert_eq!(DistanceWeights::Linear.scaled(3), (vec![3, 2, 1], 3));
    }
}

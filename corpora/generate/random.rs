//! Seeded random choices in integer arithmetic: the same on every machine.
//!
//! In: a seed. Out: a stream of 64-bit numbers (SplitMix64; Steele, Lea & Flood 2014, figure 16)
//! and the choices made with it. No float takes part, so no rounding can differ.

/// A SplitMix64 stream.
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// Starts the stream of `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Draws a number from `0..n`; the bias, below `n / 2^64`, does not matter here.
    ///
    /// # Panics
    /// If `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "a choice among 0");
        let product = u128::from(self.next()) * n as u128;
        (product >> 64) as usize
    }

    /// Draws a number from `0..n`, small ones more often: the smaller of two draws.
    ///
    /// # Panics
    /// If `n` is 0.
    pub(crate) fn early(&mut self, n: usize) -> usize {
        self.below(n).min(self.below(n))
    }

    /// Draws an index with chance proportional to its weight.
    ///
    /// # Panics
    /// If the weights sum to 0.
    pub(crate) fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut rest = self.below(weights.iter().sum());
        for (index, &weight) in weights.iter().enumerate() {
            if rest < weight {
                return index;
            }
            rest -= weight;
        }
        unreachable!("the draw lies below the sum of the weights")
    }
}

//! One row of a count: whole-number sums over all words, and which of them are not zero.
//!
//! Sums that cannot overflow 32 bits are kept in 32 bits, so that more of them stay in the cache. A
//! column that is met for the first time is written to a list without a branch; the list becomes a
//! bitmap, and the bitmap gives the columns in order, without sorting.

/// Whole numbers that are added up.
pub(super) trait Sum: Copy + Default + PartialEq + Into<u64> {
    /// A weight as such a number; the caller has looked that it fits.
    fn of(weight: u64) -> Self;
    fn plus(self, other: Self) -> Self;
}

impl Sum for u32 {
    fn of(weight: u64) -> Self {
        weight as u32
    }

    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
}

impl Sum for u64 {
    fn of(weight: u64) -> Self {
        weight
    }

    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
}

/// The sums of a row, all zero between rows.
pub(super) struct Tally<S> {
    sums: Vec<S>,
    weights: Vec<S>,
    /// The columns whose sums are not zero, in the order in which they were met, and one place more
    /// to write to.
    touched: Vec<u32>,
    n_touched: usize,
    /// A bit for each column: zero but while a row is read off.
    bits: Vec<u64>,
}

impl<S: Sum> Tally<S> {
    /// Bytes of a tally.
    pub(super) fn memory_bytes(n_columns: usize) -> u64 {
        ((size_of::<S>() + 4) * n_columns + n_columns / 8) as u64
    }

    /// A row of zeros. `weights`, none of them 0, are those of the distances 1, 2 and so on; the
    /// caller promises that no sum overflows.
    pub(super) fn new(n_columns: usize, weights: &[u64]) -> Self {
        Self {
            sums: vec![S::default(); n_columns],
            weights: weights.iter().map(|&weight| S::of(weight)).collect(),
            touched: vec![0; n_columns + 1],
            n_touched: 0,
            bits: vec![0; n_columns.div_ceil(64)],
        }
    }

    /// Adds the weights of the distances to the columns below `limit` that stand at them, the
    /// nearest first.
    pub(super) fn add(&mut self, columns: &[u32], limit: u32) {
        let mut n_touched = self.n_touched;
        for (&column, &weight) in columns.iter().zip(&self.weights) {
            if column < limit {
                let sum = &mut self.sums[column as usize];
                self.touched[n_touched] = column;
                n_touched += usize::from(*sum == S::default());
                *sum = sum.plus(weight);
            }
        }
        self.n_touched = n_touched;
    }

    /// Calls `f` with each column and its sum, by column, and sets all to zero.
    pub(super) fn drain(&mut self, mut f: impl FnMut(u32, S)) {
        for &column in &self.touched[..self.n_touched] {
            self.bits[column as usize / 64] |= 1 << (column % 64);
        }
        self.n_touched = 0;
        for (word, bits) in self.bits.iter_mut().enumerate() {
            let mut rest = std::mem::take(bits);
            while rest != 0 {
                let column = 64 * word + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                f(column as u32, std::mem::take(&mut self.sums[column]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn agrees_with_a_map<S: Sum>() {
        let mut tally = Tally::<S>::new(200, &[3, 2, 1]);
        // A second row finds nothing left of the first.
        for rows in [vec![[199u32, 0, 64], [64, 199, 63], [150, 150, 150]], vec![[7, 7, 8]], vec![]]
        {
            let mut expected = BTreeMap::new();
            for side in &rows {
                tally.add(side, 160);
                for (&column, weight) in
                    side.iter().zip([3u64, 2, 1]).filter(|(column, _)| **column < 160)
                {
                    *expected.entry(column).or_insert(0) += weight;
                }
            }
            let mut found = Vec::new();
            tally.drain(|column, sum| {
                let sum: u64 = sum.into();
                found.push((column, sum));
            });
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn sums_come_out_by_column() {
        agrees_with_a_map::<u32>();
        agrees_with_a_map::<u64>();
    }
}

//! What stands around tokens: how far their sequences reach on either side, and their neighbours,
//! copied side by side.

/// Surroundings of some tokens, one side after the other.
#[derive(Default)]
pub(super) struct Gathered {
    ids: Vec<u32>,
    ends: Vec<usize>,
}

impl Gathered {
    pub(super) fn clear(&mut self) {
        self.ids.clear();
        self.ends.clear();
    }

    /// Adds a side, the nearest token first.
    pub(super) fn push(&mut self, side: impl Iterator<Item = u32>) {
        self.ids.extend(side);
        self.ends.push(self.ids.len());
    }

    pub(super) fn for_each_side(&self, mut f: impl FnMut(&[u32])) {
        let mut start = 0;
        for &end in &self.ends {
            f(&self.ids[start..end]);
            start = end;
        }
    }
}

/// Where sequences begin among all tokens: a bit for each place, one more at the end.
pub(super) struct Starts {
    bits: Vec<u64>,
}

impl Starts {
    /// For so many tokens, given where sequences end among them.
    pub(super) fn new(n_tokens: usize, ends: impl Iterator<Item = usize>) -> Self {
        let mut bits = vec![0u64; n_tokens / 64 + 1];
        for place in [0, n_tokens].into_iter().chain(ends) {
            bits[place / 64] |= 1 << (place % 64);
        }
        Self { bits }
    }

    /// Tokens of the same sequence before `position`, `most` at most.
    pub(super) fn before(&self, position: usize, most: usize) -> usize {
        let mut word = position / 64;
        let mut bits = self.bits[word] << (63 - position % 64);
        let mut distance = 0;
        let mut seen = position % 64 + 1;
        while bits == 0 && distance + seen < most {
            word -= 1;
            bits = self.bits[word];
            distance += seen;
            seen = 64;
        }
        if bits == 0 { most } else { (distance + bits.leading_zeros() as usize).min(most) }
    }

    /// Tokens of the same sequence after `position`, `most` at most.
    pub(super) fn after(&self, position: usize, most: usize) -> usize {
        let next = position + 1;
        let mut word = next / 64;
        let mut bits = self.bits[word] >> (next % 64);
        let mut distance = 0;
        let mut seen = 64 - next % 64;
        while bits == 0 && distance + seen < most {
            word += 1;
            bits = self.bits[word];
            distance += seen;
            seen = 64;
        }
        if bits == 0 { most } else { (distance + bits.trailing_zeros() as usize).min(most) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sides_come_back_one_after_the_other() {
        let mut gathered = Gathered::default();
        for side in [vec![1, 2], vec![], vec![3]] {
            gathered.push(side.into_iter());
        }
        let mut sides = Vec::new();
        gathered.for_each_side(|side| sides.push(side.to_vec()));
        assert_eq!(sides, [vec![1, 2], vec![], vec![3]]);
        gathered.clear();
        gathered.for_each_side(|side| panic!("{side:?} is left"));
    }

    proptest! {
        #[test]
        fn tokens_of_a_document_are_told_from_those_beside_it(
            lengths in prop::collection::vec(0usize..150, 1..8),
            most in 1usize..300,
        ) {
            let ends: Vec<usize> = lengths
                .iter()
                .scan(0, |end, length| {
                    *end += length;
                    Some(*end)
                })
                .collect();
            let n_tokens = *ends.last().unwrap();
            let starts = Starts::new(n_tokens, ends.iter().copied());
            for position in 0..n_tokens {
                let document = ends.partition_point(|&end| end <= position);
                let first = if document == 0 { 0 } else { ends[document - 1] };
                prop_assert_eq!(starts.before(position, most), (position - first).min(most));
                prop_assert_eq!(
                    starts.after(position, most),
                    (ends[document] - position - 1).min(most)
                );
            }
        }
    }
}

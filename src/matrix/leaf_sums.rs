//! Sums of panels in a fixed pairwise tree over leaf numbers: 0 and 1, 2 and 3, then the pairs of
//! pairs.
//!
//! In: leaves in order, each added to a panel that it is given. Out: their sum, in the panel of the
//! caller. At most `log2(n_leaves) + 1` panels are alive at a time.

use crate::linalg::panel::Panel;
use crate::operator::sums::add;

/// Partial sums over the leaves of the tree: a binary counter, whose panels are sums over `2^level`
/// leaves with falling levels.
pub(crate) struct LeafSums<'a> {
    sums: Vec<(u32, PartialSum<'a>)>,
    /// Leaves begun.
    n_leaves: usize,
    free: Vec<Panel>,
}

/// A partial sum: in the caller's result, or in a panel of our own.
enum PartialSum<'a> {
    Result(&'a mut [f32]),
    Own(Panel),
}

impl PartialSum<'_> {
    fn as_mut(&mut self) -> &mut [f32] {
        match self {
            Self::Result(panel) => panel,
            Self::Own(panel) => panel,
        }
    }
}

impl<'a> LeafSums<'a> {
    /// Zero; the sum over the first leaf is `result` itself.
    pub(crate) fn new(result: &'a mut [f32]) -> Self {
        result.fill(0.0);
        Self { sums: vec![(0, PartialSum::Result(result))], n_leaves: 1, free: Vec::new() }
    }

    /// The panel to which the blocks of this leaf are added; leaves come in order.
    pub(crate) fn leaf(&mut self, leaf: usize) -> &mut [f32] {
        while self.n_leaves <= leaf {
            while let [.., (left, _), (right, _)] = self.sums[..]
                && left == right
            {
                self.merge();
            }
            let len = self.sums[0].1.as_mut().len();
            let panel = match self.free.pop() {
                Some(mut panel) => {
                    panel.fill(0.0);
                    panel
                }
                None => Panel::zeros(len),
            };
            self.sums.push((0, PartialSum::Own(panel)));
            self.n_leaves += 1;
        }
        self.sums.last_mut().expect("the result is never taken away").1.as_mut()
    }

    /// Adds everything into the result.
    pub(crate) fn finish(mut self) {
        while self.sums.len() > 1 {
            self.merge();
        }
    }

    /// Adds the last partial sum to the one before it.
    fn merge(&mut self) {
        let right = self.sums.pop();
        if let (Some((level, left)), Some((_, PartialSum::Own(right)))) =
            (self.sums.last_mut(), right)
        {
            add(left.as_mut(), &right);
            *level += 1;
            self.free.push(right);
        }
    }
}

//! Adam (Kingma & Ba 2015, "Adam: a method for stochastic optimization", algorithm 1), and the
//! numbers that it moves.
//!
//! Every gradient is the mean over a mini-batch. Rows of the first layer whose words no document of
//! the batch holds keep their moments ("lazy" Adam, as `SparseAdam` of PyTorch): the cost of a step
//! depends on the words of the batch, not on the vocabulary.

use crate::base::functions::whole_power;

/// Decay of the running mean of the gradient, and of its square; the authors' values.
const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;

/// Keeps the division finite; the authors' value.
const EPSILON: f32 = 1e-8;

/// Numbers that are learned, with the running means that Adam keeps of their gradients.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Tensor {
    /// The numbers.
    pub(crate) values: Vec<f32>,
    /// The running mean of the gradient.
    pub(crate) means: Vec<f32>,
    /// The running mean of its square.
    pub(crate) squares: Vec<f32>,
}

impl Tensor {
    /// Numbers that have not been moved yet.
    pub(crate) fn new(values: Vec<f32>) -> Self {
        Self { means: vec![0.0; values.len()], squares: vec![0.0; values.len()], values }
    }

    /// The numbers with their means, row after row.
    pub(crate) fn all(&mut self) -> TensorPart<'_> {
        TensorPart { values: &mut self.values, means: &mut self.means, squares: &mut self.squares }
    }
}

/// A part of a [`Tensor`].
#[derive(Debug)]
pub(crate) struct TensorPart<'a> {
    pub(crate) values: &'a mut [f32],
    means: &'a mut [f32],
    squares: &'a mut [f32],
}

impl<'a> TensorPart<'a> {
    /// The first `n` numbers, and the others.
    pub(crate) fn split_at(self, n: usize) -> (Self, Self) {
        let (values, rest_values) = self.values.split_at_mut(n);
        let (means, rest_means) = self.means.split_at_mut(n);
        let (squares, rest_squares) = self.squares.split_at_mut(n);
        (
            Self { values, means, squares },
            Self { values: rest_values, means: rest_means, squares: rest_squares },
        )
    }

    /// Pieces of `n` numbers, the last of which may be shorter.
    pub(crate) fn chunks(self, n: usize) -> impl Iterator<Item = Self> + 'a {
        let means = self.means.chunks_mut(n);
        let squares = self.squares.chunks_mut(n);
        self.values.chunks_mut(n).zip(means).zip(squares).map(|((values, means), squares)| Self {
            values,
            means,
            squares,
        })
    }
}

/// How a gradient moves numbers at one step.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rule {
    /// Adam.
    Adam {
        /// The learning rate divided by `1 - beta_1^t`.
        rate: f32,
        /// `1 / sqrt(1 - beta_2^t)`.
        correction: f32,
    },
    /// Subtracts the gradient itself, so that tests can see it.
    #[cfg(test)]
    Plain,
}

impl Rule {
    /// The rule of step `step`, from 1.
    pub(crate) fn adam(learning_rate: f64, step: u64) -> Self {
        let rate = learning_rate / (1.0 - whole_power(BETA_1, step));
        Self::Adam {
            rate: rate as f32,
            correction: (1.0 / (1.0 - whole_power(BETA_2, step)).sqrt()) as f32,
        }
    }

    /// Moves numbers against their gradient.
    ///
    /// # Panics
    /// If there are not as many gradients.
    #[inline(always)]
    pub(crate) fn apply(self, part: TensorPart<'_>, gradient: &[f32]) {
        assert_eq!(part.values.len(), gradient.len(), "a gradient for each number");
        match self {
            Self::Adam { rate, correction } => {
                const KEPT: [f32; 2] = [BETA_1 as f32, BETA_2 as f32];
                const NEW: [f32; 2] = [(1.0 - BETA_1) as f32, (1.0 - BETA_2) as f32];
                for (((value, mean), square), &g) in
                    part.values.iter_mut().zip(part.means).zip(part.squares).zip(gradient)
                {
                    *mean = KEPT[0] * *mean + NEW[0] * g;
                    *square = KEPT[1] * *square + NEW[1] * (g * g);
                    *value -= rate * *mean / (square.sqrt() * correction + EPSILON);
                }
            }
            #[cfg(test)]
            Self::Plain => part.values.iter_mut().zip(gradient).for_each(|(value, g)| *value -= g),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_steps_by_the_algorithm_in_double_precision() {
        let gradients = [[0.5, -2.0], [0.25, 3.0], [0.0, 1e-3]];
        let mut tensor = Tensor::new(vec![1.0, -1.0]);
        let (mut theta, mut m, mut v) = ([1.0f64, -1.0], [0.0; 2], [0.0; 2]);
        for (t, gradient) in (1..).zip(gradients) {
            Rule::adam(0.01, t).apply(tensor.all(), &gradient);
            for i in 0..2 {
                let g = f64::from(gradient[i]);
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.999 * v[i] + 0.001 * g * g;
                let (m_hat, v_hat) =
                    (m[i] / (1.0 - 0.9f64.powi(t as i32)), v[i] / (1.0 - 0.999f64.powi(t as i32)));
                theta[i] -= 0.01 * m_hat / (v_hat.sqrt() + 1e-8);
                assert!(
                    (f64::from(tensor.values[i]) - theta[i]).abs() < 1e-6,
                    "{t}, {i}: {} {}",
                    tensor.values[i],
                    theta[i]
                );
            }
        }
    }

    #[test]
    fn parts_are_pieces_of_the_whole() {
        let mut tensor = Tensor::new((0..7u8).map(f32::from).collect());
        for (piece, values) in
            tensor.all().chunks(3).zip([&[0.0, 1.0, 2.0][..], &[3.0, 4.0, 5.0], &[6.0]])
        {
            assert_eq!(piece.values, values);
        }
        let (first, second) = tensor.all().split_at(2);
        assert_eq!((&*first.values, second.values.len()), (&[0.0, 1.0][..], 5));
    }
}

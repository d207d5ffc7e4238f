//! A vector for each n-gram of letters, by ridge regression.
//!
//! In: the n-grams of all words, a weight for each word, and some columns of the words' vectors.
//! Out: the same columns of the n-grams' vectors `g`, for which the spelling of a word predicts
//! `p_w = n_w^(-1/2) * (sum of g over the n_w n-grams of w)`. They minimise
//! `sum over w of c_w |u_w - p_w|^2 + lambda * (sum of all |g|^2)`.
//!
//! With the sparse matrix `M` of `n_w^(-1/2)` these are the normal equations
//! `(M^T C M + lambda I) G = M^T C U`. They are solved by conjugate gradients (Hestenes & Stiefel
//! 1952), for all columns at once and each by itself: two sparse products a step. The diagonal
//! is the preconditioner, for n-grams of few and of many words differ by orders of magnitude.
//!
//! Cost of a step: two passes over the n-grams of all words, some 20 a word. The bits do not depend
//! on the number of threads or on how many columns are solved at a time: each row of a product is
//! summed by one task in the order of the list, scalar products over fixed parts of the rows.

use rayon::prelude::*;

use super::ngrams::NGrams;
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::linalg::instructions::arch;

/// Steps of the iteration. More change the predictions by less than a hundredth of their length.
const STEPS: usize = 12;

/// The share of all words that has an ending which takes half of its prediction.
const ENDING_WORDS: f64 = 1e-3;

/// How much n-grams within a word take of their predictions.
const INNER_SHARE: f32 = 0.7;

/// Rows of one task, and of one partial sum.
const ROWS_PER_TASK: usize = 1024;

/// The regression, whatever the columns.
pub(super) struct Ridge {
    grams: NGrams,
    /// For each word `n_w^(-1/2)`, or 0 without n-grams.
    scales: Vec<f32>,
    /// For each word `c_w`.
    weights: Vec<f32>,
    /// `lambda`.
    penalty: f32,
    /// For each n-gram the inverse of its diagonal entry of `M^T C M + lambda I`.
    preconditioner: Vec<f32>,
}

impl Ridge {
    /// # Panics
    /// If there is not a weight for each word.
    pub(super) fn new(grams: NGrams, weights: Vec<f32>, penalty: f64) -> Self {
        assert_eq!(grams.n_words(), weights.len(), "a weight for each word");
        let scale = |word| match grams.of_word(word).len() {
            0 => 0.0,
            n_grams => (n_grams as f64).sqrt().recip() as f32,
        };
        let scales: Vec<f32> = (0..grams.n_words()).map(scale).collect();
        let diagonal = |gram| -> f64 {
            let entry = |&word: &u32| {
                let scale = f64::from(scales[word as usize]);
                f64::from(weights[word as usize]) * scale * scale
            };
            penalty + grams.of_gram(gram as u32).iter().map(entry).sum::<f64>()
        };
        let preconditioner = (0..grams.len()).map(|gram| diagonal(gram).recip() as f32).collect();
        Self { grams, scales, weights, penalty: penalty as f32, preconditioner }
    }

    /// Columns of the n-grams' vectors, `n_grams x width`, from those of the words, `n_words x
    /// width`.
    ///
    /// # Errors
    /// An interruption.
    pub(super) fn solve(
        &self,
        words: Vec<f32>,
        width: usize,
        progress: &dyn Progress,
    ) -> Result<Vec<f32>> {
        let mut iteration = Iteration::new(self, words, width);
        for _ in 0..STEPS {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            iteration.step();
        }
        Ok(iteration.solution)
    }

    /// The n-grams.
    pub(super) fn grams(&self) -> &NGrams {
        &self.grams
    }

    /// Multiplies the vectors of n-grams, `n_grams x width`, by their shares of a prediction: they
    /// are learned alike, but do not say as much of words that have not been seen.
    ///
    /// What many words have in common only as far as they have one stem, such as the `alked>` of
    /// *walked* and *talked*, would make *balked* a neighbour of both.
    pub(super) fn weigh(&self, grams: &mut [f32], width: usize) {
        grams.par_chunks_exact_mut(width).enumerate().for_each(|(gram, row)| {
            let share = self.share_of(gram as u32);
            row.iter_mut().for_each(|value| *value *= share);
        });
    }

    /// The share of an n-gram: whole at the beginning of words, where stems are; the more words an
    /// ending has, the more it is an ending of grammar; less within words.
    fn share_of(&self, gram: u32) -> f32 {
        let spelling = self.grams.spelling(gram);
        if spelling.starts_with('<') {
            1.0
        } else if spelling.ends_with('>') {
            let n_words = self.grams.of_gram(gram).len() as f64;
            (n_words / (n_words + ENDING_WORDS * self.grams.n_words() as f64)) as f32
        } else {
            INNER_SHARE
        }
    }

    /// What the n-grams' vectors, `n_grams x width`, predict for all words, `n_words x width`.
    pub(super) fn predict(&self, grams: &[f32], width: usize) -> Vec<f32> {
        let mut words = vec![0.0; self.grams.n_words() * width];
        self.sum_grams(grams, &mut words, width, |word| self.scales[word]);
        words
    }

    /// For each word the sum of its n-grams' rows, times a factor.
    fn sum_grams(
        &self,
        grams: &[f32],
        words: &mut [f32],
        width: usize,
        factor: impl Fn(usize) -> f32 + Sync,
    ) {
        words.par_chunks_mut(ROWS_PER_TASK * width).enumerate().for_each(|(task, words)| {
            arch().dispatch(|| {
                for (row, sum) in words.chunks_exact_mut(width).enumerate() {
                    let word = task * ROWS_PER_TASK + row;
                    sum.fill(0.0);
                    for &gram in self.grams.of_word(word) {
                        add(sum, &grams[gram as usize * width..][..width]);
                    }
                    let factor = factor(word);
                    sum.iter_mut().for_each(|value| *value *= factor);
                }
            });
        });
    }

    /// For each n-gram the sum of its words' rows.
    #[inline(always)]
    fn sum_words(&self, words: &[f32], gram: usize, width: usize, sum: &mut [f32]) {
        for &word in self.grams.of_gram(gram as u32) {
            add(sum, &words[word as usize * width..][..width]);
        }
    }
}

/// The iteration for some columns. With `z = D^-1 r` for the residual `r` and the diagonal D, the
/// direction is `p = z + beta p`.
struct Iteration<'a> {
    ridge: &'a Ridge,
    width: usize,
    /// `n_words x width`.
    words: Vec<f32>,
    /// These are `n_grams x width`.
    solution: Vec<f32>,
    residual: Vec<f32>,
    direction: Vec<f32>,
    image: Vec<f32>,
    /// `r^T z` of each column.
    products: Vec<f64>,
}

impl<'a> Iteration<'a> {
    fn new(ridge: &'a Ridge, mut words: Vec<f32>, width: usize) -> Self {
        words.par_chunks_exact_mut(width).enumerate().for_each(|(word, row)| {
            let factor = ridge.weights[word] * ridge.scales[word];
            row.iter_mut().for_each(|value| *value *= factor);
        });
        let len = ridge.grams.len() * width;
        let (mut residual, mut direction) = (vec![0.0; len], vec![0.0; len]);
        let tasks = residual
            .par_chunks_mut(ROWS_PER_TASK * width)
            .zip(direction.par_chunks_mut(ROWS_PER_TASK * width));
        let sums = tasks.enumerate().map(|(task, (residual, direction))| {
            arch().dispatch(|| {
                let mut products = vec![0.0; width];
                let rows = residual.chunks_exact_mut(width).zip(direction.chunks_exact_mut(width));
                for (row, (residual, direction)) in rows.enumerate() {
                    let gram = task * ROWS_PER_TASK + row;
                    ridge.sum_words(&words, gram, width, residual);
                    let inverse = ridge.preconditioner[gram];
                    for (direction, &residual) in direction.iter_mut().zip(&*residual) {
                        *direction = inverse * residual;
                    }
                    add_products(&mut products, residual, direction);
                }
                products
            })
        });
        let products = total(sums.collect(), width);
        let (solution, image) = (vec![0.0; len], vec![0.0; len]);
        Self { ridge, width, words, solution, residual, direction, image, products }
    }

    fn step(&mut self) {
        let of_image = self.multiply();
        let lengths = quotients(&self.products, &of_image);
        let products = self.advance(&lengths);
        let kept = quotients(&products, &self.products);
        self.products = products;
        self.turn(&kept);
    }

    /// The image of the direction `p`, and `p^T image` of each column.
    fn multiply(&mut self) -> Vec<f64> {
        let Self { ridge, width, words, direction, image, .. } = self;
        let (ridge, width) = (*ridge, *width);
        let factor = |word: usize| ridge.weights[word] * ridge.scales[word] * ridge.scales[word];
        ridge.sum_grams(direction, words, width, factor);
        let tasks = image
            .par_chunks_mut(ROWS_PER_TASK * width)
            .zip(direction.par_chunks(ROWS_PER_TASK * width));
        let sums = tasks.enumerate().map(|(task, (image, direction))| {
            arch().dispatch(|| {
                let mut products = vec![0.0; width];
                let rows = image.chunks_exact_mut(width).zip(direction.chunks_exact(width));
                for (row, (image, direction)) in rows.enumerate() {
                    for (image, &direction) in image.iter_mut().zip(direction) {
                        *image = ridge.penalty * direction;
                    }
                    ridge.sum_words(words, task * ROWS_PER_TASK + row, width, image);
                    add_products(&mut products, image, direction);
                }
                products
            })
        });
        total(sums.collect(), width)
    }

    /// Goes along the direction, in each column as far as `lengths` says; returns the new `r^T z`.
    fn advance(&mut self, lengths: &[f32]) -> Vec<f64> {
        let width = self.width;
        let part = ROWS_PER_TASK * width;
        let tasks = self
            .solution
            .par_chunks_mut(part)
            .zip(self.residual.par_chunks_mut(part))
            .zip(self.direction.par_chunks(part).zip(self.image.par_chunks(part)))
            .zip(self.ridge.preconditioner.par_chunks(ROWS_PER_TASK));
        let sums = tasks.map(|(((solution, residual), (direction, image)), inverses)| {
            arch().dispatch(|| {
                let mut products = vec![0.0; width];
                let solved = solution.chunks_exact_mut(width).zip(direction.chunks_exact(width));
                for (solution, direction) in solved {
                    for column in 0..width {
                        solution[column] += lengths[column] * direction[column];
                    }
                }
                let left = residual.chunks_exact_mut(width).zip(image.chunks_exact(width));
                for ((residual, image), &inverse) in left.zip(inverses) {
                    for column in 0..width {
                        residual[column] -= lengths[column] * image[column];
                        let (value, inverse) = (f64::from(residual[column]), f64::from(inverse));
                        products[column] += value * value * inverse;
                    }
                }
                products
            })
        });
        total(sums.collect(), width)
    }

    /// The next direction, with so much of the last one.
    fn turn(&mut self, kept: &[f32]) {
        let width = self.width;
        let part = ROWS_PER_TASK * width;
        let tasks = self
            .direction
            .par_chunks_mut(part)
            .zip(self.residual.par_chunks(part))
            .zip(self.ridge.preconditioner.par_chunks(ROWS_PER_TASK));
        tasks.for_each(|((direction, residual), inverses)| {
            arch().dispatch(|| {
                let rows = direction.chunks_exact_mut(width).zip(residual.chunks_exact(width));
                for ((direction, residual), &inverse) in rows.zip(inverses) {
                    for column in 0..width {
                        direction[column] =
                            inverse * residual[column] + kept[column] * direction[column];
                    }
                }
            });
        });
    }
}

/// `sum += row`.
#[inline(always)]
fn add(sum: &mut [f32], row: &[f32]) {
    sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
}

/// Adds the products of two rows to the sums of the columns.
#[inline(always)]
fn add_products(sums: &mut [f64], left: &[f32], right: &[f32]) {
    for ((sum, &left), &right) in sums.iter_mut().zip(left).zip(right) {
        *sum += f64::from(left) * f64::from(right);
    }
}

/// The sums of the columns, from those of the tasks, in their order.
fn total(of_tasks: Vec<Vec<f64>>, width: usize) -> Vec<f64> {
    of_tasks.iter().fold(vec![0.0; width], |mut total, sums| {
        total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
        total
    })
}

/// Column by column; 0 where there is nothing to divide by, as in a column of zeros.
fn quotients(dividends: &[f64], divisors: &[f64]) -> Vec<f32> {
    let quotient = |(&dividend, &divisor): (&f64, &f64)| {
        if divisor > 0.0 { (dividend / divisor) as f32 } else { 0.0 }
    };
    dividends.iter().zip(divisors).map(quotient).collect()
}

//! The mean of word vectors: sums in `f64` over fixed parts of the rows, so that the bits do not
//! depend on the threads.

use rayon::prelude::*;

use crate::storage::row_list::ROWS_AT_A_TIME;

/// Words whose sums are added up by one task.
const WORDS_PER_TASK: usize = 4096;

/// The mean of vectors that come some at a time: sums in `f64` over fixed parts, added in order.
pub(crate) struct Mean {
    dim: usize,
    sums: Vec<Vec<f64>>,
    n_vectors: usize,
}

impl Mean {
    pub(crate) fn new(dim: usize) -> Self {
        Self { dim, sums: Vec::new(), n_vectors: 0 }
    }

    /// Adds vectors, row-major: [`ROWS_AT_A_TIME`] of them, or the last ones.
    pub(crate) fn add(&mut self, vectors: &[f32]) {
        const { assert!(ROWS_AT_A_TIME.is_multiple_of(WORDS_PER_TASK), "parts are whole tasks") };
        let dim = self.dim;
        self.n_vectors += vectors.len() / dim;
        let sums = vectors.par_chunks(WORDS_PER_TASK * dim).map(|part| {
            let mut sum = vec![0.0; dim];
            part.chunks(dim).for_each(|vector| {
                sum.iter_mut().zip(vector).for_each(|(sum, &value)| *sum += f64::from(value))
            });
            sum
        });
        self.sums.par_extend(sums);
    }

    pub(crate) fn finish(self) -> Vec<f32> {
        let n_vectors = self.n_vectors as f64;
        (0..self.dim)
            .map(|i| (self.sums.iter().map(|sum| sum[i]).sum::<f64>() / n_vectors) as f32)
            .collect()
    }
}

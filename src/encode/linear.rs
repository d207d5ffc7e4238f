//! The encoder of singular vectors: `z = V^T x`, `x~ = V z`.
//!
//! `V` is computed from the stored `V S^p` by a division, except the columns that the word vectors
//! do not have, see [`Encoding`](crate::model::Encoding).

use rayon::prelude::*;

use super::document::WeightedWords;
use super::options::WORDS_PER_TASK;
use crate::base::functions::pow;
use crate::linalg::dot::{dot, length_of};
use crate::linalg::instructions::arch;
use crate::model::Encoding;
use crate::model::Model;
use crate::operator::kernel::SparseView;

/// A singular value below this fraction of the first is only the rounding of `f32`.
const NULL: f64 = 1e-7;

/// The singular vectors of a model.
#[derive(Debug, Clone)]
pub(super) struct Linear<'a> {
    model: &'a Model,
    right_vectors: &'a [f32],
    /// Columns of `right_vectors`.
    stored: usize,
    /// `s^-p` for each component that comes from the word vectors, or 0 if its singular value is
    /// only rounding.
    factors: Vec<f32>,
}

impl<'a> Linear<'a> {
    pub(super) fn new(model: &'a Model, encoding: &'a Encoding) -> Self {
        let config = &model.provenance.config;
        let stored = Encoding::stored_columns(config);
        let singular_values = &model.provenance.spectrum.singular_values;
        let largest = singular_values.first().copied().unwrap_or(0.0);
        let factor = |&value: &f64| match config.sigma_exponent {
            0.0 => 1.0,
            _ if value <= NULL * largest => 0.0,
            exponent => pow(value, -exponent) as f32,
        };
        let factors = singular_values.iter().skip(stored).map(factor).collect();
        Self { model, right_vectors: &encoding.right_vectors, stored, factors }
    }

    pub(super) fn rank(&self) -> usize {
        self.stored + self.factors.len()
    }

    /// `z` of each of several documents, row after row.
    pub(super) fn encode_into(
        &self,
        documents: &[WeightedWords],
        rows: SparseView<'_, usize, u32, f32>,
        z: &mut [f32],
    ) {
        let (rank, stored, dim) = (self.rank(), self.stored, self.factors.len());
        if stored > 0 {
            let mut part = vec![0.0; documents.len() * stored];
            rows.multiply(self.right_vectors, stored, &mut part);
            z.chunks_exact_mut(rank)
                .zip(part.chunks_exact(stored))
                .for_each(|(z, part)| z[..stored].copy_from_slice(part));
        }
        if dim > 0 {
            let mut part = vec![0.0; documents.len() * dim];
            rows.multiply(self.model.vectors.as_slice(), dim, &mut part);
            for (z, part) in z.chunks_exact_mut(rank).zip(part.chunks_exact(dim)) {
                z[stored..]
                    .iter_mut()
                    .zip(part)
                    .zip(&self.factors)
                    .for_each(|((z, part), factor)| *z = part * factor);
            }
        }
    }

    /// For each word the cosine of its row of `V S` and `z`, both without the first `n_dropped`
    /// components; 0 where either has no length.
    pub(super) fn word_cosines(&self, z: &[f32], n_dropped: usize) -> Vec<f32> {
        let singular_values = &self.model.provenance.spectrum.singular_values;
        let (stored, dim) = (self.stored, self.model.vectors.dim());
        // Row w of V S is that of the stored V times s, and that of the word vectors V S^p times
        // s^-p s.
        let of_stored: Vec<f32> =
            singular_values[..stored].iter().map(|&value| value as f32).collect();
        let of_vectors: Vec<f32> = self
            .factors
            .iter()
            .zip(&singular_values[stored..])
            .map(|(factor, &value)| factor * value as f32)
            .collect();
        let (first, rest) = z.split_at(stored);
        let first = &first[n_dropped.min(stored)..];
        let of_stored = &of_stored[n_dropped.min(stored)..];
        let z_length = length_of(&[first, rest].concat());
        let vectors = self.model.vectors.as_slice();
        let mut cosines = vec![0.0; self.model.vectors.len()];
        cosines.par_chunks_mut(WORDS_PER_TASK).enumerate().for_each(|(task, cosines)| {
            arch().dispatch(|| {
                let mut row = vec![0.0f32; first.len() + rest.len()];
                for (number, cosine) in cosines.iter_mut().enumerate() {
                    let word = task * WORDS_PER_TASK + number;
                    let right =
                        &self.right_vectors[word * stored..][..stored][stored - first.len()..];
                    let (row_first, row_rest) = row.split_at_mut(first.len());
                    row_first
                        .iter_mut()
                        .zip(right.iter().zip(of_stored))
                        .for_each(|(value, (v, s))| *value = v * s);
                    let vector = &vectors[word * dim..][..rest.len()];
                    row_rest
                        .iter_mut()
                        .zip(vector.iter().zip(&of_vectors))
                        .for_each(|(value, (v, s))| *value = v * s);
                    let length = length_of(&row) * z_length;
                    let product = dot(&row[..first.len()], first) + dot(&row[first.len()..], rest);
                    *cosine = if length > f32::MIN_POSITIVE {
                        (product / length).clamp(-1.0, 1.0)
                    } else {
                        0.0
                    };
                }
            });
        });
        cosines
    }

    /// See [`Encoder::denoise`](super::Encoder::denoise).
    pub(super) fn denoise(&self, z: &[f32]) -> Vec<f32> {
        let squares =
            self.model.provenance.spectrum.singular_values.iter().map(|value| value * value);
        let last = squares.clone().next_back().unwrap_or(0.0);
        z.iter()
            .zip(squares)
            .map(
                |(&z, square)| {
                    if square > 0.0 {
                        (f64::from(z) * square / (square + last)) as f32
                    } else {
                        0.0
                    }
                },
            )
            .collect()
    }

    /// `V z` with the first `z.len()` components.
    pub(super) fn decode(&self, z: &[f32]) -> Vec<f32> {
        let (first, rest) = z.split_at(self.stored.min(z.len()));
        let rest: Vec<f32> = rest.iter().zip(&self.factors).map(|(z, factor)| z * factor).collect();
        let (stored, dim) = (self.stored, self.model.vectors.dim());
        let vectors = self.model.vectors.as_slice();
        let mut decoded = vec![0.0; self.model.vectors.len()];
        decoded.par_chunks_mut(WORDS_PER_TASK).enumerate().for_each(|(task, decoded)| {
            arch().dispatch(|| {
                for (number, decoded) in decoded.iter_mut().enumerate() {
                    let word = task * WORDS_PER_TASK + number;
                    let by_first = dot(&self.right_vectors[word * stored..][..first.len()], first);
                    *decoded = by_first + dot(&vectors[word * dim..][..rest.len()], &rest);
                }
            });
        });
        decoded
    }
}

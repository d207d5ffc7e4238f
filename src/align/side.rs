//! One of the two sides of a map: which vectors it was learned from, and the matrices that take
//! vectors of that side into the common space.
//!
//! In: vectors of one language, `n x dim_in`, normalized. Out: unit rows in the common space,
//! `n x dim`.

use std::path::{Path, PathBuf};

use faer::{Accum, Mat, MatMut, MatRef};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::normalize::{Normalization, NormalizedRows};
use crate::base::error::{Error, Result};
use crate::base::progress::Stage;
use crate::linalg::dot::{length_of, write_unit};
use crate::linalg::product;
use crate::vectors::WordVectors;

/// One of the two sides of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// The side that was named first.
    Source,
    /// The side that was named second.
    Target,
}

impl Language {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Source => Self::Target,
            Self::Target => Self::Source,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }
}

/// Which matrices a map is applied with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MapForm {
    /// Rotations: within a language every cosine of normalized vectors stays the same, and so does
    /// word math.
    Orthogonal,
    /// Whitening, rotation and re-weighting: better for translation, but distances within a
    /// language change.
    Weighted,
}

/// One of the two spaces that a map was learned on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappedSpace {
    /// The path of the vectors.
    pub path: PathBuf,
    /// Their digest, see [`WordVectors::digest`].
    pub digest: String,
    /// Number of words.
    pub n_words: usize,
    /// Dimensions of a vector before the map.
    pub dim_in: usize,
    /// The number of frequent words that the map was learned and judged on.
    pub max_words: usize,
}

impl MappedSpace {
    /// Checks that vectors are those of this space; `path` and `role` are for the message.
    pub(super) fn check(&self, vectors: &WordVectors, path: &Path, role: &str) -> Result<()> {
        let shape = |n_words: usize, dim: usize| format!("{n_words} words of {dim} dimensions");
        if (vectors.len(), vectors.dim()) != (self.n_words, self.dim_in) {
            let expected = format!("the {} that {role}", shape(self.n_words, self.dim_in));
            return Err(Error::malformed(
                path,
                None,
                shape(vectors.len(), vectors.dim()),
                expected,
            ));
        }
        let digest = vectors.digest();
        if digest != self.digest {
            let expected = format!("the vectors with digest {} that {role}", self.digest);
            return Err(Error::malformed(
                path,
                None,
                format!("vectors with digest {digest}"),
                expected,
            ));
        }
        Ok(())
    }
}

/// The normalization and the matrices of one side.
#[derive(Debug, Clone, PartialEq)]
pub struct SideMap {
    /// The normalization before the matrix.
    pub normalization: Normalization,
    /// `dim x dim`, orthogonal, row-major: a row vector is multiplied from the left.
    pub rotation: Vec<f32>,
    /// `dim x dim`, any matrix, row-major.
    pub weighted: Vec<f32>,
}

impl SideMap {
    /// Refuses a map with a value that is not finite, before it is written.
    pub(super) fn check_finite(&self) -> Result<()> {
        let tensors =
            [&self.normalization.scale, &self.normalization.means, &self.rotation, &self.weighted];
        match tensors.into_iter().flatten().all(|number| number.is_finite()) {
            true => Ok(()),
            false => Err(Error::NotFinite {
                stage: Stage::Write,
                place: "a matrix of the map".to_owned(),
            }),
        }
    }

    /// Multiplies normalized rows by the matrix and scales them to unit length.
    pub(crate) fn map(&self, mut rows: NormalizedRows, form: MapForm) -> NormalizedRows {
        let matrix = match form {
            MapForm::Orthogonal => &self.rotation,
            MapForm::Weighted => &self.weighted,
        };
        multiply(&mut rows.data, rows.dim, matrix);
        rows
    }
}

/// Multiplies each row by a `dim x dim` matrix and scales it to unit length, in place; zeros stay
/// zeros.
pub(crate) fn multiply(rows: &mut [f32], dim: usize, matrix: &[f32]) {
    let matrix = MatRef::from_row_major_slice(matrix, dim, dim);
    rows.par_chunks_mut(ROWS_PER_TASK * dim).for_each(|rows| {
        let before = rows.to_vec();
        let n = before.len() / dim;
        let (before, product) = (
            MatRef::from_row_major_slice(&before, n, dim),
            MatMut::from_row_major_slice_mut(rows, n, dim),
        );
        product::multiply(product, Accum::Replace, before, matrix);
        for row in rows.chunks_exact_mut(dim) {
            let vector = row.to_vec();
            write_unit(&vector, length_of(&vector), row);
        }
    });
}

/// A small matrix as `f32`, row after row.
pub(crate) fn row_major(matrix: &Mat<f64>) -> Vec<f32> {
    (0..matrix.nrows())
        .flat_map(|i| (0..matrix.ncols()).map(move |j| matrix[(i, j)] as f32))
        .collect()
}

/// Rows mapped by one task; fixed, so that nothing depends on the number of threads.
const ROWS_PER_TASK: usize = 256;

/// Rows of one side in the common space.
pub(crate) fn mapped(rows: &[f32], dim: usize, matrix: &[f32]) -> Vec<f32> {
    let mut rows = rows.to_vec();
    multiply(&mut rows, dim, matrix);
    rows
}

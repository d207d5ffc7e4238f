//! A matrix within a file, used where it lies if that can be, else decoded.

use std::ops::Range;
use std::path::Path;

use pulp::bytemuck;
use rayon::prelude::*;

use super::intake::{Intake, ReadOptions};
use super::numbers::{Layout, Matrix, NumberType};
use super::report::ReadReport;
use crate::base::error::Result;
use crate::base::words::{WordId, Words};
use crate::storage::file_bytes::FileBytes;
use crate::storage::floats::Floats;
use crate::vectors::WordVectors;

/// Numbers that one task looks at.
const NUMBERS_PER_TASK: usize = 1 << 16;

/// Where the numbers of a matrix lie in a file, and how.
#[derive(Debug)]
pub(super) struct MatrixInFile {
    /// The bytes of its numbers, and of nothing else.
    pub(super) range: Range<usize>,
    pub(super) number_type: NumberType,
    pub(super) layout: Layout,
    pub(super) n_rows: usize,
    pub(super) dim: usize,
    /// A factor for each row, if there is one.
    pub(super) scales: Option<Vec<f32>>,
}

impl MatrixInFile {
    /// The matrix in the bytes of its file.
    pub(super) fn matrix<'a>(&'a self, bytes: &'a [u8]) -> Matrix<'a> {
        Matrix {
            bytes: &bytes[self.range.clone()],
            number_type: self.number_type,
            layout: self.layout,
            n_rows: self.n_rows,
            dim: self.dim,
            scales: self.scales.as_deref(),
        }
    }

    /// The vectors of the matrix, whose rows are those of `words`.
    ///
    /// # Errors
    /// As [`Intake::finish`].
    ///
    /// # Panics
    /// If there are not as many words as rows.
    pub(super) fn read(
        self,
        bytes: FileBytes,
        words: &Words,
        path: &Path,
        options: &ReadOptions,
    ) -> Result<(WordVectors, ReadReport)> {
        let n_rows = self.n_rows.min(options.most_rows());
        let is_clean = {
            let matrix = self.matrix(&bytes);
            matrix.is_in_place() && is_clean(&matrix, n_rows, words)
        };
        let bytes = match bytes {
            FileBytes::Mapped(file) if is_clean => {
                let is_limited = n_rows < self.n_rows;
                let words = match is_limited {
                    true => words.iter().take(n_rows).collect(),
                    false => words.clone(),
                };
                let range = self.range.start..self.range.start + 4 * n_rows * self.dim;
                let floats = file.numbers(range).expect("aligned, as was tried");
                let vectors = WordVectors::from_floats(words, self.dim, Floats::mapped(floats));
                return Ok((vectors, ReadReport { is_limited, ..ReadReport::default() }));
            }
            bytes => bytes,
        };
        let matrix = self.matrix(&bytes);
        let mut intake = Intake::new(path, self.dim, options)?;
        intake.take_matrix(&matrix, words)?;
        intake.finish()
    }
}

/// Whether the numbers of a matrix can be used where they lie, and nothing is wrong with its rows.
fn is_clean(matrix: &Matrix<'_>, n_rows: usize, words: &Words) -> bool {
    let Ok(numbers) = bytemuck::try_cast_slice::<u8, f32>(matrix.bytes) else { return false };
    let is_finite =
        |numbers: &[f32]| numbers.iter().fold(true, |so_far, it| so_far & it.is_finite());
    let first_bad = words.first_duplicate().map_or(usize::MAX, WordId::index);
    cfg!(target_endian = "little")
        && first_bad >= n_rows
        && words.iter().take(n_rows).all(|word| !word.trim().is_empty())
        && numbers[..n_rows * matrix.dim].par_chunks(NUMBERS_PER_TASK).all(is_finite)
}

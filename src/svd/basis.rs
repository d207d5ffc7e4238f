//! The basis of the Krylov space: `n x m` orthonormal columns in `f32`, to which blocks of columns are added.
//!
//! The rows are cut into at most [`MAX_CHUNKS`] chunks of a fixed size; a chunk holds its part of all columns, one column after the other, so
//! that a block is appended at its end and a product with all columns is one dense product per chunk. Chunks are worked on in parallel and
//! added in order: same bits for any number of threads.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::dense::{ROWS_PER_CHUNK, to_f32};
use crate::operator::Panel;

/// Chunks, at most: enough for 64 threads; more would cost memory, since each has a partial sum of `m x width` numbers.
const MAX_CHUNKS: usize = 64;

/// Columns `q_1 .. q_m`, orthonormal to about 1e-6.
pub(super) struct Basis {
    n_rows: usize,
    n_columns: usize,
    rows_per_chunk: usize,
    chunks: Vec<Vec<f32>>,
}

impl Basis {
    /// A basis without columns for vectors of length `n_rows`. Room for `max_columns` is set aside, so that nothing moves when blocks are
    /// appended; the operating system gives the memory when it is written.
    pub(super) fn new(n_rows: usize, max_columns: usize) -> Self {
        let rows_per_chunk = n_rows.div_ceil(MAX_CHUNKS).next_multiple_of(ROWS_PER_CHUNK).max(ROWS_PER_CHUNK);
        let rows_of = |first: usize| rows_per_chunk.min(n_rows - first);
        let chunks = (0..n_rows).step_by(rows_per_chunk).map(|first| Vec::with_capacity(rows_of(first) * max_columns)).collect();
        Self { n_rows, n_columns: 0, rows_per_chunk, chunks }
    }

    /// Number of columns.
    pub(super) fn n_columns(&self) -> usize {
        self.n_columns
    }

    fn rows_of(&self, chunk: usize) -> usize {
        (self.n_rows - chunk * self.rows_per_chunk).min(self.rows_per_chunk)
    }

    /// Appends the columns of a panel (`n_rows x width`, row-major).
    pub(super) fn append(&mut self, panel: &[f32], width: usize) {
        assert_eq!(panel.len(), self.n_rows * width, "a block of the basis must be n_rows x width");
        self.chunks.par_iter_mut().zip(panel.par_chunks(self.rows_per_chunk * width)).for_each(|(chunk, panel)| {
            let rows = panel.len() / width;
            let start = chunk.len();
            chunk.resize(start + rows * width, 0.0);
            for (column, values) in chunk[start..].chunks_exact_mut(rows).enumerate() {
                for (value, row) in values.iter_mut().zip(panel.chunks_exact(width)) {
                    *value = row[column];
                }
            }
        });
        self.n_columns += width;
    }

    /// `Q^T w` (`columns x width`) for some of the columns.
    pub(super) fn coefficients(&self, columns: Range<usize>, w: &[f32], width: usize) -> Mat<f64> {
        let partial: Vec<Mat<f64>> = self
            .chunks
            .par_iter()
            .zip(w.par_chunks(self.rows_per_chunk * width))
            .enumerate()
            .map(|(index, (chunk, w))| {
                let rows = self.rows_of(index);
                let q = MatRef::from_column_major_slice(&chunk[columns.start * rows..columns.end * rows], rows, columns.len());
                let w = MatRef::from_row_major_slice(w, rows, width);
                let mut sum = Mat::<f64>::zeros(columns.len(), width);
                let mut part = Mat::<f32>::zeros(columns.len(), width);
                for first in (0..rows).step_by(ROWS_PER_CHUNK) {
                    let count = ROWS_PER_CHUNK.min(rows - first);
                    let q = q.subrows(first, count);
                    matmul(&mut part, Accum::Replace, q.transpose(), w.subrows(first, count), 1.0, Par::Seq);
                    for j in 0..width {
                        for (sum, &part) in sum.col_mut(j).iter_mut().zip(part.col(j).iter()) {
                            *sum += f64::from(part);
                        }
                    }
                }
                sum
            })
            .collect();
        let mut sum = Mat::zeros(columns.len(), width);
        for partial in partial {
            sum += partial;
        }
        sum
    }

    /// `w -= Q h` for some of the columns, with `h` of `columns x width`.
    pub(super) fn subtract(&self, columns: Range<usize>, h: MatRef<'_, f64>, w: &mut [f32]) {
        let width = h.ncols();
        let h = to_f32(h);
        self.chunks.par_iter().zip(w.par_chunks_mut(self.rows_per_chunk * width)).enumerate().for_each(|(index, (chunk, w))| {
            let rows = self.rows_of(index);
            let q = MatRef::from_column_major_slice(&chunk[columns.start * rows..columns.end * rows], rows, columns.len());
            let w = MatMut::from_row_major_slice_mut(w, rows, width);
            matmul(w, Accum::Add, q, &h, -1.0, Par::Seq);
        });
    }

    /// Takes the part of some of the columns out of `w`: `w -= Q (Q^T w)`; returns `Q^T w`.
    pub(super) fn project_out(&self, columns: Range<usize>, w: &mut [f32], width: usize) -> Mat<f64> {
        let h = self.coefficients(columns.clone(), w, width);
        self.subtract(columns, h.as_ref(), w);
        h
    }

    /// `Q y` (`n_rows x width`, row-major), where `y` has a row for each of the first columns of the basis.
    pub(super) fn combine(&self, y: MatRef<'_, f64>) -> Panel {
        let width = y.ncols();
        let y = to_f32(y);
        let mut result = Panel::zeros(self.n_rows * width);
        self.chunks.par_iter().zip(result.par_chunks_mut(self.rows_per_chunk * width)).enumerate().for_each(|(index, (chunk, result))| {
            let rows = self.rows_of(index);
            let q = MatRef::from_column_major_slice(&chunk[..rows * y.nrows()], rows, y.nrows());
            matmul(MatMut::from_row_major_slice_mut(result, rows, width), Accum::Replace, q, &y, 1.0, Par::Seq);
        });
        result
    }

    /// Replaces the columns by `Q y`, with `y` of `n_columns x width`; one chunk is copied at a time by each thread.
    pub(super) fn replace(&mut self, y: MatRef<'_, f64>) {
        let (n_columns, width) = (self.n_columns, y.ncols());
        let y = to_f32(y);
        self.chunks.par_iter_mut().for_each(|chunk| {
            let rows = chunk.len() / n_columns;
            let mut result = vec![0.0_f32; rows * width];
            let q = MatRef::from_column_major_slice(chunk, rows, n_columns);
            matmul(MatMut::from_column_major_slice_mut(&mut result, rows, width), Accum::Replace, q, &y, 1.0, Par::Seq);
            chunk[..result.len()].copy_from_slice(&result);
            chunk.truncate(result.len());
        });
        self.n_columns = width;
    }
}

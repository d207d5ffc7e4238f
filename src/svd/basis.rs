//! The basis of the Krylov space: `n x m` orthonormal columns in `f32`, in blocks as they came,
//! each a row-major panel.
//!
//! Rows are worked on in fixed chunks, in parallel; sums over rows are `f32` within a chunk, `f64`
//! beyond, and added in order: same bits for any number of threads.

use std::ops::Range;

use faer::{Mat, MatRef};
use rayon::prelude::*;

use crate::linalg::dense::{ROWS_PER_CHUNK, ROWS_PER_STEP, column_groups, set_groups};
use crate::linalg::panel::Panel;
use crate::linalg::tile::{add_inner, add_product};

/// Partial sums over rows, at most: enough for 64 threads; each takes `8 m width` bytes.
const MAX_SUMS: usize = 64;

/// Columns `q_1 .. q_m`, orthonormal to about 1e-6.
pub(super) struct Basis {
    n_rows: usize,
    blocks: Vec<BasisBlock>,
    /// Panels that are used no more: fresh memory costs a visit to the system a page.
    spare: Vec<Panel>,
}

/// Some columns.
struct BasisBlock {
    /// `n_rows x width`, row-major.
    panel: Panel,
    /// Which columns of the basis they are.
    columns: Range<usize>,
}

impl BasisBlock {
    /// The rows of one chunk.
    fn chunk(&self, rows: &Range<usize>) -> &[f32] {
        &self.panel[rows.start * self.columns.len()..rows.end * self.columns.len()]
    }
}

impl Basis {
    /// A basis without columns for vectors of length `n_rows`.
    pub(super) fn new(n_rows: usize) -> Self {
        Self { n_rows, blocks: Vec::new(), spare: Vec::new() }
    }

    /// Number of columns.
    pub(super) fn n_columns(&self) -> usize {
        self.blocks.last().map_or(0, |block| block.columns.end)
    }

    /// A panel of `n_rows x width` with any numbers in it, to be overwritten.
    pub(super) fn any_panel(&mut self, width: usize) -> Panel {
        let len = self.n_rows * width;
        self.spare.pop().and_then(|panel| panel.reuse(len)).unwrap_or_else(|| Panel::zeros(len))
    }

    /// Gives the memory of panels back that are used no more.
    pub(super) fn forget_spare(&mut self) {
        self.spare = Vec::new();
    }

    /// Length of the columns.
    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// The panels that make the basis, each with its number of columns.
    pub(super) fn panels(&self) -> impl Iterator<Item = (&[f32], usize)> {
        self.blocks.iter().map(|block| (&*block.panel, block.columns.len()))
    }

    /// Appends the columns of a panel (`n_rows x width`, row-major).
    pub(super) fn append(&mut self, panel: Panel, width: usize) {
        assert_eq!(panel.len(), self.n_rows * width, "a block of the basis must be n_rows x width");
        let first = self.n_columns();
        self.blocks.push(BasisBlock { panel, columns: first..first + width });
    }

    /// The blocks whose columns lie in a range, which ends where blocks do.
    fn blocks_of(&self, columns: &Range<usize>) -> &[BasisBlock] {
        let first = self.blocks.partition_point(|block| block.columns.start < columns.start);
        let end = self.blocks.partition_point(|block| block.columns.end <= columns.end);
        let blocks = &self.blocks[first..end];
        assert_eq!(
            blocks.iter().map(|block| block.columns.len()).sum::<usize>(),
            columns.len(),
            "a range of columns must be whole blocks"
        );
        blocks
    }

    /// `Q^T w` (`columns x width`) for some of the columns.
    pub(super) fn coefficients(&self, columns: Range<usize>, w: &[f32], width: usize) -> Mat<f64> {
        let blocks = self.blocks_of(&columns);
        let n_chunks = self.n_rows.div_ceil(ROWS_PER_CHUNK);
        let chunks_per_sum = n_chunks.div_ceil(MAX_SUMS).max(1);
        let partial: Vec<Vec<f64>> = (0..n_chunks)
            .step_by(chunks_per_sum)
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|first_chunk| {
                let mut sums = vec![0.0_f64; columns.len() * width];
                let mut part = vec![0.0_f32; columns.len() * width];
                for chunk in first_chunk..n_chunks.min(first_chunk + chunks_per_sum) {
                    let rows =
                        chunk * ROWS_PER_CHUNK..self.n_rows.min((chunk + 1) * ROWS_PER_CHUNK);
                    part.fill(0.0);
                    let mut rest = &mut part[..];
                    for block in blocks {
                        let (part, tail) =
                            std::mem::take(&mut rest).split_at_mut(block.columns.len() * width);
                        rest = tail;
                        add_inner(
                            block.chunk(&rows),
                            block.columns.len(),
                            &w[rows.start * width..rows.end * width],
                            width,
                            part,
                        );
                    }
                    sums.iter_mut().zip(&part).for_each(|(sum, &part)| *sum += f64::from(part));
                }
                sums
            })
            .collect();
        let mut sums = vec![0.0_f64; columns.len() * width];
        for partial in partial {
            sums.iter_mut().zip(partial).for_each(|(sum, partial)| *sum += partial);
        }
        MatRef::from_row_major_slice(&sums, columns.len(), width).to_owned()
    }

    /// `w -= Q h` for some of the columns, with `h` of `columns x width`.
    pub(super) fn subtract(&self, columns: Range<usize>, h: MatRef<'_, f64>, w: &mut [f32]) {
        let width = h.ncols();
        let blocks = self.blocks_of(&columns);
        let negative: Vec<f32> =
            (0..h.nrows()).flat_map(|i| (0..width).map(move |j| -h[(i, j)] as f32)).collect();
        w.par_chunks_mut(ROWS_PER_CHUNK * width).enumerate().for_each(|(chunk, w)| {
            let rows = chunk * ROWS_PER_CHUNK..chunk * ROWS_PER_CHUNK + w.len() / width;
            for block in blocks {
                let h = &negative[(block.columns.start - columns.start) * width
                    ..(block.columns.end - columns.start) * width];
                add_product(block.chunk(&rows), block.columns.len(), h, width, w);
            }
        });
    }

    /// Takes the part of some of the columns out of `w`: `w -= Q (Q^T w)`; returns `Q^T w`.
    pub(super) fn project_out(
        &self,
        columns: Range<usize>,
        w: &mut [f32],
        width: usize,
    ) -> Mat<f64> {
        let h = self.coefficients(columns.clone(), w, width);
        self.subtract(columns, h.as_ref(), w);
        h
    }

    /// `Q y` (`n_rows x width`, row-major), where `y` has a row for each column of the basis.
    pub(super) fn combine(&self, y: MatRef<'_, f64>) -> Panel {
        let width = y.ncols();
        let groups = column_groups(y);
        let mut result = Panel::zeros(self.n_rows * width);
        result.par_chunks_mut(ROWS_PER_STEP * width).enumerate().for_each(|(step, result)| {
            set_groups(result, width, &groups, |y, width, part| {
                self.add_combined(step * ROWS_PER_STEP, y, width, part)
            });
        });
        result
    }

    /// Replaces the columns by `Q y`, with `y` of `n_columns x width`; the old and the new ones are
    /// in memory together meanwhile.
    pub(super) fn replace(&mut self, y: MatRef<'_, f64>) {
        let groups = column_groups(y);
        let mut panels: Vec<Panel> =
            groups.iter().map(|(columns, _)| self.any_panel(columns.len())).collect();
        // The rows of all new panels that belong to a step are made together, while the old ones
        // are in cache.
        let mut steps: Vec<Vec<&mut [f32]>> =
            (0..self.n_rows.div_ceil(ROWS_PER_STEP)).map(|_| Vec::new()).collect();
        for (panel, (columns, _)) in panels.iter_mut().zip(&groups) {
            steps
                .iter_mut()
                .zip(panel.chunks_mut(ROWS_PER_STEP * columns.len()))
                .for_each(|(step, part)| step.push(part));
        }
        steps.into_par_iter().enumerate().for_each(|(step, parts)| {
            for (part, (columns, y)) in parts.into_iter().zip(&groups) {
                part.fill(0.0);
                self.add_combined(step * ROWS_PER_STEP, y, columns.len(), part);
            }
        });
        self.spare.extend(self.blocks.drain(..).map(|block| block.panel));
        self.blocks = panels
            .into_iter()
            .zip(groups)
            .map(|(panel, (columns, _))| BasisBlock { panel, columns })
            .collect();
    }

    /// `part += Q y` for some rows from `first_row` on.
    fn add_combined(&self, first_row: usize, y: &[f32], width: usize, part: &mut [f32]) {
        let rows = first_row..first_row + part.len() / width;
        for block in &self.blocks {
            add_product(
                block.chunk(&rows),
                block.columns.len(),
                &y[block.columns.start * width..block.columns.end * width],
                width,
                part,
            );
        }
    }
}

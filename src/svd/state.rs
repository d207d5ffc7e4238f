//! Checkpoints of the block Lanczos iteration: an interrupted process resumes from the last
//! restart.
//!
//! In and out, to the bit: the basis, which is smallest after a restart, the block after it, and
//! the projected problem.

use std::ops::Range;

use faer::{Mat, MatRef};

use super::basis::Basis;
use crate::base::error::Result;
use crate::base::progress::Progress;
use crate::linalg::panel::Panel;
use crate::storage::checkpoints::{CheckpointReader, CheckpointSlot, CheckpointWriter};

/// The name of the file.
const NAME: &str = "svd";

/// Where an iteration begins, and where it writes its checkpoints.
#[derive(Default)]
pub(super) struct Resume<'a> {
    pub(super) loaded: Option<Loaded>,
    pub(super) kept: Option<CheckpointSlot<'a>>,
}

/// Everything that the iteration knows between two steps.
pub(super) struct State<B> {
    /// Whether products are of rounded panels.
    pub(super) rounded: bool,
    /// Products with a vector so far, including those of an iteration with rounded panels that was
    /// given up.
    pub(super) products: usize,
    /// Random columns drawn.
    pub(super) random_columns: usize,
    /// Columns multiplied.
    pub(super) n_multiplied: usize,
    /// Whether the rounding was found to be within the tolerance, or there is none.
    pub(super) is_smooth: bool,
    /// The largest column that a product had.
    pub(super) norm: f64,
    /// Columns of the block.
    pub(super) width: usize,
    /// The block that comes after the basis.
    pub(super) block: B,
    /// When to look at the residuals next, what the last look saw, and whether the next is to be
    /// the last.
    pub(super) next_look: usize,
    pub(super) last_look: Option<(usize, f64)>,
    pub(super) expects_end: bool,
    /// The columns of the basis to which the block is coupled.
    pub(super) coupled: Range<usize>,
}

/// A state as an iteration begins with it.
pub(super) struct Loaded {
    pub(super) state: State<Panel>,
    pub(super) basis: Basis,
    pub(super) t: Mat<f64>,
    pub(super) coupling: Mat<f64>,
}

/// Writes a checkpoint in place of the one before.
pub(super) fn save(
    kept: CheckpointSlot<'_>,
    state: &State<&[f32]>,
    basis: &Basis,
    t: MatRef<'_, f64>,
    coupling: MatRef<'_, f64>,
) -> Result<()> {
    let write = |writer: &mut CheckpointWriter| {
        let (n_last, excess) = state.last_look.unwrap_or((usize::MAX, 0.0));
        let numbers = [
            usize::from(state.rounded),
            state.products,
            state.random_columns,
            state.n_multiplied,
            usize::from(state.is_smooth),
            state.width,
            state.next_look,
            n_last,
            usize::from(state.expects_end),
            state.coupled.start,
            state.coupled.end,
            basis.n_rows(),
        ];
        writer.put_list(&numbers.map(|number| number as u64))?;
        writer.put_list(&[state.norm, excess])?;
        writer.put_list(state.block)?;
        put_matrix(writer, t)?;
        put_matrix(writer, coupling)?;
        let panels: Vec<_> = basis.panels().collect();
        writer.put(&[panels.len() as u64])?;
        panels.into_iter().try_for_each(|(panel, width)| {
            writer.put(&[width as u64])?;
            writer.put_list(panel)
        })
    };
    kept.folder.keep(NAME, kept.key, write).map(drop)
}

/// Reads the checkpoint, if there is one of the same matrix and parameters.
pub(super) fn load(kept: CheckpointSlot<'_>, progress: &dyn Progress) -> Result<Option<Loaded>> {
    let Some(mut reader) = kept.folder.find(NAME, kept.key, progress)? else { return Ok(None) };
    let numbers: Vec<usize> =
        reader.list::<u64>()?.into_iter().map(|number| number as usize).collect();
    let floats: Vec<f64> = reader.list()?;
    let block = panel(&reader.list::<f32>()?);
    let (t, coupling) = (matrix(&mut reader)?, matrix(&mut reader)?);
    let mut basis = Basis::new(numbers[11]);
    for _ in 0..reader.number()? {
        let width = reader.number()?;
        basis.append(panel(&reader.list::<f32>()?), width);
    }
    let state = State {
        rounded: numbers[0] != 0,
        products: numbers[1],
        random_columns: numbers[2],
        n_multiplied: numbers[3],
        is_smooth: numbers[4] != 0,
        norm: floats[0],
        width: numbers[5],
        block,
        next_look: numbers[6],
        last_look: (numbers[7] < usize::MAX).then_some((numbers[7], floats[1])),
        expects_end: numbers[8] != 0,
        coupled: numbers[9]..numbers[10],
    };
    progress.tell(&format!(
        "the decomposition resumes after {} products, from `{}`",
        state.products,
        kept.folder.path().join(NAME).display()
    ));
    Ok(Some(Loaded { state, basis, t, coupling }))
}

fn panel(numbers: &[f32]) -> Panel {
    let mut panel = Panel::zeros(numbers.len());
    panel.copy_from_slice(numbers);
    panel
}

fn put_matrix(writer: &mut CheckpointWriter, matrix: MatRef<'_, f64>) -> Result<()> {
    writer.put(&[matrix.nrows() as u64, matrix.ncols() as u64])?;
    let numbers: Vec<f64> = (0..matrix.ncols())
        .flat_map(|j| (0..matrix.nrows()).map(move |i| matrix[(i, j)]))
        .collect();
    writer.put_list(&numbers)
}

fn matrix(reader: &mut CheckpointReader) -> Result<Mat<f64>> {
    let (n_rows, n_columns) = (reader.number()?, reader.number()?);
    let numbers: Vec<f64> = reader.list()?;
    Ok(MatRef::from_column_major_slice(&numbers, n_rows, n_columns).to_owned())
}

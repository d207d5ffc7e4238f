//! Checkpoints of a training: an interrupted process resumes from the last epoch, to the bit.
//!
//! In and out: the losses of the epochs, and for each parameter its value and Adam's means.

use super::EpochLosses;
use super::parameters::Parameters;
use crate::base::error::Result;
use crate::base::progress::Progress;
use crate::storage::checkpoints::{CheckpointSlot, CheckpointWriter};

/// The name of the file.
const NAME: &str = "network";

/// Writes a checkpoint in place of the one before.
pub(super) fn save(
    kept: CheckpointSlot<'_>,
    parameters: &Parameters,
    epochs: &[EpochLosses],
) -> Result<()> {
    let write = |writer: &mut CheckpointWriter| {
        let losses: Vec<f64> =
            epochs.iter().flat_map(|it| [it.reconstruction, it.kl, it.kl_weight]).collect();
        writer.put_list(&losses)?;
        parameters
            .tensors()
            .iter()
            .flat_map(|(_, tensor)| [&tensor.values, &tensor.means, &tensor.squares])
            .try_for_each(|it| writer.put_list(it))
    };
    kept.folder.keep(NAME, kept.key, write).map(drop)
}

/// Reads the checkpoint, if there is one of the same documents and parameters, into `parameters`;
/// returns the epochs that are done.
pub(super) fn load(
    kept: CheckpointSlot<'_>,
    parameters: &mut Parameters,
    progress: &dyn Progress,
) -> Result<Vec<EpochLosses>> {
    let Some(mut reader) = kept.folder.find(NAME, kept.key, progress)? else {
        return Ok(Vec::new());
    };
    let losses: Vec<f64> = reader.list()?;
    for (_, tensor) in parameters.tensors_mut() {
        for numbers in [&mut tensor.values, &mut tensor.means, &mut tensor.squares] {
            *numbers = reader.list()?;
        }
    }
    let of_epoch = |it: &[f64]| EpochLosses { reconstruction: it[0], kl: it[1], kl_weight: it[2] };
    let epochs: Vec<EpochLosses> = losses.chunks_exact(3).map(of_epoch).collect();
    let file = kept.folder.path().join(NAME);
    progress.tell(&format!(
        "the training resumes after {} epoch(s), from `{}`",
        epochs.len(),
        file.display()
    ));
    Ok(epochs)
}

//! Counts in a checkpoint, and back: the same parts and blocks, so that all that is
//! made of them has the same bits.

use sprs::CsMatI;

use super::CountSettings;
use super::matrix::CountMatrix;
use super::parts::with_bytes;
use super::parts::{Part, PartStore};
use crate::base::error::Result;
use crate::storage::checkpoints::{CheckpointReader, CheckpointWriter};

impl CountMatrix {
    /// Writes the counts, part by part.
    ///
    /// # Errors
    /// A full disk, or counts on the disk that cannot be read.
    pub(crate) fn write(&self, writer: &mut CheckpointWriter) -> Result<()> {
        writer.put(&[self.n_columns() as u64, u64::from(self.is_symmetric())])?;
        writer.put_list(&self.block_ends().iter().map(|&end| end as u64).collect::<Vec<_>>())?;
        writer.put(&[self.parts().len() as u64])?;
        self.parts().iter().try_for_each(|part| {
            let rows = part.rows()?;
            writer.put(&[rows.rows() as u64, rows.nnz() as u64])?;
            with_bytes(&rows, |pieces| pieces.iter().try_for_each(|bytes| writer.put(bytes)))
        })
    }

    /// Reads what [`CountMatrix::write`] wrote, within the budget of `settings`.
    ///
    /// # Errors
    /// A file that cannot be read, more memory than the budget, or a full disk.
    pub(crate) fn read(reader: &mut CheckpointReader, settings: CountSettings<'_>) -> Result<Self> {
        let (n_columns, symmetric) = (reader.number()?, reader.number()? != 0);
        let block_ends: Vec<usize> =
            reader.list::<u64>()?.into_iter().map(|end| end as usize).collect();
        let store =
            PartStore::new(settings.budget, 0, settings.temporary_folder)?.leaving(settings.later);
        let n_parts = reader.number()?;
        let parts = (0..n_parts).map(|_| {
            let (n_rows, n_nonzeros) = (reader.number()?, reader.number()?);
            let offsets = reader
                .take::<u64>(n_rows + 1)?
                .into_iter()
                .map(|offset| offset as usize)
                .collect::<Vec<_>>();
            let (columns, values) =
                (reader.take::<u32>(n_nonzeros)?, reader.take::<f32>(n_nonzeros)?);
            store.store(CsMatI::new((n_rows, n_columns), offsets, columns, values))
        });
        let parts = parts.collect::<Result<Vec<Part>>>()?;
        let matrix = Self::stack(n_columns, parts, block_ends);
        Ok(if symmetric { matrix.known_symmetric() } else { matrix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::budget::MemoryBudget;
    use crate::base::words::WordId;
    use crate::counts::{ContextSides, Contexts, DistanceWeights};
    use crate::storage::checkpoints::{CheckpointFolder, CheckpointKey};
    use crate::vocab::WordSequences;

    #[test]
    fn counts_come_back_with_their_blocks_wherever_they_were() {
        let ids: Vec<WordId> =
            (0..40_000_u32).map(|i| WordId(i.wrapping_mul(2_654_435_761) >> 20)).collect();
        let sequences = WordSequences::new(ids, vec![10_000, 40_000]);
        let folder = tempfile::tempdir().unwrap();
        let tight = CountSettings {
            budget: MemoryBudget { bytes: Some(36 << 20) },
            temporary_folder: Some(folder.path()),
            seed: 0,
            later: 0,
        };
        for (context_sides, max_contexts) in
            [(ContextSides::Joint, None), (ContextSides::Separate, Some(3000))]
        {
            let contexts = Contexts::Window {
                size: 5,
                distance_weights: DistanceWeights::Harmonic,
                context_sides,
                max_contexts,
            };
            let counts = contexts.count(&sequences, 4096, CountSettings::default(), &()).unwrap();
            let work = CheckpointFolder::open(&folder.path().join("work")).unwrap();
            let key = CheckpointKey::of(&contexts);
            work.keep("counts", key, |writer| counts.write(writer)).unwrap();
            for settings in [CountSettings::default(), tight] {
                let mut reader = work.find("counts", key, &()).unwrap().unwrap();
                let again = CountMatrix::read(&mut reader, settings).unwrap();
                assert_eq!(again.is_symmetric(), counts.is_symmetric());
                assert_eq!(again.to_csr_blocks().unwrap(), counts.to_csr_blocks().unwrap());
            }
        }
    }
}

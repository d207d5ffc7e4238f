//! What does not fit into memory: a temporary file without a name, which is written at its end and
//! mapped in parts.
//!
//! The file vanishes with the process, however that ends.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::base::budget::MemoryBudget;
use crate::base::error::{Error, Result};
use crate::base::progress::Stage;
use crate::storage::mmap::MappedFile;

/// Parts begin at multiples of this in a file, so that they can be mapped with pages of any usual
/// size.
const FILE_ALIGNMENT: u64 = 1 << 16;

/// The smallest page of memory of any usual machine.
const PAGE_BYTES: usize = 4096;

/// How much of a matrix may stay in memory, and where the rest goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spill {
    /// Bytes of blocks, or of entries that are being sorted, that stay in memory; what is streamed,
    /// two blocks, comes on top.
    pub resident_bytes: u64,
    /// A folder for temporary files, which have no names and vanish with the process.
    pub folder: PathBuf,
}

/// Bytes of the two blocks that are resident while blocks are streamed.
pub(crate) const STREAMED_BYTES: u64 = 160 << 20;

/// Bytes that a matrix takes while it is read, beside entries that are sorted and blocks that stay:
/// text, a block of rows, the block made of it.
pub(crate) const BUILDING_BYTES: u64 = 320 << 20;

impl Spill {
    /// What may stay in memory within a budget, if the decomposition takes `panel_bytes` for its
    /// basis and panels; `None` without a budget. `lever` names the parameters that make the panels
    /// smaller.
    ///
    /// # Errors
    /// [`Error::MemoryBudget`] if the budget does not suffice even with every block on the disk.
    pub fn within(
        budget: MemoryBudget,
        panel_bytes: u64,
        folder: &Path,
        lever: &'static str,
    ) -> Result<Option<Self>> {
        let Some(bytes) = budget.bytes else { return Ok(None) };
        let needed = (panel_bytes + STREAMED_BYTES).max(BUILDING_BYTES);
        budget.check(Stage::Svd, needed, lever)?;
        Ok(Some(Self {
            resident_bytes: bytes - MemoryBudget::FIXED_BYTES - needed,
            folder: folder.to_path_buf(),
        }))
    }

    /// Nothing stays in memory.
    pub(crate) fn all(folder: &Path) -> Self {
        Self { resident_bytes: 0, folder: folder.to_path_buf() }
    }

    /// The same for a matrix that is laid out while the counts it is made of, so many bytes, are
    /// still in memory.
    pub(crate) fn beside(self, count_bytes: u64) -> Self {
        Self { resident_bytes: self.resident_bytes.saturating_sub(count_bytes), ..self }
    }
}

/// A temporary file, and the folder that it is in for messages.
#[derive(Debug)]
pub(crate) struct SpillFile {
    file: File,
    folder: PathBuf,
}

impl SpillFile {
    pub(crate) fn create(folder: &Path) -> Result<Self> {
        let file = tempfile::tempfile_in(folder)
            .map_err(|source| Error::io("create a temporary file in", folder, source))?;
        Ok(Self { file, folder: folder.to_path_buf() })
    }

    /// An empty file in the same folder.
    pub(crate) fn another(&self) -> Result<Self> {
        Self::create(&self.folder)
    }

    /// Writes bytes at the end, at a multiple of [`FILE_ALIGNMENT`]; returns where.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<u64> {
        self.append_all(&[bytes])
    }

    /// As [`SpillFile::append`], several pieces one right after the other.
    pub(crate) fn append_all(&mut self, pieces: &[&[u8]]) -> Result<u64> {
        let end = self
            .file
            .seek(SeekFrom::End(0))
            .map_err(|source| Error::io("write a temporary file in", &self.folder, source))?;
        let offset = end.next_multiple_of(FILE_ALIGNMENT);
        self.overwrite(offset, pieces)?;
        Ok(offset)
    }

    /// Writes pieces one right after the other from `offset` on. No map of these bytes may be
    /// alive.
    pub(crate) fn overwrite(&mut self, offset: u64, pieces: &[&[u8]]) -> Result<()> {
        let written = (|| {
            self.file.seek(SeekFrom::Start(offset))?;
            pieces.iter().try_for_each(|bytes| self.file.write_all(bytes))
        })();
        written.map_err(|source| Error::io("write a temporary file in", &self.folder, source))
    }

    /// Maps bytes; their pages are read when they are touched.
    pub(crate) fn map(&self, offset: u64, n_bytes: usize) -> Result<MappedFile> {
        MappedFile::of_range(&self.file, offset, n_bytes)
            .map_err(|source| Error::io("map a temporary file in", &self.folder, source))
    }

    /// Maps bytes and touches their pages, so that they are read now.
    pub(crate) fn load(&self, offset: u64, n_bytes: usize) -> Result<MappedFile> {
        let map = self.map(offset, n_bytes)?;
        let touched: u8 = map.bytes().iter().step_by(PAGE_BYTES).fold(0, |sum, byte| sum ^ byte);
        std::hint::black_box(touched);
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_budget_leaves_stays_in_memory() {
        let within = |mebibytes: u64, panel_mebibytes: u64| {
            Spill::within(
                MemoryBudget { bytes: Some(mebibytes << 20) },
                panel_mebibytes << 20,
                Path::new("work"),
                "--rank",
            )
        };
        let spill = within(2000, 808).unwrap().unwrap();
        assert_eq!(spill, Spill { resident_bytes: 1000 << 20, folder: "work".into() });
        assert_eq!(spill.clone().beside(300 << 20).resident_bytes, 700 << 20);
        assert_eq!(spill.beside(3000 << 20).resident_bytes, 0);
        assert_eq!(within(352, 1).unwrap().unwrap().resident_bytes, 0);
        assert!(matches!(within(351, 1), Err(Error::MemoryBudget { stage: Stage::Svd, .. })));
        assert_eq!(
            Spill::within(MemoryBudget::default(), 1 << 60, Path::new("work"), "--rank").unwrap(),
            None
        );
    }
}

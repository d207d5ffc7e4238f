//! How much of a matrix stays in memory within a budget, and where the rest of it goes.

use std::path::{Path, PathBuf};

use crate::base::budget::MemoryBudget;
use crate::base::error::{Lever, Result};
use crate::base::progress::Stage;

/// How much of a matrix may stay in memory, and where the rest goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spill {
    /// Bytes of blocks, or of entries that are being sorted, that stay in memory; what is streamed,
    /// two blocks, comes on top.
    pub resident_bytes: u64,
    /// A folder for temporary files, which have no names and vanish with the process.
    pub folder: PathBuf,
    /// Whether blocks are laid out one by one, which takes less memory than side by side.
    pub(crate) one_by_one: bool,
}

/// Bytes of the two blocks that are resident while blocks are streamed.
pub(crate) const STREAMED_BYTES: u64 = 160 << 20;

/// Bytes that a matrix takes while it is read, beside entries that are sorted and blocks that stay:
/// text, two blocks of rows, the blocks made of them.
const BUILDING_BYTES: u64 = 320 << 20;

/// The same with one block at a time.
const ONE_BY_ONE_BYTES: u64 = 176 << 20;

/// Bytes that a matrix takes while it is made within a budget, beside the blocks that stay.
pub(crate) fn building_bytes(budget: MemoryBudget) -> u64 {
    if budget.room().is_some_and(|bytes| bytes < BUILDING_BYTES) {
        ONE_BY_ONE_BYTES
    } else {
        BUILDING_BYTES
    }
}

impl Spill {
    /// So many bytes stay in memory, and the rest goes to files in a folder.
    pub fn new(resident_bytes: u64, folder: impl Into<PathBuf>) -> Self {
        Self { resident_bytes, folder: folder.into(), one_by_one: false }
    }

    /// What may stay in memory within a budget, if the decomposition takes `panel_bytes` for its
    /// basis and panels; `None` without a budget. `levers` are the parameters that make the panels
    /// smaller.
    ///
    /// # Errors
    /// [`Error::MemoryBudget`](crate::Error::MemoryBudget) if the budget does not suffice even with
    /// every block on the disk.
    pub fn within(
        budget: MemoryBudget,
        panel_bytes: u64,
        folder: &Path,
        levers: &'static [Lever],
    ) -> Result<Option<Self>> {
        let Some(bytes) = budget.bytes else { return Ok(None) };
        let needed = (panel_bytes + STREAMED_BYTES).max(building_bytes(budget));
        budget.check(Stage::Svd, needed, levers)?;
        Ok(Some(Self {
            resident_bytes: bytes - MemoryBudget::FIXED_BYTES - needed,
            folder: folder.to_path_buf(),
            one_by_one: building_bytes(budget) == ONE_BY_ONE_BYTES,
        }))
    }

    /// Nothing stays in memory.
    pub(crate) fn all(folder: &Path) -> Self {
        Self::new(0, folder)
    }

    /// The same for a matrix that is laid out while the counts it is made of, so many bytes, are
    /// still in memory.
    pub(crate) fn beside(self, count_bytes: u64) -> Self {
        Self { resident_bytes: self.resident_bytes.saturating_sub(count_bytes), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::Error;

    #[test]
    fn what_a_budget_leaves_stays_in_memory() {
        let within = |mebibytes: u64, panel_mebibytes: u64| {
            Spill::within(
                MemoryBudget { bytes: Some(mebibytes << 20) },
                panel_mebibytes << 20,
                Path::new("work"),
                &[Lever::Rank],
            )
        };
        let spill = within(2000, 808).unwrap().unwrap();
        assert_eq!(spill, Spill::new(1000 << 20, "work"));
        assert_eq!(spill.clone().beside(300 << 20).resident_bytes, 700 << 20);
        assert_eq!(spill.beside(3000 << 20).resident_bytes, 0);
        assert_eq!(within(352, 1).unwrap().unwrap(), Spill::new(0, "work"));
        let tight = within(351, 1).unwrap().unwrap();
        assert_eq!((tight.resident_bytes >> 20, tight.one_by_one), (143, true));
        assert_eq!(within(208, 1).unwrap().unwrap().resident_bytes, 0);
        assert!(matches!(within(207, 1), Err(Error::MemoryBudget { stage: Stage::Svd, .. })));
        assert_eq!(
            Spill::within(MemoryBudget::default(), 1 << 60, Path::new("work"), &[Lever::Rank])
                .unwrap(),
            None
        );
    }
}

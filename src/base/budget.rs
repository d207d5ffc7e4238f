//! The memory budget: how many bytes the process may hold, asked before each stage takes its share.

use serde::{Deserialize, Serialize};

use crate::base::error::{Error, Lever, Result};
use crate::base::progress::Stage;

/// A bound on the memory of the process, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemoryBudget {
    /// Bytes; `None` for no bound.
    pub bytes: Option<u64>,
}

impl MemoryBudget {
    /// What the program itself needs beside the data: code, stacks, buffers.
    pub(crate) const FIXED_BYTES: u64 = 32 << 20;

    /// Bytes for data; `None` without a bound.
    pub(crate) fn room(self) -> Option<u64> {
        self.bytes.map(|bytes| bytes.saturating_sub(Self::FIXED_BYTES))
    }

    /// Refuses a stage whose data need more than the budget: `data_bytes` is all that is held at
    /// the stage's peak, in bytes, and `levers` are the parameters that make it smaller.
    ///
    /// # Errors
    /// [`Error::MemoryBudget`].
    pub fn check(self, stage: Stage, data_bytes: u64, levers: &'static [Lever]) -> Result<()> {
        let needed = data_bytes.saturating_add(Self::FIXED_BYTES);
        match self.bytes {
            Some(budget) if needed > budget => {
                Err(Error::MemoryBudget { stage, needed, budget, levers })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_above_the_budget_is_refused_with_the_numbers() {
        let budget = MemoryBudget { bytes: Some(1 << 30) };
        assert!(budget.check(Stage::Svd, 900 << 20, &[Lever::Dim]).is_ok());
        let error = budget.check(Stage::Svd, 2 << 30, &[Lever::Dim]).unwrap_err();
        assert_eq!(error.to_string(), "svd needs about 2.0 GiB of memory, the budget is 1.0 GiB");
        assert!(MemoryBudget::default().check(Stage::Svd, u64::MAX, &[Lever::Dim]).is_ok());
    }
}

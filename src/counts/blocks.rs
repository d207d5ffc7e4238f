//! The blocks of a matrix of counts on their way to products: parts are joined to blocks, and
//! freed.

use sprs::CsMatI;

use super::parts::{Part, Rows};
use crate::base::error::Result;

/// Joins the parts of a block.
pub(crate) type JoinParts<'a> = &'a (dyn Fn(Vec<Part>) -> Result<Rows> + Sync);

/// The row blocks of a matrix, each of which is joined from its parts when it is wanted.
pub(crate) struct CountBlocks {
    n_columns: usize,
    parts: Vec<Part>,
    block_ends: Vec<usize>,
}

impl CountBlocks {
    /// `block_ends` are the numbers of the parts after the last one of each block.
    pub(super) fn new(n_columns: usize, parts: Vec<Part>, block_ends: Vec<usize>) -> Self {
        Self { n_columns, parts, block_ends }
    }

    /// Calls `f` with groups of up to `n_together` blocks, in order: the parts of each block of a
    /// group, and how to join them. Parts are freed as they are joined.
    pub(crate) fn try_for_each_group(
        self,
        n_together: usize,
        mut f: impl FnMut(Vec<Vec<Part>>, JoinParts<'_>) -> Result<()>,
    ) -> Result<()> {
        let Self { n_columns, parts, block_ends } = self;
        let mut parts = parts.into_iter();
        let mut start = 0;
        let join_parts = |parts: Vec<Part>| {
            let rows = parts.into_iter().map(Part::into_rows).collect::<Result<Vec<_>>>()?;
            Ok(join(rows, n_columns))
        };
        for ends in block_ends.chunks(n_together) {
            let group = ends
                .iter()
                .map(|&end| parts.by_ref().take(end - std::mem::replace(&mut start, end)).collect())
                .collect();
            f(group, &join_parts)?;
        }
        Ok(())
    }
}

/// Rows below rows.
pub(super) fn join(mut parts: Vec<Rows>, n_columns: usize) -> Rows {
    if parts.len() == 1 {
        return parts.swap_remove(0);
    }
    let n_rows = parts.iter().map(CsMatI::rows).sum();
    let n_entries = parts.iter().map(CsMatI::nnz).sum();
    let mut offsets = Vec::with_capacity(n_rows + 1);
    offsets.push(0);
    let (mut columns, mut values) = (Vec::with_capacity(n_entries), Vec::with_capacity(n_entries));
    for part in parts {
        let start = columns.len();
        let (part_offsets, part_columns, part_values) = part.into_raw_storage();
        offsets.extend(part_offsets[1..].iter().map(|offset| start + offset));
        columns.extend_from_slice(&part_columns);
        values.extend_from_slice(&part_values);
    }
    CsMatI::new((n_rows, n_columns), offsets, columns, values)
}

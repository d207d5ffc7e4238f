//! What stands before words, read off what stands after them: `before_ij = after_ji`.

use rayon::prelude::*;

use super::parts::{Part, PartStore, PartWriter};
use super::runs::{Scan, WordRun};
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;

/// The rows of the transpose of all of `parts`, which are in memory, for the words of the scans,
/// task by task.
pub(super) fn turn(
    parts: &[&Part],
    scans: &[Scan],
    n_words: usize,
    store: &PartStore<'_>,
    progress: &dyn Progress,
) -> Result<Vec<Vec<Part>>> {
    let blocks = parts.iter().map(|part| part.rows()).collect::<Result<Vec<_>>>()?;
    let mut rows: Vec<(&[u32], &[f32])> = Vec::with_capacity(n_words);
    for block in &blocks {
        let of_row =
            |pair: &[usize]| (&block.indices()[pair[0]..pair[1]], &block.data()[pair[0]..pair[1]]);
        rows.extend(block.indptr().raw_storage().windows(2).map(of_row));
    }
    let of_scan = |scan: &Scan| {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let first = scan.run.first_word;
        let end = first + scan.run.counts.len() as u32;
        // Where each row has its columns from `first` to `end`, and how many rows have each column.
        let mut ends = vec![0usize; scan.run.counts.len() + 1];
        let mut ranges = Vec::with_capacity(rows.len());
        for (columns, _) in &rows {
            let low = columns.partition_point(|&column| column < first);
            let high = low + columns[low..].partition_point(|&column| column < end);
            columns[low..high].iter().for_each(|column| ends[(column - first) as usize + 1] += 1);
            ranges.push(low..high);
        }
        (1..ends.len()).for_each(|row| ends[row] += ends[row - 1]);
        let mut next = ends[..scan.run.counts.len()].to_vec();
        let mut turned = vec![(0u32, 0f32); ends[scan.run.counts.len()]];
        for (row, ((columns, values), range)) in (0u32..).zip(rows.iter().zip(ranges)) {
            for (column, &value) in columns[range.clone()].iter().zip(&values[range]) {
                let slot = &mut next[(column - first) as usize];
                turned[*slot] = (row, value);
                *slot += 1;
            }
        }
        let of_task = |task: &WordRun| {
            let mut writer = PartWriter::new(store, n_words);
            let row = (task.first_word - first) as usize;
            for pair in ends[row..=row + task.counts.len()].windows(2) {
                turned[pair[0]..pair[1]]
                    .iter()
                    .for_each(|&(column, value)| writer.push(column, value));
                writer.end_row()?;
            }
            writer.finish()
        };
        let tasks = scan.tasks.iter().map(of_task).collect::<Result<Vec<_>>>();
        progress.advance(scan.run.n_tokens as u64);
        tasks
    };
    Ok(scans.par_iter().map(of_scan).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

//! Entries in any order become a matrix, within a bound of memory: an external merge sort.
//!
//! In: [`Entry`]s in batches. Out: a [`BlockMatrix`]. Entries at the same place are added up.
//!
//! As long as the entries come in order they go straight into row blocks. When one does not, what
//! was made of them is taken back as the first run; from then on entries are gathered until the
//! bound is reached, sorted by row, column and the bits of the value, and written as a run to a
//! temporary file; at the end the runs are merged, a row block at a time. So neither the order of
//! the entries nor the bound shows in the result, but for the last bit of a sum of entries at one
//! place that came partly in order and partly later. A block ends with the first row at which it
//! holds [`ENTRIES_PER_BLOCK`] entries, or [`ROWS_PER_BLOCK`] rows. Memory: 16 bytes an entry up to
//! the bound, then a few MiB a run and a block; disk: 16 bytes an entry beside the matrix; in
//! order, only the matrix.

use std::collections::VecDeque;
use std::sync::Arc;

use rayon::prelude::*;
use sprs::CsMatI;

use crate::base::error::Result;
use crate::counts::ENTRIES_PER_BLOCK;
use crate::matrix::{BlockMatrix, BlockWriter, Entry};
use crate::storage::spill::Spill;
use crate::storage::temporary::{FileRange, TemporaryFile};

/// Most rows of a block: a matrix of many empty rows takes no more memory than one of full ones.
const ROWS_PER_BLOCK: usize = 1 << 20;

/// Entries of a run that are read at a time: 4 MiB.
const ENTRIES_PER_READ: usize = 256 * 1024;

/// Fewest entries of a run, however small the bound is: 16 MiB.
const ENTRIES_PER_RUN: usize = 1 << 20;

/// Bytes of an entry in a run.
const ENTRY_BYTES: usize = 16;

/// Sorts entries into a matrix.
pub(super) struct EntrySorter {
    n_rows: usize,
    n_columns: usize,
    symmetric: bool,
    /// Whether values are stored as `f32` in any case.
    single: bool,
    spill: Option<Spill>,
    /// The blocks of the entries so far and the last of these, as long as all came in order.
    in_order: Option<(RowBlocks, EntryKey)>,
    pending: Vec<Entry>,
    runs: Vec<Run>,
}

impl EntrySorter {
    /// For a matrix of this shape; without `spill` everything is sorted in memory.
    pub(super) fn new(
        n_rows: usize,
        n_columns: usize,
        symmetric: bool,
        single: bool,
        spill: Option<Spill>,
    ) -> Self {
        let mut sorter = Self {
            n_rows,
            n_columns,
            symmetric,
            single,
            spill,
            in_order: None,
            pending: Vec::new(),
            runs: Vec::new(),
        };
        sorter.in_order = Some((sorter.row_blocks(), (0, 0, 0)));
        sorter
    }

    fn row_blocks(&self) -> RowBlocks {
        RowBlocks::new(
            self.n_rows,
            self.n_columns,
            self.single,
            BlockWriter::new(self.n_columns, self.symmetric, self.spill.clone()),
        )
    }

    /// Takes some entries.
    ///
    /// # Errors
    /// If a block or a run cannot be written.
    pub(super) fn push(&mut self, batch: Vec<Entry>) -> Result<()> {
        let mut rest = &batch[..];
        if let Some((blocks, last)) = &mut self.in_order {
            let mut n = 0;
            while n < rest.len() && *last <= key(&rest[n]) {
                *last = key(&rest[n]);
                n += 1;
            }
            blocks.push(&rest[..n])?;
            rest = &rest[n..];
            if rest.is_empty() {
                return Ok(());
            }
            self.take_back()?;
        }
        let Some(spill) = &self.spill else {
            self.pending.extend_from_slice(rest);
            return Ok(());
        };
        let capacity = (spill.resident_bytes as usize / ENTRY_BYTES).max(ENTRIES_PER_RUN);
        while !rest.is_empty() {
            if self.pending.capacity() == 0 {
                self.pending.reserve_exact(capacity);
            }
            let (now, later) = rest.split_at(rest.len().min(capacity - self.pending.len()));
            self.pending.extend_from_slice(now);
            rest = later;
            if self.pending.len() == capacity {
                self.write_run()?;
            }
        }
        Ok(())
    }

    /// Makes entries again of the blocks that were written as long as all came in order.
    fn take_back(&mut self) -> Result<()> {
        let Some((blocks, _)) = self.in_order.take() else { return Ok(()) };
        let mut run = self.spill.as_ref().map(Run::create).transpose()?;
        let mut first_row = 0;
        blocks.finish()?.try_for_each_csr_block(|block: CsMatI<f64, u32, usize>| {
            let rows = block.outer_iterator().enumerate();
            let entry = |row: usize, column: usize, value: f64| Entry {
                row: (first_row + row) as u32,
                column: column as u32,
                value,
            };
            let entries: Vec<Entry> = rows
                .flat_map(|(row, entries)| {
                    entries
                        .iter()
                        .map(move |(column, &value)| entry(row, column, value))
                        .collect::<Vec<_>>()
                })
                .collect();
            first_row += block.rows();
            match &mut run {
                Some(run) => run.append(&entries),
                None => {
                    self.pending.extend(entries);
                    Ok(())
                }
            }
        })?;
        self.runs.extend(run);
        Ok(())
    }

    fn write_run(&mut self) -> Result<()> {
        if let Some(spill) = &self.spill {
            sort(&mut self.pending);
            let mut run = Run::create(spill)?;
            run.append(&self.pending)?;
            self.runs.push(run);
            self.pending.clear();
        }
        Ok(())
    }

    /// The matrix of all entries.
    ///
    /// # Errors
    /// If a run, or a block that does not fit into memory, cannot be written or read.
    pub(super) fn finish(mut self) -> Result<BlockMatrix> {
        if let Some((blocks, _)) = self.in_order {
            return blocks.finish();
        }
        // Beside the matrix there is no room for its entries where they take more than half of the
        // bound.
        let is_large =
            |spill: &Spill| (self.pending.len() * ENTRY_BYTES) as u64 > spill.resident_bytes / 2;
        if !self.runs.is_empty() || self.spill.as_ref().is_some_and(is_large) {
            self.write_run()?;
        }
        sort(&mut self.pending);
        let pending = std::mem::take(&mut self.pending);
        let mut blocks = self.row_blocks();
        if self.runs.is_empty() {
            blocks.push(&pending)?;
        } else {
            drop(pending);
            merge(self.runs, |entries| blocks.push(entries))?;
        }
        blocks.finish()
    }
}

/// Row, column, and the bits of the value.
type EntryKey = (u32, u32, u64);

/// The order of entries: by row, column and then value, so that those at one place are added up in
/// the same order whatever run they are in.
fn key(entry: &Entry) -> EntryKey {
    (entry.row, entry.column, entry.value.to_bits())
}

fn sort(entries: &mut [Entry]) {
    if !entries.is_sorted_by_key(key) {
        entries.par_sort_unstable_by_key(key);
    }
}

/// Sorted entries in a file.
struct Run {
    file: Arc<TemporaryFile>,
    /// Where the parts of at most [`ENTRIES_PER_READ`] entries are that are still to be read.
    parts: VecDeque<FileRange>,
    /// Entries read, and how many of them are used up.
    read: Vec<Entry>,
    used: usize,
}

impl Run {
    /// A run without entries.
    fn create(spill: &Spill) -> Result<Self> {
        Ok(Self {
            file: TemporaryFile::create(&spill.folder)?,
            parts: VecDeque::new(),
            read: Vec::new(),
            used: 0,
        })
    }

    /// Writes entries that come after those written before.
    fn append(&mut self, entries: &[Entry]) -> Result<()> {
        let mut bytes = Vec::with_capacity(entries.len().min(ENTRIES_PER_READ) * ENTRY_BYTES);
        for part in entries.chunks(ENTRIES_PER_READ) {
            bytes.clear();
            for entry in part {
                bytes.extend_from_slice(&entry.row.to_le_bytes());
                bytes.extend_from_slice(&entry.column.to_le_bytes());
                bytes.extend_from_slice(&entry.value.to_le_bytes());
            }
            self.parts.push_back(self.file.append(&[&bytes])?);
        }
        Ok(())
    }

    /// The entries that are at hand, reading more if there are none; empty at the end.
    fn at_hand(&mut self) -> Result<&[Entry]> {
        if self.used == self.read.len()
            && let Some(part) = self.parts.pop_front()
        {
            let map = part.load()?;
            let (chunks, _) = map.bytes().as_chunks::<ENTRY_BYTES>();
            let entry = |&[a, b, c, d, e, f, g, h, ref value @ ..]: &[u8; ENTRY_BYTES]| Entry {
                row: u32::from_le_bytes([a, b, c, d]),
                column: u32::from_le_bytes([e, f, g, h]),
                value: f64::from_le_bytes(*value),
            };
            self.read.clear();
            self.read.extend(chunks.iter().map(entry));
            self.used = 0;
        }
        Ok(&self.read[self.used..])
    }
}

/// Hands the entries of all runs to `f` in order, some at a time.
fn merge(mut runs: Vec<Run>, mut f: impl FnMut(&[Entry]) -> Result<()>) -> Result<()> {
    loop {
        // The run whose next entry comes first, and the first entry of the others, up to which it
        // can be used without looking at them.
        let mut first: Option<(usize, EntryKey)> = None;
        let mut second = None;
        for (number, run) in runs.iter_mut().enumerate() {
            if let Some(next) = run.at_hand()?.first().map(key) {
                match first {
                    Some((_, least)) if least <= next => {
                        second = Some(second.map_or(next, |second| next.min(second)))
                    }
                    _ => {
                        second = first.map(|(_, least)| least);
                        first = Some((number, next));
                    }
                }
            }
        }
        let Some((number, _)) = first else { return Ok(()) };
        let run = &mut runs[number];
        let entries = run.at_hand()?;
        let n = second.map_or(entries.len(), |second| first_above(entries, second)).max(1);
        f(&entries[..n])?;
        run.used += n;
    }
}

/// How many entries come before or at `bound`, sought in growing steps: in shuffled files they are
/// few.
fn first_above(entries: &[Entry], bound: EntryKey) -> usize {
    let mut step = 1;
    while step < entries.len() && key(&entries[step]) <= bound {
        step *= 2;
    }
    let low = step / 2;
    low + entries[low..entries.len().min(step + 1)].partition_point(|entry| key(entry) <= bound)
}

/// Cuts sorted entries into row blocks.
struct RowBlocks {
    n_rows: usize,
    n_columns: usize,
    single: bool,
    writer: BlockWriter,
    /// Rows in blocks that are written.
    n_written: usize,
    /// The offsets of the rows before the present one, with a 0 before them.
    offsets: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f64>,
}

impl RowBlocks {
    fn new(n_rows: usize, n_columns: usize, single: bool, writer: BlockWriter) -> Self {
        Self {
            n_rows,
            n_columns,
            single,
            writer,
            n_written: 0,
            offsets: vec![0],
            columns: Vec::new(),
            values: Vec::new(),
        }
    }

    /// The row that is being filled.
    fn row(&self) -> usize {
        self.n_written + self.offsets.len() - 1
    }

    fn push(&mut self, entries: &[Entry]) -> Result<()> {
        for entry in entries {
            self.advance(entry.row as usize)?;
            let is_first_of_row = self.columns.len() == self.offsets[self.offsets.len() - 1];
            match self.values.last_mut() {
                Some(sum) if !is_first_of_row && self.columns.last() == Some(&entry.column) => {
                    *sum += entry.value
                }
                _ => {
                    self.columns.push(entry.column);
                    self.values.push(entry.value);
                }
            }
        }
        Ok(())
    }

    /// Ends rows until `row` is the one being filled.
    fn advance(&mut self, row: usize) -> Result<()> {
        while self.row() < row {
            self.offsets.push(self.columns.len());
            if self.columns.len() >= ENTRIES_PER_BLOCK
                || self.offsets.len() > ROWS_PER_BLOCK
                || self.row() == self.n_rows
            {
                let offsets = std::mem::replace(&mut self.offsets, vec![0]);
                let (columns, values) =
                    (std::mem::take(&mut self.columns), std::mem::take(&mut self.values));
                let n_rows = offsets.len() - 1;
                let rows = CsMatI::new((n_rows, self.n_columns), offsets, columns, values);
                match self.single {
                    true => self.writer.push(&rows.map(|&value: &f64| value as f32))?,
                    false => self.writer.push_double(&rows)?,
                }
                self.n_written += n_rows;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<BlockMatrix> {
        self.advance(self.n_rows)?;
        Ok(self.writer.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted(
        entries: &[Entry],
        n_rows: usize,
        n_columns: usize,
        batch: usize,
        spill: Option<Spill>,
    ) -> Vec<CsMatI<f64, u32, usize>> {
        let mut sorter = EntrySorter::new(n_rows, n_columns, false, false, spill);
        entries.chunks(batch).for_each(|batch| sorter.push(batch.to_vec()).unwrap());
        let mut blocks = Vec::new();
        let push = |block| {
            blocks.push(block);
            Ok(())
        };
        sorter.finish().unwrap().try_for_each_csr_block(push).unwrap();
        blocks
    }

    #[test]
    fn duplicates_are_added_and_empty_rows_are_kept() {
        let entry = |row, column, value| Entry { row, column, value };
        let entries = [
            entry(3, 1, 2.0),
            entry(1, 2, 0.25),
            entry(3, 0, 1.0),
            entry(1, 2, 0.5),
            entry(3, 1, -1.0),
        ];
        let expected =
            CsMatI::new((5, 3), vec![0, 0, 1, 1, 3, 3], vec![2, 0, 1], vec![0.75, 1.0, 1.0]);
        assert_eq!(sorted(&entries, 5, 3, 2, None), [expected]);
        assert_eq!(
            sorted(&[], 2, 3, 2, None),
            [CsMatI::new((2, 3), vec![0, 0, 0], vec![], vec![])]
        );
    }

    #[test]
    fn a_matrix_of_empty_rows_is_cut_into_blocks() {
        let entries = [Entry { row: (1 << 21) + 5, column: 0, value: 1.0 }];
        let blocks = sorted(&entries, (1 << 21) + 9, 1, 1, None);
        assert_eq!(blocks.iter().map(CsMatI::rows).collect::<Vec<_>>(), [1 << 20, 1 << 20, 9]);
        assert_eq!(blocks[2].indptr().raw_storage(), [0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
    }

    #[test]
    fn several_runs_give_the_matrix_of_one() {
        // 2.5 million entries in no order make three runs of the smallest size.
        let n_entries = 2_500_000_u64;
        let entry = |i: u64| {
            let hash = i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
            Entry {
                row: (hash % 3001) as u32,
                column: (hash / 3001 % 2003) as u32,
                value: (hash % 1000) as f64 / 8.0 + 0.1,
            }
        };
        let entries: Vec<Entry> = (0..n_entries).map(entry).collect();
        let folder = tempfile::tempdir().unwrap();
        let spill = Spill::new(0, folder.path());
        let expected = sorted(&entries, 3001, 2003, 1_000_000, None);
        assert_eq!(sorted(&entries, 3001, 2003, 300_000, Some(spill.clone())), expected);
        // In order, and in order but for the last one.
        let mut entries = entries;
        sort(&mut entries);
        assert_eq!(sorted(&entries, 3001, 2003, 300_000, Some(spill.clone())), expected);
        entries.rotate_left(1);
        assert_eq!(sorted(&entries, 3001, 2003, 300_000, Some(spill)), expected);
        assert_eq!(sorted(&entries, 3001, 2003, 300_000, None), expected);
    }

    proptest! {
        #[test]
        fn any_order_gives_the_dense_sums(
            places in prop::collection::vec((0_u32..7, 0_u32..5, -4_i8..5), 0..60),
        ) {
            let entries: Vec<Entry> = places
                .iter()
                .map(|&(row, column, value)| Entry { row, column, value: f64::from(value) })
                .collect();
            let mut dense = [[0.0_f64; 5]; 7];
            entries
                .iter()
                .for_each(|entry| dense[entry.row as usize][entry.column as usize] += entry.value);
            let blocks = sorted(&entries, 7, 5, 11, None);
            prop_assert_eq!(blocks.len(), 1);
            for (row, expected) in dense.iter().enumerate() {
                for (column, &expected) in expected.iter().enumerate() {
                    let found = blocks[0].get(row, column).copied().unwrap_or(0.0);
                    prop_assert_eq!(found, expected);
                }
            }
        }

        #[test]
        fn the_bound_is_found(
            values in prop::collection::vec(0_u32..50, 1..70),
            bound in 0_u32..50,
        ) {
            let mut values = values;
            values.sort_unstable();
            let entries: Vec<Entry> =
                values.iter().map(|&row| Entry { row, column: 0, value: 0.0 }).collect();
            let expected = values.iter().filter(|&&row| row <= bound).count();
            prop_assert_eq!(first_above(&entries, (bound, 0, 0)), expected);
        }
    }
}

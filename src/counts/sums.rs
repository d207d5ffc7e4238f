//! Rows of whole-number sums, to which slice after slice of a corpus is added.

use super::parts::{Part, PartStore, PartWriter};
use super::runs::WordRun;
use super::slice::{Positions, Reach, Scratch, Slice};
use crate::base::error::Result;
use crate::storage::parcel::{ParcelReader, ParcelWriter};

/// The rows of some words, by column; columns that are zero are left out.
pub(super) struct Sums {
    ends: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<u64>,
}

impl Sums {
    pub(super) fn zero(n_rows: usize) -> Self {
        Self { ends: vec![0; n_rows], columns: Vec::new(), values: Vec::new() }
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        (8 * self.ends.capacity() + 4 * self.columns.capacity() + 8 * self.values.capacity()) as u64
    }

    /// These sums, of the words of a task, and what a slice adds to them.
    pub(super) fn plus(
        &self,
        slice: &Slice<'_>,
        task: &WordRun,
        positions: &Positions,
        reach: Reach,
        scratch: &mut Scratch,
    ) -> Self {
        let mut total = Self {
            ends: Vec::with_capacity(self.ends.len()),
            columns: Vec::new(),
            values: Vec::new(),
        };
        let mut start = 0;
        for (word, &end) in (task.first_word..).zip(&self.ends) {
            let columns = self.columns[start..end].iter().copied();
            let mut before = columns.zip(self.values[start..end].iter().copied()).peekable();
            start = end;
            slice.for_each_sum(positions.of_word(word), reach, scratch, |column, value| {
                while let Some((column, value)) = before.next_if(|before| before.0 < column) {
                    total.push(column, value);
                }
                let same = before.next_if(|before| before.0 == column);
                total.push(column, value + same.map_or(0, |before| before.1));
            });
            before.for_each(|(column, value)| total.push(column, value));
            total.ends.push(total.columns.len());
        }
        total.columns.shrink_to_fit();
        total.values.shrink_to_fit();
        total
    }

    fn push(&mut self, column: u32, value: u64) {
        self.columns.push(column);
        self.values.push(value);
    }

    /// The rows as counts, for which `scale` stands for 1.
    pub(super) fn write(
        &self,
        scale: f64,
        store: &PartStore<'_>,
        n_words: usize,
    ) -> Result<Vec<Part>> {
        let mut writer = PartWriter::new(store, n_words);
        let mut start = 0;
        for &end in &self.ends {
            for (&column, &value) in self.columns[start..end].iter().zip(&self.values[start..end]) {
                writer.push(column, (value as f64 / scale) as f32);
            }
            start = end;
            writer.end_row()?;
        }
        writer.finish()
    }

    /// The sums of both, of the same words.
    pub(super) fn added(&self, other: &Self) -> Self {
        let n_entries = self.columns.len() + other.columns.len();
        let mut total = Self {
            ends: Vec::with_capacity(self.ends.len()),
            columns: Vec::with_capacity(n_entries),
            values: Vec::with_capacity(n_entries),
        };
        let (mut left, mut right) = (0, 0);
        for (&left_end, &right_end) in self.ends.iter().zip(&other.ends) {
            while left < left_end || right < right_end {
                let of_left = (left < left_end).then(|| self.columns[left]);
                let of_right = (right < right_end).then(|| other.columns[right]);
                let column = of_left.unwrap_or(u32::MAX).min(of_right.unwrap_or(u32::MAX));
                let mut value = 0;
                if of_left == Some(column) {
                    value += self.values[left];
                    left += 1;
                }
                if of_right == Some(column) {
                    value += other.values[right];
                    right += 1;
                }
                total.push(column, value);
            }
            total.ends.push(total.columns.len());
        }
        total
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut parcel = ParcelWriter::new();
        parcel.list(&self.ends.iter().map(|&end| end as u64).collect::<Vec<u64>>());
        parcel.list(&self.columns);
        parcel.list(&self.values);
        parcel.finish()
    }

    /// # Errors
    /// Bytes that [`Sums::to_bytes`] has not written.
    pub(super) fn of_bytes(bytes: &[u8]) -> Result<Self> {
        let mut parcel = ParcelReader::new(bytes)?;
        let ends = parcel.list::<u64>()?.into_iter().map(|end| end as usize).collect();
        Ok(Self { ends, columns: parcel.list()?, values: parcel.list()? })
    }
}

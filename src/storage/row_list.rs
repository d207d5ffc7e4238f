//! Rows of `f32`, one after the other or cut into strips of columns, in memory or in temporary
//! files.
//!
//! What comes after the decomposition makes several arrays of `n_words x dim` numbers. Within a
//! budget that has no room for them they lie in temporary files, and are read and written a few
//! thousand rows at a time. The numbers are the same in either place.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use pulp::bytemuck::Pod;
use rayon::prelude::*;

use crate::base::error::Result;
use crate::storage::floats::Floats;
use crate::storage::value_list::ValueList;

/// Rows that are read at a time: 10 MB of rows of 300 numbers.
pub(crate) const ROWS_AT_A_TIME: usize = 8192;

/// Rows of `width` numbers, one after the other.
#[derive(Debug)]
pub(crate) struct RowList {
    width: usize,
    numbers: ValueList<f32>,
}

impl RowList {
    /// An empty list, in a temporary file in `folder` if there is one.
    ///
    /// # Errors
    /// A file that cannot be created.
    pub(crate) fn new(width: usize, folder: Option<&Path>) -> Result<Self> {
        assert!(width > 0, "rows need at least one number");
        Ok(Self { width, numbers: ValueList::from_vec(Vec::new(), folder)? })
    }

    /// Rows that are in memory, or go to a temporary file in `folder` if there is one.
    ///
    /// # Errors
    /// A file that cannot be created or written.
    ///
    /// # Panics
    /// If the numbers do not make whole rows.
    pub(crate) fn from_vec(width: usize, numbers: Vec<f32>, folder: Option<&Path>) -> Result<Self> {
        assert!(
            numbers.len().is_multiple_of(width),
            "{} numbers in rows of {width}",
            numbers.len()
        );
        Ok(Self { width, numbers: ValueList::from_vec(numbers, folder)? })
    }

    /// Numbers in a row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub(crate) fn n_rows(&self) -> usize {
        self.numbers.len() / self.width
    }

    /// Makes room for so many more rows, where they stay in memory.
    pub(crate) fn reserve(&mut self, n_rows: usize) {
        if !self.numbers.is_on_disk() {
            self.numbers.reserve(n_rows * self.width);
        }
    }

    /// Appends rows.
    ///
    /// # Errors
    /// A full disk or another failure of the file system.
    pub(crate) fn push(&mut self, rows: &[f32]) -> Result<()> {
        assert!(
            rows.len().is_multiple_of(self.width),
            "{} numbers in rows of {}",
            rows.len(),
            self.width
        );
        self.numbers.extend(rows.iter().copied());
        self.numbers.flush()
    }

    /// Some of the rows.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn read(&self, rows: Range<usize>) -> Result<Cow<'_, [f32]>> {
        self.numbers.read(rows.start * self.width..rows.end * self.width)
    }

    /// Calls `visit` with [`ROWS_AT_A_TIME`] rows at a time, in order, and the number of the first.
    ///
    /// # Errors
    /// A file that cannot be read, or what `visit` gives.
    pub(crate) fn for_each_part(
        &self,
        mut visit: impl FnMut(usize, &[f32]) -> Result<()>,
    ) -> Result<()> {
        parts(self.n_rows()).try_for_each(|rows| visit(rows.start, &self.read(rows)?))
    }

    /// Changes [`ROWS_AT_A_TIME`] rows at a time, in order: in their place in memory, or from one
    /// file to another.
    ///
    /// # Errors
    /// A failure of the file system, or what `change` gives.
    pub(crate) fn change(
        self,
        mut change: impl FnMut(usize, &mut [f32]) -> Result<()>,
    ) -> Result<Self> {
        let Self { width, numbers } = self;
        let numbers = numbers.rewrite(ROWS_AT_A_TIME * width, |start, rows| {
            change(start / width, rows)?;
            Ok(rows.len())
        })?;
        Ok(Self { width, numbers })
    }

    /// Some of the columns, row after row.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn columns(&self, columns: Range<usize>) -> Result<Vec<f32>> {
        let mut strip = vec![0.0; self.n_rows() * columns.len()];
        self.for_each_part(|first, rows| {
            let part =
                &mut strip[first * columns.len()..][..rows.len() / self.width * columns.len()];
            part.par_chunks_mut(columns.len()).zip(rows.par_chunks(self.width)).for_each(
                |(part, row)| {
                    part.copy_from_slice(&row[columns.clone()]);
                },
            );
            Ok(())
        })?;
        Ok(strip)
    }

    /// All numbers, row after row: in memory, or mapped.
    ///
    /// # Errors
    /// A failure of the file system.
    pub(crate) fn into_floats(self) -> Result<Floats> {
        self.numbers.into_floats()
    }
}

/// Rows that are made some columns at a time: a list for each strip of columns.
#[derive(Debug)]
pub(crate) struct Strips<T = f32> {
    n_rows: usize,
    strips: Vec<(Range<usize>, ValueList<T>)>,
}

impl<T: Pod + Send + Sync> Strips<T> {
    /// Rows without columns.
    pub(crate) fn new(n_rows: usize) -> Self {
        Self { n_rows, strips: Vec::new() }
    }

    /// Number of columns.
    pub(crate) fn width(&self) -> usize {
        self.strips.last().map_or(0, |(columns, _)| columns.end)
    }

    /// Appends `n_columns` columns, which are given row after row; they go to a temporary file in
    /// `folder` if there is one.
    ///
    /// # Errors
    /// A full disk or another failure of the file system.
    pub(crate) fn push(
        &mut self,
        n_columns: usize,
        numbers: Vec<T>,
        folder: Option<&Path>,
    ) -> Result<()> {
        assert_eq!(numbers.len(), self.n_rows * n_columns, "a strip must be n_rows x n_columns");
        let first = self.width();
        self.strips.push((first..first + n_columns, ValueList::from_vec(numbers, folder)?));
        Ok(())
    }

    /// Some of the rows, with all columns.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn read(&self, rows: Range<usize>) -> Result<Cow<'_, [T]>> {
        if let [(columns, numbers)] = &self.strips[..] {
            return numbers.read(rows.start * columns.len()..rows.end * columns.len());
        }
        let width = self.width();
        let mut read = vec![T::zeroed(); rows.len() * width];
        for (columns, numbers) in &self.strips {
            let part = numbers.read(rows.start * columns.len()..rows.end * columns.len())?;
            read.par_chunks_mut(width).zip(part.par_chunks(columns.len())).for_each(
                |(row, part)| {
                    row[columns.clone()].copy_from_slice(part);
                },
            );
        }
        Ok(read.into())
    }
}

/// Ranges of [`ROWS_AT_A_TIME`] rows.
pub(crate) fn parts(n_rows: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n_rows).step_by(ROWS_AT_A_TIME).map(move |start| start..n_rows.min(start + ROWS_AT_A_TIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_in_memory_and_in_files_are_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (n_rows, width) = (2 * ROWS_AT_A_TIME + 7, 5);
        let all: Vec<f32> = (0..n_rows * width).map(|at| at as f32).collect();
        for folder in [None, Some(folder.path())] {
            let mut list = RowList::from_vec(width, all[..10 * width].to_vec(), folder).unwrap();
            list.push(&all[10 * width..]).unwrap();
            assert_eq!((list.n_rows(), list.width()), (n_rows, width));
            assert_eq!(*list.read(8..12).unwrap(), all[8 * width..12 * width]);
            let strip: Vec<f32> = all.chunks(width).flat_map(|row| row[1..3].to_vec()).collect();
            assert_eq!(list.columns(1..3).unwrap(), strip);
            let doubled = list.change(|first, rows| {
                assert_eq!(rows[0], (first * width) as f32);
                rows.iter_mut().for_each(|number| *number *= 2.0);
                Ok(())
            });
            let floats = doubled.unwrap().into_floats().unwrap();
            assert_eq!(floats.is_owned(), folder.is_none());
            assert!(
                floats.iter().zip(&all).all(|(doubled, number)| *doubled == 2.0 * number)
                    && floats.len() == all.len()
            );
            floats.release(0..floats.len());
            assert_eq!(floats[3], 6.0);
        }
    }

    #[test]
    fn strips_make_rows() {
        let folder = tempfile::tempdir().unwrap();
        for folder in [None, Some(folder.path())] {
            let mut strips = Strips::new(3);
            strips.push(1, vec![0.0, 3.0, 6.0], folder).unwrap();
            assert_eq!(*strips.read(1..3).unwrap(), [3.0, 6.0]);
            strips.push(2, vec![1.0, 2.0, 4.0, 5.0, 7.0, 8.0], folder).unwrap();
            assert_eq!(*strips.read(1..3).unwrap(), [3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
        }
    }
}

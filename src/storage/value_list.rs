//! Values, one after the other, that may outgrow memory: the ids of tokens, the ends of sequences,
//! the rows of vectors.
//!
//! A list is in memory, or, once [`ValueList::spill`] was called, in a temporary file. Reading
//! gives a borrowed slice in the first case and a copy in the second, so whoever reads a list has
//! one path for both.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use pulp::bytemuck::{self, Pod};

use crate::base::error::Result;
use crate::storage::floats::Floats;
use crate::storage::temporary::TemporaryFile;

/// Values that are gone through at a time where each is looked at by itself.
pub(crate) const AT_A_TIME: usize = 1 << 20;

/// Bytes that are gathered in memory before they go to the file.
const GATHERED_BYTES: usize = 4 << 20;

/// A list of values, in memory or in a temporary file.
#[derive(Debug)]
pub(crate) struct ValueList<T> {
    /// All values, or those that are not in the file yet.
    recent: Vec<T>,
    on_disk: Option<OnDisk<T>>,
}

/// A file, the number of values in it, and the last of them.
#[derive(Debug)]
struct OnDisk<T> {
    file: Arc<TemporaryFile>,
    n_values: usize,
    last: Option<T>,
}

impl<T> Default for ValueList<T> {
    fn default() -> Self {
        Self { recent: Vec::new(), on_disk: None }
    }
}

impl<T> From<Vec<T>> for ValueList<T> {
    fn from(values: Vec<T>) -> Self {
        Self { recent: values, on_disk: None }
    }
}

impl<T: Pod> ValueList<T> {
    /// An empty list that goes to a file in `folder`.
    ///
    /// # Errors
    /// A file that cannot be created.
    pub(crate) fn in_folder(folder: &Path) -> Result<Self> {
        Self::from_vec(Vec::new(), Some(folder))
    }

    /// A list of values that are in memory, or go to a file in `folder` if there is one.
    ///
    /// # Errors
    /// A file that cannot be created or written.
    pub(crate) fn from_vec(values: Vec<T>, folder: Option<&Path>) -> Result<Self> {
        let mut list = Self::from(values);
        if let Some(folder) = folder {
            list.spill(folder)?;
        }
        Ok(list)
    }

    /// An empty list in the same place: in memory, or in another file of the same folder.
    ///
    /// # Errors
    /// A file that cannot be created.
    pub(crate) fn empty_like<U: Pod>(&self) -> Result<ValueList<U>> {
        ValueList::from_vec(Vec::new(), self.folder())
    }

    /// The folder of the list's file; `None` in memory.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.on_disk.as_ref().map(|on_disk| on_disk.file.folder())
    }

    /// Whether the list is in a file.
    pub(crate) fn is_on_disk(&self) -> bool {
        self.on_disk.is_some()
    }

    /// Makes room in memory for exactly so many more values.
    pub(crate) fn reserve(&mut self, n_values: usize) {
        self.recent.reserve_exact(n_values);
    }

    /// Gives back the room in memory that the list does not need: what no value takes, or all of
    /// it where the list is in a file.
    ///
    /// # Errors
    /// A full disk or another failure of the file system.
    pub(crate) fn shrink_to_fit(&mut self) -> Result<()> {
        self.write()?;
        self.recent.shrink_to_fit();
        Ok(())
    }

    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        self.n_written() + self.recent.len()
    }

    /// The last value.
    pub(crate) fn last(&self) -> Option<T> {
        let written = || self.on_disk.as_ref().and_then(|on_disk| on_disk.last);
        self.recent.last().copied().or_else(written)
    }

    /// Bytes held in memory, the room that a vector keeps for growing included.
    pub(crate) fn memory_bytes(&self) -> u64 {
        (self.recent.capacity() * size_of::<T>()) as u64
    }

    fn n_written(&self) -> usize {
        self.on_disk.as_ref().map_or(0, |on_disk| on_disk.n_values)
    }

    /// Appends values; [`ValueList::flush`] is to be called now and then.
    pub(crate) fn extend(&mut self, values: impl IntoIterator<Item = T>) {
        self.recent.extend(values);
    }

    /// Appends a value; [`ValueList::flush`] is to be called now and then.
    pub(crate) fn push(&mut self, value: T) {
        self.recent.push(value);
    }

    /// Appends all of a vector, which becomes the list itself where that is new and in memory.
    ///
    /// # Errors
    /// As [`ValueList::flush`].
    pub(crate) fn append(&mut self, values: Vec<T>) -> Result<()> {
        if self.on_disk.is_none() && self.recent.capacity() == 0 {
            self.recent = values;
            return Ok(());
        }
        self.recent.extend_from_slice(&values);
        self.flush()
    }

    /// Appends so many zeros, and returns them to be written over.
    ///
    /// # Errors
    /// As [`ValueList::flush`].
    pub(crate) fn extend_zeroed(&mut self, n_values: usize) -> Result<&mut [T]> {
        self.flush()?;
        let start = self.recent.len();
        self.recent.resize(start + n_values, T::zeroed());
        Ok(&mut self.recent[start..])
    }

    /// From now on the list is in a file in `folder`.
    ///
    /// # Errors
    /// A file that cannot be created or written.
    pub(crate) fn spill(&mut self, folder: &Path) -> Result<()> {
        if self.on_disk.is_none() {
            let file = TemporaryFile::create(folder)?;
            self.on_disk = Some(OnDisk { file, n_values: 0, last: None });
            self.write()?;
            self.recent = Vec::new();
        }
        Ok(())
    }

    /// Writes what has gathered, if that is enough and the list is in a file.
    ///
    /// # Errors
    /// A full disk or another failure of the file system.
    pub(crate) fn flush(&mut self) -> Result<()> {
        if self.on_disk.is_some() && self.recent.len() * size_of::<T>() >= GATHERED_BYTES {
            self.write()
        } else {
            Ok(())
        }
    }

    fn write(&mut self) -> Result<()> {
        if let Some(OnDisk { file, n_values, last }) = &mut self.on_disk {
            file.extend(bytemuck::cast_slice(&self.recent))?;
            *n_values += self.recent.len();
            *last = self.recent.last().copied().or(*last);
            self.recent.clear();
        }
        Ok(())
    }

    /// Some of the values, copied only if they are in a file.
    ///
    /// # Errors
    /// A file that cannot be read.
    ///
    /// # Panics
    /// If there are not so many values.
    pub(crate) fn read(&self, range: Range<usize>) -> Result<Cow<'_, [T]>> {
        let n_written = self.n_written();
        let Some(OnDisk { file, .. }) = self.on_disk.as_ref().filter(|_| range.start < n_written)
        else {
            return Ok(self.recent[range.start - n_written..range.end - n_written].into());
        };
        assert!(
            range.start <= range.end && range.end <= self.len(),
            "{range:?} of {} values",
            self.len()
        );
        let mut values = Vec::with_capacity(range.len());
        let written = range.start..range.end.min(n_written);
        if !written.is_empty() {
            let n_bytes = written.len() * size_of::<T>();
            let map = file.map((written.start * size_of::<T>()) as u64, n_bytes)?;
            values.extend_from_slice(bytemuck::cast_slice(map.bytes()));
        }
        values.extend_from_slice(&self.recent[..range.end.saturating_sub(n_written)]);
        Ok(values.into())
    }

    /// Some of the values as a vector: moved out of the list where they are all of it and in
    /// memory, copied otherwise.
    ///
    /// # Errors
    /// A file that cannot be read.
    ///
    /// # Panics
    /// If there are not so many values.
    pub(crate) fn take(&mut self, range: Range<usize>) -> Result<Vec<T>> {
        if self.on_disk.is_none() && range == (0..self.recent.len()) {
            return Ok(std::mem::take(&mut self.recent));
        }
        Ok(self.read(range)?.into_owned())
    }

    /// Calls `visit` with all values in order, `n` at a time, and where they begin.
    ///
    /// # Errors
    /// A file that cannot be read, or what `visit` gives.
    pub(crate) fn for_each_part(
        &self,
        n: usize,
        visit: impl FnMut(usize, &[T]) -> Result<()>,
    ) -> Result<()> {
        self.for_each_part_of(0..self.len(), n, visit)
    }

    /// As [`ValueList::for_each_part`], of a range of the values.
    ///
    /// # Errors
    /// As [`ValueList::for_each_part`].
    pub(crate) fn for_each_part_of(
        &self,
        range: Range<usize>,
        n: usize,
        mut visit: impl FnMut(usize, &[T]) -> Result<()>,
    ) -> Result<()> {
        for start in range.clone().step_by(n) {
            visit(start, &self.read(start..start.saturating_add(n).min(range.end))?)?;
        }
        Ok(())
    }

    /// The list with its values changed: `f` gets `n` of them at a time, in order, and where they
    /// begin, writes those that stay to their beginning, and returns how many these are. In memory
    /// that is done in place; a list in a file goes to another file.
    ///
    /// # Errors
    /// A failure of the file system, or what `f` gives.
    pub(crate) fn rewrite(
        mut self,
        n: usize,
        mut f: impl FnMut(usize, &mut [T]) -> Result<usize>,
    ) -> Result<Self> {
        if self.on_disk.is_some() {
            let mut changed = self.empty_like()?;
            for start in (0..self.len()).step_by(n) {
                let mut part = self.read(start..(start + n).min(self.len()))?.into_owned();
                let n_kept = f(start, &mut part)?;
                changed.extend(part[..n_kept].iter().copied());
                changed.flush()?;
            }
            return Ok(changed);
        }
        let mut n_all_kept = 0;
        for start in (0..self.recent.len()).step_by(n) {
            let end = (start + n).min(self.recent.len());
            let n_kept = f(start, &mut self.recent[start..end])?;
            if n_all_kept < start {
                self.recent.copy_within(start..start + n_kept, n_all_kept);
            }
            n_all_kept += n_kept;
        }
        self.recent.truncate(n_all_kept);
        Ok(self)
    }

    /// How many of the values, which ascend, are such that `is_before` is true: those at the
    /// beginning.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn partition_point(&self, is_before: impl Fn(T) -> bool) -> Result<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if is_before(self.read(middle..middle + 1)?[0]) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}

impl ValueList<f32> {
    /// The values as one slice: in memory, or mapped.
    ///
    /// # Errors
    /// A failure of the file system.
    pub(crate) fn into_floats(mut self) -> Result<Floats> {
        self.write()?;
        let Some(OnDisk { file, n_values, .. }) = &self.on_disk else {
            return Ok(self.recent.into());
        };
        if *n_values == 0 {
            return Ok(Floats::default());
        }
        let n_bytes = n_values * size_of::<f32>();
        // The file was written by this machine, in its own order of bytes.
        match file.map(0, n_bytes)?.numbers(0..n_bytes) {
            Some(values) => Ok(Floats::mapped(values)),
            None => Ok(self.read(0..*n_values)?.into_owned().into()),
        }
    }
}

/// Goes through a list from its beginning to its end, or through a range of it.
pub(crate) struct Cursor<'a, T: Pod> {
    list: &'a ValueList<T>,
    part: Cow<'a, [T]>,
    /// The next value in the part.
    place: usize,
    /// Where the part ends in the list.
    part_end: usize,
    end: usize,
}

impl<'a, T: Pod + PartialOrd> Cursor<'a, T> {
    pub(crate) fn new(list: &'a ValueList<T>) -> Self {
        Self::of_range(list, 0..list.len())
    }

    pub(crate) fn of_range(list: &'a ValueList<T>, range: Range<usize>) -> Self {
        Self { list, part: Cow::default(), place: 0, part_end: range.start, end: range.end }
    }

    /// The next value, which stays the next one; `None` at the end.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn peek(&mut self) -> Result<Option<T>> {
        if self.place == self.part.len() && self.part_end < self.end {
            let start = self.part_end;
            self.part_end = (start + GATHERED_BYTES / size_of::<T>()).min(self.end);
            self.part = self.list.read(start..self.part_end)?;
            self.place = 0;
        }
        Ok(self.part.get(self.place).copied())
    }

    /// The next value, if there is one and it is not above `most`.
    ///
    /// # Errors
    /// As [`Cursor::peek`].
    pub(crate) fn next_up_to(&mut self, most: T) -> Result<Option<T>> {
        let next = self.peek()?.filter(|value| *value <= most);
        self.place += usize::from(next.is_some());
        Ok(next)
    }
}

#[cfg(test)]
#[path = "value_list_tests.rs"]
mod tests;

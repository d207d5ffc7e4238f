//! Numbers, one after the other, that may outgrow memory: the ids of tokens, the ends of sequences.

use std::borrow::Cow;
use std::fs::File;
use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use pulp::bytemuck::{self, Pod};

use crate::base::error::{Error, Result};
use crate::storage::floats::Floats;
use crate::storage::mmap::MappedFile;

/// Numbers that are gone through at a time where each is looked at by itself.
pub(crate) const AT_A_TIME: usize = 1 << 20;

/// Bytes that are gathered in memory before they go to the file.
const HELD_BYTES: usize = 4 << 20;

/// A list of numbers, in memory, or, once [`LongList::spill`] was called, in a temporary file
/// without a name but for the last few.
#[derive(Debug)]
pub(crate) struct LongList<T> {
    /// All numbers, or those that are not in the file yet.
    held: Vec<T>,
    last: Option<T>,
    spilled: Option<Spilled>,
}

/// A temporary file, the folder that it is in for messages, and how many numbers are in it.
#[derive(Debug)]
struct Spilled {
    file: File,
    folder: PathBuf,
    n_numbers: usize,
}

impl<T> Default for LongList<T> {
    fn default() -> Self {
        Self { held: Vec::new(), last: None, spilled: None }
    }
}

impl<T: Pod> LongList<T> {
    /// An empty list that goes to a file in `folder`.
    pub(crate) fn in_folder(folder: &Path) -> Result<Self> {
        let mut list = Self::default();
        list.spill(folder)?;
        Ok(list)
    }

    /// A list of numbers that are in memory, or go to a file in `folder` if there is one.
    ///
    /// # Errors
    /// A file that cannot be created or written.
    pub(crate) fn from_vec(numbers: Vec<T>, folder: Option<&Path>) -> Result<Self> {
        let mut list = Self { last: numbers.last().copied(), held: numbers, spilled: None };
        if let Some(folder) = folder {
            list.spill(folder)?;
        }
        Ok(list)
    }

    /// Makes room in memory for exactly so many more numbers.
    pub(crate) fn reserve(&mut self, n_numbers: usize) {
        self.held.reserve_exact(n_numbers);
    }

    pub(crate) fn len(&self) -> usize {
        self.spilled.as_ref().map_or(0, |spilled| spilled.n_numbers) + self.held.len()
    }

    pub(crate) fn last(&self) -> Option<T> {
        self.last
    }

    /// Whether the list is in a file.
    pub(crate) fn is_spilled(&self) -> bool {
        self.spilled.is_some()
    }

    /// Bytes held in memory, the room that a vector keeps for growing included.
    pub(crate) fn memory_bytes(&self) -> u64 {
        (self.held.capacity() * size_of::<T>()) as u64
    }

    /// Appends numbers; [`LongList::flush`] is to be called now and then.
    pub(crate) fn extend(&mut self, numbers: impl IntoIterator<Item = T>) {
        self.held.extend(numbers);
        self.last = self.held.last().copied().or(self.last);
    }

    pub(crate) fn push(&mut self, number: T) {
        self.held.push(number);
        self.last = Some(number);
    }

    /// From now on the list is in a file in `folder`.
    ///
    /// # Errors
    /// A file that cannot be created or written.
    pub(crate) fn spill(&mut self, folder: &Path) -> Result<()> {
        if self.spilled.is_none() {
            let file = tempfile::tempfile_in(folder)
                .map_err(|source| Error::io("create a temporary file in", folder, source))?;
            self.spilled = Some(Spilled { file, folder: folder.to_path_buf(), n_numbers: 0 });
            self.write()?;
            self.held = Vec::new();
        }
        Ok(())
    }

    /// Writes what has gathered, if that is enough and the list is in a file.
    ///
    /// # Errors
    /// A full disk or another failure of the file system.
    pub(crate) fn flush(&mut self) -> Result<()> {
        if self.spilled.is_some() && self.held.len() * size_of::<T>() >= HELD_BYTES {
            self.write()
        } else {
            Ok(())
        }
    }

    fn write(&mut self) -> Result<()> {
        if let Some(Spilled { file, folder, n_numbers }) = &mut self.spilled {
            file.write_all(bytemuck::cast_slice(&self.held))
                .map_err(|source| Error::io("write a temporary file in", &*folder, source))?;
            *n_numbers += self.held.len();
            self.held.clear();
        }
        Ok(())
    }

    /// Some of the numbers, copied.
    ///
    /// # Errors
    /// A file that cannot be read.
    ///
    /// # Panics
    /// If there are not so many numbers.
    pub(crate) fn read(&self, range: Range<usize>) -> Result<Vec<T>> {
        assert!(
            range.start <= range.end && range.end <= self.len(),
            "{range:?} of {} numbers",
            self.len()
        );
        let Some(Spilled { file, folder, n_numbers }) = &self.spilled else {
            return Ok(self.held[range].to_vec());
        };
        let mut numbers = Vec::with_capacity(range.len());
        let in_file = range.start.min(*n_numbers)..range.end.min(*n_numbers);
        if !in_file.is_empty() {
            let n_bytes = in_file.len() * size_of::<T>();
            let map = MappedFile::of_range(file, (in_file.start * size_of::<T>()) as u64, n_bytes)
                .map_err(|source| Error::io("map a temporary file in", folder, source))?;
            numbers.extend_from_slice(bytemuck::cast_slice(map.bytes()));
        }
        numbers.extend_from_slice(
            &self.held[range.start.saturating_sub(*n_numbers).min(self.held.len())
                ..range.end.saturating_sub(*n_numbers)],
        );
        Ok(numbers)
    }

    /// Some of the numbers, copied only if they are in a file.
    ///
    /// # Errors
    /// A file that cannot be read.
    ///
    /// # Panics
    /// If there are not so many numbers.
    pub(crate) fn slice(&self, range: Range<usize>) -> Result<Cow<'_, [T]>> {
        match self.spilled {
            Some(_) => Ok(self.read(range)?.into()),
            None => Ok(self.held[range].into()),
        }
    }

    /// Calls `visit` with all numbers in order, `n` at a time, and where they begin.
    ///
    /// # Errors
    /// A file that cannot be read, or what `visit` gives.
    pub(crate) fn for_each_part(
        &self,
        n: usize,
        mut visit: impl FnMut(usize, &[T]) -> Result<()>,
    ) -> Result<()> {
        for start in (0..self.len()).step_by(n) {
            visit(start, &self.read(start..(start + n).min(self.len()))?)?;
        }
        Ok(())
    }

    /// How many of the numbers, which ascend, are such that `is_before` is true: those at the
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

    /// The numbers as a vector, if they are all in memory.
    pub(crate) fn into_vec(self) -> Option<Vec<T>> {
        self.spilled.is_none().then_some(self.held)
    }
}

impl LongList<f32> {
    /// The numbers as one slice: in memory, or mapped.
    ///
    /// # Errors
    /// A failure of the file system.
    pub(crate) fn into_floats(mut self) -> Result<Floats> {
        self.write()?;
        let Some(Spilled { file, folder, n_numbers }) = &self.spilled else {
            return Ok(self.held.into());
        };
        if *n_numbers == 0 {
            return Ok(Floats::default());
        }
        let n_bytes = n_numbers * size_of::<f32>();
        let map = MappedFile::of_range(file, 0, n_bytes)
            .map_err(|source| Error::io("map a temporary file in", folder, source))?;
        // The file was written by this machine, in its own order of bytes.
        match map.into_floats(0..n_bytes) {
            Some(numbers) => Ok(Floats::mapped(numbers)),
            None => Ok(self.read(0..*n_numbers)?.into()),
        }
    }
}

/// Goes through a list from its beginning to its end.
pub(crate) struct Cursor<'a, T> {
    list: &'a LongList<T>,
    part: std::vec::IntoIter<T>,
    /// Where the part ends in the list.
    end: usize,
}

impl<'a, T: Pod + PartialOrd> Cursor<'a, T> {
    pub(crate) fn new(list: &'a LongList<T>) -> Self {
        Self { list, part: Vec::new().into_iter(), end: 0 }
    }

    /// The next number, which stays the next one; `None` at the end.
    pub(crate) fn peek(&mut self) -> Result<Option<T>> {
        if self.part.as_slice().is_empty() && self.end < self.list.len() {
            let start = self.end;
            self.end = (start + HELD_BYTES / size_of::<T>()).min(self.list.len());
            self.part = self.list.read(start..self.end)?.into_iter();
        }
        Ok(self.part.as_slice().first().copied())
    }

    /// The next number, if there is one and it is not above `most`.
    pub(crate) fn next_up_to(&mut self, most: T) -> Result<Option<T>> {
        Ok(if self.peek()?.is_some_and(|number| number <= most) { self.part.next() } else { None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_list_in_memory_is_a_vector() {
        let mut list = LongList::default();
        list.extend([3u32, 1]);
        list.push(2);
        list.flush().unwrap();
        assert_eq!((list.len(), list.last(), list.read(1..3).unwrap()), (3, Some(2), vec![1, 2]));
        assert_eq!(list.into_vec(), Some(vec![3, 1, 2]));
        assert_eq!(LongList::<u64>::default().last(), None);
    }

    #[test]
    fn a_list_in_a_file_holds_little() {
        let folder = tempfile::tempdir().unwrap();
        let mut list = LongList::in_folder(folder.path()).unwrap();
        let n_numbers = HELD_BYTES as u64;
        for start in (0..n_numbers).step_by(1000) {
            list.extend(start..(start + 1000).min(n_numbers));
            list.flush().unwrap();
            assert!(list.memory_bytes() < 3 * HELD_BYTES as u64);
        }
        let mut expected = 0..n_numbers;
        list.for_each_part(12_345, |_, part| {
            assert!(part.iter().all(|&number| expected.next() == Some(number)));
            Ok(())
        })
        .unwrap();
        assert_eq!((expected.next(), list.last()), (None, Some(n_numbers - 1)));
        assert_eq!(list.partition_point(|number| number < 777_777).unwrap(), 777_777);
        assert!(list.into_vec().is_none());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let message = LongList::<u32>::in_folder(Path::new("/not/there")).unwrap_err().to_string();
        assert!(message.starts_with("cannot create a temporary file in `/not/there`"), "{message}");
    }

    proptest! {
        #[test]
        fn any_part_comes_back(numbers in prop::collection::vec(any::<u32>(), 0..60), spilled_at in 0usize..60, a in 0usize..60, b in 0usize..60) {
            let folder = tempfile::tempdir().unwrap();
            let mut list = LongList::default();
            let (before, after) = numbers.split_at(spilled_at.min(numbers.len()));
            list.extend(before.iter().copied());
            list.spill(folder.path()).unwrap();
            list.extend(after.iter().copied());
            prop_assert_eq!((list.len(), list.last()), (numbers.len(), numbers.last().copied()));
            let (a, b) = (a.min(numbers.len()), b.min(numbers.len()));
            let range = a.min(b)..a.max(b);
            prop_assert_eq!(list.read(range.clone()).unwrap(), numbers[range].to_vec());
        }
    }
}

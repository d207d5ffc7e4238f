//! Rows that a count has made: in memory as long as a budget allows, then in a temporary file
//! without a name.
//!
//! In: rows in compressed rows (`sprs`), from any task in any order. Out: a [`Part`] for each,
//! wherever its rows are, from which they come back with the same bits. Which parts are on the disk
//! depends on which task came first; nothing that is made of them does.
//!
//! A part on the disk: `n_rows + 1` offsets (`u64`), the columns (`u32`), the values (`f32`).

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use pulp::bytemuck;
use sprs::CsMatI;

use crate::base::budget::MemoryBudget;
use crate::base::error::{Error, Lever, Result};
use crate::base::progress::Stage;
use crate::storage::temporary::{FileRange, TemporaryFile};

/// Rows of counts or weights.
pub(crate) type Rows = CsMatI<f32, u32, usize>;

/// What to change when a count does not fit.
const LEVERS: &[Lever] = &[Lever::WindowSize, Lever::MaxWords, Lever::MinCount];

/// Bytes of a part in memory.
fn bytes_of(n_rows: usize, n_nonzeros: usize) -> u64 {
    8 * (n_nonzeros + n_rows + 1) as u64
}

/// Some rows, in memory or in a file.
#[derive(Debug)]
pub(crate) struct Part {
    n_rows: usize,
    n_columns: usize,
    n_nonzeros: usize,
    place: Place,
}

#[derive(Debug)]
enum Place {
    InMemory(Rows),
    OnDisk(FileRange),
}

/// Keeps parts, and the budget.
pub(super) struct PartStore<'a> {
    /// Bytes that parts may take in memory; `None` without a budget.
    room: Option<u64>,
    /// Bytes that are taken by what is not a part.
    fixed: u64,
    budget: MemoryBudget,
    folder: Option<&'a Path>,
    stored: Mutex<Stored>,
}

/// What a store has taken so far.
#[derive(Default)]
struct Stored {
    /// Bytes of the parts in memory.
    bytes: u64,
    /// The file of the parts that are not in memory, if there are some.
    file: Option<Arc<TemporaryFile>>,
}

impl<'a> PartStore<'a> {
    /// A store for a count that itself takes `fixed` bytes. Without a folder, parts that do not fit
    /// are an error.
    ///
    /// # Errors
    /// [`Error::MemoryBudget`](crate::Error::MemoryBudget) if the count does not fit even with all
    /// parts on the disk.
    pub(super) fn new(budget: MemoryBudget, fixed: u64, folder: Option<&'a Path>) -> Result<Self> {
        budget.check(Stage::Count, fixed, LEVERS)?;
        let room = budget.bytes.map(|bytes| bytes - MemoryBudget::FIXED_BYTES - fixed);
        Ok(Self { room, fixed, budget, folder, stored: Mutex::default() })
    }

    /// The same store, which leaves so many bytes free for what comes after the count, if parts can
    /// go to the disk.
    #[must_use]
    pub(super) fn leaving(self, later: u64) -> Self {
        let least =
            self.budget.bytes.map(|bytes| bytes.saturating_sub(MemoryBudget::FIXED_BYTES + later));
        match (self.room, least) {
            (Some(room), Some(least)) if self.folder.is_some() => {
                Self { room: Some(room.min(least)), ..self }
            }
            _ => self,
        }
    }

    /// Stores rows, in memory if there is room.
    pub(super) fn store(&self, rows: Rows) -> Result<Part> {
        let bytes = bytes_of(rows.rows(), rows.nnz());
        let mut stored = self.lock();
        if self.room.is_none_or(|room| stored.bytes + bytes <= room) {
            stored.bytes += bytes;
            return Ok(Part::in_memory(rows));
        }
        let Some(folder) = self.folder else {
            let needed = MemoryBudget::FIXED_BYTES + self.fixed + stored.bytes + bytes;
            let budget = self.budget.bytes.unwrap_or(needed);
            return Err(Error::MemoryBudget {
                stage: Stage::Count,
                needed,
                budget,
                levers: LEVERS,
            });
        };
        let file = match &mut stored.file {
            Some(file) => file,
            none => none.insert(TemporaryFile::create(folder)?),
        };
        Part::on_disk(&rows, file)
    }

    /// Whether all is in memory, and twice as much again would be.
    pub(super) fn has_room_for_twice_as_much(&self) -> bool {
        let stored = self.lock();
        stored.file.is_none() && self.room.is_none_or(|room| 3 * stored.bytes <= room)
    }

    fn lock(&self) -> MutexGuard<'_, Stored> {
        self.stored.lock().expect("no task panics while it writes")
    }
}

/// Calls `f` with the bytes of rows as they stand in the file.
pub(super) fn with_bytes<T>(rows: &Rows, f: impl FnOnce(&[&[u8]]) -> Result<T>) -> Result<T> {
    let offsets: Vec<u64> =
        rows.indptr().raw_storage().iter().map(|&offset| offset as u64).collect();
    f(&[
        bytemuck::cast_slice(&offsets),
        bytemuck::cast_slice(rows.indices()),
        bytemuck::cast_slice(rows.data()),
    ])
}

impl Part {
    /// Rows that stay in memory.
    pub(super) fn in_memory(rows: Rows) -> Self {
        Self {
            n_rows: rows.rows(),
            n_columns: rows.cols(),
            n_nonzeros: rows.nnz(),
            place: Place::InMemory(rows),
        }
    }

    /// Rows that are written into a file.
    ///
    /// # Errors
    /// A full disk or another failure of the file system.
    pub(super) fn on_disk(rows: &Rows, file: &Arc<TemporaryFile>) -> Result<Self> {
        let range = with_bytes(rows, |bytes| file.append(bytes))?;
        Ok(Self {
            n_rows: rows.rows(),
            n_columns: rows.cols(),
            n_nonzeros: rows.nnz(),
            place: Place::OnDisk(range),
        })
    }

    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }

    pub(super) fn n_nonzeros(&self) -> usize {
        self.n_nonzeros
    }

    /// The folder of the part's file; `None` in memory.
    pub(super) fn folder(&self) -> Option<&Path> {
        match &self.place {
            Place::InMemory(_) => None,
            Place::OnDisk(range) => Some(range.folder()),
        }
    }

    /// Bytes of offsets, columns and values in memory; 0 for a part on the disk.
    pub(super) fn memory_bytes(&self) -> u64 {
        match self.place {
            Place::InMemory(_) => bytes_of(self.n_rows, self.n_nonzeros),
            Place::OnDisk(_) => 0,
        }
    }

    /// The rows, read from the file unless they are in memory.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(super) fn rows(&self) -> Result<Cow<'_, Rows>> {
        match &self.place {
            Place::InMemory(rows) => Ok(Cow::Borrowed(rows)),
            Place::OnDisk(range) => Ok(Cow::Owned(self.load(range)?)),
        }
    }

    /// The rows, freed from their place in memory.
    ///
    /// # Errors
    /// As [`Part::rows`].
    pub(super) fn into_rows(self) -> Result<Rows> {
        match self.place {
            Place::InMemory(rows) => Ok(rows),
            Place::OnDisk(ref range) => self.load(range),
        }
    }

    /// Changes the rows by `f`, which may drop entries but add none, where they are.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub(super) fn change(&mut self, f: impl FnOnce(&mut Rows)) -> Result<()> {
        let mut rows = match &mut self.place {
            Place::InMemory(rows) => {
                f(rows);
                self.n_nonzeros = rows.nnz();
                return Ok(());
            }
            Place::OnDisk(_) => self.rows()?.into_owned(),
        };
        f(&mut rows);
        assert!(
            rows.rows() == self.n_rows && rows.nnz() <= self.n_nonzeros,
            "a part keeps its rows and gains no entry"
        );
        self.n_nonzeros = rows.nnz();
        if let Place::OnDisk(range) = &mut self.place {
            with_bytes(&rows, |bytes| range.overwrite(bytes))?;
        }
        Ok(())
    }

    /// Copies the rows out of the file, so that no map of its bytes outlives a change of them.
    fn load(&self, range: &FileRange) -> Result<Rows> {
        let map = range.map()?;
        let (offsets, entries) = map.bytes().split_at(8 * (self.n_rows + 1));
        let (columns, values) = entries.split_at(4 * self.n_nonzeros);
        let offsets = bytemuck::cast_slice::<u8, u64>(offsets)
            .iter()
            .map(|&offset| offset as usize)
            .collect::<Vec<_>>();
        let (columns, values) =
            (bytemuck::cast_slice(columns).to_vec(), bytemuck::cast_slice(values).to_vec());
        Ok(CsMatI::new((self.n_rows, self.n_columns), offsets, columns, values))
    }
}

/// Rows under construction, handed to a store in parts of a bounded size.
pub(super) struct PartWriter<'s, 'a> {
    store: &'s PartStore<'a>,
    n_columns: usize,
    offsets: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
    parts: Vec<Part>,
}

/// Entries at which a part is handed to its store (4 MiB): while rows grow, vectors hold up to
/// three times as much.
const ENTRIES_PER_PART: usize = 1 << 19;

impl<'s, 'a> PartWriter<'s, 'a> {
    /// Bytes that a writer takes beside what its store keeps, with rows of at most `n_columns`
    /// entries.
    pub(super) fn memory_bytes(n_columns: usize) -> u64 {
        24 * (ENTRIES_PER_PART + n_columns) as u64
    }

    pub(super) fn new(store: &'s PartStore<'a>, n_columns: usize) -> Self {
        Self {
            store,
            n_columns,
            offsets: vec![0],
            columns: Vec::new(),
            values: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// Adds an entry to the current row, to the right of those before.
    pub(super) fn push(&mut self, column: u32, value: f32) {
        self.columns.push(column);
        self.values.push(value);
    }

    /// Ends the current row.
    pub(super) fn end_row(&mut self) -> Result<()> {
        self.offsets.push(self.columns.len());
        if self.columns.len() >= ENTRIES_PER_PART { self.end_part() } else { Ok(()) }
    }

    fn end_part(&mut self) -> Result<()> {
        let offsets = std::mem::replace(&mut self.offsets, vec![0]);
        let (mut columns, mut values) =
            (std::mem::take(&mut self.columns), std::mem::take(&mut self.values));
        columns.shrink_to_fit();
        values.shrink_to_fit();
        let rows = CsMatI::new((offsets.len() - 1, self.n_columns), offsets, columns, values);
        self.parts.push(self.store.store(rows)?);
        Ok(())
    }

    /// All parts, in the order of their rows.
    pub(super) fn finish(mut self) -> Result<Vec<Part>> {
        if self.offsets.len() > 1 {
            self.end_part()?;
        }
        Ok(self.parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(first: u32) -> Rows {
        CsMatI::new((3, 9), vec![0, 2, 2, 3], vec![first, 7, 8], vec![1.5, -2.0, 3.0])
    }

    fn store(room: u64, folder: Option<&Path>) -> PartStore<'_> {
        PartStore::new(
            MemoryBudget { bytes: Some(MemoryBudget::FIXED_BYTES + 1000 + room) },
            1000,
            folder,
        )
        .unwrap()
    }

    #[test]
    fn parts_come_back_from_memory_and_from_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        // Room for one part: 8 bytes for each of 3 entries and 4 offsets.
        let store = store(56, Some(folder.path()));
        let mut parts: Vec<Part> = (0..4).map(|first| store.store(rows(first)).unwrap()).collect();
        assert_eq!(parts.iter().map(Part::memory_bytes).collect::<Vec<_>>(), [56, 0, 0, 0]);
        for (first, part) in parts.iter_mut().enumerate() {
            assert_eq!(*part.rows().unwrap(), rows(first as u32));
            // The last entry goes, the others double.
            part.change(|rows| {
                *rows =
                    CsMatI::new((3, 9), vec![0, 2, 2, 2], vec![first as u32, 7], vec![3.0, -4.0])
            })
            .unwrap();
        }
        for (first, part) in parts.into_iter().enumerate() {
            let changed = part.into_rows().unwrap();
            assert_eq!(
                changed,
                CsMatI::new((3, 9), vec![0, 2, 2, 2], vec![first as u32, 7], vec![3.0, -4.0])
            );
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn without_a_folder_what_does_not_fit_is_refused() {
        let store = store(56, None);
        store.store(rows(0)).unwrap();
        assert!(matches!(
            store.store(rows(1)),
            Err(Error::MemoryBudget { stage: Stage::Count, .. })
        ));
        assert!(matches!(
            PartStore::new(MemoryBudget { bytes: Some(1 << 20) }, 1 << 20, Some(Path::new("work"))),
            Err(Error::MemoryBudget { stage: Stage::Count, .. })
        ));
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let store = store(0, Some(Path::new("no-such-folder")));
        let error = store.store(rows(0)).unwrap_err();
        assert!(
            error.to_string().starts_with("cannot create a temporary file in `no-such-folder`"),
            "{error}"
        );
    }
}

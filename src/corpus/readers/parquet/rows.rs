//! The rows of a Parquet file as lines of JSON: `{"text":"...","0":"..."}`.
//!
//! In: a Parquet file and the columns to read. Out: a stream of bytes, a line for each row. Row
//! groups are read one after the other, in each some rows at a time, so many that they are about
//! as large as a page.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::RowGroupMetaData;
use ::parquet::file::reader::{FileReader, Length, SerializedFileReader};

use super::super::{Converter, ReaderOptions};
use super::TEXT;
use super::cells::{Cells, cells};
use super::chunks::Chunks;
use super::columns::{Column, choose};
use crate::base::error::{Error, Result};
use crate::base::parquet_calls::{damaged, guarded};

/// Bytes of the values that are read together, by the average of their row group.
const BATCH_BYTES: u64 = 128 << 10;

/// Rows that are read together at most.
const BATCH_ROWS: u64 = 1024;

/// Lines are made until they have so many bytes.
const LINES_BYTES: usize = 128 << 10;

/// Reads the rows of a file.
pub(super) struct Rows {
    path: PathBuf,
    file: SerializedFileReader<Chunks>,
    /// The column of the text, then those of the metadata.
    columns: Vec<Column>,
    /// What stands before each value in a line.
    labels: Vec<String>,
    next_group: usize,
    group: Option<Group>,
    /// Lines that were made, and how many bytes of them are handed out.
    lines: Vec<u8>,
    handed_out: usize,
    beside: Beside,
}

/// The row group that is being read.
struct Group {
    /// Its number, from 1.
    number: usize,
    columns: Vec<Box<dyn Cells>>,
    /// Rows that are read together.
    batch: u64,
    /// Rows that are not read.
    n_left: u64,
    /// Rows that are read, of which no line is made.
    n_read: u64,
}

impl Rows {
    /// Opens a file; `beside` is read as far as the rows are.
    ///
    /// # Errors
    /// A file that cannot be read; a column that is not there, or not of a type that is read.
    pub(super) fn open(
        chunks: Chunks,
        beside: Box<dyn Read + Send>,
        options: &ReaderOptions,
        path: &Path,
    ) -> Result<Self> {
        let n_bytes = chunks.len();
        let file = guarded(|| SerializedFileReader::new(chunks))
            .map_err(|error| damaged(path, "that cannot be opened", &error))?;
        let metadata = file.metadata();
        let columns = choose(metadata.file_metadata().schema_descr(), options, path)?;
        let mut n_rows = 0_u64;
        for group in metadata.row_groups() {
            n_rows = n_rows.saturating_add(rows_of(group, path)?);
        }
        let fields = (0..options.metadata.len()).map(|number| format!(",\"{number}\":"));
        let labels = std::iter::once(format!("{{\"{TEXT}\":")).chain(fields).collect();
        Ok(Self {
            path: path.to_path_buf(),
            file,
            columns,
            labels,
            next_group: 0,
            group: None,
            lines: Vec::new(),
            handed_out: 0,
            beside: Beside { stream: beside, n_bytes, n_passed: 0, n_rows, n_rows_read: 0 },
        })
    }

    /// Makes the next lines; none at the end.
    fn make_lines(&mut self) -> Result<()> {
        self.lines.clear();
        self.handed_out = 0;
        while self.lines.len() < LINES_BYTES {
            let Some(group) = &mut self.group else {
                match self.open_group()? {
                    Some(group) => self.group = Some(group),
                    None => {
                        self.beside.finish(&self.path)?;
                        break;
                    }
                }
                continue;
            };
            if group.n_read == 0 {
                if group.n_left == 0 {
                    self.group = None;
                    continue;
                }
                let n_read = group.fill(&self.columns, &self.path)?;
                self.beside.follow(n_read, &self.path)?;
            }
            group.n_read = group.n_read.saturating_sub(1);
            for (label, column) in self.labels.iter().zip(&mut group.columns) {
                self.lines.extend_from_slice(label.as_bytes());
                column.append_next(&mut self.lines);
            }
            self.lines.extend_from_slice(b"}\n");
        }
        Ok(())
    }

    /// Opens the next row group; `None` behind the last.
    fn open_group(&mut self) -> Result<Option<Group>> {
        if self.next_group == self.file.num_row_groups() {
            return Ok(None);
        }
        let number = self.next_group + 1;
        let failed = |error| damaged(&self.path, &format!("in row group {number}"), &error);
        let group = self.file.get_row_group(self.next_group).map_err(failed)?;
        let metadata = group.metadata();
        let n_left = rows_of(metadata, &self.path)?;
        let (mut columns, mut n_bytes) = (Vec::with_capacity(self.columns.len()), 0_u64);
        for Column { position, top, meaning, .. } in &self.columns {
            let bytes = metadata.columns().get(*position).map(|it| it.uncompressed_size());
            n_bytes = n_bytes.saturating_add(bytes.unwrap_or(0).max(0).unsigned_abs());
            let reader = guarded(|| group.get_column_reader(*position)).map_err(failed)?;
            columns.push(cells(reader, *top, *meaning));
        }
        let bytes_of_row = (n_bytes / n_left.max(1)).max(1);
        let batch = (BATCH_BYTES / bytes_of_row).clamp(1, BATCH_ROWS);
        self.next_group += 1;
        Ok(Some(Group { number, columns, batch, n_left, n_read: 0 }))
    }
}

impl Group {
    /// Reads the next rows; returns how many.
    fn fill(&mut self, columns: &[Column], path: &Path) -> Result<u64> {
        let n_rows = self.batch.min(self.n_left);
        for (cells, column) in self.columns.iter_mut().zip(columns) {
            let place = || format!("in row group {}, column `{}`", self.number, column.name);
            let n_filled = guarded(|| cells.fill(n_rows as usize))
                .map_err(|error| damaged(path, &place(), &error))?;
            if n_filled as u64 != n_rows {
                let error = ParquetError::EOF("fewer values than rows".to_owned());
                return Err(damaged(path, &place(), &error));
            }
        }
        self.n_left -= n_rows;
        self.n_read = n_rows;
        Ok(n_rows)
    }
}

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.handed_out == self.lines.len() {
            self.make_lines().map_err(Error::into_io)?;
        }
        let n = (&self.lines[self.handed_out..]).read(buffer)?;
        self.handed_out += n;
        Ok(n)
    }
}

impl Converter for Rows {
    /// Each row has its own.
    fn metadata(&self) -> &[String] {
        &[]
    }
}

/// The bytes of the file from the first to the last, read as far as the rows are.
struct Beside {
    stream: Box<dyn Read + Send>,
    n_bytes: u64,
    n_passed: u64,
    n_rows: u64,
    n_rows_read: u64,
}

impl Beside {
    /// Goes on, since so many rows more were read.
    fn follow(&mut self, n_rows: u64, path: &Path) -> Result<()> {
        self.n_rows_read += n_rows;
        let share = u128::from(self.n_bytes) * u128::from(self.n_rows_read);
        let to = share / u128::from(self.n_rows.max(1));
        let to = u64::try_from(to).unwrap_or(u64::MAX).min(self.n_bytes);
        self.pass(to.saturating_sub(self.n_passed), path)
    }

    /// Goes on to the end.
    fn finish(&mut self, path: &Path) -> Result<()> {
        self.pass(u64::MAX, path)
    }

    fn pass(&mut self, n_bytes: u64, path: &Path) -> Result<()> {
        let passed = io::copy(&mut self.stream.by_ref().take(n_bytes), &mut io::sink());
        self.n_passed += passed.map_err(|error| Error::io("read", path, error))?;
        Ok(())
    }
}

fn rows_of(group: &RowGroupMetaData, path: &Path) -> Result<u64> {
    u64::try_from(group.num_rows()).map_err(|_| {
        let error = ParquetError::General("a row group of less than 0 rows".to_owned());
        damaged(path, "that cannot be opened", &error)
    })
}

//! Matrices in MatrixMarket files (Boisvert, Pozo & Remington 1996, "The Matrix Market exchange
//! formats").
//!
//! In: a file or standard input, plain or compressed: a line of words that says what the file
//! holds, comments, a line of sizes, then an entry a line, `row column value` with indices from 1
//! (`coordinate`), or every value, column after column (`array`). Out: the entries with indices
//! from 0 in the order of the file, in batches, or a [`BlockMatrix`].
//!
//! Read are real, integer and pattern matrices that are general, symmetric or skew-symmetric;
//! complex and Hermitian ones are refused. A symmetric file holds the entries on and below the
//! diagonal, as the format demands. One above it is refused, and not mirrored as some programs do:
//! a file that holds both halves would be counted twice without a word.
//!
//! While a batch of text is parsed in pieces on all threads, the next is read and decompressed.
//! Values are rounded to `f64`; a matrix stores them as `f32` where all are such numbers.

mod entries;
mod fields;
mod header;
mod sorter;
#[cfg(test)]
mod tests;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use self::entries::Parsed;
use self::fields::Fault;
pub use self::header::Symmetry;
use self::header::{Arrangement, Banner, Header};
use self::sorter::EntrySorter;
use crate::base::error::{Error, Result};
use crate::base::foreign::ForeignFormat;
use crate::base::progress::{Progress, Stage};
use crate::input::compression::{Decompressed, RawBytes};
use crate::input::encoding::Decoded;
use crate::input::{self, TextEncoding, TextSource};
use crate::matrix::BlockMatrix;
use crate::storage::spill::Spill;

/// Text read at a time: its entries take up to six times as much, and two batches of text are held.
const BATCH_BYTES: usize = 16 << 20;

/// Text read until the header is known: more than the comments of most files, and little to wait
/// for.
const HEADER_BYTES: usize = 64 << 10;

/// Text that one task parses: some milliseconds of work, and a batch has enough of them for any
/// number of cores.
const PIECE_BYTES: usize = 256 << 10;

/// Far longer than any entry or comment; a file with a longer line is something else.
const LONGEST_LINE_BYTES: usize = 1 << 20;

/// One entry of a matrix, with indices from 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// The row, below the number of rows.
    pub row: u32,
    /// The column, below the number of columns.
    pub column: u32,
    /// The value: finite, and not zero.
    pub value: f64,
}

/// Reads a MatrixMarket file: first its header, then its entries in batches.
///
/// The stage [`Stage::Read`] lasts from the opening of a reader until it is dropped; its unit is
/// the byte of the file, before decompression.
///
/// ```
/// use eigenlex::matrix::{Entry, MarketReader, Symmetry};
///
/// let file = "%%MatrixMarket matrix coordinate real symmetric\n3 3 2\n1 1 2.5\n3 1 -1e0\n";
/// let mut reader = MarketReader::new(file.as_bytes(), "small.mtx", &())?;
/// assert_eq!((reader.n_rows(), reader.n_columns()), (3, 3));
/// assert_eq!(reader.symmetry(), Symmetry::Symmetric);
/// let entry = |row, column, value| Entry { row, column, value };
/// let entries = vec![entry(0, 0, 2.5), entry(2, 0, -1.0), entry(0, 2, -1.0)];
/// assert_eq!(reader.next_batch()?, Some(entries));
/// assert_eq!(reader.next_batch()?, None);
/// # Ok::<(), eigenlex::Error>(())
/// ```
pub struct MarketReader<'a> {
    source: Source,
    header: Header,
    /// Read, but not yet parsed; empty at the end of the file.
    ahead: Text,
    /// Entries of the file handed out so far, mirrored ones not counted, zeros counted.
    n_stored: u64,
    /// Row and column of the next value of an array.
    place: (u32, u32),
    /// Whether a matrix stores its values as `f32` in any case.
    single: bool,
    progress: &'a dyn Progress,
}

impl<'a> MarketReader<'a> {
    /// Opens a file, or standard input where its path is `-`, and reads its header.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Decompress`] or [`Error::Archive`] if it cannot be read;
    /// [`Error::OtherFormat`] if it is a file of another program; [`Error::Malformed`] if it does
    /// not begin as a MatrixMarket file does, holds what is not read (a complex matrix, a vector),
    /// or has 2^32 rows or columns, or more.
    pub fn open(source: impl Into<TextSource>, progress: &'a dyn Progress) -> Result<Self> {
        let source = source.into();
        // A pipe has no length, and may be waited for.
        let is_file = |metadata: &fs::Metadata| metadata.is_file() && metadata.len() > 0;
        let metadata = fs::metadata(source.path()).ok().filter(is_file);
        progress.start(Stage::Read, metadata.map(|metadata| metadata.len()));
        let open = || {
            let mut opened = input::open(source.path())?;
            match ForeignFormat::of(opened.bytes.peek(HEADER_BYTES)?) {
                Some(format) => Err(Error::OtherFormat { path: opened.path, format }),
                None => Self::begin(opened.bytes, &opened.path, source.given_encoding(), progress),
            }
        };
        open().inspect_err(|_| progress.finish())
    }

    /// Reads the header from a stream of bytes, plain or compressed; `path` names it in messages.
    ///
    /// # Errors
    /// As [`MarketReader::open`].
    pub fn new(
        raw: impl Read + Send + 'static,
        path: impl AsRef<Path>,
        progress: &'a dyn Progress,
    ) -> Result<Self> {
        let path = path.as_ref();
        progress.start(Stage::Read, None);
        Decompressed::new(raw, path)
            .and_then(|bytes| Self::begin(bytes, path, None, progress))
            .inspect_err(|_| progress.finish())
    }

    fn begin(
        bytes: Decompressed,
        path: &Path,
        encoding: Option<TextEncoding>,
        progress: &'a dyn Progress,
    ) -> Result<Self> {
        let mut source = Source {
            raw_bytes: bytes.raw_bytes(),
            reader: Decoded::new(bytes, path, encoding)?,
            path: path.to_path_buf(),
            rest: Vec::new(),
            next_line: 1,
        };
        let (header, ahead) = source.read_header()?;
        Ok(Self {
            source,
            place: (header.first_row_of(0), 0),
            header,
            ahead,
            n_stored: 0,
            single: false,
            progress,
        })
    }

    /// Rows of the matrix.
    pub fn n_rows(&self) -> usize {
        self.header.n_rows as usize
    }

    /// Columns of the matrix.
    pub fn n_columns(&self) -> usize {
        self.header.n_columns as usize
    }

    /// Entries that the file announces: mirrored ones not counted, zeros counted.
    pub fn n_announced(&self) -> u64 {
        self.header.n_stored
    }

    /// Whether the entries are all there, or those on and below the diagonal, which stand for
    /// others too.
    pub fn symmetry(&self) -> Symmetry {
        self.header.symmetry
    }

    /// The next entries, in the order of the file; `None` at its end.
    ///
    /// An entry of a symmetric or skew-symmetric file is followed by its mirror image. Zeros are
    /// left out. An entry that is stored twice is handed out twice: their sum is meant.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the line of an entry that is none, lies outside the matrix, or has
    /// a value that is not finite; for more or fewer entries than announced; [`Error::Io`]
    /// or [`Error::Decompress`]; [`Error::Interrupted`].
    pub fn next_batch(&mut self) -> Result<Option<Vec<Entry>>> {
        loop {
            if self.progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            if self.ahead.bytes.is_empty() {
                return self.at_the_end().map(|()| None);
            }
            let text = std::mem::take(&mut self.ahead);
            let pieces = text.pieces();
            let (source, header) = (&mut self.source, &self.header);
            let (ahead, parsed) = rayon::join(
                || source.next_text(BATCH_BYTES),
                || pieces.par_iter().map(|piece| entries::parse(piece, header)).collect::<Vec<_>>(),
            );
            let entries = self.join(&text, &pieces, parsed)?;
            self.ahead = ahead?;
            self.progress.advance(self.source.raw_bytes.take());
            if !entries.is_empty() {
                return Ok(Some(entries));
            }
        }
    }

    /// Rounds the values of [`MarketReader::into_matrix`] to `f32`, which takes less memory.
    #[must_use]
    pub fn in_single_precision(mut self) -> Self {
        self.single = true;
        self
    }

    /// Reads all entries into a matrix; entries at the same place are added up in `f64`. With
    /// `spill`, entries and blocks that do not fit into memory go to the disk; the result has the
    /// same bits.
    ///
    /// A symmetric file makes a symmetric [`BlockMatrix`], whose decomposition takes half the work.
    ///
    /// # Errors
    /// As [`MarketReader::next_batch`], and [`Error::Io`] or [`Error::DiskFull`] if the disk is
    /// needed and cannot be written.
    pub fn into_matrix(mut self, spill: Option<Spill>) -> Result<BlockMatrix> {
        let mut sorter = EntrySorter::new(
            self.n_rows(),
            self.n_columns(),
            self.symmetry() == Symmetry::Symmetric,
            self.single,
            spill,
        );
        while let Some(batch) = self.next_batch()? {
            sorter.push(batch)?;
        }
        sorter.finish()
    }

    /// The entries of all pieces of a text, in order, or the first fault in it.
    fn join(&mut self, text: &Text, pieces: &[&[u8]], parsed: Vec<Parsed>) -> Result<Vec<Entry>> {
        let mut entries = Vec::with_capacity(parsed.iter().map(|piece| piece.entries.len()).sum());
        let mut offset = 0;
        for (piece, mut parsed) in pieces.iter().zip(parsed) {
            let wanted = self.header.n_stored - self.n_stored;
            if parsed.n_stored > wanted {
                let found = format!("entry {}", self.header.n_stored.saturating_add(1));
                let expected =
                    format!("the end of the file, which announces {}", self.header.n_stored);
                let fault =
                    Fault { offset: entries::offset_of_entry(piece, wanted), found, expected };
                return Err(text.refuse(&self.source.path, offset, fault));
            }
            if let Some(fault) = parsed.fault {
                return Err(text.refuse(&self.source.path, offset, fault));
            }
            self.n_stored += parsed.n_stored;
            match self.header.arrangement {
                Arrangement::Coordinate => entries.append(&mut parsed.entries),
                Arrangement::Array => self.place_values(&parsed.entries, &mut entries),
            }
            offset += piece.len();
        }
        Ok(entries)
    }

    /// Gives the values of an array their places, column after column.
    fn place_values(&mut self, values: &[Entry], entries: &mut Vec<Entry>) {
        for &Entry { value, .. } in values {
            let (row, column) = self.place;
            if value != 0.0 {
                self.header.symmetry.push(Entry { row, column, value }, entries);
            }
            self.place = if row + 1 < self.header.n_rows {
                (row + 1, column)
            } else {
                (self.header.first_row_of(column + 1), column + 1)
            };
        }
    }

    fn at_the_end(&self) -> Result<()> {
        if self.n_stored == self.header.n_stored {
            return Ok(());
        }
        let found = format!(
            "the end of the file after {} of {} entries",
            self.n_stored, self.header.n_stored
        );
        let expected = "all that it announces".to_owned();
        Err(Error::malformed(&self.source.path, Some(self.source.next_line), found, expected))
    }
}

impl Drop for MarketReader<'_> {
    fn drop(&mut self) {
        self.progress.finish();
    }
}

/// Some whole lines.
#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    /// Number of the first line, from 1.
    first_line: u64,
}

impl Text {
    /// The text in pieces of whole lines.
    fn pieces(&self) -> Vec<&[u8]> {
        let mut pieces = Vec::with_capacity(self.bytes.len() / PIECE_BYTES + 1);
        let mut rest = &self.bytes[..];
        while rest.len() > PIECE_BYTES {
            let Some(line_end) = rest[PIECE_BYTES..].iter().position(|&byte| byte == b'\n') else {
                break;
            };
            let (piece, tail) = rest.split_at(PIECE_BYTES + line_end + 1);
            pieces.push(piece);
            rest = tail;
        }
        pieces.push(rest);
        pieces
    }

    /// The error for a fault in the piece that begins at `offset`.
    fn refuse(&self, path: &Path, offset: usize, fault: Fault) -> Error {
        let line = self.first_line + count_lines(&self.bytes[..offset + fault.offset]);
        Error::malformed(path, Some(line), fault.found, fault.expected)
    }
}

/// The file as a sequence of texts.
struct Source {
    reader: Decoded<Decompressed>,
    raw_bytes: RawBytes,
    path: PathBuf,
    /// Read, but not yet handed out.
    rest: Vec<u8>,
    next_line: u64,
}

impl Source {
    /// About `size` bytes, cut at a line end; empty at the end of the file.
    fn next_text(&mut self, size: usize) -> Result<Text> {
        let mut bytes = std::mem::take(&mut self.rest);
        let first_line = self.next_line;
        loop {
            let filled = bytes.len();
            bytes.resize(filled + size, 0);
            let n = self.reader.read_full(&mut bytes[filled..], &self.path)?;
            bytes.truncate(filled + n);
            let cut = if n < size {
                Some(bytes.len())
            } else {
                bytes.iter().rposition(|&byte| byte == b'\n').map(|last| last + 1)
            };
            if let Some(cut) = cut {
                self.rest = bytes.split_off(cut);
                self.next_line += count_lines(&bytes);
                return Ok(Text { bytes, first_line });
            }
            if bytes.len() > LONGEST_LINE_BYTES {
                let found = format!("a line of more than {LONGEST_LINE_BYTES} bytes");
                return Err(Error::malformed(
                    &self.path,
                    Some(first_line),
                    found,
                    "an entry a line",
                ));
            }
        }
    }

    /// The header, and the text that was read with it and stands after it, or else the next one.
    fn read_header(&mut self) -> Result<(Header, Text)> {
        let mut banner = None;
        loop {
            let mut text = self.next_text(HEADER_BYTES)?;
            let mut offset = 0;
            for line in text.bytes.split_inclusive(|&byte| byte == b'\n') {
                let refuse = |fault| text.refuse(&self.path, offset, fault);
                match &banner {
                    None => banner = Some(Banner::parse(line).map_err(refuse)?),
                    Some(_) if entries::is_skipped(line) => {}
                    Some(banner) => {
                        let header = Header::parse(*banner, line).map_err(refuse)?;
                        let end = offset + line.len();
                        text.first_line += count_lines(&text.bytes[..end]);
                        text.bytes.drain(..end);
                        return Ok((
                            header,
                            if text.bytes.is_empty() { self.next_text(BATCH_BYTES)? } else { text },
                        ));
                    }
                }
                offset += line.len();
            }
            if text.bytes.is_empty() {
                let expected = banner.map_or(header::BANNER, Banner::sizes);
                let fault = Fault {
                    offset: 0,
                    found: "the end of the file".to_owned(),
                    expected: expected.to_owned(),
                };
                return Err(text.refuse(&self.path, 0, fault));
            }
        }
    }
}

fn count_lines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte == b'\n').count() as u64
}

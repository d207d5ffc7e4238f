//! finalfusion's files (`.fifu`): chunks of a vocabulary, a matrix, and the lengths of its rows.
//!
//! A file begins with `FiFu`, a version and the list of its chunks; each chunk has a number, its
//! length, and its content, least byte first. Rows lie at length 1; their lengths before are in the
//! chunk of norms, and a vector read is row times length. Numbers begin at a multiple of four
//! bytes, after one to four bytes that are skipped: never none. Vocabularies with n-grams are read
//! for their words; those that were fastText's give unknown words their vectors too. Quantized
//! matrices are read, not written.
//!
//! The format: <https://finalfusion.github.io/spec>. Written is a plain vocabulary with a matrix
//! and norms: a vector comes back within the rounding of 32-bit floats, `2^-23` of its length.

mod quantized;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::path::Path;

use super::byte_reader::ByteReader;
use super::input::Input;
use super::intake::{Intake, ReadOptions};
use super::report::{Fault, Place, ReadReport};
use super::traits::{ReadFormat, VectorFile, WriteFormat, WriteOptions};
use super::{Format, RowStream, check_shape, refuse_words};
use crate::base::error::{Error, Result};
use crate::base::progress::Stage;
use crate::base::words::WordId;
use crate::linalg::dot::length_of;
use crate::space::hashed_ngrams::{BucketRows, FloatRows, HashedNGrams, LONGEST_NGRAM, RowSource};
use crate::storage::atomic::AtomicFile;
use crate::storage::file_bytes::FileBytes;
use crate::vectors::WordVectors;
use quantized::{QuantizedFault, QuantizedRows};

/// What a file begins with.
const MAGIC: &[u8; 4] = b"FiFu";

/// The version of the format.
const VERSION: u32 = 0;

/// The number of 32-bit floats among the types.
const F32: u32 = 10;

/// The chunks, by their numbers.
const SIMPLE_VOCABULARY: u32 = 1;
const MATRIX: u32 = 2;
const BUCKET_VOCABULARY: u32 = 3;
const QUANTIZED: u32 = 4;
const METADATA: u32 = 5;
const NORMS: u32 = 6;
const FASTTEXT_VOCABULARY: u32 = 7;
const EXPLICIT_VOCABULARY: u32 = 8;
const FLORET_VOCABULARY: u32 = 9;

/// The format.
pub(super) struct Finalfusion;

impl ReadFormat for Finalfusion {
    fn begins(&self, start: &[u8]) -> bool {
        start.starts_with(MAGIC)
    }

    fn read(&self, input: Input<'_>) -> Result<VectorFile> {
        let (path, options) = (input.path().to_path_buf(), input.options);
        let (vectors, report, ngrams) = read(input.bytes()?, &path, options)?;
        Ok(VectorFile { vectors, format: Format::Finalfusion, report, ngrams })
    }
}

impl WriteFormat for Finalfusion {
    fn write(
        &self,
        vectors: &RowStream<'_>,
        path: &Path,
        options: &WriteOptions<'_>,
    ) -> Result<()> {
        write_stream(vectors, path, options.force)
    }
}

/// Bytes that are skipped before numbers that would begin at `position`.
fn padding(position: usize) -> usize {
    4 - position % 4
}

/// Reads a file; with what gives unknown words their vectors, if that is in it.
///
/// # Errors
/// [`Error::Malformed`].
fn read(
    bytes: FileBytes,
    path: &Path,
    options: &ReadOptions,
) -> Result<(WordVectors, ReadReport, Option<HashedNGrams>)> {
    let file = File::parse(&bytes, path)?;
    let (n_rows, dim) = file.matrix.shape();
    let n_words = file.words.len();
    let mut intake = Intake::new(path, dim, options)?;
    let n_read = n_words.min(intake.room());
    intake.report().is_limited = n_read < n_words;
    let mut row = vec![0.0; dim];
    for (number, &(begin, end)) in file.words[..n_read].iter().enumerate() {
        let norm = file.norms.as_ref().map_or(1.0, |norms| norms[number]);
        let place = file.matrix.copy_row(&bytes, number, &mut row);
        row.iter_mut().for_each(|value| *value *= norm);
        let word = String::from_utf8_lossy(&bytes[begin..end]);
        if matches!(word, Cow::Owned(_)) {
            let found = format!("the word `{word}`, that is not UTF-8");
            intake.note(Fault::BadUtf8, Place::row(number as u64, place, found))?;
        }
        intake.take_row(&word, &row, number as u64)?;
    }
    let (vectors, report) = intake.finish()?;
    let File { ngrams, matrix, .. } = file;
    let ngrams = ngrams.filter(|_| n_rows > n_words).map(|(letters, n_buckets)| {
        let source: Box<dyn RowSource> = match matrix {
            Matrix::Plain { start, .. } => Box::new(FloatRows { bytes, start, dim }),
            Matrix::Quantized(rows) => Box::new(rows),
        };
        HashedNGrams::new(letters, n_buckets, dim, None, BucketRows { source, first: n_words })
    });
    Ok((vectors, report, ngrams))
}

/// The rows of a file.
enum Matrix {
    /// From this byte of the file on.
    Plain { n_rows: usize, dim: usize, start: usize },
    /// As codes.
    Quantized(QuantizedRows),
}

impl Matrix {
    /// Rows and columns.
    fn shape(&self) -> (usize, usize) {
        match self {
            Self::Plain { n_rows, dim, .. } => (*n_rows, *dim),
            Self::Quantized(rows) => (rows.n_rows, rows.dim),
        }
    }

    /// Copies a row; returns the byte where it lies, if it does as it is.
    fn copy_row(&self, bytes: &[u8], number: usize, row: &mut [f32]) -> Option<u64> {
        match self {
            Self::Plain { dim, start, .. } => {
                let place = start + number * dim * 4;
                let values = super::little_endian::floats_of(&bytes[place..place + dim * 4]);
                row.iter_mut().zip(values).for_each(|(to, value)| *to = value);
                Some(place as u64)
            }
            Self::Quantized(rows) => {
                row.fill(0.0);
                rows.add(number, row);
                None
            }
        }
    }
}

/// Where things are in a file.
struct File {
    /// Where the words begin and end.
    words: Vec<(usize, usize)>,
    matrix: Matrix,
    norms: Option<Vec<f32>>,
    /// Letters and buckets of fastText's n-grams.
    ngrams: Option<(std::ops::RangeInclusive<usize>, u32)>,
}

impl File {
    fn parse(bytes: &[u8], path: &Path) -> Result<Self> {
        let bad =
            |found: &str, expected: &str| Error::malformed(path, None, found.to_owned(), expected);
        let cut = || bad("the end of the file", "a whole file of finalfusion");
        let mut reader = ByteReader::new(bytes);
        if reader.take(4).ok_or_else(cut)? != MAGIC {
            return Err(bad("other first bytes", "a file of finalfusion"));
        }
        let version = reader.u32().ok_or_else(cut)?;
        if version != VERSION {
            return Err(bad(&format!("version {version} of finalfusion's format"), "version 0"));
        }
        let n_chunks = reader.u32().ok_or_else(cut)? as usize;
        n_chunks.checked_mul(4).and_then(|n| reader.take(n)).ok_or_else(cut)?;
        let (mut words, mut matrix, mut norms, mut ngrams) = (None, None, None, None);
        for _ in 0..n_chunks {
            let chunk = reader.u32().ok_or_else(cut)?;
            let n_bytes = reader.count().ok_or_else(cut)?;
            let begin = reader.position();
            reader.take(n_bytes).ok_or_else(cut)?;
            let mut content = ByteReader::new(bytes);
            content.take(begin).ok_or_else(cut)?;
            match chunk {
                SIMPLE_VOCABULARY => {
                    let n_words = content.count().ok_or_else(cut)?;
                    words = Some(words_of(&mut content, n_words).ok_or_else(cut)?);
                }
                BUCKET_VOCABULARY | FASTTEXT_VOCABULARY => {
                    let n_words = content.count().ok_or_else(cut)?;
                    let mut number = || content.u32().ok_or_else(cut);
                    let (shortest, longest, n_buckets) = (number()?, number()?, number()?);
                    if longest as usize > LONGEST_NGRAM {
                        let found = format!("n-grams of {longest} letters");
                        let expected = format!("at most {LONGEST_NGRAM}");
                        return Err(Error::malformed(path, None, found, expected));
                    }
                    words = Some(words_of(&mut content, n_words).ok_or_else(cut)?);
                    let is_fasttext = chunk == FASTTEXT_VOCABULARY && n_buckets > 0;
                    ngrams = is_fasttext
                        .then_some((shortest.max(1) as usize..=longest as usize, n_buckets));
                }
                EXPLICIT_VOCABULARY => {
                    let n_words = content.count().ok_or_else(cut)?;
                    let (n_ngrams, letters_bytes) = (8, 8);
                    content.take(n_ngrams + letters_bytes).ok_or_else(cut)?;
                    words = Some(words_of(&mut content, n_words).ok_or_else(cut)?);
                }
                MATRIX => {
                    let n_rows = content.count().ok_or_else(cut)?;
                    let dim = content.u32().ok_or_else(cut)? as usize;
                    let kind = content.u32().ok_or_else(cut)?;
                    if kind != F32 {
                        return Err(bad(&format!("numbers of type {kind}"), "10, 32-bit floats"));
                    }
                    content.take(padding(content.position())).ok_or_else(cut)?;
                    let start = content.position();
                    let size = n_rows.checked_mul(dim).and_then(|n| n.checked_mul(4));
                    size.and_then(|size| content.take(size)).ok_or_else(cut)?;
                    matrix = Some(Matrix::Plain { n_rows, dim, start });
                }
                NORMS => {
                    let n_norms = content.count().ok_or_else(cut)?;
                    let kind = content.u32().ok_or_else(cut)?;
                    if kind != F32 {
                        return Err(bad(&format!("norms of type {kind}"), "10, 32-bit floats"));
                    }
                    content.take(padding(content.position())).ok_or_else(cut)?;
                    norms = Some(content.floats(n_norms).ok_or_else(cut)?);
                }
                QUANTIZED => {
                    let rows = QuantizedRows::read(&mut content);
                    matrix = Some(Matrix::Quantized(rows.map_err(|fault| match fault {
                        QuantizedFault::Cut => cut(),
                        QuantizedFault::Bad(found, expected) => bad(&found, &expected),
                    })?));
                }
                FLORET_VOCABULARY => {
                    return Err(bad("a floret vocabulary, which has no words", "words"));
                }
                METADATA => {}
                other => return Err(bad(&format!("a chunk of kind {other}"), "kinds 1 to 9")),
            }
        }
        let words = words.ok_or_else(|| bad("no vocabulary", "words and a matrix"))?;
        let matrix = matrix.ok_or_else(|| bad("no matrix", "words and a matrix"))?;
        let (n_rows, dim) = matrix.shape();
        check_shape(words.len(), dim, path)?;
        let n_ngrams = ngrams.as_ref().map_or(0, |&(_, n_buckets)| n_buckets as usize);
        let n_needed = words.len() + n_ngrams;
        if n_rows < n_needed {
            let found = format!("{n_rows} rows");
            return Err(bad(&found, &format!("{n_needed}, those of the words and n-grams")));
        }
        if norms.as_ref().is_some_and(|norms| norms.len() < words.len()) {
            return Err(bad("too few norms", &format!("{} for the words", words.len())));
        }
        Ok(Self { words, matrix, norms, ngrams })
    }
}

/// Where so many words begin and end.
fn words_of(content: &mut ByteReader<'_>, n_words: usize) -> Option<Vec<(usize, usize)>> {
    let mut words = Vec::new();
    for _ in 0..n_words {
        let n_bytes = content.u32()? as usize;
        let begin = content.position();
        content.take(n_bytes)?;
        words.push((begin, content.position()));
    }
    Some(words)
}

/// Writes a file; `force` replaces one that exists.
///
/// # Errors
/// [`Error::Parameter`] if there is no word; otherwise as [`Format::write`].
fn write_stream(vectors: &RowStream<'_>, path: &Path, force: bool) -> Result<()> {
    let (words, dim) = (vectors.words(), vectors.dim());
    refuse_words(words, Format::Finalfusion, |word| word.is_empty(), "at least one character")?;
    let mut file = Counting { file: AtomicFile::create(path, force)?, n_bytes: 0 };
    file.put(MAGIC)?;
    for number in [VERSION, 3, SIMPLE_VOCABULARY, MATRIX, NORMS] {
        file.put(&number.to_le_bytes())?;
    }
    let spellings: usize = words.iter().map(|word| 4 + word.len()).sum();
    file.put_head(SIMPLE_VOCABULARY, 8 + spellings)?;
    file.put(&(words.len() as u64).to_le_bytes())?;
    for word in words.iter() {
        file.put(&(word.len() as u32).to_le_bytes())?;
        file.put(word.as_bytes())?;
    }

    // Number, length, rows, columns and type stand before the padding.
    let n_padding = padding(file.n_bytes + 4 + 8 + 8 + 4 + 4);
    file.put_head(MATRIX, 8 + 4 + 4 + n_padding + 4 * words.len() * dim)?;
    file.put(&(words.len() as u64).to_le_bytes())?;
    file.put(&(dim as u32).to_le_bytes())?;
    file.put(&F32.to_le_bytes())?;
    file.put(&[0; 4][..n_padding])?;
    let mut norms = Vec::with_capacity(words.len());
    let mut bytes = Vec::new();
    vectors.each_chunk(|_, rows| {
        bytes.clear();
        for row in rows.chunks_exact(dim) {
            let norm = length_of(row);
            if !norm.is_finite() {
                let word = words.spelling(WordId(norms.len() as u32));
                let place = format!("the length of the vector of `{word}`");
                return Err(Error::NotFinite { stage: Stage::Write, place });
            }
            norms.push(norm);
            // A row of zeros stays one.
            let divisor = if norm > 0.0 { norm } else { 1.0 };
            bytes.extend(row.iter().flat_map(|value| (value / divisor).to_le_bytes()));
        }
        file.put(&bytes)
    })?;

    let n_padding = padding(file.n_bytes + 4 + 8 + 8 + 4);
    file.put_head(NORMS, 8 + 4 + n_padding + 4 * norms.len())?;
    file.put(&(norms.len() as u64).to_le_bytes())?;
    file.put(&F32.to_le_bytes())?;
    file.put(&[0; 4][..n_padding])?;
    for norm in norms {
        file.put(&norm.to_le_bytes())?;
    }
    file.file.commit()
}

/// A file, and how many bytes were put.
struct Counting {
    file: AtomicFile,
    n_bytes: usize,
}

impl Counting {
    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.n_bytes += bytes.len();
        self.file.put(bytes)
    }

    fn put_head(&mut self, chunk: u32, n_bytes: usize) -> Result<()> {
        self.put(&chunk.to_le_bytes())?;
        self.put(&(n_bytes as u64).to_le_bytes())
    }
}

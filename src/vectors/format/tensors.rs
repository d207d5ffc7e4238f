//! safetensors files of other programs, and our own with 16- or 8-bit numbers.
//!
//! In: the bytes of a file. Out: its vectors. The matrix is the tensor `embeddings` (our own files,
//! model2vec), `embedding.weight` (a static embedding of sentence-transformers, PyTorch), or else
//! the only one with two dimensions. Words stand in the tensors `words` and `word_offsets`, or in a
//! list beside the file, such as a `tokenizer.json`. A tensor `scales` has a factor for each row of
//! 8-bit integers; a tensor `mapping` says which row a word has, and `weights` by what that row is
//! multiplied (model2vec).

use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, Metadata, TensorInfo};

use super::intake::{Intake, ReadOptions};
use super::little_endian::{floats, u64_of};
use super::matrix_in_file::MatrixInFile;
use super::numbers::{Layout, Matrix, NumberType};
use super::report::{Fault, Place, ReadReport};
use super::safetensors::{INDEX, NORMS, read_header};
use super::stored_words::cut_words;
use super::{check_shape, words_beside};
use crate::base::error::{Error, Result};
use crate::base::words::{WordId, Words};
use crate::linalg::dot::length_of;
use crate::storage::file_bytes::FileBytes;
use crate::vectors::WordVectors;

/// What the matrix is called, the likeliest first.
const NAMES: [&str; 6] =
    ["embeddings", "embedding.weight", "vectors", "embedding", "weight", "word_embeddings.weight"];

/// Rows whose lengths are compared at a time.
const ROWS_AT_A_TIME: usize = 4096;

/// How far a stored length may be from the length, as a share of it: sums of 32-bit floats in
/// another order differ by less.
const LENGTH_TOLERANCE: f32 = 1e-5;

/// The word of unknown words.
pub(super) const UNKNOWN: &str = "[UNK]";

/// Reads the bytes of a safetensors file.
///
/// # Errors
/// [`Error::Malformed`]; [`Error::Io`] if there is no list of words.
pub(super) fn read(
    bytes: FileBytes,
    path: &Path,
    options: &ReadOptions,
) -> Result<(WordVectors, ReadReport)> {
    let (start, header) = read_header(&bytes, path)?;
    let file = File { bytes: &bytes, path, start, header: &header };
    let (name, info) = file.matrix()?;
    let mut matrix = file.matrix_of(&name, info)?;
    let (mut words, list) = file.words(options, matrix.n_rows)?;
    leave_out_unknown(&mut matrix, &mut words, &bytes);
    let lengths = match &list {
        // Files of other programs may mean something else by this name.
        Some(_) => ReadReport::default(),
        None => {
            let mut report = file.wrong_lengths(&matrix, &words, options)?;
            file.check_index(&matrix, &words, options, &mut report)?;
            report
        }
    };
    let (vectors, mut report) = match file.mapped(matrix.n_rows, words.len())? {
        None => matrix.read(bytes, &words, path, options)?,
        Some(mapped) => mapped.read(&bytes, &matrix, &words, path, options)?,
    };
    report.word_list = list;
    report.notes.extend(lengths.notes);
    Ok((vectors, report))
}

/// Leaves out a last row of zeros that stands for unknown words: it is the vector of no word.
fn leave_out_unknown(matrix: &mut MatrixInFile, words: &mut Words, bytes: &[u8]) {
    let n_rows = words.len().saturating_sub(1);
    let row_bytes = matrix.dim * matrix.number_type.n_bytes();
    let begin = matrix.range.end - row_bytes;
    let is_unknown = words.len() == matrix.n_rows
        && n_rows > 0
        && words.spelling(WordId(n_rows as u32)) == UNKNOWN
        && bytes[begin..matrix.range.end].iter().all(|&byte| byte == 0);
    if is_unknown {
        *words = words.iter().take(n_rows).collect();
        (matrix.n_rows, matrix.range.end) = (n_rows, begin);
        if let Some(scales) = &mut matrix.scales {
            scales.truncate(n_rows);
        }
    }
}

/// A file with a checked header.
struct File<'a> {
    bytes: &'a [u8],
    path: &'a Path,
    /// Where the tensors begin.
    start: usize,
    header: &'a Metadata,
}

impl<'a> File<'a> {
    fn malformed(&self, found: impl Into<String>, expected: impl Into<String>) -> Error {
        Error::malformed(self.path, None, found, expected)
    }

    fn bytes_of(&self, info: &TensorInfo) -> &'a [u8] {
        let (begin, end) = info.data_offsets;
        &self.bytes[self.start + begin..self.start + end]
    }

    /// The tensor that holds the vectors.
    fn matrix(&self) -> Result<(String, &'a TensorInfo)> {
        let known = NAMES.into_iter().find_map(|name| Some((name, self.header.info(name)?)));
        if let Some((name, info)) = known {
            return Ok((name.to_owned(), info));
        }
        let mut tensors: Vec<(String, &TensorInfo)> = self.header.tensors().into_iter().collect();
        tensors.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
        let matrices = tensors.iter().filter(|(_, info)| info.shape.len() == 2);
        let [(name, info)] = matrices.collect::<Vec<_>>()[..] else {
            let names = tensors.iter().take(5).map(|(name, _)| format!("`{name}`"));
            let names: Vec<String> = names.collect();
            let found = match names.len() {
                0 => "no tensor".to_owned(),
                _ => format!("the tensors {}", names.join(", ")),
            };
            return Err(self.malformed(found, "one tensor of words by numbers, as `embeddings`"));
        };
        Ok((name.clone(), info))
    }

    /// How the numbers of the matrix lie.
    fn matrix_of(&self, name: &str, info: &TensorInfo) -> Result<MatrixInFile> {
        let [n_rows, dim] = info.shape[..] else {
            let found = format!("{name} of shape {:?}", info.shape);
            return Err(self.malformed(found, "two dimensions, [words, dim]"));
        };
        check_shape(n_rows, dim, self.path)?;
        let Some(number_type) = number_type(info.dtype) else {
            let found = format!("numbers of type {:?}", info.dtype);
            return Err(self.malformed(found, "F32, F16, BF16, F64 or I8"));
        };
        let (begin, end) = info.data_offsets;
        let scales = match self.header.info("scales") {
            Some(scales) if number_type == NumberType::I8 => {
                if scales.dtype != Dtype::F32 || scales.shape != [n_rows] {
                    let found = format!("scales {:?} of shape {:?}", scales.dtype, scales.shape);
                    return Err(self.malformed(found, format!("F32 of shape [{n_rows}]")));
                }
                Some(floats(self.bytes_of(scales)))
            }
            _ => None,
        };
        let range = self.start + begin..self.start + end;
        Ok(MatrixInFile { range, number_type, layout: Layout::PLAIN, n_rows, dim, scales })
    }

    /// The words of the rows, or of the tensor `mapping`; and their list, where they stand in one.
    fn words(&self, options: &ReadOptions, n_rows: usize) -> Result<(Words, Option<PathBuf>)> {
        let spellings = self.header.info("words").filter(|info| info.dtype == Dtype::U8);
        let offsets = self.header.info("word_offsets").filter(|info| info.dtype == Dtype::U64);
        if let Some((spellings, offsets)) = spellings.zip(offsets) {
            let (spellings, offsets) = (self.bytes_of(spellings), self.bytes_of(offsets));
            return Ok((cut_words(spellings, offsets, n_rows, self.path)?, None));
        }
        let (mut words, list) = words_beside::find(self.path, options)?;
        // Our own tokenizers give unknown words the id behind the last row.
        if words.len() == n_rows + 1 && words.spelling(WordId(n_rows as u32)) == UNKNOWN {
            words = words.iter().take(n_rows).collect();
        }
        if self.header.info("mapping").is_none() {
            words_beside::check(&words, &list, n_rows, self.path)?;
        }
        Ok((words, Some(list)))
    }

    /// The rows, of those that are read, whose stored length is another than that of the row.
    fn wrong_lengths(
        &self,
        matrix: &MatrixInFile,
        words: &Words,
        options: &ReadOptions,
    ) -> Result<ReadReport> {
        let mut report = ReadReport::default();
        let (n_rows, dim) = (matrix.n_rows, matrix.dim);
        let is_of_rows = |info: &&TensorInfo| info.dtype == Dtype::F32 && info.shape == [n_rows];
        let Some(stored) = self.header.info(NORMS).filter(is_of_rows) else { return Ok(report) };
        let stored = floats(self.bytes_of(stored));
        let n_read = n_rows.min(options.most_rows());
        let (decoder, mut rows) = (matrix.matrix(self.bytes), Vec::new());
        for first in (0..n_read).step_by(ROWS_AT_A_TIME) {
            let range = first..n_read.min(first + ROWS_AT_A_TIME);
            rows.resize(range.len() * dim, 0.0);
            decoder.decode(range.clone(), &mut rows);
            for (row, vector) in range.zip(rows.chunks_exact(dim)) {
                let (length, stored) = (length_of(vector), stored[row]);
                // A vector that is not finite is a fault of its own.
                let fits = (length - stored).abs() <= LENGTH_TOLERANCE * length;
                if fits || vector.iter().any(|number| !number.is_finite()) {
                    continue;
                }
                let word = words.spelling(WordId(row as u32));
                let found = format!("the length {stored} of the vector of `{word}`, not {length}");
                let place = Place::row(row as u64, None, found);
                options.on_fault.note(&mut report, (self.path, dim), Fault::WrongLength, place)?;
            }
        }
        Ok(report)
    }

    /// Notes a stored index that does not find each word.
    fn check_index(
        &self,
        matrix: &MatrixInFile,
        words: &Words,
        options: &ReadOptions,
        report: &mut ReadReport,
    ) -> Result<()> {
        let Some(info) = self.header.info(INDEX).filter(|info| info.dtype == Dtype::U32) else {
            return Ok(());
        };
        let number = |it: &[u8]| u32::from_le_bytes([it[0], it[1], it[2], it[3]]);
        let index: Vec<u32> = self.bytes_of(info).chunks_exact(4).map(number).collect();
        if index.is_empty() || words.is_index(&index) {
            return Ok(());
        }
        let place = Place::whole(format!("`{INDEX}`, which does not find each word"));
        let file = (self.path, matrix.dim);
        options.on_fault.note(report, file, Fault::WrongIndex, place)
    }

    /// Which row each word has, and its weight, if the file says so.
    fn mapped(&self, n_rows: usize, n_words: usize) -> Result<Option<Mapped>> {
        let (mapping, weights) = (self.header.info("mapping"), self.header.info("weights"));
        if mapping.is_none() && weights.is_none() {
            return Ok(None);
        }
        let row_of: Vec<usize> = match mapping {
            None => (0..n_rows).collect(),
            Some(info) => {
                let bytes = self.bytes_of(info);
                match info.dtype {
                    Dtype::I64 | Dtype::U64 => {
                        bytes.chunks_exact(8).map(|it| u64_of(it) as usize).collect()
                    }
                    Dtype::I32 | Dtype::U32 => bytes
                        .chunks_exact(4)
                        .map(|it| {
                            i32::from_le_bytes([it[0], it[1], it[2], it[3]]) as isize as usize
                        })
                        .collect(),
                    other => {
                        let found = format!("mapping of type {other:?}");
                        return Err(self.malformed(found, "integers"));
                    }
                }
            }
        };
        if row_of.len() != n_words {
            let found = format!("a mapping of {} words", row_of.len());
            return Err(self.malformed(found, format!("{n_words}, those of the list")));
        }
        if let Some((word, row)) = (0..).zip(&row_of).find(|&(_, &row)| row >= n_rows) {
            // What is negative in the file is so here again.
            let (row, last) = (row.cast_signed(), n_rows - 1);
            let found = format!("row {row} for word {word} (from 0) in the tensor `mapping`");
            return Err(self.malformed(found, format!("a row from 0 to {last}")));
        }
        let weights = match weights {
            None => vec![1.0; n_words],
            Some(info) => {
                let kind = number_type(info.dtype).filter(|_| info.shape == [n_words]);
                let Some(number_type) = kind else {
                    let found = format!("weights of shape {:?}", info.shape);
                    return Err(self.malformed(found, format!("numbers of shape [{n_words}]")));
                };
                let (bytes, layout) = (self.bytes_of(info), Layout::PLAIN);
                let matrix =
                    Matrix { bytes, number_type, layout, n_rows: n_words, dim: 1, scales: None };
                let mut weights = vec![0.0; n_words];
                matrix.decode(0..n_words, &mut weights);
                weights
            }
        };
        Ok(Some(Mapped { row_of, weights }))
    }
}

/// The rows of words, which several may share.
struct Mapped {
    row_of: Vec<usize>,
    weights: Vec<f32>,
}

impl Mapped {
    fn read(
        &self,
        bytes: &[u8],
        matrix: &MatrixInFile,
        words: &Words,
        path: &Path,
        options: &ReadOptions,
    ) -> Result<(WordVectors, ReadReport)> {
        let mut intake = Intake::new(path, matrix.dim, options)?;
        let mut row = vec![0.0; matrix.dim];
        let rows = matrix.matrix(bytes);
        for (number, (word, (&at, weight))) in
            words.iter().zip(self.row_of.iter().zip(&self.weights)).enumerate()
        {
            if intake.room() == 0 {
                intake.report().is_limited = true;
                break;
            }
            rows.decode(at..at + 1, &mut row);
            row.iter_mut().for_each(|value| *value *= weight);
            intake.take_row(word, &row, number as u64)?;
        }
        intake.finish()
    }
}

/// The type of numbers that vectors may have.
fn number_type(dtype: Dtype) -> Option<NumberType> {
    Some(match dtype {
        Dtype::F16 => NumberType::F16,
        Dtype::BF16 => NumberType::Bf16,
        Dtype::F32 => NumberType::F32,
        Dtype::F64 => NumberType::F64,
        Dtype::I8 => NumberType::I8,
        _ => return None,
    })
}

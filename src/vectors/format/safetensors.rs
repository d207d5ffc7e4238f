//! safetensors: the format of eigenlex's own models and of singular vectors. An 8-byte length, a
//! JSON header, then plain little-endian tensors.
//!
//! The tensors: `embeddings` F32 `[n_words, dim]`; `words` U8, all spellings one after the other in
//! UTF-8; `word_offsets` U64 `[n_words + 1]`, which cut them; `word_index` U32, a hash table of the
//! words ([`Words`] has its form); `norms` F32 `[n_words]`, the Euclidean length of each vector;
//! `singular_values` F64 `[dim]` or empty; of models also `counts` and `document_frequencies` U64
//! `[n_words]`. They stand in the order of their alignment, so that all can be used where they lie
//! in the mapped file: opening copies nothing but the singular values. Files of earlier versions
//! have no index, norms and counts. The header's `__metadata__` maps strings to strings.
//!
//! The format: <https://huggingface.co/docs/safetensors>. The `safetensors` crate checks headers on
//! reading.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use pulp::bytemuck::AnyBitPattern;
use safetensors::tensor::{Dtype, Metadata};
use safetensors::{SafeTensorError, SafeTensors};

use super::little_endian::{floats, u64_of};
use super::refuse_duplicates;
use super::safetensors_writer::{SafetensorsWriter, TensorType};
use super::stored_words::{self, Places, check_offsets, cut_words};
use super::stream::RowStream;
use crate::base::error::{Error, Result};
use crate::base::progress::Stage;
use crate::base::words::{WordId, Words};
use crate::linalg::dot::length_of;
use crate::storage::floats::{Floats, StoredNumbers};
use crate::storage::mmap::MappedFile;
use crate::vectors::WordVectors;

/// The tensor of the vectors' lengths.
pub(super) const NORMS: &str = "norms";

/// The tensor of the index of the words.
pub(crate) const INDEX: &str = "word_index";

/// The tensor of the words' numbers of tokens.
const TOKENS: &str = "counts";

/// The tensor of the words' numbers of documents.
const DOCUMENTS: &str = "document_frequencies";

/// What a safetensors file of word vectors holds.
#[derive(Debug)]
#[non_exhaustive]
pub struct Contents {
    /// Words and vectors.
    pub vectors: WordVectors,
    /// The singular values, largest first; empty where the vectors come from elsewhere.
    pub singular_values: Vec<f64>,
    /// The header's metadata.
    pub metadata: BTreeMap<String, String>,
    /// How often each word occurs, and in how many documents; `None` where no model wrote the file.
    pub counts: Option<WordCounts>,
}

/// How often words occur.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct WordCounts {
    /// For each word its number of tokens.
    pub tokens: StoredNumbers<u64>,
    /// For each word the number of documents that hold it.
    pub documents: StoredNumbers<u64>,
}

/// Writes vectors, singular values (empty if there are none) and metadata; `force` replaces a file
/// that exists.
///
/// # Errors
/// [`Error::OutputExists`], [`Error::DiskFull`], [`Error::Io`]; [`Error::NotFinite`] if a number is
/// NaN or infinite. Then no new file is there.
pub fn write(
    vectors: &WordVectors,
    singular_values: &[f64],
    metadata: &BTreeMap<String, String>,
    path: impl AsRef<Path>,
    force: bool,
) -> Result<()> {
    write_stream(&RowStream::from(vectors), singular_values, metadata, path, force)
}

/// The same for the vectors of a model, with how often each word occurs: its tokens, and the
/// documents that hold it.
///
/// # Errors
/// As [`write()`].
///
/// # Panics
/// If there are not as many numbers as words.
pub fn write_counted(
    vectors: &WordVectors,
    singular_values: &[f64],
    [tokens, documents]: [&[u64]; 2],
    metadata: &BTreeMap<String, String>,
    path: impl AsRef<Path>,
    force: bool,
) -> Result<()> {
    assert_eq!([tokens.len(), documents.len()], [vectors.len(); 2], "a number for each word");
    let counts: [(&str, &[u64]); 2] = [(TOKENS, tokens), (DOCUMENTS, documents)];
    let rows = RowStream::from(vectors);
    write_tensors(&rows, singular_values, &counts, metadata, path.as_ref(), force)
}

/// The same for vectors that are made as they are written.
///
/// # Errors
/// As [`write()`].
pub fn write_stream(
    vectors: &RowStream<'_>,
    singular_values: &[f64],
    metadata: &BTreeMap<String, String>,
    path: impl AsRef<Path>,
    force: bool,
) -> Result<()> {
    write_tensors(vectors, singular_values, &[], metadata, path.as_ref(), force)
}

fn write_tensors(
    vectors: &RowStream<'_>,
    singular_values: &[f64],
    counts: &[(&str, &[u64])],
    metadata: &BTreeMap<String, String>,
    path: &Path,
    force: bool,
) -> Result<()> {
    let (spellings, offsets) = vectors.words().parts();
    let index = vectors.words().stored_index();
    let n_words = vectors.words().len();
    let (of_words, of_places) = ([n_words], [index.len()]);
    let (of_offsets, of_bytes) = ([n_words + 1], [spellings.len()]);
    let (of_values, of_rows) = ([singular_values.len()], [n_words, vectors.dim()]);
    let mut tensors: Vec<(&str, TensorType, &[usize])> = vec![
        ("singular_values", TensorType::F64, &of_values),
        ("word_offsets", TensorType::U64, &of_offsets),
    ];
    tensors.extend(counts.iter().map(|&(name, _)| (name, TensorType::U64, &of_words[..])));
    tensors.extend([
        ("embeddings", TensorType::F32, &of_rows[..]),
        (NORMS, TensorType::F32, &of_words),
        (INDEX, TensorType::U32, &of_places),
        ("words", TensorType::U8, &of_bytes),
    ]);
    let mut file = SafetensorsWriter::create(path, force, &tensors, metadata)?;
    file.put_doubles(singular_values)?;
    file.put_numbers(offsets.iter().map(|&offset| offset as u64))?;
    counts.iter().try_for_each(|(_, counts)| file.put_numbers(counts.iter().copied()))?;
    let mut norms = Vec::with_capacity(n_words);
    vectors.each_chunk(|first, rows| {
        norms.extend(rows.chunks_exact(vectors.dim()).map(length_of));
        if let Some(row) = norms[first..].iter().position(|norm| !norm.is_finite()) {
            let word = vectors.words().spelling(WordId((first + row) as u32));
            let place = format!("the length of the vector of `{word}`");
            return Err(Error::NotFinite { stage: Stage::Write, place });
        }
        file.put_floats(rows)
    })?;
    file.put_floats(&norms)?;
    file.put_whole_numbers(&index)?;
    file.put_bytes(spellings.as_bytes())?;
    file.commit()
}

/// Opens a file in place: the embeddings stay where they are on the disk until they are used.
///
/// Numbers that are not finite are found when the vectors are first compared, by
/// [`WordVectors::lengths`], not here: looking for them would read the whole file.
///
/// # Errors
/// [`Error::Io`]; [`Error::Malformed`] if the file is not a safetensors file of word vectors.
pub fn open(path: impl AsRef<Path>) -> Result<Contents> {
    let path = path.as_ref();
    let file = MappedFile::open(path)?;
    let mut parts = FileParts::new(Tensors::mapped(&file, path)?)?;
    let range = parts.embeddings.clone();
    let in_place = file.numbers(range.clone()).map(Floats::mapped);
    let data = in_place.unwrap_or_else(|| floats(&file.bytes()[range]).into());
    let norms = parts.norms.take();
    let vectors = |words, dim| WordVectors::from_floats(words, dim, data).with_norms(norms);
    Ok(parts.contents(vectors))
}

/// Reads a file that is in memory already, by copying it; `path` only names it in messages.
///
/// # Errors
/// [`Error::Malformed`], also for numbers that are not finite.
pub fn read(bytes: &[u8], path: &Path) -> Result<Contents> {
    let parts = FileParts::new(Tensors::of(bytes, path)?)?;
    let numbers = floats(&bytes[parts.embeddings.clone()]);
    if let Some(position) = numbers.iter().position(|number| !number.is_finite()) {
        let word = parts.words.spelling(WordId((position / parts.dim) as u32));
        return Err(Error::malformed(
            path,
            None,
            format!("{} in the vector of `{word}`", numbers[position]),
            "finite numbers",
        ));
    }
    Ok(parts.contents(|words, dim| WordVectors::new(words, dim, numbers)))
}

/// Rows with names in a safetensors file: a tensor `[n, dim]` of 16-bit floats, and the tensors
/// `words` and `word_offsets` as in a file of word vectors.
pub(crate) struct NamedRows {
    /// The names, at least one.
    pub(crate) words: Words,
    /// Values in a row, at least one.
    pub(crate) dim: usize,
    /// The bytes of the rows.
    pub(crate) rows: Range<usize>,
}

impl NamedRows {
    /// Finds the rows of the tensor `name` in the bytes of a file; `path` names it in messages.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub(crate) fn find(bytes: &[u8], path: &Path, name: &str) -> Result<Self> {
        Self::of(&Tensors::of(bytes, path)?, name, Dtype::F16)
    }

    /// The same in a mapped file, where the words stay.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub(crate) fn find_mapped(file: &MappedFile, path: &Path, name: &str) -> Result<Self> {
        Self::of(&Tensors::mapped(file, path)?, name, Dtype::F16)
    }

    fn of(tensors: &Tensors<'_>, name: &str, dtype: Dtype) -> Result<Self> {
        let Tensors { bytes, path, .. } = *tensors;
        let (shape, rows) = tensors.find(name, &[dtype])?;
        let [n_words, dim] = shape[..] else {
            return Err(Error::malformed(
                path,
                None,
                format!("{name} of shape {shape:?}"),
                "two dimensions, [words, dim]",
            ));
        };
        if n_words == 0 || dim == 0 {
            return Err(Error::malformed(
                path,
                None,
                format!("{name} of shape {shape:?}"),
                "at least one word and one dimension",
            ));
        }
        let (_, spellings) = tensors.find("words", &[Dtype::U8])?;
        let (_, offsets) = tensors.find("word_offsets", &[Dtype::U64])?;
        let index = tensors.find_if_there(INDEX, Dtype::U32)?.map(|(_, index)| index);
        check_offsets(offsets.len() / 8, n_words, path)?;
        let places = Places { spellings: spellings.clone(), offsets: offsets.clone(), index };
        let stored = match tensors.file {
            Some(file) => stored_words::in_place(file, &places, path)?,
            None => None,
        };
        let words = match stored {
            Some((words, true)) => words,
            Some((words, false)) => {
                refuse_duplicates(&words, path, |_| None)?;
                words
            }
            None => cut_words(&bytes[spellings], &bytes[offsets], n_words, path)?,
        };
        Ok(Self { words, dim, rows })
    }
}

/// The values of the tensor `name` of 32-bit floats, `[len]`, in the bytes of a file; `path` names
/// it in messages.
///
/// # Errors
/// [`Error::Malformed`], also for values that are not finite.
pub(crate) fn row_of(bytes: &[u8], path: &Path, name: &str, len: usize) -> Result<Vec<f32>> {
    let (shape, range) = Tensors::of(bytes, path)?.find(name, &[Dtype::F32])?;
    let values = floats(&bytes[range]);
    let fault = if shape != [len] {
        format!("`{name}` of shape {shape:?}")
    } else if !values.iter().all(|value| value.is_finite()) {
        format!("NaN or infinity in `{name}`")
    } else {
        return Ok(values);
    };
    Err(Error::malformed(path, None, fault, format!("{len} finite numbers")))
}

/// A checked file: everything but the embeddings, and where those lie.
struct FileParts {
    words: Words,
    dim: usize,
    embeddings: Range<usize>,
    singular_values: Vec<f64>,
    metadata: BTreeMap<String, String>,
    norms: Option<Floats>,
    counts: Option<WordCounts>,
}

impl FileParts {
    fn new(tensors: Tensors<'_>) -> Result<Self> {
        let NamedRows { words, dim, rows: embeddings } =
            NamedRows::of(&tensors, "embeddings", Dtype::F32)?;
        let header = &tensors.header;
        let singular_values = match header.info("singular_values") {
            None => Vec::new(),
            Some(_) => tensors.numbers("singular_values")?,
        };
        let metadata = header
            .metadata()
            .iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let n_words = words.len();
        let norms = tensors.stored(NORMS, Dtype::F32, n_words)?;
        let tokens = tensors.stored(TOKENS, Dtype::U64, n_words)?;
        let documents = tensors.stored(DOCUMENTS, Dtype::U64, n_words)?;
        let counts =
            tokens.zip(documents).map(|(tokens, documents)| WordCounts { tokens, documents });
        Ok(Self { words, dim, embeddings, singular_values, metadata, norms, counts })
    }

    fn contents(self, vectors: impl FnOnce(Words, usize) -> WordVectors) -> Contents {
        Contents {
            vectors: vectors(self.words, self.dim),
            singular_values: self.singular_values,
            metadata: self.metadata,
            counts: self.counts,
        }
    }
}

/// The error of a file whose header is no header of safetensors.
pub(crate) fn broken_header(path: &Path, reason: &SafeTensorError) -> Error {
    Error::malformed(path, None, header_fault(reason), "a safetensors file")
}

/// What is found in place of a header of safetensors.
pub(crate) fn header_fault(reason: &SafeTensorError) -> String {
    match reason {
        SafeTensorError::HeaderTooSmall | SafeTensorError::InvalidHeaderLength => {
            "the end of the file in the header".to_owned()
        }
        SafeTensorError::MetadataIncompleteBuffer => {
            "a file that is shorter or longer than its header says".to_owned()
        }
        other => format!("a broken header ({other})"),
    }
}

struct Tensors<'a> {
    bytes: &'a [u8],
    /// Where the tensors begin, after the header.
    start: usize,
    header: Metadata,
    path: &'a Path,
    /// The file, if the bytes are those of a map.
    file: Option<&'a MappedFile>,
}

impl<'a> Tensors<'a> {
    fn of(bytes: &'a [u8], path: &'a Path) -> Result<Self> {
        let (start, header) = read_header(bytes, path)?;
        Ok(Self { bytes, start, header, path, file: None })
    }

    fn mapped(file: &'a MappedFile, path: &'a Path) -> Result<Self> {
        Ok(Self { file: Some(file), ..Self::of(file.bytes(), path)? })
    }

    /// As [`Tensors::find`]; `None` if there is no such tensor.
    fn find_if_there(
        &self,
        name: &str,
        dtype: Dtype,
    ) -> Result<Option<(Vec<usize>, Range<usize>)>> {
        self.header.info(name).map(|_| self.find(name, &[dtype])).transpose()
    }

    /// The `len` numbers of a tensor that a file may have, in place if it is mapped; otherwise they
    /// are not needed, since they can be found again.
    fn stored<T: AnyBitPattern>(
        &self,
        name: &str,
        dtype: Dtype,
        len: usize,
    ) -> Result<Option<StoredNumbers<T>>> {
        let Some((shape, range)) = self.find_if_there(name, dtype)? else { return Ok(None) };
        if shape != [len] {
            let found = format!("`{name}` of shape {shape:?}");
            return Err(Error::malformed(self.path, None, found, format!("[{len}]")));
        }
        let Some(file) = self.file else { return Ok(None) };
        Ok(file.numbers(range).map(StoredNumbers::mapped))
    }

    /// Shape and place of a tensor with one of the given types.
    fn find(&self, name: &str, dtypes: &[Dtype]) -> Result<(Vec<usize>, Range<usize>)> {
        let Some(info) = self.header.info(name) else {
            let expected = "the tensors of an eigenlex model";
            return Err(Error::malformed(self.path, None, format!("no tensor `{name}`"), expected));
        };
        if !dtypes.contains(&info.dtype) {
            return Err(Error::malformed(
                self.path,
                None,
                format!("`{name}` of type {:?}", info.dtype),
                format!("{:?}", dtypes[0]),
            ));
        }
        let (begin, end) = info.data_offsets;
        Ok((info.shape.clone(), self.start + begin..self.start + end))
    }

    fn numbers(&self, name: &str) -> Result<Vec<f64>> {
        let (_, range) = self.find(name, &[Dtype::F64, Dtype::F32])?;
        let is_wide = self.header.info(name).is_some_and(|info| info.dtype == Dtype::F64);
        let bytes = &self.bytes[range];
        Ok(if is_wide {
            bytes.chunks_exact(8).map(|b| f64::from_bits(u64_of(b))).collect()
        } else {
            floats(bytes).into_iter().map(f64::from).collect()
        })
    }
}

/// The header of a file, and where its tensors begin.
pub(super) fn read_header(bytes: &[u8], path: &Path) -> Result<(usize, Metadata)> {
    // The crate checks the header's length against the file, and that the tensors fill the rest
    // without holes or overlaps.
    let (header_bytes, header) =
        SafeTensors::read_metadata(bytes).map_err(|reason| broken_header(path, &reason))?;
    Ok((header_bytes + 8, header))
}

#[cfg(test)]
#[path = "safetensors_tests.rs"]
mod tests;

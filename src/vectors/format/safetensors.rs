//! safetensors: the format of eigenlex's own models and of singular vectors. An 8-byte length, a
//! JSON header, then plain little-endian tensors.
//!
//! The tensors: `embeddings` F32 `[n_words, dim]`; `words` U8, all spellings one after the other in
//! UTF-8; `word_offsets` U64 `[n_words + 1]`, which cut them; `singular_values` F64 `[dim]` or
//! empty. They stand in the order of their alignment, so the embeddings can be used where they lie
//! in the mapped file: opening copies the words and nothing else. The header's `__metadata__` maps
//! strings to strings.
//!
//! The format: <https://huggingface.co/docs/safetensors>. The `safetensors` crate checks headers on
//! reading.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use pulp::bytemuck;
use safetensors::tensor::{Dtype, Metadata};
use safetensors::{SafeTensorError, SafeTensors};

use super::little_endian::{floats, u64_of};
use super::refuse_duplicates;
use super::safetensors_writer::{SafetensorsWriter, TensorType};
use super::stream::RowStream;
use crate::base::error::{Error, Result};
use crate::base::progress::Stage;
use crate::base::words::{WordId, Words};
use crate::storage::floats::Floats;
use crate::storage::mmap::MappedFile;
use crate::svd::Svd;
use crate::vectors::WordVectors;

/// What a safetensors file of word vectors holds.
#[derive(Debug)]
pub struct Contents {
    /// Words and vectors.
    pub vectors: WordVectors,
    /// The singular values, largest first; empty where the vectors come from elsewhere.
    pub singular_values: Vec<f64>,
    /// The header's metadata.
    pub metadata: BTreeMap<String, String>,
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
    let (spellings, offsets) = vectors.words().parts();
    let n_words = vectors.words().len();
    let tensors: [(&str, TensorType, &[usize]); 4] = [
        ("singular_values", TensorType::F64, &[singular_values.len()]),
        ("word_offsets", TensorType::U64, &[n_words + 1]),
        ("embeddings", TensorType::F32, &[n_words, vectors.dim()]),
        ("words", TensorType::U8, &[spellings.len()]),
    ];
    let mut file = SafetensorsWriter::create(path, force, &tensors, metadata)?;
    file.put_doubles(singular_values)?;
    file.put_numbers(offsets.iter().map(|&offset| offset as u64))?;
    vectors.each_chunk(|_, rows| file.put_floats(rows))?;
    file.put_bytes(spellings.as_bytes())?;
    file.commit()
}

/// Writes a decomposition: `singular_values` and `residuals` F64 `[rank]`, `right_vectors` F32
/// `[n_columns, rank]`, and `left_vectors` F32 `[n_rows, rank]` if they were asked for; `force`
/// replaces a file that exists.
///
/// Row j of `right_vectors` belongs to column j of the matrix.
///
/// # Errors
/// [`Error::OutputExists`], [`Error::DiskFull`], [`Error::Io`]; [`Error::NotFinite`] if a number is
/// NaN or infinite. Then no new file is there.
pub fn write_svd(svd: &Svd, path: impl AsRef<Path>, force: bool) -> Result<()> {
    let mut panels = [Some(&svd.v), svd.u.as_ref()].into_iter().flatten().flatten();
    if !(panels.all(|number| number.is_finite())
        && svd.singular_values.iter().chain(&svd.residuals).all(|number| number.is_finite()))
    {
        return Err(Error::NotFinite {
            stage: Stage::Write,
            place: "the singular triplets".to_owned(),
        });
    }
    let (rank, shape) = (svd.rank(), [svd.rank()]);
    let vectors = [("right_vectors", Some(&svd.v)), ("left_vectors", svd.u.as_ref())];
    let panels: Vec<(&str, [usize; 2], &Vec<f32>)> = vectors
        .into_iter()
        .filter_map(|(name, panel)| panel.map(|panel| (name, [panel.len() / rank, rank], panel)))
        .collect();
    let mut tensors: Vec<(&str, TensorType, &[usize])> =
        vec![("singular_values", TensorType::F64, &shape), ("residuals", TensorType::F64, &shape)];
    tensors.extend(panels.iter().map(|(name, shape, _)| (*name, TensorType::F32, &shape[..])));
    let mut file = SafetensorsWriter::create(path, force, &tensors, &BTreeMap::new())?;
    file.put_doubles(&svd.singular_values)?;
    file.put_doubles(&svd.residuals)?;
    panels.iter().try_for_each(|(_, _, panel)| file.put_floats(panel))?;
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
    let parts = FileParts::new(file.bytes(), path)?;
    let embeddings = parts.embeddings.clone();
    if bytemuck::try_cast_slice::<u8, f32>(&file.bytes()[embeddings.clone()]).is_err()
        || cfg!(target_endian = "big")
    {
        let numbers = floats(&file.bytes()[embeddings]);
        return Ok(parts.contents(|words, dim| WordVectors::new(words, dim, numbers)));
    }
    let numbers = file.into_floats(embeddings).expect("aligned, as tried above");
    Ok(parts.contents(|words, dim| WordVectors::from_floats(words, dim, Floats::mapped(numbers))))
}

/// Reads a file that is in memory already, by copying it; `path` only names it in messages.
///
/// # Errors
/// [`Error::Malformed`], also for numbers that are not finite.
pub fn read(bytes: &[u8], path: &Path) -> Result<Contents> {
    let parts = FileParts::new(bytes, path)?;
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
        let tensors = Tensors::of(bytes, path)?;
        Self::of(&tensors, name, Dtype::F16)
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
        let words = cut_words(&bytes[spellings], &bytes[offsets], n_words, path)?;
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
}

impl FileParts {
    fn new(bytes: &[u8], path: &Path) -> Result<Self> {
        let tensors = Tensors::of(bytes, path)?;
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
        Ok(Self { words, dim, embeddings, singular_values, metadata })
    }

    fn contents(self, vectors: impl FnOnce(Words, usize) -> WordVectors) -> Contents {
        Contents {
            vectors: vectors(self.words, self.dim),
            singular_values: self.singular_values,
            metadata: self.metadata,
        }
    }
}

/// The error of a file whose header is no header of safetensors.
pub(crate) fn broken_header(path: &Path, reason: &SafeTensorError) -> Error {
    Error::malformed(path, None, format!("a broken header ({reason})"), "a safetensors file")
}

struct Tensors<'a> {
    bytes: &'a [u8],
    /// Where the tensors begin, after the header.
    start: usize,
    header: Metadata,
    path: &'a Path,
}

impl<'a> Tensors<'a> {
    fn of(bytes: &'a [u8], path: &'a Path) -> Result<Self> {
        let (start, header) = read_header(bytes, path)?;
        Ok(Self { bytes, start, header, path })
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

/// Cuts the spellings, all in one, at their offsets.
pub(super) fn cut_words(
    spellings: &[u8],
    offsets: &[u8],
    n_words: usize,
    path: &Path,
) -> Result<Words> {
    let n_offsets = offsets.len() / 8;
    if n_offsets != n_words + 1 {
        return Err(Error::malformed(
            path,
            None,
            format!("{n_offsets} word offsets"),
            format!("{} for {n_words} words", n_words + 1),
        ));
    }
    if u32::try_from(n_words).is_err() {
        return Err(Error::malformed(path, None, format!("{n_words} words"), "at most 4294967295"));
    }
    let text = std::str::from_utf8(spellings).map_err(|reason| {
        Error::malformed(
            path,
            None,
            format!("words that are not UTF-8 at byte {}", reason.valid_up_to()),
            "UTF-8",
        )
    })?;
    let mut words = Words::new();
    let mut begin = 0u64;
    for (index, offset) in offsets.chunks_exact(8).map(u64_of).enumerate() {
        if index == 0 && offset == 0 {
            continue;
        }
        let word = usize::try_from(begin)
            .ok()
            .zip(usize::try_from(offset).ok())
            .and_then(|(begin, end)| text.get(begin..end));
        match word {
            Some(word) if index > 0 => words.push(word),
            _ => {
                return Err(Error::malformed(
                    path,
                    None,
                    format!("word offset {index} at {offset}"),
                    "offsets that rise from 0 and cut UTF-8",
                ));
            }
        };
        begin = offset;
    }
    if begin != text.len() as u64 {
        return Err(Error::malformed(
            path,
            None,
            format!("words of {begin} bytes"),
            format!("{} bytes", text.len()),
        ));
    }
    refuse_duplicates(&words, path, |_| None)?;
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::Error;
    use crate::vectors::format::tests::{any_vectors, assert_same, same_bits, small};
    use proptest::prelude::*;

    fn bytes_of(vectors: &WordVectors) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.safetensors");
        let metadata =
            [("b".to_owned(), "2".to_owned()), ("a".to_owned(), "ü \"quoted\"".to_owned())]
                .into_iter()
                .collect();
        write(vectors, &[2.5, 0.1], &metadata, &path, false).unwrap();
        let opened = open(&path).unwrap();
        assert_same(&opened.vectors, vectors);
        assert_eq!(opened.singular_values, [2.5, 0.1]);
        assert_eq!(opened.metadata, metadata);
        std::fs::read(&path).unwrap()
    }

    #[test]
    fn a_file_comes_back_and_the_crate_reads_it_too() {
        let bytes = bytes_of(&small());
        let file = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(file.tensor("embeddings").unwrap().shape(), [3, 2]);
        assert_eq!(file.tensor("words").unwrap().data(), "theofcafé".as_bytes());
        assert_eq!(bytes, bytes_of(&small()));
    }

    #[test]
    fn every_cut_of_a_file_is_refused_without_a_panic() {
        let bytes = bytes_of(&small());
        for length in 0..bytes.len() {
            let error = read(&bytes[..length], Path::new("v.safetensors")).unwrap_err();
            assert!(matches!(error, Error::Malformed { .. }), "{error}");
        }
    }

    #[test]
    fn embeddings_that_are_not_aligned_are_copied() {
        let mut bytes = bytes_of(&small());
        // One more space in the header moves everything by a byte.
        let length = u64_of(&bytes[..8]);
        bytes.insert(8 + length as usize, b' ');
        bytes[..8].copy_from_slice(&(length + 1).to_le_bytes());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.safetensors");
        std::fs::write(&path, &bytes).unwrap();
        assert_same(&open(&path).unwrap().vectors, &small());
    }

    #[test]
    fn damage_is_named() {
        let path = Path::new("v.safetensors");
        let good = bytes_of(&small());
        let says = |bytes: &[u8], part: &str| {
            let message = read(bytes, path).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        };
        says(b"", "found a broken header");
        says(&[0xFF; 64], "found a broken header");
        let text = |from: &str, to: &str| {
            assert_eq!(from.len(), to.len());
            let position =
                good.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
            let mut bytes = good.clone();
            bytes[position..position + to.len()].copy_from_slice(to.as_bytes());
            bytes
        };
        says(&text("embeddings", "embeddingz"), "no tensor `embeddings`");
        says(&text("[3, 2]", "[2, 3]"), "found 4 word offsets, expected 3 for 2 words");
        let mut bytes = good.clone();
        let spelling = bytes.windows(5).position(|window| window == b"theof").unwrap();
        bytes[spelling] = 0xFF;
        says(&bytes, "found words that are not UTF-8 at byte 0, expected UTF-8");
        let mut bytes = good.clone();
        // The offsets 0, 3, 5, 10 follow the header and two singular values.
        let offsets = 8 + u64_of(&good[..8]) as usize + 16;
        bytes[offsets + 8] = 200;
        says(&bytes, "found word offset 1 at 200, expected offsets that rise from 0 and cut UTF-8");
    }

    #[test]
    fn a_number_that_is_not_finite_is_refused_in_both_directions() {
        let words: Words = ["a"].into_iter().collect();
        let vectors = WordVectors::new(words, 1, vec![f32::INFINITY]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.safetensors");
        let error = write(&vectors, &[], &BTreeMap::new(), &path, false).unwrap_err();
        assert!(matches!(error, Error::NotFinite { .. }));
        assert!(!path.exists());
        let mut bytes = bytes_of(&WordVectors::new(["a"].into_iter().collect(), 1, vec![1.5]));
        let position = bytes.len() - 5;
        bytes[position..position + 4].copy_from_slice(&f32::NAN.to_le_bytes());
        let message = read(&bytes, Path::new("v.safetensors")).unwrap_err().to_string();
        assert_eq!(
            message,
            "`v.safetensors`: found NaN in the vector of `a`, expected finite numbers"
        );
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(open(&path).unwrap().vectors.lengths(), Err(Error::NotFinite { .. })));
    }

    proptest! {
        #[test]
        fn any_vectors_come_back(vectors in any_vectors(".{0,8}")) {
            let bytes = bytes_of(&vectors);
            prop_assert!(same_bits(&read(&bytes, Path::new("v")).unwrap().vectors, &vectors));
        }
    }
}

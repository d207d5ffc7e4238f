//! Codes of many documents, in memory or in a file.
//!
//! A document that holds no word with a weight has no code: it is left out (in JSON lines its code is `null`) and counted, never given zeros.
//! So each code goes with the number of its document in the corpus, from 1.
//!
//! | format | what is written |
//! |---|---|
//! | `.npy` | an array `(n_codes, dim)` of little-endian `f32`; `codes.documents.txt` beside `codes.npy` has the number of each row's document |
//! | `.safetensors` | `codes` F32 `[n_codes, dim]`, `documents` U64 `[n_codes]`; the metadata name the model by its digest |
//! | `.jsonl` | a line for each document: `{"document":1,"code":[0.5,...]}` |
//!
//! The first two are read back in place, memory-mapped. An `.npy` file without a list beside it, from another program, has its rows
//! numbered from 1.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use pulp::bytemuck;
use rayon::prelude::*;
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

use super::encoder::Encoder;
use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::format::{malformed, npy};
use crate::mmap::MappedFile;
use crate::progress::Progress;
use crate::vectors::{length_of, write_unit};

/// Which components a code has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Components {
    /// Those that the word vectors have too: all but the first ones, where the model drops these.
    #[default]
    Kept,
    /// Those of the decomposition.
    All,
}

/// Codes in rows, with the number of the document of each.
pub struct Codes {
    dim: usize,
    documents: Vec<u64>,
    data: Data,
    /// The digest of the model that made them, where the file tells.
    model: Option<String>,
}

enum Data {
    Owned(Vec<f32>),
    Mapped(Box<dyn AsRef<[f32]> + Send + Sync>),
}

impl Codes {
    /// Puts codes together: `data` holds `documents.len() x dim` numbers.
    ///
    /// # Panics
    /// If it does not, or `dim` is 0.
    pub fn new(dim: usize, documents: Vec<u64>, data: Vec<f32>) -> Self {
        assert!(dim > 0, "codes need at least one dimension");
        assert_eq!(data.len(), documents.len() * dim, "{} codes of {dim} numbers", documents.len());
        Self { dim, documents, data: Data::Owned(data), model: None }
    }

    /// Encodes a corpus; the documents without a code are in the second part. Each is a number for each document that is cut out of one.
    ///
    /// # Errors
    /// As [`Encoder::for_each_batch`].
    pub fn encode(encoder: &Encoder, corpus: &Corpus, components: Components, progress: &dyn Progress) -> Result<(Self, Vec<u64>)> {
        let (mut documents, mut data, mut without) = (Vec::new(), Vec::new(), Vec::new());
        let mut dim = 0;
        encoder.for_each_batch(corpus, None, progress, |batch| {
            for ((&number, document), z) in batch.numbers.iter().zip(&batch.documents).zip(batch.codes.chunks_exact(encoder.rank())) {
                let code = encoder.part(z, components);
                dim = code.len();
                if document.words.is_empty() {
                    without.push(number);
                } else {
                    documents.push(number);
                    data.extend_from_slice(code);
                }
            }
            Ok(())
        })?;
        let model = Some(encoder.model().provenance.digest.clone());
        Ok((Self { dim, documents, data: Data::Owned(data), model }, without))
    }

    /// Opens a file of codes in place; the content tells the format.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Malformed`] if it is no `.npy` or safetensors file of codes.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = MappedFile::open(path)?;
        let layout = Layout::of(file.bytes(), path)?;
        let documents = match layout.documents {
            Some(documents) => documents,
            None => {
                let list = list_path(path);
                match fs::read(&list) {
                    Ok(bytes) => read_list(&bytes, &list, layout.n_codes)?,
                    Err(source) if source.kind() == std::io::ErrorKind::NotFound => (1..=layout.n_codes as u64).collect(),
                    Err(source) => return Err(Error::io("read", list, source)),
                }
            }
        };
        let numbers = layout.numbers.clone();
        let in_place = cfg!(target_endian = "little") && bytemuck::try_cast_slice::<u8, f32>(&file.bytes()[numbers.clone()]).is_ok();
        let data = if in_place {
            Data::Mapped(Box::new(file.into_floats(numbers).expect("aligned, as tried above")))
        } else {
            Data::Owned(floats(&file.bytes()[numbers]))
        };
        Ok(Self { dim: layout.dim, documents, data, model: layout.model })
    }

    /// Reads the bytes of a file of codes, and of the list of documents beside it if there is one; `path` only names it in messages.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn read(bytes: &[u8], list: Option<&[u8]>, path: &Path) -> Result<Self> {
        let layout = Layout::of(bytes, path)?;
        let documents = match (layout.documents, list) {
            (Some(documents), _) => documents,
            (None, Some(list)) => read_list(list, &list_path(path), layout.n_codes)?,
            (None, None) => (1..=layout.n_codes as u64).collect(),
        };
        Ok(Self { dim: layout.dim, documents, data: Data::Owned(floats(&bytes[layout.numbers])), model: layout.model })
    }

    /// The digest of the model that made them, where the file tells.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Numbers in a code.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of codes.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether there is no code.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// For each code the number of its document, from 1.
    pub fn documents(&self) -> &[u64] {
        &self.documents
    }

    /// The row of a document's code, if it has one; the first, if there are several.
    pub fn row_of(&self, document: u64) -> Option<usize> {
        match self.documents.is_sorted() {
            true => {
                Some(self.documents.partition_point(|&other| other < document)).filter(|&row| self.documents.get(row) == Some(&document))
            }
            false => self.documents.iter().position(|&other| other == document),
        }
    }

    /// A code.
    ///
    /// # Panics
    /// If there are not that many.
    pub fn code(&self, row: usize) -> &[f32] {
        &self.as_slice()[row * self.dim..][..self.dim]
    }

    /// All codes, row after row.
    pub fn as_slice(&self) -> &[f32] {
        match &self.data {
            Data::Owned(data) => data,
            Data::Mapped(data) => (**data).as_ref(),
        }
    }

    /// All codes at unit length, row after row; a code of length 0 stays so.
    pub fn units(&self) -> Vec<f32> {
        let mut units = vec![0.0; self.as_slice().len()];
        units
            .par_chunks_mut(self.dim)
            .zip(self.as_slice().par_chunks(self.dim))
            .for_each(|(unit, code)| write_unit(code, length_of(code), unit));
        units
    }

    /// Which components these codes have.
    ///
    /// # Errors
    /// [`Error::Parameter`] if they are codes of another model, as far as that can be told, and not of the one of the other language that was made
    /// with it from parallel texts.
    pub fn components(&self, encoder: &Encoder) -> Result<Components> {
        let refuse = |found: String, expected: String| Err(Error::Parameter { name: "codes", found, expected });
        let model = &encoder.model().provenance;
        match &self.model {
            Some(digest) if *digest != model.digest && self.model != model.partner => refuse(
                format!("made by the model with digest {digest}"),
                format!("codes of this model, with digest {}; encode the documents again", model.digest),
            ),
            _ if self.dim == model.dim => Ok(Components::Kept),
            _ if self.dim == encoder.rank() => Ok(Components::All),
            _ => refuse(format!("of {} dimensions", self.dim), format!("{}, as the model has them", model.dim)),
        }
    }
}

impl fmt::Debug for Codes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Codes").field("n_codes", &self.len()).field("dim", &self.dim).finish_non_exhaustive()
    }
}

/// The list of documents beside an `.npy` file: `codes.documents.txt` for `codes.npy`.
pub(super) fn list_path(path: &Path) -> PathBuf {
    path.with_extension("documents.txt")
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().expect("chunks of four bytes"))).collect()
}

/// A checked file: everything but the codes, and where those lie.
struct Layout {
    n_codes: usize,
    dim: usize,
    numbers: std::ops::Range<usize>,
    documents: Option<Vec<u64>>,
    model: Option<String>,
}

impl Layout {
    fn of(bytes: &[u8], path: &Path) -> Result<Self> {
        if bytes.starts_with(npy::MAGIC) {
            let mut rest = bytes;
            let (n_codes, dim) = npy::read_shape(&mut rest, path)?;
            // The product was checked not to overflow.
            if rest.len() != n_codes * dim * 4 {
                let found = format!("{} bytes after the header", rest.len());
                return Err(malformed(path, None, found, format!("{} for {n_codes} codes of {dim} numbers", n_codes * dim * 4)));
            }
            return Ok(Self { n_codes, dim, numbers: bytes.len() - rest.len()..bytes.len(), documents: None, model: None });
        }
        if bytes.first() == Some(&b'{') {
            return Err(malformed(path, None, "lines of JSON", "codes in .npy or safetensors, which can be searched in place"));
        }
        let broken = |reason| malformed(path, None, format!("a broken header ({reason})"), "an .npy or safetensors file of codes");
        let tensors = SafeTensors::deserialize(bytes).map_err(broken)?;
        let find = |name: &str, dtype: Dtype| {
            let tensor =
                tensors.tensor(name).map_err(|_| malformed(path, None, format!("no tensor `{name}`"), "the codes of documents"))?;
            match tensor.dtype() == dtype {
                true => Ok((tensor.shape().to_vec(), tensor.data())),
                false => Err(malformed(path, None, format!("`{name}` of type {:?}", tensor.dtype()), format!("{dtype:?}"))),
            }
        };
        let (shape, codes) = find("codes", Dtype::F32)?;
        let [n_codes, dim] = shape[..] else {
            return Err(malformed(path, None, format!("codes of shape {shape:?}"), "two dimensions, [documents, dim]"));
        };
        if n_codes == 0 || dim == 0 {
            return Err(malformed(path, None, format!("codes of shape {shape:?}"), "at least one code and one dimension"));
        }
        let (shape, documents) = find("documents", Dtype::U64)?;
        if shape != [n_codes] {
            return Err(malformed(path, None, format!("documents of shape {shape:?}"), format!("[{n_codes}], one for each code")));
        }
        let documents = documents.chunks_exact(8).map(|b| u64::from_le_bytes(b.try_into().expect("chunks of eight bytes"))).collect();
        let begin = codes.as_ptr() as usize - bytes.as_ptr() as usize;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(broken)?;
        let model = header.metadata().as_ref().and_then(|map| map.get("model").cloned());
        Ok(Self { n_codes, dim, numbers: begin..begin + codes.len(), documents: Some(documents), model })
    }
}

/// The numbers of documents, one a line.
fn read_list(bytes: &[u8], path: &Path, n_codes: usize) -> Result<Vec<u64>> {
    let mut documents = Vec::new();
    for (index, line) in bytes.strip_suffix(b"\n").unwrap_or(bytes).split(|&byte| byte == b'\n').enumerate() {
        let text = String::from_utf8_lossy(line);
        match text.trim().parse::<u64>() {
            Ok(number) if number > 0 => documents.push(number),
            _ => return Err(malformed(path, Some(index as u64 + 1), format!("`{text}`"), "the number of a document, from 1")),
        }
    }
    if documents.len() != n_codes {
        return Err(malformed(path, None, format!("{} numbers", documents.len()), format!("{n_codes}, one for each code")));
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_are_named() {
        let path = Path::new("c.npy");
        let fails = |bytes: &[u8], list: Option<&[u8]>, message: &str| {
            let error = Codes::read(bytes, list, path).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        };
        let mut bytes = npy::header(2, 1);
        fails(&bytes, None, "found 0 bytes after the header, expected 8 for 2 codes of 1 numbers");
        bytes.extend([0; 8]);
        fails(&bytes, Some(b"1\n0\n"), "`c.documents.txt`, line 2: found `0`, expected the number of a document, from 1");
        fails(&bytes, Some(b"1\n"), "`c.documents.txt`: found 1 numbers, expected 2, one for each code");
        fails(b"nonsense", None, "an .npy or safetensors file of codes");
    }
}

//! The files that hold codes of documents: their parts, checked.
//!
//! - `.npy`: an array `(n_codes, dim)` of little-endian `f32`. Beside `codes.npy` there is
//!   `codes.documents.tsv`: after `#` a line of JSON, the [`CodesOrigin`], then a table with the
//!   number and the name of the document of each row.
//! - `.safetensors`: `codes` F32 `[n_codes, dim]`, `documents` U64 `[n_codes]`, `origin` U8, the
//!   [`CodesOrigin`] in JSON, and the [`DocumentWords`].
//! - `.jsonl`: a line for each document, `{"document":1,"code":[0.5,...]}`.
//!
//! The first two are read in place, memory-mapped. An `.npy` file without the table beside it is
//! refused, because it does not say which model made it from which documents. (Earlier versions
//! wrote `codes.documents.txt`, only numbers, one a line, and no words; such files are read too,
//! and serve for the codes of another program.)

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, Metadata};
use serde::{Deserialize, Serialize};

use super::document_words::{DocumentWords, StoredValues, TENSORS};
use crate::base::error::{Error, Result};
use crate::corpus::DocumentNames;
use crate::storage::mmap::MappedFile;
use crate::vectors::format::npy;
use crate::vectors::format::safetensors::header_fault;

/// What a safetensors file of codes should hold, for messages.
const EXPECTED: &str = "the codes of documents";

/// Where codes come from: a model and documents.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CodesOrigin {
    /// The digest of the model; `None` if the file does not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// SHA-256 over the codes, see [`Codes::digest`](super::Codes::digest); earlier versions did
    /// not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The files and how they were cut into documents; `None` if the file does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documents: Option<DocumentNames>,
    /// Documents were cut into parts of this many tokens, each with a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_tokens: Option<usize>,
}

/// The table of documents beside an `.npy` file: `codes.documents.tsv` for `codes.npy`.
pub(super) fn list_path(path: &Path) -> PathBuf {
    path.with_extension("documents.tsv")
}

/// The columns of that table.
pub(super) const LIST_HEADER: &str = "document\tname";

/// Where the tensors of the words are in a file, in the order of [`TENSORS`].
pub(super) type WordRanges = [Range<usize>; 6];

/// A checked file: everything but the codes and the words, and where those are.
pub(super) struct CodesFile {
    pub(super) n_codes: usize,
    pub(super) dim: usize,
    pub(super) codes: Range<usize>,
    /// The number of the document of each code; `None` in an `.npy` file.
    pub(super) documents: Option<Vec<u64>>,
    pub(super) origin: CodesOrigin,
    pub(super) words: Option<WordRanges>,
}

impl CodesFile {
    /// Checks the bytes of a file; `path` names it in messages.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub(super) fn parse(bytes: &[u8], path: &Path) -> Result<Self> {
        if bytes.starts_with(npy::MAGIC) {
            return Self::parse_npy(bytes, path);
        }
        if bytes.first() == Some(&b'{') {
            return Err(Error::malformed(
                path,
                None,
                "lines of JSON",
                "codes in .npy or safetensors, which can be searched in place",
            ));
        }
        CodeTensors::new(bytes, path)?.file()
    }

    fn parse_npy(bytes: &[u8], path: &Path) -> Result<Self> {
        let mut rest = bytes;
        let (n_codes, dim) = npy::read_shape(&mut rest, path)?;
        // The product was checked not to overflow.
        if rest.len() != n_codes * dim * 4 {
            return Err(Error::malformed(
                path,
                None,
                format!("{} bytes after the header", rest.len()),
                format!("{} for {n_codes} codes of {dim} numbers", n_codes * dim * 4),
            ));
        }
        Ok(Self {
            n_codes,
            dim,
            codes: bytes.len() - rest.len()..bytes.len(),
            documents: None,
            origin: CodesOrigin::default(),
            words: None,
        })
    }
}

/// The tensors of a safetensors file of codes.
struct CodeTensors<'a> {
    bytes: &'a [u8],
    path: &'a Path,
    header: Metadata,
    tensors: SafeTensors<'a>,
}

impl<'a> CodeTensors<'a> {
    fn new(bytes: &'a [u8], path: &'a Path) -> Result<Self> {
        let expected = "an .npy or safetensors file of codes";
        let broken = |reason| Error::malformed(path, None, header_fault(&reason), expected);
        let tensors = SafeTensors::deserialize(bytes).map_err(broken)?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(broken)?;
        Ok(Self { bytes, path, header, tensors })
    }

    fn file(&self) -> Result<CodesFile> {
        let (shape, codes) = self.tensor("codes", Dtype::F32)?;
        let found = format!("codes of shape {shape:?}");
        let [n_codes, dim] = shape[..] else {
            return Err(self.bad(found, "two dimensions, [documents, dim]"));
        };
        if n_codes == 0 || dim == 0 {
            return Err(self.bad(found, "at least one code and one dimension"));
        }
        let documents = self.documents(n_codes)?;
        Ok(CodesFile {
            n_codes,
            dim,
            codes: self.range_of(codes),
            documents: Some(documents),
            origin: self.origin()?,
            words: self.words()?,
        })
    }

    fn bad(&self, found: String, expected: impl Into<String>) -> Error {
        Error::malformed(self.path, None, found, expected)
    }

    /// The shape and the bytes of a tensor of this type.
    fn tensor(&self, name: &str, dtype: Dtype) -> Result<(Vec<usize>, &[u8])> {
        let tensor = self
            .tensors
            .tensor(name)
            .map_err(|_| self.bad(format!("no tensor `{name}`"), EXPECTED))?;
        match tensor.dtype() == dtype {
            true => Ok((tensor.shape().to_vec(), tensor.data())),
            false => {
                Err(self
                    .bad(format!("`{name}` of type {:?}", tensor.dtype()), format!("{dtype:?}")))
            }
        }
    }

    fn documents(&self, n_codes: usize) -> Result<Vec<u64>> {
        let (shape, documents) = self.tensor("documents", Dtype::U64)?;
        if shape != [n_codes] {
            return Err(self.bad(
                format!("documents of shape {shape:?}"),
                format!("[{n_codes}], one for each code"),
            ));
        }
        let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
        Ok(documents.chunks_exact(8).map(number).collect())
    }

    fn origin(&self) -> Result<CodesOrigin> {
        match self.tensors.tensor("origin") {
            Ok(tensor) => serde_json::from_slice(tensor.data()).map_err(|reason| {
                self.bad(format!("an origin that cannot be read ({reason})"), EXPECTED)
            }),
            // Earlier versions wrote only the model.
            Err(_) => Ok(CodesOrigin {
                model: self.header.metadata().as_ref().and_then(|map| map.get("model").cloned()),
                ..CodesOrigin::default()
            }),
        }
    }

    fn words(&self) -> Result<Option<WordRanges>> {
        if self.tensors.tensor(TENSORS[0].0).is_err() {
            return Ok(None);
        }
        let mut ranges: WordRanges = Default::default();
        for (range, (name, dtype)) in ranges.iter_mut().zip(TENSORS) {
            let dtype = match dtype {
                "U64" => Dtype::U64,
                "U32" => Dtype::U32,
                _ => Dtype::U8,
            };
            *range = self.range_of(self.tensor(name, dtype)?.1);
        }
        Ok(Some(ranges))
    }

    /// Where data of the file are in it.
    fn range_of(&self, data: &[u8]) -> Range<usize> {
        let begin = data.as_ptr() as usize - self.bytes.as_ptr() as usize;
        begin..begin + data.len()
    }
}

/// The words of documents, from the ranges of their tensors in a file.
pub(super) fn words_of(
    ranges: WordRanges,
    n_codes: usize,
    path: &Path,
    file: &Arc<MappedFile>,
) -> Result<DocumentWords> {
    let [offsets, spelling_offsets, ids, counts, lengths, spellings] = ranges;
    let words = DocumentWords {
        spellings: StoredValues::from_file(file, spellings),
        spelling_offsets: StoredValues::from_file(file, spelling_offsets),
        offsets: StoredValues::from_file(file, offsets),
        ids: StoredValues::from_file(file, ids),
        counts: StoredValues::from_file(file, counts),
        lengths: StoredValues::from_file(file, lengths),
    };
    checked(words, n_codes, path)
}

/// The same from bytes in memory.
pub(super) fn words_in(
    ranges: WordRanges,
    n_codes: usize,
    path: &Path,
    bytes: &[u8],
) -> Result<DocumentWords> {
    let [offsets, spelling_offsets, ids, counts, lengths, spellings] =
        ranges.map(|range| &bytes[range]);
    let words = DocumentWords {
        spellings: StoredValues::from_bytes(spellings),
        spelling_offsets: StoredValues::from_bytes(spelling_offsets),
        offsets: StoredValues::from_bytes(offsets),
        ids: StoredValues::from_bytes(ids),
        counts: StoredValues::from_bytes(counts),
        lengths: StoredValues::from_bytes(lengths),
    };
    checked(words, n_codes, path)
}

fn checked(words: DocumentWords, n_codes: usize, path: &Path) -> Result<DocumentWords> {
    let found = "tensors of words that do not fit each other";
    words
        .checked()
        .filter(|words| words.n_rows() == n_codes)
        .ok_or_else(|| Error::malformed(path, None, found, "the words of each document"))
}

/// Refuses codes of documents that their origin does not have.
pub(super) fn check_origin(origin: &CodesOrigin, documents: &[u64], path: &Path) -> Result<()> {
    let Some(names) = &origin.documents else { return Ok(()) };
    let counts = names.sources().iter().map(|source| source.n_documents);
    let sum = counts
        .map(|n| n.ok_or("a file of an unknown number of documents"))
        .try_fold(0u64, |sum, n| sum.checked_add(n?).ok_or("more documents than can be counted"));
    let last = documents.iter().copied().max().unwrap_or(0);
    match sum {
        Err(found) => {
            Err(Error::malformed(path, None, found, "the number of documents of each file"))
        }
        Ok(sum) if sum < last => Err(Error::malformed(
            path,
            None,
            format!("a code of document {last}"),
            format!("at most {sum}, the documents of the files"),
        )),
        Ok(_) => Ok(()),
    }
}

/// The numbers of documents: a table of numbers and names after the origin, or, by earlier
/// versions, numbers alone, one a line.
pub(super) fn read_list(
    bytes: &[u8],
    path: &Path,
    n_codes: usize,
) -> Result<(Vec<u64>, CodesOrigin)> {
    let (mut documents, mut origin) = (Vec::new(), CodesOrigin::default());
    for (index, line) in
        bytes.strip_suffix(b"\n").unwrap_or(bytes).split(|&byte| byte == b'\n').enumerate()
    {
        let text = String::from_utf8_lossy(line);
        if let Some(json) = text.strip_prefix('#').filter(|_| index == 0) {
            let expected = "where the codes come from, in JSON";
            origin = serde_json::from_str(json)
                .map_err(|reason| Error::malformed(path, Some(1), reason.to_string(), expected))?;
            continue;
        }
        if index == 1 && text == LIST_HEADER {
            continue;
        }
        match text.split('\t').next().unwrap_or_default().trim().parse::<u64>() {
            Ok(number) if number > 0 => documents.push(number),
            _ => {
                return Err(Error::malformed(
                    path,
                    Some(index as u64 + 1),
                    format!("`{text}`"),
                    "the number of a document, from 1",
                ));
            }
        }
    }
    if documents.len() != n_codes {
        return Err(Error::malformed(
            path,
            None,
            format!("{} numbers", documents.len()),
            format!("{n_codes}, one for each code"),
        ));
    }
    Ok((documents, origin))
}

pub(super) fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().expect("chunks of four bytes")))
        .collect()
}

/// Reads the documents of an `.npy` file from the table beside it.
pub(super) fn open_list(path: &Path, n_codes: usize) -> Result<(Vec<u64>, CodesOrigin)> {
    let read = |list: PathBuf| match fs::read(&list) {
        Ok(bytes) => Ok(Some((bytes, list))),
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::io("read", list, source)),
    };
    let list = match read(list_path(path))? {
        Some(list) => Some(list),
        None => read(path.with_extension("documents.txt"))?,
    };
    match list {
        Some((bytes, list)) => read_list(&bytes, &list, n_codes),
        None => Err(Error::malformed(
            path,
            None,
            format!("an array without `{}` beside it", list_path(path).display()),
            "codes with the table of documents that `encode` writes with them",
        )),
    }
}

//! Codes of many documents, in memory or in a file.
//!
//! A document that holds no word with a weight has no code: it is left out (in JSON lines its code
//! is `null`) and counted, never given zeros. So each code goes with the number of its document in
//! the corpus, from 1.
//!
//! | format | what is written |
//! |---|---|
//! | `.npy` | an array `(n_codes, dim)` of little-endian `f32`; `codes.documents.tsv` beside `codes.npy`: after a line of JSON that begins with `#`, the [`CodesOrigin`], a table with the number and the name of each row's document |
//! | `.safetensors` | `codes` F32 `[n_codes, dim]`, `documents` U64 `[n_codes]`, `origin` U8, the [`CodesOrigin`] in JSON, and the [`DocumentWords`] |
//! | `.jsonl` | a line for each document: `{"document":1,"code":[0.5,...]}` |
//!
//! The first two are read back in place, memory-mapped. An `.npy` file without the table beside it
//! is refused, as it does not say which model made it of which documents. (Earlier versions wrote
//! `codes.documents.txt`, numbers alone, one a line, and no words; such files are read too, and do
//! for the codes of another program.)

use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pulp::bytemuck;
use rayon::prelude::*;
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use serde::{Deserialize, Serialize};

use super::batches::Batch;
use super::document_words::{DocumentWords, DocumentWordsBuilder, Numbers, RowWords, TENSORS};
use super::encoder::Encoder;
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::corpus::{Corpus, DocumentNames, DocumentUnit};
use crate::linalg::dot::{length_of, write_unit};
use crate::storage::mmap::MappedFile;
use crate::vectors::format::{malformed, npy};

/// Which components a code has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Components {
    /// Those that the word vectors have too: all but the first ones, where the model drops these.
    #[default]
    Kept,
    /// Those of the decomposition.
    All,
}

/// Where codes come from: which model made them of which documents.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CodesOrigin {
    /// The digest of the model; `None` where the file does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The files and how they were cut into documents; `None` where the file does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documents: Option<DocumentNames>,
    /// Documents were cut into parts of so many tokens, each with a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_tokens: Option<usize>,
}

/// Codes in rows, with the number of the document of each.
pub struct Codes {
    dim: usize,
    documents: Vec<u64>,
    data: Data,
    origin: CodesOrigin,
    words: Option<DocumentWords>,
}

enum Data {
    Owned(Vec<f32>),
    Mapped(Arc<MappedFile>, Range<usize>),
}

impl Codes {
    /// Puts codes together: `data` holds `documents.len() x dim` numbers.
    ///
    /// # Panics
    /// If it does not, or `dim` is 0.
    pub fn new(dim: usize, documents: Vec<u64>, data: Vec<f32>) -> Self {
        assert!(dim > 0, "codes need at least one dimension");
        assert_eq!(data.len(), documents.len() * dim, "{} codes of {dim} numbers", documents.len());
        Self {
            dim,
            documents,
            data: Data::Owned(data),
            origin: CodesOrigin::default(),
            words: None,
        }
    }

    /// Encodes a corpus; the documents without a code are in the second part. Each is a number for
    /// each document that is cut out of one.
    ///
    /// # Errors
    /// As [`Encoder::for_each_batch`].
    pub fn encode(
        encoder: &Encoder,
        corpus: &Corpus,
        components: Components,
        progress: &dyn Progress,
    ) -> Result<(Self, Vec<u64>)> {
        Self::encode_gathering(encoder, corpus, components, None, progress)
    }

    /// The same, with the words of the documents, for searches by words.
    ///
    /// # Errors
    /// As [`Encoder::for_each_batch`].
    pub fn encode_with_words(
        encoder: &Encoder,
        corpus: &Corpus,
        components: Components,
        progress: &dyn Progress,
    ) -> Result<(Self, Vec<u64>)> {
        Self::encode_gathering(
            encoder,
            corpus,
            components,
            Some(DocumentWordsBuilder::default()),
            progress,
        )
    }

    fn encode_gathering(
        encoder: &Encoder,
        corpus: &Corpus,
        components: Components,
        mut builder: Option<DocumentWordsBuilder>,
        progress: &dyn Progress,
    ) -> Result<(Self, Vec<u64>)> {
        let (mut documents, mut data, mut without, mut rows) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut dim = 0;
        let visit = |mut batch: Batch| {
            let mut words = std::mem::take(&mut batch.words).into_iter();
            for ((&number, document), z) in batch
                .numbers
                .iter()
                .zip(&batch.documents)
                .zip(batch.codes.chunks_exact(encoder.rank()))
            {
                let (code, words) = (encoder.part(z, components), words.next());
                dim = code.len();
                if document.words.is_empty() {
                    without.push(number);
                } else {
                    documents.push(number);
                    data.extend_from_slice(code);
                    rows.extend(words);
                }
            }
            Ok(())
        };
        let report = match &mut builder {
            Some(builder) => {
                encoder.for_each_batch_with_words(corpus, None, builder, progress, visit)?
            }
            None => encoder.for_each_batch(corpus, None, progress, visit)?,
        };
        let origin = CodesOrigin {
            model: Some(encoder.model().provenance.digest.clone()),
            documents: Some(DocumentNames::new(corpus.unit(), report.sources)),
            document_tokens: None,
        };
        let words = builder.map(|builder| DocumentWords::of_rows(rows, &builder));
        Ok((Self { dim: dim.max(1), documents, data: Data::Owned(data), origin, words }, without))
    }

    /// Opens a file of codes in place; the content tells the format.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Malformed`] if it is no `.npy` or safetensors file of codes, or the
    /// table of documents beside an `.npy` file is missing.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = MappedFile::open(path)?;
        let layout = Layout::of(file.bytes(), path)?;
        let (documents, origin) = match layout.documents {
            Some(documents) => (documents, layout.origin),
            None => {
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
                    Some((bytes, list)) => read_list(&bytes, &list, layout.n_codes)?,
                    None => {
                        let found =
                            format!("an array without `{}` beside it", list_path(path).display());
                        let expected =
                            "codes with the table of documents that `encode` writes with them";
                        return Err(malformed(path, None, found, expected));
                    }
                }
            }
        };
        check_origin(&origin, &documents, path)?;
        let numbers = layout.numbers.clone();
        let in_place = cfg!(target_endian = "little")
            && bytemuck::try_cast_slice::<u8, f32>(&file.bytes()[numbers.clone()]).is_ok();
        let file = Arc::new(file);
        let words =
            layout.words.map(|ranges| words_of(ranges, layout.n_codes, path, &file)).transpose()?;
        let data = if in_place {
            Data::Mapped(file, numbers)
        } else {
            Data::Owned(floats(&file.bytes()[numbers]))
        };
        Ok(Self { dim: layout.dim, documents, data, origin, words })
    }

    /// Reads the bytes of a file of codes, and of the table of documents beside it if there is one;
    /// `path` only names it in messages.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn read(bytes: &[u8], list: Option<&[u8]>, path: &Path) -> Result<Self> {
        let layout = Layout::of(bytes, path)?;
        let (documents, origin) = match (layout.documents, list) {
            (Some(documents), _) => (documents, layout.origin),
            (None, Some(list)) => read_list(list, &list_path(path), layout.n_codes)?,
            (None, None) => ((1..=layout.n_codes as u64).collect(), CodesOrigin::default()),
        };
        check_origin(&origin, &documents, path)?;
        let words =
            layout.words.map(|ranges| words_in(ranges, layout.n_codes, path, bytes)).transpose()?;
        Ok(Self {
            dim: layout.dim,
            documents,
            data: Data::Owned(floats(&bytes[layout.numbers])),
            origin,
            words,
        })
    }

    /// Which model made the codes, of which documents.
    pub fn origin(&self) -> &CodesOrigin {
        &self.origin
    }

    /// The words of the documents, row by row as the codes; `None` where the file has none.
    pub fn words(&self) -> Option<&DocumentWords> {
        self.words.as_ref()
    }

    /// The name of a document, its file or `FILE:N`; its number where the file of codes tells no
    /// names.
    pub fn name(&self, document: u64) -> String {
        self.origin
            .documents
            .as_ref()
            .and_then(|names| names.name(document))
            .unwrap_or_else(|| document.to_string())
    }

    /// The name of what the code in a row is of: of the document, and `#2` behind it for the second
    /// of the parts that documents were cut into.
    pub fn name_of_row(&self, row: usize) -> String {
        let (document, name) = (self.documents[row], self.name(self.documents[row]));
        if self.origin.document_tokens.is_none() {
            return name;
        }
        let n_before =
            self.documents[..row].iter().rev().take_while(|&&before| before == document).count();
        format!("{name}#{}", n_before + 1)
    }

    /// The row of the code of what a person names: a document, see [`DocumentNames::find`], or a
    /// number where no names are known; `#2` behind it stands for the second of its parts, where
    /// documents were cut into parts, and the first is meant without.
    ///
    /// # Errors
    /// [`Error::NothingFound`] if there is no such document or part, or it has no code.
    pub fn find(&self, name: &str) -> Result<usize> {
        let fail = |reason: &str| {
            Err(Error::NothingFound {
                query: format!("document {name}"),
                reason: reason.to_owned(),
            })
        };
        let is_of_parts = self.origin.document_tokens.is_some();
        let part = name
            .rsplit_once('#')
            .filter(|_| is_of_parts)
            .and_then(|(name, part)| Some((name, part.parse::<usize>().ok()?)));
        let (name, part) = part.unwrap_or((name, 1));
        let unnamed = DocumentNames::new(DocumentUnit::Line, Vec::new());
        let document = self.origin.documents.as_ref().unwrap_or(&unnamed).find(name)?;
        let Some(first) = self.row_of(document) else {
            return fail("it holds no word that the model knows, or there is no such document");
        };
        let row = part.checked_sub(1).and_then(|place| first.checked_add(place));
        match row.filter(|&row| self.documents.get(row) == Some(&document)) {
            Some(row) => Ok(row),
            None => fail("it has not so many parts with a code"),
        }
    }

    /// Reads the words of the documents from their texts, where the file of codes has none, as that
    /// of another program or an `.npy` file.
    ///
    /// # Errors
    /// As [`Encoder::for_each_batch`].
    pub fn read_words(
        &mut self,
        encoder: &Encoder,
        corpus: &Corpus,
        progress: &dyn Progress,
    ) -> Result<()> {
        let mut builder = DocumentWordsBuilder::default();
        let (mut rows, mut n_read) = (vec![RowWords::default(); self.len()], 0);
        encoder.for_each_batch_with_words(
            corpus,
            self.origin.document_tokens,
            &mut builder,
            progress,
            |batch| {
                for ((number, document), words) in
                    batch.numbers.into_iter().zip(batch.documents).zip(batch.words)
                {
                    // The rows are the documents with a known word, in order.
                    if !document.words.is_empty() && self.documents.get(n_read) == Some(&number) {
                        rows[n_read] = words;
                        n_read += 1;
                    }
                }
                Ok(())
            },
        )?;
        if n_read != self.len() {
            let found = format!("texts of which {n_read} documents have a code");
            return Err(Error::Parameter {
                name: "texts",
                found,
                expected: format!("those of the {} codes", self.len()),
            });
        }
        self.words = Some(DocumentWords::of_rows(rows, &builder));
        Ok(())
    }

    /// Refuses texts that the codes were not made from: other files, or files cut into other
    /// documents. Reads the texts once.
    ///
    /// # Errors
    /// [`Error::OtherTexts`]; what reading them reports.
    pub fn check_texts(&self, corpus: &Corpus) -> Result<()> {
        let Some(documents) = &self.origin.documents else { return Ok(()) };
        let refuse = |found: String, expected: String| Err(Error::OtherTexts { found, expected });
        if documents.unit() != corpus.unit() {
            return refuse(
                format!("a document for each {}", corpus.unit()),
                format!("a document for each {}", documents.unit()),
            );
        }
        let (sources, expected) = (corpus.sources(), documents.sources());
        if sources.len() != expected.len() {
            return refuse(
                format!("{} file(s)", sources.len()),
                format!("{} file(s)", expected.len()),
            );
        }
        for (source, expected) in corpus.fingerprints()?.iter().zip(expected) {
            if source.sha256 != expected.sha256 {
                let expected =
                    format!("the bytes that `{}` had when it was encoded", expected.path);
                return refuse(format!("`{}` with other bytes", source.path), expected);
            }
        }
        Ok(())
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
            true => Some(self.documents.partition_point(|&other| other < document))
                .filter(|&row| self.documents.get(row) == Some(&document)),
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
            Data::Mapped(file, range) => bytemuck::cast_slice(&file.bytes()[range.clone()]),
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
    /// [`Error::OtherModel`] if they are codes of another model, as far as that can be told, and
    /// not of the one of the other language that was made with it from parallel texts.
    pub fn components(&self, encoder: &Encoder) -> Result<Components> {
        let refuse = |found: String, expected: String| Err(Error::OtherModel { found, expected });
        // The beginning of a digest tells it from others.
        let short = |digest: &str| digest.chars().take(16).collect::<String>();
        let model = &encoder.model().provenance;
        match &self.origin.model {
            Some(digest) if *digest != model.digest && self.origin.model != model.partner => {
                refuse(
                    format!("codes of the model with digest {}...", short(digest)),
                    format!("{}...", short(&model.digest)),
                )
            }
            _ if self.dim == model.dim => Ok(Components::Kept),
            _ if self.dim == encoder.rank() => Ok(Components::All),
            _ => refuse(
                format!("codes of {} dimensions", self.dim),
                format!("{}, as the model has them", model.dim),
            ),
        }
    }
}

impl fmt::Debug for Codes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Codes")
            .field("n_codes", &self.len())
            .field("dim", &self.dim)
            .finish_non_exhaustive()
    }
}

/// The table of documents beside an `.npy` file: `codes.documents.tsv` for `codes.npy`.
pub(super) fn list_path(path: &Path) -> PathBuf {
    path.with_extension("documents.tsv")
}

/// The columns of that table.
pub(super) const LIST_HEADER: &str = "document\tname";

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().expect("chunks of four bytes")))
        .collect()
}

/// A checked file: everything but the codes, and where those lie.
struct Layout {
    n_codes: usize,
    dim: usize,
    numbers: std::ops::Range<usize>,
    documents: Option<Vec<u64>>,
    origin: CodesOrigin,
    /// Where the tensors of the words lie, in the order of [`TENSORS`].
    words: Option<[Range<usize>; 6]>,
}

impl Layout {
    fn of(bytes: &[u8], path: &Path) -> Result<Self> {
        if bytes.starts_with(npy::MAGIC) {
            let mut rest = bytes;
            let (n_codes, dim) = npy::read_shape(&mut rest, path)?;
            // The product was checked not to overflow.
            if rest.len() != n_codes * dim * 4 {
                let found = format!("{} bytes after the header", rest.len());
                return Err(malformed(
                    path,
                    None,
                    found,
                    format!("{} for {n_codes} codes of {dim} numbers", n_codes * dim * 4),
                ));
            }
            return Ok(Self {
                n_codes,
                dim,
                numbers: bytes.len() - rest.len()..bytes.len(),
                documents: None,
                origin: CodesOrigin::default(),
                words: None,
            });
        }
        if bytes.first() == Some(&b'{') {
            return Err(malformed(
                path,
                None,
                "lines of JSON",
                "codes in .npy or safetensors, which can be searched in place",
            ));
        }
        let broken = |reason| {
            malformed(
                path,
                None,
                format!("a broken header ({reason})"),
                "an .npy or safetensors file of codes",
            )
        };
        let tensors = SafeTensors::deserialize(bytes).map_err(broken)?;
        let find = |name: &str, dtype: Dtype| {
            let tensor = tensors.tensor(name).map_err(|_| {
                malformed(path, None, format!("no tensor `{name}`"), "the codes of documents")
            })?;
            match tensor.dtype() == dtype {
                true => Ok((tensor.shape().to_vec(), tensor.data())),
                false => Err(malformed(
                    path,
                    None,
                    format!("`{name}` of type {:?}", tensor.dtype()),
                    format!("{dtype:?}"),
                )),
            }
        };
        let (shape, codes) = find("codes", Dtype::F32)?;
        let [n_codes, dim] = shape[..] else {
            return Err(malformed(
                path,
                None,
                format!("codes of shape {shape:?}"),
                "two dimensions, [documents, dim]",
            ));
        };
        if n_codes == 0 || dim == 0 {
            return Err(malformed(
                path,
                None,
                format!("codes of shape {shape:?}"),
                "at least one code and one dimension",
            ));
        }
        let (shape, documents) = find("documents", Dtype::U64)?;
        if shape != [n_codes] {
            return Err(malformed(
                path,
                None,
                format!("documents of shape {shape:?}"),
                format!("[{n_codes}], one for each code"),
            ));
        }
        let documents = documents
            .chunks_exact(8)
            .map(|b| u64::from_le_bytes(b.try_into().expect("chunks of eight bytes")))
            .collect();
        let range_of = |data: &[u8]| {
            let begin = data.as_ptr() as usize - bytes.as_ptr() as usize;
            begin..begin + data.len()
        };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(broken)?;
        let origin = match tensors.tensor("origin") {
            Ok(tensor) => serde_json::from_slice(tensor.data()).map_err(|reason| {
                malformed(
                    path,
                    None,
                    format!("an origin that cannot be read ({reason})"),
                    "the codes of documents",
                )
            })?,
            // Earlier versions told the model alone.
            Err(_) => CodesOrigin {
                model: header.metadata().as_ref().and_then(|map| map.get("model").cloned()),
                ..CodesOrigin::default()
            },
        };
        let words = match tensors.tensor(TENSORS[0].0) {
            Err(_) => None,
            Ok(_) => {
                let mut ranges: [Range<usize>; 6] = Default::default();
                for (range, (name, dtype)) in ranges.iter_mut().zip(TENSORS) {
                    let dtype = match dtype {
                        "U64" => Dtype::U64,
                        "U32" => Dtype::U32,
                        _ => Dtype::U8,
                    };
                    *range = range_of(find(name, dtype)?.1);
                }
                Some(ranges)
            }
        };
        Ok(Self {
            n_codes,
            dim,
            numbers: range_of(codes),
            documents: Some(documents),
            origin,
            words,
        })
    }
}

/// The words of documents, from the ranges of their tensors in a file.
fn words_of(
    ranges: [Range<usize>; 6],
    n_codes: usize,
    path: &Path,
    file: &Arc<MappedFile>,
) -> Result<DocumentWords> {
    let [offsets, spelling_offsets, ids, counts, lengths, spellings] = ranges;
    let words = DocumentWords::from_parts(
        Numbers::of_file(file, spellings),
        Numbers::of_file(file, spelling_offsets),
        Numbers::of_file(file, offsets),
        Numbers::of_file(file, ids),
        Numbers::of_file(file, counts),
        Numbers::of_file(file, lengths),
    );
    checked(words, n_codes, path)
}

/// The same from bytes in memory.
fn words_in(
    ranges: [Range<usize>; 6],
    n_codes: usize,
    path: &Path,
    bytes: &[u8],
) -> Result<DocumentWords> {
    let [offsets, spelling_offsets, ids, counts, lengths, spellings] =
        ranges.map(|range| &bytes[range]);
    let words = DocumentWords::from_parts(
        Numbers::of_bytes(spellings),
        Numbers::of_bytes(spelling_offsets),
        Numbers::of_bytes(offsets),
        Numbers::of_bytes(ids),
        Numbers::of_bytes(counts),
        Numbers::of_bytes(lengths),
    );
    checked(words, n_codes, path)
}

fn checked(words: Option<DocumentWords>, n_codes: usize, path: &Path) -> Result<DocumentWords> {
    let found = "tensors of words that do not fit each other";
    words
        .filter(|words| words.n_rows() == n_codes)
        .ok_or_else(|| malformed(path, None, found, "the words of each document"))
}

/// Refuses the origin of codes whose documents are not those that it tells of.
fn check_origin(origin: &CodesOrigin, documents: &[u64], path: &Path) -> Result<()> {
    let Some(names) = &origin.documents else { return Ok(()) };
    let counts = names.sources().iter().map(|source| source.n_documents);
    let sum = counts
        .map(|n| n.ok_or("a file of an unknown number of documents"))
        .try_fold(0u64, |sum, n| sum.checked_add(n?).ok_or("more documents than can be counted"));
    let last = documents.iter().copied().max().unwrap_or(0);
    match sum {
        Err(found) => Err(malformed(path, None, found, "the number of documents of each file")),
        Ok(sum) if sum < last => Err(malformed(
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
fn read_list(bytes: &[u8], path: &Path, n_codes: usize) -> Result<(Vec<u64>, CodesOrigin)> {
    let (mut documents, mut origin) = (Vec::new(), CodesOrigin::default());
    for (index, line) in
        bytes.strip_suffix(b"\n").unwrap_or(bytes).split(|&byte| byte == b'\n').enumerate()
    {
        let text = String::from_utf8_lossy(line);
        if let Some(json) = text.strip_prefix('#').filter(|_| index == 0) {
            let expected = "where the codes come from, in JSON";
            origin = serde_json::from_str(json)
                .map_err(|reason| malformed(path, Some(1), reason.to_string(), expected))?;
            continue;
        }
        if index == 1 && text == LIST_HEADER {
            continue;
        }
        match text.split('\t').next().unwrap_or_default().trim().parse::<u64>() {
            Ok(number) if number > 0 => documents.push(number),
            _ => {
                return Err(malformed(
                    path,
                    Some(index as u64 + 1),
                    format!("`{text}`"),
                    "the number of a document, from 1",
                ));
            }
        }
    }
    if documents.len() != n_codes {
        return Err(malformed(
            path,
            None,
            format!("{} numbers", documents.len()),
            format!("{n_codes}, one for each code"),
        ));
    }
    Ok((documents, origin))
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
        fails(
            &bytes,
            Some(b"1\n0\n"),
            "`c.documents.tsv`, line 2: found `0`, expected the number of a document, from 1",
        );
        fails(
            &bytes,
            Some(b"1\n"),
            "`c.documents.tsv`: found 1 numbers, expected 2, one for each code",
        );
        let origin = |counts: &str| {
            let source = |n: &str| {
                format!("{{\"path\":\"a\",\"bytes\":1,\"sha256\":\"\",\"n_documents\":{n}}}")
            };
            let sources: Vec<String> = counts.split(' ').map(source).collect();
            format!(
                "# {{\"documents\":{{\"unit\":\"line\",\"sources\":[{}]}}}}\n{LIST_HEADER}\n1\ta:1\n3\ta:3\n",
                sources.join(",")
            )
        };
        assert_eq!(
            Codes::read(&bytes, Some(origin("2 1").as_bytes()), path).unwrap().documents(),
            [1, 3]
        );
        fails(
            &bytes,
            Some(origin("2").as_bytes()),
            "found a code of document 3, expected at most 2, the documents of the files",
        );
        fails(
            &bytes,
            Some(origin("null 9").as_bytes()),
            "found a file of an unknown number of documents",
        );
        fails(
            &bytes,
            Some(origin("18446744073709551615 1").as_bytes()),
            "found more documents than can be counted",
        );
        fails(b"nonsense", None, "an .npy or safetensors file of codes");
    }
}

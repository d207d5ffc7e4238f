//! Codes of many documents, in memory or in a file.
//!
//! A document without a known word has no code: it is skipped (in JSON lines its code is `null`)
//! and counted, never given zeros. So each code has the number of its document in the corpus, from
//! 1.
//!
//! The formats of the files are those of `codes_file.rs`.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use pulp::bytemuck;
use rayon::prelude::*;

use super::batches::EncodedDocuments;
use super::codes_file::{
    CodesFile, CodesOrigin, check_origin, floats, list_path, open_list, read_list, words_in,
    words_of,
};
use super::document_words::{DocumentWords, DocumentWordsBuilder, RowWords};
use super::encoder::Encoder;
use super::options::Components;
use crate::base::digest::Digest;
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::corpus::{Corpus, DocumentNames, DocumentUnit};
use crate::linalg::dot::{length_of, write_unit};
use crate::storage::mmap::MappedFile;

/// Codes in rows, with the number of the document of each.
pub struct Codes {
    dim: usize,
    documents: Vec<u64>,
    values: CodeValues,
    origin: CodesOrigin,
    words: Option<DocumentWords>,
}

enum CodeValues {
    Owned(Vec<f32>),
    Mapped(Arc<MappedFile>, Range<usize>),
}

impl Codes {
    /// Codes from their values, `documents.len() x dim`, row-major.
    ///
    /// # Panics
    /// If there are not as many values, or `dim` is 0.
    pub fn new(dim: usize, documents: Vec<u64>, data: Vec<f32>) -> Self {
        assert!(dim > 0, "codes need at least one dimension");
        assert_eq!(data.len(), documents.len() * dim, "{} codes of {dim} numbers", documents.len());
        Self {
            dim,
            documents,
            values: CodeValues::Owned(data),
            origin: CodesOrigin::default(),
            words: None,
        }
    }

    /// Encodes a corpus; the second part holds the numbers of the documents without a code.
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
        let visit = |mut batch: EncodedDocuments| {
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
            digest: None,
            documents: Some(DocumentNames::new(corpus.unit(), report.sources)),
            document_tokens: None,
        };
        let words = builder.map(|builder| DocumentWords::from_rows(rows, &builder));
        Ok((
            Self { dim: dim.max(1), documents, values: CodeValues::Owned(data), origin, words },
            without,
        ))
    }

    /// Opens a file of codes in place, in the format of its content.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Malformed`] if it is no `.npy` or safetensors file of codes, or the
    /// table of documents beside an `.npy` file is missing.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = MappedFile::open(path)?;
        let parsed = CodesFile::parse(file.bytes(), path)?;
        let (documents, origin) = match parsed.documents {
            Some(documents) => (documents, parsed.origin),
            None => open_list(path, parsed.n_codes)?,
        };
        check_origin(&origin, &documents, path)?;
        let range = parsed.codes;
        let in_place = cfg!(target_endian = "little")
            && bytemuck::try_cast_slice::<u8, f32>(&file.bytes()[range.clone()]).is_ok();
        let file = Arc::new(file);
        let words =
            parsed.words.map(|ranges| words_of(ranges, parsed.n_codes, path, &file)).transpose()?;
        let values = if in_place {
            CodeValues::Mapped(file, range)
        } else {
            CodeValues::Owned(floats(&file.bytes()[range]))
        };
        Ok(Self { dim: parsed.dim, documents, values, origin, words })
    }

    /// Reads the bytes of a file of codes, and of the table of documents beside it if there is one;
    /// `path` is for messages.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn read(bytes: &[u8], list: Option<&[u8]>, path: &Path) -> Result<Self> {
        let parsed = CodesFile::parse(bytes, path)?;
        let (documents, origin) = match (parsed.documents, list) {
            (Some(documents), _) => (documents, parsed.origin),
            (None, Some(list)) => read_list(list, &list_path(path), parsed.n_codes)?,
            (None, None) => ((1..=parsed.n_codes as u64).collect(), CodesOrigin::default()),
        };
        check_origin(&origin, &documents, path)?;
        let words =
            parsed.words.map(|ranges| words_in(ranges, parsed.n_codes, path, bytes)).transpose()?;
        Ok(Self {
            dim: parsed.dim,
            documents,
            values: CodeValues::Owned(floats(&bytes[parsed.codes])),
            origin,
            words,
        })
    }

    /// The model and the documents that the codes come from.
    pub fn origin(&self) -> &CodesOrigin {
        &self.origin
    }

    /// SHA-256, in hexadecimal, over the codes, row after row: the number of the document as a
    /// `u64` and the values as `f32`, little-endian.
    pub fn digest(&self) -> String {
        let rows = self.documents.iter().enumerate();
        rows.fold(Digest::new(), |digest, (row, &document)| {
            digest.number(document).floats(self.code(row))
        })
        .to_hex()
    }

    /// The words of the documents, in the rows of the codes; `None` if the file has none.
    pub fn words(&self) -> Option<&DocumentWords> {
        self.words.as_ref()
    }

    /// The name of a document, its file or `FILE:N`; its number if the file of codes has no names.
    pub fn name(&self, document: u64) -> String {
        self.origin
            .documents
            .as_ref()
            .and_then(|names| names.name(document))
            .unwrap_or_else(|| document.to_string())
    }

    /// The name of the document of a row; if documents were cut into parts, with `#2` after it for
    /// the second part.
    pub fn name_of_row(&self, row: usize) -> String {
        let (document, name) = (self.documents[row], self.name(self.documents[row]));
        if self.origin.document_tokens.is_none() {
            return name;
        }
        let n_before =
            self.documents[..row].iter().rev().take_while(|&&before| before == document).count();
        format!("{name}#{}", n_before + 1)
    }

    /// The row of the code of a document, given by its name ([`DocumentNames::find`]), or by its
    /// number if there are no names. If documents were cut into parts, `#2` after the name means
    /// the second part; without it, the first part is meant.
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
            None => fail("it has fewer parts with a code"),
        }
    }

    /// Reads the words of the documents from their texts, for codes without words, such as those of
    /// another program or of an `.npy` file.
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
        self.words = Some(DocumentWords::from_rows(rows, &builder));
        Ok(())
    }

    /// Refuses texts other than those of the codes: other files, or files cut into other documents.
    /// Reads the texts once.
    ///
    /// # Errors
    /// [`Error::OtherTexts`]; errors of reading.
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

    /// Dimensions of a code.
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

    /// The number of the document of each code, from 1.
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
        match &self.values {
            CodeValues::Owned(data) => data,
            CodeValues::Mapped(file, range) => bytemuck::cast_slice(&file.bytes()[range.clone()]),
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
    /// [`Error::OtherModel`] if they are codes of another model, as far as the file says, and not
    /// of the model of the other language that was made with it from parallel texts.
    pub fn components(&self, encoder: &Encoder) -> Result<Components> {
        let refuse = |found: String, expected: String| Err(Error::OtherModel { found, expected });
        // The beginning of a digest identifies it.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::codes_file::LIST_HEADER;
    use crate::vectors::format::npy;

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
                "# {{\"documents\":{{\"unit\":\"line\",\"sources\":[{}]}}}}\n\
                 {LIST_HEADER}\n1\ta:1\n3\ta:3\n",
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

//! Writes a file of codes batch by batch: the codes go to the file at once, the words of the
//! documents wait in temporary files beside it.

use std::collections::BTreeMap;
use std::path::Path;

use super::batches::EncodedDocuments;
use super::codes_file::{CodesOrigin, LIST_HEADER, list_path};
use super::document_words::{DocumentWordsBuilder, RowWords, TENSORS};
use super::encoder::Encoder;
use super::options::Components;
use crate::base::digest::Digest;
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::corpus::{Corpus, DocumentNames};
use crate::storage::atomic::AtomicFile;
use crate::storage::value_list::{AT_A_TIME, ValueList};
use crate::vectors::format::{Cell, npy, safetensors_writer};

/// Bytes before the tensors of a safetensors file of codes. The header is complete only at the end,
/// and fits with room to spare.
const HEADER_BYTES: usize = 2048;

/// A format that codes are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodesFormat {
    /// NumPy's.
    Npy,
    /// safetensors.
    Safetensors,
    /// A line of JSON for each document.
    JsonLines,
}

impl CodesFormat {
    /// The format for a file's extension: `.npy`, `.safetensors` or `.jsonl`; `None` for others.
    pub fn from_extension(path: impl AsRef<Path>) -> Option<Self> {
        match path.as_ref().extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "npy" => Some(Self::Npy),
            "safetensors" => Some(Self::Safetensors),
            "jsonl" => Some(Self::JsonLines),
            _ => None,
        }
    }
}

/// Writes the codes of documents as they come.
#[derive(Debug)]
pub struct CodesWriter {
    file: AtomicFile,
    list: Option<AtomicFile>,
    format: CodesFormat,
    dim: usize,
    origin: CodesOrigin,
    documents: Vec<u64>,
    words: Option<WrittenWords>,
    written: Written,
    digest: Digest,
    bytes: Vec<u8>,
}

/// The words of the documents with a code, row after row.
#[derive(Debug)]
struct WrittenWords {
    offsets: Vec<u64>,
    ids: ValueList<u32>,
    counts: ValueList<u32>,
    lengths: Vec<u32>,
}

/// How documents are encoded into a file.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct CodesOptions {
    /// Which components the codes have. Default: those that the word vectors have.
    pub components: Components,
    /// Cut documents into parts of this many tokens, each with a code. Default: they stay whole.
    pub document_tokens: Option<usize>,
    /// Replace files that exist. Default: no.
    pub force: bool,
}

/// Encodes a corpus into a file. A safetensors file also holds the words of the documents, for
/// searches by words.
///
/// Memory: a batch of documents, the different words, and 20 bytes a document.
///
/// # Errors
/// As [`CodesWriter::create`], [`Encoder::for_each_batch`] and [`CodesWriter::finish`]; then no
/// file is there.
pub fn encode_to_file(
    encoder: &Encoder,
    corpus: &Corpus,
    path: impl AsRef<Path>,
    format: CodesFormat,
    options: CodesOptions,
    progress: &dyn Progress,
) -> Result<Written> {
    let path = path.as_ref();
    let provenance = &encoder.model().provenance;
    let dim = if options.components == Components::All { encoder.rank() } else { provenance.dim };
    let mut writer = CodesWriter::create(path, format, dim, &provenance.digest, options.force)?;
    writer.origin.document_tokens = options.document_tokens;
    let mut builder = DocumentWordsBuilder::default();
    if format == CodesFormat::Safetensors {
        let folder =
            path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let (ids, counts) = (ValueList::in_folder(folder)?, ValueList::in_folder(folder)?);
        writer.words = Some(WrittenWords { offsets: vec![0], ids, counts, lengths: Vec::new() });
    }
    let with_words = writer.words.is_some();
    let visit = |mut batch: EncodedDocuments| {
        let codes = batch.codes.chunks_exact(encoder.rank());
        let mut words = std::mem::take(&mut batch.words).into_iter();
        for ((&number, document), z) in batch.numbers.iter().zip(&batch.documents).zip(codes) {
            let code = (!document.words.is_empty()).then(|| encoder.part(z, options.components));
            writer.push(number, code)?;
            if let (Some(written), Some(words), Some(_)) = (&mut writer.words, words.next(), code) {
                written.push(words)?;
            }
        }
        Ok(())
    };
    let report = match with_words {
        true => encoder.for_each_batch_with_words(
            corpus,
            options.document_tokens,
            &mut builder,
            progress,
            visit,
        )?,
        false => encoder.for_each_batch(corpus, options.document_tokens, progress, visit)?,
    };
    writer.finish_with(Some(DocumentNames::new(corpus.unit(), report.sources)), &builder)
}

impl WrittenWords {
    fn push(&mut self, row: RowWords) -> Result<()> {
        self.ids.extend(row.ids);
        self.counts.extend(row.counts);
        self.offsets.push(self.ids.len() as u64);
        self.lengths.push(row.n_tokens);
        self.ids.flush()?;
        self.counts.flush()
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Documents seen.
    pub n_documents: u64,
    /// Documents with a code.
    pub n_codes: u64,
    /// The numbers of the documents without a code: they have no known word.
    pub without: Vec<u64>,
    /// SHA-256 over the codes, see [`Codes::digest`](super::Codes::digest).
    pub digest: String,
    /// The names of the documents, where they are known.
    pub names: Option<DocumentNames>,
}

impl Written {
    /// The name of a document; its number if there are no names.
    pub fn name(&self, document: u64) -> String {
        self.names
            .as_ref()
            .and_then(|names| names.name(document))
            .unwrap_or_else(|| document.to_string())
    }
}

impl CodesWriter {
    /// Creates a file of codes of `dim` values, made by the model with this digest; `force`
    /// replaces files that exist.
    ///
    /// # Errors
    /// [`Error::OutputExists`] and errors of the file system.
    pub fn create(
        path: impl AsRef<Path>,
        format: CodesFormat,
        dim: usize,
        model: &str,
        force: bool,
    ) -> Result<Self> {
        let path = path.as_ref();
        let mut file = AtomicFile::create(path, force)?;
        let list = if format == CodesFormat::Npy {
            Some(AtomicFile::create(list_path(path), force)?)
        } else {
            None
        };
        match format {
            CodesFormat::Npy => file.put(&npy_header(u32::MAX as usize, dim))?,
            CodesFormat::Safetensors => file.put(&[b' '; HEADER_BYTES])?,
            CodesFormat::JsonLines => {}
        }
        let (documents, written, bytes) = (Vec::new(), Written::default(), Vec::new());
        let origin = CodesOrigin { model: Some(model.to_owned()), ..CodesOrigin::default() };
        let (words, digest) = (None, Digest::new());
        Ok(Self { file, list, format, dim, origin, documents, words, written, digest, bytes })
    }

    /// Writes the code of the next document, or that it has none.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a value that is not finite; [`Error::DiskFull`] or [`Error::Io`].
    ///
    /// # Panics
    /// If the code does not have `dim` values.
    pub fn push(&mut self, document: u64, code: Option<&[f32]>) -> Result<()> {
        self.written.n_documents += 1;
        if let Some(code) = code {
            assert_eq!(
                code.len(),
                self.dim,
                "a code of {} numbers among codes of {}",
                code.len(),
                self.dim
            );
            if code.iter().any(|number| !number.is_finite()) {
                return Err(Error::NotFinite {
                    stage: Stage::Write,
                    place: format!("the code of document {document}"),
                });
            }
            self.written.n_codes += 1;
            self.digest = std::mem::take(&mut self.digest).number(document).floats(code);
        } else {
            self.written.without.push(document);
        }
        self.bytes.clear();
        match (self.format, code) {
            (CodesFormat::JsonLines, code) => {
                let mut line = format!("{{\"document\":{document},\"code\":");
                match code {
                    Some(code) => line.push_str(
                        &serde_json::to_string(code).expect("finite numbers can be written"),
                    ),
                    None => line.push_str("null"),
                }
                line.push_str("}\n");
                self.bytes.extend_from_slice(line.as_bytes());
            }
            (_, Some(code)) => {
                self.bytes.extend(code.iter().flat_map(|number| number.to_le_bytes()));
                self.documents.push(document);
            }
            (_, None) => return Ok(()),
        }
        self.file.put(&self.bytes)
    }

    /// Finishes the file; `documents` are the names of the documents, if they are known.
    ///
    /// # Errors
    /// [`Error::NothingFound`] if no document has a code; [`Error::DiskFull`] or [`Error::Io`].
    /// Then no file is there.
    pub fn finish(self, documents: Option<DocumentNames>) -> Result<Written> {
        self.finish_with(documents, &DocumentWordsBuilder::default())
    }

    fn finish_with(
        mut self,
        documents: Option<DocumentNames>,
        builder: &DocumentWordsBuilder,
    ) -> Result<Written> {
        if self.written.n_codes == 0 {
            let query = format!("{} document(s)", self.written.n_documents);
            return Err(Error::NothingFound {
                query,
                reason: "the model knows none of their words".to_owned(),
            });
        }
        self.written.names = documents.clone();
        self.origin.documents = documents;
        self.written.digest = std::mem::take(&mut self.digest).to_hex();
        self.origin.digest = Some(self.written.digest.clone());
        match self.format {
            CodesFormat::Npy => self.finish_npy(),
            CodesFormat::Safetensors => self.finish_safetensors(builder),
            CodesFormat::JsonLines => self.file.commit().map(|()| self.written),
        }
    }

    fn origin_json(&self) -> String {
        serde_json::to_string(&self.origin).expect("strings and whole numbers can be written")
    }

    fn finish_npy(mut self) -> Result<Written> {
        self.file.rewrite_start(&npy_header(self.documents.len(), self.dim))?;
        let origin = self.origin_json();
        if let Some(list) = &mut self.list {
            list.put(format!("# {origin}\n{LIST_HEADER}\n").as_bytes())?;
            for &document in &self.documents {
                let name = self.origin.documents.as_ref().and_then(|names| names.name(document));
                list.put(format!("{document}\t{}\n", Cell(name.unwrap_or_default())).as_bytes())?;
            }
            // A full disk is noticed here, before either file has its name.
            list.sync()?;
        }
        self.file.sync()?;
        self.list.map_or(Ok(()), AtomicFile::commit)?;
        self.file.commit()?;
        Ok(self.written)
    }

    /// The codes are already in the file, at a multiple of 64 bytes.
    fn finish_safetensors(mut self, builder: &DocumentWordsBuilder) -> Result<Written> {
        let n_codes = self.documents.len();
        let origin = self.origin_json();
        let (spellings, spelling_offsets) = builder.words().parts();
        let n_entries = self.words.as_ref().map_or(0, |words| words.ids.len());
        let counts =
            [n_codes + 1, spelling_offsets.len(), n_entries, n_entries, n_codes, spellings.len()];
        let shapes = counts.map(|n| [n]);
        let mut tensors: Vec<(&str, &str, &[usize], usize)> = Vec::new();
        let (of_codes, of_documents, of_origin) = ([n_codes, self.dim], [n_codes], [origin.len()]);
        tensors.push(("codes", "F32", &of_codes, n_codes * self.dim * 4));
        tensors.push(("documents", "U64", &of_documents, n_codes * 8));
        if self.words.is_some() {
            let size = |dtype: &str| match dtype {
                "U64" => 8,
                "U32" => 4,
                _ => 1,
            };
            tensors.extend(
                TENSORS.iter().zip(&shapes).map(|(&(name, dtype), shape)| {
                    (name, dtype, &shape[..], shape[0] * size(dtype))
                }),
            );
        }
        tensors.push(("origin", "U8", &of_origin, origin.len()));
        let metadata = BTreeMap::from([
            ("model".to_owned(), self.origin.model.clone().unwrap_or_default()),
            ("n_documents".to_owned(), self.written.n_documents.to_string()),
            ("program".to_owned(), concat!("eigenlex ", env!("CARGO_PKG_VERSION")).to_owned()),
        ]);
        let mut header = ((HEADER_BYTES - 8) as u64).to_le_bytes().to_vec();
        header.extend(safetensors_writer::header(&tensors, &metadata).bytes());
        assert!(header.len() <= HEADER_BYTES, "a header of {} bytes", header.len());
        header.resize(HEADER_BYTES, b' ');
        let file = &mut self.file;
        self.documents.iter().try_for_each(|document| file.put(&document.to_le_bytes()))?;
        if let Some(WrittenWords { offsets, ids, counts, lengths }) = &self.words {
            offsets.iter().try_for_each(|offset| file.put(&offset.to_le_bytes()))?;
            spelling_offsets
                .iter()
                .try_for_each(|&offset| file.put(&(offset as u64).to_le_bytes()))?;
            for list in [ids, counts] {
                list.for_each_part(AT_A_TIME, |_, part| {
                    part.iter().try_for_each(|number| file.put(&number.to_le_bytes()))
                })?;
            }
            lengths.iter().try_for_each(|length| file.put(&length.to_le_bytes()))?;
            file.put(spellings.as_bytes())?;
        }
        file.put(origin.as_bytes())?;
        file.rewrite_start(&header)?;
        self.file.commit()?;
        Ok(self.written)
    }
}

/// The header for `n_codes` codes; its length is the same for any number of them.
fn npy_header(n_codes: usize, dim: usize) -> Vec<u8> {
    let mut header = npy::header(n_codes, dim);
    let length = npy::header(u32::MAX as usize, dim).len().max(128);
    // The description ends with spaces and a line feed.
    header.pop();
    header.resize(length - 1, b' ');
    header.push(b'\n');
    header[8..10].copy_from_slice(&((length - 10) as u16).to_le_bytes());
    header
}
#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::encode::codes::Codes;

    fn write(
        format: CodesFormat,
        path: &Path,
        codes: &[(u64, Option<[f32; 2]>)],
    ) -> Result<Written> {
        let mut writer = CodesWriter::create(path, format, 2, "abc", false)?;
        codes.iter().try_for_each(|(number, code)| {
            writer.push(*number, code.as_ref().map(<[f32; 2]>::as_slice))
        })?;
        writer.finish(None)
    }

    const THREE: [(u64, Option<[f32; 2]>); 3] =
        [(1, Some([0.5, -1.0])), (2, None), (3, Some([0.1, 1e-30]))];

    #[test]
    fn codes_are_read_back_with_their_documents() {
        let folder = tempfile::tempdir().unwrap();
        for (name, format) in
            [("c.npy", CodesFormat::Npy), ("c.safetensors", CodesFormat::Safetensors)]
        {
            let path = folder.path().join(name);
            assert_eq!(CodesFormat::from_extension(&path), Some(format));
            let written = write(format, &path, &THREE).unwrap();
            let codes = Codes::open(&path).unwrap();
            let (without, digest) = (vec![2], codes.digest());
            assert_eq!(codes.origin().digest.as_ref(), Some(&digest));
            assert_eq!(
                written,
                Written { n_documents: 3, n_codes: 2, without, digest, names: None }
            );
            assert_eq!((codes.dim(), codes.documents()), (2, &[1u64, 3][..]));
            assert_eq!(codes.as_slice(), [0.5, -1.0, 0.1, 1e-30]);
            assert_eq!((codes.row_of(3), codes.row_of(2), codes.row_of(4)), (Some(1), None, None));
            let bytes = fs::read(&path).unwrap();
            let list = fs::read(list_path(&path)).ok();
            let read = Codes::read(&bytes, list.as_deref(), &path).unwrap();
            assert_eq!((read.as_slice(), read.documents()), (codes.as_slice(), codes.documents()));
        }
        // An array alone names neither its model nor its documents; a list of numbers is enough for
        // rows of another program.
        fs::remove_file(folder.path().join("c.documents.tsv")).unwrap();
        let message = Codes::open(folder.path().join("c.npy")).unwrap_err().to_string();
        assert!(
            message
                .contains("c.documents.tsv` beside it, expected codes with the table of documents"),
            "{message}"
        );
        fs::write(folder.path().join("c.documents.txt"), "7\n9\n").unwrap();
        assert_eq!(Codes::open(folder.path().join("c.npy")).unwrap().documents(), [7, 9]);
    }

    #[test]
    fn json_lines_say_which_documents_have_no_code() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.jsonl");
        write(CodesFormat::JsonLines, &path, &THREE).unwrap();
        let expected = "{\"document\":1,\"code\":[0.5,-1.0]}\n{\"document\":2,\"code\":null}\n\
                        {\"document\":3,\"code\":[0.1,1e-30]}\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        assert!(Codes::open(&path).unwrap_err().to_string().ends_with(
            "found lines of JSON, expected codes in .npy or safetensors, which can be \
                     searched in place"
        ));
    }

    #[test]
    fn nothing_is_left_where_no_document_has_a_code() {
        let folder = tempfile::tempdir().unwrap();
        let error =
            write(CodesFormat::Npy, &folder.path().join("c.npy"), &[(1, None)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "nothing found for `1 document(s)`: the model knows none of their words"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let error = write(
            CodesFormat::Safetensors,
            &folder.path().join("c"),
            &[(7, Some([0.0, f32::NAN]))],
        )
        .unwrap_err();
        assert!(error.to_string().ends_with("at the code of document 7"), "{error}");
    }
}

//! A file of codes, written as they come.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::codes::list_path;
use crate::error::{Error, Result};
use crate::format::{AtomicFile, npy, safetensors as file_format};
use crate::progress::Stage;

/// Bytes before the tensors of a safetensors file of codes: the header, whose numbers are known at the end only, fits with room to spare.
const HEADER_BYTES: usize = 1024;

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
    /// The format that a file's extension stands for: `.npy`, `.safetensors`, `.jsonl`; `None` for others.
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
    model: String,
    documents: Vec<u64>,
    written: Written,
    bytes: Vec<u8>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Documents seen.
    pub n_documents: u64,
    /// Documents with a code.
    pub n_codes: u64,
    /// The documents without one, by number: they hold no word with a weight.
    pub without: Vec<u64>,
}

impl CodesWriter {
    /// Begins a file of codes of `dim` numbers, made by the model with this digest; `force` replaces files that exist.
    ///
    /// # Errors
    /// [`Error::OutputExists`] and whatever the file system reports.
    pub fn create(path: impl AsRef<Path>, format: CodesFormat, dim: usize, model: &str, force: bool) -> Result<Self> {
        let path = path.as_ref();
        let mut file = AtomicFile::create(path, force)?;
        let list = if format == CodesFormat::Npy { Some(AtomicFile::create(list_path(path), force)?) } else { None };
        match format {
            CodesFormat::Npy => file.put(&npy_header(u32::MAX as usize, dim))?,
            CodesFormat::Safetensors => file.put(&[b' '; HEADER_BYTES])?,
            CodesFormat::JsonLines => {}
        }
        let (documents, written, bytes) = (Vec::new(), Written::default(), Vec::new());
        Ok(Self { file, list, format, dim, model: model.to_owned(), documents, written, bytes })
    }

    /// Writes the code of the next document, or that it has none.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a number that is not; [`Error::DiskFull`] or [`Error::Io`].
    ///
    /// # Panics
    /// If the code has not `dim` numbers.
    pub fn push(&mut self, document: u64, code: Option<&[f32]>) -> Result<()> {
        self.written.n_documents += 1;
        if let Some(code) = code {
            assert_eq!(code.len(), self.dim, "a code of {} numbers among codes of {}", code.len(), self.dim);
            if code.iter().any(|number| !number.is_finite()) {
                return Err(Error::NotFinite { stage: Stage::Write, place: format!("the code of document {document}") });
            }
            self.written.n_codes += 1;
        } else {
            self.written.without.push(document);
        }
        self.bytes.clear();
        match (self.format, code) {
            (CodesFormat::JsonLines, code) => {
                let mut line = format!("{{\"document\":{document},\"code\":");
                match code {
                    Some(code) => line.push_str(&serde_json::to_string(code).expect("finite numbers can be written")),
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

    /// Finishes the file.
    ///
    /// # Errors
    /// [`Error::NothingFound`] if no document has a code; [`Error::DiskFull`] or [`Error::Io`]. Then no file is there.
    pub fn finish(mut self) -> Result<Written> {
        if self.written.n_codes == 0 {
            let query = format!("{} document(s)", self.written.n_documents);
            return Err(Error::NothingFound { query, reason: "the model knows none of their words".to_owned() });
        }
        let n_codes = self.documents.len();
        match self.format {
            CodesFormat::Npy => {
                self.file.rewrite_start(&npy_header(n_codes, self.dim))?;
                let mut text = String::new();
                self.documents.iter().for_each(|document| _ = writeln!(text, "{document}"));
                if let Some(list) = &mut self.list {
                    list.put(text.as_bytes())?;
                    // A full disk shows here, before either file has its name.
                    list.sync()?;
                }
                self.file.sync()?;
                self.list.map_or(Ok(()), AtomicFile::commit)?;
            }
            CodesFormat::Safetensors => {
                let tensors: [(&str, &str, &[usize], usize); 2] =
                    [("codes", "F32", &[n_codes, self.dim], n_codes * self.dim * 4), ("documents", "U64", &[n_codes], n_codes * 8)];
                let metadata = BTreeMap::from([
                    ("model".to_owned(), self.model),
                    ("n_documents".to_owned(), self.written.n_documents.to_string()),
                    ("program".to_owned(), concat!("eigenlex ", env!("CARGO_PKG_VERSION")).to_owned()),
                ]);
                // The codes stand there already, at a multiple of 64 bytes; what comes after them is read byte by byte.
                let mut header = ((HEADER_BYTES - 8) as u64).to_le_bytes().to_vec();
                header.extend(file_format::header(&tensors, &metadata).bytes());
                assert!(header.len() <= HEADER_BYTES, "a header of {} bytes", header.len());
                header.resize(HEADER_BYTES, b' ');
                for document in &self.documents {
                    self.file.put(&document.to_le_bytes())?;
                }
                self.file.rewrite_start(&header)?;
            }
            CodesFormat::JsonLines => {}
        }
        self.file.commit()?;
        Ok(self.written)
    }
}

/// The header for so many codes, of the same length for any number of them.
fn npy_header(n_codes: usize, dim: usize) -> Vec<u8> {
    let mut header = npy::header(n_codes, dim);
    let length = npy::header(u32::MAX as usize, dim).len().max(128);
    // The description ends with a line feed after blanks.
    header.pop();
    header.resize(length - 1, b' ');
    header.push(b'\n');
    header[8..10].copy_from_slice(&((length - 10) as u16).to_le_bytes());
    header
}
#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::codes::Codes;
    use super::*;

    fn write(format: CodesFormat, path: &Path, codes: &[(u64, Option<[f32; 2]>)]) -> Result<Written> {
        let mut writer = CodesWriter::create(path, format, 2, "abc", false)?;
        codes.iter().try_for_each(|(number, code)| writer.push(*number, code.as_ref().map(<[f32; 2]>::as_slice)))?;
        writer.finish()
    }

    const THREE: [(u64, Option<[f32; 2]>); 3] = [(1, Some([0.5, -1.0])), (2, None), (3, Some([0.1, 1e-30]))];

    #[test]
    fn codes_are_read_back_with_their_documents() {
        let folder = tempfile::tempdir().unwrap();
        for (name, format) in [("c.npy", CodesFormat::Npy), ("c.safetensors", CodesFormat::Safetensors)] {
            let path = folder.path().join(name);
            assert_eq!(CodesFormat::from_extension(&path), Some(format));
            let written = write(format, &path, &THREE).unwrap();
            assert_eq!(written, Written { n_documents: 3, n_codes: 2, without: vec![2] });
            let codes = Codes::open(&path).unwrap();
            assert_eq!((codes.dim(), codes.documents()), (2, &[1u64, 3][..]));
            assert_eq!(codes.as_slice(), [0.5, -1.0, 0.1, 1e-30]);
            assert_eq!((codes.row_of(3), codes.row_of(2), codes.row_of(4)), (Some(1), None, None));
            let bytes = fs::read(&path).unwrap();
            let list = fs::read(list_path(&path)).ok();
            let read = Codes::read(&bytes, list.as_deref(), &path).unwrap();
            assert_eq!((read.as_slice(), read.documents()), (codes.as_slice(), codes.documents()));
        }
        // Rows of another program's array are numbered.
        fs::remove_file(folder.path().join("c.documents.txt")).unwrap();
        assert_eq!(Codes::open(folder.path().join("c.npy")).unwrap().documents(), [1, 2]);
    }

    #[test]
    fn json_lines_say_which_documents_have_no_code() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.jsonl");
        write(CodesFormat::JsonLines, &path, &THREE).unwrap();
        let expected = "{\"document\":1,\"code\":[0.5,-1.0]}\n{\"document\":2,\"code\":null}\n{\"document\":3,\"code\":[0.1,1e-30]}\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        assert!(
            Codes::open(&path)
                .unwrap_err()
                .to_string()
                .ends_with("found lines of JSON, expected codes in .npy or safetensors, which can be searched in place")
        );
    }

    #[test]
    fn nothing_is_left_where_no_document_has_a_code() {
        let folder = tempfile::tempdir().unwrap();
        let error = write(CodesFormat::Npy, &folder.path().join("c.npy"), &[(1, None)]).unwrap_err();
        assert_eq!(error.to_string(), "nothing found for `1 document(s)`: the model knows none of their words");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let error = write(CodesFormat::Safetensors, &folder.path().join("c"), &[(7, Some([0.0, f32::NAN]))]).unwrap_err();
        assert!(error.to_string().ends_with("at the code of document 7"), "{error}");
    }
}

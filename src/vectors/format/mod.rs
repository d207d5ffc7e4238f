//! Word vectors in files: one file of code per format, each with its reader and its writer, and one
//! table of all formats.
//!
//! Readers take any stream or slice of bytes, check every count before memory is taken for it, and
//! answer a file that does not keep to its format with one [`Error::Malformed`]; what can be mended
//! on the way, they take and report ([`ReadReport`]). Writers refuse what they could not read back,
//! and write through [`AtomicFile`](crate::storage::AtomicFile), so that a file is there whole or
//! not at all. [`VectorFile::open`] looks at the bytes, not at the name, to tell which format a
//! file is in.

pub mod fasttext;
pub mod npy;
pub mod projector;
pub mod safetensors;
pub mod svd_file;
pub mod word2vec_binary;
pub mod word2vec_text;

mod arrow;
mod byte_reader;
mod cell;
#[cfg(any(feature = "arrow", feature = "parquet"))]
mod columns;
mod compressed;
mod decimal;
mod finalfusion;
mod input;
mod intake;
pub(crate) mod little_endian;
mod matrix_in_file;
mod model2vec;
mod npz;
mod numbers;
mod open;
mod parquet;
mod precision;
mod report;
mod safetensors_format;
pub(crate) mod safetensors_writer;
mod shape;
mod stored_words;
mod stream;
mod table;
mod table_file;
#[cfg(any(feature = "arrow", feature = "parquet"))]
mod table_intake;
mod tensors;
mod traits;
mod words_beside;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use cell::Cell;
pub use intake::ReadOptions;
pub use precision::{Loss, VectorPrecision};
pub use report::{Fault, Note, OnFault, Place, ReadReport};
pub use stream::{ROWS_PER_CHUNK, RowStream};
pub use traits::{VectorFile, WriteOptions};

use crate::base::error::{Error, Result};
use crate::base::kind::FileKind;
use crate::base::visible::shortened;
use crate::base::words::{WordId, Words};
use crate::vectors::WordVectors;
use shape::{check_dim, check_shape, parse_header};
use table::{TABLE, row_of};

/// A format of word vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Format {
    /// The text format of word2vec, which fastText's `.vec` shares.
    Word2vec,
    /// The text of GloVe: the same without a header.
    Glove,
    /// The binary format of word2vec.
    Word2vecBinary,
    /// fastText's own format, with vectors of n-grams.
    #[serde(rename = "fasttext")]
    FastText,
    /// The same in 8 bits a value.
    #[serde(rename = "fasttext-quantized")]
    FastTextQuantized,
    /// A NumPy array with a list of words beside it.
    Npy,
    /// Arrays of NumPy in one file.
    Npz,
    /// safetensors, the format of eigenlex's own models.
    Safetensors,
    /// The folder of a static model of model2vec.
    Model2vec,
    /// finalfusion's format.
    Finalfusion,
    /// A table in Parquet; read and written with the feature `parquet`.
    Parquet,
    /// A table in Arrow's format for files and streams; read and written with the feature `arrow`.
    Arrow,
    /// The folder of TensorBoard's Embedding Projector.
    Projector,
}

impl Format {
    /// All formats, in the order in which they are listed to people.
    pub const ALL: [Self; 13] = [
        Self::Word2vec,
        Self::Glove,
        Self::Word2vecBinary,
        Self::FastText,
        Self::FastTextQuantized,
        Self::Npy,
        Self::Npz,
        Self::Safetensors,
        Self::Model2vec,
        Self::Finalfusion,
        Self::Parquet,
        Self::Arrow,
        Self::Projector,
    ];

    /// The name that [`Display`](fmt::Display) shows and [`FromStr`] reads.
    pub fn name(self) -> &'static str {
        row_of(self).name
    }

    /// What it is, in a few words.
    pub fn title(self) -> &'static str {
        row_of(self).title
    }

    /// The endings of its files, the usual one first; none for folders.
    pub fn extensions(self) -> &'static [&'static str] {
        row_of(self).extensions
    }

    /// Whether it is a folder, not a file.
    pub fn is_folder(self) -> bool {
        row_of(self).is_folder
    }

    /// Whether the vectors of n-grams are needed to write it.
    pub fn needs_ngrams(self) -> bool {
        matches!(self, Self::FastText | Self::FastTextQuantized)
    }

    /// The feature of this library that the format needs, if it needs one.
    pub fn feature(self) -> Option<&'static str> {
        match self {
            Self::Parquet => Some("parquet"),
            Self::Arrow => Some("arrow"),
            _ => None,
        }
    }

    /// Whether this library was built without the feature that the format needs.
    pub fn is_left_out(self) -> bool {
        row_of(self).writer.is_none()
    }

    /// The precisions in which it can be written; none if it cannot.
    pub fn precisions(self) -> &'static [VectorPrecision] {
        row_of(self).writer.map_or(&[], |writer| writer.precisions())
    }

    /// The format that a file's extension stands for; `None` for others. The `.bin` of word2vec is
    /// meant before that of fastText. An extension of a compressed file, as `.gz`, is passed over.
    ///
    /// ```
    /// use eigenlex::format::Format;
    /// assert_eq!(Format::from_extension("wiki.vec"), Some(Format::Word2vec));
    /// assert_eq!(Format::from_extension("wiki.NPZ"), Some(Format::Npz));
    /// assert_eq!(Format::from_extension("wiki.bin.gz"), Some(Format::Word2vecBinary));
    /// assert_eq!(Format::from_extension("wiki"), None);
    /// ```
    pub fn from_extension(path: impl AsRef<Path>) -> Option<Self> {
        let path = path.as_ref();
        let (inner, _) = compressed::split(path);
        let extension = inner.extension()?.to_str()?.to_ascii_lowercase();
        let has = |row: &&table::Row| row.extensions.contains(&extension.as_str());
        if extension == "ftz" {
            return Some(Self::FastTextQuantized);
        }
        TABLE.iter().find(has).map(|row| row.format)
    }

    /// The files that are written for an output of this name.
    pub fn files(self, path: impl AsRef<Path>) -> Vec<PathBuf> {
        let path = path.as_ref();
        row_of(self).writer.map_or_else(Vec::new, |writer| writer.files(path))
    }

    /// Writes vectors; `force` replaces a file that exists.
    ///
    /// ```
    /// use eigenlex::{WordVectors, Words, format::Format};
    /// let words: Words = ["king", "queen"].into_iter().collect();
    /// let vectors = WordVectors::new(words, 2, vec![1.0, 0.5, 0.25, 2.0]);
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("vectors.vec");
    /// Format::Word2vec.write(&vectors, &path, false)?;
    /// assert_eq!(std::fs::read_to_string(&path)?, "2 2\nking 1 0.5\nqueen 0.25 2\n");
    /// assert_eq!(WordVectors::open(&path)?.digest(), vectors.digest());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutputExists`] without `force`; [`Error::Parameter`] naming the first word that the
    /// format cannot hold; [`Error::NoNGrams`] for fastText's formats; [`Error::NotFinite`];
    /// [`Error::DiskFull`] or [`Error::Io`]; [`Error::Parameter`] for a format whose feature is
    /// missing. In each case no new file is left behind.
    pub fn write(self, vectors: &WordVectors, path: impl AsRef<Path>, force: bool) -> Result<()> {
        self.write_stream(&RowStream::from(vectors), path, force)
    }

    /// The same for vectors that are made as they are written, in bounded memory.
    ///
    /// # Errors
    /// As [`Format::write`].
    pub fn write_stream(
        self,
        vectors: &RowStream<'_>,
        path: impl AsRef<Path>,
        force: bool,
    ) -> Result<()> {
        self.write_with(vectors, path, &WriteOptions::default().force(force))
    }

    /// The same with all that a format may need. A name that ends in `.gz`, `.zst`, `.bz2` or `.xz`
    /// is that of a compressed file; while it is written, a plain one is beside it.
    ///
    /// # Errors
    /// As [`Format::write`]; [`Error::Parameter`] for a precision that the format does not have, or
    /// a folder that is to be compressed.
    pub fn write_with(
        self,
        vectors: &RowStream<'_>,
        path: impl AsRef<Path>,
        options: &WriteOptions<'_>,
    ) -> Result<()> {
        let path = path.as_ref();
        let Some(writer) = row_of(self).writer else {
            let feature = self.feature().expect("only a feature leaves a writer out");
            return Err(Error::Parameter {
                name: "format",
                found: format!("`{self}`"),
                expected: format!("another: this was built without the feature `{feature}`"),
            });
        };
        let precisions = writer.precisions();
        if !precisions.contains(&options.precision) {
            let names: Vec<&str> = precisions.iter().map(|it| it.name()).collect();
            return Err(Error::Parameter {
                name: "precision",
                found: format!("`{}`", options.precision),
                expected: format!("{} for the format `{self}`", names.join(" or ")),
            });
        }
        match compressed::split(path) {
            (_, None) => writer.write(vectors, path, options),
            (_, Some(compression)) if writer.files(path).len() == 1 && self != Self::Npz => {
                compressed::write(writer, vectors, path, compression, options)
            }
            _ => Err(Error::Parameter {
                name: "output",
                found: format!("`{}`", path.display()),
                expected: format!("a name without `.gz` or the like for the format `{self}`"),
            }),
        }
    }
}

/// The error of a file of another kind.
fn wrong_kind(path: &Path, found: FileKind) -> Error {
    Error::WrongKind { path: path.to_path_buf(), found, needed: FileKind::Vectors }
}

/// The kind of a file; one within an archive has none of its own.
fn kind_of(path: &Path) -> Result<FileKind> {
    if path.is_file() {
        FileKind::of(path).map_err(|source| Error::io("open", path, source))
    } else {
        Ok(FileKind::Other)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| Error::Parameter {
            name: "format",
            found: format!("`{name}`"),
            expected: Self::ALL.map(Self::name).join(", "),
        })
    }
}

/// Words must be distinct; `line_of` gives the line of a word, if the file has lines.
fn refuse_duplicates(
    words: &Words,
    path: &Path,
    line_of: impl Fn(WordId) -> Option<u64>,
) -> Result<()> {
    match words.first_duplicate() {
        None => Ok(()),
        Some(id) => Err(Error::malformed(
            path,
            line_of(id),
            format!("the word `{}` a second time", words.spelling(id)),
            "distinct words",
        )),
    }
}

/// The first word that a format cannot hold is named before anything is written.
fn refuse_words(
    words: &Words,
    format: impl fmt::Display,
    is_bad: impl Fn(&str) -> bool,
    expected: &str,
) -> Result<()> {
    if words.is_empty() {
        return Err(Error::Parameter {
            name: "vectors",
            found: "empty".to_owned(),
            expected: "at least one word".to_owned(),
        });
    }
    match words.iter().position(is_bad) {
        None => Ok(()),
        Some(row) => {
            let word = words.spelling(WordId(row as u32));
            let others = match word.contains([' ', '\t']) && !word.contains(['\n', '\r', '\0']) {
                true => "safetensors, npy, npz and finalfusion hold words with blanks",
                false => "safetensors holds any word",
            };
            Err(Error::Parameter {
                name: "word",
                found: format!("{row} (from 0), {:?}", shortened(word)),
                expected: format!("{expected} for the format `{format}`; {others}"),
            })
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The formats that are one file, need no n-grams, and give the same bits back.
    pub(crate) const EXACT: [Format; N_EXACT] = [
        Format::Word2vec,
        Format::Glove,
        Format::Word2vecBinary,
        Format::Npy,
        Format::Npz,
        Format::Safetensors,
        #[cfg(feature = "parquet")]
        Format::Parquet,
        #[cfg(feature = "arrow")]
        Format::Arrow,
    ];

    const N_EXACT: usize =
        6 + cfg!(feature = "parquet") as usize + cfg!(feature = "arrow") as usize;

    /// Three words of two dimensions, with numbers that are awkward to print.
    pub(crate) fn small() -> WordVectors {
        let words: Words = ["the", "of", "café"].into_iter().collect();
        WordVectors::new(words, 2, vec![0.1, -1.5e-30, 3.402_823_5e38, 1e-45, -0.0, 16_777_216.0])
    }

    /// Up to 12 distinct words after a pattern, with any numbers of which 32-bit floats hold the
    /// lengths of the vectors too: safetensors store them.
    pub(crate) fn any_vectors(pattern: &'static str) -> impl Strategy<Value = WordVectors> {
        let sets = (proptest::collection::btree_set(pattern, 1..12), 1usize..6).prop_flat_map(
            |(words, dim)| {
                let finite = any::<u32>()
                    .prop_map(f32::from_bits)
                    .prop_filter("finite", |number| number.is_finite());
                proptest::collection::vec(finite, words.len() * dim).prop_map(move |data| {
                    WordVectors::new(words.iter().map(String::as_str).collect(), dim, data)
                })
            },
        );
        sets.prop_filter("finite lengths", |vectors| vectors.lengths().is_ok())
    }

    pub(crate) fn same_bits(left: &WordVectors, right: &WordVectors) -> bool {
        left.dim() == right.dim()
            && left.words().iter().eq(right.words().iter())
            && left.digest() == right.digest()
    }

    #[track_caller]
    pub(crate) fn assert_same(left: &WordVectors, right: &WordVectors) {
        assert!(same_bits(left, right), "{:?} {:?}", left.as_slice(), right.as_slice());
    }

    #[test]
    fn a_format_is_known_by_its_name_and_by_extensions() {
        assert!(TABLE.iter().map(|row| row.format).eq(Format::ALL), "a row for each format");
        for format in Format::ALL {
            assert_eq!(format.to_string().parse::<Format>().unwrap(), format);
            assert_eq!(serde_json::to_string(&format).unwrap(), format!("\"{format}\""));
        }
        assert_eq!(Format::from_extension("a/b.VEC"), Some(Format::Word2vec));
        assert_eq!(Format::from_extension("b.bin"), Some(Format::Word2vecBinary));
        assert_eq!(Format::from_extension("b"), None);
        let message = "vec".parse::<Format>().unwrap_err().to_string();
        assert!(
            message.starts_with("format is `vec`, expected word2vec, glove, word2vec-binary, "),
            "{message}"
        );
    }

    #[test]
    fn a_refused_write_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let spaced = WordVectors::new(["new york", "b"].into_iter().collect(), 1, vec![1.0, 2.0]);
        let infinite =
            WordVectors::new(["a", "b"].into_iter().collect(), 1, vec![1.0, f32::INFINITY]);
        let empty = WordVectors::new(Words::new(), 1, Vec::new());
        let formats = [
            Format::Word2vec,
            Format::Glove,
            Format::Word2vecBinary,
            Format::Npy,
            Format::Npz,
            Format::Finalfusion,
        ];
        for format in formats {
            assert!(format.write(&infinite, folder.path().join("a"), false).is_err());
            assert!(format.write(&empty, folder.path().join("a"), false).is_err());
        }
        for format in [Format::Word2vec, Format::Word2vecBinary] {
            let message =
                format.write(&spaced, folder.path().join("a"), false).unwrap_err().to_string();
            assert!(
                message.starts_with("word is 0 (from 0), \"new york\", expected no ")
                    && message.ends_with("npy, npz and finalfusion hold words with blanks"),
                "{message}"
            );
        }
        let long = "x".repeat(80_000);
        let long = WordVectors::new([long.as_str()].into_iter().collect(), 1, vec![1.0]);
        let message =
            Format::Npz.write(&long, folder.path().join("a"), false).unwrap_err().to_string();
        assert!(
            message.len() < 400 && message.contains("(80000 characters)\", expected 1 to 1000"),
            "{message}"
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

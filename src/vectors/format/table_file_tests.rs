//! What files of tables have in common, in each of the formats whose feature is there; and what
//! their own tests share.

use std::path::{Path, PathBuf};

use super::*;
use crate::base::words::Words;
use crate::vectors::format::tests::assert_same;
use crate::vectors::format::{OnFault, ROWS_PER_CHUNK};

/// What is in the files of other programs.
const WORDS: [&str; 5] = ["the", "king", "queen", "café", "東京"];
const ROWS: [f32; 15] =
    [1.0, -0.5, 0.125, 0.25, 2.0, -1.5, -0.75, 0.5, 3.0, 0.5, 0.5, -0.25, -2.0, 1.0, 0.375];

pub(in crate::vectors::format) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/vectors").join(name)
}

/// A format of tables to be tested.
pub(in crate::vectors::format) struct Table(pub(in crate::vectors::format) Format);

impl Table {
    pub(in crate::vectors::format) fn read(
        &self,
        bytes: &[u8],
        on_fault: OnFault,
    ) -> Result<VectorFile> {
        let options = ReadOptions::default().on_fault(on_fault);
        VectorFile::from_bytes(bytes.to_vec(), &PathBuf::from(format!("v.{}", self.0)), &options)
    }

    pub(in crate::vectors::format) fn message(&self, bytes: &[u8], on_fault: OnFault) -> String {
        self.read(bytes, on_fault).unwrap_err().to_string()
    }

    pub(in crate::vectors::format) fn written(&self, vectors: &WordVectors) -> Vec<u8> {
        self.written_in(VectorPrecision::Single, vectors).unwrap()
    }

    fn written_in(&self, precision: VectorPrecision, vectors: &WordVectors) -> Result<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v");
        let options = WriteOptions::default().precision(precision);
        let written = self.0.write_with(&RowStream::from(vectors), &path, &options);
        assert_eq!(written.is_ok(), path.exists());
        written.map(|()| std::fs::read(path).unwrap())
    }

    /// Reads files of other programs that hold [`WORDS`] and [`ROWS`], each with the type of its
    /// numbers if that is not `float32`.
    pub(in crate::vectors::format) fn reads(&self, files: &[(&str, Option<&str>)]) {
        for &(name, number_type) in files {
            let options = ReadOptions::default().on_fault(OnFault::Refuse);
            let file = VectorFile::open(fixture(name), &options, &()).unwrap();
            assert_eq!(file.format, self.0, "{name}");
            assert!(file.vectors.words().iter().eq(WORDS), "{name}");
            assert_eq!(file.vectors.as_slice(), ROWS, "{name}");
            assert_eq!(file.report.number_type.as_deref(), number_type, "{name}");
        }
    }

    /// Writes so many words, and reads them whole and as far as each limit.
    pub(in crate::vectors::format) fn is_limited(&self, n_words: usize, limits: &[usize]) {
        let numbers = (0..2 * n_words).map(|number| number as f32 / 7.0).collect();
        let vectors = WordVectors::new(numbered(n_words), 2, numbers);
        let bytes = self.written(&vectors);
        let whole = self.read(&bytes, OnFault::Refuse).unwrap();
        assert_same(&whole.vectors, &vectors);
        assert!(!whole.report.is_limited);
        for &limit in limits {
            let options = ReadOptions::default().limit(limit);
            let file = VectorFile::from_bytes(bytes.clone(), Path::new("v"), &options).unwrap();
            let is_limited = limit < n_words;
            assert_eq!((file.vectors.len(), file.report.is_limited), (limit, is_limited));
            assert_eq!(file.vectors.as_slice(), &vectors.as_slice()[..2 * limit]);
        }
    }

    /// Reads a damaged file; what is read of it, if anything, is finite.
    pub(in crate::vectors::format) fn repaired(&self, bytes: &[u8]) -> Option<VectorFile> {
        let file = self.read(bytes, OnFault::Repair).ok()?;
        assert!(!file.vectors.is_empty());
        assert!(file.vectors.as_slice().iter().all(|number| number.is_finite()));
        Some(file)
    }
}

/// The words `w0`, `w1` and so on.
fn numbered(n_words: usize) -> Words {
    let names: Vec<String> = (0..n_words).map(|row| format!("w{row}")).collect();
    names.iter().map(String::as_str).collect()
}

#[test]
fn numbers_of_16_bits_are_half_as_large_and_come_back_rounded() {
    // More than a chunk, and a part of a row group.
    let n_words = ROWS_PER_CHUNK + 300;
    let numbers: Vec<f32> = (0..7 * n_words).map(|number| (number as f32).sin()).collect();
    let vectors = WordVectors::new(numbered(n_words), 7, numbers.clone());
    for format in [Format::Parquet, Format::Arrow].into_iter().filter(|it| !it.is_left_out()) {
        let table = Table(format);
        let bytes = table.written_in(VectorPrecision::Half, &vectors).unwrap();
        assert!(bytes.len() < table.written(&vectors).len() - 12 * n_words, "{format}");
        let file = table.read(&bytes, OnFault::Refuse).unwrap();
        assert_eq!(file.report.number_type.as_deref(), Some("float16"), "{format}");
        assert!(file.vectors.words().iter().eq(vectors.words().iter()), "{format}");
        let rounded = numbers.iter().map(|&number| half::f16::from_f32(number).to_f32());
        assert!(file.vectors.as_slice().iter().copied().eq(rounded), "{format}");
        // Of 8 bits there are none: no other reader would know of a scale for each row.
        let error = table.written_in(VectorPrecision::Int8, &vectors).unwrap_err().to_string();
        let expected =
            format!("precision is `int8`, expected f32 or f16 for the format `{format}`");
        assert_eq!(error, expected);
    }
}

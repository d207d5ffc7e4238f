//! Files read back as fastText reads them, value by value.

use std::collections::HashMap;

use half::f16;
use proptest::prelude::*;

use super::*;
use crate::vectors::WordVectors;
use crate::vectors::format::intake::ReadOptions;
use crate::vectors::format::report::{Fault, OnFault};

/// What fastText holds after opening a file.
struct Opened {
    dim: usize,
    n_buckets: u32,
    words: Vec<String>,
    counts: Vec<u64>,
    /// Where only these count, the row of each bucket.
    used: Option<HashMap<u32, usize>>,
    rows: Rows,
}

enum Rows {
    Floats(Vec<f32>),
    Codes { codes: Vec<u8>, levels: Vec<f32>, norms: Vec<f32> },
}

/// The numbers of a file, one after the other.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, n_bytes: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(n_bytes);
        self.0 = rest;
        taken
    }

    fn i32(&mut self) -> i32 {
        i32::from_le_bytes(self.take(4).try_into().unwrap())
    }

    fn i64(&mut self) -> i64 {
        i64::from_le_bytes(self.take(8).try_into().unwrap())
    }

    fn floats(&mut self, n_floats: usize) -> Vec<f32> {
        self.take(4 * n_floats)
            .chunks(4)
            .map(|it| f32::from_le_bytes(it.try_into().unwrap()))
            .collect()
    }
}

impl Opened {
    fn open(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let mut bytes = Bytes(&bytes);
        assert_eq!((bytes.i32(), bytes.i32()), (793_712_314, 12));
        let [dim, _, _, _, _, _, _, model, n_buckets, shortest, longest, _] =
            std::array::from_fn(|_| bytes.i32());
        assert_eq!((model, shortest, longest), (2, 3, 6));
        bytes.take(8);
        let (n_words, also_n_words, n_labels) = (bytes.i32(), bytes.i32(), bytes.i32());
        assert_eq!((also_n_words, n_labels), (n_words, 0));
        let (n_tokens, n_used) = (bytes.i64(), bytes.i64());
        let (mut words, mut counts) = (Vec::new(), Vec::new());
        for _ in 0..n_words {
            let length = bytes.0.iter().position(|&byte| byte == 0).unwrap();
            words.push(String::from_utf8(bytes.take(length).to_vec()).unwrap());
            bytes.take(1);
            counts.push(bytes.i64() as u64);
            assert_eq!(bytes.take(1), [0], "a label");
        }
        assert_eq!(counts.iter().sum::<u64>(), n_tokens as u64);
        let used = (n_used >= 0)
            .then(|| (0..n_used).map(|_| (bytes.i32() as u32, bytes.i32() as usize)).collect());
        let is_quantized = bytes.take(1)[0] == 1;
        assert_eq!(is_quantized, used.is_some(), "fastText refuses one without the other");
        if is_quantized {
            assert_eq!(bytes.take(1), [1], "norms");
        }
        let (n_rows, also_dim) = (bytes.i64() as usize, bytes.i64() as usize);
        let dim = dim as usize;
        assert_eq!(also_dim, dim);
        let rows = if is_quantized {
            assert_eq!(bytes.i32() as usize, n_rows * dim);
            let codes = bytes.take(n_rows * dim).to_vec();
            let parts = |bytes: &mut Bytes<'_>| std::array::from_fn(|_| bytes.i32() as usize);
            assert_eq!(parts(&mut bytes), [dim, dim, 1, 1]);
            let levels = bytes.floats(256 * dim);
            let norm_codes = bytes.take(n_rows);
            assert_eq!(parts(&mut bytes), [1, 1, 1, 1]);
            let norm_levels = bytes.floats(256);
            let norms = norm_codes.iter().map(|&code| norm_levels[usize::from(code)]).collect();
            Rows::Codes { codes, levels, norms }
        } else {
            assert_eq!(n_rows, n_words as usize + n_buckets as usize);
            Rows::Floats(bytes.floats(n_rows * dim))
        };
        assert_eq!((bytes.take(1), bytes.i64(), bytes.i64()), (&[0u8][..], 0, dim as i64));
        assert!(bytes.0.is_empty(), "bytes at the end");
        Self { dim, n_buckets: n_buckets as u32, words, counts, used, rows }
    }

    fn row(&self, row: usize) -> Vec<f32> {
        let of_row = row * self.dim..(row + 1) * self.dim;
        match &self.rows {
            Rows::Floats(values) => values[of_row].to_vec(),
            Rows::Codes { codes, levels, norms } => {
                let of_code =
                    |(at, &code): (usize, &u8)| norms[row] * levels[at * 256 + usize::from(code)];
                codes[of_row].iter().enumerate().map(of_code).collect()
            }
        }
    }

    /// The mean that fastText answers with; `None` where it divides by zero.
    fn vector(&self, word: &str) -> Option<Vec<f32>> {
        let known = self.words.iter().position(|it| it == word);
        let mut rows: Vec<usize> = known.into_iter().collect();
        let letters: Vec<char> = format!("<{word}>").chars().collect();
        for size in 3..=6 {
            let grams = letters.windows(size).filter(|_| word != "</s>");
            for gram in grams.map(|gram| gram.iter().collect::<String>()) {
                let mut hash = 2_166_136_261u32;
                for byte in gram.bytes() {
                    hash ^= i32::from(byte as i8) as u32;
                    hash = hash.wrapping_mul(16_777_619);
                }
                let bucket = hash % self.n_buckets;
                let row = match &self.used {
                    Some(used) => used.get(&bucket).copied(),
                    None => Some(bucket as usize),
                };
                rows.extend(row.map(|row| self.words.len() + row));
            }
        }
        let mut mean = vec![0.0; self.dim];
        for &row in &rows {
            mean.iter_mut().zip(self.row(row)).for_each(|(sum, value)| *sum += value);
        }
        mean.iter_mut().for_each(|value| *value /= rows.len() as f32);
        (!rows.is_empty()).then_some(mean)
    }
}

const WORDS: [&str; 8] = ["walked", "walking", "talked", "talking", "of", "a", "año", "</s>"];
const GRAMS: [&str; 7] = ["<wa", "alk", "lked", "ing>", "ed>", "año", "<of"];
const DIM: usize = 3;

fn vectors(values: impl Fn(usize) -> f32) -> WordVectors {
    let data = (0..WORDS.len() * DIM).map(values).collect();
    WordVectors::new(WORDS.into_iter().collect(), DIM, data)
}

fn ngrams(values: impl Fn(usize) -> f32) -> NGramVectors {
    let bits = (0..GRAMS.len() * DIM).map(|at| f16::from_f32(values(at)).to_bits()).collect();
    NGramVectors::from_bits(GRAMS.into_iter().collect(), DIM, bits, vec![0.0; DIM])
}

fn written(vectors: &WordVectors, ngrams: &NGramVectors, form: Form) -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vectors.bin");
    let counts: Vec<u64> = (1..=vectors.len() as u64).rev().collect();
    write(&RowStream::from(vectors), &counts, ngrams, form, &path, false).unwrap();
    let opened = Opened::open(&path);
    assert_eq!(opened.words, vectors.words().iter().collect::<Vec<_>>());
    assert_eq!(opened.counts, counts);
    opened
}

fn cosine(left: &[f32], right: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(left, right) / (dot(left, left) * dot(right, right)).sqrt()
}

/// Known words have their vectors, unknown ones the direction that their n-grams predict.
fn assert_same(vectors: &WordVectors, ngrams: &NGramVectors, opened: &Opened) {
    let tolerance = 1e-4;
    for word in WORDS {
        let expected = vectors.vector(vectors.id(word).unwrap());
        let found = opened.vector(word).unwrap();
        let length = if opened.used.is_some() { length_of(expected) } else { 1.0 };
        for (&expected, found) in expected.iter().zip(found) {
            assert!((expected / length - found).abs() <= tolerance, "{word} {expected} {found}");
        }
    }
    for word in ["talks", "balked", "wag", "años"] {
        let expected = ngrams.predict(word).unwrap().unwrap();
        let found = opened.vector(word).unwrap();
        assert!(cosine(&expected, &found) > 1.0 - tolerance, "{word} {expected:?} {found:?}");
    }
}

#[test]
fn the_plain_form_says_what_the_model_says() {
    let (vectors, ngrams) = (vectors(|at| (at as f32).sin()), ngrams(|at| (at as f32).cos()));
    let opened = written(&vectors, &ngrams, Form::Plain);
    assert_same(&vectors, &ngrams, &opened);
    // Every bucket is there, and counts.
    assert_eq!(opened.vector("xyzxyz").unwrap(), [0.0; DIM]);
}

#[test]
fn unknown_words_are_as_long_as_known_ones() {
    let ngrams = ngrams(|at| 0.01 * (at as f32).cos());
    let vectors = vectors(|at| 100.0 * (at as f32).sin());
    for form in [Form::Plain, Form::Quantized] {
        let opened = written(&vectors, &ngrams, form);
        let length = |word: &str| length_of(&opened.vector(word).unwrap());
        let (known, unknown) = (length("walked"), length("balked"));
        assert!(unknown > known / 4.0 && unknown < known * 4.0, "{known} {unknown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn the_quantized_form_says_what_the_model_says(
        values in proptest::collection::vec(-2.0f32..2.0, DIM * (WORDS.len() + GRAMS.len())),
    ) {
        let vectors = vectors(|at| values[at]);
        let ngrams = ngrams(|at| values[DIM * WORDS.len() + at] + 2.5);
        // Fewer values than levels, so that nothing is lost but what rounding loses.
        assert_same(&vectors, &ngrams, &written(&vectors, &ngrams, Form::Quantized));
    }
}

#[test]
fn what_cannot_be_written_is_named_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vectors.bin");
    let message = |vectors: &WordVectors, ngrams: &NGramVectors| {
        let counts = vec![1; vectors.len()];
        let rows = RowStream::from(vectors);
        let failed = write(&rows, &counts, ngrams, Form::Quantized, &path, false).unwrap_err();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        failed.to_string()
    };
    let sound = ngrams(|at| at as f32);
    let none = NGramVectors::from_bits(Words::new(), DIM, Vec::new(), vec![0.0; DIM]);
    assert_eq!(message(&vectors(|_| 1.0), &none), Error::NoNGrams.to_string());
    let zero = WordVectors::new(["a\0b"].into_iter().collect(), DIM, vec![1.0; DIM]);
    assert_eq!(
        message(&zero, &sound),
        "word is 0 (from 0), \"a\\0b\", expected at least one character and no zero byte for the \
         format `fasttext`; safetensors holds any word"
    );
    // An n-gram that no known word has.
    let unused = NGramVectors::from_bits(
        ["xyz"].into_iter().collect(),
        DIM,
        vec![f16::NAN.to_bits(); DIM],
        vec![0.0; DIM],
    );
    let found = message(&vectors(|_| 1.0), &unused);
    assert!(found.contains("the vector of an n-gram"), "{found}");
    let found = message(&vectors(|_| 1.0), &ngrams(|_| f32::INFINITY));
    assert!(found.contains("the n-grams of `walked`"), "{found}");
}

/// A file of one word and one n-gram, of one dimension; the row of the n-gram is given. The output
/// layer has one row.
fn small_file(row: u32) -> Vec<u8> {
    let (dim, n_buckets, shortest, longest) = (1, 1, 1, 2);
    let settings = [MAGIC, VERSION, dim, 0, 0, 0, 0, 0, 0, 0, n_buckets, shortest, longest, 0];
    let (threshold, n_entries, n_words, n_labels) = (0u64, 1i32, 1i32, 0i32);
    let (n_tokens, n_used, count) = (1i64, 1i64, 1i64);
    let is_quantized = 0;
    [
        settings.iter().flat_map(|it: &i32| it.to_le_bytes()).collect(),
        threshold.to_le_bytes().to_vec(),
        [n_entries, n_words, n_labels].iter().flat_map(|it| it.to_le_bytes()).collect(),
        [n_tokens, n_used].iter().flat_map(|it| it.to_le_bytes()).collect(),
        [&b"a\0"[..], &count.to_le_bytes(), &[0]].concat(),
        [0, row].iter().flat_map(|it| it.to_le_bytes()).collect(),
        vec![is_quantized],
        [2i64, 1].iter().flat_map(|it| it.to_le_bytes()).collect(),
        [1f32, 2.0].iter().flat_map(|it| it.to_le_bytes()).collect(),
        vec![is_quantized],
        [1i64, 1].iter().flat_map(|it| it.to_le_bytes()).collect(),
        3f32.to_le_bytes().to_vec(),
    ]
    .concat()
}

fn read_as(bytes: &[u8], on_fault: OnFault) -> Result<VectorFile> {
    let options = ReadOptions::default().on_fault(on_fault);
    VectorFile::from_bytes(bytes.to_vec(), Path::new("v.bin"), &options)
}

#[test]
fn an_n_gram_behind_all_rows_is_refused() {
    let read = |row| read_as(&small_file(row), OnFault::Report);
    assert_eq!(read(0).unwrap().vectors.len(), 1);
    for (row, needed) in [(1, 3u64), (u32::MAX, 1 << 32 | 1)] {
        assert_eq!(
            read(row).err().unwrap().to_string(),
            format!("`v.bin`: found 2 rows, expected {needed}, those of the words and n-grams")
        );
    }
}

#[test]
fn every_cut_of_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.ftz");
    let (vectors, ngrams) = (vectors(|at| at as f32 + 1.0), ngrams(|at| at as f32 + 1.0));
    let counts = vec![1; vectors.len()];
    let rows = RowStream::from(&vectors);
    write(&rows, &counts, &ngrams, Form::Quantized, &path, false).unwrap();
    for bytes in [small_file(0), std::fs::read(&path).unwrap()] {
        assert!(read_as(&bytes, OnFault::Refuse).unwrap().report.is_clean());
        // The last are those in the output layer.
        for length in (40..bytes.len()).rev().step_by(7).chain(bytes.len() - 17..bytes.len()) {
            let cut = read_as(&bytes[..length], OnFault::Report);
            assert!(matches!(cut, Err(Error::Malformed { .. })), "{length}");
        }
        let cut = &bytes[..bytes.len() - 1];
        let error = read_as(cut, OnFault::Report).err().unwrap().to_string();
        assert_eq!(
            error,
            "`v.bin`: found the end of the file in the output layer, expected a whole file of \
             fastText"
        );
        // All vectors are there.
        let [whole, cut] = [&bytes[..], cut].map(|it| read_as(it, OnFault::Repair).unwrap());
        assert_eq!(cut.vectors.digest(), whole.vectors.digest());
        assert_eq!(cut.report.count(Fault::CutShort), 1);
    }
}

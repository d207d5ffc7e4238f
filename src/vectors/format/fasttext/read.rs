//! Reads fastText's own files, plain (`.bin`) and quantized (`.ftz`).
//!
//! In: the bytes of a file of version 11 or 12. Out: for each word the mean of its own row and the
//! rows of its n-grams, as fastText has it, and what gives unknown words theirs. Labels of
//! classifiers are no words.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::product_codes::ProductCodes;
use super::{MAGIC, VERSION};
use crate::base::error::{Error, Result};
use crate::space::hashed_ngrams::{BucketRows, FloatRows, HashedNGrams, LONGEST_NGRAM, RowSource};
use crate::storage::file_bytes::FileBytes;
use crate::vectors::WordVectors;
use crate::vectors::format::byte_reader::ByteReader;
use crate::vectors::format::check_shape;
use crate::vectors::format::intake::{Intake, ReadOptions};
use crate::vectors::format::report::{Fault, Place, ReadReport};

/// Words whose vectors are computed at a time.
const WORDS_AT_A_TIME: usize = 4096;

/// The number that stands for supervised training.
const SUPERVISED: i32 = 3;

/// Bytes of an entry of the dictionary, besides its spelling: the zero, the count, the kind.
const LEAST_ENTRY_BYTES: usize = 10;

/// Reads vectors, and the n-grams for unknown words if the file has some.
///
/// # Errors
/// [`Error::Malformed`].
pub(super) fn read(
    bytes: FileBytes,
    path: &Path,
    options: &ReadOptions,
) -> Result<(WordVectors, ReadReport, Option<HashedNGrams>)> {
    let file = File::parse(&bytes, path)?;
    let File { dim, n_rows, n_buckets, letters, used, words, matrix, is_whole } = file;
    let source: Arc<dyn RowSource> = match matrix {
        Rows::Plain { start } => Arc::new(FloatRows { bytes, start, dim }),
        Rows::Quantized(codes) => Arc::new(codes),
    };
    let has_ngrams = n_buckets > 0 && n_rows > words.len() && *letters.end() > 0;
    let rows = BucketRows { source: Box::new(Shared(Arc::clone(&source))), first: words.len() };
    let ngrams = has_ngrams.then(|| HashedNGrams::new(letters, n_buckets, dim, used, rows));

    let mut intake = Intake::new(path, dim, options)?;
    if !is_whole {
        let found = "the end of the file in the output layer";
        if !intake.is_repair() {
            return Err(Error::malformed(path, None, found, "a whole file of fastText"));
        }
        intake.note(Fault::CutShort, Place::whole(found))?;
    }
    let n_read = words.len().min(intake.room());
    intake.report().is_limited = n_read < words.len();
    let mut rows = Vec::new();
    for first in (0..n_read).step_by(WORDS_AT_A_TIME) {
        let chunk = &words[first..n_read.min(first + WORDS_AT_A_TIME)];
        rows.resize(chunk.len() * dim, 0.0);
        rows.par_chunks_exact_mut(dim).zip(chunk).enumerate().for_each(|(at, (row, word))| {
            match &ngrams {
                Some(ngrams) => ngrams.of_known(&String::from_utf8_lossy(word), first + at, row),
                None => {
                    row.fill(0.0);
                    source.add(first + at, row);
                }
            }
        });
        for (number, (row, word)) in (first as u64..).zip(rows.chunks_exact(dim).zip(chunk)) {
            let word = String::from_utf8_lossy(word);
            if matches!(word, std::borrow::Cow::Owned(_)) {
                let found = format!("the word `{word}`, that is not UTF-8");
                intake.note(Fault::BadUtf8, Place::row(number, None, found))?;
            }
            intake.take_row(&word, row, number)?;
        }
    }
    let (vectors, report) = intake.finish()?;
    Ok((vectors, report, ngrams))
}

/// The rows that words and n-grams share.
struct Shared(Arc<dyn RowSource>);

impl RowSource for Shared {
    fn add(&self, row: usize, sum: &mut [f32]) {
        self.0.add(row, sum);
    }
}

/// Where the rows are.
enum Rows {
    /// From this byte of the file on.
    Plain { start: usize },
    /// As codes.
    Quantized(ProductCodes),
}

/// What a file says.
struct File {
    dim: usize,
    n_rows: usize,
    n_buckets: u32,
    letters: std::ops::RangeInclusive<usize>,
    used: Option<BTreeMap<u32, u32>>,
    words: Vec<Vec<u8>>,
    matrix: Rows,
    /// Whether the output layer is there to its end.
    is_whole: bool,
}

impl File {
    fn parse(bytes: &[u8], path: &Path) -> Result<Self> {
        let bad = |found: String, expected: &str| Error::malformed(path, None, found, expected);
        let cut = || bad("the end of the file".to_owned(), "a whole file of fastText");
        let mut reader = ByteReader::new(bytes);
        let magic = reader.i32().ok_or_else(cut)?;
        if magic != MAGIC {
            return Err(bad("other first bytes".to_owned(), "a file of fastText"));
        }
        let version = reader.i32().ok_or_else(cut)?;
        if !(VERSION - 1..=VERSION).contains(&version) {
            return Err(bad(format!("version {version} of fastText's format"), "version 11 or 12"));
        }
        let mut settings = [0; 12];
        for setting in &mut settings {
            *setting = reader.i32().ok_or_else(cut)?;
        }
        let [dim, _, _, _, _, _, _, model, n_buckets, shortest, mut longest, _] = settings;
        if version < VERSION && model == SUPERVISED {
            // Classifiers of that version were trained without n-grams of letters.
            longest = 0;
        }
        let threshold_bytes = 8;
        reader.take(threshold_bytes).ok_or_else(cut)?;
        let size = |number: i32, what: &str| {
            usize::try_from(number).map_err(|_| bad(format!("{number} {what}"), "at least 0"))
        };
        let (dim, n_buckets) = (size(dim, "dimensions")?, size(n_buckets, "buckets")?);
        let (shortest, longest) = (size(shortest, "letters")?, size(longest, "letters")?);
        if longest > LONGEST_NGRAM {
            let found = format!("n-grams of {longest} letters");
            return Err(bad(found, format!("at most {LONGEST_NGRAM}").as_str()));
        }

        let n_entries = reader.i32().ok_or_else(cut)?;
        let n_words = reader.i32().ok_or_else(cut)?;
        let n_labels = reader.i32().ok_or_else(cut)?;
        let (n_entries, n_words) = (size(n_entries, "entries")?, size(n_words, "words")?);
        if n_entries != n_words + size(n_labels, "labels")? {
            let found = format!("{n_entries} entries, {n_words} words and {n_labels} labels");
            return Err(bad(found, "as many entries as words and labels"));
        }
        check_shape(n_words, dim, path)?;
        reader.i64().ok_or_else(cut)?;
        let n_used = reader.i64().ok_or_else(cut)?;
        if n_entries.saturating_mul(LEAST_ENTRY_BYTES) > bytes.len() {
            return Err(cut());
        }
        let mut words = Vec::with_capacity(n_words);
        for number in 0..n_entries {
            let word = reader.until_zero().ok_or_else(cut)?;
            reader.i64().ok_or_else(cut)?;
            let is_label = reader.u8().ok_or_else(cut)? != 0;
            match (is_label, number < n_words) {
                (false, true) => words.push(word.to_vec()),
                (true, false) => {}
                _ => return Err(bad(format!("entry {number} of the other kind"), "words, labels")),
            }
        }
        let used = match usize::try_from(n_used) {
            Err(_) => None,
            Ok(n_used) => {
                let pairs = n_used.checked_mul(8).and_then(|n| reader.take(n)).ok_or_else(cut)?;
                let mut pairs = ByteReader::new(pairs);
                let pair = |pairs: &mut ByteReader<'_>| Some((pairs.u32()?, pairs.u32()?));
                Some(std::iter::from_fn(|| pair(&mut pairs)).collect::<BTreeMap<_, _>>())
            }
        };
        let is_quantized = reader.u8().ok_or_else(cut)? != 0;
        let n_kept = used.as_ref().map_or(n_buckets, BTreeMap::len);
        let (n_rows, matrix) = match is_quantized {
            false => {
                let (n_rows, columns) = (reader.count(), reader.count());
                let (n_rows, columns) = (n_rows.ok_or_else(cut)?, columns.ok_or_else(cut)?);
                if columns != dim {
                    return Err(bad(format!("rows of {columns} numbers"), &dim.to_string()));
                }
                let start = reader.position();
                let n_bytes = n_rows.checked_mul(dim).and_then(|n| n.checked_mul(4));
                n_bytes.and_then(|n_bytes| reader.take(n_bytes)).ok_or_else(cut)?;
                (n_rows, Rows::Plain { start })
            }
            true => {
                let codes = ProductCodes::read(&mut reader, dim).ok_or_else(cut)?;
                (codes.n_rows(), Rows::Quantized(codes))
            }
        };
        let is_whole = ends_whole(&mut reader, dim, is_quantized).is_some();
        let last_used = used.iter().flat_map(BTreeMap::values).max();
        let n_used = last_used.map_or(0, |&row| (row as usize).saturating_add(1));
        let of_ngrams = if longest > 0 { n_kept.max(n_used) } else { 0 };
        let n_needed = n_words.saturating_add(of_ngrams);
        if n_rows < n_needed {
            let found = format!("{n_rows} rows");
            return Err(bad(found, &format!("{n_needed}, those of the words and n-grams")));
        }
        let n_buckets = u32::try_from(n_buckets).expect("an i32 that is not negative");
        let letters = shortest.max(1)..=longest;
        Ok(Self { dim, n_rows, n_buckets, letters, used, words, matrix, is_whole })
    }
}

/// Passes the output layer, which only training needs; `None` if the bytes end in it.
fn ends_whole(reader: &mut ByteReader<'_>, dim: usize, is_input_quantized: bool) -> Option<()> {
    let is_quantized = reader.u8()? != 0;
    if is_input_quantized && is_quantized {
        return ProductCodes::read(reader, dim).map(drop);
    }
    let (n_rows, columns) = (reader.count()?, reader.count()?);
    reader.take(n_rows.checked_mul(columns)?.checked_mul(4)?).map(drop)
}

//! fastText's own file of word vectors and vectors of n-grams: fastText answers any word with it.
//!
//! In: word vectors, their counts, and the vectors of n-grams. Out: a file of version 12 that
//! fastText opens, and gensim if it is plain. `read` reads files of fastText back.
//!
//! fastText knows no n-gram by name. It hashes those of 3 to 6 letters of `<word>` (FNV-1a, with
//! signed bytes) into a number of buckets, and takes the mean of the word's own row and the rows of
//! its buckets; of an unknown word, the mean of the buckets alone. So
//!
//! - the row of a bucket is the vector of the n-gram that is hashed there, times a number that
//!   makes the vectors of unknown words as long as those of known ones;
//! - the own row of a word with `n` n-grams is `(n + 1) v` less the rows of its buckets: the mean
//!   is then `v`, the word's vector, as it was.
//!
//! An unknown word gets what [`NGramVectors::predict`] says, where no n-gram falls into the bucket
//! of another. [`Form`] says what is done about that.

mod buckets;
mod product_codes;
mod quantizer;
mod read;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;
use std::path::Path;

use rayon::prelude::*;

use super::input::Input;
use super::little_endian::write_floats;
use super::traits::{ReadFormat, VectorFile, WriteFormat, WriteOptions};
use super::{Format, RowStream};
use crate::base::error::{Error, Result};
use crate::base::progress::Stage;
use crate::base::words::{WordId, Words};
use crate::linalg::dot::length_of;
use crate::space::ngram_vectors::NGramVectors;
use crate::storage::atomic::AtomicFile;
use buckets::{Buckets, GramRows};
use quantizer::{Codes, Quantizer};

/// The plain form; the reader takes both.
pub(super) struct FastText;

/// The quantized form.
pub(super) struct Quantized;

impl ReadFormat for FastText {
    fn begins(&self, start: &[u8]) -> bool {
        start.starts_with(&MAGIC.to_le_bytes())
    }

    fn read(&self, input: Input<'_>) -> Result<VectorFile> {
        let (path, options) = (input.path().to_path_buf(), input.options);
        let (vectors, report, ngrams) = read::read(input.bytes()?, &path, options)?;
        Ok(VectorFile { vectors, format: Format::FastText, report, ngrams })
    }
}

impl WriteFormat for FastText {
    fn write(
        &self,
        vectors: &RowStream<'_>,
        path: &Path,
        options: &WriteOptions<'_>,
    ) -> Result<()> {
        write_form(vectors, Form::Plain, path, options)
    }
}

impl WriteFormat for Quantized {
    fn write(
        &self,
        vectors: &RowStream<'_>,
        path: &Path,
        options: &WriteOptions<'_>,
    ) -> Result<()> {
        write_form(vectors, Form::Quantized, path, options)
    }
}

/// Words without counts get 1.
fn write_form(
    vectors: &RowStream<'_>,
    form: Form,
    path: &Path,
    options: &WriteOptions<'_>,
) -> Result<()> {
    let ngrams = options.ngrams.ok_or(Error::NoNGrams)?;
    let ones;
    let counts = match options.counts {
        Some(counts) => counts,
        None => {
            ones = vec![1; vectors.words().len()];
            &ones
        }
    };
    write(vectors, counts, ngrams, form, path, options.force)
}

/// The first number of a file.
const MAGIC: i32 = 793_712_314;

/// The version of the format.
const VERSION: i32 = 12;

/// Letters in an n-gram, its marks included.
const LETTERS: RangeInclusive<usize> = 3..=6;

/// The end of a line, which fastText takes for a word without n-grams.
const END_OF_LINE: &str = "</s>";

/// Buckets of the plain form, as in fastText.
const PLAIN_BUCKETS: u32 = 2_000_000;

/// Buckets of the quantized form: the most that fastText can count.
const QUANTIZED_BUCKETS: u32 = i32::MAX as u32;

/// What stands for the number of buckets in use where all count.
const NOT_PRUNED: i64 = -1;

/// Words from whose vectors the scale of the n-grams is computed, at the most.
const MEASURED_WORDS: usize = 4096;

/// Rows from which the levels of the quantized values are learned, at the most.
const SAMPLED_ROWS: usize = 1 << 16;

/// In which of fastText's two forms the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// All values as they are, and 2,000,000 buckets (`.bin`). gensim opens it too. An n-gram of
    /// which nothing is known falls into the bucket of another now and then, which adds noise to
    /// the vectors of unknown words. Bytes: 4 for each value of each word and bucket; buckets
    /// without an n-gram are holes, which take no room on most disks, but do in memory.
    Plain,
    /// Values of 8 bits, and only the buckets that are in use (`.ftz`); no n-gram falls into the
    /// bucket of another. The vectors of words have length 1 here: a short one would drown in what
    /// its n-grams lose, and fastText compares directions alone. Bytes: 1 for each value of each
    /// word and n-gram, and 1 for each length.
    Quantized,
}

/// Writes the file; `counts` are those of the words, in their order; `force` replaces a file that
/// exists. Memory: some 30 bytes for each word and n-gram and a few thousand rows; the quantized
/// form has the values of all n-grams besides, of one byte, and a sample of 65,536 rows.
///
/// # Errors
/// [`Error::NoNGrams`] if there is none; [`Error::Parameter`] if there is no word, or one is empty
/// or has a zero byte in it; [`Error::OutputExists`] without `force`; [`Error::NotFinite`];
/// [`Error::DiskFull`] or [`Error::Io`]. Then no new file is there.
///
/// # Panics
/// If there are not as many counts as words, or the n-grams' vectors and those of the words differ
/// in length.
pub fn write(
    vectors: &RowStream<'_>,
    counts: &[u64],
    ngrams: &NGramVectors,
    form: Form,
    path: impl AsRef<Path>,
    force: bool,
) -> Result<()> {
    let (words, dim) = (vectors.words(), vectors.dim());
    assert_eq!(counts.len(), words.len(), "{} counts for {} words", counts.len(), words.len());
    assert_eq!(ngrams.dim(), dim, "n-grams and words of other dimensions");
    if ngrams.is_empty() {
        return Err(Error::NoNGrams);
    }
    let is_bad = |word: &str| word.is_empty() || word.contains('\0');
    super::refuse_words(words, "fasttext", is_bad, "at least one character and no zero byte")?;

    let file = match form {
        Form::Plain => {
            let buckets = Buckets::new(words, ngrams, PLAIN_BUCKETS, false);
            let scale = scale(vectors, &buckets, ngrams)?;
            let mut file = AtomicFile::create(path, force)?;
            put_settings(&mut file, dim, PLAIN_BUCKETS)?;
            put_words(&mut file, words, counts, None)?;
            put_plain(&mut file, vectors, &buckets, &GramRows::Exact { ngrams, scale })?;
            file
        }
        Form::Quantized => {
            let vectors = &vectors.at_length_1();
            let buckets = Buckets::new(words, ngrams, QUANTIZED_BUCKETS, true);
            refuse_many(words.len() + buckets.n_used(), dim)?;
            let scale = scale(vectors, &buckets, ngrams)?;
            let mut file = AtomicFile::create(path, force)?;
            put_settings(&mut file, dim, QUANTIZED_BUCKETS)?;
            put_words(&mut file, words, counts, Some(&buckets))?;
            put_quantized(&mut file, vectors, &buckets, &GramRows::Exact { ngrams, scale })?;
            file
        }
    };
    finish(file, dim)
}

/// fastText counts quantized values in 32 bits.
fn refuse_many(n_rows: usize, dim: usize) -> Result<()> {
    let n_values = n_rows as u128 * dim as u128;
    if n_values <= i32::MAX as u128 {
        return Ok(());
    }
    Err(Error::Parameter {
        name: "vectors",
        found: format!("{n_values} values of words and n-grams"),
        expected: "at most 2147483647 in fastText's quantized form; the plain form holds more"
            .to_owned(),
    })
}

/// Writes the output layer, which only training needs: no rows.
fn finish(mut file: AtomicFile, dim: usize) -> Result<()> {
    let is_quantized = 0;
    file.put(&[is_quantized])?;
    put_shape(&mut file, 0, dim)?;
    file.commit()
}

/// The number that makes the vectors of words from their n-grams alone as long as the words'
/// vectors, on average.
fn scale(vectors: &RowStream<'_>, buckets: &Buckets, ngrams: &NGramVectors) -> Result<f32> {
    let (words, dim) = (vectors.words(), vectors.dim());
    let grams = GramRows::Exact { ngrams, scale: 1.0 };
    let step = words.len().div_ceil(MEASURED_WORDS);
    let (mut of_words, mut of_grams) = (0.0, 0.0);
    let mut places = Vec::new();
    vectors.each_chunk(|first, rows| {
        for (at, vector) in rows.chunks_exact(dim).enumerate() {
            if (first + at) % step == 0 {
                let word = words.spelling(WordId((first + at) as u32));
                let n_grams = buckets.of_word(word, &mut places).max(1);
                let sum = buckets.sum_of(&places, &grams, dim)?;
                of_words += f64::from(length_of(vector));
                of_grams += f64::from(length_of(&sum)) / n_grams as f64;
            }
        }
        Ok(())
    })?;
    // Words without any known n-gram, or vectors of zeros: there is nothing to make as long.
    Ok(if of_words > 0.0 && of_grams > 0.0 { (of_words / of_grams) as f32 } else { 1.0 })
}

/// The header, with the settings of a training; only the dimensions, the buckets and the lengths of
/// the n-grams mean something here.
fn put_settings(file: &mut AtomicFile, dim: usize, n_buckets: u32) -> Result<()> {
    let (window, epochs, min_count, negatives, word_ngrams) = (5, 0, 1, 5, 1);
    let (softmax, skip_gram, update_rate) = (3, 2, 100);
    let (shortest, longest) = (*LETTERS.start() as i32, *LETTERS.end() as i32);
    let settings = [
        MAGIC,
        VERSION,
        dim as i32,
        window,
        epochs,
        min_count,
        negatives,
        word_ngrams,
        softmax,
        skip_gram,
        n_buckets as i32,
        shortest,
        longest,
        update_rate,
    ];
    let sampling_threshold = 1e-4f64;
    put_i32s(file, &settings)?;
    file.put(&sampling_threshold.to_le_bytes())
}

/// The words with their counts; and, where only these count, the buckets in use with their rows.
fn put_words(
    file: &mut AtomicFile,
    words: &Words,
    counts: &[u64],
    used: Option<&Buckets>,
) -> Result<()> {
    let (n_words, n_labels) = (words.len() as i32, 0);
    put_i32s(file, &[n_words, n_words, n_labels])?;
    file.put(&counts.iter().sum::<u64>().to_le_bytes())?;
    let n_used = used.map_or(NOT_PRUNED, |buckets| buckets.n_used() as i64);
    file.put(&n_used.to_le_bytes())?;
    for (word, count) in words.iter().zip(counts) {
        let is_label = 0;
        file.put(word.as_bytes())?;
        file.put(&[0])?;
        file.put(&count.to_le_bytes())?;
        file.put(&[is_label])?;
    }
    let used = used.into_iter().flat_map(Buckets::used_buckets);
    for (row, bucket) in used.enumerate() {
        put_i32s(file, &[bucket as i32, row as i32])?;
    }
    Ok(())
}

/// The own rows of all words, then a row for each bucket.
fn put_plain(
    file: &mut AtomicFile,
    vectors: &RowStream<'_>,
    buckets: &Buckets,
    grams: &GramRows<'_>,
) -> Result<()> {
    let (words, dim) = (vectors.words(), vectors.dim());
    let is_quantized = 0;
    file.put(&[is_quantized])?;
    put_shape(file, words.len() + PLAIN_BUCKETS as usize, dim)?;
    vectors.each_chunk(|first, rows| {
        let own = own_rows(words, first, rows, buckets, grams, dim)?;
        write_floats(file, &own).map_err(|source| file.failed(source))
    })?;
    let row_bytes = 4 * dim as u64;
    let mut next = 0;
    for (place, bucket) in buckets.used_buckets().enumerate() {
        file.put_zeros(u64::from(bucket - next) * row_bytes)?;
        let row = buckets.row(place, grams, dim)?;
        write_floats(file, &row).map_err(|source| file.failed(source))?;
        next = bucket + 1;
    }
    file.put_zeros(u64::from(PLAIN_BUCKETS - next) * row_bytes)
}

/// The codes of the own rows of all words, then of the n-grams; then the values that they mean.
fn put_quantized(
    file: &mut AtomicFile,
    vectors: &RowStream<'_>,
    buckets: &Buckets,
    exact: &GramRows<'_>,
) -> Result<()> {
    let (words, dim) = (vectors.words(), vectors.dim());
    let n_rows = words.len() + buckets.n_used();
    let quantizer = Quantizer::learn(&sample(vectors, buckets, exact)?, dim);
    let mut codes = Codes::default();
    for place in 0..buckets.n_used() {
        quantizer.encode(&buckets.row(place, exact, dim)?, &mut codes);
    }
    let grams = GramRows::Quantized { codes: &codes, quantizer: &quantizer };

    let (is_quantized, has_norms) = (1, 1);
    file.put(&[is_quantized, has_norms])?;
    put_shape(file, n_rows, dim)?;
    put_i32s(file, &[(n_rows * dim) as i32])?;
    let mut of_words = Codes::default();
    vectors.each_chunk(|first, rows| {
        // Less the n-grams as they will be read: what they lost does not reach known words.
        let own = own_rows(words, first, rows, buckets, &grams, dim)?;
        quantizer.encode(&own, &mut of_words);
        file.put(&of_words.values)?;
        of_words.values.clear();
        Ok(())
    })?;
    file.put(&codes.values)?;
    put_levels(file, dim, quantizer.levels())?;
    file.put(&of_words.lengths)?;
    file.put(&codes.lengths)?;
    put_levels(file, 1, quantizer.lengths())
}

/// What codes of `dim` dimensions mean, each of its own.
fn put_levels(file: &mut AtomicFile, dim: usize, levels: &[f32]) -> Result<()> {
    let (parts, of_part, of_last_part) = (dim as i32, 1, 1);
    put_i32s(file, &[dim as i32, parts, of_part, of_last_part])?;
    write_floats(file, levels).map_err(|source| file.failed(source))
}

/// Some of the rows that are quantized, evenly from all.
fn sample(vectors: &RowStream<'_>, buckets: &Buckets, grams: &GramRows<'_>) -> Result<Vec<f32>> {
    let (words, dim) = (vectors.words(), vectors.dim());
    let step = (words.len() + buckets.n_used()).div_ceil(SAMPLED_ROWS);
    let mut sample = Vec::new();
    vectors.each_chunk(|first, rows| {
        let own = own_rows(words, first, rows, buckets, grams, dim)?;
        let of_step = own.chunks_exact(dim).enumerate().filter(|(at, _)| (first + at) % step == 0);
        of_step.for_each(|(_, row)| sample.extend_from_slice(row));
        Ok(())
    })?;
    for place in (0..buckets.n_used()).step_by(step) {
        sample.extend(buckets.row(place, grams, dim)?);
    }
    Ok(sample)
}

/// The own rows of the words from `first` on, whose vectors are `vectors`.
fn own_rows(
    words: &Words,
    first: usize,
    vectors: &[f32],
    buckets: &Buckets,
    grams: &GramRows<'_>,
    dim: usize,
) -> Result<Vec<f32>> {
    let mut rows = vectors.to_vec();
    let subtract = |places: &mut Vec<usize>, (at, row): (usize, &mut [f32])| {
        let word = words.spelling(WordId((first + at) as u32));
        let n_rows = (buckets.of_word(word, places) + 1) as f32;
        let sum = buckets.sum_of(places, grams, dim)?;
        row.iter_mut().zip(sum).for_each(|(value, sum)| *value = n_rows * *value - sum);
        if row.iter().all(|value| value.is_finite()) {
            return Ok(());
        }
        let place = format!("the n-grams of `{word}`");
        Err(Error::NotFinite { stage: Stage::Write, place })
    };
    // The first word with a fault is named, whichever thread meets one first.
    let done = rows.par_chunks_mut(dim).enumerate().map_init(Vec::new, subtract);
    done.find_first(Result::is_err).unwrap_or(Ok(()))?;
    Ok(rows)
}

fn put_shape(file: &mut AtomicFile, n_rows: usize, dim: usize) -> Result<()> {
    file.put(&(n_rows as i64).to_le_bytes())?;
    file.put(&(dim as i64).to_le_bytes())
}

fn put_i32s(file: &mut AtomicFile, numbers: &[i32]) -> Result<()> {
    numbers.iter().try_for_each(|number| file.put(&number.to_le_bytes()))
}

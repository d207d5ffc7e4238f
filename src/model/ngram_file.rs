//! The file of a model's n-gram vectors: `subwords.safetensors`.
//!
//! The tensors: `common` F32 `[dim]`, the mean of the rarer half of all words; `word_index` U32, a
//! hash table of the n-grams; `ngram_vectors` F16 `[n_ngrams, dim]`; `words` U8, the n-grams one
//! after the other in UTF-8, with `<` and `>` for the ends of a word; `word_offsets` U64 `[n_ngrams
//! + 1]`, which cut them.

use std::collections::BTreeMap;
use std::path::Path;

use half::f16;

use crate::base::error::{Error, Result};
use crate::base::progress::Stage;
use crate::base::words::WordId;
use crate::space::ngram_vectors::NGramVectors;
use crate::storage::mmap::MappedFile;
use crate::storage::row_list::parts;
use crate::vectors::format::safetensors::{INDEX, NamedRows, row_of};
use crate::vectors::format::safetensors_writer::{SafetensorsWriter, TensorType};

/// The name of the tensor of the vectors.
const TENSOR: &str = "ngram_vectors";

/// The name of the tensor of what rare words have in common.
const COMMON: &str = "common";

/// Writes the file.
///
/// # Errors
/// [`Error::OutputExists`], [`Error::DiskFull`], [`Error::Io`]; [`Error::NotFinite`] if a value is
/// NaN or infinite. Then no new file is there.
pub(super) fn write(ngrams: &NGramVectors, path: &Path) -> Result<()> {
    let (spellings, offsets) = ngrams.ngrams().parts();
    let (n_ngrams, dim) = (ngrams.len(), ngrams.dim());
    if !ngrams.common().iter().all(|value| value.is_finite()) {
        let place = "the mean of rare words".to_owned();
        return Err(Error::NotFinite { stage: Stage::Write, place });
    }
    let index = ngrams.ngrams().stored_index();
    let tensors: [(&str, TensorType, &[usize]); 5] = [
        ("word_offsets", TensorType::U64, &[n_ngrams + 1]),
        (COMMON, TensorType::F32, &[dim]),
        (INDEX, TensorType::U32, &[index.len()]),
        (TENSOR, TensorType::F16, &[n_ngrams, dim]),
        ("words", TensorType::U8, &[spellings.len()]),
    ];
    let mut file = SafetensorsWriter::create(path, false, &tensors, &BTreeMap::new())?;
    file.put_numbers(offsets.iter().map(|&offset| offset as u64))?;
    file.put_floats(ngrams.common())?;
    file.put_whole_numbers(&index)?;
    for rows in parts(n_ngrams) {
        let bits = ngrams.bits(rows.clone())?;
        if let Some(place) = bits.iter().position(|&bits| !f16::from_bits(bits).is_finite()) {
            let ngram = ngrams.ngrams().spelling(WordId((rows.start + place / dim) as u32));
            let place = format!("the vector of the n-gram `{ngram}`");
            return Err(Error::NotFinite { stage: Stage::Write, place });
        }
        file.put_halves(&bits)?;
    }
    file.put_bytes(spellings.as_bytes())?;
    file.commit()
}

/// Opens the file; the vectors stay on the disk until they are used, and are looked at then: one
/// that is not finite is found by [`NGramVectors::predict`].
///
/// # Errors
/// [`Error::Io`]; as [`NGramVectors::read`].
pub(super) fn open(path: &Path) -> Result<NGramVectors> {
    let file = MappedFile::open(path)?;
    let NamedRows { words, dim, rows } = NamedRows::find_mapped(&file, path, TENSOR)?;
    let common = row_of(file.bytes(), path, COMMON, dim)?;
    Ok(NGramVectors::mapped(words, file, rows.start, common))
}

impl NGramVectors {
    /// Reads the bytes of the file `subwords.safetensors` of a model; `path` only names it in
    /// messages.
    ///
    /// # Errors
    /// [`Error::Malformed`] if a tensor is missing or of another type or shape, or a value is not
    /// finite.
    pub fn read(bytes: &[u8], path: &Path) -> Result<Self> {
        let NamedRows { words, dim, rows } = NamedRows::find(bytes, path, TENSOR)?;
        let common = row_of(bytes, path, COMMON, dim)?;
        let bits = bytes[rows].as_chunks::<2>().0.iter().map(|&it| u16::from_le_bytes(it));
        let bits: Vec<u16> = bits.collect();
        if let Some(place) = bits.iter().position(|&bits| !f16::from_bits(bits).is_finite()) {
            let ngram = words.spelling(WordId((place / dim) as u32));
            let found = format!("NaN or infinity in the vector of the n-gram `{ngram}`");
            return Err(Error::malformed(path, None, found, "finite numbers"));
        }
        Ok(Self::from_bits(words, dim, bits, common))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::words::Words;

    fn ngrams(words: &[String], dim: usize) -> NGramVectors {
        let spellings: Words = words.iter().map(String::as_str).collect();
        let bits = (0..words.len() * dim).map(|at| f16::from_f32(at as f32 - 3.5).to_bits());
        NGramVectors::from_bits(spellings, dim, bits.collect(), vec![0.5; dim])
    }

    fn written(ngrams: &NGramVectors) -> Result<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("subwords.safetensors");
        write(ngrams, &path)?;
        let opened = open(&path)?;
        for ngram in 0..ngrams.len() {
            assert_eq!(opened.vector(ngram)?, ngrams.vector(ngram)?);
        }
        Ok(std::fs::read(&path).unwrap())
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(
            words in proptest::collection::btree_set("[<a-zñ]{1,6}>?", 1..40),
            dim in 1usize..20,
        ) {
            let words: Vec<String> = words.into_iter().collect();
            let ngrams = ngrams(&words, dim);
            let read = NGramVectors::read(&written(&ngrams).unwrap(), Path::new("s")).unwrap();
            prop_assert_eq!(read.ngrams().iter().collect::<Vec<_>>(), words);
            for ngram in 0..ngrams.len() {
                prop_assert_eq!(read.vector(ngram).unwrap(), ngrams.vector(ngram).unwrap());
            }
            prop_assert_eq!(read.common(), ngrams.common());
        }

        #[test]
        fn broken_files_are_refused(at in 0usize..300, byte: u8) {
            let words = ["<ab", "abc", "bc>"].map(str::to_owned);
            let mut bytes = written(&ngrams(&words, 2)).unwrap();
            let at = at % bytes.len();
            bytes[at] = byte;
            // Any answer but a panic; a file cut short is never one.
            let _ = NGramVectors::read(&bytes, Path::new("s"));
            prop_assert!(NGramVectors::read(&bytes[..at], Path::new("s")).is_err());
        }
    }

    #[test]
    fn values_that_are_not_finite_are_named() {
        let words: Words = ["<ab", "abc"].into_iter().collect();
        let bits = vec![f16::ONE, f16::ONE, f16::ONE, f16::INFINITY].into_iter().map(f16::to_bits);
        let broken = NGramVectors::from_bits(words, 2, bits.collect(), vec![0.5; 2]);
        let message = written(&broken).unwrap_err().to_string();
        assert!(message.contains("the vector of the n-gram `abc`"), "{message}");
        let mut bytes = written(&ngrams(&["<ab", "abc"].map(str::to_owned), 2)).unwrap();
        let place = bytes.len() - "<ababc".len() - 2;
        bytes[place..place + 2].copy_from_slice(&f16::NAN.to_le_bytes());
        let message = NGramVectors::read(&bytes, Path::new("s")).unwrap_err().to_string();
        assert!(message.contains("NaN or infinity in the vector of the n-gram `abc`"), "{message}");
    }
}

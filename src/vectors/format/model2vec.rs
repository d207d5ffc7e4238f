//! Static models of model2vec and sentence-transformers: a folder with `model.safetensors`, whose
//! rows are the tokens of `tokenizer.json`.
//!
//! Written for model2vec: the tensor `embeddings`, a tokenizer of which each word is one token, and
//! `config.json`. What the tokenizer does to texts between these words is what eigenlex's own does
//! (`tokenize/export.rs`).

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::intake::ReadOptions;
use super::precision::VectorPrecision;
use super::projector::create_folder;
use super::safetensors_writer::{SafetensorsWriter, TensorType};
use super::traits::{VectorFile, WriteFormat, WriteOptions};
use super::{Format, RowStream, tensors};
use crate::base::error::Result;
use crate::storage::atomic::AtomicFile;
use crate::storage::file_bytes::FileBytes;
use crate::storage::mmap::MappedFile;
use crate::tokenize::any_words_json;

/// The files of a model.
const MODEL: &str = "model.safetensors";
const TOKENIZER: &str = "tokenizer.json";
const CONFIG: &str = "config.json";

/// Where sentence-transformers has them in its folder.
const WITHIN: &str = "0_StaticEmbedding";

/// The format.
pub(super) struct Model2vec;

/// The file of a model in a folder.
pub(super) fn find(folder: &Path) -> Option<PathBuf> {
    let places = [folder.join(MODEL), folder.join(WITHIN).join(MODEL)];
    places.into_iter().find(|path| path.is_file() && path.with_file_name(TOKENIZER).is_file())
}

/// Reads the file of a model, with the tokenizer beside it.
///
/// # Errors
/// [`Error::Malformed`]; [`Error::Io`].
pub(super) fn read(path: &Path, options: &ReadOptions) -> Result<VectorFile> {
    let bytes = FileBytes::Mapped(MappedFile::open(path)?);
    let options = options.clone().words(path.with_file_name(TOKENIZER));
    Ok(VectorFile::of(Format::Model2vec, tensors::read(bytes, path, &options)?))
}

impl WriteFormat for Model2vec {
    fn write(
        &self,
        vectors: &RowStream<'_>,
        path: &Path,
        options: &WriteOptions<'_>,
    ) -> Result<()> {
        super::refuse_words(
            vectors.words(),
            Format::Model2vec,
            |word| word.is_empty(),
            "at least one character",
        )?;
        let is_new = create_folder(path)?;
        let written = write_files(vectors, options, path);
        if written.is_err() && is_new {
            // The failure of the write is what is worth telling.
            let _ = fs::remove_dir_all(path);
        }
        written
    }

    fn files(&self, path: &Path) -> Vec<PathBuf> {
        [MODEL, TOKENIZER, CONFIG].iter().map(|name| path.join(name)).collect()
    }

    fn precisions(&self) -> &'static [VectorPrecision] {
        &[VectorPrecision::Single, VectorPrecision::Half]
    }
}

fn write_files(vectors: &RowStream<'_>, options: &WriteOptions<'_>, folder: &Path) -> Result<()> {
    let (words, dim, force) = (vectors.words(), vectors.dim(), options.force);
    // The tokenizer has a token more for unknown words, and model2vec wants a row for each.
    let has_unknown = words.id(tensors::UNKNOWN).is_none();
    let shape = [words.len() + usize::from(has_unknown), dim];
    let precision = options.precision;
    let kind = if precision == VectorPrecision::Half { TensorType::F16 } else { TensorType::F32 };
    let mut tokenizer = AtomicFile::create(folder.join(TOKENIZER), force)?;
    let mut config = AtomicFile::create(folder.join(CONFIG), force)?;
    let tensors = [("embeddings", kind, &shape[..])];
    let mut model =
        SafetensorsWriter::create(folder.join(MODEL), force, &tensors, &Default::default())?;
    let mut bytes = Vec::new();
    vectors.each_chunk(|_, rows| {
        bytes.clear();
        precision.encode(rows, &mut bytes);
        model.put_bytes(&bytes)
    })?;
    if has_unknown {
        model.put_bytes(&vec![0; dim * precision.n_bytes()])?;
    }
    let json = any_words_json(vectors.words());
    tokenizer.put(json.as_bytes())?;
    let settings = json!({
        "model_type": "model2vec",
        "architectures": ["StaticModel"],
        "tokenizer_name": "eigenlex",
        "apply_pca": null,
        "apply_zipf": false,
        "hidden_dim": dim,
        "seq_length": 1_000_000,
        "normalize": true,
    });
    config.put(format!("{settings:#}\n").as_bytes())?;
    tokenizer.sync()?;
    config.sync()?;
    model.commit()?;
    tokenizer.commit()?;
    config.commit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::WordVectors;
    use crate::vectors::format::OnFault;

    #[test]
    fn a_model_comes_back_but_for_the_unknown_word() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("static");
        let words = ["king", "a \"word\"", "café"].into_iter().collect();
        let vectors = WordVectors::new(words, 2, vec![1.0, 0.5, -0.25, 2.0, 0.0, 1.0]);
        for precision in [VectorPrecision::Single, VectorPrecision::Half] {
            let options = WriteOptions::default().precision(precision).force(true);
            Model2vec.write(&RowStream::from(&vectors), &path, &options).unwrap();
            let strict = ReadOptions::default().on_fault(OnFault::Refuse);
            let file = VectorFile::open(&path, &strict, &()).unwrap();
            assert_eq!(file.format, Format::Model2vec);
            assert_eq!(file.vectors.digest(), vectors.digest());
        }
    }

    #[test]
    fn a_failed_write_leaves_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("static");
        let vectors = WordVectors::new(["a"].into_iter().collect(), 1, vec![f32::NAN]);
        let options = WriteOptions::default();
        assert!(Model2vec.write(&RowStream::from(&vectors), &path, &options).is_err());
        assert!(!path.exists());
    }
}

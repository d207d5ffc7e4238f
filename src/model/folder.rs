//! A model, opened from its folder.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::vocabulary::read_vocabulary;
use super::{
    DOCUMENTS_FILE, ENCODER_FILE, Encoding, FORMAT_VERSION, ModelWriter, PHRASES_FILE,
    PROVENANCE_FILE, Provenance, SUBWORDS_FILE, TOKENIZER_FILE, VECTORS_FILE, VOCABULARY_FILE,
    ngram_file,
};
use crate::base::error::{Error, Result};
use crate::base::kind::FileKind;
use crate::corpus::DocumentTable;
use crate::space::ngram_vectors::NGramVectors;
use crate::storage::floats::StoredNumbers;
use crate::tokenize::{Phrases, Tokenizer, TokenizerConfig};
use crate::vectors::WordVectors;
use crate::vectors::format::safetensors::{self, WordCounts};

/// Word vectors with everything needed to use them and to make them again.
#[derive(Debug)]
#[non_exhaustive]
pub struct Model {
    /// Words and vectors.
    pub vectors: WordVectors,
    /// The vectors of n-grams of letters, from which unknown words get theirs; `None` without
    /// subwords, and for models of earlier versions.
    pub ngrams: Option<NGramVectors>,
    /// For each word its number of tokens.
    pub counts: StoredNumbers<u64>,
    /// For each word the number of documents that hold it.
    pub document_frequencies: StoredNumbers<u64>,
    /// What the corpus was cut into tokens with, the phrases found in it included; queries go
    /// through it too.
    pub tokenizer: Tokenizer,
    /// What encoding documents needs; `None` for models of earlier versions.
    pub encoding: Option<Encoding>,
    /// The metadata of the documents, if any were kept
    /// ([`ReaderOptions::metadata`](crate::corpus::ReaderOptions::metadata)).
    pub documents: Option<DocumentTable>,
    /// How the model came to be.
    pub provenance: Provenance,
}

impl Model {
    /// Opens the model in folder `path`; the vectors stay on the disk until they are used.
    ///
    /// # Errors
    /// A file is missing or malformed, or the model was written by a later version.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let provenance = Self::open_provenance(path)?;
        let contents = safetensors::open(path.join(VECTORS_FILE))?;
        let (counts, document_frequencies) = match contents.counts {
            Some(WordCounts { tokens, documents }) => (tokens, documents),
            None => {
                let file = path.join(VOCABULARY_FILE);
                let (tokens, documents) = read_vocabulary(&file, &contents.vectors)?;
                (tokens.into(), documents.into())
            }
        };
        let tokenizer = open_tokenizer(path, &provenance)?;
        if contents.vectors.dim() != provenance.dim
            || contents.vectors.len() as u64 != provenance.n_words
        {
            let (found, expected) = (
                [contents.vectors.len(), contents.vectors.dim()],
                [provenance.n_words, provenance.dim as u64],
            );
            let path = path.join(VECTORS_FILE);
            return Err(Error::malformed(
                &path,
                None,
                format!("embeddings of shape {found:?}"),
                format!("{expected:?}, as `{PROVENANCE_FILE}` has it"),
            ));
        }
        let encoder_file = path.join(ENCODER_FILE);
        let encoding = match encoder_file.is_file() {
            true => {
                Some(Encoding::open(&encoder_file, contents.vectors.len(), &provenance.config)?)
            }
            false if provenance.config.network.is_some() => {
                let source = std::io::ErrorKind::NotFound.into();
                return Err(Error::io("read", &encoder_file, source));
            }
            false => None,
        };
        let ngrams = open_ngrams(path, provenance.dim)?;
        let documents_file = path.join(DOCUMENTS_FILE);
        let documents = documents_file.is_file().then(|| DocumentTable::open(&documents_file));
        let documents = documents.transpose()?;
        Ok(Self {
            vectors: contents.vectors,
            ngrams,
            counts,
            document_frequencies,
            tokenizer,
            encoding,
            documents,
            provenance,
        })
    }

    /// The vectors without what the spelling of words added to them
    /// ([`EmbedConfig::subwords`](crate::EmbedConfig)): `V S^p` of the encoder, centred like the
    /// vectors. `None` if nothing was added, or the encoder does not say all of it (contexts were
    /// added too, or an earlier version wrote the model).
    ///
    /// Memory: the vectors twice more.
    pub fn vectors_without_subwords(&self) -> Option<WordVectors> {
        let Provenance { config, spectrum, .. } = &self.provenance;
        let encoding = self.encoding.as_ref()?;
        if config.subwords.is_none() || config.add_contexts {
            return None;
        }
        let plain = encoding
            .word_space(&spectrum.singular_values, config)
            .expect("rows in memory cannot fail");
        Some(WordVectors::from_floats(self.vectors.words().clone(), self.vectors.dim(), plain))
    }

    /// Writes the model into the folder `path`, which must not exist yet; it appears whole or not
    /// at all. [`ModelWriter`](crate::model::ModelWriter) has more: it looks at the place before
    /// the work begins, and replaces a model.
    ///
    /// ```
    /// use eigenlex::{Corpus, EmbedConfig, Model};
    ///
    /// # let folder = std::env::temp_dir().join(format!("eigenlex-{}", std::process::id()));
    /// # let path = folder.as_path();
    /// let corpus = Corpus::open("corpora/english.txt")?;
    /// let model = eigenlex::embed(&corpus, &EmbedConfig::window().dim(20), &())?;
    /// model.save(path)?;
    /// assert_eq!(Model::open(path)?.vectors.digest(), model.vectors.digest());
    /// # std::fs::remove_dir_all(path).expect("it was made");
    /// # Ok::<(), eigenlex::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`ModelWriter::create`](crate::model::ModelWriter::create) and
    /// [`ModelWriter::write`](crate::model::ModelWriter::write).
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        ModelWriter::create(path, false)?.write(self)
    }

    /// Reads how the model in folder `path` came to be, and nothing else.
    ///
    /// # Errors
    /// `model.json` is missing or malformed, or the model was written by a later version.
    pub fn open_provenance(path: impl AsRef<Path>) -> Result<Provenance> {
        /// The one field that every version has.
        #[derive(Deserialize)]
        struct Version {
            format_version: u32,
        }
        let folder = path.as_ref();
        let path = folder.join(PROVENANCE_FILE);
        let text = fs::read_to_string(&path).map_err(|source| {
            // What stands there instead of a model says more than the file that is missing in it.
            let missing = if folder.exists() { path.as_path() } else { folder };
            Error::wrong_kind(folder, FileKind::Model)
                .unwrap_or_else(|| Error::io("read", missing, source))
        })?;
        let malformed = |error: serde_json::Error| Error::Malformed {
            path: path.clone(),
            line: Some(error.line() as u64),
            found: error.to_string(),
            expected: "the description of an eigenlex model".to_owned(),
        };
        let Version { format_version } = serde_json::from_str(&text).map_err(malformed)?;
        if format_version > FORMAT_VERSION {
            return Err(Error::NewerModel {
                path: folder.to_path_buf(),
                found: format_version,
                supported: FORMAT_VERSION,
            });
        }
        serde_json::from_str(&text).map_err(malformed)
    }

    /// The n-grams' vectors of the model in folder `path`, without opening the rest; `None` if it
    /// has none.
    ///
    /// # Errors
    /// As [`Model::open_provenance`], or its `subwords.safetensors` is malformed.
    pub fn open_ngrams(path: impl AsRef<Path>) -> Result<Option<NGramVectors>> {
        let path = path.as_ref();
        open_ngrams(path, Self::open_provenance(path)?.dim)
    }

    /// Whether there is a model in folder `path`: whether it holds a `model.json`.
    pub fn is_at(path: impl AsRef<Path>) -> bool {
        path.as_ref().join(PROVENANCE_FILE).is_file()
    }

    /// The tokenizer of the model in folder `path` with its phrases, without opening the rest.
    ///
    /// # Errors
    /// As [`Model::open_provenance`], or its `tokenizer.json` or `phrases.tsv` cannot be used.
    pub fn open_tokenizer(path: impl AsRef<Path>) -> Result<Tokenizer> {
        let path = path.as_ref();
        open_tokenizer(path, &Self::open_provenance(path)?)
    }
}

fn open_ngrams(folder: &Path, dim: usize) -> Result<Option<NGramVectors>> {
    let file = folder.join(SUBWORDS_FILE);
    if !file.is_file() {
        return Ok(None);
    }
    let ngrams = ngram_file::open(&file)?;
    if ngrams.dim() != dim {
        return Err(Error::malformed(
            &file,
            None,
            format!("vectors of {} values", ngrams.dim()),
            format!("{dim}, as `{PROVENANCE_FILE}` has it"),
        ));
    }
    Ok(Some(ngrams))
}

fn open_tokenizer(folder: &Path, provenance: &Provenance) -> Result<Tokenizer> {
    let tokenizer = Tokenizer::new(&match &provenance.config.tokenizer {
        // The model keeps its own copy; the path in the configuration says where it came from.
        TokenizerConfig::HuggingFace { .. } => {
            TokenizerConfig::HuggingFace { path: folder.join(TOKENIZER_FILE) }
        }
        config => config.clone(),
    })?;
    Ok(match provenance.config.phrases {
        Some(_) => tokenizer.with_phrases(Phrases::read(folder.join(PHRASES_FILE))?),
        None => tokenizer,
    })
}

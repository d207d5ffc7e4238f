//! A model: words, vectors, and how they came to be, in one folder.
//!
//! | file | content |
//! |---|---|
//! | `model.json` | [`Provenance`]: format version, configuration, corpus fingerprint, digest, spectrum, stage timings |
//! | `tokenizer.json` | how text became words, for the tokenizers library; the user's own file if one was given |
//! | `vocab.tsv` | word, count, document frequency; backslash, tab and line ends in a word are written `\\`, `\t`, `\n`, `\r` |
//! | `phrases.tsv` | only if phrases were asked for: phrase, count, score, pass, left word, right word; the program joins them in queries and new texts (other programs that read `tokenizer.json` do not) |
//! | `encoder.safetensors` | what turns documents into codes: the statistics of the weighting, and the singular vectors that the word vectors do not tell, or the layers of a network; models of earlier versions have none |
//! | `vectors.safetensors` | `embeddings` `[n_words, dim]`, `singular_values` `[dim]` of the kept components, the words; memory-mapped when opened |
//!
//! The folder is written beside its final name, every file synced, and renamed when all is there:
//! it exists whole or not at all.

mod encoding;

pub use encoding::Encoding;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::error::{Error, Result};
use crate::base::kind::FileKind;
use crate::base::progress::{Stage, StageReport};
use crate::base::words::escaped;
use crate::config::EmbedConfig;
use crate::corpus::{Corpus, DocumentUnit, OnBadUtf8};
use crate::network::Training;
use crate::storage::atomic::{AtomicFile, free_name_beside, refuse_existing_folder, sync_folder};
use crate::storage::floats::Floats;
use crate::svd::Svd;
use crate::tokenize::{CorpusReport, Phrases, Tokenizer, TokenizerConfig, word_level_json};
use crate::vectors::WordVectors;
use crate::vectors::format::{malformed, safetensors};
use crate::vocab::Vocab;

/// The latest version of the folder's layout that this program reads: 2, of models with a network
/// for encoder; it writes 1 for all others.
pub const FORMAT_VERSION: u32 = 2;

/// The version of the layout of a model with this configuration.
fn format_version(config: &EmbedConfig) -> u32 {
    if config.network.is_some() { FORMAT_VERSION } else { 1 }
}

const PROVENANCE_FILE: &str = "model.json";
const TOKENIZER_FILE: &str = "tokenizer.json";
const VOCABULARY_FILE: &str = "vocab.tsv";
const PHRASES_FILE: &str = "phrases.tsv";
const VECTORS_FILE: &str = "vectors.safetensors";
const ENCODER_FILE: &str = "encoder.safetensors";

/// Word vectors with everything needed to use them and to make them again.
#[derive(Debug)]
pub struct Model {
    /// Words and vectors.
    pub vectors: WordVectors,
    /// For each word its number of tokens.
    pub counts: Vec<u64>,
    /// For each word the number of documents that hold it.
    pub document_frequencies: Vec<u64>,
    /// What the corpus was cut into tokens with, the phrases found in it included; queries go
    /// through it too.
    pub tokenizer: Tokenizer,
    /// What encoding documents needs; `None` for models of earlier versions.
    pub encoding: Option<Encoding>,
    /// How the model came to be.
    pub provenance: Provenance,
}

/// How a model came to be: the content of `model.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Of the layout: 1, or 2 with a network for encoder.
    pub format_version: u32,
    /// Name and version of that program.
    pub program: String,
    /// Every parameter, as resolved.
    pub config: EmbedConfig,
    /// What counted as a document.
    pub document_unit: DocumentUnit,
    /// What happened to bytes that are not UTF-8.
    pub on_bad_utf8: OnBadUtf8,
    /// The fingerprint of the corpus.
    pub corpus: CorpusReport,
    /// Documents with at least one token.
    pub n_documents: u64,
    /// Tokens in the corpus.
    pub n_tokens: u64,
    /// Tokens of words that passed the cutoff.
    pub n_kept_tokens: u64,
    /// Distinct words in the corpus.
    pub n_distinct_words: u64,
    /// Words with a vector.
    pub n_words: u64,
    /// Stored entries of the matrix that was decomposed.
    pub n_nonzeros: u64,
    /// Length of each vector.
    pub dim: usize,
    /// The seed of the random start.
    pub seed: u64,
    /// SHA-256 over words and vectors, see [`WordVectors::digest`].
    pub digest: String,
    /// The digest of the model of the other language, if both were made from parallel texts: their
    /// words and codes are in one space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// The decomposition; with a network for encoder no singular value, only the shape and the
    /// squared norm of the matrix.
    pub spectrum: Spectrum,
    /// How the network was trained, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<Training>,
    /// Seconds and memory of each stage.
    pub stages: Vec<StageReport>,
}

/// What the decomposition found, and how exact it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spectrum {
    /// Rows and columns of the matrix.
    pub shape: (u64, u64),
    /// The singular values, largest first.
    pub singular_values: Vec<f64>,
    /// For each the residual of its triplet, see [`Svd::residuals`](crate::Svd::residuals).
    pub residuals: Vec<f64>,
    /// The squared Frobenius norm of the matrix.
    pub squared_norm: f64,
    /// The share of it that the singular values explain, from 0 to 1.
    pub explained: f64,
    /// Products of the matrix, or its transpose, with one vector.
    pub products: usize,
    /// Whether every residual came below the tolerance.
    pub converged: bool,
}

/// What a model is made of, one way or the other.
pub(crate) struct Ingredients<'a> {
    pub(crate) corpus: &'a Corpus,
    pub(crate) config: &'a EmbedConfig,
    pub(crate) tokenizer: Tokenizer,
    pub(crate) report: CorpusReport,
    pub(crate) vocab: Vocab,
    pub(crate) n_documents: usize,
    pub(crate) n_nonzeros: u64,
    /// `n_words x dim`, row-major.
    pub(crate) vectors: Floats,
    pub(crate) encoding: Encoding,
    pub(crate) spectrum: Spectrum,
    pub(crate) training: Option<Training>,
}

impl Ingredients<'_> {
    pub(crate) fn into_model(self) -> Model {
        let Self {
            corpus,
            config,
            tokenizer,
            report,
            vocab,
            n_documents,
            n_nonzeros,
            vectors,
            encoding,
            spectrum,
            training,
        } = self;
        let vectors = WordVectors::from_floats(vocab.words, config.dim(), vectors);
        let provenance = Provenance {
            format_version: format_version(config),
            program: concat!("eigenlex ", env!("CARGO_PKG_VERSION")).to_owned(),
            config: config.clone(),
            document_unit: corpus.unit(),
            on_bad_utf8: corpus.on_bad_utf8(),
            corpus: report,
            n_documents: n_documents as u64,
            n_tokens: vocab.n_tokens,
            n_kept_tokens: vocab.counts.iter().sum(),
            n_distinct_words: vocab.n_distinct as u64,
            n_words: vectors.len() as u64,
            n_nonzeros,
            dim: config.dim(),
            seed: config.svd.seed,
            digest: vectors.digest(),
            partner: None,
            spectrum,
            training,
            stages: Vec::new(),
        };
        let (counts, document_frequencies) = (vocab.counts, vocab.document_frequencies);
        Model {
            vectors,
            counts,
            document_frequencies,
            tokenizer,
            encoding: Some(encoding),
            provenance,
        }
    }
}

impl Provenance {
    /// JSON has no word for NaN or infinity, and a reader would find nothing where a number should
    /// be.
    fn check_finite(&self) -> Result<()> {
        let Spectrum { singular_values, residuals, squared_norm, explained, .. } = &self.spectrum;
        match singular_values
            .iter()
            .chain(residuals)
            .chain([squared_norm, explained])
            .all(|number| number.is_finite())
        {
            true => Ok(()),
            false => Err(Error::NotFinite {
                stage: Stage::Write,
                place: "the spectrum of the model".to_owned(),
            }),
        }
    }
}

impl Spectrum {
    /// That of a matrix of `shape`, as it was decomposed.
    pub(crate) fn new(shape: (usize, usize), svd: Svd) -> Self {
        Self {
            shape: (shape.0 as u64, shape.1 as u64),
            explained: svd.explained(),
            singular_values: svd.singular_values,
            residuals: svd.residuals,
            squared_norm: svd.squared_norm,
            products: svd.products,
            converged: svd.converged,
        }
    }
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
        let (counts, document_frequencies) =
            read_vocabulary(&path.join(VOCABULARY_FILE), &contents.vectors)?;
        let tokenizer = open_tokenizer(path, &provenance)?;
        if contents.vectors.dim() != provenance.dim
            || contents.vectors.len() as u64 != provenance.n_words
        {
            let (found, expected) = (
                [contents.vectors.len(), contents.vectors.dim()],
                [provenance.n_words, provenance.dim as u64],
            );
            let path = path.join(VECTORS_FILE);
            return Err(malformed(
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
        Ok(Self {
            vectors: contents.vectors,
            counts,
            document_frequencies,
            tokenizer,
            encoding,
            provenance,
        })
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

/// The place of a model that is still to be made: looked at before the work begins, so that one
/// that cannot be written is found early.
///
/// Nothing stands on the disk until [`ModelWriter::write`] is called, and nothing is left there if
/// it fails.
#[derive(Debug)]
pub struct ModelWriter {
    path: PathBuf,
    partial: PathBuf,
    work: Option<PathBuf>,
    force: bool,
}

impl ModelWriter {
    /// Looks whether a model can be written at `path`; with `force`, a model that stands there will
    /// be replaced, but nothing else.
    ///
    /// # Errors
    /// [`Error::OutputExists`], [`Error::NotReplaceable`], or no folder can be made beside it.
    pub fn create(path: impl AsRef<Path>, force: bool) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        refuse_existing(&path, force)?;
        let writer = Self { partial: free_name_beside(&path, "partial")?, path, work: None, force };
        drop(writer.make_folder()?);
        Ok(writer)
    }

    /// The same writer, which builds the model within the folder `work`, on the same disk, if that
    /// is there by then: what a process that is killed while it writes has left is then found and
    /// removed.
    #[must_use]
    pub fn within(self, work: impl AsRef<Path>) -> Self {
        Self { work: Some(work.as_ref().to_path_buf()), ..self }
    }

    /// Writes the model and gives it its name.
    ///
    /// # Errors
    /// A full disk or another failure of the file system; then nothing is left behind, and what
    /// stood there is untouched.
    pub fn write(mut self, model: &Model) -> Result<()> {
        if let Some(work) = self.work.as_ref().filter(|work| work.is_dir()) {
            self.partial = work.join("model");
            if self.partial.is_dir() {
                fs::remove_dir_all(&self.partial)
                    .map_err(|source| Error::io("remove", &self.partial, source))?;
            }
        }
        let folder = self.make_folder()?;
        self.write_files(model).map_err(|error| self.at_final_path(error))?;
        refuse_existing(&self.path, self.force)?;
        let rename = |from: &Path, to: &Path| {
            fs::rename(from, to).map_err(|source| Error::io("rename", &self.path, source))
        };
        if fs::symlink_metadata(&self.path).is_ok() {
            let old = free_name_beside(&self.path, "replaced")?;
            rename(&self.path, &old)?;
            if let Err(error) = rename(&self.partial, &self.path) {
                rename(&old, &self.path)?;
                return Err(error);
            }
            fs::remove_dir_all(&old).map_err(|source| Error::io("remove", &old, source))?;
        } else {
            rename(&self.partial, &self.path)?;
        }
        // It has another name now, and is not partial any more.
        std::mem::forget(folder);
        sync_folder(self.path.parent());
        Ok(())
    }

    fn make_folder(&self) -> Result<PartialFolder<'_>> {
        fs::create_dir(&self.partial).map_err(|source| Error::io("create", &self.path, source))?;
        Ok(PartialFolder(&self.partial))
    }

    fn write_files(&self, model: &Model) -> Result<()> {
        let write = |name: &str, text: &str| {
            let mut file = AtomicFile::create(self.partial.join(name), false)?;
            file.put(text.as_bytes())?;
            file.commit()
        };
        let metadata = BTreeMap::from([
            ("program".to_owned(), model.provenance.program.clone()),
            ("digest".to_owned(), model.provenance.digest.clone()),
        ]);
        let singular_values =
            &model.provenance.spectrum.singular_values[model.provenance.config.drop_components..];
        safetensors::write(
            &model.vectors,
            singular_values,
            &metadata,
            self.partial.join(VECTORS_FILE),
            false,
        )?;
        if let Some(encoding) = &model.encoding {
            encoding.write(
                model.vectors.len(),
                &model.provenance.config,
                &self.partial.join(ENCODER_FILE),
            )?;
        }
        write(VOCABULARY_FILE, &vocabulary_table(model))?;
        if model.provenance.config.phrases.is_some() {
            write(PHRASES_FILE, &model.tokenizer.phrases().to_table())?;
        }
        match model.tokenizer.json() {
            Some(json) => write(TOKENIZER_FILE, json)?,
            None => write(
                TOKENIZER_FILE,
                &word_level_json(model.tokenizer.config(), model.vectors.words()),
            )?,
        }
        model.provenance.check_finite()?;
        let mut provenance = serde_json::to_string_pretty(&model.provenance)
            .expect("numbers, strings and lists can be written");
        provenance.push('\n');
        write(PROVENANCE_FILE, &provenance)?;
        sync_folder(Some(&self.partial));
        Ok(())
    }

    /// The error, with the final path in place of the partial one, which a person has never heard
    /// of.
    fn at_final_path(&self, error: Error) -> Error {
        let rename = |path: PathBuf| {
            path.strip_prefix(&self.partial).map_or(path.clone(), |rest| self.path.join(rest))
        };
        match error {
            Error::DiskFull { path } => Error::DiskFull { path: rename(path) },
            Error::Io { action, path, source } => Error::Io { action, path: rename(path), source },
            error => error,
        }
    }
}

/// Removes the folder with all that is in it when it goes out of scope.
struct PartialFolder<'a>(&'a Path);

impl Drop for PartialFolder<'_> {
    fn drop(&mut self) {
        // Nobody is left to hear of a failure here; the folder's name says what it is.
        let _ = fs::remove_dir_all(self.0);
    }
}

fn refuse_existing(path: &Path, force: bool) -> Result<()> {
    refuse_existing_folder(path, force, "an eigenlex model", is_ours)
}

/// Whether a folder may be replaced as a whole: other programs have a `model.json` too, and a
/// folder of ours holds nothing but our files.
fn is_ours(folder: &Path) -> bool {
    /// What every version of the description says.
    #[derive(Deserialize)]
    struct Origin {
        program: String,
    }
    let files = [
        PROVENANCE_FILE,
        TOKENIZER_FILE,
        VOCABULARY_FILE,
        PHRASES_FILE,
        VECTORS_FILE,
        ENCODER_FILE,
    ];
    let origin = fs::read(folder.join(PROVENANCE_FILE))
        .ok()
        .and_then(|json| serde_json::from_slice::<Origin>(&json).ok());
    origin.is_some_and(|origin| origin.program.starts_with("eigenlex"))
        && fs::read_dir(folder).is_ok_and(|mut entries| {
            entries.all(|entry| {
                entry.is_ok_and(|entry| files.iter().any(|&file| entry.file_name() == file))
            })
        })
}

const VOCABULARY_HEADER: &str = "word\tcount\tdocument_frequency";

fn vocabulary_table(model: &Model) -> String {
    let mut table = String::from(VOCABULARY_HEADER);
    table.push('\n');
    for (word, (count, frequency)) in
        model.vectors.words().iter().zip(model.counts.iter().zip(&model.document_frequencies))
    {
        table.push_str(&escaped(word));
        table.push_str(&format!("\t{count}\t{frequency}\n"));
    }
    table
}

/// Counts and document frequencies; the words must be those of the vectors, in the same order.
fn read_vocabulary(path: &Path, vectors: &WordVectors) -> Result<(Vec<u64>, Vec<u64>)> {
    let text = fs::read_to_string(path).map_err(|source| Error::io("read", path, source))?;
    let malformed = |line: u64, found: String, expected: String| Error::Malformed {
        path: path.to_path_buf(),
        line: Some(line),
        found,
        expected,
    };
    let mut lines = text.lines();
    match lines.next() {
        Some(VOCABULARY_HEADER) => {}
        other => {
            return Err(malformed(
                1,
                format!("`{}`", other.unwrap_or_default()),
                format!("`{VOCABULARY_HEADER}`"),
            ));
        }
    }
    let (mut counts, mut frequencies) = (Vec::new(), Vec::new());
    let mut words = vectors.words().iter();
    for (number, line) in (2..).zip(lines) {
        let mut fields = line.rsplitn(3, '\t');
        let mut number_field = || fields.next().and_then(|field| field.parse::<u64>().ok());
        match (number_field(), number_field(), fields.next()) {
            (Some(frequency), Some(count), Some(word)) => {
                if let Some(expected) = words.next().map(escaped)
                    && expected != word
                {
                    return Err(malformed(
                        number,
                        format!("`{line}`"),
                        format!("the word `{expected}`, as in the vectors"),
                    ));
                }
                counts.push(count);
                frequencies.push(frequency);
            }
            _ => {
                return Err(malformed(
                    number,
                    format!("`{line}`"),
                    "a word, its count and its document frequency".to_owned(),
                ));
            }
        }
    }
    if counts.len() != vectors.len() {
        let expected = format!("{} words, as many as there are vectors", vectors.len());
        return Err(malformed(
            counts.len() as u64 + 1,
            format!("{} words", counts.len()),
            expected,
        ));
    }
    Ok((counts, frequencies))
}

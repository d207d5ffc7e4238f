//! A model: words, vectors, and how they came to be, in one folder.
//!
//! - `model.json`: the [`Provenance`]: format version, configuration, fingerprint of the corpus,
//!   digest, spectrum, times of the stages.
//! - `tokenizer.json`: how text became words, for the tokenizers library; the user's own file if
//!   one was given.
//! - `vocab.tsv`: word, count, document frequency; backslash, tab and line ends in a word are
//!   written `\\`, `\t`, `\n`, `\r`.
//! - `phrases.tsv`, only if phrases were asked for: phrase, count, score, pass, left word, right
//!   word. The program joins them in queries and new texts; other programs that read
//!   `tokenizer.json` do not.
//! - `encoder.safetensors`: what turns documents into codes: the statistics of the weighting, and
//!   the singular vectors that the word vectors do not hold, or the layers of a network. Models of
//!   earlier versions have none.
//! - `documents.tsv`, only if metadata were asked for: for each document its number, its name and
//!   the values.
//! - `subwords.safetensors`, only of models with subwords: the vectors of n-grams of letters, which
//!   give unknown words theirs ([`NGramVectors`](crate::space::NGramVectors)).
//! - `vectors.safetensors`: `embeddings` `[n_words, dim]` and their `norms` `[n_words]`,
//!   `singular_values` `[dim]` of the kept components, the words with an index, and their counts,
//!   those of `vocab.tsv`; memory-mapped when opened, and nothing is copied. Models of earlier
//!   versions have no norms, index and counts there: then `vocab.tsv` is read.
//!
//! The folder is written beside its final name, every file synced, and renamed when all is there:
//! it exists whole or not at all.

mod encoding;
pub(crate) mod folder;
mod ingredients;
mod ngram_file;
mod provenance;
mod vocabulary;
mod writer;

pub use encoding::Encoding;
pub(crate) use folder::Model;
pub(crate) use ingredients::Ingredients;
pub use provenance::{FORMAT_VERSION, Provenance, Spectrum};
pub use writer::ModelWriter;

const PROVENANCE_FILE: &str = "model.json";
const TOKENIZER_FILE: &str = "tokenizer.json";
const VOCABULARY_FILE: &str = "vocab.tsv";
const PHRASES_FILE: &str = "phrases.tsv";
const VECTORS_FILE: &str = "vectors.safetensors";
const ENCODER_FILE: &str = "encoder.safetensors";
const DOCUMENTS_FILE: &str = "documents.tsv";
const SUBWORDS_FILE: &str = "subwords.safetensors";

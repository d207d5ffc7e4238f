//! What the commands about documents share: texts without a tokenizer of their own, codes from a
//! file or made on the spot, and documents as answers.

pub(crate) mod cluster;
pub(crate) mod complete;
pub(crate) mod encode;
pub(crate) mod generate;
pub(crate) mod labels;
pub(crate) mod latent;
pub(crate) mod outliers;
pub(crate) mod plot;
pub(crate) mod reconstruct;
pub(crate) mod search;
pub(crate) mod similar_documents;
pub(crate) mod spectrum;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

use anyhow::Result;
use eigenlex::encode::{
    Codes, CodesFormat, Components, Encoder, Relevance, SearchAnswer, SearchAnswers, snippets,
};
use eigenlex::{Corpus, DocumentUnit, Error, Model, Progress};
use serde::Serialize;

use crate::cli::output;
use crate::cli::output::{Cosine, Decimals, FormatArg, OrEmpty, OutputFormat, Table};
use crate::cli::reading::{BadUtf8Name, UnitName, open_corpus};

/// Characters of a snippet.
const SNIPPET: usize = 160;

/// Documents without a code that are named.
const NAMED: usize = 10;

/// How texts are cut into documents; how documents are cut into tokens is the model's.
#[derive(Debug, clap::Args)]
pub(crate) struct CutArgs {
    /// What counts as a document [default: as in the corpus of the model if these are its texts,
    /// else line for a single file or standard input and file for several]
    #[arg(long, value_enum, value_name = "UNIT", help_heading = "Reading")]
    document: Option<UnitName>,
    /// What happens to bytes that are not UTF-8
    #[arg(long, value_enum, default_value_t = BadUtf8Name::Error, value_name = "ACTION", help_heading = "Reading")]
    on_bad_utf8: BadUtf8Name,
}

impl Default for CutArgs {
    /// As without the options.
    fn default() -> Self {
        Self { document: None, on_bad_utf8: BadUtf8Name::Error }
    }
}

impl CutArgs {
    /// The texts, cut as the corpus of the model was if they are that corpus, by the sizes of its
    /// files.
    pub(crate) fn open(&self, paths: &[String], model: &Model) -> Result<Corpus> {
        let corpus = open_corpus(paths, self.document, self.on_bad_utf8)?;
        let of_model = &model.provenance.corpus.sources;
        let is_corpus = corpus
            .sources()
            .iter()
            .map(|source| source.bytes())
            .eq(of_model.iter().map(|source| Some(source.bytes)));
        Ok(if self.document.is_none() && is_corpus {
            corpus.with_unit(model.provenance.document_unit)
        } else {
            corpus
        })
    }

    /// Refuses another cut than that of the codes.
    fn check_cut_of(&self, codes: &Codes, with_texts: bool) -> Result<()> {
        match (self.document, &codes.origin().documents) {
            (Some(unit), Some(documents)) if unit.unit() != documents.unit() => {
                let (found, expected) = (unit.unit(), documents.unit());
                let of = |unit: DocumentUnit| format!("a document for each {unit}");
                Err(Error::OtherTexts { found: of(found), expected: of(expected) }.into())
            }
            (Some(_), None) if !with_texts => crate::cli::reading::conflict(
                "document",
                "given",
                "texts, or codes that tell how theirs were cut",
            ),
            _ => Ok(()),
        }
    }

    /// The texts that codes were made from, cut as they were.
    fn open_for(&self, paths: &[String], codes: &Codes, model: &Model) -> Result<Corpus> {
        let corpus = self.open(paths, model)?;
        let unit: Option<DocumentUnit> =
            codes.origin().documents.as_ref().map(|documents| documents.unit());
        let corpus = if self.document.is_none() {
            unit.map_or(corpus.clone(), |unit| corpus.with_unit(unit))
        } else {
            corpus
        };
        codes.check_texts(&corpus)?;
        Ok(corpus)
    }
}

/// Where the documents are that are searched.
#[derive(Debug, clap::Args)]
pub(crate) struct DocumentsArgs {
    /// Codes that `encode` wrote (.npy or .safetensors), or texts, which are encoded first: files,
    /// folders, patterns
    #[arg(long = "in", required = true, num_args = 1.., value_name = "CODES|TEXTS")]
    documents: Vec<String>,
    /// With codes: the texts that they were made from, to show some words of each document
    #[arg(long, num_args = 1.., value_name = "TEXTS")]
    texts: Vec<String>,
    #[command(flatten)]
    cut: CutArgs,
}

/// Documents with their codes, and with their texts if these are at hand.
pub(crate) struct Documents {
    pub(crate) codes: Codes,
    pub(crate) components: Components,
    texts: Option<Corpus>,
}

/// Whether a path is taken for a file of codes.
pub(crate) fn is_codes(path: &str) -> bool {
    matches!(CodesFormat::from_extension(path), Some(CodesFormat::Npy | CodesFormat::Safetensors))
        && Path::new(path).is_file()
}

impl DocumentsArgs {
    /// Refuses to read both queries and texts from standard input.
    pub(crate) fn refuse_stdin_twice(&self, queries: &[String]) -> Result<()> {
        let is_stdin = |paths: &[String]| paths.iter().any(|path| path == "-");
        if is_stdin(queries) && (is_stdin(&self.documents) || is_stdin(&self.texts)) {
            return crate::cli::reading::conflict(
                "in",
                "-",
                "a file or a folder: standard input has the queries",
            );
        }
        Ok(())
    }

    pub(crate) fn open(&self, encoder: &Encoder, progress: &dyn Progress) -> Result<Documents> {
        let model = encoder.model();
        if let [path] = &self.documents[..]
            && is_codes(path)
        {
            let mut codes = Codes::open(path)?;
            let components = codes.components(encoder)?;
            self.cut.check_cut_of(&codes, !self.texts.is_empty())?;
            if self.texts.is_empty() {
                return Ok(Documents { codes, components, texts: None });
            }
            let texts = self.cut.open_for(&self.texts, &codes, model)?;
            if codes.words().is_none() {
                codes.read_words(encoder, &texts, progress)?;
            }
            return Ok(Documents { codes, components, texts: Some(texts) });
        }
        if !self.texts.is_empty() {
            return crate::cli::reading::conflict("texts", "given", "--in CODES");
        }
        let corpus = self.cut.open(&self.documents, model)?;
        let (codes, without) =
            Codes::encode_with_words(encoder, &corpus, Components::Kept, progress)?;
        tell_uncoded(codes.len() as u64 + without.len() as u64, &without, |document| {
            codes.name(document)
        })?;
        let is_stdin = self.documents.iter().any(|path| path == "-");
        Ok(Documents { codes, components: Components::Kept, texts: (!is_stdin).then_some(corpus) })
    }
}

/// Says on standard error how many documents have no code, and which.
pub(crate) fn tell_uncoded(
    n_documents: u64,
    without: &[u64],
    name: impl Fn(u64) -> String,
) -> io::Result<()> {
    if without.is_empty() {
        return Ok(());
    }
    let mut names: Vec<String> =
        without.iter().take(NAMED).map(|&document| name(document)).collect();
    if without.len() > NAMED {
        names.push("...".to_owned());
    }
    writeln!(
        io::stderr(),
        "{} of {} documents hold no word that the model knows and have no code: {}",
        output::count(without.len() as u64),
        output::count(n_documents),
        names.join(", ")
    )
}

/// A document as an answer in JSON.
#[derive(Serialize)]
struct Answer<'a> {
    document: u64,
    name: String,
    score: Decimals<6>,
    similarity: Option<Cosine>,
    found_by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

impl Documents {
    /// The beginnings of all documents with a code, as far as the texts are at hand.
    pub(crate) fn texts(&self, length: usize) -> Result<BTreeMap<u64, String>> {
        match &self.texts {
            Some(corpus) => Ok(snippets(
                corpus,
                &self.codes.documents().iter().copied().collect(),
                Relevance::default(),
                length,
            )?),
            None => Ok(BTreeMap::new()),
        }
    }
}

/// Prints documents as the answers to queries.
pub(crate) struct DocumentAnswers {
    format: OutputFormat,
    table: Table<7>,
    is_first: bool,
}

impl DocumentAnswers {
    pub(crate) fn new(format: FormatArg) -> Self {
        let columns = ["query", "document", "name", "score", "similarity", "found_by", "text"];
        Self { format: format.resolve(), table: format.table_of_answers(columns), is_first: true }
    }

    /// Prints the answers to one of several queries, and sends them off: whoever asks one question
    /// after another on standard input waits for each.
    pub(crate) fn put(
        &mut self,
        output: &mut impl Write,
        documents: &Documents,
        query: &str,
        found: &SearchAnswers,
        nearness: Option<&dyn Fn(&str) -> f64>,
    ) -> Result<()> {
        let is_first = std::mem::take(&mut self.is_first);
        let numbers: BTreeSet<u64> = found.documents.iter().map(|it| it.document).collect();
        let texts = match &documents.texts {
            Some(corpus) => snippets(
                corpus,
                &numbers,
                Relevance { words: Some(&found.word_weights), nearness },
                SNIPPET,
            )?,
            None => BTreeMap::new(),
        };
        let text = |it: &SearchAnswer| texts.get(&it.document).map(String::as_str);
        let name = |it: &SearchAnswer| documents.codes.name_of_row(it.row);
        match self.format {
            OutputFormat::Json => {
                let answer = |it: &SearchAnswer| Answer {
                    document: it.document,
                    name: name(it),
                    score: Decimals(it.score),
                    similarity: it.similarity.map(Cosine::from),
                    found_by: it.found_by.name(),
                    text: texts.get(&it.document).map(String::as_str),
                };
                output::json_line(output, &found.documents.iter().map(answer).collect::<Vec<_>>())?;
            }
            OutputFormat::Tsv => {
                for it in &found.documents {
                    let (score, similarity) =
                        (Decimals::<6>(it.score), OrEmpty(it.similarity.map(Cosine::from)));
                    self.table.row(
                        output,
                        [
                            &query,
                            &it.document,
                            &name(it),
                            &score,
                            &similarity,
                            &it.found_by.name(),
                            &OrEmpty(text(it)),
                        ],
                    )?;
                }
            }
            OutputFormat::Text => {
                writeln!(output, "{}{query}", if is_first { "" } else { "\n" })?;
                let names: Vec<String> = found.documents.iter().map(name).collect();
                let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
                for (it, name) in found.documents.iter().zip(&names) {
                    let text = text(it).unwrap_or_default();
                    writeln!(
                        output,
                        "  {:.3}  {:<7}  {name:<width$}  {text}",
                        it.score,
                        it.found_by.name()
                    )?;
                }
            }
        }
        Ok(output.flush()?)
    }
}

/// A query that holds no known word is an error that names it.
pub(crate) fn unknown(query: &str) -> Error {
    Error::NothingFound {
        query: query.to_owned(),
        reason: "the model knows none of its words".to_owned(),
    }
}

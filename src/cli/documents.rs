//! What the commands about documents share: texts without a tokenizer of their own, codes from a file or made on the spot, and documents as answers.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

use anyhow::Result;
use eigenlex::encode::{Codes, CodesFormat, Components, Encoder, FoundDocument, snippets};
use eigenlex::{Corpus, Error, Progress};
use serde::Serialize;

use super::output::{self, OutputFormat};
use super::reading::{BadUtf8Name, UnitName, open_corpus};

/// Characters of a snippet.
const SNIPPET: usize = 160;

/// Numbers of documents without a code that are told.
const TOLD: usize = 10;

/// How texts are cut into documents; how documents are cut into tokens is the model's.
#[derive(Debug, clap::Args)]
pub(super) struct CutArgs {
    /// What counts as a document [default: line for a single file or standard input, else file]
    #[arg(long, value_enum, value_name = "UNIT", help_heading = "Reading")]
    document: Option<UnitName>,
    /// What happens to bytes that are not UTF-8
    #[arg(long, value_enum, default_value_t = BadUtf8Name::Error, value_name = "ACTION", help_heading = "Reading")]
    on_bad_utf8: BadUtf8Name,
}

impl CutArgs {
    pub(super) fn open(&self, paths: &[String]) -> Result<Corpus> {
        open_corpus(paths, self.document, self.on_bad_utf8)
    }
}

/// Where the documents are that are searched.
#[derive(Debug, clap::Args)]
pub(super) struct DocumentsArgs {
    /// Codes that `encode` wrote (.npy or .safetensors), or texts, which are encoded first: files, folders, patterns
    #[arg(long = "in", required = true, num_args = 1.., value_name = "CODES|TEXTS")]
    documents: Vec<String>,
    /// With codes: the texts that they were made from, in the same order, to show some words of each document
    #[arg(long, num_args = 1.., value_name = "TEXTS")]
    texts: Vec<String>,
    #[command(flatten)]
    cut: CutArgs,
}

/// Documents with their codes, and with their texts if these are at hand.
pub(super) struct Documents {
    pub(super) codes: Codes,
    pub(super) components: Components,
    texts: Option<Corpus>,
}

/// Whether a path is taken for a file of codes.
pub(super) fn is_codes(path: &str) -> bool {
    matches!(CodesFormat::from_extension(path), Some(CodesFormat::Npy | CodesFormat::Safetensors)) && Path::new(path).is_file()
}

impl DocumentsArgs {
    pub(super) fn open(&self, encoder: &Encoder, progress: &dyn Progress) -> Result<Documents> {
        if let [path] = &self.documents[..]
            && is_codes(path)
        {
            let codes = Codes::open(path)?;
            let components = codes.components(encoder)?;
            let texts = if self.texts.is_empty() { None } else { Some(self.cut.open(&self.texts)?) };
            return Ok(Documents { codes, components, texts });
        }
        if !self.texts.is_empty() {
            return super::reading::conflict("texts", "given", "--in CODES");
        }
        let corpus = self.cut.open(&self.documents)?;
        let (codes, without) = Codes::encode(encoder, &corpus, Components::Kept, progress)?;
        tell_uncoded(codes.len() as u64 + without.len() as u64, &without)?;
        let is_stdin = self.documents.iter().any(|path| path == "-");
        Ok(Documents { codes, components: Components::Kept, texts: (!is_stdin).then_some(corpus) })
    }
}

/// Says on standard error how many documents have no code, and which.
pub(super) fn tell_uncoded(n_documents: u64, without: &[u64]) -> io::Result<()> {
    if without.is_empty() {
        return Ok(());
    }
    let mut numbers: Vec<String> = without.iter().take(TOLD).map(u64::to_string).collect();
    if without.len() > TOLD {
        numbers.push("...".to_owned());
    }
    writeln!(
        io::stderr(),
        "{} of {} documents hold no word that the model knows and have no code: {}",
        output::count(without.len() as u64),
        output::count(n_documents),
        numbers.join(", ")
    )
}

/// A document as an answer.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    found: &'a FoundDocument,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

impl Documents {
    /// The beginnings of all documents with a code, as far as the texts are at hand.
    pub(super) fn texts(&self, length: usize) -> Result<BTreeMap<u64, String>> {
        match &self.texts {
            Some(corpus) => Ok(snippets(corpus, &self.codes.documents().iter().copied().collect(), &BTreeSet::new(), length)?),
            None => Ok(BTreeMap::new()),
        }
    }

    /// Prints the answers to one of several queries; `words` are looked for in their texts.
    pub(super) fn print(
        &self,
        output: &mut impl Write,
        format: OutputFormat,
        query: &str,
        found: &[FoundDocument],
        words: &BTreeSet<String>,
        first: bool,
    ) -> Result<()> {
        let numbers = found.iter().map(|it| it.document).collect();
        let texts = match &self.texts {
            Some(corpus) => snippets(corpus, &numbers, words, SNIPPET)?,
            None => BTreeMap::new(),
        };
        let text = |it: &FoundDocument| texts.get(&it.document).map(String::as_str);
        match format {
            OutputFormat::Json => {
                let answers: Vec<Answer> = found.iter().map(|found| Answer { found, text: text(found) }).collect();
                output::json_line(output, &answers)?;
            }
            OutputFormat::Tsv => {
                if !first {
                    writeln!(output)?;
                }
                for it in found {
                    write!(output, "{}\t{}", it.document, it.similarity)?;
                    match text(it) {
                        Some(text) => writeln!(output, "\t{text}")?,
                        None => writeln!(output)?,
                    }
                }
            }
            OutputFormat::Text => {
                writeln!(output, "{}{query}", if first { "" } else { "\n" })?;
                let width = found.iter().map(|it| it.document.to_string().len()).max().unwrap_or(0);
                for it in found {
                    writeln!(output, "  {:>width$}  {:.4}  {}", it.document, it.similarity, text(it).unwrap_or_default())?;
                }
            }
        }
        // Whoever asks one question after another on standard input waits for each answer.
        Ok(output.flush()?)
    }
}

/// A query that holds no known word is an error that names it.
pub(super) fn unknown(query: &str) -> Error {
    Error::NothingFound { query: query.to_owned(), reason: "the model knows none of its words".to_owned() }
}

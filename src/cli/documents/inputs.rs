//! The documents that a command is about: texts that the model's tokenizer reads, or codes from a
//! file.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Result;
use eigenlex::corpus::DocumentUnit;
use eigenlex::encode::{Codes, CodesFormat, Components, Encoder, Relevance, snippets};
use eigenlex::{Corpus, Error, Model, Progress};

use crate::cli::output;
use crate::cli::reading::TextArgs;
use crate::cli::refusal::{Refusal, no_effect};

/// Documents without a code that are named.
const NAMED: usize = 10;

/// How texts are cut into documents; how documents are cut into tokens is the model's. Without
/// `--document` the texts of the model's corpus are cut as they were there.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct CutArgs {
    #[command(flatten)]
    texts: TextArgs,
}

impl CutArgs {
    /// The texts, cut as the corpus of the model was if they are that corpus, by the sizes of its
    /// files.
    pub(crate) fn open(&self, paths: &[String], model: &Model) -> Result<Corpus> {
        let corpus = self.texts.open(paths)?;
        let of_model = &model.provenance.corpus.sources;
        let is_corpus = corpus
            .sources()
            .iter()
            .map(|source| source.bytes())
            .eq(of_model.iter().map(|source| Some(source.bytes)));
        if !is_corpus {
            return Ok(corpus);
        }
        self.texts.open_as(paths, model.provenance.corpus_options())
    }

    /// Refuses another cut than that of the codes.
    fn check_cut_of(&self, codes: &Codes, with_texts: bool) -> Result<()> {
        match (self.texts.document, &codes.origin().documents) {
            (Some(unit), Some(documents)) if unit.unit() != documents.unit() => {
                let (found, expected) = (unit.unit(), documents.unit());
                let of = |unit: DocumentUnit| format!("a document for each {unit}");
                Err(Error::OtherTexts { found: of(found), expected: of(expected) }.into())
            }
            (Some(_), None) if !with_texts => no_effect(
                "--document",
                "the codes do not say how their texts were cut",
                "add the texts with `--texts`",
            ),
            _ => Ok(()),
        }
    }

    /// The texts that codes were made from, cut as they were.
    fn open_for(&self, paths: &[String], codes: &Codes, model: &Model) -> Result<Corpus> {
        let corpus = self.open(paths, model)?;
        let unit: Option<DocumentUnit> =
            codes.origin().documents.as_ref().map(|documents| documents.unit());
        let corpus = if self.texts.document.is_none() {
            unit.map_or(corpus.clone(), |unit| corpus.with_unit(unit))
        } else {
            corpus
        };
        codes.check_texts(&corpus)?;
        Ok(corpus)
    }
}

/// Where the searched documents are.
#[derive(Debug, clap::Args)]
pub(crate) struct DocumentsArgs {
    /// Documents: texts, or a file of codes that `encode` wrote (.npy or .safetensors)
    ///
    /// Texts are files, folders or quoted patterns; they are encoded first, which takes longer.
    #[arg(long = "in", required = true, num_args = 1.., value_name = "TEXTS")]
    documents: Vec<String>,
    /// With codes: the texts that they were made from, to show some words of each document
    #[arg(long, num_args = 1.., value_name = "TEXTS")]
    texts: Vec<String>,
    #[command(flatten)]
    cut: CutArgs,
}

/// The same where a command can do without documents.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct MaybeDocumentsArgs {
    /// Documents: texts, or a file of codes that `encode` wrote (.npy or .safetensors)
    ///
    /// Texts are files, folders or quoted patterns; they are encoded first, which takes longer.
    #[arg(long = "in", num_args = 1.., value_name = "TEXTS")]
    documents: Vec<String>,
    /// With codes: the texts that they were made from, to show some words of each document
    #[arg(long, num_args = 1.., value_name = "TEXTS", requires = "documents")]
    texts: Vec<String>,
    #[command(flatten)]
    cut: CutArgs,
}

impl MaybeDocumentsArgs {
    /// The documents, if there are some.
    pub(crate) fn given(self) -> Option<DocumentsArgs> {
        let Self { documents, texts, cut } = self;
        (!documents.is_empty()).then_some(DocumentsArgs { documents, texts, cut })
    }
}

/// Documents with their codes, and with their texts if these are at hand.
pub(crate) struct Documents {
    pub(crate) codes: Codes,
    pub(crate) components: Components,
    pub(crate) texts: Option<Corpus>,
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
            return Err(Refusal::new(
                "both the queries and the documents are to be read from standard input",
                "give `--in` a file or a folder",
            )
            .into());
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
            let reason = "`--in` has texts already, not codes";
            return no_effect("--texts", reason, "give `--in` a file of codes");
        }
        let corpus = self.cut.open(&self.documents, model)?;
        let (codes, without) =
            Codes::encode_with_words(encoder, &corpus, Components::Kept, progress)?;
        report_uncoded(codes.len() as u64 + without.len() as u64, &without, |document| {
            codes.name(document)
        })?;
        let is_stdin = self.documents.iter().any(|path| path == "-");
        Ok(Documents { codes, components: Components::Kept, texts: (!is_stdin).then_some(corpus) })
    }

    /// The same for a command that needs a code to begin with.
    pub(crate) fn open_some(
        &self,
        encoder: &Encoder,
        progress: &dyn Progress,
    ) -> Result<Documents> {
        let documents = self.open(encoder, progress)?;
        if documents.codes.is_empty() {
            let reason = "no document has a word that the model knows".to_owned();
            return Err(Error::NothingFound { query: self.documents.join(" "), reason }.into());
        }
        Ok(documents)
    }
}

/// Reports on standard error how many documents have no code, and which.
pub(crate) fn report_uncoded(
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
        "{} of {} documents have no word that the model knows, and so no code: {}",
        output::count(without.len() as u64),
        output::count(n_documents),
        names.join(", ")
    )
}

impl Documents {
    /// The beginnings of all documents with a code, if the texts are at hand.
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

/// The error of a query without a known word.
pub(crate) fn unknown(query: &str) -> Error {
    Error::NothingFound {
        query: query.to_owned(),
        reason: "the model knows none of its words".to_owned(),
    }
}

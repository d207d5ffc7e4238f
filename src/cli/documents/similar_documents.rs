//! `eigenlex similar-documents`: the documents that are like a document.

use std::path::PathBuf;

use anyhow::Result;
use eigenlex::Model;
use eigenlex::encode::{Encoder, Query, SearchAnswers, search};

use super::answers::DocumentAnswers;
use super::inputs::DocumentsArgs;
use crate::cli::output;
use crate::cli::output::FormatArg;
use crate::cli::output::bars::Bars;
use crate::cli::queries::OnUnknownArg;

const AFTER_HELP: &str = "\
Examples:
  Novels similar to a novel:
    eigenlex similar-documents model emma.txt --in novels/
  Lines similar to line 17, and to document number 42:
    eigenlex similar-documents model news.txt:17 42 --in codes.safetensors";

/// Find documents similar to a given document
///
/// By its words and by its meaning, as `search` does; the output is the same.
#[derive(Debug, clap::Args)]
#[command(
    after_help = AFTER_HELP,
    override_usage = "eigenlex similar-documents [OPTIONS] --in <TEXTS> <MODEL> <DOCUMENT>...",
)]
pub(crate) struct Args {
    /// Model
    model: PathBuf,
    /// Documents of --in: FILE, or FILE:N for line, paragraph or sentence N, or a number from 1;
    /// `-` reads one per line from standard input
    #[arg(required = true, value_name = "DOCUMENT")]
    names: Vec<String>,
    /// Number of answers for each document
    #[arg(
        short = 'k',
        long,
        default_value_t = 10,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    top: u32,
    #[command(flatten)]
    on_unknown: OnUnknownArg,
    #[command(flatten)]
    documents: DocumentsArgs,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    args.documents.refuse_stdin_twice(&args.names)?;
    let model = Model::open(&args.model)?;
    let encoder = Encoder::new(&model)?;
    let documents = args.documents.open(&encoder, bars)?;
    let mut output = output::stdout();
    let mut answers = DocumentAnswers::new(args.format);
    let codes = &documents.codes;
    args.on_unknown.answer_each(&args.names, args.format, bars, |name| {
        let row = codes.find(name)?;
        let number = codes.documents()[row];
        let words = codes
            .words()
            .into_iter()
            .flat_map(|words| words.row(row))
            .map(|(word, count)| (word.to_owned(), count))
            .collect();
        let query = Query { words, code: Some(codes.code(row)) };
        let found = search(codes, &query, args.top as usize, |other| other == number)?;
        // A snippet is chosen by the words of a query; those of a whole document choose none, so
        // the beginning is shown.
        let found = SearchAnswers { word_weights: Default::default(), ..found };
        answers.put(&mut output, &documents, &codes.name_of_row(row), &found, None)
    })
}

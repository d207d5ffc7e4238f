//! `eigenlex similar-documents`: the documents that are like a document.

use std::path::PathBuf;

use anyhow::Result;
use eigenlex::Model;
use eigenlex::encode::{Encoder, Query, SearchAnswers, search};

use super::{DocumentAnswers, DocumentsArgs};
use crate::cli::output;
use crate::cli::output::FormatArg;
use crate::cli::output::bars::Bars;
use crate::cli::words::queries::OnUnknownArg;

const AFTER_HELP: &str = "\
Examples:
  eigenlex similar-documents model emma.txt --in novels/
  eigenlex similar-documents model news.txt:17 42 --in codes.safetensors --texts news.txt";

/// Find the documents that are like a document, by its words and by its meaning, as `search` does.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// A model
    model: PathBuf,
    /// Documents: a file, FILE:N for the N-th line, paragraph or sentence of it, or a number, from
    /// 1; `-` reads one a line from standard input
    #[arg(required = true, value_name = "DOCUMENT")]
    names: Vec<String>,
    /// Answers to print
    #[arg(short = 'k', long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
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
        // The words of a whole document are no place to look for in another: its beginning tells
        // more.
        let found = SearchAnswers { word_weights: Default::default(), ..found };
        answers.put(&mut output, &documents, &codes.name_of_row(row), &found, None)
    })
}

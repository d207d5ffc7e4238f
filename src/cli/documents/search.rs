//! `eigenlex search`: the documents that a query is about.

use std::path::PathBuf;

use anyhow::Result;
use eigenlex::Model;
use eigenlex::encode::{Encoder, Query, search};

use super::{DocumentAnswers, DocumentsArgs};
use crate::cli::output;
use crate::cli::output::FormatArg;
use crate::cli::output::bars::Bars;
use crate::cli::words::queries::OnUnknownArg;

const AFTER_HELP: &str = "\
Examples:
  eigenlex search model 'a journey to the moon' --in texts.txt
  eigenlex search model - --in codes.safetensors --texts texts.txt < queries.txt";

/// Find the documents that a query is about, by its words and by its meaning.
///
/// Words find documents that hold those of the query (BM25); meaning finds documents whose code
/// points the way of the query's code, even where they hold none of the words. Both are added up:
/// score = cosine + 2 b + c^4, where b is the share of the greatest BM25 score, and c is the share
/// of the query's words, rare ones weighing more, that stand in the document; documents that hold
/// all words of a long query are put in order by words alone. Prints the score of each document,
/// which of the two found it (it is among the best 20 by words alone, by meaning alone, or by both;
/// `both` too where it is so high only by the sum), its name (its file, or FILE:N for the N-th
/// line, paragraph or sentence), and some words of it where the texts are at hand. Codes in .npy
/// know no words: give the texts with them.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// A model
    model: PathBuf,
    /// Queries, any text; `-` reads one a line from standard input
    #[arg(required = true, value_name = "QUERY")]
    queries: Vec<String>,
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
    args.documents.refuse_stdin_twice(&args.queries)?;
    let model = Model::open(&args.model)?;
    let encoder = Encoder::new(&model)?;
    let documents = args.documents.open(&encoder, bars)?;
    let mut output = output::stdout();
    let mut answers = DocumentAnswers::new(args.format);
    args.on_unknown.answer_each(&args.queries, args.format, bars, |text| {
        let weighted = encoder.weigh_text(text)?;
        let z = encoder.encode(&weighted);
        let code = (!weighted.words.is_empty()).then(|| encoder.part(&z, documents.components));
        let query = Query { words: encoder.words_of(text)?, code };
        let found = search(&documents.codes, &query, args.top as usize, |_| false)?;
        let near: Option<Vec<f64>> = code.map(|_| encoder.nearness(&z));
        let nearness = near
            .as_ref()
            .map(|near| |word: &str| model.vectors.id(word).map_or(0.0, |id| near[id.index()]));
        answers.put(
            &mut output,
            &documents,
            text,
            &found,
            nearness.as_ref().map(|nearness| nearness as &dyn Fn(&str) -> f64),
        )
    })
}

//! `eigenlex search`: the documents that a query is about.

use std::path::PathBuf;

use anyhow::Result;
use eigenlex::Model;
use eigenlex::encode::{Query, search};

use super::answers::DocumentAnswers;
use super::inputs::DocumentsArgs;
use crate::cli::output;
use crate::cli::output::FormatArg;
use crate::cli::output::bars::Bars;
use crate::cli::queries::{OnUnknownArg, UnknownArg, encoder_for, tell_guesses};

const AFTER_HELP: &str = "\
Score:
  score = cosine + 2 b + c^4, where the cosine is of the codes of query and
  document, b is the BM25 score as a share of the best one, and c is the share of
  the query's words that occur in the document, rare words counting more.
  Documents with all words of a long query are ordered by words alone.

Examples:
  One query:
    eigenlex search model 'a journey to the moon' --in texts.txt
  Many queries, on documents encoded once:
    eigenlex encode model texts.txt -o codes.safetensors
    eigenlex search model - --in codes.safetensors < queries.txt";

/// Find the documents that a query is about
///
/// Documents are found by words (BM25) and by meaning (the cosine of their codes), so they can
/// match without sharing a word with the query. Prints the score of each document, how it was found
/// (`words`, `meaning` or `both`: by which it is among the best 20), its name (FILE, or FILE:N for
/// line, paragraph or sentence N), and some of its text.
///
/// Codes in .npy have no words: add the texts with --texts.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Model
    model: PathBuf,
    /// Queries, any text; `-` reads one per line from standard input
    #[arg(required = true, value_name = "QUERY")]
    queries: Vec<String>,
    /// Number of answers for each query
    #[arg(
        short = 'k',
        long,
        default_value_t = 10,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    top: u32,
    #[command(flatten)]
    unknown: UnknownArg,
    #[command(flatten)]
    documents: DocumentsArgs,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    args.documents.refuse_stdin_twice(&args.queries)?;
    let model = Model::open(&args.model)?;
    let encoder = encoder_for(&model, args.unknown)?;
    let documents = args.documents.open(&encoder, bars)?;
    let mut output = output::stdout();
    let mut answers = DocumentAnswers::new(args.format);
    OnUnknownArg::from(args.unknown).answer_each(&args.queries, args.format, bars, |text| {
        tell_guesses(&encoder, text, bars)?;
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

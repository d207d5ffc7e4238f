//! `eigenlex search`: the documents that a query is about.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::Model;
use eigenlex::encode::{Encoder, nearest_codes};

use super::bars::Bars;
use super::documents::{DocumentsArgs, unknown};
use super::output::{self, FormatArg};
use super::queries::for_each_query;

const AFTER_HELP: &str = "\
Examples:
  eigenlex search model 'a journey to the moon' --in texts.txt
  eigenlex search model - --in codes.npy --texts texts.txt < queries.txt";

/// Find the documents that a query is about, by the cosine of their codes.
///
/// The query is encoded like a document; a document found need not hold any of its words. Prints the number of each document, from 1, its cosine, and
/// some words of it where the texts are at hand.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// A model
    model: PathBuf,
    /// Queries, any text; `-` reads one a line from standard input
    #[arg(required = true, value_name = "QUERY")]
    queries: Vec<String>,
    /// Answers to print
    #[arg(short = 'k', long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
    #[command(flatten)]
    documents: DocumentsArgs,
    #[command(flatten)]
    format: FormatArg,
}

pub(super) fn run(args: Args, bars: &Bars) -> Result<()> {
    let model = Model::open(&args.model)?;
    let encoder = Encoder::new(&model)?;
    let documents = args.documents.open(&encoder, bars)?;
    let (mut output, mut first) = (output::stdout(), true);
    for_each_query(&args.queries, |query| {
        let weighted = encoder.weigh_text(query)?;
        if weighted.words.is_empty() {
            return Err(unknown(query).into());
        }
        let z = encoder.encode(&weighted);
        let found = nearest_codes(&documents.codes, encoder.part(&z, documents.components), args.top as usize, |_| false)?;
        let words: BTreeSet<String> = weighted.words.iter().map(|&id| model.vectors.words().spelling(id).to_lowercase()).collect();
        documents.print(&mut output, args.format.resolve(), query, &found, &words, std::mem::take(&mut first))
    })
}

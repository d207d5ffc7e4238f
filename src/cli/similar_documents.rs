//! `eigenlex similar-documents`: the documents that are like a document.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::encode::{Encoder, nearest_codes};
use eigenlex::{Error, Model};

use super::bars::Bars;
use super::documents::DocumentsArgs;
use super::output::{self, FormatArg};
use super::queries::for_each_query;

/// Find the documents that are like a document, by the cosine of their codes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A model
    model: PathBuf,
    /// Numbers of documents, from 1; `-` reads one a line from standard input
    #[arg(required = true, value_name = "NUMBER")]
    numbers: Vec<String>,
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
    for_each_query(&args.numbers, |text| {
        let number = match text.parse::<u64>() {
            Ok(number) if number > 0 => number,
            _ => {
                let expected = "the number of a document, from 1".to_owned();
                return Err(Error::Parameter { name: "number", found: format!("`{text}`"), expected }.into());
            }
        };
        let Some(row) = documents.codes.row_of(number) else {
            let reason = "there is no document of this number, or it holds no word that the model knows".to_owned();
            return Err(Error::NothingFound { query: format!("document {number}"), reason }.into());
        };
        let found = nearest_codes(&documents.codes, documents.codes.code(row), args.top as usize, |other| other == number)?;
        let query = format!("document {number}");
        documents.print(&mut output, args.format.resolve(), &query, &found, &BTreeSet::new(), std::mem::take(&mut first))
    })
}

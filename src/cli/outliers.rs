//! `eigenlex outliers`: the documents that a model explains worst.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::Model;
use eigenlex::encode::{DocumentLoss, Encoder, Outliers, document_losses, snippets};
use serde::Serialize;

use super::bars::Bars;
use super::documents::CutArgs;
use super::output::{self, FormatArg, OutputFormat};

/// Find the documents that the model explains worst, by the share of |x|^2 that their reconstruction loses.
///
/// With a network of multinomial loss it is the share of what the words' frequencies in the corpus lose: sum n ln(n / (N p)) by the code over the same by them.
///
/// Text in another language, tables, addresses, signatures and other odd ends come first. With --all the loss of every document is printed,
/// in their order.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A model
    model: PathBuf,
    /// Files, folders, patterns, or `-` for standard input; plain or compressed
    #[arg(required = true, value_name = "TEXTS")]
    texts: Vec<String>,
    /// Documents to print
    #[arg(short = 'k', long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
    /// Only documents with so many different known words
    #[arg(long, default_value_t = 10, value_name = "N")]
    min_words: u32,
    /// The loss of every document instead
    #[arg(long, conflicts_with_all = ["top", "min_words"])]
    all: bool,
    #[command(flatten)]
    cut: CutArgs,
    #[command(flatten)]
    format: FormatArg,
}

/// Characters of a document that are shown.
const SNIPPET: usize = 120;

/// A document in JSON.
#[derive(Serialize)]
struct Row<'a> {
    document: u64,
    n_words: usize,
    /// The loss without a code: |x|^2.
    without_code: f64,
    loss: f64,
    /// `loss / without_code`.
    share: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

impl<'a> Row<'a> {
    fn of(it: &DocumentLoss, text: Option<&'a str>) -> Self {
        let DocumentLoss { document, n_words, without_code, loss, .. } = *it;
        Self { document, n_words, without_code, loss, share: it.share(), text }
    }
}

pub(super) fn run(args: Args, bars: &Bars) -> Result<()> {
    let model = Model::open(&args.model)?;
    let encoder = Encoder::new(&model)?;
    let corpus = args.cut.open(&args.texts)?;
    let format = args.format.resolve();
    let mut output = output::stdout();
    if args.all {
        let mut rows = Vec::new();
        document_losses(&encoder, &corpus, bars, |loss| {
            rows.push(loss);
            Ok(())
        })?;
        for it in &rows {
            match format {
                OutputFormat::Json => output::json_line(&mut output, &Row::of(it, None))?,
                OutputFormat::Tsv => writeln!(output, "{}\t{}\t{}\t{}", it.document, it.n_words, it.loss, it.share())?,
                OutputFormat::Text => {
                    writeln!(output, "{:>9}  {:>5} words  {:>6.1} % lost", it.document, it.n_words, 100.0 * it.share())?;
                }
            }
        }
        return Ok(output.flush()?);
    }
    let found = Outliers::find(&encoder, &corpus, args.top as usize, args.min_words as usize, bars)?;
    let numbers = found.documents.iter().map(|it| it.document).collect();
    let is_stdin = args.texts.iter().any(|path| path == "-");
    let texts = if is_stdin { BTreeMap::new() } else { snippets(&corpus, &numbers, &BTreeSet::new(), SNIPPET)? };
    let rows: Vec<Row> = found.documents.iter().map(|it| Row::of(it, texts.get(&it.document).map(String::as_str))).collect();
    match format {
        OutputFormat::Json => output::json_line(&mut output, &rows)?,
        OutputFormat::Tsv => {
            for it in &rows {
                let text = it.text.unwrap_or_default();
                writeln!(output, "{}\t{}\t{}\t{}\t{text}", it.document, it.n_words, it.loss, it.share)?;
            }
        }
        OutputFormat::Text => {
            let (considered, all) = (output::count(found.n_considered), output::count(found.n_documents));
            let share = 100.0 * found.share;
            writeln!(
                output,
                "{considered} of {all} documents with at least {} words; of all of them {share:.1} % is lost",
                args.min_words
            )?;
            for it in &rows {
                writeln!(output, "{:>9}  {:>6.1} %  {}", it.document, 100.0 * it.share, it.text.unwrap_or_default())?;
            }
        }
    }
    Ok(output.flush()?)
}

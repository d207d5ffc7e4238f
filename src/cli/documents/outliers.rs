//! `eigenlex outliers`: the documents that a model explains worst.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::corpus::DocumentNames;
use eigenlex::encode::{DocumentLoss, Encoder, Outliers, Relevance, document_losses, snippets};
use eigenlex::{Error, Model};
use serde::Serialize;

use super::inputs::CutArgs;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{Decimals, Digits, FormatArg, OrEmpty, OutputFormat};

const AFTER_HELP: &str = "\
Examples:
  The ten strangest lines:
    eigenlex outliers model texts.txt
  The loss of every document, for your own threshold:
    eigenlex outliers model texts.txt --all > losses.tsv";

/// Find the documents that a model explains worst
///
/// Text in another language, tables, addresses and signatures usually come first. The loss is the
/// share of |x|^2 that the reconstruction of a document from its code loses, from 0 to 1. With a
/// network of multinomial loss, it is the log-likelihood loss relative to word frequencies alone.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Model
    model: PathBuf,
    /// Files, folders, quoted patterns, or `-` for standard input; plain or compressed
    #[arg(required = true, value_name = "TEXTS")]
    texts: Vec<String>,
    /// Number of documents
    #[arg(
        short = 'k',
        long,
        default_value_t = 10,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    top: u32,
    /// Consider only documents with at least N different known words
    #[arg(long, default_value_t = 10, value_name = "N")]
    min_words: u32,
    /// Print the loss of every document, in their order
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
    name: String,
    n_words: usize,
    /// The loss without a code: |x|^2.
    without_code: Digits<6>,
    loss: Digits<6>,
    /// `loss / without_code`.
    share: Decimals<4>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

impl<'a> Row<'a> {
    fn of(it: &DocumentLoss, names: &DocumentNames, text: Option<&'a str>) -> Self {
        let DocumentLoss { document, n_words, without_code, loss, .. } = *it;
        let name = names.name(document).unwrap_or_else(|| document.to_string());
        Self {
            document,
            name,
            n_words,
            without_code: Digits(without_code),
            loss: Digits(loss),
            share: Decimals(it.share()),
            text,
        }
    }
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let model = Model::open(&args.model)?;
    let encoder = Encoder::new(&model)?;
    let corpus = args.cut.open(&args.texts, &model)?;
    let mut output = output::stdout();
    if args.all {
        let mut losses = Vec::new();
        let names = document_losses(&encoder, &corpus, bars, |loss| {
            losses.push(loss);
            Ok(())
        })?;
        let rows: Vec<Row> = losses.iter().map(|it| Row::of(it, &names, None)).collect();
        print(&rows, args.format, &mut output)?;
        return Ok(output.flush()?);
    }
    let found =
        Outliers::find(&encoder, &corpus, args.top as usize, args.min_words as usize, bars)?;
    if found.n_considered == 0 {
        let query = format!("{} documents", found.n_documents);
        let reason = format!(
            "none has {} different words that the model knows; lower --min-words",
            args.min_words
        );
        return Err(Error::NothingFound { query, reason }.into());
    }
    let numbers = found.documents.iter().map(|it| it.document).collect();
    let is_stdin = args.texts.iter().any(|path| path == "-");
    let texts = if is_stdin {
        BTreeMap::new()
    } else {
        snippets(&corpus, &numbers, Relevance::default(), SNIPPET)?
    };
    let row =
        |it: &DocumentLoss| Row::of(it, &found.names, texts.get(&it.document).map(String::as_str));
    let rows: Vec<Row> = found.documents.iter().map(row).collect();
    match args.format.resolve() {
        OutputFormat::Json => output::json_line(&mut output, &rows)?,
        OutputFormat::Tsv => print(&rows, args.format, &mut output)?,
        OutputFormat::Text => {
            let (considered, all) =
                (output::count(found.n_considered), output::count(found.n_documents));
            let share = 100.0 * found.share;
            writeln!(
                output,
                "{considered} of {all} documents have at least {} different words; the loss of all \
                 together is {share:.1} %",
                args.min_words
            )?;
            print(&rows, args.format, &mut output)?;
        }
    }
    Ok(output.flush()?)
}

/// One document per line, in JSON too.
fn print(rows: &[Row], format: FormatArg, output: &mut impl Write) -> io::Result<()> {
    let table = format.table(output, ["document", "name", "n_words", "loss", "share", "text"])?;
    let width = rows.iter().map(|it| it.name.chars().count()).max().unwrap_or(0);
    for it in rows {
        match format.resolve() {
            OutputFormat::Json => output::json_line(output, it)?,
            OutputFormat::Tsv => table.row(
                output,
                [&it.document, &it.name, &it.n_words, &it.loss, &it.share, &OrEmpty(it.text)],
            )?,
            OutputFormat::Text => {
                let text = output::shown(it.text.unwrap_or_default());
                writeln!(
                    output,
                    "  {:>5.1} % lost  {:>5} words  {:<width$}  {text}",
                    100.0 * it.share.0,
                    it.n_words,
                    output::shown(&it.name)
                )?;
            }
        }
    }
    Ok(())
}

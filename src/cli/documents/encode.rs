//! `eigenlex encode`: documents as their codes.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::Model;
use eigenlex::encode::{CodesFormat, CodesOptions, Components, Encoder, encode_to_file};

use super::inputs::{CutArgs, report_uncoded};
use crate::cli::global::Global;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::refusal::Refusal;

const AFTER_HELP: &str = "\
Examples:
  For NumPy; codes.documents.tsv names the document of each row:
    eigenlex encode model texts.txt -o codes.npy
  For `search`, `cluster` and the other commands about documents:
    eigenlex encode model texts/ -o codes.safetensors
  One line of JSON for each document, from standard input:
    zstdcat new.zst | eigenlex encode model - -o new.jsonl";

/// Turn documents into vectors (codes)
///
/// A document is tokenized and weighted as in the corpus of the model, which gives a vector x of
/// word weights. Its code is z = x^T V, where V has the right singular vectors: a document of the
/// corpus gets its row of U S. With a network as encoder, z is the network's output (the mean, for
/// a variational one). --sigma-exponent of the model does not matter here.
///
/// Documents without a known word have no code: they are skipped (`null` in .jsonl) and reported.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Model
    model: PathBuf,
    /// Files, folders, quoted patterns, or `-` for standard input; plain or compressed
    #[arg(required = true, value_name = "TEXTS")]
    texts: Vec<String>,
    /// File to write: .npy, .safetensors or .jsonl
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the output if it exists
    #[arg(long)]
    force: bool,
    /// Include the components that the model drops, as the first values of each code
    #[arg(long)]
    all_components: bool,
    /// Cut documents into passages of N tokens, each with its own code [default: whole documents,
    /// even if the model was made from passages]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    document_tokens: Option<u32>,
    /// What to do about words that are not in the vocabulary
    #[arg(long, value_enum, default_value_t = UnknownWords::Skip, value_name = "ACTION")]
    unknown: UnknownWords,
    #[command(flatten)]
    cut: CutArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum UnknownWords {
    /// Leave them out
    Skip,
    /// Count each as the known word nearest to what its letters predict; takes some milliseconds
    /// for each distinct word
    Spelling,
}

pub(crate) fn run(args: Args, global: &Global, bars: &Bars) -> Result<()> {
    let Some(format) = CodesFormat::from_extension(&args.output) else {
        return Err(Refusal::new(
            format!("the name `{}` does not say which format to write", args.output.display()),
            "end it in .npy, .safetensors or .jsonl",
        )
        .into());
    };
    let model = Model::open(&args.model)?;
    let encoder = match args.unknown {
        UnknownWords::Skip => Encoder::new(&model)?,
        UnknownWords::Spelling => Encoder::new(&model)?.guessing_unknown_words()?,
    };
    let components = if args.all_components { Components::All } else { Components::Kept };
    let corpus = args.cut.open(&args.texts, &model)?;
    let dim = if args.all_components { encoder.rank() } else { model.provenance.dim };
    bars.keep_until_cleaned_up();
    bars.watch_interrupts()?;
    let mut options = CodesOptions::default();
    options.components = components;
    options.document_tokens = args.document_tokens.map(|n| n as usize);
    options.force = args.force;
    let written = encode_to_file(&encoder, &corpus, &args.output, format, options, bars)?;
    if !global.quiet {
        report_uncoded(written.n_documents, &written.without, |document| written.name(document))?;
        let (n_codes, n_documents) =
            (output::count(written.n_codes), output::count(written.n_documents));
        writeln!(io::stderr(), "{n_codes} codes of {dim} dimensions for {n_documents} documents")?;
        writeln!(io::stderr(), "digest {}", written.digest)?;
        if args.unknown == UnknownWords::Spelling {
            let n_guessed = output::count(encoder.n_guessed() as u64);
            writeln!(io::stderr(), "{n_guessed} unknown words counted as known ones, by spelling")?;
        }
    }
    Ok(())
}

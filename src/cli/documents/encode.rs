//! `eigenlex encode`: documents as their latent codes.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::encode::{CodesFormat, CodesOptions, Components, Encoder, encode_to_file};
use eigenlex::{Error, Model};

use super::{CutArgs, tell_uncoded};
use crate::cli::output::bars::Bars;
use crate::cli::{Global, output};

const AFTER_HELP: &str = "\
Examples:
  eigenlex encode model texts.txt -o codes.npy             numpy.load; codes.documents.tsv names each row's document
  eigenlex encode model texts/ -o codes.safetensors        what `search` and `similar-documents` take
  zstdcat new.zst | eigenlex encode model - -o new.jsonl   a line of JSON for each document";

/// Encode documents: the code of a document is z = x^T V, its row of U S.
///
/// The words of a document are cut, joined to phrases and weighted as in the model's corpus, with
/// the statistics of that corpus; a document of it gets its row of U S. V, not V S^p, encodes,
/// whatever -p the word vectors have; the components that the model drops are left out unless
/// --all-components is given. With windows as contexts a document is taken for one more context.
/// Documents without a known word have no code: they are left out (`null` in .jsonl) and told. With
/// a network for encoder z is what it makes of x, the mean of a variational one.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// A model
    model: PathBuf,
    /// Files, folders, patterns, or `-` for standard input; plain or compressed
    #[arg(required = true, value_name = "TEXTS")]
    texts: Vec<String>,
    /// The file to write: .npy, .safetensors or .jsonl
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the output if it exists
    #[arg(long)]
    force: bool,
    /// The components that the model drops come first in the codes
    #[arg(long)]
    all_components: bool,
    /// Cut documents into documents of N tokens, each with a code [default: they are whole, also
    /// where the corpus of the model was cut]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    document_tokens: Option<u32>,
    #[command(flatten)]
    cut: CutArgs,
}

pub(crate) fn run(args: Args, global: &Global, bars: &Bars) -> Result<()> {
    let Some(format) = CodesFormat::from_extension(&args.output) else {
        let found = format!("`{}`", args.output.display());
        return Err(Error::Parameter {
            name: "output",
            found,
            expected: "a name that ends in .npy, .safetensors or .jsonl".to_owned(),
        }
        .into());
    };
    let model = Model::open(&args.model)?;
    let encoder = Encoder::new(&model)?;
    let components = if args.all_components { Components::All } else { Components::Kept };
    let corpus = args.cut.open(&args.texts, &model)?;
    let dim = if args.all_components { encoder.rank() } else { model.provenance.dim };
    bars.keep_until_cleaned_up();
    bars.watch_interrupts()?;
    let options = CodesOptions {
        components,
        document_tokens: args.document_tokens.map(|n| n as usize),
        force: args.force,
    };
    let written = encode_to_file(&encoder, &corpus, &args.output, format, options, bars)?;
    if !global.quiet {
        tell_uncoded(written.n_documents, &written.without, |document| written.name(document))?;
        let (n_codes, n_documents) =
            (output::count(written.n_codes), output::count(written.n_documents));
        writeln!(io::stderr(), "{n_codes} codes of {dim} numbers for {n_documents} documents")?;
    }
    Ok(())
}

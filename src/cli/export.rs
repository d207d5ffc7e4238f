//! `eigenlex export`: vectors in another program's format.

use std::path::PathBuf;

use anyhow::Result;
use eigenlex::format::Format;
use eigenlex::{Error, Model, WordVectors};

/// Write the vectors of a model, or of any vector file, in another format.
///
/// word2vec (text), word2vec-binary, npy (with the words in FILE.words.txt, one a line), safetensors.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A model, or any vector file
    input: PathBuf,
    /// The file to write
    #[arg(required_unless_present = "output_option", value_name = "OUTPUT")]
    output: Option<PathBuf>,
    /// The file to write, as an option
    #[arg(short = 'o', long = "output", value_name = "OUTPUT", conflicts_with = "output")]
    output_option: Option<PathBuf>,
    /// word2vec, word2vec-binary, npy or safetensors [default: by the extension of the output: .vec and .txt, .bin, .npy, .safetensors]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Replace the output if it exists
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: Args) -> Result<()> {
    let output = args.output.or(args.output_option).expect("clap demands one of the two");
    if output.as_os_str() == "-" {
        let expected = "a file: vectors are not written to standard output".to_owned();
        return Err(Error::Parameter { name: "output", found: "`-`".to_owned(), expected }.into());
    }
    let format = args.format.or_else(|| Format::from_extension(&output)).ok_or_else(|| Error::Parameter {
        name: "format",
        found: format!("unknown from the name `{}`", output.display()),
        expected: "--format word2vec, word2vec-binary, npy or safetensors".to_owned(),
    })?;
    eigenlex::format::refuse_existing(&output, args.force)?;
    if Model::is_at(&args.input) {
        // A model of a later version is refused before its vectors are taken for what they may not be.
        Model::open_provenance(&args.input)?;
    }
    let vectors = WordVectors::open(&args.input)?;
    format.write(&vectors, &output, args.force)?;
    Ok(())
}

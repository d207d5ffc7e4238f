//! `eigenlex completions`: what a shell needs to complete commands and options.

use std::io::Write as _;

use anyhow::Result;
use clap::Command;
use clap_complete::{Shell, generate};

use crate::cli::output;

const AFTER_HELP: &str = "\
Examples:
  For bash, in new shells:
    eigenlex completions bash > ~/.local/share/bash-completion/completions/eigenlex
  For fish:
    eigenlex completions fish > ~/.config/fish/completions/eigenlex.fish
  For zsh, in a folder of fpath:
    eigenlex completions zsh > ~/.zfunc/_eigenlex";

/// Print a script that completes commands and options in a shell
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: Args, mut program: Command) -> Result<()> {
    let mut script = Vec::new();
    generate(args.shell, &mut program, "eigenlex", &mut script);
    let mut output = output::stdout();
    output.write_all(&script)?;
    Ok(output.flush()?)
}

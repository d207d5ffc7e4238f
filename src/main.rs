//! The command-line program: parse, run, tell what went wrong, exit.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}

//! The command-line program: parse, run, report what went wrong, exit.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main(std::env::args_os().collect()).into()
}

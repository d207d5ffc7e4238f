//! `eigenlex man`: the help pages as manual pages.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::Command;
use clap_mangen::Man;
use eigenlex::Error;
use eigenlex::storage::AtomicFile;

use crate::cli::output;

const AFTER_HELP: &str = "\
Examples:
  Read the page of a command:
    eigenlex man embed | man -l -
  Install all pages:
    eigenlex man --output ~/.local/share/man/man1";

/// Print a manual page, or write those of all commands
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Command, and for `plot` a kind [default: the page of the program]
    #[arg(value_name = "COMMAND", num_args = 0..=2)]
    of: Vec<String>,
    /// Folder to write the pages of all commands to
    #[arg(short, long, value_name = "FOLDER", conflicts_with = "of")]
    output: Option<PathBuf>,
    /// Replace pages that exist
    #[arg(long, requires = "output")]
    force: bool,
}

pub(crate) fn run(args: Args, mut program: Command) -> Result<()> {
    program.build();
    let commands = program.get_subcommands().filter(|it| it.get_name() != "help");
    let Some(folder) = args.output else {
        let command = args.of.iter().try_fold(&program, |command, name| {
            command.find_subcommand(name).ok_or_else(|| no_command(name))
        })?;
        let page = page(command)?;
        let mut output = output::stdout();
        output.write_all(&page)?;
        return Ok(output.flush()?);
    };
    std::fs::create_dir_all(&folder).map_err(|source| Error::io("create", &folder, source))?;
    let commands = commands.flat_map(|it| std::iter::once(it).chain(it.get_subcommands()));
    let pages: Vec<&Command> = std::iter::once(&program).chain(commands).collect();
    // Every page is checked before the first is written.
    let files = pages.iter().map(|it| {
        let path = folder.join(format!("{}.1", name_of(it)));
        AtomicFile::create(&path, args.force)
    });
    for (command, mut file) in pages.iter().zip(files.collect::<eigenlex::Result<Vec<_>>>()?) {
        file.put(&page(command)?)?;
        file.commit()?;
    }
    Ok(())
}

/// `eigenlex-embed`, as the pages of commands are called.
fn name_of(command: &Command) -> &str {
    command.get_display_name().unwrap_or(command.get_name())
}

fn page(command: &Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command.clone().version(env!("CARGO_PKG_VERSION"))).render(&mut page)?;
    Ok(page)
}

fn no_command(name: &str) -> Error {
    Error::NothingFound { query: name.to_owned(), reason: "there is no such command".to_owned() }
}

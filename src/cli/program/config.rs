//! `eigenlex config`: which settings apply, and where they come from.

use std::io::Write as _;

use anyhow::Result;
use clap::{Arg, Command};
use eigenlex::Error;
use serde::Serialize;

use crate::cli::arguments::{given, options, scan};
use crate::cli::configuration::{Setting, all, choose};
use crate::cli::output;
use crate::cli::output::{FormatArg, OutputFormat};

const AFTER_HELP: &str = "\
Examples:
  What the file and the environment give:
    eigenlex config
  Every option of a command, with its default:
    eigenlex config embed
  A file, eigenlex.toml:
    threads = 4
    [embed]
    dim = 200
    min-count = 10
    metadata = [\"party\", \"year\"]";

/// Print the settings that apply, and where they come from
///
/// Options can be kept in `eigenlex.toml` in the working folder, or in a file named by --config. A
/// table `[embed]` holds for `embed`; a key before all tables holds for every command with this
/// option. A variable such as EIGENLEX_THREADS wins over the file, and an option on the command
/// line over both.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Command whose options are printed, with defaults, and for `plot` a kind [default: all that
    /// the file and the environment give]
    #[arg(value_name = "COMMAND", num_args = 0..=2)]
    of: Vec<String>,
    #[command(flatten)]
    format: FormatArg,
}

#[derive(Serialize)]
struct Row {
    command: String,
    option: String,
    value: String,
    source: String,
}

pub(crate) fn run(args: Args, program: &Command) -> Result<()> {
    let settings = all(&scan(given(), program), program)?;
    let named = |within: &'_ Command, name: &str| {
        within.find_subcommand(name).cloned().ok_or_else(|| Error::NothingFound {
            query: name.to_owned(),
            reason: "there is no such command".to_owned(),
        })
    };
    let rows = match &args.of[..] {
        [] => settings.iter().map(Row::of).collect(),
        [name] => of_command(program, &named(program, name)?, &settings),
        [name, kind, ..] => {
            let command = named(program, name)?;
            of_kind(program, &command, &named(&command, kind)?, &settings)
        }
    };
    let mut output = output::stdout();
    match args.format.resolve() {
        OutputFormat::Json => output::json_line(&mut output, &rows)?,
        OutputFormat::Tsv => {
            let columns = ["command", "option", "value", "source"];
            let table = args.format.table(&mut output, columns)?;
            for it in &rows {
                table.row(&mut output, [&it.command, &it.option, &it.value, &it.source])?;
            }
        }
        OutputFormat::Text => {
            let width = |cell: fn(&Row) -> &str| {
                rows.iter().map(|row| cell(row).chars().count()).max().unwrap_or(0)
            };
            let widths = [width(|it| &it.command), width(|it| &it.option), width(|it| &it.value)];
            for it in &rows {
                let [command, option, value] = widths;
                let line = format!(
                    "{:command$}  {:option$}  {:value$}  {}",
                    it.command, it.option, it.value, it.source
                );
                writeln!(output, "{}", output::shown(line.trim_end()))?;
            }
            if rows.is_empty() {
                writeln!(output, "no settings but the defaults")?;
            }
        }
    }
    Ok(output.flush()?)
}

impl Row {
    fn of(setting: &Setting) -> Self {
        Self {
            command: setting.command.clone().unwrap_or_else(|| "all".to_owned()),
            option: setting.option.clone(),
            value: setting.shown(),
            source: setting.source.to_string(),
        }
    }
}

/// Every option of a command or of its kinds, with the value that it has unless it is typed.
fn of_command(program: &Command, command: &Command, settings: &[Setting]) -> Vec<Row> {
    let name = command.get_name();
    if command.has_subcommands() {
        let kinds = command.get_subcommands();
        return kinds.flat_map(|kind| of_kind(program, command, kind, settings)).collect();
    }
    rows(program, command, name, name, settings)
}

/// The same for a kind of a command, such as `plot words`.
fn of_kind(program: &Command, command: &Command, kind: &Command, settings: &[Setting]) -> Vec<Row> {
    let name = command.get_name();
    rows(program, kind, name, &format!("{name} {}", kind.get_name()), settings)
}

/// The options of a command in whose table `table` they may stand.
fn rows(
    program: &Command,
    command: &Command,
    table: &str,
    shown: &str,
    settings: &[Setting],
) -> Vec<Row> {
    let row = |option: &Arg| {
        let name = option.get_long()?;
        let chosen = choose(settings, table, option);
        (!matches!(name, "help" | "version" | "config" | "no-config")).then(|| Row {
            command: shown.to_owned(),
            option: name.to_owned(),
            value: chosen.map_or_else(|| default_of(option), Setting::shown),
            source: chosen.map_or_else(|| "default".to_owned(), |it| it.source.to_string()),
        })
    };
    options(program, Some(command)).filter_map(row).collect()
}

/// The default of an option: as the parser has it, or as its help says.
fn default_of(option: &Arg) -> String {
    let values = option.get_default_values();
    if !option.get_action().takes_values() {
        return if matches!(option.get_action(), clap::ArgAction::Count) { "0" } else { "false" }
            .to_owned();
    }
    if !values.is_empty() {
        let values: Vec<_> = values.iter().map(|it| it.to_string_lossy()).collect();
        return values.join(",");
    }
    let help = option.get_help().map(ToString::to_string).unwrap_or_default();
    let said = help.split_once("[default: ").and_then(|(_, rest)| rest.rsplit_once(']'));
    said.map_or_else(String::new, |(text, _)| text.to_owned())
}

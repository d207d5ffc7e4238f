//! The program's words for its options, turned into those of Python.
//!
//! In: a sentence of the program, such as ``pass --force to replace it``. Out: the same with
//! keywords of a call, ``pass force=True to replace it``. Command lines in backticks stay as they
//! are.

use clap::{Arg, Command};

use crate::cli::arguments::options;
use crate::cli::program_with_options;

/// Encodings of texts whose names have no digit.
const ENCODING: &str = "gbk";

/// A sentence with keywords of Python in place of options.
pub(crate) fn in_python(text: &str) -> String {
    if !text.contains("--") {
        return text.to_owned();
    }
    let program = program_with_options();
    let (mut written, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(start) = rest.find("--") {
        let (before, found) = rest.split_at(start);
        written.push_str(before);
        let name_len = found[2..].find(|it: char| !is_of_name(it)).unwrap_or(found.len() - 2);
        let (name, after) = found[2..].split_at(name_len);
        let option = option(&program, name).filter(|_| {
            let is_first =
                !written.ends_with(|it: char| it.is_alphanumeric() || "-/.".contains(it));
            is_first && !is_in_command_line(&written)
        });
        match option {
            Some(option) => {
                let is_quoted = written.ends_with('\'');
                let (value, after) = value(option, after, is_quoted);
                written.push_str(&name.replace('-', "_"));
                written.push_str(&value);
                rest = after;
            }
            None => {
                written.push_str("--");
                rest = &found[2..];
            }
        }
    }
    written + rest
}

fn is_of_name(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'
}

/// Whether a text ends within a command line in backticks.
fn is_in_command_line(written: &str) -> bool {
    let is_open = written.matches('`').count() % 2 == 1;
    is_open && written.rsplit('`').next().is_some_and(|it| it.starts_with("eigenlex "))
}

/// The option of this name of any command.
fn option<'c>(program: &'c Command, name: &str) -> Option<&'c Arg> {
    std::iter::once(None)
        .chain(program.get_subcommands().map(Some))
        .flat_map(|command| options(program, command))
        .find(|it| it.get_long() == Some(name))
}

/// What a call gives the option: `=True` for a switch, the value that follows it, or nothing; and
/// the text after it.
fn value<'t>(option: &Arg, mut after: &'t str, is_quoted: bool) -> (String, &'t str) {
    // Placeholders, such as ` <FILE>...`.
    while let Some(end) =
        [" <", "=<", " [<"].iter().find(|it| after.starts_with(**it)).and_then(|_| after.find('>'))
    {
        after = after[end + 1..].trim_start_matches([']', '.']);
    }
    if is_quoted {
        return (String::new(), after);
    }
    if !option.get_action().takes_values() {
        return ("=True".to_owned(), after);
    }
    let Some(given) = after.strip_prefix([' ', '=']) else { return (String::new(), after) };
    let end = given.find(|it: char| !(it.is_alphanumeric() || "_-.".contains(it)));
    let given = given[..end.unwrap_or(given.len())].trim_end_matches('.');
    let rest = &after[1 + given.len()..];
    if given.parse::<f64>().is_ok() {
        return (format!("={given}"), rest);
    }
    let is_encoding = option.get_long() == Some("encoding")
        && (given == ENCODING || given.contains(|it: char| it.is_ascii_digit()));
    if is_encoding || option.get_possible_values().iter().any(|it| it.matches(given, false)) {
        return (format!("=\"{given}\""), rest);
    }
    let is_placeholder = !given.is_empty() && given.chars().all(|it| it.is_ascii_uppercase());
    (String::new(), if is_placeholder { rest } else { after })
}

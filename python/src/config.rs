//! Options of a command as keywords of a Python function.
//!
//! In: a command of the program and a dict. Out: the arguments that say the same, parsed by the
//! program itself, so that names, ranges and messages are those of the command line.

use std::error::Error as _;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, Command, FromArgMatches as _};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::cli::arguments::{option, options};
use crate::cli::{Cli, program_with_options, vector_files};
use crate::{errors, terms};

/// Options that say how a command prints, or where: a function returns its result.
const NOT_FOR_CALLS: [&str; 10] = [
    "config",
    "no-config",
    "help",
    "version",
    "output",
    "force",
    "format",
    "no-header",
    "quiet",
    "progress",
];

/// The likeness of Jaro and Winkler from which clap makes suggestions too.
const NEAR: f64 = 0.7;

/// The names of the options of a command, with underscores.
#[pyfunction]
pub(crate) fn options_of(py: Python<'_>, command: &str) -> PyResult<Vec<String>> {
    let program = program_with_options();
    let command = find(py, &program, command)?;
    let mut names: Vec<String> =
        settable(&program, command).map(|name| name.replace('-', "_")).collect();
    names.sort();
    Ok(names)
}

fn find<'c>(py: Python<'_>, program: &'c Command, name: &str) -> PyResult<&'c Command> {
    let names = program.get_subcommands().map(Command::get_name);
    program.find_subcommand(name).ok_or_else(|| {
        let nearest = nearest(name, names);
        errors::parameter(py, format!("there is no command `{name}`{nearest}"))
    })
}

fn settable<'c>(program: &'c Command, command: &'c Command) -> impl Iterator<Item = &'c str> {
    options(program, Some(command))
        .filter_map(Arg::get_long)
        .filter(|name| !NOT_FOR_CALLS.contains(name))
}

/// `; did you mean ...?`: the name that is spelt most nearly like one, if any is near.
fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> String {
    let name = name.replace('_', "-");
    let scored = names.map(|it| (strsim::jaro_winkler(&name, it), it));
    let best = scored.max_by(|left, right| left.0.total_cmp(&right.0).then(right.1.cmp(left.1)));
    match best {
        Some((score, it)) if score >= NEAR => {
            format!("\nhint: did you mean `{}`?", it.replace('-', "_"))
        }
        _ => String::new(),
    }
}

/// A command line of a command: its options from a dict, `more` that is not for callers, and what
/// comes after the options.
pub(crate) fn command_line(
    py: Python<'_>,
    command: &str,
    given: &Bound<'_, PyDict>,
    more: &[OsString],
    positional: &[OsString],
) -> PyResult<Vec<OsString>> {
    let program = program_with_options();
    let of = find(py, &program, command)?;
    let mut arguments: Vec<OsString> = vec!["eigenlex".into(), command.into()];
    for (key, value) in given {
        let key = key.cast::<PyString>()?.to_string();
        let known = option(&program, Some(of), &key)
            .filter(|it| it.get_long().is_some_and(|name| !NOT_FOR_CALLS.contains(&name)));
        let Some(known) = known else {
            let nearest = nearest(&key, settable(&program, of));
            return Err(errors::parameter(
                py,
                format!("`{command}` has no option `{key}`{nearest}"),
            ));
        };
        arguments.extend(of_option(&key, known, &value)?);
    }
    arguments.extend_from_slice(more);
    arguments.push("--".into());
    arguments.extend_from_slice(positional);
    Ok(arguments)
}

/// The arguments of one option.
fn of_option(key: &str, option: &Arg, value: &Bound<'_, PyAny>) -> PyResult<Vec<OsString>> {
    let py = value.py();
    let wrong = |expected: &str| -> PyErr {
        let found = value.repr().map_or_else(|_| "?".to_owned(), |it| it.to_string());
        errors::parameter(py, format!("{key} is {found}, expected {expected}"))
    };
    let name = format!("--{}", option.get_long().unwrap_or_default());
    let with_value = |text: &OsString| {
        let mut argument = OsString::from(format!("{name}="));
        argument.push(text);
        argument
    };
    if value.is_none() {
        return Ok(Vec::new());
    }
    let takes_values = option.get_action().takes_values();
    let (least, most) =
        option.get_num_args().map_or((1, 1), |it| (it.min_values(), it.max_values()));
    if let Ok(is_on) = value.cast::<PyBool>() {
        let is_on = is_on.is_true();
        let is_switch = !takes_values || least == 0;
        return match (is_switch, is_on) {
            // Without the option it is off.
            (true, false) => Ok(Vec::new()),
            (true, true) => Ok(vec![name.into()]),
            (false, _) => Ok(vec![with_value(&OsString::from(is_on.to_string()))]),
        };
    }
    if matches!(option.get_action(), ArgAction::Count) {
        let times: u8 = value.extract().map_err(|_| wrong("a number from 0 to 255"))?;
        return Ok(vec![name.into(); usize::from(times)]);
    }
    if !takes_values {
        return Err(wrong("True or False"));
    }
    if !value.is_instance_of::<PyList>() && !value.is_instance_of::<PyTuple>() {
        let text = text(value).ok_or_else(|| wrong("a string, a path, a number or a list"))?;
        return Ok(vec![with_value(&text)]);
    }
    let texts: Option<Vec<OsString>> = value.try_iter()?.map(|it| text(&it.ok()?)).collect();
    let texts = texts.ok_or_else(|| wrong("a list of strings, paths or numbers"))?;
    if most > 1 {
        return Ok(std::iter::once(name.into()).chain(texts).collect());
    }
    match option.get_value_delimiter() {
        Some(comma) => {
            let comma = OsString::from(comma.to_string());
            Ok(vec![with_value(&texts.join(&comma))])
        }
        None => Ok(texts.iter().map(with_value).collect()),
    }
}

/// A string, a number or a path as an argument.
fn text(value: &Bound<'_, PyAny>) -> Option<OsString> {
    if let Ok(text) = value.cast::<PyString>() {
        return text.to_str().ok().map(OsString::from);
    }
    if value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>() {
        return value.str().ok().map(|it| it.to_string().into());
    }
    if value.hasattr("__fspath__").ok()? {
        return value.extract::<std::path::PathBuf>().ok().map(Into::into);
    }
    // Numbers of NumPy.
    let item = value.call_method0("item").ok()?;
    item.str().ok().map(|it| it.to_string().into())
}

/// Parses a command line.
pub(crate) fn parse(py: Python<'_>, arguments: Vec<OsString>) -> PyResult<Cli> {
    let refuse = |error: clap::Error| {
        if let Some(message) = wrong_value(&error) {
            return errors::parameter(py, message);
        }
        let text = error.render().to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        let end = text.find("\n\nUsage:").or_else(|| text.find("\n\nFor more information"));
        let text = text[..end.unwrap_or(text.len())].trim_end();
        errors::parameter(py, terms::in_python(&text.replace("\n\n  tip: ", "\nhint: ")))
    };
    let matches = program_with_options().try_get_matches_from(arguments).map_err(refuse)?;
    vector_files::set(&matches, true).map_err(refuse)?;
    Cli::from_arg_matches(&matches).map_err(refuse)
}

/// What is wrong with the value of an option, in the words of `Error::Parameter`.
fn wrong_value(error: &clap::Error) -> Option<String> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let name = terms::in_python(text(ContextKind::InvalidArg)?);
    let value = text(ContextKind::InvalidValue)?;
    let found = if value.is_empty() { "empty" } else { value };
    if let Some(ContextValue::Strings(names)) = error.get(ContextKind::ValidValue)
        && !names.is_empty()
    {
        let nearest = match error.get(ContextKind::SuggestedValue) {
            Some(ContextValue::String(nearest)) => format!("\nhint: did you mean `{nearest}`?"),
            _ => String::new(),
        };
        return Some(format!("{name} is {found}, expected one of {}{nearest}", names.join(", ")));
    }
    let reason = error.source()?.to_string();
    Some(match reason.as_str() {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            format!("{name} is {found}, expected a whole number from 0 on")
        }
        "number too large to fit in target type" => {
            format!("{name} is {found}, expected a smaller number")
        }
        "invalid float literal" | "cannot parse float from empty string" => {
            format!("{name} is {found}, expected a number")
        }
        reason => format!("{name} is {found}: {}", terms::in_python(reason)),
    })
}

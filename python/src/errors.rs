//! Errors of the library and of the program as Python exceptions: the class says the kind, the text
//! is that of the program.
//!
//! In: an error. Out: an exception of a class of `eigenlex.errors`, with the data of the error as
//! its attributes.

use std::io;

use eigenlex::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::{cli, terms};

/// What stands before the hint of a message.
const HINT: &str = "\nhint: ";

/// An exception of the class `name` of `eigenlex.errors`.
pub(crate) fn exception(py: Python<'_>, name: &str, message: &str) -> PyErr {
    raise(py, name, message, |_| Ok(())).unwrap_or_else(|error| error)
}

/// What is wrong with an argument, in the words of the library's `Error::Parameter`.
pub(crate) fn parameter(py: Python<'_>, message: impl AsRef<str>) -> PyErr {
    exception(py, "ParameterError", message.as_ref())
}

/// The exception of an error of the library.
pub(crate) fn of_library(py: Python<'_>, error: Error) -> PyErr {
    of_program(py, &error.into())
}

/// The exception of an error of the program, with its hint.
pub(crate) fn of_program(py: Python<'_>, error: &anyhow::Error) -> PyErr {
    let message = cli::hints::message(error);
    let of_library = error.chain().find_map(|cause| cause.downcast_ref::<Error>());
    // The library knows no options: what looks like one there is a word or a path.
    let message = match (of_library, message.split_once(HINT)) {
        (Some(_), Some((found, hint))) => format!("{found}{HINT}{}", terms::in_python(hint)),
        (Some(_), None) => message,
        (None, _) => terms::in_python(&message),
    };
    let class = class_of(error, of_library);
    let attributes = |exception: &Bound<'_, PyAny>| -> PyResult<()> {
        match of_library {
            Some(Error::UnknownWord { word, suggestions }) => {
                exception.setattr("word", word)?;
                exception.setattr("suggestions", suggestions)
            }
            Some(
                Error::Io { path, .. }
                | Error::OutputExists { path }
                | Error::DiskFull { path }
                | Error::Malformed { path, .. },
            ) => exception.setattr("path", path.display().to_string()),
            _ => Ok(()),
        }
    };
    raise(py, class, &message, attributes).unwrap_or_else(|error| error)
}

fn raise(
    py: Python<'_>,
    class: &str,
    message: &str,
    attributes: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<()>,
) -> PyResult<PyErr> {
    let class = py.import("eigenlex.errors")?.getattr(class)?;
    let exception = class.call((message,), None::<&Bound<'_, PyDict>>)?;
    attributes(&exception)?;
    Ok(PyErr::from_value(exception))
}

/// The name of the class in `eigenlex.errors`.
fn class_of(error: &anyhow::Error, of_library: Option<&Error>) -> &'static str {
    match of_library {
        Some(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return "MissingFileError";
        }
        Some(Error::OutputExists { .. } | Error::NotReplaceable { .. }) => {
            return "OutputExistsError";
        }
        Some(Error::UnknownWord { .. } | Error::UnspacedExpression { .. }) => {
            return "UnknownWordError";
        }
        _ => {}
    }
    let kind = of_library.map(Error::kind).or_else(|| {
        error.chain().find_map(|cause| {
            cause.downcast_ref::<cli::refusal::Refusal>().map(cli::refusal::Refusal::kind)
        })
    });
    match kind {
        Some(ErrorKind::Usage) => "ParameterError",
        Some(ErrorKind::Data) => "DataError",
        Some(ErrorKind::NotFound) => "NotFoundError",
        Some(ErrorKind::Resource) => "ResourceError",
        Some(ErrorKind::Interrupted) => "Interrupted",
        _ => "FileError",
    }
}

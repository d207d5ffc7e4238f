//! The command line of the package, and single commands as functions.
//!
//! A command that is called from Python runs in the process; what it prints is taken instead of
//! standard output, and is its result.

use std::ffi::OsString;
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::MutexExt as _;
use pyo3::types::{PyBytes, PyDict};

use crate::cli::output::TAKEN;
use crate::cli::output::bars::Bars;
use crate::{cli, config, run};

/// One command at a time: options that hold for all files of a command are kept for the process.
static COMMAND: Mutex<()> = Mutex::new(());

/// Does something as the only command.
pub(crate) fn alone<T>(py: Python<'_>, work: impl FnOnce() -> T) -> T {
    // Without the interpreter's lock, which another thread may need to end its command.
    let _alone = COMMAND.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
    work()
}

/// Runs the program with the arguments after its name; returns its exit code.
#[pyfunction]
pub(crate) fn main(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    let given = std::iter::once(OsString::from("eigenlex")).chain(arguments).collect();
    py.detach(|| cli::main(given))
}

/// Runs a command and returns what it prints. `options` are its options, `positional` comes after
/// them, `more` are options that a caller cannot give.
#[pyfunction]
pub(crate) fn run_command<'py>(
    py: Python<'py>,
    command: &str,
    positional: Vec<OsString>,
    options: &Bound<'_, PyDict>,
    more: Vec<OsString>,
    listener: &Bound<'_, PyAny>,
) -> PyResult<Bound<'py, PyBytes>> {
    let arguments = config::command_line(py, command, options, &more, &positional)?;
    let printed = alone(py, || -> PyResult<Vec<u8>> {
        let parsed = config::parse(py, arguments)?;
        let n_threads = usize::from(parsed.global.threads);
        run::watched(py, listener, Some(n_threads), |watch| {
            parsed.global.set_encoding();
            *taken() = Some(Vec::new());
            let bars = Bars::new(&parsed.global, Some(watch));
            let result = cli::run_command(parsed.command, &parsed.global, &bars);
            let printed = taken().take().unwrap_or_default();
            result.map(|()| printed)
        })
    })?;
    Ok(PyBytes::new(py, &printed))
}

fn taken() -> std::sync::MutexGuard<'static, Option<Vec<u8>>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The compiled part of the Python package: what Python cannot do as fast, or not at all. The
//! package itself, `python/eigenlex/`, gives it names, defaults and documentation.
//!
//! The program's source is compiled in (`cli`), so that the package has the command line, and its
//! options, messages and hints are those of the program.

#[path = "../../src/cli/mod.rs"]
mod cli;

mod alignment;
mod arrow;
mod config;
mod distributed;
mod documents;
mod embed;
mod errors;
mod matrix;
mod model;
mod program;
mod run;
mod terms;
mod texts;
mod transport;
mod vectors;

use pyo3::prelude::*;

/// The compiled part of `eigenlex`.
#[pymodule]
fn _eigenlex(module: &Bound<'_, PyModule>) -> PyResult<()> {
    cli::hide_expected_panics();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<alignment::Map>()?;
    module.add_class::<alignment::Mapped>()?;
    module.add_class::<distributed::Driver>()?;
    module.add_class::<distributed::Node>()?;
    module.add_class::<distributed::Worker>()?;
    module.add_class::<documents::Codes>()?;
    module.add_class::<model::Held>()?;
    module.add_class::<texts::Texts>()?;
    module.add_class::<vectors::Rows>()?;
    module.add_function(wrap_pyfunction!(config::options_of, module)?)?;
    module.add_function(wrap_pyfunction!(distributed::add_nodes, module)?)?;
    module.add_function(wrap_pyfunction!(distributed::count_stretches, module)?)?;
    module.add_function(wrap_pyfunction!(distributed::fingerprint_share, module)?)?;
    module.add_function(wrap_pyfunction!(distributed::merge_stretches, module)?)?;
    module.add_function(wrap_pyfunction!(distributed::merge_tables, module)?)?;
    module.add_function(wrap_pyfunction!(distributed::plan_run, module)?)?;
    module.add_function(wrap_pyfunction!(distributed::shares_with_long_lines, module)?)?;
    module.add_function(wrap_pyfunction!(embed::embed, module)?)?;
    module.add_function(wrap_pyfunction!(matrix::decompose, module)?)?;
    module.add_function(wrap_pyfunction!(matrix::decompose_operator, module)?)?;
    module.add_function(wrap_pyfunction!(model::open_model, module)?)?;
    module.add_function(wrap_pyfunction!(model::open_vectors, module)?)?;
    module.add_function(wrap_pyfunction!(model::vectors_of_array, module)?)?;
    module.add_function(wrap_pyfunction!(program::main, module)?)?;
    module.add_function(wrap_pyfunction!(program::run_command, module)?)?;
    module.add_function(wrap_pyfunction!(run::set_threads, module)?)?;
    module.add_function(wrap_pyfunction!(transport::transport, module)?)?;
    Ok(())
}

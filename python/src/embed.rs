//! From texts to a model.

use std::ffi::OsString;
use std::path::PathBuf;

use eigenlex::Model;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::cli::Command;
use crate::cli::output::bars::Bars;
use crate::model::Held;
use crate::texts::Texts;
use crate::{config, errors, program, run};

/// Options that say how files are read.
pub(crate) const OF_FILES: [&str; 7] =
    ["column", "encoding", "field", "metadata", "reader", "token", "wrapped_lines"];

/// Refuses options that have no effect.
pub(crate) fn refuse(
    py: Python<'_>,
    options: &Bound<'_, PyDict>,
    refused: &[&str],
    why: &str,
) -> PyResult<()> {
    for key in options.keys() {
        let key = key.to_string().replace('-', "_");
        if refused.contains(&key.as_str()) {
            return Err(errors::parameter(py, format!("`{key}` has no effect: {why}")));
        }
    }
    Ok(())
}

/// Makes a model of `paths` or of `texts`; with an `output` it is written there as the command
/// `embed` does.
#[pyfunction]
pub(crate) fn embed(
    py: Python<'_>,
    paths: Vec<OsString>,
    texts: Option<PyRef<'_, Texts>>,
    output: Option<PathBuf>,
    force: bool,
    options: &Bound<'_, PyDict>,
    listener: &Bound<'_, PyAny>,
) -> PyResult<Held> {
    if texts.is_some() {
        refuse(py, options, &OF_FILES, "the texts are in memory, not files")?;
    }
    let mut more: Vec<OsString> = Vec::new();
    let mut argument = OsString::from("--output=");
    argument.push(output.as_deref().unwrap_or("model".as_ref()));
    more.push(argument);
    if force {
        more.push("--force".into());
    }
    if output.is_none() {
        more.push("--no-checkpoints".into());
    }
    let positional = if texts.is_some() { vec!["-".into()] } else { paths };
    let arguments = config::command_line(py, "embed", options, &more, &positional)?;
    let held = texts.as_ref().map(|it| (it.name.clone(), it.documents.clone()));

    let (args, global, corpus, config) = program::alone(py, || -> PyResult<_> {
        let parsed = config::parse(py, arguments)?;
        let (Command::Embed(args), global) = (parsed.command, parsed.global) else {
            unreachable!("the command is `embed`")
        };
        let mut args = *args;
        if args.parallel {
            let message = "`parallel` embeds two languages\nhint: use eigenlex.embed_parallel";
            return Err(errors::parameter(py, message));
        }
        args.reading.keep(&args.metadata);
        global.set_encoding();
        let of_program = |error: anyhow::Error| errors::of_program(py, &error);
        let mut config = args.config().map_err(of_program)?;
        config.check().map_err(|error| errors::of_library(py, error))?;
        if output.is_none() {
            config.temporary_folder = Some(std::env::temp_dir());
        }
        let corpus = match held {
            Some((name, documents)) => args.reading.texts.options().open_held(name, documents),
            None => py.detach(|| args.reading.open()).map_err(of_program)?,
        };
        Ok((args, global, corpus, config))
    })?;
    let n_threads = usize::from(global.threads);
    let has_output = output.is_some();
    let model = run::watched(py, listener, Some(n_threads), |watch| -> anyhow::Result<Model> {
        let bars = Bars::new(&global, Some(watch));
        if has_output {
            return args.make(&corpus, &config, &bars);
        }
        let mut model = eigenlex::embed(&corpus, &config, &bars)?;
        model.provenance.stages = bars.take_reports();
        Ok(model)
    })?;
    Ok(Held::of_model(model, output))
}

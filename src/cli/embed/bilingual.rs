//! `eigenlex embed --parallel`: two languages in one space, from two texts whose lines translate
//! each other.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::Result;
use eigenlex::align::{AlignInput, shared_space};
use eigenlex::model::ModelWriter;
use eigenlex::{Corpus, EmbedConfig, Error, Progress as _, Stage};

use crate::cli::global::Global;
use crate::cli::output::bars::Bars;

/// Writes the models `source` and `target` and the map `map` into the folder `output`; after a
/// failure no empty folder stays.
pub(crate) fn run(
    corpora: &[Corpus; 2],
    config: &EmbedConfig,
    output: &Path,
    force: bool,
    global: &Global,
    bars: &Bars,
) -> Result<()> {
    let done = write(corpora, config, output, force, global, bars);
    if done.is_err() {
        // Succeeds only on an empty folder; whatever is in it stays.
        let _ = fs::remove_dir(output);
    }
    done
}

fn write(
    [source, target]: &[Corpus; 2],
    config: &EmbedConfig,
    output: &Path,
    force: bool,
    global: &Global,
    bars: &Bars,
) -> Result<()> {
    fs::create_dir_all(output).map_err(|reason| Error::io("create", output, reason))?;
    let places = ["source", "target", "map"].map(|name| output.join(name));
    let writers =
        [ModelWriter::create(&places[0], force)?, ModelWriter::create(&places[1], force)?];
    eigenlex::storage::refuse_existing(&places[2], force)?;
    bars.watch_interrupts()?;

    let (mut of_source, mut of_target) = eigenlex::embed_parallel(source, target, config, bars)?;
    let stages = bars.take_reports();
    of_source.provenance.stages.clone_from(&stages);
    of_target.provenance.stages = stages;
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let map = shared_space(
        &AlignInput::new(&of_source.vectors, absolute(&places[0])),
        &AlignInput::new(&of_target.vectors, absolute(&places[1])),
    )?;
    bars.start(Stage::Write, None);
    for (writer, model) in writers.into_iter().zip([&of_source, &of_target]) {
        writer.write(model)?;
    }
    map.write(&places[2], force)?;
    bars.finish();
    if !global.quiet {
        let (lines, report) = (of_source.provenance.n_documents, &map.description.report);
        let (n_source, n_target) = (of_source.vectors.len(), of_target.vectors.len());
        let mut stderr = std::io::stderr().lock();
        writeln!(
            stderr,
            "{lines} pairs of lines; {n_source} source and {n_target} target words in one space of \
             {} dimensions",
            of_source.vectors.dim()
        )?;
        writeln!(stderr, "{}", report.sentence)?;
    }
    Ok(())
}

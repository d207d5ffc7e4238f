//! `eigenlex spectrum`: how many components are worth having.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use eigenlex::Model;
use eigenlex::counts::Contexts;
use eigenlex::encode::{Encoder, HeldOut, SpectrumLosses, Stability, stability};
use eigenlex::network::NetworkConfig;
use eigenlex::storage::AtomicFile;

use super::inputs::CutArgs;
use super::latent;
use super::spectrum_report::{COLUMNS, Report, chart, dims, records, suggestion, text};
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{FormatArg, OutputFormat, Table};
use crate::cli::pictures::curves::picture;
use crate::cli::pictures::standard_svg;
use crate::cli::refusal::no_effect;

const AFTER_HELP: &str = "\
Examples:
  Singular values and the loss after each:
    eigenlex spectrum model
  And the loss of documents that the model has not seen:
    eigenlex spectrum model --held-out new.txt --svg loss.svg
  Whether two halves of the corpus give words the same neighbours:
    eigenlex spectrum model --stability corpus.txt";

/// Show what each component explains, and suggest how many to keep
///
/// The loss after k components is 1 - sum s_i^2 / |X|_F^2 (Eckart & Young 1936). The number
/// suggested is that of --held-out or --stability, if given. Without them, a k is suggested only if
/// a singular value after the first is at least twice the next; the spectra of most texts fall
/// gradually.
///
/// For a variational network (`embed --encoder vae`), which has no singular values, the means and
/// variances of the dimensions of its codes are shown.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Model
    model: PathBuf,
    #[command(flatten)]
    measures: MeasureArgs,
    /// SVG file to write, with a chart of the losses
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// File of tab-separated values to write, with the losses of every k
    #[arg(long, value_name = "FILE")]
    tsv: Option<PathBuf>,
    /// Replace these files if they exist
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    format: FormatArg,
}

/// What is measured beside the singular values.
#[derive(Debug, clap::Args)]
pub(crate) struct MeasureArgs {
    /// Documents that the model has not seen, to measure the loss on them
    ///
    /// Also measures how well one half of the tokens of a document predicts the other half.
    /// Components that only fit noise make that worse, so the best k is suggested. For models of
    /// documents.
    #[arg(long, num_args = 1.., value_name = "TEXTS")]
    held_out: Vec<String>,
    /// Corpus of the model, to embed its two halves and compare each word's neighbours
    ///
    /// The smallest dimension is suggested with which the halves agree nearly as well as with the
    /// best one. For models of windows.
    #[arg(long, num_args = 1.., value_name = "TEXTS")]
    stability: Vec<String>,
    /// Seed for splitting held-out documents
    #[arg(long, default_value_t = 42, value_name = "SEED")]
    seed: u64,
    #[command(flatten)]
    cut: CutArgs,
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let model = Model::open(&args.model)?;
    if let Some(network) = &model.provenance.config.network {
        return args.show_codes(&model, network);
    }
    let create = |path: &Option<PathBuf>| {
        path.as_ref().map(|path| AtomicFile::create(path, args.force)).transpose()
    };
    let (svg, tsv) = (create(&args.svg)?, create(&args.tsv)?);
    let report = args.measures.report(&args.model, &model, bars)?;
    if let Some(mut file) = svg {
        let chart = chart(&report);
        let svg = standard_svg(|style, fonts| picture(&chart, Vec::new(), style, fonts))?;
        file.put(svg.as_bytes())?;
        file.commit()?;
    }
    if let Some(mut file) = tsv {
        let table = Table::begin(&mut file, !args.format.is_without_header(), COLUMNS);
        table
            .and_then(|table| records(&mut file, &table, &report))
            .map_err(|source| file.failed(source))?;
        file.commit()?;
    }
    let mut output = output::stdout();
    match args.format.resolve() {
        OutputFormat::Json => output::json_line(&mut output, &report)?,
        OutputFormat::Tsv => {
            let table = args.format.table(&mut output, COLUMNS)?;
            records(&mut output, &table, &report)?;
        }
        OutputFormat::Text => text(&mut output, &report, model.provenance.config.drop_components)?,
    }
    Ok(output.flush()?)
}

impl Args {
    /// What there is to show of a network.
    fn show_codes(&self, model: &Model, network: &NetworkConfig) -> Result<()> {
        let given = [
            ("--held-out", !self.measures.held_out.is_empty()),
            ("--stability", !self.measures.stability.is_empty()),
            ("--svg", self.svg.is_some()),
            ("--tsv", self.tsv.is_some()),
        ];
        if let Some((flag, _)) = given.into_iter().find(|(_, is_given)| *is_given) {
            let reason = "the codes of a network have no components in an order";
            return no_effect(flag, reason, "use a model made with `--encoder svd`");
        }
        let mut output = output::stdout();
        let name = self.model.display().to_string();
        latent::show(&mut output, self.format, &name, network, &model.provenance)?;
        Ok(output.flush()?)
    }
}

impl MeasureArgs {
    /// Measures all that is asked for of a model, whose path is for the report.
    pub(crate) fn report(&self, path: &Path, model: &Model, bars: &Bars) -> Result<Report> {
        if !self.held_out.is_empty() && model.provenance.config.contexts != Contexts::Documents {
            let reason = "the components of a model of windows are of contexts, not of documents";
            return no_effect("--held-out", reason, "use `--stability`");
        }
        bars.keep_until_cleaned_up();
        bars.watch_interrupts()?;
        let held_out = self.measure_held_out(model, bars)?;
        let stability = self.measure_stability(model, bars)?;
        let spectrum = &model.provenance.spectrum;
        let (suggested, reason) = suggestion(model, held_out.as_ref(), &stability);
        let mut report = Report {
            model: path.display().to_string(),
            singular_values: spectrum.singular_values.clone(),
            squared_norm: spectrum.squared_norm,
            reconstruction_loss: SpectrumLosses::new(spectrum).reconstruction,
            held_out,
            stability,
            suggested,
            reason,
            digest: String::new(),
        };
        report.digest = report.digest();
        Ok(report)
    }

    fn measure_held_out(&self, model: &Model, bars: &Bars) -> Result<Option<HeldOut>> {
        if self.held_out.is_empty() {
            return Ok(None);
        }
        let (encoder, corpus) = (Encoder::new(model)?, self.cut.open(&self.held_out, model)?);
        Ok(Some(HeldOut::measure(&encoder, &corpus, self.seed, bars)?))
    }

    fn measure_stability(&self, model: &Model, bars: &Bars) -> Result<Vec<Stability>> {
        if self.stability.is_empty() {
            return Ok(Vec::new());
        }
        let folder = tempfile::tempdir()?;
        // With one component all cosines are 1 or -1: the most frequent words are the neighbours of
        // all, and halves agree on nothing else.
        let dims: Vec<usize> =
            dims(model.provenance.dim).into_iter().filter(|&dim| dim > 1).collect();
        let corpus = self.cut.open(&self.stability, model)?;
        Ok(stability(model, &corpus, &dims, folder.path(), bars)?)
    }
}

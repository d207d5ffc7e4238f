//! `eigenlex spectrum`: how many components are worth having.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::encode::{Encoder, HeldOut, Losses, Stability, elbow, stability};
use eigenlex::format::AtomicFile;
use eigenlex::{Contexts, Model};
use serde::Serialize;

use super::bars::Bars;
use super::chart::{Chart, Curve};
use super::documents::CutArgs;
use super::output::{self, FormatArg, OutputFormat};
use super::reading::conflict;

const AFTER_HELP: &str = "\
Examples:
  eigenlex spectrum model                                      singular values and the loss that is left
  eigenlex spectrum model --held-out new.txt --svg loss.svg    and the loss of documents that the model has never seen
  eigenlex spectrum model --stability corpus.txt               and whether halves of the corpus give words the same neighbours";

/// Show what each component explains, and suggest how many are worth having.
///
/// The loss after k components is 1 - sum s_i^2 / |X|_F^2 (Eckart & Young 1936). --held-out measures it on documents that the model has not seen,
/// and how well one half of the tokens of each predicts the other half: components that only follow noise make that worse, so the k with the
/// least completion loss is suggested. Without it, the elbow of the singular values is (Zhu & Ghodsi 2006).
///
/// Of a variational network (`embed --encoder vae`), which has no singular values, the means and variances of its codes are shown, number by number.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// A model
    model: PathBuf,
    /// Documents that the model has not seen
    #[arg(long, num_args = 1.., value_name = "TEXTS")]
    held_out: Vec<String>,
    /// The corpus of the model: its two halves are embedded anew, and the neighbours of words compared
    #[arg(long, num_args = 1.., value_name = "TEXTS")]
    stability: Vec<String>,
    /// Seed of the coins that cut held-out documents into halves
    #[arg(long, default_value_t = 42, value_name = "SEED")]
    seed: u64,
    /// Draw the losses into a file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the losses of every k into a file of tab-separated values
    #[arg(long, value_name = "FILE")]
    tsv: Option<PathBuf>,
    /// Replace these files if they exist
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    cut: CutArgs,
    #[command(flatten)]
    format: FormatArg,
}

/// All that is told, as JSON has it.
#[derive(Serialize)]
struct Report {
    model: String,
    singular_values: Vec<f64>,
    squared_norm: f64,
    /// Entry k, from 0.
    reconstruction_loss: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_out: Option<HeldOut>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stability: Vec<Stability>,
    suggested: usize,
    reason: String,
}

pub(super) fn run(args: Args, bars: &Bars) -> Result<()> {
    let model = Model::open(&args.model)?;
    if let Some(network) = &model.provenance.config.network {
        let asked = [
            ("held-out", args.held_out.is_empty()),
            ("stability", args.stability.is_empty()),
            ("svg", args.svg.is_none()),
            ("tsv", args.tsv.is_none()),
        ];
        if let Some((name, _)) = asked.into_iter().find(|(_, is_empty)| !is_empty) {
            return conflict(name, "given", "a model of singular values: the codes of a network have no components in an order");
        }
        let mut output = output::stdout();
        super::latent::show(&mut output, args.format.resolve(), &args.model.display().to_string(), network, &model.provenance)?;
        return Ok(output.flush()?);
    }
    let create = |path: &Option<PathBuf>| path.as_ref().map(|path| AtomicFile::create(path, args.force)).transpose();
    let (svg, tsv) = (create(&args.svg)?, create(&args.tsv)?);
    if !args.held_out.is_empty() && model.provenance.config.contexts != Contexts::Documents {
        return conflict(
            "held-out",
            "given",
            "a model of documents: the rows of a model of windows are contexts, and documents are no sample of them",
        );
    }
    bars.keep_until_cleaned_up();
    bars.watch_interrupts()?;
    let held_out = match args.held_out.is_empty() {
        true => None,
        false => Some(HeldOut::measure(&Encoder::new(&model)?, &args.cut.open(&args.held_out, &model)?, args.seed, bars)?),
    };
    let stability = match args.stability.is_empty() {
        true => Vec::new(),
        false => {
            let folder = tempfile::tempdir()?;
            stability(&model, &args.cut.open(&args.stability, &model)?, &dims(model.provenance.dim), folder.path(), bars)?
        }
    };
    let spectrum = &model.provenance.spectrum;
    let (suggested, reason) = suggestion(&model, held_out.as_ref(), &stability);
    let report = Report {
        model: args.model.display().to_string(),
        singular_values: spectrum.singular_values.clone(),
        squared_norm: spectrum.squared_norm,
        reconstruction_loss: Losses::of(spectrum).reconstruction,
        held_out,
        stability,
        suggested,
        reason,
    };
    if let Some(mut file) = svg {
        file.put(chart(&report).svg().as_bytes())?;
        file.commit()?;
    }
    if let Some(mut file) = tsv {
        file.put(table(&report, |_| true).as_bytes())?;
        file.commit()?;
    }
    let mut output = output::stdout();
    match args.format.resolve() {
        OutputFormat::Json => output::json_line(&mut output, &report)?,
        OutputFormat::Tsv => output.write_all(table(&report, |_| true).as_bytes())?,
        OutputFormat::Text => text(&mut output, &report)?,
    }
    Ok(output.flush()?)
}

/// 1, 2, 5, 10, 20, 50... up to the dimension, and it.
fn dims(dim: usize) -> Vec<usize> {
    let mut dims: Vec<usize> =
        [1, 10, 100, 1000, 10_000].into_iter().flat_map(|ten| [ten, 2 * ten, 5 * ten]).filter(|&k| k < dim).collect();
    dims.push(dim);
    dims
}

fn suggestion(model: &Model, held_out: Option<&HeldOut>, stability: &[Stability]) -> (usize, String) {
    let rank = model.provenance.spectrum.singular_values.len();
    if let Some(held_out) = held_out {
        let best = held_out.best();
        let reason = match best {
            0 => "no component predicts one half of a document that the model has not seen from the other".to_owned(),
            _ if best == rank => {
                "every component still helps to predict one half of an unseen document from the other: more may help too".to_owned()
            }
            _ => "more components make the prediction of one half of an unseen document from the other worse".to_owned(),
        };
        return (best, reason);
    }
    if let Some(best) = stability.iter().reduce(|best, it| if it.overlap > best.overlap { it } else { best }) {
        let reason = format!("halves of the corpus agree best on the neighbours of words ({:.1} % in common)", 100.0 * best.overlap);
        return (best.dim, reason);
    }
    let reason = "the elbow of the singular values; --held-out tells by documents that the model has not seen".to_owned();
    (elbow(&model.provenance.spectrum.singular_values), reason)
}

fn chart(report: &Report) -> Chart<'_> {
    let points = |losses: &[f64]| losses.iter().enumerate().map(|(k, &loss)| (k as f64, loss)).collect();
    let mut curves = vec![Curve { name: "reconstruction, corpus of the model", mark: '.', points: points(&report.reconstruction_loss) }];
    if let Some(held_out) = &report.held_out {
        curves.push(Curve { name: "reconstruction, held out", mark: 'o', points: points(&held_out.reconstruction) });
        curves.push(Curve { name: "one half from the other, held out", mark: '+', points: points(&held_out.completion) });
    }
    Chart { title: "share of |X|^2 lost after k components", x_name: "k", curves, marked: Some((report.suggested as f64, "suggested k")) }
}

/// A heading and a line for each k for which `shown` holds.
fn table(report: &Report, shown: impl Fn(usize) -> bool) -> String {
    let mut text = String::from("k\tsingular_value\treconstruction_loss");
    if report.held_out.is_some() {
        text.push_str("\theld_out_reconstruction_loss\theld_out_completion_loss");
    }
    text.push('\n');
    for (k, loss) in report.reconstruction_loss.iter().enumerate().filter(|(k, _)| shown(*k)) {
        let value = if k == 0 { String::new() } else { report.singular_values[k - 1].to_string() };
        let _ = write!(text, "{k}\t{value}\t{loss}");
        if let Some(held_out) = &report.held_out {
            let _ = write!(text, "\t{}\t{}", held_out.reconstruction[k], held_out.completion[k]);
        }
        text.push('\n');
    }
    text
}

fn text(output: &mut impl std::io::Write, report: &Report) -> Result<()> {
    writeln!(output, "{}", chart(report).text())?;
    let shown = dims(report.singular_values.len());
    write!(output, "{:>6}  {:>10}  {:>8}", "k", "s_k", "loss")?;
    if report.held_out.is_some() {
        write!(output, "  {:>8}  {:>10}", "held out", "completion")?;
    }
    writeln!(output)?;
    for &k in &shown {
        write!(output, "{k:>6}  {:>10.4}  {:>6.2} %", report.singular_values[k - 1], 100.0 * report.reconstruction_loss[k])?;
        if let Some(held_out) = &report.held_out {
            write!(output, "  {:>6.2} %  {:>8.2} %", 100.0 * held_out.reconstruction[k], 100.0 * held_out.completion[k])?;
        }
        writeln!(output)?;
    }
    if let Some(held_out) = &report.held_out {
        let (n, without) = (output::count(held_out.n_documents), output::count(held_out.n_without));
        writeln!(output, "held out: {n} documents, {without} more without a known word")?;
    }
    if !report.stability.is_empty() {
        writeln!(output, "\nten nearest words that both halves of the corpus find")?;
        for it in &report.stability {
            writeln!(output, "{:>6}  {:>6.2} % in common, {} words", it.dim, 100.0 * it.overlap, it.n_words)?;
        }
    }
    writeln!(output, "\nsuggested k: {}; {}", report.suggested, report.reason)?;
    Ok(())
}

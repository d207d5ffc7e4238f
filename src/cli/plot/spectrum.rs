//! `eigenlex plot spectrum`: what each component explains.

use std::path::PathBuf;

use anyhow::Result;
use eigenlex::Model;

use crate::cli::documents::spectrum::MeasureArgs;
use crate::cli::documents::spectrum_report::chart;
use crate::cli::output::bars::Bars;
use crate::cli::pictures::PictureArgs;
use crate::cli::pictures::curves::picture;
use crate::cli::refusal::Refusal;

const AFTER_HELP: &str = "\
Examples:
  The loss after each component:
    eigenlex plot spectrum model -o loss.pdf
  And that of documents which the model has not seen:
    eigenlex plot spectrum model --held-out new.txt --width column -o loss.pdf";

/// Draw what each component explains, as `spectrum` measures it
///
/// The loss after k components is 1 - sum s_i^2 / |X|_F^2 (Eckart & Young 1936). An upright line is
/// at the number of components that the measures suggest.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Model
    model: PathBuf,
    #[command(flatten)]
    measures: MeasureArgs,
    #[command(flatten)]
    picture: PictureArgs,
}

pub(super) fn run(args: Args, bars: &Bars) -> Result<()> {
    let model = Model::open(&args.model)?;
    if model.provenance.config.network.is_some() {
        let found = "the codes of a network have no components in an order";
        return Err(Refusal::new(found, "use a model made with `--encoder svd`").into());
    }
    let mut canvas = args.picture.open(0)?;
    let report = args.measures.report(&args.model, &model, bars)?;
    // The first line; the second is a hint for the command line.
    let reason = report.reason.lines().next().unwrap_or_default();
    let note = match report.suggested {
        Some(k) => format!("Suggested k: {k}; {reason}."),
        None => format!("Suggested k: none; {reason}."),
    };
    let scene = picture(&chart(&report), vec![note], &canvas.style, &mut canvas.fonts);
    canvas.write(scene, &[], bars)
}

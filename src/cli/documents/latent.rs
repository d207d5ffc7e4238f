//! What `spectrum` prints about a variational encoder: which dimensions of its codes are in use.

use std::io::{self, Write};

use anyhow::Result;
use eigenlex::Error;
use eigenlex::model::Provenance;
use eigenlex::network::{LatentDimension, NetworkConfig, Training};
use serde::Serialize;

use crate::cli::output;
use crate::cli::output::{Digits, FormatArg, OutputFormat};

/// Dimensions shown in text.
const SHOWN: usize = 20;

#[derive(Serialize)]
struct Report<'a> {
    model: &'a str,
    encoder: &'a str,
    /// Those with a variance of mu above 0.01.
    n_active: usize,
    /// In the order of the codes.
    latent: &'a [LatentDimension],
}

/// Prints the codes dimension by dimension; other encoders have no distributions to print.
pub(crate) fn show(
    output: &mut impl Write,
    form: FormatArg,
    model: &str,
    network: &NetworkConfig,
    it: &Provenance,
) -> Result<()> {
    let Some(Training { latent, .. }) = it.training.as_ref().filter(|it| !it.latent.is_empty())
    else {
        return Err(Error::NotOfEncoder {
            what: "spectrum",
            encoder: network.name(),
            reason: "it has neither singular values nor variances",
        }
        .into());
    };
    let n_active = latent.iter().filter(|it| it.is_active()).count();
    let mut order: Vec<usize> = (0..latent.len()).collect();
    order.sort_by(|&a, &b| latent[b].variance.total_cmp(&latent[a].variance).then(a.cmp(&b)));
    match form.resolve() {
        OutputFormat::Json => {
            let report = Report { model, encoder: network.name(), n_active, latent };
            output::json_line(output, &report)?;
        }
        OutputFormat::Tsv => tsv(output, form, latent, &order)?,
        OutputFormat::Text => text(output, latent, &order, n_active)?,
    }
    Ok(())
}

fn tsv(
    output: &mut impl Write,
    form: FormatArg,
    latent: &[LatentDimension],
    order: &[usize],
) -> io::Result<()> {
    let table = form.table(output, ["dimension", "mean", "variance", "posterior_variance"])?;
    order.iter().try_for_each(|&i| {
        let it = &latent[i];
        let [mean, variance, posterior] =
            [it.mean, it.variance, it.posterior_variance].map(Digits::<6>);
        table.row(output, [&(i + 1), &mean, &variance, &posterior])
    })
}

fn text(
    output: &mut impl Write,
    latent: &[LatentDimension],
    order: &[usize],
    n_active: usize,
) -> io::Result<()> {
    let (n, least) = (latent.len(), LatentDimension::ACTIVE);
    writeln!(
        output,
        "{n_active} of {n} dimensions are active: the variance of mu is above {least}"
    )?;
    writeln!(output, "dimension     mean of mu  variance of mu  mean of sigma^2  total variance")?;
    for &i in order.iter().take(SHOWN) {
        let LatentDimension { mean, variance, posterior_variance: posterior, .. } = latent[i];
        let (number, total) = (i + 1, variance + posterior);
        writeln!(
            output,
            "{number:>9}  {mean:>13.4}  {variance:>14.4}  {posterior:>15.4}  {total:>14.4}"
        )?;
    }
    if n > SHOWN {
        writeln!(output, "{:>9}  (--format tsv has all)", "...")?;
    }
    Ok(())
}

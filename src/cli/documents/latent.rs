//! What `spectrum` tells of a variational encoder: which numbers of its codes are in use.

use std::io::Write;

use eigenlex::network::{LatentDimension, NetworkConfig, Training};
use eigenlex::{Error, Provenance};
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

/// Prints the codes number by number; an encoder without distributions has nothing of the kind.
pub(crate) fn show(
    output: &mut impl Write,
    form: FormatArg,
    model: &str,
    network: &NetworkConfig,
    it: &Provenance,
) -> anyhow::Result<()> {
    let latent = match &it.training {
        Some(Training { latent, .. }) if !latent.is_empty() => latent,
        _ => {
            let reason = "there are neither singular values nor variances";
            return Err(
                Error::NotOfEncoder { what: "spectrum", encoder: network.name(), reason }.into()
            );
        }
    };
    let format = form.resolve();
    let n_active = latent.iter().filter(|it| it.is_active()).count();
    if format == OutputFormat::Json {
        return Ok(output::json_line(
            output,
            &Report { model, encoder: network.name(), n_active, latent },
        )?);
    }
    let mut order: Vec<usize> = (0..latent.len()).collect();
    order.sort_by(|&a, &b| latent[b].variance.total_cmp(&latent[a].variance).then(a.cmp(&b)));
    if format == OutputFormat::Tsv {
        let table = form.table(output, ["dimension", "mean", "variance", "posterior_variance"])?;
        for i in order {
            let it = &latent[i];
            let [mean, variance, posterior] =
                [it.mean, it.variance, it.posterior_variance].map(Digits::<6>);
            table.row(output, [&(i + 1), &mean, &variance, &posterior])?;
        }
        return Ok(());
    }
    writeln!(
        output,
        "{n_active} of {} dimensions are active: the variance of mu is above {}",
        latent.len(),
        LatentDimension::ACTIVE
    )?;
    writeln!(
        output,
        "dimension     mean of mu  variance of mu  mean of sigma^2  variance in all (1 as N(0, 1))"
    )?;
    for &i in order.iter().take(SHOWN) {
        let it = &latent[i];
        let all = it.variance + it.posterior_variance;
        writeln!(
            output,
            "{:>9}  {:>13.4}  {:>14.4}  {:>15.4}  {all:>15.4}",
            i + 1,
            it.mean,
            it.variance,
            it.posterior_variance
        )?;
    }
    if latent.len() > SHOWN {
        writeln!(output, "{:>9}  (--format tsv has all)", "...")?;
    }
    Ok(())
}

//! What `info` prints about a network: what it is, how its losses fell, how its codes lie.

use std::io::{self, Write};

use eigenlex::model::Provenance;
use eigenlex::network::{LatentDimension, Loss, NetworkConfig, NetworkKind, Training};

use crate::cli::output::{Digits, Table};

/// A network in words.
pub(super) fn text(
    output: &mut impl Write,
    network: &NetworkConfig,
    it: &Provenance,
) -> io::Result<()> {
    let hidden = match network.hidden_size {
        0 => String::new(),
        n => format!(" with {n} hidden units"),
    };
    let loss = match network.loss {
        Loss::Multinomial => "multinomial",
        Loss::Squared => "squared",
    };
    let dropout = match network.dropout {
        0.0 => String::new(),
        share => format!(", dropout {share}"),
    };
    writeln!(output, "encoder   {}{hidden}, {loss} loss{dropout}", network.name())?;
    writeln!(
        output,
        "vectors   {} dimensions, the weights of the decoder, seed {}",
        it.dim, it.seed
    )?;
    let Some(training) = &it.training else { return Ok(()) };
    let unit = match network.loss {
        Loss::Multinomial => "nats per document",
        Loss::Squared => "of |X|_F^2",
    };
    losses(output, network, training, unit)?;
    writeln!(output, "loss      {:.4} {unit}, without dropout and sampling", training.loss)?;
    codes(output, &training.latent)
}

/// How the losses fell in training.
fn losses(
    output: &mut impl Write,
    network: &NetworkConfig,
    training: &Training,
    unit: &str,
) -> io::Result<()> {
    let (Some(first), Some(last)) = (training.epochs.first(), training.epochs.last()) else {
        return Ok(());
    };
    writeln!(
        output,
        "training  {} epochs, {} documents a step, learning rate {}: reconstruction {:.4} to \
         {:.4} {unit}",
        training.epochs.len(),
        network.batch_size,
        network.learning_rate,
        first.reconstruction,
        last.reconstruction
    )?;
    let NetworkKind::Vae { kl_weight, kl_annealing_epochs } = network.encoder else {
        return Ok(());
    };
    let rise = match kl_annealing_epochs {
        0 => String::new(),
        n => format!(", annealed over {n} epochs"),
    };
    writeln!(
        output,
        "          KL {:.4} to {:.4} nats per document, weight {kl_weight}{rise}",
        first.kl, last.kl
    )
}

/// How the codes of a variational network lie.
fn codes(output: &mut impl Write, latent: &[LatentDimension]) -> io::Result<()> {
    if latent.is_empty() {
        return Ok(());
    }
    let mean = |value: &dyn Fn(&LatentDimension) -> f64| {
        latent.iter().map(value).sum::<f64>() / latent.len() as f64
    };
    writeln!(
        output,
        "codes     {} of {} dimensions active (variance of mu > {}); on average |mean| {:.3}, \
         variance {:.3}",
        latent.iter().filter(|it| it.is_active()).count(),
        latent.len(),
        LatentDimension::ACTIVE,
        mean(&|it| it.mean.abs()),
        mean(&|it| it.variance + it.posterior_variance)
    )
}

/// A key and a value per line; epochs and dimensions have numbered keys.
pub(super) fn tsv(
    output: &mut impl Write,
    table: &Table<2>,
    training: &Training,
) -> io::Result<()> {
    let mut put = |key: String, value: f64| table.row(output, [&key, &Digits::<7>(value)]);
    for (number, it) in (1..).zip(&training.epochs) {
        put(format!("reconstruction.{number}"), it.reconstruction)?;
        put(format!("kl.{number}"), it.kl)?;
        put(format!("kl_weight.{number}"), it.kl_weight)?;
    }
    put("loss".to_owned(), training.loss)?;
    for (number, it) in (1..).zip(&training.latent) {
        put(format!("mean.{number}"), it.mean)?;
        put(format!("variance.{number}"), it.variance)?;
        put(format!("posterior_variance.{number}"), it.posterior_variance)?;
    }
    Ok(())
}

//! The options of `embed` about networks, and what `info` tells of them.

use std::io::{self, Write};

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::Provenance;
use eigenlex::network::{LatentDimension, Loss, NetworkConfig, NetworkKind, Training};

use crate::cli::output::{Digits, Table};
use crate::cli::reading::conflict;

/// How documents become codes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Encoder")]
pub(crate) struct NetworkArgs {
    /// What makes codes of documents, and gives the words their vectors. A network is trained on
    /// the documents instead of the decomposition, by the recipe passages (documents of 200
    /// tokens, square-root weighting) where nothing else is said
    #[arg(long, value_enum, default_value_t = EncoderName::Svd, value_name = "ENCODER")]
    encoder: EncoderName,
    /// How a document and what is given back are compared [default: multinomial, or squared for
    /// linear]
    #[arg(long, value_enum, value_name = "LOSS")]
    loss: Option<LossName>,
    /// Numbers in the hidden layer [default: 300]
    #[arg(long, value_name = "N")]
    hidden_size: Option<usize>,
    /// How often every document is seen [default: 20]
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Documents in a step [default: 128]
    #[arg(long, value_name = "N")]
    batch_size: Option<usize>,
    /// Rate of Adam at the first step; it falls to 0 along half a cosine [default: 0.003]
    #[arg(long, allow_negative_numbers = true, value_name = "R")]
    learning_rate: Option<f64>,
    /// Share of the words of a document that the encoder does not see while it learns [default:
    /// 0.5, or 0 for linear]
    #[arg(long, allow_negative_numbers = true, value_name = "P")]
    dropout: Option<f64>,
    /// Weight of the divergence of the codes from N(0, I): 1 is the evidence bound, less spends
    /// more on the documents [default: 0.2]
    #[arg(long, allow_negative_numbers = true, value_name = "W")]
    kl_weight: Option<f64>,
    /// Epochs over which that weight rises from 0 [default: half of them]
    #[arg(long, value_name = "N")]
    kl_annealing_epochs: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EncoderName {
    /// The decomposition: the best linear encoder
    Svd,
    /// What the decomposition does, by gradient descent
    Linear,
    /// A network with a hidden layer
    Autoencoder,
    /// A variational one, from whose codes documents can be drawn (`generate`)
    Vae,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LossName {
    /// The words of a document are draws: -sum n ln p
    Multinomial,
    /// |x - x~|^2 of the weights
    Squared,
}

impl NetworkArgs {
    /// The network that is asked for, if any.
    pub(crate) fn resolve(&self) -> Result<Option<NetworkConfig>> {
        let is_given = [
            ("loss", self.loss.is_some(), "--encoder linear, autoencoder or vae"),
            ("hidden-size", self.hidden_size.is_some(), "--encoder autoencoder or vae"),
            ("epochs", self.epochs.is_some(), "--encoder linear, autoencoder or vae"),
            ("batch-size", self.batch_size.is_some(), "--encoder linear, autoencoder or vae"),
            ("learning-rate", self.learning_rate.is_some(), "--encoder linear, autoencoder or vae"),
            ("dropout", self.dropout.is_some(), "--encoder linear, autoencoder or vae"),
            ("kl-weight", self.kl_weight.is_some(), "--encoder vae"),
            ("kl-annealing-epochs", self.kl_annealing_epochs.is_some(), "--encoder vae"),
        ];
        let has = |name: &str| match self.encoder {
            EncoderName::Svd => false,
            EncoderName::Linear => {
                !matches!(name, "hidden-size" | "kl-weight" | "kl-annealing-epochs")
            }
            EncoderName::Autoencoder => !matches!(name, "kl-weight" | "kl-annealing-epochs"),
            EncoderName::Vae => true,
        };
        if let Some((name, _, needs)) =
            is_given.into_iter().find(|(name, given, _)| *given && !has(name))
        {
            return conflict(name, "given", needs);
        }
        let epochs = self.epochs.unwrap_or(NetworkConfig::new(NetworkKind::Autoencoder).epochs);
        let kind = match self.encoder {
            EncoderName::Svd => return Ok(None),
            EncoderName::Linear => NetworkKind::Linear,
            EncoderName::Autoencoder => NetworkKind::Autoencoder,
            EncoderName::Vae => NetworkKind::Vae {
                kl_weight: self.kl_weight.unwrap_or(NetworkKind::KL_WEIGHT),
                kl_annealing_epochs: self.kl_annealing_epochs.unwrap_or(epochs / 2),
            },
        };
        let default = NetworkConfig::new(kind);
        let config = NetworkConfig {
            encoder: kind,
            loss: match self.loss {
                None => default.loss,
                Some(LossName::Multinomial) => Loss::Multinomial,
                Some(LossName::Squared) => Loss::Squared,
            },
            hidden_size: self.hidden_size.unwrap_or(default.hidden_size),
            epochs,
            batch_size: self.batch_size.unwrap_or(default.batch_size),
            learning_rate: self.learning_rate.unwrap_or(default.learning_rate),
            dropout: self.dropout.unwrap_or(default.dropout),
        };
        config.check()?;
        Ok(Some(config))
    }
}

/// A network in words: what it is, how its losses fell, how its codes lie.
pub(crate) fn text(
    output: &mut impl Write,
    network: &NetworkConfig,
    it: &Provenance,
) -> io::Result<()> {
    let hidden = if network.hidden_size > 0 {
        format!(" of {} hidden numbers", network.hidden_size)
    } else {
        String::new()
    };
    let loss = match network.loss {
        Loss::Multinomial => "multinomial",
        Loss::Squared => "squared",
    };
    let dropped = if network.dropout > 0.0 {
        format!(", {} of the words left out", network.dropout)
    } else {
        String::new()
    };
    writeln!(output, "encoder   {}{hidden}, {loss} loss{dropped}", network.name())?;
    writeln!(
        output,
        "vectors   {} dimensions, the weights of the decoder, seed {}",
        it.dim, it.seed
    )?;
    let Some(training) = &it.training else { return Ok(()) };
    let unit = if network.loss == Loss::Multinomial { "nats a document" } else { "of |X|_F^2" };
    if let (Some(first), Some(last)) = (training.epochs.first(), training.epochs.last()) {
        writeln!(
            output,
            "training  {} epochs of {} documents a step, learning rate {}: reconstruction {:.4} to {:.4} {unit}",
            training.epochs.len(),
            network.batch_size,
            network.learning_rate,
            first.reconstruction,
            last.reconstruction
        )?;
        if let NetworkKind::Vae { kl_weight, kl_annealing_epochs } = network.encoder {
            let rise = if kl_annealing_epochs > 0 {
                format!(", risen over {kl_annealing_epochs} epochs")
            } else {
                String::new()
            };
            writeln!(
                output,
                "          KL {:.4} to {:.4} nats a document, weight {kl_weight}{rise}",
                first.kl, last.kl
            )?;
        }
    }
    writeln!(output, "loss      {:.4} {unit}, nothing left out and nothing drawn", training.loss)?;
    if !training.latent.is_empty() {
        let mean = |value: &dyn Fn(&LatentDimension) -> f64| {
            training.latent.iter().map(value).sum::<f64>() / training.latent.len() as f64
        };
        writeln!(
            output,
            "codes     {} of {} dimensions active (variance of mu > {}); all together mean {:.3} from 0, variance {:.3}",
            training.latent.iter().filter(|it| it.is_active()).count(),
            training.latent.len(),
            LatentDimension::ACTIVE,
            mean(&|it| it.mean.abs()),
            mean(&|it| it.variance + it.posterior_variance)
        )?;
    }
    Ok(())
}

/// A key and a value a line; epochs and dimensions have numbered keys.
pub(crate) fn tsv(
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

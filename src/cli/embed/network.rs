//! The options of `embed` about networks.

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::network::{Loss, NetworkConfig, NetworkKind};

use crate::cli::refusal::no_effect;

/// How documents become codes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Encoder")]
pub(crate) struct NetworkArgs {
    /// What turns documents into codes, and gives the words their vectors
    ///
    /// A network is trained on the documents in place of the decomposition. Unless other options
    /// say otherwise, it uses the recipe passages.
    #[arg(long, value_enum, default_value_t = EncoderName::Svd, value_name = "ENCODER")]
    encoder: EncoderName,
    /// How a document is compared with what the network gives back [default: multinomial, or
    /// squared with linear]
    #[arg(long, value_enum, value_name = "LOSS")]
    loss: Option<LossName>,
    /// Units in the hidden layer [default: 300]
    #[arg(long, value_name = "N")]
    hidden_size: Option<usize>,
    /// Passes over the documents in training [default: 20]
    ///
    /// More may fit the documents better and take longer.
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Documents in one training step [default: 128]
    #[arg(long, value_name = "N")]
    batch_size: Option<usize>,
    /// Learning rate of Adam at the first step; it falls to 0 along a cosine [default: 0.003]
    #[arg(long, allow_negative_numbers = true, value_name = "R")]
    learning_rate: Option<f64>,
    /// Share of the words of a document that are hidden from the encoder in training, from 0, below
    /// 1 [default: 0.5, or 0 with linear]
    #[arg(long, allow_negative_numbers = true, value_name = "P")]
    dropout: Option<f64>,
    /// Weight of the Kullback-Leibler divergence of the codes from N(0, I), at least 0 [default:
    /// 0.2]
    ///
    /// 1 gives the evidence lower bound. Less reconstructs documents better; more makes the codes
    /// closer to a normal distribution, which `generate` draws from.
    #[arg(long, allow_negative_numbers = true, value_name = "W")]
    kl_weight: Option<f64>,
    /// Epochs over which the weight of the divergence rises from 0 [default: half of --epochs]
    #[arg(long, value_name = "N")]
    kl_annealing_epochs: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EncoderName {
    /// The decomposition, which is the best linear encoder
    Svd,
    /// A linear encoder trained by gradient descent, to compare with svd
    Linear,
    /// A network with a hidden layer
    Autoencoder,
    /// A variational autoencoder: `generate` can draw documents from it
    Vae,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LossName {
    /// Negative log-likelihood of the words of a document, -sum n ln p
    Multinomial,
    /// Squared difference of the word weights
    Squared,
}

impl NetworkArgs {
    /// The network that is asked for, if any.
    pub(crate) fn resolve(&self) -> Result<Option<NetworkConfig>> {
        self.refuse_others_options()?;
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
        let loss = match self.loss {
            None => default.loss,
            Some(LossName::Multinomial) => Loss::Multinomial,
            Some(LossName::Squared) => Loss::Squared,
        };
        let config = NetworkConfig::new(kind)
            .loss(loss)
            .hidden_size(self.hidden_size.unwrap_or(default.hidden_size))
            .epochs(epochs)
            .batch_size(self.batch_size.unwrap_or(default.batch_size))
            .learning_rate(self.learning_rate.unwrap_or(default.learning_rate))
            .dropout(self.dropout.unwrap_or(default.dropout));
        config.check()?;
        Ok(Some(config))
    }

    /// Refuses options of other encoders than the one that is asked for.
    fn refuse_others_options(&self) -> Result<()> {
        use EncoderName::{Autoencoder, Linear, Vae};
        let (all, hidden, variational) = (
            [Linear, Autoencoder, Vae].as_slice(),
            [Autoencoder, Vae].as_slice(),
            [Vae].as_slice(),
        );
        let options = [
            ("--loss", self.loss.is_some(), all),
            ("--hidden-size", self.hidden_size.is_some(), hidden),
            ("--epochs", self.epochs.is_some(), all),
            ("--batch-size", self.batch_size.is_some(), all),
            ("--learning-rate", self.learning_rate.is_some(), all),
            ("--dropout", self.dropout.is_some(), all),
            ("--kl-weight", self.kl_weight.is_some(), variational),
            ("--kl-annealing-epochs", self.kl_annealing_epochs.is_some(), variational),
        ];
        let wrong = options
            .into_iter()
            .find(|(_, is_given, encoders)| *is_given && !encoders.contains(&self.encoder));
        let Some((flag, _, encoders)) = wrong else { return Ok(()) };
        let name = |encoder: &EncoderName| {
            encoder.to_possible_value().map_or_else(String::new, |it| it.get_name().to_owned())
        };
        let needed: Vec<String> = encoders.iter().map(name).collect();
        no_effect(
            flag,
            &format!("it does not belong to `--encoder {}`", name(&self.encoder)),
            &format!("use `--encoder {}`", needed.join("` or `--encoder ")),
        )
    }
}

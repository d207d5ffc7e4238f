//! Parameters that make no sense, refused before any work.

use super::EmbedConfig;
use crate::base::error::{Error, Result};
use crate::counts::Contexts;
use crate::network::NetworkConfig;
use crate::weighting::formulas::Weighting;

impl EmbedConfig {
    /// Refuses parameters that make no sense, before any work.
    ///
    /// # Errors
    /// [`Error::Parameter`], naming the first such parameter.
    pub fn check(&self) -> Result<()> {
        let refuse = |name, found: String, expected: &str| {
            Err(Error::Parameter { name, found, expected: expected.to_owned() })
        };
        if !(0.0..=1.0).contains(&self.sigma_exponent) {
            return refuse(
                "sigma_exponent",
                self.sigma_exponent.to_string(),
                "a number from 0 to 1",
            );
        }
        if !(0.0..=1.0).contains(&self.dispersion) {
            return refuse("dispersion", self.dispersion.to_string(), "a number from 0 to 1");
        }
        if self.dispersion > 0.0
            && (self.contexts == Contexts::Documents
                || !matches!(self.weighting, Weighting::SquareRoot { .. }))
        {
            return refuse(
                "dispersion",
                self.dispersion.to_string(),
                "0 unless contexts are windows and the weighting is the square root",
            );
        }
        if self.dim == 0 {
            return refuse("dim", "0".to_owned(), "at least 1");
        }
        if let Some(n_words) = self.fit_words.filter(|&n_words| n_words < self.rank()) {
            return refuse(
                "fit_words",
                n_words.to_string(),
                &format!("at least {}, the dimension and the dropped components", self.rank()),
            );
        }
        if self.document_tokens == Some(0) {
            return refuse("document_tokens", "0".to_owned(), "at least 1");
        }
        if self.cutoff.max_words == Some(0) {
            return refuse("max_words", "0".to_owned(), "at least 1");
        }
        if let Some(phrases) = &self.phrases {
            phrases.check()?;
        }
        if let Some(subsampling) = &self.subsample {
            subsampling.check()?;
            if !subsampling.random && self.weighting == Weighting::Binary {
                let expected = "it at random, or another weighting: 0 or 1 does not see how large an expected count is";
                return refuse("subsample", subsampling.threshold.to_string(), expected);
            }
        }
        if let Some(subword_smoothing) = &self.subword_smoothing {
            subword_smoothing.check()?;
        }
        if self.add_contexts && self.contexts == Contexts::Documents {
            return refuse(
                "add_contexts",
                "true".to_owned(),
                "false where documents are the contexts: they are no words",
            );
        }
        if self.sentences && self.contexts == Contexts::Documents {
            return refuse(
                "sentences",
                "true".to_owned(),
                "false where documents are the contexts: there are no windows to end",
            );
        }
        if let Some(network) = &self.network {
            self.check_network(network)?;
        }
        self.contexts.check()?;
        self.weighting.check()?;
        self.solver(false).check()
    }

    /// A network learns from documents; what belongs to the decomposition must be off.
    fn check_network(&self, network: &NetworkConfig) -> Result<()> {
        network.check()?;
        let refuse = |name, found: &str, expected: &str| {
            let expected = format!("{expected} where the encoder is {}", network.name());
            Err(Error::Parameter { name, found: found.to_owned(), expected })
        };
        if cfg!(not(feature = "neural")) {
            return refuse("network", "given", "a program with the feature `neural`");
        }
        if self.contexts != Contexts::Documents {
            return refuse("contexts", "window", "documents");
        }
        if self.drop_components > 0 {
            return refuse("drop_components", &self.drop_components.to_string(), "0");
        }
        if self.sigma_exponent != 0.0 {
            return refuse("sigma_exponent", &self.sigma_exponent.to_string(), "0");
        }
        if let Some(n_words) = self.fit_words {
            return refuse("fit_words", &n_words.to_string(), "none");
        }
        if self.center {
            return refuse("center", "true", "false");
        }
        if self.subword_smoothing.is_some() {
            return refuse("subword_smoothing", "given", "none");
        }
        Ok(())
    }
}

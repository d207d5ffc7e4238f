//! Parameters that make no sense, refused before any work.

use super::EmbedConfig;
use crate::base::error::{Error, Result};
use crate::counts::Contexts;
use crate::network::NetworkConfig;
use crate::weighting::formulas::Weighting;

/// The error of a parameter.
fn refuse(name: &'static str, found: impl ToString, expected: impl Into<String>) -> Result<()> {
    Err(Error::Parameter { name, found: found.to_string(), expected: expected.into() })
}

impl EmbedConfig {
    /// Refuses parameters that make no sense, before any work.
    ///
    /// # Errors
    /// [`Error::Parameter`], naming the first such parameter.
    pub fn check(&self) -> Result<()> {
        self.check_ranges()?;
        if let Some(phrases) = &self.phrases {
            phrases.check()?;
        }
        if let Some(subsampling) = &self.subsample {
            subsampling.check()?;
            if !subsampling.random && self.weighting == Weighting::Binary {
                let expected = "a random draw (`random`), or a weighting other than binary: 0 or 1 \
                                does not see how large an expected count is";
                return refuse("subsample", subsampling.threshold, expected);
            }
        }
        if let Some(subwords) = &self.subwords {
            subwords.check()?;
        }
        self.check_contexts()?;
        if let Some(network) = &self.network {
            self.check_network(network)?;
        }
        self.contexts.check()?;
        self.weighting.check()?;
        self.solver(false).check()
    }

    /// Each number by itself, and against the dimensions.
    fn check_ranges(&self) -> Result<()> {
        let is_share = |number| (0.0..=1.0).contains(&number);
        if !is_share(self.sigma_exponent) {
            return refuse("sigma_exponent", self.sigma_exponent, "a number from 0 to 1");
        }
        if !is_share(self.dispersion) {
            return refuse("dispersion", self.dispersion, "a number from 0 to 1");
        }
        let is_square_root = matches!(self.weighting, Weighting::SquareRoot { .. });
        let is_window = self.contexts != Contexts::Documents;
        if !(self.damping >= 0.0 && self.damping.is_finite()) {
            return refuse("damping", self.damping, "a finite number, at least 0");
        }
        if !(is_window && is_square_root) {
            let only = "unless contexts are windows and the weighting is the square root";
            if self.dispersion > 0.0 {
                return refuse("dispersion", self.dispersion, format!("0 {only}"));
            }
            if self.damping > 0.0 {
                return refuse("damping", self.damping, format!("0 {only}"));
            }
            if !self.numerals {
                return refuse("numerals", false, format!("true {only}"));
            }
        }
        if self.dim == 0 {
            return refuse("dim", 0, "at least 1");
        }
        if let Some(n_words) = self.fit_words.filter(|&n_words| n_words < self.rank()) {
            let least = self.rank();
            let expected = format!("at least {least}, the dimension and the dropped components");
            return refuse("fit_words", n_words, expected);
        }
        if self.document_tokens == Some(0) {
            return refuse("document_tokens", 0, "at least 1");
        }
        if self.cutoff.max_words == Some(0) {
            return refuse("max_words", 0, "at least 1");
        }
        Ok(())
    }

    /// What belongs to windows must be off with documents.
    fn check_contexts(&self) -> Result<()> {
        if self.contexts != Contexts::Documents {
            return Ok(());
        }
        if self.add_contexts {
            let expected = "false where documents are the contexts: they are no words";
            return refuse("add_contexts", true, expected);
        }
        if self.sentences {
            let expected = "false where documents are the contexts: there are no windows to end";
            return refuse("sentences", true, expected);
        }
        Ok(())
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
        if self.subwords.is_some() {
            return refuse("subwords", "given", "none");
        }
        Ok(())
    }
}

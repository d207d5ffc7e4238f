//! What every process of a run must know: how texts are read, and the configuration.

use serde::{Deserialize, Serialize};

use crate::base::error::{Error, Result};
use crate::config::EmbedConfig;
use crate::corpus::{Corpus, CorpusOptions, DocumentUnit};
use crate::tokenize::Tokenizer;

/// What every process of a run must know. It travels as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The version of the program, which all processes must have.
    version: String,
    pub(super) config: EmbedConfig,
    pub(super) unit: DocumentUnit,
    pub(super) options: CorpusOptions,
}

impl Plan {
    /// For a corpus, which may be one without sources where an engine hands out the texts.
    ///
    /// # Errors
    /// A configuration that makes no sense, or of which a stage cannot be divided: phrases, a
    /// network, metadata of documents.
    pub fn new(corpus: &Corpus, config: EmbedConfig) -> Result<Self> {
        config.check()?;
        let refuse = |name, found: &str, expected: &str| {
            Err(Error::Parameter { name, found: found.to_owned(), expected: expected.to_owned() })
        };
        if config.phrases.is_some() {
            return refuse("phrases", "phrases", "none: they are not found on a cluster");
        }
        if config.network.is_some() {
            return refuse("network", "a network", "none: a cluster decomposes, it does not train");
        }
        if !corpus.reading().reader_options.metadata.is_empty() {
            return refuse(
                "metadata",
                "metadata",
                "none: a cluster keeps no metadata of documents",
            );
        }
        Ok(Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config,
            unit: corpus.unit(),
            options: corpus.reading().clone(),
        })
    }

    /// # Errors
    /// Text that [`Plan::to_json`] has not written, or that of another version of the program.
    pub fn of_json(json: &str) -> Result<Self> {
        let parameter = |found: String, expected: &str| Error::Parameter {
            name: "plan",
            found,
            expected: expected.to_owned(),
        };
        let value: serde_json::Value = serde_json::from_str(json)
            .map_err(|error| parameter(error.to_string(), "the plan of a run"))?;
        let version = value["version"].as_str().unwrap_or_default();
        if version != env!("CARGO_PKG_VERSION") {
            let expected = format!("version {}, as on this machine", env!("CARGO_PKG_VERSION"));
            return Err(parameter(format!("a run of version {version}"), &expected));
        }
        serde_json::from_value(value)
            .map_err(|error| parameter(error.to_string(), "the plan of a run"))
    }

    /// As JSON; equal plans are equal texts.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("numbers, strings and lists can be written")
    }

    /// The configuration.
    pub fn config(&self) -> &EmbedConfig {
        &self.config
    }

    pub(super) fn tokenizer(&self) -> Result<Tokenizer> {
        Tokenizer::new(&self.config.tokenizer)
    }
}

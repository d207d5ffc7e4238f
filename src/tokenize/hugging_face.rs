//! A `tokenizer.json` of the Hugging Face tokenizers library: the one file that names that library.
//!
//! Without the feature `tokenizers` such a file cannot be used, and the error says so.

use std::path::Path;

use crate::base::error::{Error, Result};

#[cfg(feature = "tokenizers")]
#[derive(Clone)]
pub(super) struct HuggingFace {
    tokenizer: Box<tokenizers::Tokenizer>,
    json: String,
}

#[cfg(feature = "tokenizers")]
impl HuggingFace {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// It cannot be read, or is no `tokenizer.json`.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let json =
            std::fs::read_to_string(path).map_err(|source| Error::io("read", path, source))?;
        let failed = |error: tokenizers::Error| Error::Tokenizer {
            place: format!("`{}`", path.display()),
            reason: error.to_string(),
        };
        let mut tokenizer = tokenizers::Tokenizer::from_bytes(json.as_bytes()).map_err(failed)?;
        // Settings for batches of a neural network: here they would cut documents short or fill
        // them with padding.
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(failed)?;
        Ok(Self { tokenizer: Box::new(tokenizer), json })
    }

    /// The text of the file.
    pub(super) fn json(&self) -> &str {
        &self.json
    }

    /// Calls `visit` with each token of `text`.
    ///
    /// # Errors
    /// The tokenizer refuses the text.
    pub(super) fn cut(&self, text: &str, mut visit: impl FnMut(&str)) -> Result<()> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let failed = |reason: String| {
            let start: String = text.chars().take(40).collect();
            Error::Tokenizer { place: format!("on the text `{}`", start.trim()), reason }
        };
        let encoding =
            self.tokenizer.encode_fast(text, false).map_err(|error| failed(error.to_string()))?;
        // The fast encoding knows ids only; its `get_tokens` are empty strings.
        for &id in encoding.get_ids() {
            let token = self
                .tokenizer
                .id_to_token(id)
                .ok_or_else(|| failed(format!("its token {id} has no spelling")))?;
            visit(&token);
        }
        Ok(())
    }
}

/// There is none without the library.
#[cfg(not(feature = "tokenizers"))]
#[derive(Clone)]
pub(super) enum HuggingFace {}

#[cfg(not(feature = "tokenizers"))]
impl HuggingFace {
    pub(super) fn open(path: &Path) -> Result<Self> {
        Err(Error::Tokenizer {
            place: format!("`{}`", path.display()),
            reason: "a tokenizer.json needs the feature `tokenizers`, which is switched off here"
                .to_owned(),
        })
    }

    pub(super) fn json(&self) -> &str {
        match *self {}
    }

    pub(super) fn cut(&self, _: &str, _: impl FnMut(&str)) -> Result<()> {
        match *self {}
    }
}

#[cfg(all(test, not(feature = "tokenizers")))]
mod tests {
    use super::*;

    #[test]
    fn without_the_feature_a_tokenizer_file_is_an_error_that_names_it() {
        let error = HuggingFace::open(Path::new("tokenizer.json")).err();
        let message = error.map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(
            message,
            "the tokenizer `tokenizer.json` fails: a tokenizer.json needs the feature \
             `tokenizers`, which is switched off here"
        );
    }
}

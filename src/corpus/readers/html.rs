//! Web pages: the text of HTML, tag soup included, by the tokenizer of html5gum.
//!
//! In: a stream of HTML. Out: its text, a block element a line, without scripts, styles, templates,
//! forms' choices and comments; references are resolved. One `<br>` is a space, two end a block.
//! Memory: a portion of text.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use html5gum::{IoReader, Tokenizer};

use super::blocks::{BlockSource, Blocks};
use super::html_text::TextEmitter;
use super::{ReaderOptions, error_of, list};
use crate::base::error::{Error, Result};

/// The text of a page.
pub(super) struct Html {
    tokenizer: Tokenizer<IoReader<Retrying>, TextEmitter>,
    path: PathBuf,
    blocks: Blocks,
    metadata: Vec<String>,
    /// Whether the first portion, read for the metadata, is still to be handed out.
    is_read_ahead: bool,
}

/// Reads again after an interruption by a signal.
struct Retrying(Box<dyn Read + Send>);

impl Read for Retrying {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}

impl Html {
    pub(super) fn open(
        reader: Box<dyn Read + Send>,
        options: &ReaderOptions,
        path: &Path,
    ) -> Result<Self> {
        let reader = IoReader::new_with_buffer_size::<65536>(Retrying(reader));
        let mut html = Self {
            tokenizer: Tokenizer::new_with_emitter(reader, TextEmitter::default()),
            path: path.to_path_buf(),
            blocks: Blocks::default(),
            metadata: Vec::new(),
            is_read_ahead: false,
        };
        // The first portion of text holds all of the head.
        if !options.metadata.is_empty() {
            let found = html.next_portion()?.unwrap_or_default();
            html.is_read_ahead = true;
            html.metadata = values(&options.metadata, &found, path)?;
        }
        Ok(html)
    }

    /// Reads the next portion of text. Returns the metadata in it; `None` at the end.
    fn next_portion(&mut self) -> Result<Option<Vec<(String, String)>>> {
        let Some(portion) = self.tokenizer.next() else { return Ok(None) };
        let portion = portion.map_err(|error| error_of(&self.path, error))?;
        if !portion.is_utf8 {
            let found = "bytes that are not UTF-8";
            return Err(Error::malformed(&self.path, None, found, "UTF-8"));
        }
        self.blocks = portion.blocks;
        Ok(Some(portion.metadata))
    }
}

/// The values of `title`, `language` and of `<meta>` elements.
fn values(names: &[String], found: &[(String, String)], path: &Path) -> Result<Vec<String>> {
    let value_of = |name: &String| {
        let is_of = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        let value = found.iter().find(is_of).map(|(_, value)| value.clone());
        value.ok_or_else(|| {
            let found = match list(found.iter().map(|(key, _)| key)) {
                keys if keys.is_empty() => "a page without metadata".to_owned(),
                keys => format!("a page with {keys}"),
            };
            Error::malformed(path, None, found, format!("`{name}`"))
        })
    };
    names.iter().map(value_of).collect()
}

impl BlockSource for Html {
    fn advance(&mut self) -> Result<bool> {
        if std::mem::take(&mut self.is_read_ahead) {
            return Ok(true);
        }
        Ok(self.next_portion()?.is_some())
    }

    fn blocks(&mut self) -> &mut Blocks {
        &mut self.blocks
    }

    fn metadata(&self) -> &[String] {
        &self.metadata
    }
}

#[cfg(test)]
#[path = "html_tests.rs"]
mod tests;

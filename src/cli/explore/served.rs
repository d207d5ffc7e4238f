//! The page as a server sends it: smaller, since it asks the server for the rest.

use std::path::Path;

use anyhow::Result;
use eigenlex::encode::Encoder;
use eigenlex::{Model, WordVectors};

use super::args::PageArgs;
use super::page::make;
use super::{documents, words};
use crate::cli::documents::inputs::{Documents, MaybeDocumentsArgs};
use crate::cli::documents::labels::LabelsArgs;
use crate::cli::output::bars::Bars;

/// Characters of each text that the page itself has: what lists show.
const TEXT_LENGTH: u32 = 300;

/// What is shown.
pub(crate) enum Shown<'a> {
    Documents {
        encoder: &'a Encoder<'a>,
        documents: &'a Documents,
        labels: LabelsArgs,
    },
    Words {
        vectors: &'a WordVectors,
        model: Option<&'a Model>,
    },
    /// A map, a hub or a chain.
    Joined(&'a Path),
}

/// The text of a page with the usual settings; `api` is the address of the model's API, where the
/// page asks for words and texts that it does not have.
pub(crate) fn served_page(shown: &Shown, api: &str, bars: &Bars) -> Result<String> {
    let mut args = PageArgs {
        words: None,
        vectors: None,
        text_length: TEXT_LENGTH,
        neighbors: 15,
        seed: 42,
        labels: LabelsArgs::default(),
        documents: MaybeDocumentsArgs::default(),
    };
    let mut page = match shown {
        Shown::Documents { encoder, documents, labels } => {
            args.labels = labels.clone();
            documents::of_documents(&args, encoder.model(), encoder, documents, bars)?
        }
        Shown::Words { vectors, model } => words::of_one(&args, vectors, *model, bars)?,
        // The vectors of several languages are in the page: the server has those of each alone.
        Shown::Joined(path) => return make(path, args, bars)?.html(),
    };
    page.api = Some(api.to_owned());
    // What is left out of a file is there on the server.
    page.notes.retain(|note| !note.contains("--vectors") && !note.contains("--text-length"));
    if let Some(words) = &mut page.words {
        words.vectors = None;
    }
    page.html()
}

//! The page of a model, a map or a chain: what is shown, and the text of the page.

use std::path::Path;

use anyhow::Result;
use eigenlex::align::{AlignmentMap, CommonSpaces};
use eigenlex::encode::Encoder;
use eigenlex::{FileKind, Model};

use super::args::PageArgs;
use super::data::Page;
use super::sides::{Join, Space};
use super::{documents, words};
use crate::cli::output::bars::Bars;
use crate::cli::output::chart::escaped;
use crate::cli::refusal::Refusal;

/// The page without its title and its data, built from `web/src` by `web/build.mjs`.
const PAGE: &str = include_str!("../../../web/dist/page.html");

impl Page {
    /// The text of the page.
    pub(super) fn html(&self) -> Result<String> {
        // Within a script `</script>` and `<!--` would end or hide it.
        let json = serde_json::to_string(self)?.replace('<', "\\u003c");
        let page = PAGE.replace("@TITLE@", &escaped(&self.title));
        // A page that is served may ask its server, and nobody else.
        let page = match &self.api {
            Some(_) => {
                page.replacen("img-src data: blob:", "img-src data: blob:; connect-src 'self'", 1)
            }
            None => page,
        };
        Ok(page.replace("@DATA@", &json))
    }
}

/// Makes the page of what stands at a path.
pub(super) fn make(input: &Path, mut args: PageArgs, bars: &Bars) -> Result<Page> {
    let documents = std::mem::take(&mut args.documents).given();
    let join = match FileKind::of(input).ok() {
        Some(FileKind::Map) => Some(Join::Map(Box::new(AlignmentMap::open(input)?))),
        Some(FileKind::Parallel) => {
            Some(Join::Map(Box::new(AlignmentMap::open(input.join("map"))?)))
        }
        Some(FileKind::Spaces) => Some(Join::Spaces(Box::new(CommonSpaces::open(input)?))),
        _ => None,
    };
    match (join, documents) {
        (Some(_), Some(_)) => {
            let found = "--in has no effect with a map or a chain, whose pages show words";
            Err(Refusal::new(found, "give a model to see its documents").into())
        }
        (Some(join), None) => words::of_several(&args, &join, bars),
        (None, Some(documents)) => {
            let model = Model::open(input)?;
            let encoder = Encoder::new(&model)?;
            let documents = documents.open_some(&encoder, bars)?;
            documents::of_documents(&args, &model, &encoder, &documents, bars)
        }
        (None, None) => {
            let Space { vectors, model, .. } = Space::open(String::new(), input)?;
            words::of_one(&args, &vectors, model.as_ref(), bars)
        }
    }
}

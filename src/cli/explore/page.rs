//! The page of a model, a map or a chain: what is shown, and the text of the page.

use std::io::{self, Write};
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

/// About so many bytes of data stand in one element. Chromium takes 6.5 seconds to read a page with
/// 100 MB in one element, and 0.9 seconds with these pieces.
const PIECE: usize = 60_000;

impl Page {
    /// The text of the page.
    pub(super) fn html(&self) -> Result<String> {
        let (head, tail) = PAGE.split_once("@DATA@").expect("the page has a place for its data");
        // A page that is served may ask its server, and nobody else.
        let head = match &self.api {
            Some(_) => {
                head.replacen("img-src data: blob:", "img-src data: blob:; connect-src 'self'", 1)
            }
            None => head.to_owned(),
        };
        let head = head.replace("@TITLE@", &escaped(&self.title));
        let mut pieces = Pieces { text: head.as_bytes().to_vec(), written: 0 };
        serde_json::to_writer(&mut pieces, self)?;
        pieces.end();
        pieces.text.extend_from_slice(tail.as_bytes());
        Ok(String::from_utf8(pieces.text)?)
    }
}

/// Writes JSON into elements of about `PIECE` bytes each.
struct Pieces {
    text: Vec<u8>,
    /// Bytes in the element that is open; 0 if none is.
    written: usize,
}

impl Pieces {
    fn end(&mut self) {
        if self.written > 0 {
            self.text.extend_from_slice(b"</script>");
            self.written = 0;
        }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for &byte in bytes {
            // An element ends between two characters, never within one.
            let begins = byte & 0xC0 != 0x80;
            if self.written >= PIECE && begins {
                self.end();
            }
            if self.written == 0 {
                self.text.extend_from_slice(b"<script type=\"application/json\">");
            }
            // Within a script `</script>` and `<!--` would end or hide it.
            let written: &[u8] = if byte == b'<' { b"\\u003c" } else { &[byte] };
            self.text.extend_from_slice(written);
            self.written += written.len();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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

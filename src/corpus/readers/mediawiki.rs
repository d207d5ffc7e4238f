//! Dumps of MediaWiki: `pages-articles.xml`, as Wikipedia publishes it.
//!
//! In: a header with the names of namespaces, then pages in XML. Out: of each article a record with
//! its text, without the marks of wikitext; of several revisions, the last. Redirects, and pages of
//! other namespaces than that of the articles (discussions, users, templates), are left out.
//! Format: <https://www.mediawiki.org/wiki/Help:Export>.

use std::path::Path;

use memchr::memmem;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::wikitext::{self, Namespaces};
use super::{Part, Place, ReaderOptions, RecordReader, Visit, entities, list, on_one_line};
use crate::base::error::Result;

const PAGE_START: &[u8] = b"<page>";
const PAGE_END: &[u8] = b"</page>";
const DUMP_END: &str = "</mediawiki>";

/// Numbers of namespaces: of articles, of files, of categories, and the old one of media.
const ARTICLES: &str = "0";
const FILES: [&str; 2] = ["6", "-2"];
const CATEGORIES: [&str; 1] = ["14"];

/// Reads the articles of a dump.
#[derive(Debug)]
pub(super) struct Mediawiki {
    namespaces: Namespaces,
    metadata: Vec<Field>,
    /// Whether the dump ends in its head, so that it has no page.
    ends_in_head: bool,
}

/// What is known of a page beside its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Title,
    Id,
    Timestamp,
}

const FIELDS: [(&str, Field); 3] =
    [("title", Field::Title), ("id", Field::Id), ("timestamp", Field::Timestamp)];

/// A page as it is read.
#[derive(Debug, Default)]
struct Page {
    title: String,
    id: String,
    timestamp: String,
    namespace: String,
    /// `wikitext` where the dump does not say.
    model: String,
    text: String,
    is_redirect: bool,
}

impl Mediawiki {
    /// Returns the reader and the length of the header.
    pub(super) fn open(options: &ReaderOptions, path: &Path, head: &[u8]) -> Result<(Self, usize)> {
        let place = Place { path, line: 1 };
        let field = |name: &String| {
            let found = FIELDS.iter().find(|(known, _)| known == name).map(|&(_, field)| field);
            found.ok_or_else(|| {
                let found = format!("pages with {}", list(FIELDS.iter().map(|(name, _)| name)));
                place.malformed(0, found, format!("`{name}`"))
            })
        };
        let metadata = options.metadata.iter().map(field).collect::<Result<_>>()?;
        let length = memmem::find(head, PAGE_START).unwrap_or(head.len());
        let header = String::from_utf8_lossy(&head[..length]);
        if !header.contains("<mediawiki") && length == head.len() {
            return Err(place.malformed(
                0,
                "a head without `<mediawiki` and `<page>`",
                "a dump of MediaWiki in XML",
            ));
        }
        let mut namespaces = Namespaces::default();
        let mut reader = Reader::from_str(&header);
        let mut key = None;
        // A header that is no XML tells nothing; the pages are read nevertheless.
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(element) if element.name().0 == "namespace" => {
                    let attribute = element.try_get_attribute("key").ok().flatten();
                    key = attribute.map(|key| key.value.into_owned());
                }
                Event::Text(name) => match key.take().as_deref() {
                    Some(number) if FILES.contains(&number) => namespaces.add_file(&name),
                    Some(number) if CATEGORIES.contains(&number) => namespaces.add_category(&name),
                    _ => {}
                },
                Event::Eof => break,
                _ => {}
            }
        }
        let ends_in_head = header.contains(DUMP_END);
        Ok((Self { namespaces, metadata, ends_in_head }, length))
    }

    fn visit_page(&self, page: &Page, text: &mut String, visit: &mut Visit<'_>) -> Result<()> {
        let is_wikitext = matches!(page.model.as_str(), "" | "wikitext");
        let is_article = page.namespace == ARTICLES && is_wikitext;
        if !is_article || page.is_redirect || is_redirect(&page.text) {
            return Ok(());
        }
        for (column, field) in self.metadata.iter().enumerate() {
            let value = match field {
                Field::Title => &page.title,
                Field::Id => &page.id,
                Field::Timestamp => &page.timestamp,
            };
            visit(Part::Metadata { column, value: &on_one_line(value) })?;
        }
        text.clear();
        wikitext::push_plain_text(&page.text, &self.namespaces, text);
        if !text.is_empty() {
            visit(Part::Text(text))?;
        }
        visit(Part::EndOfRecord)
    }
}

/// `#REDIRECT [[Page]]`, in any language.
fn is_redirect(text: &str) -> bool {
    let Some(rest) = text.trim_start().strip_prefix('#') else { return false };
    let Some((word, rest)) = rest.split_once("[[") else { return false };
    let word = word.trim_end_matches([' ', ':', '\t', '\n']);
    let Some((_, rest)) = rest.split_once("]]") else { return false };
    // An article that begins with a numbered list goes on with text.
    let has_no_text = ["{{", "[[", "<!--", "__"].iter().any(|mark| rest.trim().starts_with(mark));
    !word.is_empty()
        && word.chars().all(char::is_alphanumeric)
        && (has_no_text || rest.trim().is_empty())
}

impl RecordReader for Mediawiki {
    fn last_end(&self, bytes: &[u8]) -> Option<usize> {
        // Within texts, `<` is written `&lt;`.
        let end = memmem::rfind(bytes, PAGE_END)? + PAGE_END.len();
        Some(end + usize::from(bytes.get(end) == Some(&b'\n')))
    }

    fn doubt_at_end(&self, last: &[u8]) -> Option<String> {
        let ends = self.ends_in_head || memmem::rfind(last, DUMP_END.as_bytes()).is_some();
        (!ends).then(|| format!("the dump has no end, `{DUMP_END}`, and may be cut"))
    }

    fn read(&self, text: &str, place: Place<'_>, visit: &mut Visit<'_>) -> Result<()> {
        let (start_of_page, end_of_page) =
            (memmem::Finder::new(PAGE_START), memmem::Finder::new(PAGE_END));
        let bytes = text.as_bytes();
        let (mut position, mut plain) = (0, String::new());
        let lines = |end: usize| memchr::memchr_iter(b'\n', &bytes[..end]).count() as u64;
        while let Some(distance) = start_of_page.find(&bytes[position..]) {
            let start = position + distance;
            let Some(length) = end_of_page.find(&bytes[start..]) else {
                let found = "the end of the dump within a page, which begins here";
                return Err(place.malformed(lines(start), found, "`</page>`"));
            };
            position = start + length + PAGE_END.len();
            let page = Page::read(&text[start..position]).map_err(|error| {
                place.malformed(lines(start), format!("a page of bad XML: {error}"), "XML")
            })?;
            self.visit_page(&page, &mut plain, visit)?;
        }
        Ok(())
    }
}

impl Page {
    fn read(xml: &str) -> std::result::Result<Self, quick_xml::Error> {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().allow_dangling_amp = true;
        let (mut page, mut open) = (Self::default(), Vec::new());
        loop {
            match reader.read_event()? {
                Event::Start(element) => {
                    open.push(element.name().0.to_owned());
                    page.begin(&open);
                }
                Event::Empty(element) => {
                    open.push(element.name().0.to_owned());
                    page.begin(&open);
                    open.pop();
                }
                Event::End(_) => {
                    open.pop();
                }
                Event::Text(text) => page.push(&open, &text),
                Event::CData(text) => page.push(&open, &text),
                Event::GeneralRef(name) => match entities::numbered(&name) {
                    Some(character) => page.push(&open, character.encode_utf8(&mut [0; 4])),
                    None => page.push(&open, entities::named(&name).unwrap_or_default()),
                },
                Event::Eof => return Ok(page),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
    }

    /// The value that an element holds.
    fn field(&mut self, open: &[String]) -> Option<&mut String> {
        let mut names = open.iter().skip(1).map(String::as_str);
        Some(match (names.next()?, names.next(), names.next()) {
            ("title", None, _) => &mut self.title,
            ("id", None, _) => &mut self.id,
            ("ns", None, _) => &mut self.namespace,
            ("revision", Some("timestamp"), None) => &mut self.timestamp,
            ("revision", Some("model"), None) => &mut self.model,
            ("revision", Some("text"), None) => &mut self.text,
            _ => return None,
        })
    }

    /// An element begins: of each, the last counts.
    fn begin(&mut self, open: &[String]) {
        self.is_redirect |= open.len() == 2 && open[1] == "redirect";
        if let Some(field) = self.field(open) {
            field.clear();
        }
    }

    fn push(&mut self, open: &[String], text: &str) {
        if let Some(field) = self.field(open) {
            field.push_str(text);
        }
    }
}

#[cfg(test)]
#[path = "mediawiki_tests.rs"]
mod tests;

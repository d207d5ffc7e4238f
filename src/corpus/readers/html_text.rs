//! What of the tokens of a web page is text, and where blocks end.
//!
//! In: the calls of html5gum's tokenizer. Out: [`Portion`]s of text, with the metadata of the head.

use html5gum::emitters::naive_next_state;
use html5gum::{Emitter, Error as HtmlError, State};

use super::blocks::Blocks;

/// Elements whose content is no text of the page. `rt` and `rp` hold pronunciations.
const LEFT_OUT: [&str; 16] = [
    "datalist", "iframe", "math", "noembed", "noframes", "noscript", "rp", "rt", "script",
    "select", "style", "svg", "template", "textarea", "title", "xmp",
];

/// Elements that stand on lines of their own.
const BLOCKS: [&str; 44] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "html",
    "legend",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "search",
    "section",
    "summary",
    "table",
    "title",
    "tr",
    "ul",
];

/// Elements with a space around: cells of a table, controls.
const SPACED: [&str; 6] = ["button", "img", "input", "label", "td", "th"];

/// Bytes of the name of a tag or an attribute that are kept; a longer one means nothing to us.
const LONGEST_NAME: usize = 64;

/// Bytes of the value of an attribute, or of a title, that are kept.
const LONGEST_VALUE: usize = 4096;

/// Metadata that are kept.
const MOST_METADATA: usize = 1000;

/// Some text of a page.
pub(super) struct Portion {
    pub(super) blocks: Blocks,
    pub(super) metadata: Vec<(String, String)>,
    /// False if the bytes of the text are not.
    pub(super) is_utf8: bool,
}

/// Collects text from the calls of the tokenizer.
#[derive(Default)]
pub(super) struct TextEmitter {
    blocks: Blocks,
    metadata: Vec<(String, String)>,
    /// Bytes of text that are not yet a whole character.
    incomplete: Vec<u8>,
    is_bad: bool,
    is_at_end: bool,
    /// The element whose content is left out, and how many of its name are open.
    left_out: Option<(&'static str, usize)>,
    /// The text of the first `<title>`.
    title: String,
    is_after_break: bool,
    tag: Tag,
    last_start_tag: Vec<u8>,
}

/// The tag that is being read.
#[derive(Default)]
struct Tag {
    name: Vec<u8>,
    is_end: bool,
    is_self_closing: bool,
    attribute: Vec<u8>,
    value: Vec<u8>,
    /// Of `<meta>`: what it is about, and what it says.
    about: String,
    content: String,
    /// Of `<html>`.
    language: String,
}

/// Adds as much as there is room for.
fn push_within(most: usize, bytes: &[u8], into: &mut Vec<u8>) {
    into.extend_from_slice(&bytes[..bytes.len().min(most.saturating_sub(into.len()))]);
}

impl TextEmitter {
    /// Text of the page: bytes may end within a character.
    fn text(&mut self, bytes: &[u8]) {
        match &self.left_out {
            Some(("title", _)) => {
                let mut title = std::mem::take(&mut self.title).into_bytes();
                push_within(LONGEST_VALUE, bytes, &mut title);
                self.title = String::from_utf8_lossy(&title).into_owned();
            }
            Some(_) => {}
            None if self.incomplete.is_empty() => self.whole_text(bytes),
            None => {
                let mut joined = std::mem::take(&mut self.incomplete);
                joined.extend_from_slice(bytes);
                self.whole_text(&joined);
            }
        }
    }

    fn whole_text(&mut self, bytes: &[u8]) {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let (valid, rest) = bytes.split_at(error.valid_up_to());
                self.is_bad |= error.error_len().is_some();
                self.incomplete = rest.to_vec();
                std::str::from_utf8(valid).unwrap_or_default()
            }
        };
        self.is_after_break &= text.bytes().all(|byte| byte.is_ascii_whitespace());
        self.blocks.push(text);
    }

    fn flush_attribute(&mut self) {
        let tag = &mut self.tag;
        let value = String::from_utf8_lossy(&tag.value);
        let kept = match (&tag.name[..], &tag.attribute[..]) {
            (b"meta", b"name" | b"property" | b"itemprop") => Some(&mut tag.about),
            (b"meta", b"content") => Some(&mut tag.content),
            (b"html", b"lang" | b"xml:lang") => Some(&mut tag.language),
            _ => None,
        };
        if let Some(kept) = kept {
            value.trim().clone_into(kept);
        }
        tag.attribute.clear();
        tag.value.clear();
    }

    fn keep(&mut self, name: &str, value: &str) {
        let is_known = self.metadata.iter().any(|(known, _)| known == name);
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        if !value.is_empty() && !is_known && self.metadata.len() < MOST_METADATA {
            self.metadata.push((name.to_owned(), value));
        }
    }

    fn start(&mut self, name: &[u8]) {
        if let Some((left_out, depth)) = &mut self.left_out {
            if name == left_out.as_bytes() && !matches!(*left_out, "rt" | "rp") {
                *depth += 1;
            }
            return;
        }
        let left_out = LEFT_OUT.iter().find(|left_out| left_out.as_bytes() == name);
        self.left_out = left_out.map(|&name| (name, 1));
        match name {
            b"br" => {
                if std::mem::replace(&mut self.is_after_break, true) {
                    self.blocks.end_block();
                }
                self.blocks.space();
            }
            b"meta" => {
                let about = std::mem::take(&mut self.tag.about);
                let content = std::mem::take(&mut self.tag.content);
                if !about.is_empty() {
                    self.keep(&about, &content);
                }
            }
            b"html" => {
                let language = std::mem::take(&mut self.tag.language);
                self.keep("language", &language);
            }
            _ => {}
        }
        self.boundary(name);
    }

    fn end(&mut self, name: &[u8]) {
        if let Some((left_out, depth)) = &mut self.left_out {
            // A pronunciation may end with what it belongs to.
            let ends_ruby = name == b"ruby" && matches!(*left_out, "rt" | "rp");
            if name != left_out.as_bytes() && !ends_ruby {
                return;
            }
            *depth -= 1;
            if *depth > 0 {
                return;
            }
            if *left_out == "title" {
                let title = std::mem::take(&mut self.title);
                self.keep("title", &title);
            }
            self.left_out = None;
        }
        self.boundary(name);
    }

    fn boundary(&mut self, name: &[u8]) {
        let is_of = |names: &[&str]| names.iter().any(|block| block.as_bytes() == name);
        if is_of(&BLOCKS) {
            self.blocks.end_block();
        } else if is_of(&SPACED) {
            self.blocks.space();
        }
    }
}

impl Emitter for TextEmitter {
    type Token = Portion;

    fn set_last_start_tag(&mut self, name: Option<&[u8]>) {
        self.last_start_tag.clear();
        self.last_start_tag.extend_from_slice(name.unwrap_or_default());
    }

    fn emit_eof(&mut self) {
        self.is_bad |= !self.incomplete.is_empty();
        self.blocks.end_block();
        self.is_at_end = true;
    }

    fn emit_error(&mut self, _: HtmlError) {}

    fn should_emit_errors(&mut self) -> bool {
        false
    }

    fn pop_token(&mut self) -> Option<Portion> {
        // At the end once, be it empty.
        let is_due = self.is_bad || self.blocks.is_full() || std::mem::take(&mut self.is_at_end);
        is_due.then(|| Portion {
            blocks: self.blocks.take(),
            metadata: std::mem::take(&mut self.metadata),
            is_utf8: !std::mem::take(&mut self.is_bad),
        })
    }

    fn emit_string(&mut self, bytes: &[u8]) {
        self.text(bytes);
    }

    fn init_start_tag(&mut self) {
        self.tag = Tag::default();
    }

    fn init_end_tag(&mut self) {
        self.tag = Tag { is_end: true, ..Tag::default() };
    }

    fn emit_current_tag(&mut self) -> Option<State> {
        self.flush_attribute();
        let name = std::mem::take(&mut self.tag.name);
        if self.tag.is_end {
            self.last_start_tag.clear();
            self.end(&name);
            return None;
        }
        self.start(&name);
        // Pages in XML end elements so that HTML would leave open.
        if self.tag.is_self_closing {
            self.end(&name);
            return None;
        }
        let next = match &name[..] {
            b"noframes" => Some(State::RawText),
            name => naive_next_state(name),
        };
        self.last_start_tag = name;
        next
    }

    fn push_tag_name(&mut self, bytes: &[u8]) {
        push_within(LONGEST_NAME, bytes, &mut self.tag.name);
    }

    fn set_self_closing(&mut self) {
        self.tag.is_self_closing = true;
    }

    fn init_attribute(&mut self) {
        self.flush_attribute();
    }

    fn push_attribute_name(&mut self, bytes: &[u8]) {
        push_within(LONGEST_NAME, bytes, &mut self.tag.attribute);
    }

    fn push_attribute_value(&mut self, bytes: &[u8]) {
        push_within(LONGEST_VALUE, bytes, &mut self.tag.value);
    }

    fn current_is_appropriate_end_tag_token(&mut self) -> bool {
        self.tag.is_end && !self.tag.name.is_empty() && self.tag.name == self.last_start_tag
    }

    fn init_comment(&mut self) {}
    fn emit_current_comment(&mut self) {}
    fn emit_current_doctype(&mut self) {}
    fn set_force_quirks(&mut self) {}
    fn push_comment(&mut self, _: &[u8]) {}
    fn push_doctype_name(&mut self, _: &[u8]) {}
    fn init_doctype(&mut self) {}
    fn set_doctype_public_identifier(&mut self, _: &[u8]) {}
    fn set_doctype_system_identifier(&mut self, _: &[u8]) {}
    fn push_doctype_public_identifier(&mut self, _: &[u8]) {}
    fn push_doctype_system_identifier(&mut self, _: &[u8]) {}
}

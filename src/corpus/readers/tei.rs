//! TEI, the XML of digital editions: the text of the body, by a streaming parser.
//!
//! In: a stream of XML. Out: the text of each `<body>`, a block (paragraph, line of verse, heading,
//! speech) a line. Left out: headers, front and back matter, notes, page headings and numbers,
//! descriptions of figures, deletions. Of `<choice>` and `<app>` one reading is taken: the regular
//! one (`reg`, `corr`, `expan`), the lemma. A word goes on over `<lb break="no"/>`, and over each
//! break within `<w>`. Elements: TEI P5 Guidelines, chapters 3, 11 and 12.
//!
//! The local names count, whatever the prefix.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use quick_xml::events::{BytesStart, Event};

use super::blocks::{BlockSource, Blocks};
use super::tei_header::Header;
use super::xml_input::XmlInput;
use super::{Place, ReaderOptions, entities};
use crate::base::error::{Error, Result};

/// Elements whose content is no text of the body.
const LEFT_OUT: [&str; 23] = [
    "back",
    "binaryObject",
    "certainty",
    "del",
    "desc",
    "facsimile",
    "figDesc",
    "front",
    "fs",
    "fw",
    "gap",
    "index",
    "interpGrp",
    "metamark",
    "note",
    "noteGrp",
    "rdg",
    "rdgGrp",
    "sourceDoc",
    "spanGrp",
    "standOff",
    "surplus",
    "witDetail",
];

/// Elements that stand on lines of their own.
const BLOCKS: [&str; 48] = [
    "ab",
    "argument",
    "body",
    "byline",
    "castItem",
    "castList",
    "cell",
    "closer",
    "dateline",
    "div",
    "div1",
    "div2",
    "div3",
    "div4",
    "div5",
    "div6",
    "div7",
    "docAuthor",
    "docDate",
    "docImprint",
    "docTitle",
    "entry",
    "epigraph",
    "figure",
    "floatingText",
    "head",
    "imprimatur",
    "item",
    "l",
    "label",
    "lg",
    "list",
    "opener",
    "p",
    "postscript",
    "row",
    "salute",
    "signed",
    "sp",
    "speaker",
    "stage",
    "table",
    "text",
    "titlePage",
    "titlePart",
    "trailer",
    "u",
    "utterance",
];

/// Elements without content at which lines, pages or parts begin.
const BREAKS: [&str; 6] = ["cb", "gb", "lb", "milestone", "pb", "space"];

/// Bytes of the declaration of an entity that are read.
const LONGEST_ENTITY: usize = 4096;

/// The text of a TEI file.
pub(super) struct Tei {
    input: XmlInput,
    text: Text,
    metadata: Vec<String>,
}

/// What of the elements is text.
#[derive(Default)]
struct Text {
    blocks: Blocks,
    header: Header,
    /// The elements that are open.
    open: Vec<Open>,
    /// Entities that the file declares.
    entities: BTreeMap<String, String>,
    has_root: bool,
    /// Whether a text began: the headers before it are read.
    has_text: bool,
}

/// How the content of an open element is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Open {
    mode: Mode,
    is_block: bool,
    /// Whether the header has it among its elements.
    is_of_header: bool,
    /// `<w>`: whether a word ends with it, as it does where no other part follows.
    word: Option<Word>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Around bodies and headers: nothing is text.
    Outside,
    Header,
    Body,
    LeftOut,
    /// Within `<choice>`, `<app>`, `<subst>`: an element of them is text, the space between is not.
    Choice {
        /// Whether one reading is enough.
        takes_one: bool,
        has_one: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Word {
    ends: bool,
}

impl Tei {
    pub(super) fn open(
        reader: Box<dyn Read + Send>,
        options: &ReaderOptions,
        path: &Path,
    ) -> Result<Self> {
        let mut tei = Self {
            input: XmlInput::new(reader, path),
            text: Text::default(),
            metadata: Vec::new(),
        };
        let mut is_there = true;
        while is_there && !tei.text.has_text {
            is_there = tei.step()?;
        }
        let value = |name: &String| {
            tei.text.header.value(name).ok_or_else(|| {
                let found = match tei.text.header.names() {
                    names if names.is_empty() => "no header".to_owned(),
                    names => format!("a header with {names}"),
                };
                Error::malformed(path, None, found, format!("`{name}`"))
            })
        };
        tei.metadata = options.metadata.iter().map(value).collect::<Result<_>>()?;
        // It is not needed any more.
        tei.text.header = Header::default();
        Ok(tei)
    }

    /// Reads an event; returns false at the end.
    fn step(&mut self) -> Result<bool> {
        let text = &mut self.text;
        self.input.next(|event, place| text.event(event, place))
    }
}

impl BlockSource for Tei {
    fn advance(&mut self) -> Result<bool> {
        while !self.text.blocks.is_full() {
            if !self.step()? {
                if !self.text.has_root {
                    let found = "no element `TEI`";
                    return Err(self.input.place().malformed(0, found, "a text in TEI"));
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn blocks(&mut self) -> &mut Blocks {
        &mut self.text.blocks
    }

    fn metadata(&self) -> &[String] {
        &self.metadata
    }
}

/// The value of an attribute, by its local name or with its prefix.
fn attribute<'a>(element: &'a BytesStart<'_>, name: &str) -> Option<&'a str> {
    let mut attributes = element.attributes();
    let mut of_name =
        attributes.with_checks(false).flatten().filter(|attribute| attribute.key.0 == name);
    of_name.next().and_then(|attribute| match attribute.value {
        std::borrow::Cow::Borrowed(value) => Some(value),
        std::borrow::Cow::Owned(_) => None,
    })
}

impl Text {
    fn event(&mut self, event: Event<'_>, place: Place<'_>) -> Result<bool> {
        match event {
            Event::Start(element) => self.start(&element, place)?,
            Event::Empty(element) => {
                self.start(&element, place)?;
                self.end();
            }
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(&text),
            Event::CData(text) => self.text(&text),
            Event::GeneralRef(reference) => self.reference(&reference, place)?,
            Event::DocType(declaration) => self.declare_entities(&declaration),
            Event::Eof => return Ok(false),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
        Ok(true)
    }

    fn mode(&self) -> Mode {
        self.open.last().map_or(Mode::Outside, |open| open.mode)
    }

    fn start(&mut self, element: &BytesStart<'_>, place: Place<'_>) -> Result<()> {
        let name = element.local_name();
        let name = name.as_ref();
        if self.open.is_empty() && !self.has_root {
            if !matches!(name, "TEI" | "TEI.2" | "teiCorpus" | "text" | "div" | "body") {
                return Err(place.malformed(0, format!("an element `{name}`"), "`TEI`"));
            }
            self.has_root = true;
        }
        let around = self.mode();
        let mode = self.mode_of(name, around, element);
        let is_of_header = !self.has_text && (mode == Mode::Header || around == Mode::Outside);
        let mut open = Open { mode, is_block: false, is_of_header, word: None };
        if is_of_header {
            let mut attributes = element.attributes();
            let attributes = attributes.with_checks(false).flatten().map(|attribute| {
                let mut value = String::new();
                entities::push_decoded(&attribute.value, &mut value);
                (attribute.key.0, value)
            });
            self.header.start(name, attributes);
        }
        if matches!(open.mode, Mode::Body | Mode::Choice { .. }) {
            self.has_text = true;
            open.is_block = BLOCKS.contains(&name);
            if open.is_block {
                self.blocks.end_block();
            } else if BREAKS.contains(&name) {
                let is_within_word = self.open.iter().rev().any(|open| open.word.is_some());
                if attribute(element, "break") == Some("no") || is_within_word && name != "space" {
                    self.blocks.join();
                } else {
                    self.blocks.space();
                }
            } else if name == "s" {
                // Sentences may follow each other without a space between.
                self.blocks.space();
            } else if name == "w" {
                open.word = Some(self.start_word(element));
            }
        }
        self.open.push(open);
        Ok(())
    }

    /// Words that follow each other without a space between are words of their own, unless they
    /// are parts of one.
    fn start_word(&mut self, element: &BytesStart<'_>) -> Word {
        let join = attribute(element, "join").unwrap_or("");
        let part = attribute(element, "part").unwrap_or("");
        if matches!(part, "M" | "F") || matches!(join, "left" | "both") {
            self.blocks.join();
        }
        Word { ends: !matches!(part, "I" | "M") && !matches!(join, "right" | "both") }
    }

    fn mode_of(&mut self, name: &str, around: Mode, element: &BytesStart<'_>) -> Mode {
        let is_left_out = LEFT_OUT.contains(&name)
            || name == "ref"
                && attribute(element, "type").is_some_and(|kind| kind.starts_with("note"));
        match around {
            Mode::Header | Mode::LeftOut => return around,
            Mode::Outside => {
                return match name {
                    "teiHeader" => Mode::Header,
                    "body" => Mode::Body,
                    _ if is_left_out => Mode::LeftOut,
                    // A fragment without its edition.
                    "div" if self.open.is_empty() => Mode::Body,
                    _ => Mode::Outside,
                };
            }
            Mode::Choice { .. } if BREAKS.contains(&name) => {}
            Mode::Choice { takes_one, has_one } => {
                let is_second = matches!(name, "orig" | "sic" | "abbr") && takes_one;
                // Of an apparatus without a lemma, the first reading.
                let is_reading = matches!(name, "rdg" | "rdgGrp") && takes_one;
                if is_second || is_left_out && !is_reading || takes_one && has_one {
                    return Mode::LeftOut;
                }
                if let Some(Open { mode: Mode::Choice { has_one, .. }, .. }) = self.open.last_mut()
                {
                    *has_one = true;
                }
            }
            Mode::Body if is_left_out => return Mode::LeftOut,
            Mode::Body => {}
        }
        match name {
            "choice" | "app" => Mode::Choice { takes_one: true, has_one: false },
            "subst" => Mode::Choice { takes_one: false, has_one: false },
            _ => Mode::Body,
        }
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        if open.is_block {
            self.blocks.end_block();
        }
        if open.word.is_some_and(|word| word.ends) {
            self.blocks.space();
        }
        if open.is_of_header {
            self.header.end();
        }
    }

    fn text(&mut self, text: &str) {
        match self.mode() {
            Mode::Body => self.blocks.push(text),
            Mode::Header if self.has_text => {}
            Mode::Header => self.header.text(text),
            Mode::Outside | Mode::LeftOut | Mode::Choice { .. } => {}
        }
    }

    fn reference(&mut self, name: &str, place: Place<'_>) -> Result<()> {
        if let Some(character) = entities::numbered(name) {
            self.text(character.encode_utf8(&mut [0; 4]));
            return Ok(());
        }
        if let Some(value) = self.entities.get(name).cloned() {
            self.text(&value);
            return Ok(());
        }
        if let Some(characters) = entities::named(name) {
            self.text(characters);
            return Ok(());
        }
        // What is left out may hold what it likes.
        if self.mode() == Mode::LeftOut {
            return Ok(());
        }
        let expected = "an entity of HTML, or one that the file declares with its text";
        Err(place.malformed(0, format!("the entity `&{name};`"), expected))
    }

    /// Keeps the entities that a document type declares with their text: `<!ENTITY name "text">`.
    fn declare_entities(&mut self, declaration: &str) {
        for entity in declaration.split("<!ENTITY").skip(1) {
            let Some((name, rest)) =
                entity.trim_start().split_once(|c: char| c.is_ascii_whitespace())
            else {
                continue;
            };
            let rest = rest.trim_start();
            let Some(quote) = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))
            else {
                continue;
            };
            let Some((text, _)) = rest[1..].split_once(quote) else { continue };
            // Text with markup, or of other entities, is not what stands in a word.
            if text.len() <= LONGEST_ENTITY && !text.contains('<') && !entities::has_unknown(text) {
                let mut decoded = String::new();
                entities::push_decoded(text, &mut decoded);
                // The first declaration counts.
                self.entities.entry(name.to_owned()).or_insert(decoded);
            }
        }
    }
}

#[cfg(test)]
#[path = "tei_tests.rs"]
mod tests;

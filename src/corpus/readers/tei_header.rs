//! The header of a TEI file as metadata.
//!
//! In: the elements of a `teiHeader`. Out: values by the path of an element
//! (`teiHeader/fileDesc/titleStmt/author`), by the end of such a path (`titleStmt/author`,
//! `author`, `date/@when`), or by a name that stands for several paths (`title`, `author`, `date`,
//! `year`, `language`, `publisher`).

use super::{list, on_one_line};

/// Values that are kept: more are in no header.
const MOST_VALUES: usize = 10_000;

/// Bytes of a value that are kept.
const LONGEST_VALUE: usize = 4096;

/// Where a name is looked for, best first: ends of paths. The date is that of the text, not of the
/// file: of its creation, or of the source.
const NAMES: [(&str, &[&str]); 6] = [
    ("title", &["titleStmt/title", "title"]),
    ("author", &["titleStmt/author", "sourceDesc//author", "author"]),
    (
        "date",
        &[
            "creation/date",
            "creation/date/@when",
            "sourceDesc//date",
            "sourceDesc//date/@when",
            "publicationStmt/date",
            "publicationStmt/date/@when",
            "date",
            "date/@when",
        ],
    ),
    (
        "year",
        &[
            "creation/date",
            "creation/date/@when",
            "sourceDesc//date",
            "sourceDesc//date/@when",
            "publicationStmt/date",
            "publicationStmt/date/@when",
            "date",
            "date/@when",
        ],
    ),
    (
        "language",
        &["langUsage/language", "langUsage/language/@ident", "TEI/@xml:lang", "@xml:lang"],
    ),
    ("publisher", &["publicationStmt/publisher", "publisher", "publicationStmt/distributor"]),
];

/// Elements within a word; what other elements hold are words of their own.
const WITHIN_WORDS: [&str; 5] = ["hi", "emph", "c", "g", "lb"];

/// What the headers of a file say.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// In the order of the file.
    values: Vec<Value>,
    /// The elements that are open.
    open: Vec<Element>,
    path: String,
}

/// The text of an element, or the value of an attribute.
#[derive(Debug)]
struct Value {
    path: String,
    text: String,
    /// Whether text stands in the element itself, not only in elements within it.
    is_direct: bool,
}

#[derive(Debug)]
struct Element {
    /// The length of the path before it.
    path_length: usize,
    /// The position of its value, if it is kept.
    value: Option<usize>,
}

impl Header {
    /// An element begins: within the header, or one around it for its attributes.
    pub(super) fn start<'a>(
        &mut self,
        name: &str,
        attributes: impl Iterator<Item = (&'a str, String)>,
    ) {
        let path_length = self.path.len();
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path.push_str(name);
        let value = self.values.len();
        let path = self.path.clone();
        let is_kept = self.keep(Value { path, text: String::new(), is_direct: false });
        self.open.push(Element { path_length, value: is_kept.then_some(value) });
        for (name, text) in attributes.filter(|(_, text)| text.len() <= LONGEST_VALUE) {
            let path = format!("{}/@{name}", self.path);
            self.keep(Value { path, text, is_direct: false });
        }
    }

    fn keep(&mut self, value: Value) -> bool {
        let has_room = self.values.len() < MOST_VALUES;
        if has_room {
            self.values.push(value);
        }
        has_room
    }

    /// Text within the innermost element.
    pub(super) fn text(&mut self, text: &str) {
        if let Some(&Element { value: Some(value), .. }) = self.open.last() {
            let value = &mut self.values[value];
            value.is_direct |= !text.trim().is_empty();
            if value.text.len() + text.len() <= LONGEST_VALUE {
                value.text.push_str(text);
            }
        }
    }

    /// The innermost element ends. Its text is text of the element around it too.
    pub(super) fn end(&mut self) {
        let Some(Element { path_length, value }) = self.open.pop() else { return };
        let is_within_word =
            self.path.rsplit('/').next().is_some_and(|name| WITHIN_WORDS.contains(&name));
        self.path.truncate(path_length);
        let Some(value) = value else { return };
        let text = &self.values[value].text;
        let around = match self.open.last() {
            Some(&Element { value: Some(around), .. }) if !text.trim().is_empty() => Some(around),
            _ => None,
        };
        if let Some(around) = around {
            let space = if is_within_word { "" } else { " " };
            let text = format!("{space}{text}{space}");
            let around = &mut self.values[around];
            around.is_direct |= is_within_word;
            if around.text.len() + text.len() <= LONGEST_VALUE {
                around.text.push_str(&text);
            }
        }
        let text = &mut self.values[value].text;
        *text = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    }

    /// The value of a name; `None` if the header has none.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        let named = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let ends = named.map_or(std::slice::from_ref(&name), |(_, ends)| ends);
        if named.is_some_and(|&(known, _)| known == "year") {
            return self.all_of(ends).find_map(year);
        }
        self.all_of(ends).next().map(|value| on_one_line(value).into_owned())
    }

    /// The values of paths that end so, those of the first end first.
    fn all_of<'s>(&'s self, ends: &'s [&str]) -> impl Iterator<Item = &'s str> {
        ends.iter().flat_map(move |end| {
            let found = self.values.iter().filter(move |value| ends_so(&value.path, end));
            found.map(|value| value.text.as_str()).filter(|text| !text.is_empty())
        })
    }

    /// What there is, for a message: the names that stand for several paths, and the elements with
    /// text.
    pub(super) fn names(&self) -> String {
        let known = NAMES.iter().map(|&(name, _)| name).filter(|name| self.value(name).is_some());
        let mut names: Vec<&str> = known.collect();
        for value in self.values.iter().filter(|value| value.is_direct) {
            let name = value.path.rsplit('/').next().unwrap_or_default();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        list(names)
    }
}

/// Whether a path ends with the elements of `end`; `a//b` is a `b` anywhere within an `a`.
fn ends_so(path: &str, end: &str) -> bool {
    let is_end = |path: &str, end: &str| {
        path.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
    };
    match end.split_once("//") {
        Some((around, end)) => is_end(path, end) && path.split('/').any(|name| name == around),
        None => is_end(path, end),
    }
}

/// The first number of four digits.
fn year(date: &str) -> Option<String> {
    let numbers = date.split(|character: char| !character.is_ascii_digit());
    numbers.into_iter().find(|number| number.len() == 4).map(str::to_owned)
}

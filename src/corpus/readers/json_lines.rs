//! JSON lines: an object on each line, with the text in one of its fields.
//!
//! In: lines of JSON. Out: of each line a record with the text of one field and the values of the
//! others that are asked for. Fields are paths with dots, `data.body.text`; all other fields are
//! skipped while they are parsed, so that no tree of values is built.

use std::path::Path;

use serde_json::Value;

use super::json_error::{self, Trouble};
use super::json_tree::{Found, Tree};
use super::{Part, Place, ReaderOptions, RecordReader, Visit, on_one_line};
use crate::base::error::Result;

/// Reads lines of JSON.
#[derive(Debug)]
pub(super) struct JsonLines {
    /// The path of the text, then those of the metadata.
    paths: Vec<String>,
    tree: Tree,
}

impl JsonLines {
    /// The head tells only what no line may be: a single array of all records.
    pub(super) fn open(options: &ReaderOptions, path: &Path, head: &[u8]) -> Result<Self> {
        let line = head.iter().take_while(|byte| byte.is_ascii_whitespace());
        let line = 1 + line.filter(|&&byte| byte == b'\n').count() as u64;
        if head.trim_ascii_start().starts_with(b"[") {
            return Err(json_error::not_an_object(Place { path, line }, "["));
        }
        let paths: Vec<String> =
            std::iter::once(&options.field).chain(&options.metadata).cloned().collect();
        let mut tree = Tree::default();
        for (target, path) in paths.iter().enumerate() {
            tree.insert(path.split('.'), target);
            // A field may have a dot in its name.
            if path.contains('.') {
                tree.insert(std::iter::once(path.as_str()), target);
            }
        }
        Ok(Self { paths, tree })
    }

    fn visit_record(
        &self,
        line: &str,
        found: &[Found<'_>],
        place: Place<'_>,
        visit: &mut Visit<'_>,
    ) -> Result<()> {
        for (column, value) in found[1..].iter().enumerate() {
            let value = match value {
                Found::Nothing | Found::Null => "".into(),
                Found::Text(text) => on_one_line(text),
                Found::Scalar(text, _) => text.into(),
                Found::Other(kind) => {
                    let trouble = Trouble::Kind { kind, expected: "a string or a number" };
                    return Err(json_error::of_field(
                        place,
                        line,
                        &self.paths[1 + column],
                        trouble,
                    ));
                }
            };
            visit(Part::Metadata { column, value: &value })?;
        }
        let trouble = match &found[0] {
            Found::Null => None,
            Found::Text(text) => {
                if !text.is_empty() {
                    visit(Part::Text(text))?;
                }
                None
            }
            Found::Nothing => Some(Trouble::Missing),
            Found::Scalar(_, kind) | Found::Other(kind) => {
                Some(Trouble::Kind { kind, expected: "a string, an array of strings or null" })
            }
        };
        match trouble {
            Some(trouble) => Err(json_error::of_field(place, line, &self.paths[0], trouble)),
            None => visit(Part::EndOfRecord),
        }
    }
}

/// The names of the fields of the first record, for a message, if it is there as a whole: those of
/// objects within it behind a dot.
pub(in crate::corpus) fn names_of_fields(head: &[u8]) -> Vec<String> {
    fn add(object: &serde_json::Map<String, Value>, before: &str, names: &mut Vec<String>) {
        for (name, value) in object {
            match value {
                Value::Object(inner) => add(inner, &format!("{before}{name}."), names),
                _ => names.push(format!("{before}{name}")),
            }
        }
    }
    let text = String::from_utf8_lossy(head);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut names = Vec::new();
    if let Ok(Value::Object(object)) = serde_json::from_str(line) {
        add(&object, "", &mut names);
    }
    names
}

impl RecordReader for JsonLines {
    fn last_end(&self, bytes: &[u8]) -> Option<usize> {
        // A line end within a string is written `\n`.
        memchr::memrchr(b'\n', bytes).map(|last| last + 1)
    }

    fn read(&self, text: &str, place: Place<'_>, visit: &mut Visit<'_>) -> Result<()> {
        let mut found = vec![Found::Nothing; self.paths.len()];
        for (number, line) in (place.line..).zip(text.split('\n')) {
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            let place = Place { line: number, ..place };
            if !line.starts_with('{') {
                return Err(json_error::not_an_object(place, line));
            }
            match self.tree.parse(line, &mut found) {
                Ok(()) => self.visit_record(line, &found, place, visit)?,
                // Halves of a surrogate pair stand where text was cut at a number of characters.
                Err(error) => {
                    let Some(mended) = json_error::without_lone_surrogates(line) else {
                        return Err(json_error::of_syntax(place, line, &error));
                    };
                    let mut found = vec![Found::Nothing; self.paths.len()];
                    self.tree
                        .parse(&mended, &mut found)
                        .map_err(|error| json_error::of_syntax(place, line, &error))?;
                    self.visit_record(&mended, &found, place, visit)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "json_lines_tests.rs"]
mod tests;

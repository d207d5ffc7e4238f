//! What the documents of a corpus are called: by their number, from 1, by their file, or by
//! `FILE:N`, the N-th line, paragraph or sentence of it.
//!
//! In: how a corpus was cut into documents, and for each source, in order, how many documents it
//! holds. Out: the name of a document, and the number behind a name. Memory: one entry a source,
//! however many documents it holds.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{DocumentUnit, SourceReport};
use crate::base::error::{Error, Result};

/// The names of the documents of a corpus that was read.
///
/// ```
/// use eigenlex::corpus::{DocumentNames, DocumentUnit, SourceReport};
/// let source = |path: &str, n| SourceReport {
///     path: path.into(),
///     bytes: 9,
///     sha256: "ab".into(),
///     n_documents: Some(n),
/// };
/// let sources = vec![source("news/a.txt", 2), source("news/b.txt", 3)];
/// let names = DocumentNames::new(DocumentUnit::Line, sources);
/// assert_eq!(names.name(4).as_deref(), Some("news/b.txt:2"));
/// assert_eq!(names.find("news/b.txt:2")?, 4);
/// assert_eq!(names.find("b.txt:2")?, 4);
/// # Ok::<(), eigenlex::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct DocumentNames {
    unit: DocumentUnit,
    sources: Vec<SourceReport>,
    /// The number of the last document of each source; those of the sources up to the first whose
    /// documents were not counted.
    #[serde(skip)]
    ends: Vec<u64>,
}

/// What a file stores of them.
#[derive(Deserialize)]
struct Stored {
    unit: DocumentUnit,
    sources: Vec<SourceReport>,
}

impl From<Stored> for DocumentNames {
    fn from(Stored { unit, sources }: Stored) -> Self {
        Self::new(unit, sources)
    }
}

impl DocumentNames {
    /// The names of the documents of these sources, which were cut into such documents.
    pub fn new(unit: DocumentUnit, sources: Vec<SourceReport>) -> Self {
        let ends =
            sources.iter().map_while(|source| source.n_documents).scan(0u64, |end, n_documents| {
                *end = end.saturating_add(n_documents);
                Some(*end)
            });
        let ends = ends.collect();
        Self { unit, sources, ends }
    }

    /// What counted as a document.
    pub fn unit(&self) -> DocumentUnit {
        self.unit
    }

    /// The sources, in order.
    pub fn sources(&self) -> &[SourceReport] {
        &self.sources
    }

    /// How many documents there are; `None` where a version of the program read them that did not
    /// count them source by source.
    pub fn n_documents(&self) -> Option<u64> {
        (self.ends.len() == self.sources.len()).then(|| self.ends.last().copied().unwrap_or(0))
    }

    /// The source of a document and its place among the documents of that source, from 1; `None` if
    /// there is no such document.
    pub fn place(&self, document: u64) -> Option<(&str, u64)> {
        let source = self.ends.partition_point(|&end| end < document);
        let before = source.checked_sub(1).map_or(0, |previous| self.ends[previous]);
        let place = document.checked_sub(before).filter(|&place| place > 0)?;
        (source < self.ends.len()).then(|| (self.sources[source].path.as_str(), place))
    }

    /// The name of a document: its file, or `FILE:N` where files are cut into documents.
    pub fn name(&self, document: u64) -> Option<String> {
        let (path, place) = self.place(document)?;
        Some(match self.unit {
            DocumentUnit::File => path.to_owned(),
            _ => format!("{path}:{place}"),
        })
    }

    /// The number of the document that a person names: a number, a file (the end of its path is
    /// enough if only one path ends so), or `FILE:N`.
    ///
    /// # Errors
    /// [`Error::NothingFound`] if there is no such document, or more than one.
    pub fn find(&self, name: &str) -> Result<u64> {
        let fail =
            |reason: String| Err(Error::NothingFound { query: format!("document {name}"), reason });
        if let Ok(number) = name.parse::<u64>() {
            return match self.n_documents() {
                Some(n_documents) if number > n_documents => {
                    fail(format!("there are {n_documents} documents"))
                }
                _ if number == 0 => fail("documents are numbered from 1".to_owned()),
                _ => Ok(number),
            };
        }
        let (file, place) = self.sources_and_place(name);
        let source = match file[..] {
            [source] => source,
            [] => {
                return fail(
                    "no file of this name was read; give a number, a file, or FILE:N".to_owned(),
                );
            }
            [first, second, ..] => {
                let [first, second] = [first, second].map(|source| &self.sources[source].path);
                return fail(format!(
                    "several files end so, such as `{first}` and `{second}`; give more of the path"
                ));
            }
        };
        let path = &self.sources[source].path;
        let Some(&end) = self.ends.get(source) else {
            return fail(
                "an earlier version of the program read the files, which kept no names; \
                encode the documents again"
                    .to_owned(),
            );
        };
        let before = source.checked_sub(1).map_or(0, |previous| self.ends[previous]);
        let n_documents = end - before;
        match place {
            Some(place) if (1..=n_documents).contains(&place) => Ok(before + place),
            Some(_) => {
                fail(format!("`{path}` holds {n_documents} {}", plural(self.unit, n_documents)))
            }
            None if n_documents == 1 => Ok(before + 1),
            None if n_documents == 0 => fail(format!("`{path}` holds no document")),
            None => fail(format!(
                "`{path}` holds {n_documents} {}; write {name}:N for the N-th",
                plural(self.unit, n_documents)
            )),
        }
    }

    /// The positions of the sources that `FILE` or `FILE:N` names, and N.
    fn sources_and_place(&self, name: &str) -> (Vec<usize>, Option<u64>) {
        // A name with a number after its colon may be a whole file name too.
        let found = self.sources_named(name);
        if !found.is_empty() {
            return (found, None);
        }
        let parts = name.rsplit_once(':');
        match parts.and_then(|(file, place)| Some((file, place.parse::<u64>().ok()?))) {
            Some((file, place)) => (self.sources_named(file), Some(place)),
            None => (Vec::new(), None),
        }
    }

    /// The positions of the sources of this path; of those whose path ends so, whole components, if
    /// there is none.
    fn sources_named(&self, name: &str) -> Vec<usize> {
        let of = |is_named: &dyn Fn(&str) -> bool| -> Vec<usize> {
            self.sources
                .iter()
                .enumerate()
                .filter(|(_, source)| is_named(&source.path))
                .map(|(position, _)| position)
                .collect()
        };
        match of(&|path| path == name) {
            exact if !exact.is_empty() => exact,
            // A person may give the end of the path, or more of it than was read, as `./a.txt` and
            // `/home/me/a.txt`.
            _ => match of(&|path| Path::new(path).ends_with(name)) {
                ends if !ends.is_empty() => ends,
                _ => of(&|path| Path::new(name).ends_with(path)),
            },
        }
    }
}

/// What documents of this kind are called.
fn plural(unit: DocumentUnit, number: u64) -> &'static str {
    match (unit, number) {
        (DocumentUnit::Record, 1) => "record",
        (DocumentUnit::Record, _) => "records",
        (DocumentUnit::File, 1) => "file",
        (DocumentUnit::File, _) => "files",
        (DocumentUnit::Line, 1) => "line",
        (DocumentUnit::Line, _) => "lines",
        (DocumentUnit::Paragraph, 1) => "paragraph",
        (DocumentUnit::Paragraph, _) => "paragraphs",
        (DocumentUnit::Sentence, 1) => "sentence",
        (DocumentUnit::Sentence, _) => "sentences",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(unit: DocumentUnit, sources: &[(&str, u64)]) -> DocumentNames {
        let report = |&(path, n): &(&str, u64)| SourceReport {
            path: path.to_owned(),
            bytes: 1,
            sha256: String::new(),
            n_documents: Some(n),
        };
        DocumentNames::new(unit, sources.iter().map(report).collect())
    }

    #[test]
    fn every_document_is_found_by_its_name() {
        for unit in [DocumentUnit::File, DocumentUnit::Line, DocumentUnit::Paragraph] {
            let n = |n| if unit == DocumentUnit::File { 1 } else { n };
            let names = names(unit, &[("a/x.txt", n(3)), ("a/y:2.txt", n(1)), ("b/x.txt", n(2))]);
            for document in 1..=names.n_documents().unwrap() {
                assert_eq!(names.find(&names.name(document).unwrap()).unwrap(), document);
                assert_eq!(names.find(&document.to_string()).unwrap(), document);
            }
            assert_eq!(names.name(0), None);
            assert_eq!(names.name(names.n_documents().unwrap() + 1), None);
        }
    }

    #[test]
    fn an_empty_source_has_no_document() {
        let names = names(DocumentUnit::Line, &[("empty", 0), ("full", 2)]);
        assert_eq!(names.name(1).as_deref(), Some("full:1"));
        let fails = |name: &str, reason: &str| {
            let message = names.find(name).unwrap_err().to_string();
            assert!(message.ends_with(reason), "{message}");
        };
        fails("empty", "`empty` holds no document");
        fails("full", "`full` holds 2 lines; write full:N for the N-th");
        fails("full:3", "`full` holds 2 lines");
        fails("full:0", "`full` holds 2 lines");
        fails("0", "documents are numbered from 1");
        fails("3", "there are 2 documents");
        fails("other", "no file of this name was read; give a number, a file, or FILE:N");
    }

    #[test]
    fn a_longer_path_names_a_file_too() {
        let names = names(DocumentUnit::Line, &[("a/x.txt", 1), ("y.txt", 2)]);
        assert_eq!(
            (names.find("./a/x.txt").unwrap(), names.find("/home/me/y.txt:2").unwrap()),
            (1, 3)
        );
        assert!(names.find("/home/me/x.txt").is_err());
    }

    #[test]
    fn an_ambiguous_end_of_a_path_is_refused() {
        let names = names(DocumentUnit::File, &[("a/x.txt", 1), ("b/x.txt", 1), ("b/z.txt", 1)]);
        assert_eq!((names.find("b/x.txt").unwrap(), names.find("z.txt").unwrap()), (2, 3));
        let message = names.find("x.txt").unwrap_err().to_string();
        assert!(
            message.ends_with(
                "several files end so, such as `a/x.txt` and `b/x.txt`; give more of the path"
            ),
            "{message}"
        );
    }
}

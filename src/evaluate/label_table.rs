//! The records of a file of labels, and the documents that a table of them names.
//!
//! In: the text of a list or a table, and the names of the documents. Out: the fields of each
//! record; for a column its entry for each document.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read as _};
use std::ops::RangeInclusive;
use std::path::Path;

use crate::base::error::{Error, Result};
use crate::corpus::DocumentNames;
use crate::input::TextReader;

/// The fields of each record, and the line on which it begins; a blank line of a list has no
/// fields.
pub(super) fn read_records(
    input: impl BufRead,
    path: &Path,
) -> Result<(Vec<Vec<String>>, Vec<u64>)> {
    let mut text = String::new();
    let read = TextReader::new(input, path, None)?.read_to_string(&mut text);
    read.map_err(|source| Error::io("read", path, source))?;
    let text = text.as_str();
    let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    // One column needs no commas: a blank line of it is a document without a class.
    let has_columns = text.contains([',', '"']);
    if !is_csv || !has_columns || text.lines().next().is_some_and(|line| line.contains('\t')) {
        let fields = |line: &str| match line.trim() {
            "" => Vec::new(),
            _ => line.split('\t').map(|field| field.trim().to_owned()).collect(),
        };
        let records: Vec<Vec<String>> = text.lines().map(fields).collect();
        let lines = (1..=records.len() as u64).collect();
        return Ok((records, lines));
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let record = |record: csv::Result<csv::StringRecord>| match record {
        Ok(record) => Ok((
            record.iter().map(str::to_owned).collect(),
            record.position().map_or(0, csv::Position::line),
        )),
        Err(error) => {
            let line = error.position().map(csv::Position::line);
            Err(Error::malformed(path, line, error.to_string(), "comma-separated values"))
        }
    };
    reader.records().map(record).collect()
}

/// The column of a list with a line for each document; `None` for a table that names documents.
pub(super) fn list_field(records: &[Vec<String>]) -> Option<usize> {
    let is_split =
        |record: &Vec<String>| record.len() > 1 && matches!(record[0].as_str(), "train" | "test");
    let width = records.iter().map(Vec::len).max().unwrap_or(0);
    (width <= 1 || records.iter().all(is_split)).then_some(usize::from(width > 1))
}

/// Line i is of document i.
pub(super) fn list<'a>(
    records: &'a [Vec<String>],
    field: usize,
    path: &Path,
    n_documents: usize,
) -> Result<Vec<Option<&'a str>>> {
    if records.len() != n_documents {
        let expected = format!("{n_documents}, one for each document; or a table that names files");
        // A header above a list is one line too many.
        let header = records
            .first()
            .and_then(|record| record.first())
            .filter(|_| records.len() == n_documents + 1);
        let header = header.map_or_else(String::new, |first| {
            format!(", the first being `{first}`: a header has no place in a list")
        });
        return Err(Error::malformed(
            path,
            None,
            format!("{} lines{header}", records.len()),
            expected,
        ));
    }
    Ok(records
        .iter()
        .map(|record| record.get(field).map(String::as_str).filter(|class| !class.is_empty()))
        .collect())
}

/// The columns of a table of labels.
pub(super) struct LabelTable<'a> {
    path: &'a Path,
    pub(super) width: usize,
    /// The column with the names of the documents.
    pub(super) key: usize,
    pub(super) header: Option<&'a Vec<String>>,
}

impl<'a> LabelTable<'a> {
    pub(super) fn new(
        records: &'a [Vec<String>],
        path: &'a Path,
        names: &DocumentNames,
        index: &NameIndex,
    ) -> Result<Self> {
        let width = records.iter().map(Vec::len).max().unwrap_or(0);
        let n_found = |field: usize| {
            records
                .iter()
                .filter(|record| record.get(field).is_some_and(|name| index.find(name).is_some()))
                .count()
        };
        // The first column with the most names.
        let key = (0..width).rev().max_by_key(|&field| n_found(field)).unwrap_or(0);
        if n_found(key) == 0 {
            let example =
                names.name(1).map_or_else(String::new, |name| format!(", such as `{name}`"));
            let found = records
                .iter()
                .find_map(|record| record.first())
                .map_or_else(String::new, |name| format!(", the first being `{name}`"));
            let expected = format!(
                "a column with names of documents{example}; or one column with a line for each \
                 document"
            );
            return Err(Error::malformed(
                path,
                None,
                format!("no name of a document{found}"),
                expected,
            ));
        }
        let header = records
            .first()
            .filter(|record| record.get(key).is_none_or(|name| index.find(name).is_none()));
        Ok(Self { path, width, key, header })
    }

    /// The column with the classes: the one of this name or number, or the first other than the
    /// names.
    pub(super) fn field(&self, column: Option<&str>) -> Result<usize> {
        let Some(name) = column else { return Ok(usize::from(self.key == 0)) };
        let by_name = self.header.and_then(|header| header.iter().position(|it| it == name));
        let number = name.parse::<usize>().ok().filter(|it| (1..=self.width).contains(it));
        by_name.or(number.map(|number| number - 1)).ok_or_else(|| {
            let path = self.path.display();
            let expected = match self.header {
                Some(header) => format!("a column of `{path}`: {}", header.join(", ")),
                None => format!("a number from 1 to {}: `{path}` has no header", self.width),
            };
            Error::Parameter { name: "label-column", found: format!("`{name}`"), expected }
        })
    }
}

impl LabelTable<'_> {
    /// The classes in a column by document, and how many lines name none.
    pub(super) fn classes<'r>(
        &self,
        field: usize,
        records: &'r [Vec<String>],
        lines: &[u64],
        n_documents: usize,
        index: &NameIndex,
    ) -> Result<(Vec<Option<&'r str>>, usize)> {
        let path = self.path;
        let (mut classes, mut n_unmatched) = (Vec::new(), 0);
        if classes.try_reserve_exact(n_documents).is_err() {
            return Err(Error::malformed(
                path,
                None,
                format!("labels of {n_documents} documents"),
                "no more than memory can hold",
            ));
        }
        classes.resize(n_documents, None);
        let is_whole = |&(_, record): &(usize, &Vec<String>)| !record.is_empty();
        let first = usize::from(self.header.is_some());
        for (line, record) in records.iter().enumerate().skip(first).filter(is_whole) {
            let Some(documents) = record.get(self.key).and_then(|name| index.find(name)) else {
                n_unmatched += 1;
                continue;
            };
            let class = record.get(field).map(String::as_str).filter(|class| !class.is_empty());
            for document in documents {
                let known: &mut Option<&str> = &mut classes[document as usize - 1];
                if let (Some(known), Some(class)) = (*known, class)
                    && known != class
                {
                    return Err(Error::malformed(
                        path,
                        Some(lines[line]),
                        format!("`{}` with the class `{class}`", record[self.key]),
                        format!("one class, and it has `{known}` already"),
                    ));
                }
                *known = known.or(class);
            }
        }
        Ok((classes, n_unmatched))
    }
}

/// The documents of each file name.
pub(super) struct NameIndex {
    /// By path, by file name, and by file name without extension; empty if several files have it.
    files: BTreeMap<String, RangeInclusive<u64>>,
}

impl NameIndex {
    pub(super) fn new(names: &DocumentNames) -> Self {
        let mut files: BTreeMap<String, RangeInclusive<u64>> = BTreeMap::new();
        let (mut of_ends, mut before) = (BTreeMap::<String, Option<RangeInclusive<u64>>>::new(), 0);
        // A source without a path has no name; its documents are known only by their numbers.
        for source in names.sources() {
            let n_documents = source.n_documents.unwrap_or(0);
            let range = before + 1..=before + n_documents;
            before += n_documents;
            let path = Path::new(&source.path);
            let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let stem = file.as_ref().map(|file| file.split('.').next().unwrap_or(file).to_owned());
            let ends: BTreeSet<String> =
                file.into_iter().chain(stem).filter(|end| !end.is_empty()).collect();
            for end in ends {
                of_ends.entry(end).and_modify(|range| *range = None).or_insert(Some(range.clone()));
            }
            if !source.path.is_empty() {
                files.insert(source.path.clone(), range);
            }
        }
        for (end, range) in of_ends {
            if let Some(range) = range {
                files.entry(end).or_insert(range);
            }
        }
        Self { files }
    }

    fn find(&self, name: &str) -> Option<RangeInclusive<u64>> {
        self.files.get(name).cloned().or_else(|| {
            let (file, place) = name.rsplit_once(':')?;
            let (range, place) =
                (self.files.get(file)?, place.parse::<u64>().ok().filter(|&place| place > 0)?);
            let document = range.start().checked_add(place - 1)?;
            range.contains(&document).then_some(document..=document)
        })
    }
}

//! Classes of documents: a list with a line for each document, or a table that names files.
//!
//! In: a file, and the names of the documents. Out: for each document its class, if the file has
//! one. Nothing is trained here; for training, [`DocumentLabels`](super::DocumentLabels) says which
//! documents to learn from.
//!
//! - One column: line i is the class of document i; a blank line means no class.
//! - `train` or `test`, a tab, the class: line i is of document i; the first column is ignored.
//! - A table, with tabs, or with commas and quotes: one column names documents, by their file (with
//!   or without folder and extension) or as `FILE:N`; it is found by its entries. The class is
//!   another column, the one asked for or the first. A first line that names no document is a
//!   header. The name of a file means all documents in it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;
use std::path::Path;

use serde::Serialize;

use super::label_table::{LabelTable, NameIndex, list, list_field, read_records};
use crate::base::error::{Error, Result};
use crate::base::functions::ln;
use crate::corpus::DocumentNames;

/// The class of each document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentClasses {
    /// The classes, sorted by their bytes.
    pub classes: Vec<String>,
    /// The position of the class of each document, in order; `None` if the file has none.
    pub documents: Vec<Option<u32>>,
    /// Lines of a table that name no document.
    pub n_unmatched: usize,
}

impl DocumentClasses {
    /// Reads a file; `path` names it in messages, and its extension `.csv` means separation by
    /// commas. `column` is the column of the class in a table, by its name in the header or its
    /// number from 1.
    ///
    /// # Errors
    /// [`Error::Malformed`] if a list does not have as many lines as there are documents, no column
    /// of a table names documents, a document has two classes, or there is no class;
    /// [`Error::Parameter`] if there is no such column; [`Error::Io`].
    pub fn read(
        input: impl BufRead,
        path: &Path,
        names: &DocumentNames,
        column: Option<&str>,
    ) -> Result<Self> {
        let (records, lines) = read_records(input, path)?;
        let n_documents = names.n_documents().unwrap_or(records.len() as u64) as usize;
        let (of_documents, n_unmatched) = if let Some(field) = list_field(&records) {
            if let Some(name) = column {
                let expected = format!(
                    "no column: `{}` is a list with the classes of the documents, and names no \
                     files",
                    path.display()
                );
                return Err(Error::Parameter {
                    name: "label-column",
                    found: format!("`{name}`"),
                    expected,
                });
            }
            (list(&records, field, path, n_documents)?, 0)
        } else {
            let index = NameIndex::new(names);
            let table = LabelTable::new(&records, path, names, &index)?;
            table.classes(table.field(column)?, &records, &lines, n_documents, &index)?
        };
        let classes = Self::new(&of_documents, n_unmatched);
        if classes.classes.is_empty() {
            return Err(no_class(path));
        }
        Ok(classes)
    }

    /// Reads all columns of a table but the one that names documents, each with its name in the
    /// header or, without one, its number; those without an entry are left out. A list has the name
    /// `label`.
    ///
    /// # Errors
    /// As [`DocumentClasses::read`].
    pub fn read_columns(
        input: impl BufRead,
        path: &Path,
        names: &DocumentNames,
    ) -> Result<Vec<(String, Self)>> {
        let (records, lines) = read_records(input, path)?;
        let n_documents = names.n_documents().unwrap_or(records.len() as u64) as usize;
        let mut columns = Vec::new();
        if let Some(field) = list_field(&records) {
            let classes = Self::new(&list(&records, field, path, n_documents)?, 0);
            columns.push(("label".to_owned(), classes));
        } else {
            let index = NameIndex::new(names);
            let table = LabelTable::new(&records, path, names, &index)?;
            for field in (0..table.width).filter(|&field| field != table.key) {
                let name = table.header.and_then(|header| header.get(field));
                let name = name.filter(|name| !name.is_empty()).cloned();
                let name = name.unwrap_or_else(|| format!("column {}", field + 1));
                let (of_documents, n_unmatched) =
                    table.classes(field, &records, &lines, n_documents, &index)?;
                columns.push((name, Self::new(&of_documents, n_unmatched)));
            }
        }
        columns.retain(|(_, column)| !column.classes.is_empty());
        if columns.is_empty() {
            return Err(no_class(path));
        }
        Ok(columns)
    }

    /// From the class of each document.
    fn new(of_documents: &[Option<&str>], n_unmatched: usize) -> Self {
        let named: BTreeSet<&str> = of_documents.iter().flatten().copied().collect();
        let classes: Vec<String> = named.into_iter().map(str::to_owned).collect();
        let position = |class: &str| {
            classes.binary_search_by(|it| it.as_str().cmp(class)).expect("every class is listed")
                as u32
        };
        let documents = of_documents.iter().map(|class| class.map(position)).collect();
        Self { documents, classes, n_unmatched }
    }

    /// The class of a document by its number, from 1.
    pub fn class_of(&self, document: u64) -> Option<u32> {
        self.documents.get(usize::try_from(document).ok()?.checked_sub(1)?).copied().flatten()
    }
}

/// How clusters agree with classes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClusterAgreement {
    /// Documents with a class.
    pub n_documents: u64,
    /// The share of them that have the most frequent class of their cluster, from 0 to 1.
    pub purity: f64,
    /// Normalised mutual information, `2 I(class; cluster) / (H(class) + H(cluster))`, from 0
    /// (chance) to 1 (the same groups); 1 if both are one group.
    pub nmi: f64,
}

impl ClusterAgreement {
    /// From the class and the cluster of each document; `None` without a document.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (u32, u32)>) -> Option<Self> {
        let (mut joint, mut classes, mut clusters) =
            (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut n = 0u64;
        for (class, cluster) in pairs {
            *joint.entry((cluster, class)).or_insert(0u64) += 1;
            *classes.entry(class).or_insert(0u64) += 1;
            *clusters.entry(cluster).or_insert(0u64) += 1;
            n += 1;
        }
        if n == 0 {
            return None;
        }
        let share = |count: u64| count as f64 / n as f64;
        let entropy = |counts: &BTreeMap<u32, u64>| {
            -counts.values().map(|&count| share(count) * ln(share(count))).sum::<f64>()
        };
        let information: f64 = joint
            .iter()
            .map(|(&(cluster, class), &count)| {
                share(count)
                    * ln(share(count) / (share(clusters[&cluster]) * share(classes[&class])))
            })
            .sum();
        let mut largest: BTreeMap<u32, u64> = BTreeMap::new();
        joint.iter().for_each(|(&(cluster, _), &count)| {
            let largest = largest.entry(cluster).or_insert(0);
            *largest = (*largest).max(count);
        });
        let total = entropy(&classes) + entropy(&clusters);
        let nmi = if total > 0.0 { (2.0 * information / total).clamp(0.0, 1.0) } else { 1.0 };
        Some(Self { n_documents: n, purity: share(largest.values().sum()), nmi })
    }
}

fn no_class(path: &Path) -> Error {
    let expected = "a class for each document, or a table with one for each file";
    Error::malformed(path, None, "no class", expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{DocumentUnit, SourceReport};

    fn names(unit: DocumentUnit, sources: &[(&str, u64)]) -> DocumentNames {
        let report = |&(path, n): &(&str, u64)| SourceReport {
            path: path.to_owned(),
            bytes: 1,
            sha256: String::new(),
            n_documents: Some(n),
        };
        DocumentNames::new(unit, sources.iter().map(report).collect())
    }

    fn read(
        text: &str,
        path: &str,
        names: &DocumentNames,
        column: Option<&str>,
    ) -> Result<Vec<String>> {
        let read = DocumentClasses::read(text.as_bytes(), Path::new(path), names, column)?;
        Ok(read
            .documents
            .iter()
            .map(|class| class.map_or("-".to_owned(), |class| read.classes[class as usize].clone()))
            .collect())
    }

    #[test]
    fn agreement_by_hand() {
        // Two clusters: three of class 0 and one of class 1; two of class 1.
        let pairs = [(0, 0), (0, 0), (0, 0), (1, 0), (1, 1), (1, 1)];
        let it = ClusterAgreement::from_pairs(pairs).unwrap();
        assert_eq!((it.n_documents, it.purity), (6, 5.0 / 6.0));
        let (h_class, h_cluster) =
            (2f64.ln(), -(2.0 / 3.0 * (2f64 / 3.0).ln() + 1.0 / 3.0 * (1f64 / 3.0).ln()));
        // Half of the documents are class 0 in cluster 0, a sixth class 1 there, a third class 1 in
        // cluster 1.
        let (first, second, third): (f64, f64, f64) =
            (0.5 / (2.0 / 3.0 * 0.5), 1.0 / 6.0 / (2.0 / 3.0 * 0.5), 2.0);
        let i = 0.5 * first.ln() + 1.0 / 6.0 * second.ln() + 1.0 / 3.0 * third.ln();
        assert!((it.nmi - 2.0 * i / (h_class + h_cluster)).abs() < 1e-12);
        assert_eq!(ClusterAgreement::from_pairs([(0, 0), (0, 0)]).unwrap().nmi, 1.0);
        assert_eq!(ClusterAgreement::from_pairs([]), None);
    }

    #[test]
    fn a_list_is_read_line_by_line() {
        let lines = names(DocumentUnit::Line, &[("a", 3)]);
        assert_eq!(read("sea\n\nsky\n", "l.txt", &lines, None).unwrap(), ["sea", "-", "sky"]);
        assert_eq!(
            read("train\tsea\t1\ntest\tsky\t2\ntest\tsea\t3\n", "l.tsv", &lines, None).unwrap(),
            ["sea", "sky", "sea"]
        );
        let message = read("sea\nsky\n", "l.txt", &lines, None).unwrap_err().to_string();
        assert_eq!(
            message,
            "`l.txt`: found 2 lines, expected 3, one for each document; or a table that names files"
        );
    }

    #[test]
    fn a_table_is_read_by_its_names_of_files() {
        let files = names(
            DocumentUnit::File,
            &[("novels/emma.txt", 1), ("novels/persuasion.txt", 1), ("novels/vilette.txt.xz", 1)],
        );
        let table = "year,file,author\n1815,emma.txt,\"Austen, Jane\"\n1853,vilette,Bronte\n\
                     1900,other.txt,Nobody\n";
        assert_eq!(
            read(table, "metadata.csv", &files, Some("author")).unwrap(),
            ["Austen, Jane", "-", "Bronte"]
        );
        assert_eq!(read(table, "metadata.csv", &files, Some("1")).unwrap(), ["1815", "-", "1853"]);
        assert_eq!(read(table, "metadata.csv", &files, None).unwrap(), ["1815", "-", "1853"]);
        let columns =
            DocumentClasses::read_columns(table.as_bytes(), Path::new("m.csv"), &files).unwrap();
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["year", "author"]);
        for (name, column) in &columns {
            let one =
                DocumentClasses::read(table.as_bytes(), Path::new("m.csv"), &files, Some(name));
            assert_eq!(one.unwrap(), *column);
        }
        assert_eq!(
            DocumentClasses::read(table.as_bytes(), Path::new("m.csv"), &files, None)
                .unwrap()
                .n_unmatched,
            1
        );
        // Without a header.
        assert_eq!(
            read("novels/emma.txt\tA\nnovels/persuasion.txt\tA\n", "m.tsv", &files, None).unwrap(),
            ["A", "A", "-"]
        );
        let message = read(table, "m.csv", &files, Some("genre")).unwrap_err().to_string();
        assert!(message.ends_with("expected a column of `m.csv`: year, file, author"), "{message}");
        let message = read("x\ty\nz\tw\n", "m.tsv", &files, None).unwrap_err().to_string();
        assert!(
            message.contains(
                "found no name of a document, the first being `x`, expected a column with names of \
                 documents, such as"
            ),
            "{message}"
        );
    }

    #[test]
    fn a_file_stands_for_all_its_documents() {
        let lines = names(DocumentUnit::Paragraph, &[("a.txt", 2), ("b.txt", 2)]);
        assert_eq!(
            read("file\tclass\na.txt\tsea\nb.txt:2\tsky\n", "m.tsv", &lines, None).unwrap(),
            ["sea", "sea", "-", "sky"]
        );
    }
}

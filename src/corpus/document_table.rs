//! The documents of a corpus with their metadata: what `documents.tsv` in a model holds.
//!
//! In: for each document a line of values, separated by tabs. Out: a table with a header: the
//! number of the document, as commands about documents count, its name, and the values.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::DocumentNames;
use crate::base::error::{Error, Result};
use crate::base::words::{escaped, unescaped};
use crate::storage::mmap::MappedFile;
use crate::storage::value_list::ValueList;

/// Bytes of lines that are looked at together.
const AT_A_TIME: usize = 1 << 20;

/// The documents of a corpus with their metadata.
#[derive(Debug)]
pub struct DocumentTable(Kind);

#[derive(Debug)]
enum Kind {
    /// The names of the values, and a line for each document.
    Made { columns: Vec<String>, rows: ValueList<u8> },
    /// A table as it was written.
    File(MappedFile, PathBuf),
}

impl DocumentTable {
    /// The values of these columns, a line for each document.
    pub(crate) fn new(columns: Vec<String>, rows: ValueList<u8>) -> Self {
        Self(Kind::Made { columns, rows })
    }

    /// The table in a file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Ok(Self(Kind::File(MappedFile::open(path)?, path.to_path_buf())))
    }

    /// The lines, if there are any that were not written yet.
    pub(crate) fn rows(&self) -> Option<&ValueList<u8>> {
        match &self.0 {
            Kind::Made { rows, .. } => Some(rows),
            Kind::File(..) => None,
        }
    }

    /// The columns of metadata, each with the values of the documents in their order.
    ///
    /// # Errors
    /// [`Error::Malformed`] if a file is not such a table; a failure of the file system.
    pub fn columns(&self) -> Result<Vec<(String, Vec<String>)>> {
        match &self.0 {
            Kind::Made { columns, rows } => {
                let mut bytes = Vec::new();
                rows.for_each_part(AT_A_TIME, |_, part| {
                    bytes.extend_from_slice(part);
                    Ok(())
                })?;
                parse(columns.clone(), &bytes, 1, 0, Path::new("documents.tsv"))
            }
            Kind::File(file, path) => {
                let end =
                    memchr::memchr(b'\n', file.bytes()).map_or(file.bytes().len(), |end| end + 1);
                let (header, rows) = file.bytes().split_at(end);
                let header = String::from_utf8_lossy(header);
                let mut names: Vec<String> = header
                    .trim_end_matches(['\n', '\r'])
                    .split('\t')
                    .map(|name| unescaped(name).unwrap_or_else(|| name.to_owned()))
                    .collect();
                names.drain(..names.len().min(2));
                parse(names, rows, 2, 2, path)
            }
        }
    }

    /// Writes the table; `names` are those of the documents.
    ///
    /// # Errors
    /// What `output` fails with; a failure of the file system.
    pub(crate) fn write(
        &self,
        names: &DocumentNames,
        output: &mut impl Write,
        path: &Path,
    ) -> Result<()> {
        let failed = |source| Error::io("write", path, source);
        let (columns, rows) = match &self.0 {
            Kind::File(file, _) => return output.write_all(file.bytes()).map_err(failed),
            Kind::Made { columns, rows } => (columns, rows),
        };
        let header: String = columns.iter().map(|name| format!("\t{}", escaped(name))).collect();
        writeln!(output, "document\tname{header}").map_err(failed)?;
        let mut number = 0;
        let mut row: Vec<u8> = Vec::new();
        rows.for_each_part(AT_A_TIME, |_, part| {
            for piece in part.split_inclusive(|&byte| byte == b'\n') {
                row.extend_from_slice(piece);
                if piece.ends_with(b"\n") {
                    number += 1;
                    let name = escaped(&names.name(number).unwrap_or_default());
                    write!(output, "{number}\t{name}\t").map_err(failed)?;
                    output.write_all(&row).map_err(failed)?;
                    row.clear();
                }
            }
            Ok(())
        })
    }
}

/// The columns of some rows; the first `before` cells of each are left out.
fn parse(
    names: Vec<String>,
    rows: &[u8],
    first_line: u64,
    before: usize,
    path: &Path,
) -> Result<Vec<(String, Vec<String>)>> {
    let mut columns: Vec<(String, Vec<String>)> =
        names.into_iter().map(|name| (name, Vec::new())).collect();
    for (row, line) in rows.split_inclusive(|&byte| byte == b'\n').zip(first_line..) {
        let row = String::from_utf8_lossy(row.strip_suffix(b"\n").unwrap_or(row));
        let mut cells = row.split('\t').skip(before);
        for (_, values) in &mut columns {
            let cell = cells.next().and_then(unescaped).ok_or_else(|| {
                let expected = "a cell for each column, as `embed --metadata` writes them";
                Error::malformed(path, Some(line), "too few cells", expected)
            })?;
            values.push(cell);
        }
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{DocumentUnit, SourceReport};

    #[test]
    fn each_document_has_a_row() {
        let source = |path: &str, n| SourceReport {
            path: path.to_owned(),
            bytes: 1,
            sha256: String::new(),
            n_documents: Some(n),
        };
        let names = DocumentNames::new(DocumentUnit::Record, vec![source("a", 2), source("b", 1)]);
        let rows = ValueList::from(b"x\t1\n\t2\nz\t\n".to_vec());
        let table = DocumentTable::new(vec!["party".into(), "year".into()], rows);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("documents.tsv");
        let mut written = Vec::new();
        table.write(&names, &mut written, &path).unwrap();
        let expected = "document\tname\tparty\tyear\n1\ta:1\tx\t1\n2\ta:2\t\t2\n3\tb:1\tz\t\n";
        assert_eq!(String::from_utf8(written.clone()).unwrap(), expected);
        // A table that was opened is written as it is.
        std::fs::write(&path, &written).unwrap();
        let mut again = Vec::new();
        DocumentTable::open(&path).unwrap().write(&names, &mut again, &path).unwrap();
        assert_eq!(again, written);
    }

    #[test]
    fn columns_are_read_as_they_were_given() {
        let source =
            SourceReport { path: "a".into(), bytes: 1, sha256: "".into(), n_documents: Some(3) };
        let names = DocumentNames::new(DocumentUnit::Record, vec![source]);
        // A tab within a value, and a document without any.
        let rows = ValueList::from(b"x\\ty\t1\n\t\nz\t\n".to_vec());
        let table = DocumentTable::new(vec!["a\tparty".into(), "year".into()], rows);
        let list = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let expected = [
            ("a\tparty".to_owned(), list(["x\ty", "", "z"])),
            ("year".to_owned(), list(["1", "", ""])),
        ];
        assert_eq!(table.columns().unwrap(), expected);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("documents.tsv");
        let mut written = Vec::new();
        table.write(&names, &mut written, &path).unwrap();
        std::fs::write(&path, &written).unwrap();
        assert_eq!(DocumentTable::open(&path).unwrap().columns().unwrap(), expected);
        // A line that was cut off.
        std::fs::write(&path, "document\tname\tparty\tyear\n1\ta:1\tx\n").unwrap();
        let error = DocumentTable::open(&path).unwrap().columns().unwrap_err().to_string();
        assert!(
            error.ends_with(
                "documents.tsv`, line 2: found too few cells, expected a cell for each column, as \
             `embed --metadata` writes them"
            ),
            "{error}"
        );
    }
}

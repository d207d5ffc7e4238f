//! The documents of a corpus with their metadata: what `documents.tsv` in a model holds.
//!
//! In: for each document a line of values, separated by tabs. Out: a table with a header: the
//! number of the document, as commands about documents count, its name, and the values.

use std::io::Write;
use std::path::Path;

use super::DocumentNames;
use crate::base::error::{Error, Result};
use crate::base::words::escaped;
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
    File(MappedFile),
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
        Ok(Self(Kind::File(MappedFile::open(path)?)))
    }

    /// The lines, if there are any that were not written yet.
    pub(crate) fn rows(&self) -> Option<&ValueList<u8>> {
        match &self.0 {
            Kind::Made { rows, .. } => Some(rows),
            Kind::File(_) => None,
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
            Kind::File(file) => return output.write_all(file.bytes()).map_err(failed),
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
}

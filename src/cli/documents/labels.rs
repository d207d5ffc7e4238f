//! Known classes of documents: the options of the commands that take them.

use std::path::{Path, PathBuf};

use anyhow::Result;
use eigenlex::Progress;
use eigenlex::corpus::{DocumentNames, DocumentUnit, SourceReport};
use eigenlex::encode::Codes;
use eigenlex::evaluate::DocumentClasses;

use crate::cli::global::source;
use crate::cli::output;

/// A file of labels.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct LabelsArgs {
    /// Known classes of the documents
    ///
    /// Either a list with one line for each document, or a table (.csv, or separated by tabs) in
    /// which a column names files.
    #[arg(long, value_name = "FILE", help_heading = "Labels")]
    labels: Option<PathBuf>,
    /// Column of the table that has the class, by name or number [default: the first that does not
    /// name files]
    #[arg(long, value_name = "COLUMN", requires = "labels", help_heading = "Labels")]
    label_column: Option<String>,
}

impl LabelsArgs {
    /// Whether there is a file.
    pub(crate) fn is_given(&self) -> bool {
        self.labels.is_some()
    }

    /// The classes of the documents of these codes, if there is a file; reports how many
    /// documents have none.
    pub(crate) fn read(
        &self,
        codes: &Codes,
        progress: &dyn Progress,
    ) -> Result<Option<DocumentClasses>> {
        let Some(path) = &self.labels else { return Ok(None) };
        let names = names(codes);
        let column = self.label_column.as_deref();
        let classes = DocumentClasses::read(source(path).open()?, path, &names, column)?;
        tell_left_out(&classes, "class", path, codes, progress);
        Ok(Some(classes))
    }

    /// The same of every column of a table, with its name; of the column that was asked for alone,
    /// if one was.
    pub(crate) fn read_all(
        &self,
        codes: &Codes,
        progress: &dyn Progress,
    ) -> Result<Vec<(String, DocumentClasses)>> {
        let Some(path) = &self.labels else { return Ok(Vec::new()) };
        if let Some(column) = &self.label_column {
            let classes = self.read(codes, progress)?;
            return Ok(classes.map(|classes| (column.clone(), classes)).into_iter().collect());
        }
        let columns = DocumentClasses::read_columns(source(path).open()?, path, &names(codes))?;
        if let Some((_, first)) = columns.first() {
            tell_left_out(first, "label", path, codes, progress);
        }
        Ok(columns)
    }
}

/// The names of the documents of some codes.
fn names(codes: &Codes) -> DocumentNames {
    // Codes of another program have no names: the rows are the documents.
    let rows_alone = || {
        let n_documents = codes.documents().iter().max().copied();
        let source =
            SourceReport { path: String::new(), bytes: 0, sha256: String::new(), n_documents };
        DocumentNames::new(DocumentUnit::Line, vec![source])
    };
    codes.origin().documents.clone().unwrap_or_else(rows_alone)
}

/// Says how many documents have no class, and how many lines name no document.
fn tell_left_out(
    classes: &DocumentClasses,
    kind: &str,
    path: &Path,
    codes: &Codes,
    progress: &dyn Progress,
) {
    let is_without = |&&document: &&u64| classes.class_of(document).is_none();
    let n_without = codes.documents().iter().filter(is_without).count() as u64;
    if n_without > 0 {
        let (without, all) = (output::count(n_without), output::count(codes.len() as u64));
        progress
            .tell(&format!("{without} of {all} documents have no {kind} in `{}`", path.display()));
    }
    if classes.n_unmatched > 0 {
        let lines = output::count(classes.n_unmatched as u64);
        progress.tell(&format!("{lines} lines of `{}` name no document", path.display()));
    }
}

//! Known classes of documents: the options of the commands that take them.

use std::path::PathBuf;

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
        let file = source(path).open()?;
        // Codes of another program have no names: the rows are the documents.
        let rows_alone = || {
            let n_documents = codes.documents().iter().max().copied();
            let source =
                SourceReport { path: String::new(), bytes: 0, sha256: String::new(), n_documents };
            DocumentNames::new(DocumentUnit::Line, vec![source])
        };
        let names = codes.origin().documents.clone().unwrap_or_else(rows_alone);
        let classes = DocumentClasses::read(file, path, &names, self.label_column.as_deref())?;
        let n_without = codes
            .documents()
            .iter()
            .filter(|&&document| classes.class_of(document).is_none())
            .count() as u64;
        if n_without > 0 {
            let (without, all) = (output::count(n_without), output::count(codes.len() as u64));
            progress.tell(&format!(
                "{without} of {all} documents have no class in `{}`",
                path.display()
            ));
        }
        if classes.n_unmatched > 0 {
            let lines = output::count(classes.n_unmatched as u64);
            progress.tell(&format!("{lines} lines of `{}` name no document", path.display()));
        }
        Ok(Some(classes))
    }
}

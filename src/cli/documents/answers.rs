//! Documents as the answers to queries.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::io::Write;

use anyhow::Result;
use eigenlex::encode::{Relevance, SearchAnswer, SearchAnswers, snippets};
use serde::Serialize;

use super::inputs::Documents;
use crate::cli::output;
use crate::cli::output::{Cosine, Decimals, FormatArg, OrEmpty, OutputFormat, Table, shown};

/// Characters of a snippet.
pub(crate) const SNIPPET: usize = 160;

/// A document as an answer, as JSON has it.
#[derive(Serialize)]
pub(crate) struct Row<'a> {
    document: u64,
    name: String,
    score: Decimals<6>,
    similarity: Option<Cosine>,
    found_by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

impl<'a> Row<'a> {
    pub(crate) fn of(
        it: &SearchAnswer,
        documents: &Documents,
        texts: &'a BTreeMap<u64, String>,
    ) -> Self {
        Self {
            document: it.document,
            name: documents.codes.name_of_row(it.row),
            score: Decimals(it.score),
            similarity: it.similarity.map(Cosine::from),
            found_by: it.found_by.name(),
            text: texts.get(&it.document).map(String::as_str),
        }
    }
}

/// Prints documents as the answers to queries.
pub(crate) struct DocumentAnswers {
    format: OutputFormat,
    table: Table<7>,
    is_first: bool,
}

impl DocumentAnswers {
    pub(crate) fn new(format: FormatArg) -> Self {
        let columns = ["query", "document", "name", "score", "similarity", "found_by", "text"];
        Self { format: format.resolve(), table: format.table_of_answers(columns), is_first: true }
    }

    /// Prints the answers to one of several queries and flushes them, since somebody who asks on
    /// standard input waits for each.
    pub(crate) fn put(
        &mut self,
        output: &mut impl Write,
        documents: &Documents,
        query: &str,
        found: &SearchAnswers,
        nearness: Option<&dyn Fn(&str) -> f64>,
    ) -> Result<()> {
        let is_first = std::mem::take(&mut self.is_first);
        let numbers: BTreeSet<u64> = found.documents.iter().map(|it| it.document).collect();
        let texts = match &documents.texts {
            Some(corpus) => snippets(
                corpus,
                &numbers,
                Relevance { words: Some(&found.word_weights), nearness },
                SNIPPET,
            )?,
            None => BTreeMap::new(),
        };
        let rows: Vec<Row> =
            found.documents.iter().map(|it| Row::of(it, documents, &texts)).collect();
        match self.format {
            OutputFormat::Json => output::json_line(output, &rows)?,
            OutputFormat::Tsv => rows.iter().try_for_each(|it| {
                let (similarity, text) = (OrEmpty(it.similarity), OrEmpty(it.text));
                let cells: [&dyn Display; 7] =
                    [&query, &it.document, &it.name, &it.score, &similarity, &it.found_by, &text];
                self.table.row(output, cells)
            })?,
            OutputFormat::Text => {
                writeln!(output, "{}{}", if is_first { "" } else { "\n" }, shown(query))?;
                let width =
                    rows.iter().map(|it| shown(&it.name).chars().count()).max().unwrap_or(0);
                for Row { score, found_by, name, text, .. } in &rows {
                    let (score, name) = (score.0, shown(name));
                    let text = shown(text.unwrap_or_default());
                    writeln!(output, "  {score:.3}  {found_by:<7}  {name:<width$}  {text}")?;
                }
            }
        }
        Ok(output.flush()?)
    }
}

//! Values of the documents by which a page colours and filters: labels, and the metadata of the
//! model's corpus.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use eigenlex::Model;
use eigenlex::encode::Codes;

use super::data::{Column, NONE, packed};
use super::page::PageArgs;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::refusal::Refusal;

/// A column of numbers has more distinct ones; with fewer they are names of classes.
const FEW_NUMBERS: usize = 12;

/// Columns, and what was left out.
#[derive(Default)]
pub(super) struct Columns {
    pub(super) columns: Vec<Column>,
    pub(super) notes: Vec<String>,
}

impl Columns {
    /// Adds a column; `values` are those of the documents of the codes, and so many points
    /// without a value follow.
    fn add(&mut self, name: &str, values: &[Option<&str>], n_others: usize) {
        let given: BTreeSet<&str> = values.iter().flatten().copied().collect();
        if given.is_empty() {
            return;
        }
        let is_number = |text: &&str| text.trim().parse::<f64>().is_ok_and(f64::is_finite);
        if given.len() > FEW_NUMBERS && given.iter().all(is_number) {
            let number = |text: &Option<&str>| {
                text.and_then(|text| text.trim().parse().ok()).unwrap_or(f64::NAN)
            };
            let others = std::iter::repeat_n(f64::NAN, n_others);
            let numbers = packed(values.iter().map(number).chain(others));
            self.columns.push(Column::Numbers { name: name.to_owned(), numbers });
            return;
        }
        if given.len() >= usize::from(NONE) {
            self.notes.push(format!(
                "The column {name} is left out: {} different values are too many for colours.",
                output::count(given.len() as u64)
            ));
            return;
        }
        let number: BTreeMap<&str, u16> = given.iter().copied().zip(0u16..).collect();
        let of_points = values.iter().map(|value| value.map_or(NONE, |value| number[value]));
        let others = std::iter::repeat_n(NONE, n_others);
        self.columns.push(Column::Texts {
            name: name.to_owned(),
            values: given.iter().map(|&value| value.to_owned()).collect(),
            of_points: packed(of_points.chain(others)),
        });
    }
}

/// The labels and the metadata of the documents of some codes; `n_others` points follow them.
pub(super) fn of_documents(
    args: &PageArgs,
    model: &Model,
    codes: &Codes,
    n_others: usize,
    bars: &Bars,
) -> Result<Columns> {
    let mut columns = Columns::default();
    for (name, classes) in args.labels.read_all(codes, bars)? {
        let values: Vec<Option<&str>> = codes
            .documents()
            .iter()
            .map(|&number| classes.class_of(number))
            .map(|class| class.map(|class| classes.classes[class as usize].as_str()))
            .collect();
        columns.add(&name, &values, n_others);
    }
    if args.labels.is_given() && columns.columns.is_empty() {
        let found = "the labels are all different, too many for colours";
        return Err(Refusal::new(found, "--label-column names another column").into());
    }
    if let Some(table) = &model.documents
        && is_corpus_of(codes, model)
    {
        for (name, values) in table.columns()? {
            let of_document = |&number: &u64| {
                let at = usize::try_from(number).ok()?.checked_sub(1)?;
                values.get(at).map(String::as_str).filter(|value| !value.is_empty())
            };
            let values: Vec<Option<&str>> = codes.documents().iter().map(of_document).collect();
            columns.add(&name, &values, n_others);
        }
    }
    Ok(columns)
}

/// Whether the documents are those that the model was made of.
fn is_corpus_of(codes: &Codes, model: &Model) -> bool {
    let provenance = &model.provenance;
    codes.origin().documents.as_ref().is_some_and(|documents| {
        documents.unit() == provenance.document_unit
            && documents.sources().iter().map(|source| &source.sha256).eq(provenance
                .corpus
                .sources
                .iter()
                .map(|source| &source.sha256))
    })
}

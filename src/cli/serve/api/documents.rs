//! Questions about documents.

use serde::Serialize;
use serde_json::Value;

use super::{Asked, Reply, body};
use crate::cli::serve::texts::{By, Documents, StandsOut};

#[derive(Serialize)]
struct Named<'a> {
    document: u64,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
}

#[derive(Serialize)]
struct Listed<'a> {
    total: usize,
    offset: usize,
    documents: Vec<Named<'a>>,
}

#[derive(Serialize)]
struct Found<'a> {
    query: &'a str,
    by: &'a str,
    documents: Value,
}

fn named(documents: &Documents, row: usize) -> Named<'_> {
    let document = documents.found.codes.documents()[row];
    let name = documents.found.codes.name_of_row(row);
    Named { document, name, label: documents.label(document) }
}

/// `documents`: those that a text is about; without one, all of them, a page at a time.
pub(crate) fn search(asked: &Asked) -> Reply {
    let (documents, model) = asked.documents()?;
    let top = asked.parameters.number("top", 10);
    let query = asked.parameters.text("q").unwrap_or_default();
    if query.is_empty() {
        let (total, offset) = (documents.len(), asked.parameters.number("offset", 0));
        let rows = (0..total).skip(offset).take(top).map(|row| named(documents, row));
        return body(&Listed { total, offset, documents: rows.collect() });
    }
    let name = asked.parameters.text("by").unwrap_or("both");
    let by = match name {
        "words" => By::Words,
        "meaning" => By::Meaning,
        _ => By::Both,
    };
    let found = asked.pool.install(|| documents.search(model, query, by, top))?;
    body(&Found { query, by: name, documents: found })
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    named: Named<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<u32>,
    text: Option<&'a str>,
    words: Vec<StandsOut>,
}

/// `documents/{document}`: its text, and the words that stand out in it.
pub(crate) fn document(asked: &Asked) -> Reply {
    let (documents, model) = asked.documents()?;
    let codes = &documents.found.codes;
    let row = codes.find(asked.parameters.needed("document"))?;
    let top = asked.parameters.number("top", 10);
    body(&Document {
        named: named(documents, row),
        tokens: codes.words().map(|words| words.n_tokens(row)),
        text: documents.text(codes.documents()[row]),
        words: documents.standing_out(model, row, top),
    })
}

/// `similar-documents`: those that are like a document.
pub(crate) fn similar(asked: &Asked) -> Reply {
    let (documents, _) = asked.documents()?;
    let query = asked.parameters.needed("document");
    let row = documents.found.codes.find(query)?;
    let top = asked.parameters.number("top", 10);
    let found = asked.pool.install(|| documents.similar(row, top))?;
    body(&Found { query, by: "both", documents: found })
}

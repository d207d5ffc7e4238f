//! `vocab.tsv`: the words of a model with their counts and document frequencies.

use std::fs;
use std::path::Path;

use super::Model;
use crate::base::error::{Error, Result};
use crate::base::words::escaped;
use crate::vectors::WordVectors;

const VOCABULARY_HEADER: &str = "word\tcount\tdocument_frequency";

pub(super) fn vocabulary_table(model: &Model) -> String {
    let mut table = String::from(VOCABULARY_HEADER);
    table.push('\n');
    for (word, (count, frequency)) in
        model.vectors.words().iter().zip(model.counts.iter().zip(&*model.document_frequencies))
    {
        table.push_str(&escaped(word));
        table.push_str(&format!("\t{count}\t{frequency}\n"));
    }
    table
}

/// Counts and document frequencies; the words must be those of the vectors, in the same order.
pub(super) fn read_vocabulary(path: &Path, vectors: &WordVectors) -> Result<(Vec<u64>, Vec<u64>)> {
    let text = fs::read_to_string(path).map_err(|source| Error::io("read", path, source))?;
    let malformed = |line: u64, found: String, expected: String| Error::Malformed {
        path: path.to_path_buf(),
        line: Some(line),
        found,
        expected,
    };
    let mut lines = text.lines();
    match lines.next() {
        Some(VOCABULARY_HEADER) => {}
        other => {
            return Err(malformed(
                1,
                format!("`{}`", other.unwrap_or_default()),
                format!("`{VOCABULARY_HEADER}`"),
            ));
        }
    }
    let (mut counts, mut frequencies) = (Vec::new(), Vec::new());
    let mut words = vectors.words().iter();
    for (number, line) in (2..).zip(lines) {
        let mut fields = line.rsplitn(3, '\t');
        let mut number_field = || fields.next().and_then(|field| field.parse::<u64>().ok());
        match (number_field(), number_field(), fields.next()) {
            (Some(frequency), Some(count), Some(word)) => {
                if let Some(expected) = words.next().map(escaped)
                    && expected != word
                {
                    return Err(malformed(
                        number,
                        format!("`{line}`"),
                        format!("the word `{expected}`, as in the vectors"),
                    ));
                }
                counts.push(count);
                frequencies.push(frequency);
            }
            _ => {
                return Err(malformed(
                    number,
                    format!("`{line}`"),
                    "a word, its count and its document frequency".to_owned(),
                ));
            }
        }
    }
    if counts.len() != vectors.len() {
        let expected = format!("{} words, as many as there are vectors", vectors.len());
        return Err(malformed(
            counts.len() as u64 + 1,
            format!("{} words", counts.len()),
            expected,
        ));
    }
    Ok((counts, frequencies))
}

//! What a person may say about the structured files of a corpus.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::base::error::Error;

/// Which part of a record is its text, and which values are kept beside it.
///
/// ```
/// use eigenlex::corpus::{ReaderOptions, TokenColumn};
/// let options = ReaderOptions::default().field("data.body.text").metadata(["party", "year"]);
/// assert_eq!(options.token, TokenColumn::Form);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ReaderOptions {
    /// The field of a JSON object that holds the text: its name, or several with dots between, with
    /// positions in arrays from 0: `items.0.text`. Default: `text`.
    pub field: String,
    /// The column of a table that holds the text: its name, or its number from 1. Default: the one
    /// that is called `text`, the one that is called `content`, `body`, `message` or alike, or the
    /// only one.
    pub column: Option<String>,
    /// What of a word of a treebank is the token. Default: its form.
    pub token: TokenColumn,
    /// Values that are kept for each document: columns of a table, fields of JSON, `title` and `id`
    /// of a MediaWiki page, comments of a treebank, elements of a TEI header. Default: none.
    pub metadata: Vec<String>,
}

impl Default for ReaderOptions {
    fn default() -> Self {
        Self {
            field: "text".to_owned(),
            column: None,
            token: TokenColumn::default(),
            metadata: Vec::new(),
        }
    }
}

impl ReaderOptions {
    /// Sets the field of a JSON object that holds the text.
    #[must_use]
    pub fn field(self, field: impl Into<String>) -> Self {
        Self { field: field.into(), ..self }
    }

    /// Sets the column of a table that holds the text.
    #[must_use]
    pub fn column(self, column: impl Into<String>) -> Self {
        Self { column: Some(column.into()), ..self }
    }

    /// Sets what of a word of a treebank is the token.
    #[must_use]
    pub fn token(self, token: TokenColumn) -> Self {
        Self { token, ..self }
    }

    /// Sets the values that are kept for each document.
    #[must_use]
    pub fn metadata<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        Self { metadata: names.into_iter().map(Into::into).collect(), ..self }
    }
}

impl ReaderOptions {
    /// Whether the names of the metadata are names, each given once.
    ///
    /// # Errors
    /// An empty name, or one that is given twice.
    pub(in crate::corpus) fn check(&self) -> Result<(), Error> {
        for (number, name) in self.metadata.iter().enumerate() {
            let (found, expected) = match () {
                () if name.trim().is_empty() => ("an empty name".to_owned(), "names of values"),
                () if self.metadata[..number].contains(name) => {
                    (format!("`{name}` twice"), "each name once")
                }
                () => continue,
            };
            return Err(Error::Parameter {
                name: "metadata",
                found,
                expected: expected.to_owned(),
            });
        }
        Ok(())
    }
}

/// What of a word of a treebank is the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenColumn {
    /// The word as it is written: `kings`. Of a multi-word token such as French `du`, the written
    /// word counts, not its parts `de` and `le`.
    #[default]
    Form,
    /// The lemma: `king`. Of a multi-word token, the lemmas of its parts.
    Lemma,
    /// The lemma and the universal part of speech: `king_NOUN`.
    LemmaUpos,
}

/// Every choice with its name.
const TOKEN_COLUMNS: [(TokenColumn, &str); 3] = [
    (TokenColumn::Form, "form"),
    (TokenColumn::Lemma, "lemma"),
    (TokenColumn::LemmaUpos, "lemma_upos"),
];

impl fmt::Display for TokenColumn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = TOKEN_COLUMNS.iter().find(|(column, _)| column == self);
        formatter.pad(name.map_or("", |&(_, name)| name))
    }
}

impl FromStr for TokenColumn {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = TOKEN_COLUMNS.iter().find(|&&(_, name)| name == text);
        found.map(|&(column, _)| column).ok_or_else(|| Error::Parameter {
            name: "token",
            found: format!("`{text}`"),
            expected: super::list(TOKEN_COLUMNS.iter().map(|&(_, name)| name)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_token_column_is_read_back() {
        for (column, name) in TOKEN_COLUMNS {
            assert_eq!(name.parse::<TokenColumn>().unwrap(), column);
            assert_eq!(serde_json::to_string(&column).unwrap(), format!("\"{column}\""));
        }
        assert_eq!(
            "stem".parse::<TokenColumn>().unwrap_err().to_string(),
            "token is `stem`, expected `form`, `lemma`, `lemma_upos`"
        );
    }

    #[test]
    fn metadata_without_a_name_or_given_twice_are_refused() {
        let check = |names: &[&str]| {
            let options = ReaderOptions::default().metadata(names.iter().copied());
            options.check().map_err(|error| error.to_string())
        };
        assert_eq!(check(&["party", "year"]), Ok(()));
        assert_eq!(
            check(&["party", "year", "party"]).unwrap_err(),
            "metadata is `party` twice, expected each name once"
        );
        assert_eq!(
            check(&[""]).unwrap_err(),
            "metadata is an empty name, expected names of values"
        );
    }

    #[test]
    fn options_that_are_not_given_have_their_defaults() {
        let options: ReaderOptions = serde_json::from_str(r#"{"metadata":["year"]}"#).unwrap();
        assert_eq!(options, ReaderOptions::default().metadata(["year"]));
    }
}

//! What a file holds: by its name, by what a person says, or by its first lines.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::base::error::Error;

/// What a file of texts holds, and so how it is read.
///
/// ```
/// use eigenlex::corpus::ReaderKind;
/// assert_eq!(ReaderKind::from_path("tweets.csv.gz"), Some(ReaderKind::Csv));
/// assert_eq!("json-lines".parse::<ReaderKind>()?, ReaderKind::JsonLines);
/// # Ok::<(), eigenlex::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ReaderKind {
    /// Plain text.
    Text,
    /// A JSON object on each line, with the text in one of its fields.
    JsonLines,
    /// Comma-separated values with a header; semicolons and tabs are recognised by the header.
    Csv,
    /// Tab-separated values with a header.
    Tsv,
    /// A dump of MediaWiki, as Wikipedia publishes it: `pages-articles.xml`.
    Mediawiki,
    /// A text in the XML of the Text Encoding Initiative.
    Tei,
    /// A treebank of Universal Dependencies.
    Conllu,
    /// Subtitles: SubRip (`.srt`), WebVTT (`.vtt`) or YouTube's `.sbv`.
    Subtitles,
    /// A web page.
    Html,
    /// A table in the columns of Apache Parquet. It is read with the feature `parquet`.
    Parquet,
}

/// Every kind, with its name and the extensions of its files.
const KINDS: [(ReaderKind, &str, &[&str]); 10] = [
    (ReaderKind::Text, "text", &["txt"]),
    (ReaderKind::JsonLines, "json-lines", &["jsonl", "ndjson"]),
    (ReaderKind::Csv, "csv", &["csv"]),
    (ReaderKind::Tsv, "tsv", &["tsv", "tab"]),
    (ReaderKind::Mediawiki, "mediawiki", &["mediawiki"]),
    (ReaderKind::Tei, "tei", &["tei"]),
    (ReaderKind::Conllu, "conllu", &["conllu", "conll"]),
    (ReaderKind::Subtitles, "subtitles", &["srt", "vtt", "sbv"]),
    (ReaderKind::Html, "html", &["html", "htm", "xhtml"]),
    (ReaderKind::Parquet, "parquet", &["parquet"]),
];

/// Extensions of compressed files.
const COMPRESSIONS: [&str; 4] = ["gz", "zst", "bz2", "xz"];

/// The extension of a file in small letters, below that of a compression. A hidden file such as
/// `.tei` has none.
pub(in crate::corpus) fn extension(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let (mut stem, mut extension) = name.rsplit_once('.')?;
    if COMPRESSIONS.contains(&extension) {
        (stem, extension) = stem.rsplit_once('.')?;
    }
    (!stem.is_empty()).then(|| extension.to_owned())
}

impl ReaderKind {
    /// The kind that the extension tells, below that of a compression; `None` if it does not tell.
    /// What an `.xml` file holds is seen by its content alone.
    pub fn from_path(path: impl AsRef<Path>) -> Option<Self> {
        let extension = extension(path.as_ref())?;
        let is_of =
            |(_, _, extensions): &&(_, _, &[&str])| extensions.contains(&extension.as_str());
        KINDS.iter().find(is_of).map(|&(kind, ..)| kind)
    }

    /// Whether a file of this kind holds records, of which each is a document.
    pub fn holds_records(self) -> bool {
        match self {
            Self::JsonLines | Self::Csv | Self::Tsv => true,
            Self::Mediawiki | Self::Conllu | Self::Parquet => true,
            Self::Text | Self::Tei | Self::Subtitles | Self::Html => false,
        }
    }

    /// Every kind, in the order in which they are listed to a person.
    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.iter().map(|&(kind, ..)| kind)
    }
}

impl fmt::Display for ReaderKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = KINDS.iter().find(|(kind, ..)| kind == self).map_or("", |&(_, name, _)| name);
        formatter.pad(name)
    }
}

impl FromStr for ReaderKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = KINDS.iter().find(|&&(_, name, extensions)| {
            name.eq_ignore_ascii_case(text) || extensions.contains(&text)
        });
        found.map(|&(kind, ..)| kind).ok_or_else(|| Error::Parameter {
            name: "reader",
            found: format!("`{text}`"),
            expected: super::list(KINDS.iter().map(|&(_, name, _)| name)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_below_a_compression_tells_the_kind() {
        for (path, kind) in [
            ("a.jsonl", Some(ReaderKind::JsonLines)),
            ("A.NDJSON.ZST", Some(ReaderKind::JsonLines)),
            ("x/a.b.csv.gz", Some(ReaderKind::Csv)),
            ("a.tab.xz", Some(ReaderKind::Tsv)),
            ("a.conllu.bz2", Some(ReaderKind::Conllu)),
            ("a.vtt", Some(ReaderKind::Subtitles)),
            ("a.xhtml", Some(ReaderKind::Html)),
            ("train-00000-of-00001.parquet", Some(ReaderKind::Parquet)),
            ("a.txt", Some(ReaderKind::Text)),
            ("a.xml", None),
            ("csv", None),
            (".csv", None),
            ("a.gz", None),
            ("a.csv.zip", None),
        ] {
            assert_eq!(ReaderKind::from_path(path), kind, "{path}");
        }
    }

    #[test]
    fn the_name_of_a_kind_is_read_back() {
        for kind in ReaderKind::all() {
            assert_eq!(kind.to_string().parse::<ReaderKind>().unwrap(), kind);
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{kind}\""));
        }
        assert_eq!(
            "yaml".parse::<ReaderKind>().unwrap_err().to_string(),
            "reader is `yaml`, expected `text`, `json-lines`, `csv`, `tsv`, `mediawiki`, `tei`, \
             `conllu`, `subtitles`, `html`, `parquet`"
        );
    }
}

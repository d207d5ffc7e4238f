//! How the texts of a model were read, in words: what is not as it is without options.

use eigenlex::corpus::{CorpusOptions, ReaderOptions, TokenColumn, WrappedLines};
use eigenlex::input::OnBadText;

/// What was said about the reading; `None` if nothing was.
pub(super) fn of_reading(it: &CorpusOptions) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(kind) = it.reader {
        parts.push(format!("reader {kind}"));
    }
    let (options, usual) = (&it.reader_options, ReaderOptions::default());
    if options.field != usual.field {
        parts.push(format!("text in the field `{}`", options.field));
    }
    if let Some(column) = &options.column {
        parts.push(format!("text in the column `{column}`"));
    }
    match options.token {
        TokenColumn::Form => {}
        token => parts.push(format!("tokens of treebanks are {token}")),
    }
    if !options.metadata.is_empty() {
        let names: Vec<String> = options.metadata.iter().map(|it| format!("`{it}`")).collect();
        parts.push(format!("metadata {}", names.join(", ")));
    }
    if let Some(encoding) = it.encoding {
        parts.push(format!("encoding {encoding}"));
    }
    match it.wrapped_lines {
        WrappedLines::Auto => {}
        WrappedLines::Join => parts.push("wrapped lines joined".to_owned()),
        WrappedLines::Keep => parts.push("lines kept as they are".to_owned()),
    }
    match it.on_bad_text {
        None => {}
        Some(OnBadText::Error) => parts.push("bad text refused".to_owned()),
        Some(OnBadText::Replace) => parts.push("bad text replaced".to_owned()),
        Some(OnBadText::Skip) => parts.push("lines of bad text left out".to_owned()),
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use eigenlex::Corpus;
    use eigenlex::corpus::ReaderKind;

    use super::*;

    #[test]
    fn what_was_said_about_the_reading_is_named() {
        assert_eq!(of_reading(&CorpusOptions::default()), None);
        let options = ReaderOptions::default()
            .field("body.text")
            .token(TokenColumn::Lemma)
            .metadata(["party", "year"]);
        let all = Corpus::options()
            .reader(ReaderKind::JsonLines)
            .reader_options(options.column("said"))
            .encoding("utf-16".parse::<eigenlex::input::TextEncoding>().unwrap())
            .wrapped_lines(WrappedLines::Keep)
            .on_bad_text(OnBadText::Skip);
        assert_eq!(
            of_reading(&all).unwrap(),
            "reader json-lines; text in the field `body.text`; text in the column `said`; tokens \
             of treebanks are lemma; metadata `party`, `year`; encoding utf-16; lines kept as \
             they are; lines of bad text left out"
        );
    }
}

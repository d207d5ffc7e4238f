//! Notices for the user: which files of the folders were not read, and which are copies of others.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::readers::list;
use super::seen::{EncodedTwice, Seen};
use super::{Control, Corpus, LeftOut, Noticed, Repairs, SourceReport, WrappedLines};

/// Names that a sentence gives before it says how many others there are.
const NAMED: usize = 3;

/// What was left out of the folders, if anything was.
pub(crate) fn of_left_out(left_out: &[LeftOut]) -> Option<String> {
    let (mut hidden, mut tables, mut links) = (Vec::new(), Vec::new(), Vec::new());
    for it in left_out {
        match it {
            LeftOut::Hidden(path) => hidden.push(path.display().to_string()),
            LeftOut::Table(path) => tables.push(path.display().to_string()),
            LeftOut::Link(path) => links.push(path.display().to_string()),
        }
    }
    let parts: Vec<String> = [("hidden", hidden), ("table", tables), ("broken link", links)]
        .into_iter()
        .filter(|(_, paths)| !paths.is_empty())
        .map(|(kind, paths)| {
            format!(
                "{} ({kind}{})",
                listed(&paths),
                if kind != "hidden" && paths.len() > 1 { "s" } else { "" }
            )
        })
        .collect();
    (!parts.is_empty())
        .then(|| format!("not read: {}; name a file itself to read it", parts.join(", ")))
}

/// What a corpus was taken for because of the width of its lines.
pub(crate) fn of_width(corpus: &Corpus) -> Option<String> {
    let (width, source) = (corpus.width()?, corpus.sources().first()?);
    Some(format!(
        "the lines of `{}` are wrapped at about {width} characters: they are joined, and blank \
         lines separate the documents",
        source.path().display()
    ))
}

/// What a person should know about how a corpus was read.
pub(crate) fn of_reading(
    corpus: &Corpus,
    noticed: &Noticed,
    repairs: &Repairs,
    sources: &[SourceReport],
) -> Vec<String> {
    let files = |n: u64| if n == 1 { "1 file".to_owned() } else { format!("{n} files") };
    let mut sentences: Vec<String> = noticed
        .encodings
        .iter()
        .map(|(encoding, &n)| format!("{} converted from {encoding}", files(n)))
        .collect();
    let is_auto = corpus.reading().wrapped_lines == WrappedLines::Auto;
    if noticed.n_wrapped > 0 && is_auto && corpus.width().is_none() {
        sentences.push(format!(
            "{} of {} with lines wrapped at a width: the lines of a paragraph are joined",
            noticed.n_wrapped,
            files(sources.len() as u64)
        ));
    }
    if let Some((path, kind, n)) = &noticed.looks_like {
        let others = match n {
            1 => String::new(),
            n => format!(" (and {} more)", n - 1),
        };
        sentences.push(format!(
            "`{path}`{others} looks like a file for the reader `{kind}`, and was read as plain \
             text; use `--reader {kind}`, or `--reader text` if it is plain text"
        ));
    }
    let (doubts, n_doubts) = &noticed.doubts;
    sentences.extend(doubts.iter().cloned());
    let n_more = n_doubts - doubts.len() as u64;
    if n_more > 0 {
        sentences.push(format!("{} more like this", files(n_more)));
    }
    if let Some(Control { path, line, offset, character }) = &repairs.first_control {
        let became = match repairs.controls {
            1 => "became a space".to_owned(),
            2 => "and another control character became spaces".to_owned(),
            n => format!("and {} other control characters became spaces", n - 1),
        };
        sentences.push(format!(
            "`{}`, line {line}, byte {offset}: the control character U+{:04X} {became}",
            path.display(),
            u32::from(*character)
        ));
    }
    for (n, what) in [
        (repairs.replaced_lines, "in which what is no text was replaced by U+FFFD"),
        (repairs.skipped_lines, "left out because of what is no text in them"),
    ] {
        if n > 0 {
            sentences.push(format!("{n} line{} {what}", if n == 1 { "" } else { "s" }));
        }
    }
    sentences.extend(of_encoded_twice(&repairs.seen));
    sentences.extend(of_records(corpus, &repairs.seen));
    sentences.extend(of_copies(sources));
    sentences
}

/// Fewest characters that look as if they had been encoded twice: one or two may be meant.
const LEAST_TWICE: u64 = 3;

/// That a text seems to have been encoded twice.
fn of_encoded_twice(seen: &Seen) -> Option<String> {
    let n = seen.n_twice;
    let EncodedTwice { path, line, text, meant } =
        seen.first_twice.as_ref().filter(|_| n >= LEAST_TWICE)?;
    Some(format!(
        "`{}`, line {line}: `{text}` seems to be `{meant}` converted to UTF-8 twice, and so do {} \
         other characters; undo it with `iconv -f UTF-8 -t WINDOWS-1252`",
        path.display(),
        n - 1
    ))
}

/// What most records or all of them have not.
fn of_records(corpus: &Corpus, seen: &Seen) -> Vec<String> {
    let Seen { n_records, n_without_text, ref has_value, .. } = *seen;
    let mut sentences = Vec::new();
    if n_records == 0 {
        return sentences;
    }
    if n_without_text * 2 > n_records {
        sentences.push(format!("{n_without_text} of {n_records} records have no text"));
    }
    let names = &corpus.reading().reader_options.metadata;
    let missing =
        names.iter().enumerate().filter(|(number, _)| has_value.get(*number) != Some(&true));
    let missing: Vec<&String> = missing.map(|(_, name)| name).collect();
    if !missing.is_empty() {
        let fields = match corpus.names_of_fields() {
            fields if fields.is_empty() => String::new(),
            fields => format!("; the first record has the fields {}", list(fields)),
        };
        sentences.push(format!("no record has a value for {}{fields}", list(missing)));
    }
    sentences
}

/// Which sources have the bytes of an earlier one, if any have.
fn of_copies(sources: &[SourceReport]) -> Option<String> {
    let mut first = BTreeMap::new();
    let mut copies = Vec::new();
    for source in sources.iter().filter(|source| source.bytes > 0) {
        match first.entry(&source.sha256) {
            Entry::Vacant(entry) => _ = entry.insert(&source.path),
            Entry::Occupied(entry) => copies.push((&source.path, *entry.get())),
        }
    }
    let (copy, original) = copies.first()?;
    Some(match copies.len() {
        1 if *copy == *original => format!("`{copy}` is given twice, and read twice"),
        1 => format!("`{copy}` is an exact copy of `{original}`; both are read"),
        n => format!(
            "{n} files are exact copies of others, such as `{copy}` of `{original}`; all are read"
        ),
    })
}

fn listed(paths: &[String]) -> String {
    let mut names: Vec<String> = paths.iter().take(NAMED).map(|path| format!("`{path}`")).collect();
    if paths.len() > NAMED {
        names.push(format!("and {} more", paths.len() - NAMED));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_read_is_named() {
        assert_eq!(of_left_out(&[]), None);
        let hidden = |name: &str| LeftOut::Hidden(name.into());
        let all = [
            hidden("t/.a"),
            hidden("t/.b"),
            hidden("t/.c"),
            hidden("t/.d"),
            LeftOut::Table("t/metadata.csv".into()),
        ];
        assert_eq!(
            of_left_out(&all).unwrap(),
            "not read: `t/.a`, `t/.b`, `t/.c`, and 1 more (hidden), `t/metadata.csv` (table); \
             name a file itself to read it"
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_nowhere_or_back_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("a.txt"), "a\n").unwrap();
        std::os::unix::fs::symlink(at("missing"), at("b.txt")).unwrap();
        std::os::unix::fs::symlink(folder.path(), at("c")).unwrap();
        let corpus = Corpus::open(folder.path()).unwrap();
        assert_eq!(corpus.sources().len(), 1);
        assert_eq!(
            of_left_out(corpus.left_out()).unwrap(),
            format!(
                "not read: `{}`, `{}` (broken links); name a file itself to read it",
                at("b.txt").display(),
                at("c").display()
            )
        );
    }

    #[test]
    fn text_that_was_encoded_twice_is_named_from_the_third_character_on() {
        let first = EncodedTwice {
            path: std::path::Path::new("a.txt").into(),
            line: 12,
            text: "Ã©".to_owned(),
            meant: 'é',
        };
        let seen = |n_twice| Seen { n_twice, first_twice: Some(first.clone()), ..Seen::default() };
        assert_eq!(of_encoded_twice(&seen(2)), None);
        assert_eq!(
            of_encoded_twice(&seen(41)).unwrap(),
            "`a.txt`, line 12: `Ã©` seems to be `é` converted to UTF-8 twice, and so do 40 other \
             characters; undo it with `iconv -f UTF-8 -t WINDOWS-1252`"
        );
    }

    #[test]
    fn copies_are_named_and_empty_files_are_none() {
        let source = |path: &str, bytes, sha256: &str| SourceReport {
            path: path.to_owned(),
            bytes,
            sha256: sha256.to_owned(),
            n_documents: None,
        };
        let mut sources = vec![source("a", 2, "x"), source("b", 0, "e"), source("c", 0, "e")];
        assert_eq!(of_copies(&sources), None);
        sources.push(source("d", 2, "x"));
        assert_eq!(of_copies(&sources).unwrap(), "`d` is an exact copy of `a`; both are read");
        let twice = of_copies(&[source("a", 2, "x"), source("a", 2, "x")]);
        assert_eq!(twice.unwrap(), "`a` is given twice, and read twice");
        sources.push(source("e", 2, "x"));
        assert!(
            of_copies(&sources)
                .unwrap()
                .starts_with("2 files are exact copies of others, such as `d` of `a`")
        );
    }
}

//! What the first lines of a file show: for files whose name does not tell, and to warn where
//! markup would be read as plain text.
//!
//! In: the head of a file. Out: its kind, or `None` for plain text. A false alarm is worse than a
//! kind that is not seen, so each kind needs signs that prose, verse, word lists and code do not
//! have.

use serde::de::IgnoredAny;

use super::ReaderKind;

/// Lines that are looked at.
const MOST_LINES: usize = 40;

impl ReaderKind {
    /// The kind that the first lines show, of which 64 KiB are enough; `None` for plain text, and
    /// where there is any doubt.
    pub(crate) fn sniff(head: &str) -> Option<Self> {
        let head = head.strip_prefix('\u{FEFF}').unwrap_or(head);
        let markup = markup(head);
        if markup.is_some() {
            return markup;
        }
        // The last line may be cut off.
        let whole = head.rfind('\n').map_or(head, |end| &head[..end]);
        let lines = whole.lines().filter(|line| !line.trim().is_empty()).take(MOST_LINES);
        let lines: Vec<&str> = lines.collect();
        if is_json_lines(head, &lines) {
            return Some(Self::JsonLines);
        }
        if is_conllu(&lines) {
            return Some(Self::Conllu);
        }
        if is_subtitles(&lines) {
            return Some(Self::Subtitles);
        }
        [(b'\t', Self::Tsv), (b',', Self::Csv), (b';', Self::Csv), (b'|', Self::Csv)]
            .into_iter()
            .find(|&(delimiter, _)| is_table(whole, delimiter))
            .map(|(_, kind)| kind)
    }
}

/// XML and HTML by the root element, behind declarations and comments.
fn markup(head: &str) -> Option<ReaderKind> {
    let mut rest = head.trim_start();
    loop {
        let after = match rest.strip_prefix('<')? {
            declaration if declaration.starts_with('?') => declaration.split_once("?>")?.1,
            comment if comment.starts_with("!--") => comment.split_once("-->")?.1,
            doctype if starts_with_word(doctype, "!doctype html") => {
                return Some(ReaderKind::Html);
            }
            doctype if doctype.starts_with("!DOCTYPE") => after_doctype(doctype)?,
            _ => break,
        };
        rest = after.trim_start();
    }
    let name = rest[1..].split([' ', '\t', '\r', '\n', '>', '/']).next()?;
    match name.rsplit_once(':').map_or(name, |(_, name)| name) {
        "mediawiki" => Some(ReaderKind::Mediawiki),
        "TEI" | "teiCorpus" | "TEI.2" | "teiCorpus.2" => Some(ReaderKind::Tei),
        name if name.eq_ignore_ascii_case("html") => Some(ReaderKind::Html),
        _ => None,
    }
}

fn starts_with_word(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
        && !text[word.len()..].starts_with(|next: char| next.is_alphanumeric())
}

/// What follows a document type, which may hold declarations in brackets.
fn after_doctype(doctype: &str) -> Option<&str> {
    let end = doctype.find(['>', '['])?;
    let rest = &doctype[end..];
    match rest.strip_prefix('[') {
        Some(declarations) => Some(declarations.split_once(']')?.1.split_once('>')?.1),
        None => Some(&rest[1..]),
    }
}

fn is_json_lines(head: &str, lines: &[&str]) -> bool {
    let is_object = |line: &&str| {
        line.trim_start().starts_with('{') && serde_json::from_str::<IgnoredAny>(line).is_ok()
    };
    // A document may be longer than the head: then its first line has no end.
    let first = head.trim_start();
    // An array of objects, or an object over several lines: the reader says how to turn them into
    // lines.
    let object = first.strip_prefix('[').map_or(first, str::trim_start);
    let begins_object = || begins_object(object);
    let is_array = object.len() < first.len();
    let is_over_lines = || {
        let line = object.lines().next().unwrap_or_default();
        object.contains('\n')
            && !is_object(&line)
            && (line.trim_end() == "{" || line.ends_with(','))
    };
    if begins_object() && (is_array || is_over_lines()) {
        return true;
    }
    match lines {
        [_, ..] if first.contains('\n') => lines.iter().all(is_object),
        _ => begins_object() && (first.len() > 4096 || is_object(&first)),
    }
}

/// A brace, a name in quotation marks and a colon.
fn begins_object(text: &str) -> bool {
    let after_brace = text.strip_prefix('{').map(str::trim_start);
    let key = after_brace.and_then(|rest| rest.strip_prefix('"')?.split_once('"'));
    key.is_some_and(|(_, rest)| rest.trim_start().starts_with(':'))
}

/// Ten columns with tabs between, of which the first is the number of a word.
fn is_conllu(lines: &[&str]) -> bool {
    let is_id = |id: &str| {
        id.split(['-', '.']).all(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let is_word =
        |line: &&str| line.split('\t').count() == 10 && line.split('\t').next().is_some_and(is_id);
    let mut words = lines.iter().filter(|line| !line.starts_with('#')).peekable();
    words.peek().is_some() && words.all(is_word)
}

/// A header of WebVTT, or a number above a line of times.
fn is_subtitles(lines: &[&str]) -> bool {
    let is_digit_or = |marks: &'static str| {
        move |character: char| character.is_ascii_digit() || marks.contains(character)
    };
    let is_times = |line: &str| {
        line.split_once("-->").is_some_and(|(start, end)| {
            let is_time = |text: &str| text.contains(':') && text.chars().all(is_digit_or(":,. "));
            is_time(start) && is_time(end.trim().split(' ').next().unwrap_or_default())
        })
    };
    match lines {
        [header, ..] if starts_with_word(header, "WEBVTT") => true,
        [number, times, ..] => number.trim().chars().all(is_digit_or("")) && is_times(times),
        _ => false,
    }
}

/// Names of columns that hold text, or tell about it.
const COLUMNS: [&str; 20] = [
    "abstract", "author", "body", "comment", "content", "contents", "date", "document", "id",
    "label", "language", "message", "review", "sentence", "speaker", "speech", "text", "title",
    "tweet", "year",
];

/// A header of short names, two of which are usual or one of which is `text`, above rows of as many
/// fields.
fn is_table(text: &str, delimiter: u8) -> bool {
    let mut rows = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut row = csv::StringRecord::new();
    if !rows.read_record(&mut row).unwrap_or(false) || row.len() < 2 {
        return false;
    }
    let n_columns = row.len();
    let is_name = |name: &str| {
        let is_of_name = |character: char| {
            character.is_alphanumeric() || matches!(character, '_' | '-' | ' ' | '.' | ':')
        };
        // In prose, a space follows a comma.
        let is_trimmed = name.trim().len() == name.len();
        !name.is_empty() && is_trimmed && name.len() <= 40 && name.chars().all(is_of_name)
    };
    let n_usual = row.iter().filter(|name| COLUMNS.contains(&name.to_lowercase().as_str())).count();
    let has_text = row.iter().any(|name| name.eq_ignore_ascii_case("text"));
    // The first column may be an index without a name.
    let is_header =
        (0..).zip(row.iter()).all(|(i, name)| is_name(name) || i == 0 && name.is_empty());
    if !is_header || n_usual < 2 && !has_text {
        return false;
    }
    // The last row may be cut off.
    let (mut n_rows, mut n_uneven) = (0, 0);
    while n_rows < MOST_LINES && rows.read_record(&mut row).unwrap_or(false) {
        n_rows += 1;
        n_uneven += usize::from(row.len() != n_columns);
    }
    n_rows > 0 && n_uneven <= usize::from(n_rows > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_known_by_its_first_lines() {
        for (head, kind) in [
            ("<?xml version=\"1.0\"?>\n<!-- a -->\n<TEI xmlns=\"x\">", ReaderKind::Tei),
            ("<!DOCTYPE TEI.2 SYSTEM \"x\" [\n<!ENTITY a \">\">\n]>\n<TEI.2>", ReaderKind::Tei),
            ("<tei:TEI>", ReaderKind::Tei),
            ("<mediawiki xml:lang=\"en\">\n", ReaderKind::Mediawiki),
            ("\u{FEFF}\n<!doctype HTML>\n", ReaderKind::Html),
            ("<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x'><html>", ReaderKind::Html),
            ("<HTML lang=en>", ReaderKind::Html),
            ("{\"text\": \"a\"}\n{\"text\": \"b\"}\n{\"te", ReaderKind::JsonLines),
            ("{\"id\":1}", ReaderKind::JsonLines),
            ("[{\"text\": \"a\"},\n {\"text\": \"b\"}]\n", ReaderKind::JsonLines),
            ("[\n  {\n    \"text\": \"a\"\n  }\n]\n", ReaderKind::JsonLines),
            ("{\n  \"text\": \"a\",\n  \"id\": 1\n}\n", ReaderKind::JsonLines),
            ("{\"text\": \"a\",\n\"id\": 1}\n", ReaderKind::JsonLines),
            (
                "# a\n1\ta\ta\tX\t_\t_\t0\t_\t_\t_\n1-2\ta\ta\tX\t_\t_\t0\t_\t_\t_\n",
                ReaderKind::Conllu,
            ),
            ("WEBVTT\n\n00:01.000 --> 00:02.000\n", ReaderKind::Subtitles),
            ("1\n00:00:01,256 --> 00:00:02,560\n<i>a</i>\n", ReaderKind::Subtitles),
            ("id,text\n1,\"a, b\"\n", ReaderKind::Csv),
            ("id;text\n1;a, b\n2;c\n3;d\n", ReaderKind::Csv),
            ("id|text\n1|a, b\n2|c\n3|d\n", ReaderKind::Csv),
            ("author\tdate\tbody\na\t1\tb\nc\t2", ReaderKind::Tsv),
            (",Id,Text\n0,1,a\n", ReaderKind::Csv),
        ] {
            assert_eq!(ReaderKind::sniff(head), Some(kind), "{head}");
        }
        let long = format!("{{\"text\": \"{}", "a ".repeat(4000));
        assert_eq!(ReaderKind::sniff(&long), Some(ReaderKind::JsonLines));
    }

    #[test]
    fn plain_text_is_no_structured_file() {
        for head in [
            "",
            "The king, the queen, and the text.\nOne, two, and three.\n",
            "Row, row\nrow, boat\ngently, down\nthe, stream\n",
            "text, he said\nand more text, she said\n",
            "king queen 0.5\nman woman 0.4\n",
            "word\tword\tscore\ncat\tdog\t7.5\n",
            "{ a brace }\nand text\n",
            "| id | text |\n|---|---|\n| 1 | a |\n",
            "[1] a note\n[2] another\n",
            "[\"king\", \"queen\"]\n",
            "{\"text\": and more\nof it\n",
            "{\nint x;\n}\n",
            "<p>a fragment of a page</p>\n",
            "<svg><title>x</title></svg>",
            "1\nThe first chapter --> the second\n",
            "1.\n2.\n",
            "# A heading\n\nSome *Markdown* text\n",
            "#include <html>\nint main() {}\n",
            "1\tking\n2\tqueen\n",
        ] {
            assert_eq!(ReaderKind::sniff(head), None, "{head}");
        }
    }
}

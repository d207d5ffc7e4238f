//! What separates the cells of a line, and how a line is cut there.
//!
//! In: lines of a file. Out: cells without the blanks around them. The first of tab, arrow,
//! semicolon, comma and colon that stands in at least half of the lines separates the cells of all;
//! where none does, blanks separate them. A comma between two digits is a decimal comma and
//! separates nothing, unless the line has other commas; a colon counts only where words have no
//! blanks, or where each line has one colon, and behind it a blank and one word.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use super::columns::number;

/// The arrows between a word and its translation.
const ARROWS: [&str; 3] = ["->", "=>", "\u{2192}"];

/// What separates the cells of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Delimiter {
    /// A tab.
    Tab,
    /// `->`, `=>` or an arrow.
    Arrow,
    /// A semicolon.
    Semicolon,
    /// A comma.
    Comma,
    /// A colon.
    Colon,
    /// Spaces, or other blanks.
    #[default]
    Spaces,
    /// Tabs in some places and spaces in others.
    Mixed,
}

/// What a line holds, and what it should hold.
pub(crate) struct LineFault {
    pub(crate) found: String,
    pub(crate) expected: String,
}

impl LineFault {
    pub(crate) fn new(found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { found: found.into(), expected: expected.into() }
    }
}

impl Delimiter {
    /// What separates the cells of these lines.
    pub(crate) fn of_lines<'a>(lines: impl ExactSizeIterator<Item = &'a str> + Clone) -> Self {
        let n_lines = lines.len();
        let in_half = |test: &dyn Fn(&str) -> bool| {
            n_lines > 0 && 2 * lines.clone().filter(|line| test(line)).count() >= n_lines
        };
        let has_no_blank = |line: &str| !line.contains(char::is_whitespace);
        match () {
            () if in_half(&|line| line.contains('\t')) && are_mixed(lines.clone()) => Self::Mixed,
            () if in_half(&|line| line.contains('\t')) => Self::Tab,
            () if in_half(&|line| arrow_in(line).is_some()) => Self::Arrow,
            () if in_half(&|line| line.contains(';')) => Self::Semicolon,
            () if in_half(&has_separating_comma) => Self::Comma,
            () if in_half(&|line| line.contains(':')) && in_half(&has_no_blank) => Self::Colon,
            () if n_lines > 0 && lines.clone().all(is_colon_and_word) => Self::Colon,
            () => Self::Spaces,
        }
    }

    /// Whether a line has what separates the cells of the others; always where this is blanks.
    pub(crate) fn is_in(self, line: &str) -> bool {
        match self {
            Self::Tab | Self::Mixed => line.contains('\t'),
            Self::Arrow => arrow_in(line).is_some(),
            Self::Semicolon => line.contains(';'),
            Self::Comma => line.contains(','),
            Self::Colon => line.contains(':'),
            Self::Spaces => true,
        }
    }

    /// The cells of a line. A line without this delimiter is cut at tabs if it has some, else at
    /// blanks. Quotes around a whole cell are no part of it; between commas and semicolons they
    /// protect these, and `""` is a quote.
    pub(crate) fn cells(self, line: &str) -> Result<Vec<Cow<'_, str>>, LineFault> {
        let at = |separator: char| line.split(separator).map(plain).collect();
        Ok(match self {
            Self::Arrow if arrow_in(line).is_some() => {
                let (start, length) = arrow_in(line).unwrap_or_default();
                vec![plain(&line[..start]), plain(&line[start + length..])]
            }
            Self::Semicolon if line.contains(';') => quoted(line, ';')?,
            Self::Comma if line.contains(',') => quoted(line, ',')?,
            Self::Colon if line.contains(':') => at(':'),
            Self::Mixed => line.split_whitespace().map(plain).collect(),
            _ if line.contains('\t') => at('\t'),
            _ => line.split_whitespace().map(plain).collect(),
        })
    }
}

impl fmt::Display for Delimiter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Tab => "tabs",
            Self::Arrow => "arrows",
            Self::Semicolon => "semicolons",
            Self::Comma => "commas",
            Self::Colon => "colons",
            Self::Spaces => "spaces",
            Self::Mixed => "tabs and spaces",
        })
    }
}

/// Whether lines make rows of one length if they are cut at any blank, but not at tabs: these leave
/// rows of different lengths, or a word in one cell with its score or with another word.
fn are_mixed<'a>(lines: impl Iterator<Item = &'a str> + Clone) -> bool {
    let n_cells = |line: &str| line.split_whitespace().count();
    let n_between_tabs = |line: &str| line.split('\t').count();
    let is_same = |count: &dyn Fn(&str) -> usize| {
        let mut counts = lines.clone().map(count);
        let first = counts.next().unwrap_or_default();
        counts.all(|it| it == first).then_some(first)
    };
    let ends_with_number = |line: &str| line.split_whitespace().next_back().and_then(number);
    match (is_same(&n_cells), is_same(&n_between_tabs)) {
        (Some(n_cells), None) => n_cells > 1,
        (Some(3), Some(2)) => lines.clone().all(|line| ends_with_number(line).is_some()),
        _ => false,
    }
}

/// Where an arrow between two words begins, and its bytes.
fn arrow_in(line: &str) -> Option<(usize, usize)> {
    let find = |arrow: &&str| line.find(*arrow).map(|start| (start, arrow.len()));
    let (start, length) = ARROWS.iter().find_map(find)?;
    let has_words = !line[..start].trim().is_empty() && !line[start + length..].trim().is_empty();
    has_words.then_some((start, length))
}

/// Whether a line is words, a colon, a blank and one word, as `house: casa`.
fn is_colon_and_word(line: &str) -> bool {
    let Some((left, right)) = line.split_once(':') else { return false };
    let mut words = right.split_whitespace();
    let word = words.next().filter(|word| !word.contains(':') && number(word).is_none());
    !left.trim().is_empty()
        && right.starts_with(char::is_whitespace)
        && word.is_some()
        && words.next().is_none()
}

/// Whether a line has a comma that is not the comma of a decimal number.
fn has_separating_comma(line: &str) -> bool {
    let bytes = line.as_bytes();
    let is_digit = |position: Option<usize>| {
        position.and_then(|position| bytes.get(position)).is_some_and(u8::is_ascii_digit)
    };
    memchr::memchr_iter(b',', bytes)
        .any(|at| !is_digit(at.checked_sub(1)) || !is_digit(Some(at + 1)))
}

/// A cell without blanks and quotes around it.
fn plain(cell: &str) -> Cow<'_, str> {
    let cell = cell.trim();
    match cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')) {
        Some(inner) if !inner.is_empty() && !inner.replace("\"\"", "").contains('"') => {
            if inner.contains('"') {
                inner.replace("\"\"", "\"").into()
            } else {
                inner.trim().into()
            }
        }
        _ => cell.into(),
    }
}

/// The cells between commas or semicolons; one that begins with a quote ends with one, and quotes
/// within it are doubled.
fn quoted(line: &str, separator: char) -> Result<Vec<Cow<'_, str>>, LineFault> {
    if !line.contains('"') {
        return Ok(line.split(separator).map(|cell| cell.trim().into()).collect());
    }
    let mut cells = vec![String::new()];
    let mut characters = line.chars().peekable();
    let mut is_quoted = false;
    while let Some(character) = characters.next() {
        let n_cells = cells.len();
        let cell = cells.last_mut().expect("a row begins with a cell");
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if is_quoted => {
                is_quoted = false;
                while characters.next_if(|next| next.is_whitespace()).is_some() {}
                if characters.peek().is_some_and(|&next| next != separator) {
                    let found = format!("text behind the quotes of field {n_cells}");
                    let name = if separator == ',' { "a comma" } else { "a semicolon" };
                    let expected = format!("{name}, or two quotes for one within a field");
                    return Err(LineFault::new(found, expected));
                }
            }
            '"' if cell.trim().is_empty() => {
                cell.clear();
                is_quoted = true;
            }
            _ if character == separator && !is_quoted => cells.push(String::new()),
            _ => cell.push(character),
        }
    }
    if is_quoted {
        let found = format!("quotes that are not closed in field {}", cells.len());
        return Err(LineFault::new(found, "a row on one line"));
    }
    Ok(cells.into_iter().map(|cell| cell.trim().to_owned().into()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Delimiter {
        let lines: Vec<&str> = text.lines().collect();
        Delimiter::of_lines(lines.iter().copied())
    }

    fn cells(delimiter: Delimiter, line: &str) -> Vec<String> {
        delimiter.cells(line).ok().unwrap().into_iter().map(Cow::into_owned).collect()
    }

    #[test]
    fn the_delimiter_of_most_lines_is_found() {
        assert_eq!(of("a\tb c\nd e\nf\tg, h"), Delimiter::Tab);
        assert_eq!(of("house -> casa\nsea -> mar"), Delimiter::Arrow);
        assert_eq!(of("a;b;8,1\nc;d;6"), Delimiter::Semicolon);
        assert_eq!(of("a,b,8\nc,d,6"), Delimiter::Comma);
        assert_eq!(of("a:b:8\nc:d:6"), Delimiter::Colon);
        assert_eq!(of("a b 8,1\nc d 6,5"), Delimiter::Spaces);
        assert_eq!(of("a: b c\nd: e f"), Delimiter::Spaces);
        assert_eq!(of("a: b\nc d: e"), Delimiter::Colon);
        for spaces in ["a: b\nc: d e", "a: b\nc d", "a: 8\nb: 7", ": b\na: c", "a:b: c"] {
            assert_eq!(of(spaces), Delimiter::Spaces, "{spaces}");
        }
        assert_eq!(of(""), Delimiter::Spaces);
        assert_eq!(of("a\tb 8\nc d\t6"), Delimiter::Mixed);
        assert_eq!(of("a\tb\tc\nd e\tf"), Delimiter::Mixed);
        // Words of several words between tabs.
        assert_eq!(of("a b\tc\nd\te f"), Delimiter::Tab);
        assert_eq!(of("a b\tc\t8\nd\te\t7"), Delimiter::Tab);
        assert_eq!(of("a\tb\nc\td"), Delimiter::Tab);
    }

    #[test]
    fn lines_are_cut_into_cells() {
        assert_eq!(cells(Delimiter::Comma, r#"1, "a, ""b""" ,c"#), ["1", "a, \"b\"", "c"]);
        assert_eq!(cells(Delimiter::Semicolon, "a;;8,1"), ["a", "", "8,1"]);
        assert_eq!(cells(Delimiter::Tab, "\"a b\"\tsay \"x\"\t\""), ["a b", "say \"x\"", "\""]);
        assert_eq!(cells(Delimiter::Arrow, "ice cream => helado"), ["ice cream", "helado"]);
        assert_eq!(cells(Delimiter::Spaces, " a  b\u{A0}c "), ["a", "b", "c"]);
        assert_eq!(cells(Delimiter::Mixed, "a\tb c"), ["a", "b", "c"]);
        // A line without the delimiter of the others.
        assert_eq!(cells(Delimiter::Spaces, "ice cream\thelado"), ["ice cream", "helado"]);
        assert_eq!(cells(Delimiter::Comma, "a b"), ["a", "b"]);
        let fault = |line: &str| Delimiter::Comma.cells(line).err().unwrap().found;
        assert_eq!(fault("a,\"b"), "quotes that are not closed in field 2");
        assert_eq!(fault("\"a\"b,c"), "text behind the quotes of field 1");
    }

    proptest! {
        #[test]
        fn cells_have_no_blanks_around_them(line in "[ab\"\t ,;:0-9>=-]{0,24}") {
            for delimiter in [
                Delimiter::Tab, Delimiter::Arrow, Delimiter::Semicolon, Delimiter::Comma,
                Delimiter::Colon, Delimiter::Spaces,
            ] {
                if let Ok(cells) = delimiter.cells(&line) {
                    prop_assert!(cells.iter().all(|cell| cell.trim().len() == cell.len()
                        || cell.contains('"')));
                }
            }
        }

        #[test]
        fn what_was_written_with_quotes_is_read(
            words in proptest::collection::vec("[a-z,;\"]{1,6}", 2..6),
        ) {
            let quote = |word: &String| format!("\"{}\"", word.replace('"', "\"\""));
            let line = words.iter().map(quote).collect::<Vec<_>>().join(",");
            prop_assert_eq!(cells(Delimiter::Comma, &line), words);
        }
    }
}

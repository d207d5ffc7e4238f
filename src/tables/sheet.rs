//! The lines of a file of words, without comments and blank lines, and its rows.
//!
//! In: a stream of text in any encoding that a byte order mark names. Out: lines with their
//! numbers, and what separates their cells. A heading that lacks the name of the column of row
//! numbers, as R writes it, gets an empty one. A file of another kind is refused after its first
//! lines, so that a large one is not read into memory.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::BufRead;
use std::path::Path;

use super::columns::number;
use super::delimiter::{Delimiter, LineFault};
use super::report::TableReport;
use crate::base::error::{Error, Result};
use crate::base::foreign::ForeignFormat;
use crate::input;

/// Lines after which the kind of a file is looked at.
const SAMPLE_LINES: usize = 200;

/// What comments are in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comments {
    /// Lines that begin with `#`.
    Anywhere,
    /// The same, above the first row only: `#` may be a word.
    Above,
}

/// The lines of a file.
#[derive(Debug)]
pub(crate) struct Sheet {
    /// What separates the cells.
    pub(crate) delimiter: Delimiter,
    /// Those that are not blank and no comment.
    pub(crate) lines: Vec<SheetLine>,
    /// The last comment above the first row, which may be a heading.
    pub(crate) heading_comment: Option<String>,
    comments: Vec<u64>,
    /// Whether the heading lacks the name of the first column, that of row numbers.
    lacks_first_name: bool,
}

/// A line of a sheet.
#[derive(Debug)]
pub(crate) struct SheetLine {
    /// From 1.
    pub(crate) number: u64,
    pub(crate) text: String,
    /// Whether a blank line stands before it.
    pub(crate) after_blank: bool,
}

/// A line as its cells.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The number of the line, from 1.
    pub(crate) number: u64,
    pub(crate) cells: Vec<String>,
}

impl Sheet {
    /// Reads a file; `check` sees its first lines, or all of a short one, and may refuse it.
    ///
    /// # Errors
    /// Those of `check`; [`Error::OtherFormat`] for markup; those of reading a text.
    pub(crate) fn read(
        input: impl BufRead,
        path: &Path,
        comments: Comments,
        check: &dyn Fn(&Self) -> Result<()>,
    ) -> Result<Self> {
        let mut sheet = Self {
            delimiter: Delimiter::Spaces,
            lines: Vec::new(),
            heading_comment: None,
            comments: Vec::new(),
            lacks_first_name: false,
        };
        let mut after_blank = false;
        input::each_line(input, path, |text, number| {
            if text.trim().is_empty() {
                after_blank = true;
                return Ok(());
            }
            if sheet.lines.is_empty() {
                // Excel's own word on the delimiter.
                if number == 1 && text.starts_with("sep=") && text.chars().count() <= 5 {
                    return Ok(());
                }
                if let Some(format) = ForeignFormat::of_markup(text.as_bytes()) {
                    return Err(Error::OtherFormat { path: path.to_path_buf(), format });
                }
                if let Some(comment) = text.strip_prefix('#').filter(|_| is_comment(text, comments))
                {
                    sheet.heading_comment = Some(comment.trim().to_owned());
                    sheet.comments.push(number);
                    return Ok(());
                }
            } else if comments == Comments::Anywhere && text.starts_with('#') {
                sheet.comments.push(number);
                return Ok(());
            }
            if sheet.lines.len() == SAMPLE_LINES {
                sheet.find_delimiter();
                check(&sheet)?;
            }
            let after_blank = std::mem::take(&mut after_blank);
            sheet.lines.push(SheetLine { number, text: text.to_owned(), after_blank });
            Ok(())
        })?;
        if sheet.lines.len() <= SAMPLE_LINES {
            sheet.find_delimiter();
            check(&sheet)?;
        }
        Ok(sheet)
    }

    fn find_delimiter(&mut self) {
        let rows: Vec<&str> =
            self.lines.iter().map(|line| line.text.as_str()).filter(|it| !is_section(it)).collect();
        self.delimiter = Delimiter::of_lines(rows.iter().copied());
        self.lacks_first_name = lacks_first_name(self.delimiter, &rows);
    }

    /// The cells of a line.
    pub(crate) fn cells(&self, line: &SheetLine) -> std::result::Result<Vec<String>, LineFault> {
        let cells = self.delimiter.cells(&line.text)?;
        let mut cells: Vec<String> = cells.into_iter().map(Cow::into_owned).collect();
        if self.lacks_first_name && self.lines.first().is_some_and(|it| it.number == line.number) {
            cells.insert(0, String::new());
        }
        Ok(cells)
    }

    /// All lines as rows.
    ///
    /// # Errors
    /// [`Error::Malformed`] for quotes that are not closed.
    pub(crate) fn rows(&self, path: &Path) -> Result<Vec<Row>> {
        let row = |line: &SheetLine| {
            let cells = self.cells(line).map_err(|fault| at(path, line.number, fault))?;
            Ok(Row { number: line.number, cells })
        };
        self.lines.iter().map(row).collect()
    }

    /// The comment above the first row as a heading of `width` columns, if it has as many.
    pub(crate) fn heading_in_comment(&self, width: usize) -> Option<Vec<String>> {
        let cells = self.delimiter.cells(self.heading_comment.as_deref()?).ok()?;
        let cells: Vec<String> = cells.into_iter().map(Cow::into_owned).collect();
        (cells.len() == width).then_some(cells)
    }

    /// A report with the comments as lines that were left out.
    pub(crate) fn report(&self) -> TableReport {
        let mut report = TableReport::new(self.delimiter);
        self.comments.iter().for_each(|&line| report.leave_out("comment", line));
        report
    }
}

/// Whether the first of some lines names all columns but the first, and the others begin with a
/// whole number each, no two of them the same: `write.table` of R names the rows so.
fn lacks_first_name(delimiter: Delimiter, lines: &[&str]) -> bool {
    let Some((first, rest)) = lines.split_first() else { return false };
    let Some(names) = delimiter.cells(first).ok().filter(|names| names.len() > 1) else {
        return false;
    };
    let is_name = |name: &Cow<'_, str>| !name.is_empty() && number(name).is_none();
    let mut seen = BTreeSet::new();
    !rest.is_empty()
        && names.iter().all(is_name)
        && rest.iter().all(|line| {
            delimiter.cells(line).is_ok_and(|cells| {
                cells.len() == names.len() + 1
                    && cells[0].bytes().all(|byte| byte.is_ascii_digit())
                    && seen.insert(cells[0].clone().into_owned())
            })
        })
}

/// The error of a line.
pub(crate) fn at(path: &Path, line: u64, fault: LineFault) -> Error {
    Error::malformed(path, Some(line), fault.found, fault.expected)
}

/// Whether a line begins a section of questions.
pub(crate) fn is_section(line: &str) -> bool {
    line.starts_with(':')
}

fn is_comment(line: &str, comments: Comments) -> bool {
    match comments {
        Comments::Anywhere => line.starts_with('#'),
        Comments::Above => line.starts_with("# ") && line.trim_end().len() > 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, comments: Comments) -> Sheet {
        Sheet::read(text.as_bytes(), Path::new("s"), comments, &|_| Ok(())).unwrap()
    }

    #[test]
    fn comments_and_blank_lines_are_no_rows() {
        let sheet =
            read("# a note\n#w1\tw2\tmean\n\na\tb\t1\n# no\n\n\nc\td\t2\n", Comments::Anywhere);
        let rows = sheet.rows(Path::new("s")).unwrap();
        let numbers: Vec<u64> = rows.iter().map(|row| row.number).collect();
        assert_eq!(numbers, [4, 8]);
        assert_eq!(rows[1].cells, ["c", "d", "2"]);
        assert!(sheet.lines[1].after_blank);
        assert_eq!(sheet.heading_in_comment(3).unwrap(), ["w1", "w2", "mean"]);
        assert_eq!(sheet.heading_in_comment(2), None);
        assert_eq!(sheet.report().left_out[0].lines, [1, 2, 5]);
        assert_eq!(read("sep=;\na;b\n", Comments::Above).lines.len(), 1);
        // In a dictionary `#` may be a word.
        assert_eq!(read("# note\n#\t#\n# a\n", Comments::Above).lines.len(), 2);
    }

    #[test]
    fn a_heading_without_the_name_of_the_row_numbers_is_completed() {
        let first = |text: &str| {
            let sheet = read(text, Comments::Anywhere);
            sheet.cells(&sheet.lines[0]).ok().unwrap()
        };
        for separator in ["\t", " ", ","] {
            let text = "\"source\" \"target\"\n\"1\" \"a\" \"b\"\n\"7\" \"c\" \"d\"\n";
            assert_eq!(first(&text.replace(' ', separator)), ["", "source", "target"], "{text}");
        }
        for no in [
            "w1,w2,n\nking,queen,7,9\n",
            "w1 w2\n1 a b\n1 c d\n",
            "w1 w2\n1 a b\n2 c\n",
            "w1 2\n1 a b\n",
            "w1 w2\n",
        ] {
            assert_ne!(first(no)[0], "", "{no}");
        }
    }

    #[test]
    fn a_large_file_is_refused_after_its_first_lines() {
        let text = "a b\n".repeat(40_000) + "\u{0}";
        let refuse = |sheet: &Sheet| {
            assert_eq!(sheet.lines.len(), SAMPLE_LINES);
            Err(Error::Interrupted)
        };
        let read = Sheet::read(text.as_bytes(), Path::new("s"), Comments::Anywhere, &refuse);
        assert!(matches!(read, Err(Error::Interrupted)));
    }

    #[test]
    fn markup_is_no_sheet() {
        let read = Sheet::read(
            &b"<?xml version='1.0'?>\n"[..],
            Path::new("s"),
            Comments::Anywhere,
            &|_| Ok(()),
        );
        let format = ForeignFormat::Xml;
        assert!(matches!(read, Err(Error::OtherFormat { format: found, .. }) if found == format));
    }
}
